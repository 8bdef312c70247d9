// The ladder of one call, 30 px a message: the time since the one before, name on the arrow, what tells right of it. Heads stay in
// sight. Each message is a button: Enter, Space or a click opens it, arrow keys walk along.
import { h, s, spaced, span } from "./parts.js";

const ROW = 30, LEFT = 112, GAP = 148;
// Fields that every message has or that repeat another one: in the details, not in the picture.
const REPEATED = new Set(["package", "transaction", "userID", "bearerCapability", "lata", "triggerCriteriaType", "chargeNumber", "chargeNumber NON",
  "callingPartyID NON", "callingPartyNumber NON", "collectedAddressInfo NON", "redirectionInformation", "CIC", "LATA"]);

export function joined(call, hops) {
  if (hops) return call.messages.map((message, index) => ({ ...message, index }));
  return call.journeys.map((group) => {
    const last = call.messages[group[group.length - 1]], step = group.map((index) => call.messages[index].step).find(Boolean);
    return { ...call.messages[group[0]], destination: last.destination, lost: last.lost, step, index: group[0] };
  });
}

export function ladder(call, { hops = false, times = "delta", choose = () => {} } = {}) {
  const messages = joined(call, hops), nodes = [];
  for (const { source, destination } of messages) for (const node of [source, destination]) if (node && !nodes.includes(node)) nodes.push(node);
  const x = (node) => LEFT + 40 + nodes.indexOf(node) * GAP, width = LEFT + Math.max(nodes.length - 1, 0) * GAP + 280, height = messages.length * ROW + 12;
  const heads = s("svg.heads", { viewBox: `0 0 ${width} 30`, width, height: 30, "aria-hidden": "true" }, nodes.map((node) =>
    s("text.b", { x: x(node), y: 19, "text-anchor": "middle", "font-size": 12.5 }, /^\d{10}$/.test(node) ? spaced(node) : node.length > 17 ? node.slice(0, 16) + "…" : node)));
  const picture = s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": "Messages of the call" },
    nodes.map((node) => s("line.life", { x1: x(node), x2: x(node), y1: 0, y2: height })));
  let before = 0;
  const rungs = messages.map((message, place) => {
    const wait = message.at - (times === "delta" ? before : 0); before = message.at;
    return rung(message, place, `${times === "delta" ? "+" : ""}${wait > 0 ? span(wait) : "0"}`);
  });
  picture.append(...rungs);

  function rung(message, place, time) {
    const y = place * ROW + 18, a = x(message.source), b = nodes.includes(message.destination) ? x(message.destination) : a, right = b > a;
    const telling = (message.fields || []).filter(([name, value]) => value && !REPEATED.has(name)).map(([name, value]) => `${name} ${value}`).join(" · ");
    const name = message.name + (message.lost ? " (lost)" : "");
    const label = `${message.step ? `step ${message.step}, ` : ""}${time}: ${name} from ${message.source} to ${message.destination}`;
    const group = s("g", { class: `rung ${message.protocol}${message.lost ? " lost" : ""}`, role: "button", tabindex: place ? "-1" : "0", "aria-pressed": "false", "aria-label": label, "data-message": message.index,
      onclick: () => pick(place), onkeydown: (event) => keys(event, place) },
      s("title", telling ? `${label}\n${telling}` : label), s("rect.hit", { x: 2, y: y - 14, width: width - 4, height: ROW - 2, rx: 5 }),
      s("text.small.m", { x: 66, y: y + 4, "text-anchor": "end" }, time), s("text.small.m.b", { x: 76, y: y + 4 }, message.step || ""));
    if (a === b) {
      const from = a + 36 + name.length * 7;
      group.append(s("path.arc", { d: `M${a},${y - 4} h20 v9 h-14` }), s("text.name.halo", { x: a + 28, y: y + 4 }, name), said(telling, from, y + 4));
      return group;
    }
    const low = Math.min(a, b), high = Math.max(a, b), fits = name.length * 7.2 < high - low - 16;
    group.append(s("line", { x1: a, x2: b + (right ? -6 : 6), y1: y + 4, y2: y + 4 }),
      message.lost ? s("path.arc", { d: `M${b - 5},${y - 1} l10,10 m0,-10 l-10,10` }) : s("path.tip", { d: right ? `M${b},${y + 4} l-8,-4 v8 z` : `M${b},${y + 4} l8,-4 v8 z` }),
      s("text.name.halo", { x: fits ? (a + b) / 2 : low + 8, y: y - 3, "text-anchor": fits ? "middle" : "start" }, name),
      said(telling, (fits ? high : Math.max(high, low + 8 + name.length * 7.4)) + 10, y + 6));
    return group;
  }
  function said(text, from, y) {
    const room = Math.floor((width - from - 6) / 6.2);
    return text && room > 10 ? s("text.small.halo", { x: from, y }, text.length > room ? text.slice(0, room - 1) + "…" : text) : s("g");
  }
  function pick(place) {
    rungs.forEach((one, at) => { one.setAttribute("aria-pressed", String(at === place)); one.setAttribute("tabindex", at === place ? "0" : "-1"); });
    choose(messages[place]);
  }
  function keys(event, place) {
    const to = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: rungs.length - 1 }[event.key];
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); pick(place); }
    else if (to !== undefined && rungs[to]) { event.preventDefault(); event.stopPropagation(); rungs[place].setAttribute("tabindex", "-1"); rungs[to].setAttribute("tabindex", "0"); rungs[to].focus(); }
  }
  return h("div.ladder", { tabindex: "0", role: "region", "aria-label": "Ladder" }, heads, picture);
}
