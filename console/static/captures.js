// Captures: drop a file, see its operations and calls, the ladder of one, and what a replay against the data set says.
import { act, faultBox, head, put, read, terminal } from "./main.js";
import { card, facts, grow, h, number, tableOf, tag, td } from "./parts.js";
import { ladder } from "./ladder.js";

const TONES = { done: "ok", running: "on", failed: "bad" };

export async function page(main, me, sha, call) { await (call ? one(main, sha, call) : sha ? view(main, me, sha) : all(main, me)); }

async function all(main, me) {
  const found = await read("/captures"), note = h("div", {});
  const file = h("input", { type: "file", "aria-label": "Capture file", accept: ".pcap,.pcapng,.trace,.cap" });
  const send = h("button", { class: "main", type: "submit" }, "Upload");
  const form = h("form", { class: "in tools", onsubmit: async (event) => {
    event.preventDefault();
    if (!file.files.length) return;
    send.disabled = true;
    try { const made = await put(`/uploads?label=${encodeURIComponent(file.files[0].name)}`, file.files[0]); location.href = `/captures/${made.sha}`; }
    catch (fault) { note.replaceChildren(faultBox(fault)); send.disabled = false; }
  } }, file, send);
  main.append(head("Captures"), h("div", { class: "stack" }, note, me.may.run ? card("Upload a capture", "pcap, pcapng or a trace of ain run, 64 MiB at most", null, form) : "",
    card("Captures", "", null, found.rows.length ? tableOf("Captures", ["Name", "Octets", "By", "At (UTC)", "Replay"], found.rows.map((row) => h("tr", {}, td(h("a", { href: `/captures/${row.sha}` }, row.label)), h("td", { class: "num" }, number(row.octets)), td(row.by), td(row.at.slice(0, 19).replace("T", " ")), td(row.state === "none" ? "" : tag(row.state, TONES[row.state])))))
      : h("p", { class: "empty" }, "No capture yet. Upload one, or make one with ain run SCENARIO --pcap FILE, tcpdump or Wireshark."))), terminal("ain decode FILE --stats", "/captures"));
}

async function view(main, me, sha) {
  const found = await read(`/captures/${sha}`), up = found.upload, stats = found.statistics, note = h("div", {});
  const again = async (work) => { try { await work(); } catch (fault) { note.replaceChildren(faultBox(fault)); } };
  const local = h("input", { type: "checkbox" });
  const order = me.may.run ? [h("label", { class: "tools" }, local, "times are local, as ain run writes them"), h("button", { class: "main", type: "button", disabled: up.state === "running", onclick: () => again(async () => { await act(`/captures/${sha}/replay`, { local_times: local.checked }); wait(sha); note.replaceChildren(h("p", { class: "note", role: "status" }, "The replay goes on.")); }) }, "Replay against the data set"),
    h("button", { type: "button", onclick: () => again(async () => { await act(`/captures/${sha}`, {}, "DELETE"); location.href = "/captures"; }) }, "Delete")] : null;
  main.append(head(up.label, h("span", { class: "soft mono" }, sha.slice(0, 12)), grow(), order), h("div", { class: "stack" }, note,
    h("div", { class: "grid" }, h("div", { class: "c6" }, card("Messages", "", null, h("div", { class: "in" }, facts([["dialogues", number(stats.dialogues)], ["messages", number(stats.messages)], ["repeats", number(stats.repeats)], ["relayed copies", number(stats.relayed)], ["unanswered", number(stats.unanswered)], ...Object.entries(stats.outcomes).map(([name, many]) => [name, number(many)])])))),
      h("div", { class: "c6" }, card("Operations and response times", "", null, tableOf("Operations", ["Operation", "Messages", "Median ms", "Longest ms"], Object.entries(stats.operations).map(([name, many]) => { const times = stats.by_operation[name]; return h("tr", {}, td(name), h("td", { class: "num" }, number(many)), h("td", { class: "num" }, times ? (times.percentiles[0][1] / 1e6).toFixed(3) : ""), h("td", { class: "num" }, times ? (times.maximum / 1e6).toFixed(3) : "")); }))))),
    replayed(up),
    card("Calls", found.count > found.rows.length ? `${number(found.rows.length)} of ${number(found.count)} shown` : number(found.count), null, found.rows.length ? tableOf("Calls", ["Call", "Numbers", "Messages", "Outcome"], found.rows.slice(0, 500).map((row) => h("tr", {}, td(h("a", { href: `/captures/${sha}/${row.number}` }, row.call)), h("td", { class: "mono" }, row.first), h("td", { class: "num" }, row.messages), td(row.outcome)))) : h("p", { class: "empty" }, "No call in it."))),
    terminal(found.command, `/captures/${sha}`));
  if (up.state === "running") wait(sha);
}
function wait(sha) { setTimeout(async () => { const found = await read("/captures").catch(() => null), row = found && found.rows.find((one) => one.sha === sha); if (row && row.state !== "running") location.reload(); else wait(sha); }, 1000); }
function replayed(up) {
  if (up.state === "none") return "";
  if (up.state !== "done") return card("Replay", "", tag(up.state, TONES[up.state]), h("p", { class: "in" }, up.why || "Every query is asked again."));
  const report = up.replay.report, same = report.different + report.missing + report.extra === 0;
  return card("Replay", up.replay.dataset, tag(same ? "every answer is equal" : `${number(up.replay.count)} answers differ`, same ? "ok" : "bad"), h("div", { class: "in stack" }, facts([["queries", report.queries], ["equal", report.equal], ["different", report.different], ["missing", report.missing], ["extra", report.extra], ["unanswered in the capture", report.unanswered], ["not asked", report.skipped]].map(([name, many]) => [name, number(many)])),
    up.replay.differences.length ? tableOf("Differences", ["Packet", "Calling", "Operation", "Captured", "Now"], up.replay.differences.map((one) => h("tr", {}, h("td", { class: "num" }, one.packet), h("td", { class: "mono" }, one.calling), td(one.operation), td(one.expected || "none"), td(one.got || "none")))) : null));
}

async function one(main, sha, number_) {
  const found = await read(`/captures/${sha}/${number_}`), details = h("div", {}, h("p", { class: "soft in" }, "Choose a message and its parameters are listed here."));
  const choose = (message) => details.replaceChildren(h("div", { class: "in stack" }, h("p", {}, tag(message.protocol, "on"), ` ${message.source} → ${message.destination}`), message.fields.length ? facts(message.fields) : h("p", { class: "soft" }, "No parameters.")));
  main.append(head(`Call ${found.call}`, tag(found.outcome), grow(), h("a", { class: "button", href: `/captures/${sha}` }, "The capture")),
    h("div", { class: "grid" }, h("div", { class: "c8" }, card("Ladder", `${found.messages.length} messages`, null, found.messages.length ? ladder(found, { choose }) : h("p", { class: "empty" }, "No message."))), h("div", { class: "c4" }, card("Message", "", null, details))),
    terminal(found.command, `/captures/${sha}/${number_}`, true));
}
