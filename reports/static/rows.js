import { h } from "./parts.js";

// Rows without end: only those in sight are elements. `cells` gives the texts of row `at`, `mono` says which are numbers.
export function rowsList({ count, most = 620, columns, names, mono = [], cells, choose, label, at: first = -1 }) {
  const inner = h("div"), body = h("div.vbody", { role: "listbox", tabindex: "0", "aria-label": label }, inner); let size = 32, chosen = first, drawn = "";
  const height = Math.min(Math.max(count * 32, 64), most); body.style.height = height + "px";
  function draw() {
    size = parseInt(getComputedStyle(document.documentElement).getPropertyValue("--row"), 10) || 32; inner.style.height = count * size + "px";
    const first = Math.max(Math.floor(body.scrollTop / size) - 4, 0), last = Math.min(first + Math.ceil(height / size) + 8, count), key = `${first} ${last} ${chosen} ${size}`;
    if (key === drawn) return; drawn = key;
    inner.replaceChildren(...Array.from({ length: last - first }, (_, place) => { const at = first + place; const row = h("div.vrow", { role: "option", id: `row${at}`, "aria-selected": String(at === chosen), "aria-posinset": at + 1, "aria-setsize": count, onclick: () => pick(at) }, cells(at).map((cell, column) => h("span", { class: mono.includes(column) ? "mono" : null }, cell))); row.style.transform = `translateY(${at * size}px)`; row.style.gridTemplateColumns = columns; return row; }));
    if (chosen >= 0) body.setAttribute("aria-activedescendant", `row${chosen}`);
  }
  function pick(at) { chosen = Math.min(Math.max(at, 0), count - 1); const y = chosen * size; if (y < body.scrollTop) body.scrollTop = y; if (y + size > body.scrollTop + height) body.scrollTop = y + size - height; draw(); choose(chosen); }
  body.addEventListener("scroll", draw, { passive: true });
  body.addEventListener("keydown", (event) => { const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -count, End: count }[event.key]; if (by) { event.preventDefault(); pick(chosen + by); } });
  const head = h("div.vhead", { "aria-hidden": "true" }, names.map((name) => h("span", name))); head.style.gridTemplateColumns = columns;
  requestAnimationFrame(draw);
  return h("div", head, body);
}
