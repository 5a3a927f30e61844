// Copy buttons; polling not in hidden tabs, seldom when idle, slower after a failure.
(() => {
  const doc = document;
  let active = Date.now();
  for (const kind of ["pointermove", "keydown", "focus"])
    addEventListener(kind, () => { active = Date.now(); });

  const show = () => doc.querySelectorAll("[data-copy]").forEach((b) => { b.hidden = false; });
  show();
  doc.addEventListener("htmx:afterSettle", show);
  doc.addEventListener("click", async (event) => {
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

  const state = (region) => (region.polling ??= { next: 0, etag: region.dataset.etag, fails: 0 });
  doc.addEventListener("htmx:beforeRequest", (event) => {
    const region = event.target;
    if (!region.classList.contains("live")) return;
    const s = state(region), now = Date.now();
    if (doc.hidden || now < s.next) return event.preventDefault();
    if (now - active > 6e4) s.next = now + 59e3;
  });
  doc.addEventListener("htmx:configRequest", (event) => {
    const { etag } = state(event.target);
    if (etag) event.detail.headers["If-None-Match"] = etag;
  });
  doc.addEventListener("htmx:afterRequest", (event) => {
    const region = event.target;
    if (!region.classList.contains("live")) return;
    const s = state(region), { xhr } = event.detail, ok = xhr.status > 199 && xhr.status < 400;
    const note = doc.getElementById(region.id + "-stale");
    if (ok) {
      s.etag = xhr.getResponseHeader("ETag") || s.etag;
      s.fails = 0;
      delete region.dataset.stale;
      if (note) note.hidden = true;
    } else {
      s.next = Date.now() + Math.min(6e4, 5e3 * 4 ** s.fails++);
      if (!region.dataset.stale && note) {
        note.textContent = `Could not refresh since ${new Date().toISOString().slice(11, 16)} UTC, retrying.`;
        note.hidden = false;
      }
      region.dataset.stale = "1";
    }
  });
})();
