// Parts that every page uses. Texts reach the page as text nodes only; nothing here writes markup.
const SVG = "http://www.w3.org/2000/svg";
// An element: its name, with classes after dots; attributes, if any; what stands in it. A form is never sent by the browser itself.
function fill(make, [name, ...classes], all) {
  const element = make(name), attributes = all[0]?.constructor === Object ? all.shift() : {};
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), (event) => { if (name === "onsubmit") event.preventDefault(); return value(event); });
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  for (const child of all.flat(4)) if (child !== null && child !== undefined && child !== false) element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  return element;
}
export function h(tag, ...all) { return fill((name) => document.createElement(name), tag.split("."), all); }
export function s(tag, ...all) { return fill((name) => document.createElementNS(SVG, name), tag.split("."), all); }
export function td(...all) { return h("td", ...all); }
export function num(value) { return h("td.num", typeof value === "number" ? number(value) : value); }
export function mono(...all) { return h("td.mono", ...all); }
export function soft(...all) { return h("span.soft", ...all); }
export function empty(...all) { return h("p.empty", ...all); }
export function stack(...all) { return h("div.stack", ...all); }
export function inset(...all) { return h("div.in.stack", ...all); }
export function anchor(href, ...all) { return h("a", { href }, ...all); }
export function submit(text) { return h("button.main", { type: "submit" }, text); }
export function grow() { return h("span.grow"); }
export function number(value) { return value.toLocaleString("en-US"); }
export function spaced(digits) { return digits.length === 10 ? `${digits.slice(0, 3)}-${digits.slice(3, 6)}-${digits.slice(6)}` : digits; }

export function dark(root) { return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches; }
export function theme() {
  const root = document.documentElement;
  root.dataset.theme = dark(root) ? "light" : "dark";
  try { sessionStorage.setItem("theme", root.dataset.theme); } catch { /* a page from a file has no storage */ }
}
export function keptTheme() { try { const kept = sessionStorage.getItem("theme"); if (kept) document.documentElement.dataset.theme = kept; } catch { /* see above */ } }
export function card(title, note, tools, body, level = "h2") { return h("section.card", h("header", h(level, {}, title), note ? soft(note) : null, grow(), tools || null), body); }
export function tag(text, tone = "") { return h("span", { class: `tag ${tone}` }, text); }
export function region(label, ...children) { return h("div.in.scroll", { tabindex: "0", role: "region", "aria-label": label }, ...children); }
export function facts(pairs) { return h("dl.facts", pairs.map(([name, value]) => [h("dt", name), h("dd", value)])); }
// What the fields of decisions and records are called on a page; a field without a name of its own is its words.
const NAMES = { record: "record written", disposition: "rating", charge_cents: "charge (cents)", ama_slp_id: "AMAslpID", called_party_id: "called party", calling_party_id: "calling party",
  original_called_party_id: "original called party", original_called_non: "its nature of number", called_non: "nature of number", start_time: "start", end_time: "end", plan: "dialing plan",
  on_net: "on-net", cic: "carrier code", ctc: "call type code", ctc_source: "call type decided by", calling_class: "class of the caller", called_class: "class of the called", kind: "route", asf_results: "ASF results",
  rtl_number: "ASF-RTL number", type: "answer", id: "identity" };
export function words(name) { return name.replaceAll("_", " "); }
export function lower(status) { return words(status).replace(":", ": ").toLowerCase(); }
export function titled(name) { return NAMES[name] || words(name); }
export function plain(value) { return value === true ? "yes" : value === false ? "no" : Array.isArray(value) ? value.map(plain).join(", ") : value === null || value === undefined ? "" : typeof value === "object" ? Object.entries(value).map(([name, one]) => `${titled(name)} ${plain(one)}`).join(", ") : String(value); }
// The fields of a record that say something, as pairs for `facts`.
export function named(record) { return Object.entries(record).map(([name, value]) => [titled(name), plain(value)]).filter(([, value]) => value !== ""); }
// A short cell stands in one line, a long one has room for its words; the head of figures stands over them.
export function tableOf(caption, heads, list) {
  const rows = list.map((row) => (Array.isArray(row) ? h("tr", row.flat().map((cell) => (cell?.cellIndex === undefined ? td(cell) : cell))) : row));
  for (const cell of rows.flatMap((row) => [...row.children])) if (!cell.classList.length || cell.className === "mono") cell.classList.add(cell.textContent.length > LONG ? "long" : "short");
  const figures = heads.map((_, at) => rows.some((row) => isFigure(row.children[at])) && rows.every((row) => isFigure(row.children[at]) || !row.children[at]?.textContent));
  return h("div.scroll", { tabindex: "0", role: "region", "aria-label": caption }, h("table", h("caption.sr", caption),
    h("thead", h("tr", heads.map((name, at) => h("th", { scope: "col", class: figures[at] ? "num" : null }, name)))), h("tbody", rows)));
}
export function bullets(texts) { return h("ul", texts.map((one) => h("li", one))); }
// A card that is a table, or says why there is no row.
export function listed(title, note, heads, rows, nothing) { return card(title, note, null, rows.length || !nothing ? tableOf(title, heads, rows) : empty(nothing)); }
const LONG = 32, isFigure = (cell) => Boolean(cell?.classList.contains("num"));
export function span(nanoseconds) {
  if (nanoseconds >= 1e9) return `${(nanoseconds / 1e9).toFixed(nanoseconds >= 1e10 ? 1 : 2)} s`;
  return nanoseconds >= 1e6 ? `${(nanoseconds / 1e6).toFixed(1)} ms` : `${Math.round(nanoseconds / 1e3)} µs`;
}

