// Everything works without this file. It adds the remembered theme, keys and focus.
(() => {
  "use strict";
  const root = document.documentElement;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const remembered = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const remember = (name, value) => { try { localStorage.setItem(name, value); } catch { /* not kept */ } };

  // Before the first paint, so that nothing flashes.
  const chosen = remembered("theme");
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;

  const isDark = () => root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;

  document.addEventListener("click", (event) => {
    if (event.target.closest("#theme")) {
      root.dataset.theme = isDark() ? "light" : "dark";
      remember("theme", root.dataset.theme);
    }
    if (event.target.closest("[data-keys]")) one("#keys").showModal();
    if (event.target.closest("[data-print]")) print();
  });

  document.addEventListener("change", (event) => {
    if (event.target.id === "keys-on") remember("keys", event.target.checked ? "on" : "off");
    if (event.target.closest("form[data-at-once]")) event.target.form.requestSubmit();
  });

  document.addEventListener("DOMContentLoaded", () => {
    const box = one("#keys-on");
    if (box) box.checked = remembered("keys") !== "off";
    all(".rows [aria-current]").forEach((row) => row.scrollIntoView({ block: "nearest" }));
    dismiss();
  });

  // A message leaves after ten seconds, but not while somebody reads or holds it.
  const dismiss = () => {
    const toast = one("#toasts .toast");
    if (!toast) return;
    let timer;
    const stop = () => clearTimeout(timer);
    const start = () => { stop(); timer = setTimeout(() => toast.remove(), 10000); };
    toast.addEventListener("mouseenter", stop);
    toast.addEventListener("focusin", stop);
    toast.addEventListener("mouseleave", start);
    toast.addEventListener("focusout", start);
    start();
  };

  // One receipt at a time.
  document.addEventListener("toggle", (event) => {
    if (!event.target.matches?.("details.receipt") || !event.target.open) return;
    all("details.receipt[open]").forEach((other) => { if (other !== event.target) other.open = false; });
  }, true);

  // After a part was swapped in, the reader stands at its title.
  document.addEventListener("htmx:after:swap", () => {
    const title = one("#item [data-title]");
    if (!title || title === focused) return;
    focused = title;
    one(".triage")?.classList.add("open");
    title.focus({ preventScroll: innerWidth > 960 });
    if (innerWidth <= 960) scrollTo(0, 0);
    const here = title.closest("[data-item]")?.dataset.item;
    all("[data-row]").forEach((row) => {
      if (row.dataset.row === here) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    });
  });
  let focused = null;

  // Nobody types into a box to tick; one in a dialog keeps the focus for a moment after it is closed.
  const isTyping = ({ target }) =>
    target.matches?.("input:not([type=checkbox], [type=radio]), textarea, select") || target.isContentEditable;
  const places = { t: "/", w: "/worklist", b: "/jobs", m: "/matches", n: "/connections", s: "/settings" };
  // When G was pressed: long ago, also on a page that has only just opened.
  let went = -Infinity;

  const move = (step) => {
    const rows = all("[data-row]").filter((row) => row.offsetParent !== null);
    if (!rows.length) return;
    const at = rows.indexOf(document.activeElement);
    const from = at >= 0 ? at : rows.findIndex((row) => row.hasAttribute("aria-current"));
    const to = at < 0 && from >= 0 && step < 0 ? from : from + step;
    rows[Math.min(rows.length - 1, Math.max(0, to))].focus();
  };

  document.addEventListener("keydown", (event) => {
    const open = one("details.receipt[open]");
    if (event.key === "Escape" && open) {
      open.open = false;
      one("summary", open).focus();
      return;
    }
    if (remembered("keys") === "off" || isTyping(event)) return;
    if (event.metaKey || event.ctrlKey || event.altKey || one("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (event.timeStamp - went < 1200 && places[key]) {
      went = -Infinity;
      location.assign(places[key]);
      return;
    }
    went = -Infinity;
    if (key === "g") { went = event.timeStamp; return; }
    if (event.key === "?") { one("#keys").showModal(); return; }
    if (key === "/") { event.preventDefault(); one("#find")?.focus(); return; }
    if (key === "j" || key === "k") { move(key === "j" ? 1 : -1); return; }
    if (key === "r") { document.activeElement?.closest?.("details.receipt")?.toggleAttribute("open"); return; }
    const target = one(`[data-key="${CSS.escape(key)}"]`);
    if (target) { event.preventDefault(); target.click(); }
  });
})();
