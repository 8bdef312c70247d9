// A data set: its tables with what the check says, the rows of one, and everything one number meets.
import { faultBox, head, params, read, short, terminal } from "./main.js";
import { card, grow, h, many, number, spaced, tableOf, tag, td } from "./parts.js";
import { rowLink } from "./explain.js";

export async function page(main, me, name) {
  if (name === undefined) return overview(main);
  return location.pathname.startsWith("/data/number/") ? numberPage(main, name) : tablePage(main);
}
async function overview(main) {
  const found = await read(`/data?${params()}`), bad = found.problems.filter((one) => one.severity === "error");
  const link = (file) => h("a", { href: `/data/table?${new URLSearchParams({ name: file, ds: found.digest })}` }, file);
  main.append(head("Data set", h("span", {}, found.name, " ", h("code", {}, short(found.digest))), bad.length ? tag(many(bad.length, "error"), "bad") : tag("checked", "ok"), grow(), h("a", { class: "button", href: "/review" }, "Review a change")),
    h("div", { class: "grid" }, h("div", { class: "c8" }, card("Tables", `${found.tables.length} files`, null, tableOf("Tables", ["File", "What it is", "Octets", "Findings"], found.tables.map((one) => h("tr", {}, h("td", { class: "mono" }, link(one.name)), td(one.about), h("td", { class: "num" }, number(one.octets)), td(one.errors ? tag(many(one.errors, "error"), "bad") : null, one.warnings ? tag(many(one.warnings, "warning"), "warn") : null)))))),
      h("div", { class: "c4" }, card("Findings", "of ain check", null, h("div", { class: "in stack" }, found.problems.length ? found.problems.slice(0, 200).map((one) => h("p", {}, tag(one.severity, one.severity === "error" ? "bad" : "warn"), " ", rowLink(`${one.file}:${one.line}`, found.digest), ` ${one.text} `, h("span", { class: "soft" }, `(${one.rule})`))) : h("p", { class: "soft" }, "No finding."))))),
    terminal(`ain check ${found.name}`, `/data?${params()}`));
}
async function tablePage(main) {
  const asked = params(), name = asked.get("name") || "", row = Number(asked.get("row")) || 0, find = h("input", { type: "search", value: asked.get("q") || "", "aria-label": "Find rows", placeholder: "digits or text …" });
  const holder = h("div", {}), note = h("span", { class: "soft", "aria-live": "polite" });
  let found, rows;
  async function get(after) { return read(`/data/table?${new URLSearchParams({ name, ds: asked.get("ds") || "", q: find.value, after })}`); }
  async function first() { found = await get(row && !find.value ? Math.max(row - 20, 0) : 0); rows = found.rows; draw(); }
  function draw() {
    const columns = found.columns.length ? found.columns : ["text"];
    note.textContent = `${number(rows.length)} rows${found.next ? ", more follow" : ""}`;
    holder.replaceChildren(rows.length ? tableOf(`Rows of ${name}`, ["Line", ...columns.map((one) => h("span", { title: found.meanings[one] || "" }, one)), "Findings"], rows.map((one) => h("tr", { id: `line${one.line}`, class: one.line === row ? "differs" : null }, h("th", { scope: "row", class: "num" }, one.line), one.cells.map((cell) => h("td", { class: "mono" }, /^\d{10}$/.test(cell) ? h("a", { href: `/data/number/${cell}?ds=${found.digest}` }, cell) : cell)), td(one.findings.map((text) => h("span", { class: "note" }, text)))))) : h("p", { class: "empty" }, "No row fits."),
      found.next ? h("p", { class: "in" }, h("button", { type: "button", onclick: async () => { found = await get(rows[rows.length - 1].line); rows = [...rows, ...found.rows]; draw(); } }, "More rows")) : "");
    if (row) document.getElementById(`line${row}`)?.scrollIntoView({ block: "center" });
  }
  let waiting = 0;
  find.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(() => first().catch((fault) => holder.replaceChildren(faultBox(fault))), 120); });
  await first();
  main.append(head("Table", h("code", {}, name), h("span", { class: "soft" }, short(found.digest)), grow(), h("a", { href: `/data?ds=${found.digest}` }, "all tables")), h("section", { class: "card" }, h("header", {}, h("div", { class: "grow" }, find), note), holder), terminal(`sed -n 1,20p ${name}`, `/data/table?${asked}`));
  draw();
}
async function numberPage(main, digits) {
  const found = await read(`/data/number/${encodeURIComponent(digits)}?${params()}`);
  main.append(head("Number", h("b", { class: "mono" }, spaced(found.number)), h("span", { class: "soft" }, short(found.digest)), grow(), h("a", { class: "button", href: `/explain?dial=${found.number}` }, "Explain a call to it"), h("a", { class: "button", href: `/explain?from=${found.number}` }, "… from it")),
    card("What it meets", "in the tables", null, found.meetings.length ? tableOf("What the number meets", ["What", "Finding", "Row"], found.meetings.map((one) => h("tr", {}, h("th", { scope: "row" }, one.what), td(one.text), td(one.row ? rowLink(one.row, found.digest) : "")))) : h("p", { class: "empty" }, "No table names this number.")),
    terminal(`grep -rn ${found.number} DATASET`, `/data/number/${found.number}?ds=${found.digest}`));
}
