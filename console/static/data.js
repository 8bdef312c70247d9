// A data set: its tables with what the check says, the rows of one, and everything one number meets.
import { button, finder, findings, head, params, read, short, terminal, toQuery, tried } from "./main.js";
import { anchor, card, empty, grow, h, inset, listed, many, mono, num, number, soft, spaced, tableOf, tag, td } from "./parts.js";
import { rowLink } from "./explain.js";

export async function page(main, me, name) {
  if (name === undefined) return overview(main);
  return location.pathname.startsWith("/data/number/") ? numberPage(main, name) : tablePage(main);
}
async function overview(main) {
  const found = await read(`/data?${params()}`), bad = found.problems.filter((one) => one.severity === "error");
  const link = (file) => anchor(`/data/table?${toQuery({ name: file, ds: found.digest })}`, file);
  main.append(head("Data set", h("span", found.name, " ", h("code", short(found.digest))), bad.length ? tag(many(bad.length, "error"), "bad") : tag("checked", "ok"), grow(), h("a.button", { href: "/review" }, "Review a change")),
    h("div.grid", h("div.c8", listed("Tables", `${found.tables.length} files`, ["File", "What it is", "Octets", "Findings"], found.tables.map((one) => [mono(link(one.name)), one.about, num(one.octets), td(one.errors ? tag(many(one.errors, "error"), "bad") : null, one.warnings ? tag(many(one.warnings, "warning"), "warn") : null)]))),
      h("div.c4", card("Findings", "of ain check", null, inset(found.problems.length ? found.problems.slice(0, 200).map((one) => h("p", tag(one.severity, one.severity === "error" ? "bad" : "warn"), " ", rowLink(`${one.file}:${one.line}`, found.digest), ` ${one.text} `, soft(`(${one.rule})`))) : h("p.soft", "No finding."))))),
    terminal(`ain check ${found.name}`, `/data?${params()}`));
}
async function tablePage(main) {
  const asked = params(), name = asked.get("name") || "", row = Number(asked.get("row")) || 0, find = finder("Find rows", "digits or text …", () => tried(holder, first));
  const holder = h("div"), note = h("span.soft", { "aria-live": "polite" });
  let found, rows;
  async function get(after) { return read(`/data/table?${toQuery({ name, ds: asked.get("ds") || "", q: find.value, after })}`); }
  async function first() { found = await get(row && !find.value ? Math.max(row - 20, 0) : 0); rows = found.rows; draw(); }
  function draw() {
    const columns = found.columns.length ? found.columns : ["text"];
    note.textContent = `${number(rows.length)} rows${found.next ? ", more follow" : ""}`;
    holder.replaceChildren(rows.length ? tableOf(`Rows of ${name}`, ["Line", ...columns.map((one) => h("span", { title: found.meanings[one] || "" }, one)), "Findings"], rows.map((one) => h("tr", { id: `line${one.line}`, class: one.line === row ? "differs" : null }, h("th", { scope: "row", class: "num" }, one.line), one.cells.map((cell) => mono(/^\d{10}$/.test(cell) ? anchor(`/data/number/${cell}?ds=${found.digest}`, cell) : cell)), td(one.findings.map((text) => h("span.note", text)))))) : empty("No row fits."),
      found.next ? h("p.in", button("More rows", async () => { found = await get(rows[rows.length - 1].line); rows = [...rows, ...found.rows]; draw(); })) : "");
    if (row) document.getElementById(`line${row}`)?.scrollIntoView({ block: "center" });
  }
  await first();
  main.append(head("Table", h("code", name), soft(short(found.digest)), grow(), anchor(`/data?ds=${found.digest}`, "all tables")), findings(find, note, holder), terminal(`sed -n 1,20p ${name}`, `/data/table?${asked}`));
  draw();
}
async function numberPage(main, digits) {
  const found = await read(`/data/number/${encodeURIComponent(digits)}?${params()}`);
  main.append(head("Number", h("b.mono", spaced(found.number)), soft(short(found.digest)), grow(), h("a.button", { href: `/explain?dial=${found.number}` }, "Explain a call to it"), h("a.button", { href: `/explain?from=${found.number}` }, "… from it")),
    listed("What it meets", "in the tables", ["What", "Finding", "Row"], found.meetings.map((one) => [h("th", { scope: "row" }, one.what), one.text, one.row ? rowLink(one.row, found.digest) : ""]), "No table names this number."),
    terminal(`grep -rn ${found.number} DATASET`, `/data/number/${found.number}?ds=${found.digest}`));
}
