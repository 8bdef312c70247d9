// The ladder of one call. Each message is a button: Enter, Space or a click opens it, arrow keys walk along.

// Fields that every message has or that repeat another one: in the tip and the details, not in the picture.
const REPEATED = new Set(["package", "transaction", "userID", "bearerCapability", "lata", "triggerCriteriaType", "chargeNumber",
  "chargeNumber NON", "callingPartyID NON", "callingPartyNumber NON", "collectedAddressInfo NON", "redirectionInformation", "CIC", "LATA"]);

function ladderMessages(call, hops) {
  if (hops) return call.messages.map((message, index) => ({ ...message, index }));
  return call.journeys.map((group) => {
    const last = call.messages[group[group.length - 1]];
    const step = group.map((index) => call.messages[index].step).find(Boolean);
    return { ...call.messages[group[0]], destination: last.destination, lost: last.lost, step, index: group[0] };
  });
}

function ladderPicture(call, hops, choose) {
  const messages = ladderMessages(call, hops);
  const columns = [];
  for (const message of messages)
    for (const node of [message.source, message.destination])
      if (node && !columns.includes(node) && (hops || !isTransit(node) || messages.some((one) => one.source === node))) columns.push(node);
  const narrow = window.innerWidth < 700;
  const gap = narrow ? 94 : 138, left = narrow ? 96 : 150, row = 46, top = 46;
  const x = (node) => left + columns.indexOf(node) * gap;
  const width = left + Math.max(columns.length - 1, 0) * gap + 90;
  const height = top + messages.length * row + (messages.length > 10 ? 28 : 12);
  const total = messages.length ? messages[messages.length - 1].at - messages[0].at : 0;
  const picture = s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-label": "Ladder of call " + call.id, role: "group" });
  const head = (node, y) => s("text", { x: x(node), y, "text-anchor": "middle", "font-size": narrow ? 11 : 13, "font-weight": 600 },
    s("title", {}, node), cut(node, narrow ? 13 : 17));
  columns.forEach((node) => picture.append(s("line", { class: "life", x1: x(node), x2: x(node), y1: 32, y2: top + messages.length * row }), head(node, 22)));
  if (messages.length > 10) columns.forEach((node) => picture.append(head(node, height - 8)));
  const rungs = messages.map((message, number) => rung(message, number));
  rungs.forEach((one) => picture.append(one));

  function rung(message, number) {
    const y = top + number * row + 22;
    const from = x(message.source);
    const inside = columns.includes(message.destination);
    const to = inside ? x(message.destination) : from + (from < x(columns[columns.length - 1]) ? gap / 2 : -gap / 2);
    const self = inside && to === from;
    const low = Math.min(from, to), right = to > from;
    const name = message.name + (message.lost ? (inside ? " (lost)" : " (lost at " + message.destination + ")") : "");
    const fields = message.fields || [], telling = fields.filter(([k, v]) => v && !REPEATED.has(k));
    const said = (list) => list.map(([k, v]) => (k + " " + v).trim()).join(" · ");
    const all = said(fields), key = said(telling);
    const label = `${message.step ? "step " + message.step + ", " : ""}${clock(message.at, total < 1e9)}: ${name} from ${message.source} to ${message.destination}`;
    const group = s("g", { class: `rung ${message.protocol}${message.lost ? " lost" : ""}`, role: "button", tabindex: number ? "-1" : "0",
      "aria-pressed": "false", "aria-label": label, "data-message": message.index,
      onclick: () => pick(number), onkeydown: (event) => keys(event, number) },
      s("title", {}, all ? label + "\n" + all : label),
      s("rect", { class: "hit", x: 2, y: y - 21, width: width - 6, height: row - 4, rx: 6 }),
      s("text", { class: "small", x: 66, y: y + (narrow && message.step ? -4 : 4), "text-anchor": "end" }, clock(message.at, total < 1e9)),
      s("text", narrow ? { class: "mono", x: 66, y: y + 12, "font-weight": 600, "text-anchor": "end" }
        : { class: "mono", x: 76, y: y + 4, "font-weight": 600 }, message.step || ""));
    if (self) {
      group.append(s("path", { d: `M${from},${y - 6} h26 v12 h-22` }), s("text", { class: "name", x: from + 34, y: y + 4 }, name));
      const after = from + 44 + name.length * 7, letters = Math.floor((width - after - 10) / 5.6);
      if (key && letters > 8) group.append(s("text", { class: "small halo", x: after, y: y + 4 }, cut(key, letters)));
      return group;
    }
    const end = right ? to - 1 : to + 1;
    group.append(s("line", { x1: from, x2: end, y1: y, y2: y }));
    if (message.lost) group.append(s("path", { d: `M${end - 6},${y - 6} l12,12 m0,-12 l-12,12` }));
    else group.append(s("path", { class: "head", d: right ? `M${to},${y} l-9,-4.5 v9 z` : `M${to},${y} l9,-4.5 v9 z` }));
    const room = Math.abs(to - from) - 14;
    const wide = width - low - 20, fits = (text, size) => text.length * size <= wide ? text : text.slice(0, Math.max(Math.floor(wide / size) - 1, 3)) + "…";
    const centered = name.length * 7 <= room;
    group.append(s("text", { class: "name", x: centered ? (from + to) / 2 : low + 8, y: y - 6, "text-anchor": centered ? "middle" : "start" }, name));
    if (key) group.append(s("text", { class: "small", x: low + 8, y: y + 15 }, fits(key, 5.9)));
    return group;
  }

  function pick(number) {
    rungs.forEach((one, at) => {
      one.setAttribute("aria-pressed", String(at === number));
      one.setAttribute("tabindex", at === number ? "0" : "-1");
    });
    choose(messages[number]);
    if (window.innerWidth < 1080) window.scrollBy(0, rungs[number].getBoundingClientRect().top - 150);
  }

  function keys(event, number) {
    const to = { ArrowDown: number + 1, ArrowUp: number - 1, Home: 0, End: rungs.length - 1 }[event.key];
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); pick(number); }
    else if (to !== undefined && rungs[to]) {
      event.preventDefault();
      rungs[number].setAttribute("tabindex", "-1");
      rungs[to].setAttribute("tabindex", "0");
      rungs[to].focus();
    }
  }

  return h("div", { class: "scroll" }, picture);
}

