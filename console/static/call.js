// One call: the answer and the decision first, the ladder beside it, then the records. A message opens beside the ladder.
import { head, read, terminal } from "./main.js";
import { card, facts, grow, h, named, spaced, span, tag } from "./parts.js";
import { ladder } from "./ladder.js";
import { words } from "./calls.js";

export async function page(main, _me, run, id) {
  const call = await read(`/calls/${encodeURIComponent(run)}/${encodeURIComponent(id)}`), row = call.row;
  const link = (to, text) => (to ? h("a", { class: "button", href: `/calls/${run}/${encodeURIComponent(to)}` }, text) : null);
  const why = `/explain?${new URLSearchParams({ ds: "served", from: row.calling, dial: row.dialed, ...(call.placed ? { at: call.placed } : {}) })}`;
  const details = h("div", {}, h("p", { class: "soft in" }, "Choose a message and its parameters are listed here.")), holder = h("div", {});
  let hops = false, times = "delta";
  const choose = (message) => details.replaceChildren(h("div", { class: "in stack" }, h("p", {}, tag(message.protocol, "on"), ` ${message.source} → ${message.destination}, ${span(message.at)} after the call was placed${message.lost ? ", lost" : ""}`), message.fields && message.fields.length ? facts(message.fields) : h("p", { class: "soft" }, "No parameters."), decided(message)));
  function decided(message) {
    const at = ["AnalyzeRoute", "ForwardCall", "SendToResource"].some((name) => message.name.startsWith(name)) ? call.messages.filter((one) => one.protocol === "AIN" && /^(AnalyzeRoute|ForwardCall|SendToResource)/.test(one.name) && one.at <= message.at && one.source === message.source).length - 1 : -1;
    return at >= 0 && call.legs[at] ? h("p", {}, "Decided by ", h("a", { href: `#leg${at + 1}` }, `leg ${at + 1}`), ".") : null;
  }
  const draw = () => holder.replaceChildren(ladder(call, { hops, times, choose }));
  const seg = (label, options, now, set) => h("div", { class: "seg", role: "group", "aria-label": label }, options.map(([key, name]) => h("button", { type: "button", "aria-pressed": String(key === now()), onclick: (event) => { set(key); for (const one of event.target.parentElement.children) one.setAttribute("aria-pressed", String(one === event.target)); draw(); } }, name)));
  addEventListener("keydown", (event) => { if (event.target.matches("input, textarea, select")) return; const to = { "[": call.before, "]": call.after }[event.key]; if (to) location.href = `/calls/${run}/${encodeURIComponent(to)}`; });
  main.append(head(`Call ${row.id}`, tag(words(row.status), row.ok === false ? "bad" : row.ok ? "ok" : ""), h("span", { class: "soft mono" }, `${spaced(row.calling)} dialed ${row.dialed}`), grow(), h("a", { class: "button", href: why }, "Why?"), link(call.before, "‹ Previous"), link(call.after, "Next ›")),
    call.failures.length ? h("div", { class: "fault" }, h("ul", {}, call.failures.map((one) => h("li", {}, one)))) : "",
    h("div", { class: "callview" }, h("div", { class: "stack" }, ...call.legs.map((leg, at) => decision(leg, at))),
      h("div", { class: "stack" }, card("Ladder", `${call.messages.length} messages`, [seg("Hops", [[false, "Joined"], [true, "Every hop"]], () => hops, (key) => { hops = key; }), seg("Times", [["delta", "Between"], ["start", "Since start"]], () => times, (key) => { times = key; })], holder)),
      h("div", { class: "stack" }, card("Message", "", null, details))),
    h("div", { class: "grid" }, record("AMA record", call.ama), record("SMDR record", call.smdr), call.talk_path.length ? h("div", { class: "c4" }, card("Talk path", "", null, h("p", { class: "in" }, call.talk_path.join(" → ")))) : null),
    terminal(`ain run SCENARIO --ladder --call ${row.id}`, `/calls/${run}/${encodeURIComponent(id)}`, true));
  draw();
}
function decision(leg, at) {
  const answer = leg.response, told = [["answer", answer.type === "ANALYZE_ROUTE" ? "AnalyzeRoute" : "SendToResource"], ["announcement", answer.announcement && words(answer.announcement)], ["called party", answer.called_party_id && spaced(answer.called_party_id)], ["call type code", leg.ctc || null], ["route", leg.route.kind], ["trunk groups", answer.trunk_groups.join(", ")], ["carriers", answer.carriers.join(", ")], ["AMAslpID", answer.ama_slp_id]].filter(([, value]) => value);
  return h("section", { class: "card", id: `leg${at + 1}` }, h("header", {}, h("h2", {}, `Decision, leg ${at + 1}`)), h("div", { class: "in stack" }, facts(told), h("ol", { class: "steps" }, leg.steps.filter((step) => step.found || step.row).map((step) => h("li", {}, h("span", { class: "no" }, step.step), h("div", {}, h("div", { class: "a" }, step.found), step.row ? h("span", { class: "row-link" }, step.row) : null))))));
}
function record(title, found) {
  if (!found) return null;
  const pairs = named(found);
  return h("div", { class: "c4" }, card(title, "", null, h("div", { class: "in" }, pairs.length ? facts(pairs) : h("p", { class: "soft" }, "none"))));
}
