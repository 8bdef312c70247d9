// The live network: a frame a second by an event stream; a call is chosen and its ladder drawn as it happens.
import { act, callAt, head, holdButton, read, seg, showStates, terminal, tried } from "./main.js";
import { anchor, card, chart, empty, grow, h, lower, mono, number, region, s, soft, spaced, spark, stack, submit, tableOf, tag } from "./parts.js";
import { ladder } from "./ladder.js";
import { rowsList } from "./rows.js";
import { topologyPicture } from "./topology.js";

const KEPT = 180;
const state = { kind: "both", node: null, call: null, hold: false, frame: null, history: [], asked: "" };
const places = {};

export async function page(main, me) {
  state.udp = me.scps.map((one) => one.udp).find(Boolean);
  for (const [name, classes] of [["kpis", "c12"], ["net", ""], ["time", "in"], ["outcome", "in"], ["groups", "in"], ["control", "in"], ["calls", ""], ["ladder", ""], ["seen", ""], ["note", ""]]) places[name] = h("div", { class: classes });
  const age = h("span.tag.on", { "aria-live": "off" }, h("i.dot", { "aria-hidden": "true" }), "waiting for a frame");
  const wires = seg("Links shown", [["both", "Both"], ["sig", "Signalling"], ["trunk", "Trunks"]], state.kind, (key) => { state.kind = key; draw(); });
  places.callsNote = h("span"); places.ladderHead = h("header"); places.runNote = soft(); places.sampled = h("span", "queries a second");
  main.append(head("Live network", age, places.runNote, grow(), me.may.run ? runForm(me) : null, holdButton((held) => { state.hold = held; })),
    places.note,
    h("div.grid", places.kpis,
      h("div.c8", card("Topology", "messages in the last second; the bar shows circuits held", wires, region("Topology", places.net))),
      h("div.c4.stack", card("Answer time", "of the SCP", null, places.time), card("Outcomes", places.sampled, null, places.outcome)),
      h("div.c6", card("Calls", places.callsNote, anchor("/calls", "all calls"), places.calls)),
      h("div.c6.stack", card("Trunk groups", "circuits held", null, places.groups), card("Load control", "", null, places.control)),
      h("section.card.c12", places.ladderHead, places.ladder),
      h("div.c12", card("Messages of the SCP", "sampled by its tap", anchor("/messages", "all messages"), places.seen))),
    terminal("ain run SCENARIO --ladder --speed 60", "/live", true));
  for (const frame of await read("/live/history")) take(frame, false);
  if (!state.history.length) take(await read("/live"), false);
  draw();
  listen(age);
}

function runForm(me) {
  if (!me.scenarios.length) return null;
  const scenario = h("select", { "aria-label": "Scenario" }, me.scenarios.map((one) => h("option", { value: one }, one)));
  const speed = h("select", { "aria-label": "Speed" }, [["1", "real time"], ["60", "60 times as fast"], ["600", "600 times as fast"], ["max", "as fast as possible"]].map(([value, text]) => h("option", { value, selected: value === "60" }, text)));
  return h("form.tools", { onsubmit: () => tried(places.note, async () => { const run = await act("/runs", { scenario: scenario.value, speed: speed.value }); state.call = null; places.note.replaceChildren(h("p.note", { role: "status" }, `Run ${run.id} has begun.`)); }) }, scenario, speed, submit("Start a run"));
}

function listen(age) {
  let lost = null;
  const source = new EventSource("/api/live/events");
  source.addEventListener("frame", (event) => {
    lost = null;
    if (state.hold || document.hidden) return;
    take(JSON.parse(event.data), true); draw();
    age.className = "tag on"; age.lastChild.textContent = `frame ${state.frame.seq}, ${state.frame.at.slice(11, 19)} UTC`;
  });
  source.onerror = () => {
    lost ||= new Date().toISOString().slice(11, 19);
    age.className = "tag bad"; age.lastChild.textContent = `connection lost since ${lost} UTC`;
  };
}

function take(frame, now) {
  state.frame = frame;
  const scp = frame.scp[0] || {};
  state.history.push({ rate: sum(frame.scp, "rate"), p50: (scp.p50_us || 0) / 1000, p99: (scp.p99_us || 0) / 1000, calls: frame.run ? frame.run.in_progress : 0, refused: refusedOf(frame), shed: sum(frame.scp, "shed"), outcomes: merged(frame.scp) });
  if (state.history.length > KEPT) state.history.shift();
  if (now) showStates(Object.fromEntries(frame.scp.map((one) => [one.name, one.state])));
}
function sum(list, key) { return list.reduce((total, one) => total + (one[key] || 0), 0); }
function merged(list) { const all = {}; for (const one of list) for (const [name, value] of Object.entries(one.decisions || one.outcomes || {})) all[name] = (all[name] || 0) + value; return all; }
function refusedOf(frame) { return Object.entries(merged(frame.scp)).filter(([name]) => /ANNOUNCEMENT|ERROR|SCREENED|BLOCKED|VACANT|UNKNOWN|RTL_UN|RTL_NO|RTL_IN/.test(name)).reduce((total, [, value]) => total + value, 0); }

