// Who did what, when, with which result.
import { head, read, terminal } from "./main.js";
import { card, h, tableOf, tag, td } from "./parts.js";

export async function page(main) {
  const found = await read("/audit");
  main.append(head("Audit log"), card("Entries", "each bound to the one before it", null, tableOf("Entries", ["Number", "When (UTC)", "Who", "Role", "What", "About", "Result"], found.rows.slice(0, 500).map((row) => h("tr", {}, h("th", { scope: "row", class: "num" }, row.number), td(row.at.slice(0, 19).replace("T", " ")), td(row.who), td(row.role), td(row.what), h("td", { class: "mono" }, row.about), td(tag(row.result, row.result === "refused" ? "bad" : row.result === "done" ? "ok" : "")))))),
    terminal("ain console --verify-audit WORKSPACE", "/audit"));
}
