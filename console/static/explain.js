// One call explained: any input is changed in place, every state is an address; what would decide it otherwise stands at its step.
import { faultBox, head, params, read, seg, short, terminal, toQuery } from "./main.js";
import { anchor, card, h, inset, lower, region, soft, stack, submit, tag, words } from "./parts.js";
import { decisionGraph } from "./graph.js";

const FIELDS = [["from", "From", "station or trunk group pilot"], ["dial", "Dialed", "access code, then the digits"], ["at", "At", "local time of the call"], ["access_code", "Access code", "only when “Dialed” holds the digits after it"], ["trunk_group", "Trunk group"]];
const SERVICES = ["LNP", "TOLLFREE", "TERMINATING"];
const BEARERS = ["SPEECH", "AUDIO_3K1", "FAX", "MODEM_56", "RDI_56", "UDI_64"];

export async function page(main, me) {
  const asked = Object.fromEntries(params());
  asked.at ||= "2001-01-17T10:00:00";
  const result = h("div.c9.stack", { "aria-live": "polite" }), lately = h("div"), say = soft();
  const inputs = Object.fromEntries(FIELDS.map(([key]) => [key, h("input.mono", { name: key, id: key, value: asked[key] || "", autocomplete: "off", spellcheck: "false" })]));
  const select = (key, options) => h("select", { name: key, id: key }, options.map(([value, text]) => h("option", { value, selected: value === (asked[key] || options[0][0]) }, text)));
  const bearer = select("bearer", BEARERS.map((one) => [one, words(one)])), service = select("service", [["", "dialing plan"], ...SERVICES.map((one) => [one, one])]), ds = select("ds", [["served", "in use by the SCP"], ["working", "on disk now"]]);
  if (asked.service) inputs.dial.value = asked.called || "";
  if (asked.ds && !["served", "working"].includes(asked.ds)) ds.append(h("option", { value: asked.ds, selected: true }, short(asked.ds)));
  const field = (name, control, help) => h("label.field", { for: control.id }, name, control, help ? h("small", help) : null);
  const form = h("form.in.form", { onsubmit: () => ask(true) }, FIELDS.map(([key, name, help]) => field(name, inputs[key], help)),
    field("Bearer", bearer), field("Service", service, "of another one “Dialed” is the called number"), field("Tables", ds), h("div", submit("Explain")));
  form.addEventListener("change", () => { if ((inputs.from.value || service.value) && inputs.dial.value) ask(true); });
  main.append(head("Explain a call", say), h("div.grid.asked", h("div.c3.stack", card("Call", "", null, form), card("Lately", "", null, lately)), result));
  addEventListener("popstate", () => location.reload());
  drawLately();

  function values() {
    if (service.value) return toQuery({ ds: ds.value, service: service.value, from: inputs.from.value, called: inputs.dial.value, at: inputs.at.value });
    const all = { ...(asked.called ? { called: asked.called, original_called: asked.original_called, original_non: asked.original_non } : {}), ds: ds.value, from: inputs.from.value, dial: inputs.dial.value, at: inputs.at.value, access_code: inputs.access_code.value, trunk_group: inputs.trunk_group.value, bearer: bearer.value === "SPEECH" ? "" : bearer.value };
    return toQuery(all);
  }
  async function ask(pushed) {
    const query = values();
    if (pushed) history.pushState(null, "", `/explain?${query}`);
    result.classList.add("dim");
    try { show(await read(`/explain?${query}`), query); }
    catch (fault) { if (fault.status === 401) return; result.replaceChildren(faultBox(fault)); }
    result.classList.remove("dim");
  }
  function show(found, query) {
    say.replaceChildren(`${me.dataset} `, h("code", short(found.digest)));
    note(query, found.legs[0].outcome);
    const first = found.legs[0], shown = h("div.stack");
    const choose = (at) => shown.replaceChildren(body(found, at));
    const legs = found.legs.length > 1 ? seg("Query", found.legs.map((leg, at) => [at, leg.name]), 0, choose) : null;
    result.replaceChildren(h("section.card", inset(h("p.answer", first.sentence), h("p.tools", first.tags.map(([text, tone]) => [tag(text, tone), " "])), found.legs[1] ? h("p", found.legs[1].sentence) : null, legs)), shown, terminal(found.command, `/explain?${query}`, found.legs.some((one) => one.graph)));
    choose(0);
  }
  function body(found, at) {
    const leg = found.legs[at];
    return h("div.pair", card("Why", "step, finding, row", null, h("div.in", h("ol.steps", leg.steps.map((step) => stepItem(step, leg, found.digest))))),
      stack(leg.graph ? card("Routing, as provisioned", "the way taken is drawn bold", null, region("Routing logic", decisionGraph(leg.graph))) : null,
        leg.facilities.length ? card("Facilities, in the order tried", "", null, h("div.in", h("ol", leg.facilities.map(([kind, id]) => h("li", `${kind} `, h("code", id)))))) : null));
  }
  function stepItem(step, leg, digest) {
    const cells = step.step === "s1010" && leg.cells ? h("div.cells", { role: "img", "aria-label": `Call type ${leg.ctc} by privilege class: ${[...leg.cells].map((one, at) => `${at + 1} ${one}`).join(", ")}` }, h("b", `CTC ${leg.ctc}`), [...leg.cells].map((letter, at) => h("span", { class: `${letter === "Y" ? "y" : "n"}${leg.privilege_class === at + 1 ? " now" : ""}`, "aria-hidden": "true" }, `${at + 1} ${letter}`))) : null;
    return h("li", { class: step.otherwise ? "turn" : null }, h("span.no", step.step), h("div", h("div.q", step.asks), step.found ? h("div.a", step.found) : null, step.row ? rowLink(step.row, digest) : null, cells,
      step.otherwise ? h("div.other", step.otherwise.map((one) => (one.ask ? h("a.what", { href: `/explain?${toQuery(one.ask)}`, onclick: (event) => follow(event, one.ask) }, `↪ ${one.text}`) : h("span.what", `↪ ${one.text}`)))) : null));
  }
  function follow(event, ask1) {
    event.preventDefault();
    for (const [key, input] of Object.entries(inputs)) input.value = ask1[key] || "";
    if (ask1.service) inputs.dial.value = ask1.called;
    ask(true);
  }
  function note(query, outcome) {
    const kept = JSON.parse(sessionStorage.getItem("lately") || "[]").filter(([one]) => one !== String(query));
    sessionStorage.setItem("lately", JSON.stringify([[String(query), outcome], ...kept].slice(0, 6))); drawLately();
  }
  function drawLately() {
    const kept = JSON.parse(sessionStorage.getItem("lately") || "[]");
    lately.replaceChildren(inset(kept.length ? kept.map(([query, outcome]) => { const one = new URLSearchParams(query); return h("p", h("a.row-link", { href: `/explain?${query}` }, `${one.get("from") || ""} ${one.get("access_code") || ""} ${one.get("dial") || one.get("original_called") || one.get("called") || ""}`), " ", tag(lower(outcome))); }) : h("p.soft", "Calls explained in this window.")));
  }
  if (asked.called || (asked.from && asked.dial)) await ask(false);
  else result.append(h("div.card.empty", "Give a caller and what is dialed, for instance ", anchor("/explain?from=9258341237&dial=9+12127770100", "925-834-1237 dialing 9 1-212-777-0100"), "."));
}
export function rowLink(row, digest) {
  const at = row.lastIndexOf(":"), file = row.slice(0, at), line = Number(row.slice(at + 1));
  return /^\d+$/.test(row.slice(at + 1)) ? h("a.row-link", { href: `/data/table?${toQuery({ name: file, ds: digest || "", row: line })}` }, row) : h("span.row-link", row);
}