// Lines over time with their figures in a hidden table, so that a chart is never only a picture.
export function chart({ label, series, height = 150, unit = "", budget = null, stacked = false }) {
  const width = 460, left = 40, right = 8, top = 8, bottom = 20, count = series[0].values.length; if (count < 2) return h("p.soft", "Not enough figures yet.");
  const sums = Array.from({ length: count }, (_, at) => stacked ? series.reduce((sum, one) => sum + one.values[at], 0) : Math.max(...series.map((one) => one.values[at])));
  const most = nice(Math.max(...sums, budget || 0)), x = (at) => left + at / (count - 1) * (width - left - right), y = (value) => height - bottom - value / most * (height - top - bottom);
  const picture = s("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  for (const part of [0, 0.5, 1]) picture.append(s("line.axis", { x1: left, x2: width - right, y1: y(most * part), y2: y(most * part) }), s("text.small", { x: left - 6, y: y(most * part) + 4, "text-anchor": "end" }, short(most * part)));
  for (const [at, text] of [[0, ago(count - 1)], [count - 1, "now"]]) picture.append(s("text.small", { x: x(at), y: height - 5, "text-anchor": at === 0 ? "start" : at === count - 1 ? "end" : "middle" }, text));
  const base = new Array(count).fill(0);
  for (const one of series) {
    const points = one.values.map((value, at) => { const from = stacked ? base[at] : 0; if (stacked) base[at] += value; return [x(at), y(from + value), y(from)]; });
    if (stacked) picture.append(s("path", { class: one.fill, d: "M" + points.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join("L") + "L" + points.reverse().map(([px, , pz]) => `${px.toFixed(1)},${pz.toFixed(1)}`).join("L") + "Z" }));
    else picture.append(s("polyline", { class: "line " + one.line, points: points.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(" ") }));
  }
  if (budget) picture.append(s("line.budget", { x1: left, x2: width - right, y1: y(budget), y2: y(budget) }), s("text.small.halo", { x: width - right - 4, y: y(budget) - 4, "text-anchor": "end" }, `budget ${budget} ${unit}`));
  const table = h("table.sr", h("caption", label), h("thead", h("tr", h("th", "series"), h("th", "now"), h("th", "highest"))), h("tbody", series.map((one) => h("tr", h("th", { scope: "row" }, one.name), h("td", short(one.values[count - 1])), h("td", short(Math.max(...one.values)))))));
  return h("div", key(series.map((one) => [one.name, one.line, "", one.fill, h("b.mono", short(one.values[count - 1]) + (unit ? " " + unit : ""))])), picture, table);
}
// What the strokes and fills of a chart stand for: name, stroke, dash, fill, and what follows the name.
export function key(list) { return h("ul.key", list.map(([name, line, dash, fill, more]) => h("li", s("svg", { viewBox: "0 0 14 8", "aria-hidden": "true" }, fill ? s("rect", { width: 14, height: 8, rx: 2, class: fill }) : s("line", { x1: 0, x2: 14, y1: 4, y2: 4, class: "line " + line, "stroke-dasharray": dash || null })), name, more))); }
function nice(value) { const step = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9))); return [1, 1.2, 1.5, 2, 3, 4, 5, 6, 8, 10, 12].map((one) => one * step).find((one) => one >= value * 1.02); }
export function short(value) { return value >= 10000 ? (value / 1000).toFixed(0) + "k" : value >= 1000 ? (value / 1000).toFixed(1) + "k" : value >= 10 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(2); }

function ago(seconds) { return seconds >= 120 ? `${Math.round(seconds / 60)} min ago` : `${seconds} s ago`; }
export function spark(values, mark) {
  const shown = values.slice(-60), most = Math.max(...shown, 0), least = Math.min(...shown, 0), last = Math.max(shown.length - 1, 1);
  const points = shown.map((value, at) => `${(at / last * 100).toFixed(1)},${(22 - (value - least) / Math.max(most - least, 1e-9) * 20).toFixed(1)}`).join(" ");
  return s("svg", { viewBox: "0 0 100 24", preserveAspectRatio: "none", "aria-hidden": "true" }, s("polyline", { class: "line " + mark, points, "vector-effect": "non-scaling-stroke" }));
}
export function many(count, word) { return `${number(count)} ${word}${count === 1 ? "" : "s"}`; }
