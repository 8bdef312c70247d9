// Calls in progress at an SCP: how many by account, group, trunk group and reason; each charged call, and the way to end one.
import { act, faultBox, head, read, terminal } from "./main.js";
import { card, facts, grow, h, many, number, tableOf, td } from "./parts.js";

const MOST = 500, EVERY_MS = 2000;

export async function page(main, me) {
  const chosen = new URLSearchParams(location.search), body = h("div", { class: "stack" }), note = h("div", { "aria-live": "polite" }), total = h("span", { class: "soft" });
  const address = () => `/progress?${chosen}`;
  async function draw() {
    const found = await read(address());
    total.textContent = many(found.rows.length, "charged call");
    const filters = [...chosen].filter(([name, value]) => name !== "scp" && value);
    body.replaceChildren(
      found.scps.length > 1 ? h("div", { class: "seg", role: "group", "aria-label": "Which SCP" }, found.scps.map((name) => h("button", { type: "button", "aria-pressed": String(name === found.scp), onclick: () => { location.search = new URLSearchParams({ scp: name }); } }, name))) : "",
      filters.length ? h("p", {}, `Only ${filters.map(([name, value]) => `${words(name)} ${value}`).join(", ")}. `, h("a", { href: `/progress?${new URLSearchParams({ scp: found.scp })}` }, "All calls")) : "",
      found.counts.length ? h("div", { class: "grid" }, found.counts.map((one) => h("div", { class: "c4" }, card(`By ${words(one.title)}`, "", null, tableOf(`Calls by ${words(one.title)}`, [words(one.title), "calls"], one.rows.slice(0, 12).map((row) => h("tr", {}, td(h("a", { href: `/progress?${narrowed(one.title, row.name)}` }, row.name)), h("td", { class: "num" }, number(row.calls))))))))) : "",
      card("Charged calls", found.rows.length > MOST ? `${number(MOST)} of ${number(found.rows.length)} shown; the CSV has all` : "", null, found.rows.length ? calls(found) : h("p", { class: "empty" }, found.empty)),
      ...found.more.map((one) => card(one.title, "", null, tableOf(one.title, one.columns.map(words), one.rows.map((row) => h("tr", {}, one.columns.map((name) => td(text(row[name])))))))),
      card("All calls routed", "charged or not", null, h("div", { class: "in stack" }, facts(found.facts), h("p", { class: "soft" }, "Of calls that are not charged the server keeps none; it knows those whose end it asked to be told, and cannot end them."))));
    places.replaceChildren(terminal(found.command, address()));
  }
  function narrowed(name, value) { const more = new URLSearchParams(chosen); more.set(name, value); return more; }
  function calls(found) {
    return tableOf("Charged calls", [...found.columns.map(words), ...(me.may.run ? ["order"] : [])], found.rows.slice(0, MOST).map((row) => h("tr", {}, found.columns.map((name) => typeof row[name] === "number" ? h("td", { class: "num" }, number(row[name])) : td(text(row[name]))),
      me.may.run ? td(h("button", { type: "button", "aria-label": `Disconnect call ${row.call}`, onclick: () => end(found.scp, row.call) }, "Disconnect")) : null)));
  }
  async function end(scp, call) {
    try { const done = await act(`/progress/${encodeURIComponent(scp)}/disconnect`, { call }); note.replaceChildren(h("p", { class: "note" }, `Call ${call} ends at its ${done.takes_effect || "next event"}.`)); await draw(); }
    catch (fault) { note.replaceChildren(faultBox(fault)); }
  }
  const places = h("div", {});
  await draw();
  main.append(head("Calls in progress", total, grow()), note, body, places);
  setInterval(() => { if (!document.hidden && !body.contains(document.activeElement)) draw().catch((fault) => note.replaceChildren(faultBox(fault))); }, EVERY_MS);
}
function text(value) { return value === null || value === undefined ? "" : value === true ? "yes" : value === false ? "no" : String(value); }
function words(name) { return name.replaceAll("_", " "); }
