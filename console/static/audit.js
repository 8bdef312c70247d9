// Who did what, when, with which result.
import { head, read, terminal, when } from "./main.js";
import { h, listed, mono, tag } from "./parts.js";

export async function page(main) {
  const found = await read("/audit");
  main.append(head("Audit log"), listed("Entries", "each bound to the one before it", ["Number", "When (UTC)", "Who", "Role", "What", "About", "Result"], found.rows.slice(0, 500).map((row) => [h("th.num", { scope: "row" }, row.number), when(row.at), row.who, row.role, row.what, mono(row.about), tag(row.result, row.result === "refused" ? "bad" : row.result === "done" ? "ok" : "")])),
    terminal("ain console --verify-audit WORKSPACE", "/audit"));
}
