// Measurements: one is started here; the rest is a page that a command made.
import { act, read, tried } from "./main.js";
import { card, h, submit } from "./parts.js";
import { page as sheet } from "./sheet.js";

export async function page(main, me, id) {
  await sheet(main);
  if (id) { await again(`/bench/${id}`, (found) => found.facts.some(([name, value]) => name === "state" && value === "running")); return; }
  if (!me.may.run) return;
  const rate = h("input", { type: "number", min: 1, max: 100000, value: 500, required: true }), seconds = h("input", { type: "number", min: 1, max: 60, value: 3, required: true }), note = h("div");
  const form = h("form.in.tools", { onsubmit: async (event) => {
    event.preventDefault();
    await tried(note, async () => { const made = await act("/bench", { rate: Number(rate.value), duration: Number(seconds.value) }); location.href = `/bench/${made.id}`; });
  } }, h("label.field", h("span", "queries a second"), rate), h("label.field", h("span", "seconds"), seconds), submit("Measure"));
  main.querySelector(".head").after(h("div.stack.after", note, card("Measure", "a server of its own on this machine, over the data set on disk", null, form)));
}
async function again(path, goes) {
  const found = await read(path).catch(() => null);
  if (found && goes(found)) setTimeout(async () => { const now = await read(path).catch(() => null); if (now && !goes(now)) location.reload(); else again(path, goes); }, 1000);
}
