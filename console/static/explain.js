// One call explained: any input is changed in place, every state is an address; what would decide it otherwise stands at its step.
import { faultBox, head, params, read, short, terminal } from "./main.js";
import { card, h, region, tag } from "./parts.js";
import { decisionGraph } from "./graph.js";

const FIELDS = [["from", "From", "station or trunk group pilot"], ["dial", "Dialed", "access code, then the digits"], ["at", "At", "local time of the call"]];
const SERVICES = ["LNP", "TOLLFREE", "TERMINATING"];
const BEARERS = ["SPEECH", "AUDIO_3K1", "FAX", "MODEM_56", "RDI_56", "UDI_64"];

export async function page(main, me) {
  const asked = Object.fromEntries(params());
  asked.at ||= "2001-01-17T10:00:00";
  const result = h("div", { class: "c9 stack", "aria-live": "polite" }), lately = h("div", {}), say = h("span", { class: "soft" });
  const inputs = Object.fromEntries(FIELDS.map(([key]) => [key, h("input", { name: key, id: key, class: "mono", value: asked[key] || "", autocomplete: "off", spellcheck: "false" })]));
  const code = h("input", { name: "access_code", id: "access_code", class: "mono", value: asked.access_code || "", autocomplete: "off" });
  const group = h("input", { name: "trunk_group", id: "trunk_group", class: "mono", value: asked.trunk_group || "", autocomplete: "off" });
  const bearer = h("select", { name: "bearer", id: "bearer" }, BEARERS.map((one) => h("option", { value: one, selected: one === (asked.bearer || "SPEECH") }, one.replaceAll("_", " "))));
  const service = h("select", { name: "service", id: "service" }, ["", ...SERVICES].map((one) => h("option", { value: one, selected: one === (asked.service || "") }, one || "dialing plan")));
  if (asked.service) inputs.dial.value = asked.called || "";
  const ds = h("select", { name: "ds", id: "ds" }, [["served", "in use by the SCP"], ["working", "on disk now"]].map(([value, text]) => h("option", { value, selected: value === (asked.ds || "served") }, text)));
  if (asked.ds && !["served", "working"].includes(asked.ds)) ds.append(h("option", { value: asked.ds, selected: true }, short(asked.ds)));
  const form = h("form", { class: "in form", onsubmit: (event) => { event.preventDefault(); ask(true); } },
    FIELDS.map(([key, name, help]) => h("label", { class: "field", for: key }, name, inputs[key], h("small", {}, help))),
    h("label", { class: "field", for: "access_code" }, "Access code", code, h("small", {}, "only when “Dialed” holds the digits after it")),
    h("label", { class: "field", for: "bearer" }, "Bearer", bearer), h("label", { class: "field", for: "trunk_group" }, "Trunk group", group), h("label", { class: "field", for: "service" }, "Service", service, h("small", {}, "of another one “Dialed” is the called number")), h("label", { class: "field", for: "ds" }, "Tables", ds), h("div", {}, h("button", { class: "main", type: "submit" }, "Explain")));
  form.addEventListener("change", () => { if ((inputs.from.value || service.value) && inputs.dial.value) ask(true); });
  main.append(head("Explain a call", say), h("div", { class: "grid asked" }, h("div", { class: "c3 stack" }, card("Call", "", null, form), card("Lately", "", null, lately)), result));
  addEventListener("popstate", () => location.reload());
  drawLately();

  function values() {
    if (service.value) return new URLSearchParams(Object.entries({ ds: ds.value, service: service.value, from: inputs.from.value, called: inputs.dial.value, at: inputs.at.value }).filter(([, value]) => value));
    const all = { ...(asked.called ? { called: asked.called, original_called: asked.original_called, original_non: asked.original_non } : {}), ds: ds.value, from: inputs.from.value, dial: inputs.dial.value, at: inputs.at.value, access_code: code.value, trunk_group: group.value, bearer: bearer.value === "SPEECH" ? "" : bearer.value };
    return new URLSearchParams(Object.entries(all).filter(([, value]) => value));
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
    say.replaceChildren(`${me.dataset} `, h("code", {}, short(found.digest)));
    note(query, found.legs[0].outcome);
    const first = found.legs[0], shown = h("div", { class: "stack" });
    const choose = (at) => shown.replaceChildren(body(found, at));
    const seg = found.legs.length > 1 ? h("div", { class: "seg", role: "group", "aria-label": "Query" }, found.legs.map((leg, at) => h("button", { type: "button", "aria-pressed": String(at === 0), onclick: (event) => { for (const one of event.target.parentElement.children) one.setAttribute("aria-pressed", String(one === event.target)); choose(at); } }, leg.name))) : null;
    result.replaceChildren(h("section", { class: "card" }, h("div", { class: "in stack" }, h("p", { class: "answer" }, first.sentence), h("p", { class: "tools" }, first.tags.map(([text, tone]) => [tag(text, tone), " "])), found.legs[1] ? h("p", {}, found.legs[1].sentence) : null, seg)), shown, terminal(found.command, `/explain?${query}`, found.legs.some((one) => one.graph)));
    choose(0);
  }
  function body(found, at) {
    const leg = found.legs[at];
    return h("div", { class: "pair" }, card("Why", "step, finding, row", null, h("div", { class: "in" }, h("ol", { class: "steps" }, leg.steps.map((step) => stepItem(step, leg, found.digest))))),
      h("div", { class: "stack" }, leg.graph ? card("Routing, as provisioned", "the way taken is drawn bold", null, region("Routing logic", decisionGraph(leg.graph))) : null,
        leg.facilities.length ? card("Facilities, in the order tried", "", null, h("div", { class: "in" }, h("ol", {}, leg.facilities.map(([kind, id]) => h("li", {}, `${kind} `, h("code", {}, id)))))) : null));
  }
  function stepItem(step, leg, digest) {
    const cells = step.step === "s1010" && leg.cells ? h("div", { class: "cells", role: "img", "aria-label": `Call type ${leg.ctc} by privilege class: ${[...leg.cells].map((one, at) => `${at + 1} ${one}`).join(", ")}` }, h("b", {}, `CTC ${leg.ctc}`), [...leg.cells].map((letter, at) => h("span", { class: `${letter === "Y" ? "y" : "n"}${leg.privilege_class === at + 1 ? " now" : ""}`, "aria-hidden": "true" }, `${at + 1} ${letter}`))) : null;
    return h("li", { class: step.otherwise ? "turn" : null }, h("span", { class: "no" }, step.step), h("div", {}, h("div", { class: "q" }, step.asks), step.found ? h("div", { class: "a" }, step.found) : null, step.row ? rowLink(step.row, digest) : null, cells,
      step.otherwise ? h("div", { class: "other" }, step.otherwise.map((one) => (one.ask ? h("a", { class: "what", href: `/explain?${new URLSearchParams(one.ask)}`, onclick: (event) => follow(event, one.ask) }, `↪ ${one.text}`) : h("span", { class: "what" }, `↪ ${one.text}`)))) : null));
  }
  function follow(event, ask1) {
    event.preventDefault();
    for (const [key, input] of [...Object.entries(inputs), ["access_code", code], ["trunk_group", group]]) input.value = ask1[key] || "";
    if (ask1.service) inputs.dial.value = ask1.called;
    ask(true);
  }
  function note(query, outcome) {
    const kept = JSON.parse(sessionStorage.getItem("lately") || "[]").filter(([one]) => one !== String(query));
    sessionStorage.setItem("lately", JSON.stringify([[String(query), outcome], ...kept].slice(0, 6))); drawLately();
  }
  function drawLately() {
    const kept = JSON.parse(sessionStorage.getItem("lately") || "[]");
    lately.replaceChildren(h("div", { class: "in stack" }, kept.length ? kept.map(([query, outcome]) => { const one = new URLSearchParams(query); return h("p", {}, h("a", { class: "row-link", href: `/explain?${query}` }, `${one.get("from") || ""} ${one.get("access_code") || ""} ${one.get("dial") || one.get("original_called") || one.get("called") || ""}`), " ", tag(outcome.replaceAll("_", " ").toLowerCase())); }) : h("p", { class: "soft" }, "Calls explained in this window.")));
  }
  if (asked.called || (asked.from && asked.dial)) await ask(false);
  else result.append(h("div", { class: "card empty" }, "Give a caller and what is dialed, for instance ", h("a", { href: "/explain?from=9258341237&dial=9+12127770100" }, "925-834-1237 dialing 9 1-212-777-0100"), "."));
}
export function rowLink(row, digest) {
  const at = row.lastIndexOf(":"), file = row.slice(0, at), line = Number(row.slice(at + 1));
  return /^\d+$/.test(row.slice(at + 1)) ? h("a", { class: "row-link", href: `/data/table?${new URLSearchParams({ name: file, ds: digest || "", row: line })}` }, row) : h("span", { class: "row-link" }, row);
}
