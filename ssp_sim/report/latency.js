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
