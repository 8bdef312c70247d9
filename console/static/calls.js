// The calls of a run: every word of the search stands in the row; all that fit are there, only those in sight are elements.
import { head, params, read, terminal } from "./main.js";
import { grow, h, number, spaced, tag } from "./parts.js";
import { rowsList } from "./rows.js";

export async function page(main) {
  const asked = params(), list = h("div", {}), count = h("span", { class: "soft", "aria-live": "polite" }), sums = h("div", { class: "tools" });
  const find = h("input", { type: "search", value: asked.get("q") || "", placeholder: "number, call, status …", "aria-label": "Find calls" });
  let found = await get();
  if (found.state === "none") { main.append(head("Calls"), h("p", { class: "card empty" }, "No run yet. ", h("a", { href: "/live" }, "Start one"), ", and its calls are listed here.")); return; }
  function get() { return read(`/calls?${new URLSearchParams({ run: asked.get("run") || "", q: find.value, status: asked.get("status") || "" })}`); }
  function draw() {
    count.textContent = found.count === found.seen ? `${number(found.seen)} calls` : `${number(found.count)} of ${number(found.seen)} calls`;
    sums.replaceChildren(...Object.entries(found.statuses).map(([name, many]) => h("a", { class: "button", href: `/calls?${new URLSearchParams({ run: found.run, status: name })}` }, `${words(name)} ${number(many)}`)), asked.get("status") ? h("a", { href: `/calls?run=${found.run}` }, "all") : "");
    list.replaceChildren(found.rows.length ? rowsList({ count: found.rows.length, height: Math.min(Math.max(found.rows.length * 32, 64), 620), label: "Calls", columns: "30px 90px 116px minmax(120px,1fr) 50px 150px minmax(90px,1fr) 100px minmax(120px,1fr)", names: ["", "Call", "From", "Dialed", "CTC", "Route", "Facility", "AMAslpID", "Status"],
      cells: (at) => { const row = found.rows[at]; return [h("span", { title: row.ok === false ? "an expectation failed" : row.ok ? "as expected" : "under way" }, row.ok === false ? "✗" : row.ok ? "✓" : "…"), h("span", { class: "mono" }, row.id), h("span", { class: "mono" }, spaced(row.calling)), h("span", { class: "mono" }, row.dialed), h("span", { class: "mono" }, row.ctc), h("span", {}, row.route), h("span", { class: "mono" }, row.facility), h("span", { class: "mono" }, row.flag), h("span", {}, words(row.status))]; },
      choose: (at) => { location.href = `/calls/${found.run}/${encodeURIComponent(found.rows[at].id)}`; } }) : h("p", { class: "empty" }, "No call fits."));
  }
  let waiting = 0;
  find.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(async () => { found = await get(); history.replaceState(null, "", `/calls?${new URLSearchParams({ run: found.run, q: find.value })}`); draw(); }, 120); });
  main.append(head("Calls", tag(found.state, found.state === "done" ? "ok" : ""), h("span", { class: "soft" }, found.title), grow(), sums), h("section", { class: "card" }, h("header", {}, h("div", { class: "grow" }, find), count), list), terminal(`ain run ${found.title}.toml --list`, `/calls?run=${found.run}`));
  draw();
}
export function words(status) { return status.replaceAll("_", " ").replace(":", ": ").toLowerCase(); }
