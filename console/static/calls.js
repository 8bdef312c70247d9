// The calls of a run: every word of the search stands in the row; all that fit are there, only those in sight are elements.
import { callAt, finder, findings, head, params, read, terminal, toQuery } from "./main.js";
import { anchor, empty, grow, h, lower, number, soft, spaced, tag } from "./parts.js";
import { rowsList } from "./rows.js";

export async function page(main) {
  const asked = params(), list = h("div"), count = h("span.soft", { "aria-live": "polite" }), sums = h("div.tools");
  const find = finder("Find calls", "number, call, status …", async () => { found = await get(); history.replaceState(null, "", `/calls?${toQuery({ run: found.run, q: find.value })}`); draw(); });
  let found = await get();
  if (found.state === "none") { main.append(head("Calls"), h("p.card.empty", "No run yet. ", anchor("/live", "Start one"), ", and its calls are listed here.")); return; }
  function get() { return read(`/calls?${toQuery({ run: asked.get("run") || "", q: find.value, status: asked.get("status") || "" })}`); }
  function draw() {
    count.textContent = found.count === found.seen ? `${number(found.seen)} calls` : `${number(found.count)} of ${number(found.seen)} calls`;
    sums.replaceChildren(...Object.entries(found.statuses).map(([name, many]) => h("a.button", { href: `/calls?${toQuery({ run: found.run, status: name })}` }, `${lower(name)} ${number(many)}`)), asked.get("status") ? anchor(`/calls?run=${found.run}`, "all") : "");
    list.replaceChildren(found.rows.length ? rowsList({ count: found.rows.length, label: "Calls", columns: "30px 90px 116px minmax(120px,1fr) 50px 150px minmax(90px,1fr) 100px minmax(120px,1fr)", names: ["", "Call", "From", "Dialed", "CTC", "Route", "Facility", "AMAslpID", "Status"], mono: [1, 2, 3, 4, 6, 7],
      cells: (at) => { const row = found.rows[at]; return [h("span", { title: row.ok === false ? "an expectation failed" : row.ok ? "as expected" : "under way" }, row.ok === false ? "✗" : row.ok ? "✓" : "…"), row.id, spaced(row.calling), row.dialed, row.ctc, row.route, row.facility, row.flag, lower(row.status)]; },
      choose: (at) => { location.href = callAt(found.run, found.rows[at].id); } }) : empty("No call fits."));
  }
  main.append(head("Calls", tag(found.state, found.state === "done" ? "ok" : ""), soft(found.title), grow(), sums), findings(find, count, list), terminal(`ain run ${found.title}.toml --list`, `/calls?run=${found.run}`));
  draw();
}
