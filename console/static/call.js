// One call: the answer and the decision first, the ladder beside it, then the records. A message opens beside the ladder.
import { callAt, head, read, seg, terminal, toQuery } from "./main.js";
import { anchor, bullets, card, facts, grow, h, inset, lower, named, spaced, span, stack, tag } from "./parts.js";
import { ladder } from "./ladder.js";

export async function page(main, _me, run, id) {
  const call = await read(callAt(run, id)), row = call.row;
  const link = (to, text) => (to ? h("a.button", { href: callAt(run, to) }, text) : null);
  const why = `/explain?${toQuery({ ds: "served", from: row.calling, dial: row.dialed, ...(call.placed ? { at: call.placed } : {}) })}`;
  const holder = h("div"), [details, choose] = opened((message) => `, ${span(message.at)} after the call was placed${message.lost ? ", lost" : ""}`, decided);
  let hops = false, times = "delta";
  function decided(message) {
    const at = ["AnalyzeRoute", "ForwardCall", "SendToResource"].some((name) => message.name.startsWith(name)) ? call.messages.filter((one) => one.protocol === "AIN" && /^(AnalyzeRoute|ForwardCall|SendToResource)/.test(one.name) && one.at <= message.at && one.source === message.source).length - 1 : -1;
    return at >= 0 && call.legs[at] ? h("p", "Decided by ", anchor(`#leg${at + 1}`, `leg ${at + 1}`), ".") : null;
  }
  const draw = () => holder.replaceChildren(ladder(call, { hops, times, choose }));
  addEventListener("keydown", (event) => { if (event.target.matches("input, textarea, select")) return; const to = { "[": call.before, "]": call.after }[event.key]; if (to) location.href = callAt(run, to); });
  main.append(head(`Call ${row.id}`, tag(lower(row.status), row.ok === false ? "bad" : row.ok ? "ok" : ""), h("span.soft.mono", `${spaced(row.calling)} dialed ${row.dialed}`), grow(), h("a.button", { href: why }, "Why?"), link(call.before, "‹ Previous"), link(call.after, "Next ›")),
    call.failures.length ? h("div.fault", bullets(call.failures)) : "",
    h("div.callview", stack(...call.legs.map((leg, at) => decision(leg, at))),
      stack(card("Ladder", `${call.messages.length} messages`, [seg("Hops", [[false, "Joined"], [true, "Every hop"]], hops, (key) => { hops = key; draw(); }), seg("Times", [["delta", "Between"], ["start", "Since start"]], times, (key) => { times = key; draw(); })], holder)),
      stack(card("Message", "", null, details))),
    h("div.grid", record("AMA record", call.ama), record("SMDR record", call.smdr), call.talk_path.length ? h("div.c4", card("Talk path", "", null, h("p.in", call.talk_path.join(" → ")))) : null),
    terminal(`ain run SCENARIO --ladder --call ${row.id}`, callAt(run, id), true));
  draw();
}
// Where the message chosen on a ladder is opened, and what opens it; `said` and `more` are added to the heading and at the end.
export function opened(said = () => "", more = () => null) {
  const place = h("div", h("p.soft.in", "Choose a message and its parameters are listed here."));
  return [place, (message) => place.replaceChildren(inset(h("p", tag(message.protocol, "on"), ` ${message.source} → ${message.destination}${said(message)}`), message.fields?.length ? facts(message.fields) : h("p.soft", "No parameters."), more(message)))];
}
function decision(leg, at) {
  const answer = leg.response, told = [["answer", answer.type === "ANALYZE_ROUTE" ? "AnalyzeRoute" : "SendToResource"], ["announcement", answer.announcement && lower(answer.announcement)], ["called party", answer.called_party_id && spaced(answer.called_party_id)], ["call type code", leg.ctc || null], ["route", leg.route.kind], ["trunk groups", answer.trunk_groups.join(", ")], ["carriers", answer.carriers.join(", ")], ["AMAslpID", answer.ama_slp_id]].filter(([, value]) => value);
  return h("section.card", { id: `leg${at + 1}` }, h("header", h("h2", `Decision, leg ${at + 1}`)), inset(facts(told), h("ol.steps", leg.steps.filter((step) => step.found || step.row).map((step) => h("li", h("span.no", step.step), h("div", h("div.a", step.found), step.row ? h("span.row-link", step.row) : null))))));
}
function record(title, found) {
  if (!found) return null;
  const pairs = named(found);
  return h("div.c4", card(title, "", null, h("div.in", pairs.length ? facts(pairs) : h("p.soft", "none"))));
}
