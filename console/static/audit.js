// Who did what, when, with which result.
import { head, read, terminal } from "./main.js";
import { card, h, tableOf, tag } from "./parts.js";

export async function page(main) {
  const found = await read("/audit");
  main.append(head("Audit log"), card("Entries", "each bound to the one before it", null, tableOf("Entries", ["Number", "When (UTC)", "Who", "Role", "What", "About", "Result"], found.rows.slice(0, 500).map((row) => h("tr", {}, h("th", { scope: "row", class: "num" }, row.number), h("td", {}, row.at.slice(0, 19).replace("T", " ")), h("td", {}, row.who), h("td", {}, row.role), h("td", {}, row.what), h("td", { class: "mono" }, row.about), h("td", {}, tag(row.result, row.result === "refused" ? "bad" : row.result === "done" ? "ok" : "")))))),
    terminal("ain console --verify-audit WORKSPACE", "/audit"));
}
