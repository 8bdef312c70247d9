// Traffic runs: what was started, how it stands, made to wait or go faster; two of them beside each other.
import { act, button, callAt, head, params, read, terminal, toQuery, tried, when } from "./main.js";
import { anchor, card, empty, h, listed, lower, mono, num, number, stack, tableOf, tag, td } from "./parts.js";

const SPEEDS = ["1", "10", "60", "600", "max"], TONES = { running: "on", failed: "bad", stopped: "warn" }, MOST = 200;

export async function page(main, me) {
  const note = h("div"), holder = h("div"), beside = h("div"), chosen = new Set((params().get("compare") || "").split(",").filter(Boolean));
  let timer = 0;
  async function draw() {
    clearTimeout(timer);
    const found = await read("/traffic");
    holder.replaceChildren(found.rows.length ? tableOf("Runs", ["Compare", "Run", "Scenario", "State", "Calls", "Passed", "Failed", "Speed", "By", "Began", "Order"], found.rows.map(row)) : empty("No run yet. ", anchor("/live", "Start one on the live page"), "."));
    if (found.rows.some((run) => run.state === "running")) timer = setTimeout(again, 1000);
  }
  function again() { if (document.activeElement?.tagName === "SELECT") timer = setTimeout(again, 1000); else draw().catch(() => {}); }
  function row(run) {
    const pick = h("input", { type: "checkbox", checked: chosen.has(run.id), "aria-label": `Compare run ${run.id}`, onchange: () => { if (pick.checked) chosen.add(run.id); else chosen.delete(run.id); while (chosen.size > 2) chosen.delete(chosen.values().next().value); compare(); draw(); } });
    return [pick, anchor(`/calls?run=${run.id}`, run.id), run.title, td(tag(run.paused ? "paused" : run.state === "done" && run.failed ? "done, not as expected" : run.state, run.state === "done" ? (run.failed ? "bad" : "ok") : TONES[run.state]), run.why && run.why !== "stopped" ? ` ${run.why}` : ""),
      num(run.calls), num(run.passed ?? "–"), num(run.failed ?? "–"), num(run.speed), run.by, when(run.began),
      run.state === "running" && me.may.run ? h("div.tools", button(run.paused ? "Go on" : "Pause", () => order(`/runs/${run.id}/pace`, { paused: !run.paused })),
        h("select", { "aria-label": `Speed of run ${run.id}`, onchange: (event) => { event.target.blur(); order(`/runs/${run.id}/pace`, { speed: event.target.value }); } }, [...new Set([run.speed, ...SPEEDS])].map((one) => h("option", { value: one, selected: one === run.speed }, one === "max" ? "max" : `× ${one}`))),
        button("Stop", () => order(`/runs/${run.id}`, {}, "DELETE"))) : null];
  }
  function order(path, body, method) { return tried(note, async () => { await act(path, body, method); await draw(); }); }
  async function compare() {
    history.replaceState(null, "", chosen.size ? `/traffic?compare=${[...chosen].join(",")}` : "/traffic");
    if (chosen.size < 2) { beside.replaceChildren(); return; }
    await tried(beside, async () => {
      const [one, other] = await Promise.all([...chosen].sort().map((run) => read(`/calls?${toQuery({ run })}`)));
      beside.replaceChildren(h("div.stack.after", sums(one, other), calls(one, other)));
    });
  }
  await draw();
  main.append(head("Traffic runs"), note, stack(card("Runs", "the last 50 are kept; choose two to compare them", null, holder), beside), terminal("ain run SCENARIO --json", "/traffic"));
  await compare();
}
function sums(one, other) {
  const names = [...new Set([...Object.keys(one.statuses), ...Object.keys(other.statuses)])];
  return listed("How calls ended", "", ["Status", one.run, other.run, "Difference"], names.map((name) => {
    const [a, b] = [one, other].map((run) => run.statuses[name] || 0);
    return [lower(name), num(a), num(b), num(b === a ? "" : `${b > a ? "+" : "−"}${number(Math.abs(b - a))}`)];
  }));
}
function calls(one, other) {
  const known = new Map(other.rows.map((row) => [row.id, row])), told = (row) => (row ? [lower(row.status), row.route, row.facility, row.flag].filter(Boolean).join(", ") : "not in this run");
  const side = (run, row) => td(row ? h("a", { href: callAt(run, row.id) }, told(row)) : told(row));
  const first = new Set(one.rows.map((row) => row.id));
  const differ = [...one.rows.filter((row) => told(row) !== told(known.get(row.id))).map((row) => [row, known.get(row.id)]), ...other.rows.filter((row) => !first.has(row.id)).map((row) => [undefined, row])];
  return listed("Calls that went otherwise", `${number(differ.length)}${differ.length > MOST ? `, ${number(MOST)} shown` : ""}`, ["Call", one.run, other.run], differ.slice(0, MOST).map(([a, b]) => [mono((a || b).id), side(one.run, a), side(other.run, b)]), "Every call went the same way in both.");
}
