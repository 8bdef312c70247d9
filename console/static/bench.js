// Measurements: one is started here; the rest is a page that a command made.
import { act, reloadWhen, tried } from "./main.js";
import { anchor, card, h, submit } from "./parts.js";
import { page as sheet } from "./sheet.js";

export async function page(main, me, id) {
  const found = await sheet(main), over = (now) => now.facts.every(([name, value]) => name !== "state" || value !== "running");
  if (id) {
    main.querySelector(".terminal").append(anchor(`/bench/${id}.hgrm`, "HGRM"));
    if (!over(found)) reloadWhen(`/bench/${id}`, over);
    return;
  }
  if (!me.may.run) return;
  const rate = h("input", { type: "number", min: 1, max: 100000, value: 500, required: true }), seconds = h("input", { type: "number", min: 1, max: 60, value: 3, required: true }), note = h("div");
  const form = h("form.in.tools", { onsubmit: () => tried(note, async () => { location.href = `/bench/${(await act("/bench", { rate: Number(rate.value), duration: Number(seconds.value) })).id}`; }) }, h("label.field", h("span", "queries a second"), rate), h("label.field", h("span", "seconds"), seconds), submit("Measure"));
  main.querySelector(".head").after(h("div.stack.after", note, card("Measure", "a server of its own on this machine, over the data set on disk", null, form)));
}
