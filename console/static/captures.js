// Captures: drop a file, see its operations and calls, the ladder of one, and what a replay against the data set says.
import { act, button, head, put, read, reloadWhen, terminal, tried, when } from "./main.js";
import { anchor, card, empty, facts, grow, h, inset, listed, mono, num, number, stack, submit, tableOf, tag } from "./parts.js";
import { ladder } from "./ladder.js";
import { opened } from "./call.js";

const TONES = { done: "ok", running: "on", failed: "bad" };

export async function page(main, me, sha, call) { await (call ? one(main, sha, call) : sha ? view(main, me, sha) : all(main, me)); }

async function all(main, me) {
  const found = await read("/captures"), note = h("div");
  const file = h("input", { type: "file", "aria-label": "Capture file", accept: ".pcap,.pcapng,.trace,.cap" });
  const send = submit("Upload");
  const form = h("form.in.tools", { onsubmit: async () => {
    if (!file.files.length) return;
    send.disabled = true;
    await tried(note, async () => { location.href = `/captures/${(await put(`/uploads?label=${encodeURIComponent(file.files[0].name)}`, file.files[0])).sha}`; });
    send.disabled = false;
  } }, file, send);
  main.append(head("Captures"), stack(note, me.may.run ? card("Upload a capture", "pcap, pcapng or a trace of ain run, 64 MiB at most", null, form) : "",
    listed("Captures", "", ["Name", "Octets", "By", "At (UTC)", "Replay"], found.rows.map((row) => [anchor(`/captures/${row.sha}`, row.label), num(row.octets), row.by, when(row.at), row.state === "none" ? "" : tag(row.state, TONES[row.state])]), "No capture yet. Upload one, or make one with ain run SCENARIO --pcap FILE, tcpdump or Wireshark.")), terminal("ain decode FILE --stats", "/captures"));
}

async function view(main, me, sha) {
  const found = await read(`/captures/${sha}`), up = found.upload, stats = found.statistics, note = h("div");
  const local = h("input", { type: "checkbox" });
  const order = me.may.run ? [h("label.tools", local, "times are local, as ain run writes them"), button("Replay against the data set", () => tried(note, async () => { await act(`/captures/${sha}/replay`, { local_times: local.checked }); wait(sha); note.replaceChildren(h("p.note", { role: "status" }, "The replay goes on.")); }), { class: "main", disabled: up.state === "running" }),
    button("Delete", () => tried(note, async () => { await act(`/captures/${sha}`, {}, "DELETE"); location.href = "/captures"; }))] : null;
  main.append(head(up.label, h("span.soft.mono", sha.slice(0, 12)), grow(), order), stack(note,
    h("div.grid", h("div.c6", card("Messages", "", null, h("div.in", facts([["dialogues", number(stats.dialogues)], ["messages", number(stats.messages)], ["repeats", number(stats.repeats)], ["relayed copies", number(stats.relayed)], ["unanswered", number(stats.unanswered)], ...Object.entries(stats.outcomes).map(([name, many]) => [name, number(many)])])))),
      h("div.c6", card("Operations and response times", "", null, tableOf("Operations", ["Operation", "Messages", "Median ms", "Longest ms"], Object.entries(stats.operations).map(([name, many]) => { const times = stats.by_operation[name]; return [name, num(many), num(times ? (times.percentiles[0][1] / 1e6).toFixed(3) : ""), num(times ? (times.maximum / 1e6).toFixed(3) : "")]; }))))),
    replayed(up),
    listed("Calls", found.count > found.rows.length ? `${number(found.rows.length)} of ${number(found.count)} shown` : number(found.count), ["Call", "Numbers", "Messages", "Outcome"], found.rows.slice(0, 500).map((row) => [anchor(`/captures/${sha}/${row.number}`, row.call), mono(row.first), num(row.messages), row.outcome]), "No call in it.")),
    terminal(found.command, `/captures/${sha}`));
  if (up.state === "running") wait(sha);
}
function wait(sha) { reloadWhen("/captures", (found) => found.rows.some((one) => one.sha === sha && one.state !== "running")); }
function replayed(up) {
  if (up.state === "none") return "";
  if (up.state !== "done") return card("Replay", "", tag(up.state, TONES[up.state]), h("p.in", up.why || "Every query is asked again."));
  const report = up.replay.report, same = report.different + report.missing + report.extra === 0;
  return card("Replay", up.replay.dataset, tag(same ? "every answer is equal" : `${number(up.replay.count)} answers differ`, same ? "ok" : "bad"), inset(facts([["queries", report.queries], ["equal", report.equal], ["different", report.different], ["missing", report.missing], ["extra", report.extra], ["unanswered in the capture", report.unanswered], ["not asked", report.skipped]].map(([name, many]) => [name, number(many)])),
    up.replay.differences.length ? tableOf("Differences", ["Packet", "Calling", "Operation", "Captured", "Now"], up.replay.differences.map((one) => [num(one.packet), mono(one.calling), one.operation, one.expected || "none", one.got || "none"])) : null));
}

async function one(main, sha, number_) {
  const found = await read(`/captures/${sha}/${number_}`), [details, choose] = opened();
  main.append(head(`Call ${found.call}`, tag(found.outcome), grow(), h("a.button", { href: `/captures/${sha}` }, "The capture")),
    h("div.grid", h("div.c8", card("Ladder", `${found.messages.length} messages`, null, found.messages.length ? ladder(found, { choose }) : empty("No message."))), h("div.c4", card("Message", "", null, details))),
    terminal(found.command, `/captures/${sha}/${number_}`, true));
}
