// Copy buttons; polling: not in hidden tabs, seldom when idle.
(() => {
  const doc = document, on = addEventListener;
  let active = Date.now(), left = 0;
  for (const kind of ["pointermove", "keydown", "focus"])
    on(kind, () => { active = Date.now(); });

  // A refresh would undo a followed link.
  on("beforeunload", () => { left = Date.now(); });
  on("htmx:beforeOnLoad", (event) => {
    if (Date.now() < left + 5e3) event.preventDefault();
  });

  doc.body.dataset.js = 1;
  on("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = doc.getElementById(button.dataset.copy);
    const word = button.querySelector("span");
    const before = word.textContent;
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      word.textContent = "Copied";
    } catch {
      (source.select ?? (() => getSelection().selectAllChildren(source))).call(source);
      word.textContent = "Press Ctrl+C";
    }
    setTimeout(() => { word.textContent = before; }, 2000);
  });

  const state = (region) => (region.polling ??= { next: 0, fails: 0 });
  on("htmx:beforeRequest", (event) => {
    const region = event.target;
    if (!region.matches(".live")) return;
    const s = state(region), now = Date.now();
    if (doc.hidden || now < s.next) event.preventDefault();
    else if (now - active > 6e4) s.next = now + 59e3;
  });
  on("htmx:configRequest", (event) => {
    const { etag } = state(event.target);
    if (etag) event.detail.headers["If-None-Match"] = etag;
  });
  on("htmx:afterRequest", (event) => {
    const region = event.target;
    if (!region.matches(".live")) return;
    const s = state(region), { xhr } = event.detail, ok = /^[23]/.test(xhr.status);
    const note = doc.getElementById(region.id + "-stale");
    if (ok) {
      s.etag = xhr.getResponseHeader("ETag") || s.etag;
      s.fails = 0;
      delete region.dataset.stale;
      if (note) note.hidden = ok;
    } else {
      s.next = Date.now() + Math.min(6e4, 5e3 * 4 ** s.fails++);
      if (note?.hidden) {
        note.hidden = ok;
        note.textContent = xhr.status == 401 ? xhr.response
          : `Could not refresh since ${new Date().toISOString().slice(11, 16)} UTC, retrying.`;
      }
      region.dataset.stale = 1;
    }
  });
})();
