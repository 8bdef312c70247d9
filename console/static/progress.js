// Calls in progress at an SCP: how many by account, group, trunk group and reason; each charged call, and the way to end one.
import { act, button, cut, head, params, read, seg, terminal, toQuery, tried } from "./main.js";
import { anchor, card, empty, facts, grow, h, inset, listed, many, num, plain, soft, tableOf, td, words } from "./parts.js";

const MOST = 500, EVERY_MS = 2000;

export async function page(main, me) {
  const chosen = params(), body = h("div.stack"), note = h("div", { "aria-live": "polite" }), total = soft();
  const address = () => `/progress?${chosen}`;
  async function draw() {
    const found = await read(address());
    total.textContent = many(found.rows.length, "charged call");
    const filters = [...chosen].filter(([name, value]) => name !== "scp" && value);
    body.replaceChildren(
      found.scps.length > 1 ? seg("Which SCP", found.scps.map((name) => [name, name]), found.scp, (scp) => { location.search = toQuery({ scp }); }) : "",
      filters.length ? h("p", `Only ${filters.map(([name, value]) => `${words(name)} ${value}`).join(", ")}. `, anchor(`/progress?${toQuery({ scp: found.scp })}`, "All calls")) : "",
      found.counts.length ? h("div.grid", found.counts.map((one) => h("div.c4", card(`By ${words(one.title)}`, "", null, tableOf(`Calls by ${words(one.title)}`, [words(one.title), "calls"], one.rows.slice(0, 12).map((row) => [anchor(`/progress?${narrowed(one.title, row.name)}`, row.name), num(row.calls)])))))) : "",
      card("Charged calls", cut(found.rows, MOST), null, found.rows.length ? calls(found) : empty(found.empty)),
      ...found.more.map((one) => listed(one.title, "", one.columns.map(words), one.rows.map((row) => one.columns.map((name) => plain(row[name]))))),
      card("All calls routed", "charged or not", null, inset(facts(found.facts), h("p.soft", "Of calls that are not charged the server keeps none; it knows those whose end it asked to be notified of, and cannot end them."))));
    places.replaceChildren(terminal(found.command, address()));
  }
  function narrowed(name, value) { const more = new URLSearchParams(chosen); more.set(name, value); return more; }
  function calls(found) {
    return tableOf("Charged calls", [...found.columns.map(words), ...(me.may.run ? ["order"] : [])], found.rows.slice(0, MOST).map((row) => [found.columns.map((name) => typeof row[name] === "number" ? num(row[name]) : td(plain(row[name]))),
      me.may.run ? button("Disconnect", () => end(found.scp, row.call), { "aria-label": `Disconnect call ${row.call}` }) : []]));
  }
  async function end(scp, call) {
    await tried(note, async () => { const done = await act(`/progress/${encodeURIComponent(scp)}/disconnect`, { call }); note.replaceChildren(h("p.note", `Call ${call} ends at its ${done.takes_effect || "next event"}.`)); await draw(); });
  }
  const places = h("div");
  await draw();
  main.append(head("Calls in progress", total, grow()), note, body, places);
  setInterval(() => { if (!document.hidden && !body.contains(document.activeElement)) tried(note, draw); }, EVERY_MS);
}
