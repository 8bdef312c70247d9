// The network as it was laid out: nodes are buttons, links carry what passed in the last second. Colour, shape and a word say the same.
import { h, s } from "./parts.js";

export function topologyPicture(picture, { loads = new Map(), held = new Map(), kind = "both", chosen = null, choose = () => {} } = {}) {
  const [width, height] = picture.box;
  const drawing = s("svg", { viewBox: `0 0 ${picture.width} ${picture.height}`, role: "group", "aria-label": `Network: ${picture.spots.length} nodes, ${picture.ways.length} links` });
  drawing.style.maxWidth = `${picture.width}px`;
  drawing.style.minWidth = `${Math.min(picture.width * 0.7, 900)}px`;
  const labels = [];
  for (const [one, other, sort, path, x, y] of picture.ways) {
    if (kind !== "both" && kind !== sort) continue;
    const [count, lost] = loads.get(`${one}\n${other}`) || [0, 0], dim = chosen && chosen !== one && chosen !== other;
    const text = `${count || ""}${lost ? ` (${lost} lost)` : ""}`;
    drawing.append(s("path", { class: `wire ${sort}${lost ? " down" : ""}`, d: path, "stroke-width": (1.2 + Math.log10(1 + count) * 1.1).toFixed(2), opacity: dim ? 0.12 : null },
      s("title", `${one} – ${other}: ${count} messages, ${sort === "sig" ? "signalling" : "trunks"}${lost ? `, ${lost} lost` : ""}`)));
    if (!dim && text) labels.push(s("text.small.halo", { x, y: y + 4, "text-anchor": "middle" }, text));
  }
  for (const [name, sort, x, y] of picture.spots) {
    const share = held.get(name), pick = () => choose(chosen === name ? null : name);
    const words = `${name}${sort && sort !== name ? `, ${sort}` : ""}${share === undefined ? "" : `, ${Math.round(share * 100)} percent of circuits held`}`;
    drawing.append(s("g", { class: `node${sort === "SCP" ? " scp" : ""}${chosen === name ? " chosen" : ""}`, tabindex: "0", role: "button", "aria-pressed": String(chosen === name), "aria-label": words,
      onclick: pick, onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); pick(); } } },
      s("rect", { x: x - width / 2, y: y - height / 2, width, height, rx: 7 }),
      s("text", { "text-anchor": "middle" }, s("tspan.b", { x, y: y - 4, "font-size": 12.5 }, name.length > 15 ? name.slice(0, 14) + "…" : name), " ", s("tspan.small", { x, y: y + 10 }, sort === name ? "" : sort)),
      share === undefined ? null : s("rect.bar0", { x: x - 50, y: y + 15, width: 100, height: 3, rx: 1.5 }),
      share === undefined ? null : s("rect", { class: "bar1" + (share > 0.8 ? " hot" : ""), x: x - 50, y: y + 15, width: Math.max(100 * share, share ? 2 : 0), height: 3, rx: 1.5 })));
  }
  drawing.append(...labels);
  return h("div.net", drawing);
}
