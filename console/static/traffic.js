// Traffic runs: what was started, how it stands; each leads to its calls.
import { act, faultBox, head, read, terminal } from "./main.js";
import { card, h, tableOf, tag, td } from "./parts.js";

export async function page(main, me) {
  const note = h("div", {}), holder = h("div", {});
  async function draw() {
    const found = await read("/traffic");
    holder.replaceChildren(found.rows.length ? tableOf("Runs", ["Run", "Scenario", "State", "Calls", "Passed", "Failed", "Speed", "By", "Began", "Order"], found.rows.map((run) => h("tr", {}, td(h("a", { href: `/calls?run=${run.id}` }, run.id)), td(run.title), td(tag(run.state, { done: run.failed ? "bad" : "ok", running: "on", failed: "bad", stopped: "warn" }[run.state]), run.why && run.why !== "stopped" ? ` ${run.why}` : ""), h("td", { class: "num" }, run.calls), h("td", { class: "num" }, run.passed ?? "–"), h("td", { class: "num" }, run.failed ?? "–"), h("td", { class: "num" }, run.speed), td(run.by), td(run.began.slice(0, 19).replace("T", " ")),
      td(run.state === "running" && me.may.run ? h("button", { type: "button", onclick: async () => { try { await act(`/runs/${run.id}`, {}, "DELETE"); await draw(); } catch (fault) { note.replaceChildren(faultBox(fault)); } } }, "Stop") : null)))) : h("p", { class: "empty" }, "No run yet. ", h("a", { href: "/live" }, "Start one on the live page"), "."));
    if (found.rows.some((run) => run.state === "running")) setTimeout(() => draw().catch(() => {}), 1000);
  }
  await draw();
  main.append(head("Traffic runs"), note, card("Runs", "the last 50 are kept", null, holder), terminal("ain run SCENARIO --json", "/traffic"));
}