// Answer times: the percentile curve over 1/(1-percentile) and the bars over a logarithmic time axis.
function latencyPictures(latency) {
  const width = 640, height = 260, left = 64, bottom = 34, top = 12, right = 14;
  const highest = Math.max(...latency.curve.map(([, value]) => value), 1);
  const nines = Math.max(Math.ceil(Math.log10(Math.max(latency.count, 10))), 1);
  const px = (percent) => left + Math.min(-Math.log10(Math.max(1 - percent / 100, 10 ** -nines)) / nines, 1) * (width - left - right);
  const py = (value) => height - bottom - value / (highest * 1.08) * (height - bottom - top);
  const curve = s("svg", { class: "grow chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Answer time by percentile" });
  for (let part = 0; part <= 4; part += 1) {
    const value = highest * 1.08 * part / 4;
    curve.append(s("line", { class: "axis", x1: left, x2: width - right, y1: py(value), y2: py(value) }),
      s("text", { class: "small", x: left - 8, y: py(value) + 4, "text-anchor": "end" }, span(value)));
  }
  for (let nine = 0; nine <= nines; nine += 1) {
    const percent = nine ? 100 - 100 * 10 ** -nine : 0;
    curve.append(s("line", { class: "axis", x1: px(percent), x2: px(percent), y1: top, y2: height - bottom }),
      s("text", { class: "small", x: px(percent), y: height - 14, "text-anchor": nine === nines ? "end" : "middle" }, (nine > 2 ? percent.toFixed(nine - 2) : String(percent)) + " %"));
  }
  curve.append(s("polyline", { class: "curve", points: latency.curve.map(([percent, value]) => px(percent).toFixed(1) + "," + py(value).toFixed(1)).join(" ") }));

  const bars = s("svg", { class: "grow chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "How many answers took how long" });
  const low = Math.log(Math.max(latency.bars[0][0], 1)), high = Math.log(latency.bars[latency.bars.length - 1][1]);
  const bx = (value) => left + (Math.log(Math.max(value, 1)) - low) / Math.max(high - low, 1e-9) * (width - left - right);
  const most = Math.max(...latency.bars.map(([, , count]) => count));
  for (const part of [0, 0.5, 1]) {
    const y = height - bottom - part * (height - bottom - top);
    bars.append(s("line", { class: "axis", x1: left, x2: width - right, y1: y, y2: y }),
      s("text", { class: "small", x: left - 8, y: y + 4, "text-anchor": "end" }, Math.round(most * part)));
  }
  for (const [begin, end, count] of latency.bars) {
    const tall = count / most * (height - bottom - top);
    bars.append(s("rect", { class: "fill", x: bx(begin), y: height - bottom - tall, width: Math.max(bx(end) - bx(begin) - 1, 1), height: tall },
      s("title", {}, `${span(begin)} to ${span(end)}: ${count}`)));
  }
  for (const part of [0, 1 / 3, 2 / 3, 1]) {
    const value = Math.exp(low + part * (high - low));
    bars.append(s("text", { class: "small", x: bx(value), y: height - 14, "text-anchor": part === 1 ? "end" : part ? "middle" : "start" }, span(value)));
  }
  return [curve, bars];
}
