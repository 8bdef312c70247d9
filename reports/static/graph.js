// Routing logic as it was laid out: every line leads from its question to what that answer means; the way taken is bold.
import { h, s } from "./parts.js";

export function decisionGraph(layout) {
  const picture = s("svg", { viewBox: `0 0 ${layout.width} ${layout.height}`, role: "img", "aria-label": words(layout) });
  for (const line of layout.lines) {
    picture.append(s("path", { class: `g-edge${line.taken ? " taken" : ""}`, d: line.path }), s("text.small.halo", { x: line.x, y: line.y }, line.label));
  }
  for (const box of layout.boxes) {
    const asked = box.kind === "question" || box.kind === "start";
    picture.append(s("g", { class: box.taken ? null : "dim" },
      s("rect", { class: `g-box${asked ? " g-q" : ""}${box.kind === "refused" ? " g-refuse" : ""}${box.taken ? " taken" : ""}`, x: box.x, y: box.y, width: 250, height: 70, rx: 6 }),
      box.lines.map((line, at) => s("text", { class: at ? null : "b", x: box.x + 10, y: box.y + 18 + 14 * at, "font-size": 12 }, line)),
      box.where ? s("text.small.m", { x: box.x + 10, y: box.y + 63 }, box.where.replace(/^customers\/[^/]+\//, "")) : null));
  }
  return h("figure.stack", h("figcaption.graph-title", layout.title), picture);
}
function words(layout) { return `${layout.title}: ${layout.boxes.filter((box) => box.taken).map((box) => box.lines.join(" ")).join(", then ")}`; }
