// The form of an option set: hides what has no effect, names by mode, counts changes.
// Without it everything stays visible, and the server says the same after a save.
(() => {
  const form = document.querySelector("form[data-options]");
  if (!form) return;
  const fields = [...form.querySelectorAll(".field")];
  const control = (field) => field.querySelector("input:not([type=hidden]), select, textarea");
  const value = (field) => {
    const c = control(field);
    return field.dataset.value ?? (c.type === "checkbox" ? String(c.checked) : c.value);
  };
  const holds = (needs, values) => needs.every((any) => any.some((t) => {
    const text = (values[t.option] ?? "").toLowerCase();
    const found = t.values.includes(text) || !!t.contains && text.includes(t.contains);
    return found !== t.negated;
  }));
  const mark = (field, key, on) => {
    const old = field.querySelector(`[data-mark=${key}]`);
    if (on && !old)
      field.querySelector(".marks").append(document.getElementById(`mark-${key}`).content.cloneNode(true));
    if (!on && old) old.remove();
  };
  const was = new Map(fields.map((f) => [f, f.dataset.was ?? value(f)]));
  const words = (box, n) => (n === 1 ? box.dataset.one : box.dataset.many.replace("%", n));
  const open = new Set();

  const draw = () => {
    const values = {};
    for (const f of fields) values[f.dataset.option] = value(f);
    for (const f of fields) {
      f.quiet = !!f.dataset.needs && !holds(JSON.parse(f.dataset.needs), values);
      if (f.dataset.needs) mark(f, "quiet", f.quiet);
      if (!f.dataset.labels) continue;
      const [, label, help] = JSON.parse(f.dataset.labels).find(([needs]) => holds(needs, values));
      f.querySelector("label, .label").textContent = label;
      f.querySelector(".help").textContent = help;
    }
    const asked = document.getElementById(location.hash.slice(1)); // a link led here
    for (const panel of form.querySelectorAll(".panel")) {
      const count = panel.querySelector(".quiet-count");
      if (!count) continue;
      const quiet = [...panel.querySelectorAll(".field")].filter((f) => f.quiet
        && !f.classList.contains("wrong") && !f.contains(asked));
      for (const f of panel.querySelectorAll(".field")) f.hidden = quiet.includes(f) && !open.has(panel);
      for (const g of panel.querySelectorAll(".group")) g.hidden = !g.querySelector(".field:not([hidden])");
      count.hidden = !quiet.length;
      count.firstElementChild.textContent = words(count, quiet.length);
      const button = count.lastElementChild;
      button.textContent = open.has(panel) ? button.dataset.hide : button.dataset.show;
      button.setAttribute("aria-expanded", open.has(panel));
    }
    if (!("count" in form.dataset)) return;
    let n = 0;
    for (const f of fields) {
      const changed = was.get(f) !== value(f);
      mark(f, "changed", changed);
      n += changed;
    }
    const save = form.querySelector(".savebar .primary");
    save.textContent = n ? words(save, n) : save.dataset.none;
  };
  form.addEventListener("input", draw);
  form.addEventListener("click", (event) => {
    const count = event.target.closest(".quiet-count button") && event.target.closest(".quiet-count");
    if (!count) return;
    const panel = count.closest(".panel");
    if (!open.delete(panel)) open.add(panel);
    draw();
  });
  addEventListener("hashchange", draw);
  draw();
})();
