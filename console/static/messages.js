// Messages of running SCPs, as their taps sampled them: a list that is read again each second, and one exchange as a tree.
import { finder, findings, head, holdButton, params, read, terminal, toQuery } from "./main.js";
import { card, empty, facts, grow, h, inset, lower, number, soft, spaced, stack, tag } from "./parts.js";
import { rowsList } from "./rows.js";

export async function page(main, _me, scp, id) { await (id ? one(main, scp, id) : all(main)); }

async function all(main) {
  const asked = params(), list = h("div"), count = h("span.soft", { "aria-live": "off" }), note = h("div");
  const find = finder("Find messages", "number, operation, outcome …", () => { before = ""; history.replaceState(null, "", `/messages?${toQuery({ q: find.value })}`); draw().catch(() => {}); });
  let before = "", held = false;
  async function draw() {
    const found = await read(`/messages?${toQuery({ scp: asked.get("scp") || "", q: find.value })}`), key = JSON.stringify([found.rows[0], found.count]);
    const faults = Object.entries(found.taps).filter(([, fault]) => fault);
    note.replaceChildren(...faults.map(([name, fault]) => h("p.note", `${name}: ${fault}`)));
    count.textContent = `${number(found.count)} of the last ${number(found.kept)} sampled`;
    if (key === before) return;
    before = key;
    list.replaceChildren(found.rows.length ? rowsList({ count: found.rows.length, label: "Messages", columns: "100px 70px minmax(120px,1fr) 116px 116px minmax(130px,1fr) minmax(180px,2fr)", names: ["At (UTC)", "SCP", "Query", "From", "To", "Outcome", "Answer"], mono: [0, 3, 4],
      cells: (at) => { const row = found.rows[at]; return [row.at.slice(11, 23), row.scp, row.operation, spaced(row.calling), row.called, tag(lower(row.outcome), row.refused ? "warn" : ""), soft(row.answer)]; },
      choose: (at) => { location.href = `/messages/${encodeURIComponent(found.rows[at].scp)}/${found.rows[at].id}`; } })
      : empty(Object.keys(found.taps).length ? "Nothing was sampled yet, or nothing fits. A switch, ain bench --target or ain lnp may ask this SCP." : "No tap is read. Start the server with --tap PATH and the console with --tap PATH, and sampled messages are listed here."));
  }
  main.append(head("Messages", tag("sampled", ""), grow(), holdButton((now) => { held = now; })), note, findings(find, count, list), terminal("ain extcap --tap PATH --once --write - | ain decode -", "/messages"));
  await draw();
  setInterval(() => { if (!held && !document.hidden && !list.contains(document.activeElement)) draw().catch(() => {}); }, 1000);
}

async function one(main, scp, id) {
  const found = await read(`/messages/${encodeURIComponent(scp)}/${encodeURIComponent(id)}`), row = found.row;
  const side = (title, tree, octets) => h("div.c6", card(title, tree ? "" : "none, or withheld", null, inset(tree ? branch(tree) : h("p.soft", "Nothing to show."), octets ? h("p.mono.wrap", octets) : null)));
  main.append(head(`Message ${row.id}`, tag(lower(row.outcome), row.refused ? "warn" : ""), grow(), row.calling && row.called ? h("a.button", { href: `/explain?${toQuery({ from: row.calling, dial: row.called })}` }, "Why?") : null),
    found.cut ? h("p.note", "A side was longer than the tap keeps: its end is missing.") : "",
    stack(card("Exchange", "", null, h("div.in", facts([["SCP", row.scp], ["at (UTC)", row.at], ["link", row.link], ["query", row.operation], ["from", spaced(row.calling)], ["to", row.called]].filter(([, value]) => value)))),
    h("div.grid", side("Query", found.query, found.query_octets), side("Answer", found.answer, found.answer_octets))),
    terminal(found.query_octets ? `ain decode ${found.query_octets.slice(0, 40)}…` : "ain decode HEX"));
}
function branch(line) {
  const own = [h("b", line.name), line.meaning ? ` ${line.meaning}` : ""];
  return line.inside && line.inside.length ? h("details", { open: true }, h("summary", own), h("div.tree", line.inside.map(branch))) : h("div", own);
}