function draw() {
  const { frame } = state, past = state.history, last = past.at(-1);
  if (!frame) return;
  const known = frame.scp.some((one) => one.rate !== undefined), rate = (key) => (known ? number(Math.round(last[key])) : "–"), time = (key) => (last[key] ? last[key].toFixed(2) : "–");
  const list = [["queries answered", rate("rate"), "/s", "rate", "l1"], ["answer time p50", time("p50"), "ms", "p50", "l4"], ["answer time p99", time("p99"), "ms", "p99", "l2"],
    ["calls in progress", number(last.calls), "", "calls", "l1"], ["refused by decision", rate("refused"), "/s", "refused", "l3"], ["shed by load control", rate("shed"), "/s", "shed", "l4"]];
  places.kpis.replaceChildren(h("dl.card.kpis", list.map(([name, value, unit, key, mark]) => h("div.kpi", h("dt", name), h("dd", value, value !== "–" && unit ? h("small", unit) : null, spark(past.map((one) => one[key]), mark))))));
  places.time.replaceChildren(!past.some((one) => one.p50) ? empty("No answer was timed yet.") : chart({ label: "Answer time of the last minutes", unit: "ms", height: 142, series: [{ name: "p50", line: "l4", values: past.map((one) => one.p50) }, { name: "p99", line: "l2", values: past.map((one) => one.p99) }] }));
  const names = [...new Set(past.flatMap((one) => Object.keys(one.outcomes)))].slice(0, 5);
  places.outcome.replaceChildren(names.length ? chart({ label: "Queries a second by outcome", height: 142, stacked: true, series: names.map((name, at) => ({ name: lower(name), fill: `f${at + 1}`, values: past.map((one) => one.outcomes[name] || 0) })) })
    : empty("No query yet: a run asks an SCP of its own. A switch, ain bench --target or ain lnp may ask this one."));
  const parts = frame.scp.map((one) => one.shares && one.sampled).filter(Boolean), taken = parts.reduce((total, one) => total + one.taken, 0), of = parts.reduce((total, one) => total + one.of, 0);
  places.sampled.textContent = of > taken ? `queries a second, from ${number(taken)} of ${number(of)} sampled` : "queries a second";
  drawSeen(frame); drawControl(frame); drawRun(frame.run, frame.topology);
}

function drawSeen(frame) {
  const rows = frame.seen || [];
  if (!rows.length) { if (!places.seen.childElementCount) places.seen.replaceChildren(empty("No message was sampled yet. What a server with --tap PATH is asked and answers stands here, such as that of ", h("code", `ain bench DATASET --target udp://${state.udp || "HOST:PORT"} --rate 50`))); return; }
  places.seen.replaceChildren(tableOf("Messages sampled", ["At (UTC)", "SCP", "Query", "From", "To", "Outcome"], rows.slice(0, 8).map((row) => [mono(anchor(`/messages/${encodeURIComponent(row.scp)}/${row.id}`, row.at.slice(11, 23))), row.scp, row.operation, mono(spaced(row.calling)), mono(row.called), tag(lower(row.outcome), row.refused ? "warn" : "")])));
}

function drawControl(frame) {
  places.control.replaceChildren(stack(frame.scp.map((one) => h("p", tag(one.level ? `level ${one.level}` : one.level === 0 ? "level 0" : one.state, one.level ? "warn" : one.level === 0 ? "ok" : ""), ` ${one.name}: `,
    one.level === undefined ? "no figures" : one.level ? "load control sheds queries" : "nothing is shed", one.in_flight !== undefined ? `, ${one.in_flight} in flight` : "", one.age_s > 3 ? `, last heard ${one.age_s} s ago` : "", one.discrepancies ? `, ${one.discrepancies} counters do not add up` : "")),
    frame.scp.length ? null : h("p.soft", "No SCP is watched.")));
}

