// Traffic runs: what was started, how it stands, made to wait or go faster; two of them beside each other.
import { act, faultBox, head, params, read, terminal } from "./main.js";
import { card, h, number, tableOf, tag, td } from "./parts.js";
import { words } from "./calls.js";

const SPEEDS = ["1", "10", "60", "600", "max"], TONES = { running: "on", failed: "bad", stopped: "warn" }, MOST = 200;

export async function page(main, me) {
  const note = h("div", {}), holder = h("div", {}), beside = h("div", {}), chosen = new Set((params().get("compare") || "").split(",").filter(Boolean));
  let timer = 0;
  async function draw() {
    clearTimeout(timer);
    const found = await read("/traffic");
    holder.replaceChildren(found.rows.length ? tableOf("Runs", ["Compare", "Run", "Scenario", "State", "Calls", "Passed", "Failed", "Speed", "By", "Began", "Order"], found.rows.map(row)) : h("p", { class: "empty" }, "No run yet. ", h("a", { href: "/live" }, "Start one on the live page"), "."));
    if (found.rows.some((run) => run.state === "running")) timer = setTimeout(again, 1000);
  }
  function again() { if (document.activeElement?.tagName === "SELECT") timer = setTimeout(again, 1000); else draw().catch(() => {}); }
  function row(run) {
    const pick = h("input", { type: "checkbox", checked: chosen.has(run.id), "aria-label": `Compare run ${run.id}`, onchange: () => { if (pick.checked) chosen.add(run.id); else chosen.delete(run.id); while (chosen.size > 2) chosen.delete(chosen.values().next().value); compare(); draw(); } });
    return h("tr", {}, td(pick), td(h("a", { href: `/calls?run=${run.id}` }, run.id)), td(run.title), td(tag(run.paused ? "paused" : run.state, run.state === "done" ? (run.failed ? "bad" : "ok") : TONES[run.state]), run.why && run.why !== "stopped" ? ` ${run.why}` : ""),
      h("td", { class: "num" }, number(run.calls)), h("td", { class: "num" }, run.passed ?? "–"), h("td", { class: "num" }, run.failed ?? "–"), h("td", { class: "num" }, run.speed), td(run.by), td(run.began.slice(0, 19).replace("T", " ")),
      td(run.state === "running" && me.may.run ? h("div", { class: "tools" }, h("button", { type: "button", onclick: () => order(`/runs/${run.id}/pace`, { paused: !run.paused }) }, run.paused ? "Go on" : "Pause"),
        h("select", { "aria-label": `Speed of run ${run.id}`, onchange: (event) => { event.target.blur(); order(`/runs/${run.id}/pace`, { speed: event.target.value }); } }, [...new Set([run.speed, ...SPEEDS])].map((one) => h("option", { value: one, selected: one === run.speed }, one === "max" ? "max" : `× ${one}`))),
        h("button", { type: "button", onclick: () => order(`/runs/${run.id}`, {}, "DELETE") }, "Stop")) : null));
  }
  async function order(path, body, method) { try { await act(path, body, method); await draw(); } catch (fault) { note.replaceChildren(faultBox(fault)); } }
  async function compare() {
    history.replaceState(null, "", chosen.size ? `/traffic?compare=${[...chosen].join(",")}` : "/traffic");
    if (chosen.size < 2) { beside.replaceChildren(); return; }
    try {
      const [one, other] = await Promise.all([...chosen].map((run) => read(`/calls?${new URLSearchParams({ run })}`)));
      beside.replaceChildren(h("div", { class: "stack after" }, sums(one, other), calls(one, other)));
    } catch (fault) { beside.replaceChildren(faultBox(fault)); }
  }
  await draw();
  main.append(head("Traffic runs"), note, h("div", { class: "stack" }, card("Runs", "the last 50 are kept; choose two to compare them", null, holder), beside), terminal("ain run SCENARIO --json", "/traffic"));
  await compare();
}
function sums(one, other) {
  const names = [...new Set([...Object.keys(one.statuses), ...Object.keys(other.statuses)])];
  return card("How calls ended", "", null, tableOf("How calls ended", ["Status", one.run, other.run, "Difference"], names.map((name) => {
    const [a, b] = [one, other].map((run) => run.statuses[name] || 0);
    return h("tr", {}, td(words(name)), h("td", { class: "num" }, number(a)), h("td", { class: "num" }, number(b)), h("td", { class: "num" }, b === a ? "" : `${b > a ? "+" : "−"}${number(Math.abs(b - a))}`));
  })));
}
function calls(one, other) {
  const known = new Map(other.rows.map((row) => [row.id, row])), told = (row) => (row ? [words(row.status), row.route, row.facility, row.flag].filter(Boolean).join(", ") : "not in this run");
  const first = new Set(one.rows.map((row) => row.id));
  const differ = [...one.rows.filter((row) => told(row) !== told(known.get(row.id))).map((row) => [row, known.get(row.id)]), ...other.rows.filter((row) => !first.has(row.id)).map((row) => [undefined, row])];
  return card("Calls that went otherwise", `${number(differ.length)}${differ.length > MOST ? `, ${number(MOST)} shown` : ""}`, null, differ.length ? tableOf("Calls that went otherwise", ["Call", one.run, other.run], differ.slice(0, MOST).map(([a, b]) => h("tr", {}, h("td", { class: "mono" }, (a || b).id), td(a ? h("a", { href: `/calls/${one.run}/${encodeURIComponent(a.id)}` }, told(a)) : told(a)), td(b ? h("a", { href: `/calls/${other.run}/${encodeURIComponent(b.id)}` }, told(b)) : told(b)))))
    : h("p", { class: "empty" }, "Every call went the same way in both."));
}