function drawRun(run, picture) {
  if (!run) {
    places.runNote.textContent = "no run yet";
    places.net.replaceChildren(empty("No traffic yet. Start a run above, and the network it uses is drawn here."));
    places.groups.replaceChildren(h("p.soft", "No trunk group is used.")); places.calls.replaceChildren(empty("No calls yet."));
    places.ladderHead.replaceChildren(h("h2", "Ladder")); places.ladder.replaceChildren(empty("Choose a call and its messages are drawn here as they happen."));
    return;
  }
  places.runNote.textContent = `${run.title}, ${run.state}${run.at ? `, simulated ${run.at.replace("T", " ")}` : ""}${run.speed === "max" ? "" : `, speed ${run.speed}`}`;
  const loads = new Map(run.links.map(([one, other, count, lost]) => [`${one}\n${other}`, [count, lost]])), held = new Map();
  for (const [, near, , circuits, taken] of run.groups) { const before = held.get(near) || 0; held.set(near, Math.max(before, circuits ? taken / circuits : 0)); }
  const focus = document.activeElement?.closest?.(".node")?.getAttribute("aria-label");
  if (picture) places.net.replaceChildren(topologyPicture(picture, { loads, held, kind: state.kind, chosen: state.node, choose: (name) => { state.node = name; draw(); } }));
  if (focus) [...places.net.querySelectorAll(".node")].find((one) => one.getAttribute("aria-label").startsWith(focus.split(",")[0]))?.focus();
  const small = run.groups.filter(([, , , circuits]) => circuits <= 100);
  places.groups.replaceChildren(small.length ? h("dl.circuits", small.slice(0, 8).map(([id, near, far, count, taken]) => [h("dt.mono", { title: `${near} to ${far}` }, id), h("dd", s("svg", { viewBox: `0 0 ${count * 10} 16`, preserveAspectRatio: "none", role: "img", "aria-label": `${id}: ${taken} of ${count} circuits held` },
    Array.from({ length: count }, (_, at) => s("rect", { x: at * 10 + 1, y: 1, width: 8, height: 14, rx: 2, class: at < taken ? (taken === count ? "f3" : taken / count > 0.75 ? "f2" : "f1") : "f0", opacity: at < taken ? 1 : 0.35 })))), h("dd.num", taken === count ? tag("full", "bad") : `${taken}/${count}`)])) : h("p.soft", "No private trunk group is used yet."));
  drawCalls(run);
}

function drawCalls(run) {
  const calls = run.calls;
  places.callsNote.textContent = `${number(calls.length)} shown of ${number(run.seen)}`;
  if (!calls.length) { places.calls.replaceChildren(run.seen ? empty("The run has ended: ", anchor(`/calls?run=${run.id}`, `its ${number(run.seen)} calls`)) : empty("No calls yet.")); }
  else {
    if (!state.call || !calls.some(([id]) => id === state.call)) state.call = calls[0][0];
    const scrolled = places.calls.querySelector(".vbody")?.scrollTop || 0, focused = places.calls.contains(document.activeElement);
    places.calls.replaceChildren(rowsList({ count: calls.length, most: 352, label: "Calls of this run", columns: "76px 106px minmax(110px,1fr) 92px", names: ["Call", "From", "Dialed", "State"], mono: [0, 1, 2], at: calls.findIndex(([id]) => id === state.call),
      cells: (at) => { const [id, calling, dialed, what] = calls[at]; return [id, spaced(calling), dialed, what]; },
      choose: (at) => { state.call = calls[at][0]; state.asked = ""; followed(run); } }));
    const body = places.calls.querySelector(".vbody"); body.scrollTop = scrolled; if (focused) body.focus({ preventScroll: true });
  }
  followed(run);
}

async function followed(run) {
  const row = run.calls.find(([id]) => id === state.call);
  if (!row) return;
  const key = `${run.id} ${state.call} ${row[4]} ${run.state}`;
  if (key === state.asked) return;
  state.asked = key;
  await tried(places.ladder, async () => {
    const call = await read(callAt(run.id, state.call)), keptTop = places.ladder.querySelector(".ladder")?.scrollTop || 0;
    places.ladderHead.replaceChildren(h("h2", `Call ${call.row.id}`), tag(call.row.status), h("span.soft.mono", `${spaced(call.row.calling)} dialed ${call.row.dialed}`), grow(),
      h("a.button", { href: callAt(run.id, call.row.id) }, "Open"), h("a.button", { href: `/explain?from=${call.row.calling}&dial=${encodeURIComponent(call.row.dialed)}` }, "Why?"));
    places.ladder.replaceChildren(ladder(call)); places.ladder.querySelector(".ladder").scrollTop = keptTop;
  });
}
