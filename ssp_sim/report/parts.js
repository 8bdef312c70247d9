// Small parts of this page alone, beside those of every page. Texts reach the page as text nodes only; nothing here writes markup.

function clock(ns) { return (ns / 1e9).toFixed(3) + " s"; }

function isTransit(name) { return name.toUpperCase().startsWith("STP"); }

function tiles(pairs) {
  return h("div", { class: "tiles" }, pairs.map(([name, text, tone]) =>
    h("div", { class: "tile" }, h("b", { class: tone || null }, text), h("span", {}, name))));
}

function chips(pairs) {
  return pairs.length ? h("ul", { class: "chips" }, pairs.map(([name, text]) => h("li", {}, h("b", {}, text), " ", name))) : null;
}

// A table of flat records; the columns are all names that occur. `open` is told the row's number.
function recordTable(records, caption, open) {
  const names = [];
  for (const record of records) for (const name of Object.keys(record)) if (!names.includes(name)) names.push(name);
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, h("table", {},
    h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col" }, titled(name))))),
    h("tbody", {}, records.map((record, number) => h("tr", { class: "link", onclick: () => open(number) },
      names.map((name, at) => h("td", { class: "mono" },
        at === 0 ? h("a", { href: "#", onclick: (event) => { event.preventDefault(); event.stopPropagation(); open(number); } },
          plain(record[name])) : plain(record[name]))))))));
}

function treeList(tree) {
  const { name, meaning, inside } = tree;
  return h("li", {}, h("b", {}, name), h("span", {}, meaning),
    inside.length ? h("ul", { class: "tree" }, inside.map(treeList)) : null);
}

function cut(name, letters) { return name.length > letters ? name.slice(0, letters - 1) + "…" : name; }

function topologyPicture(topology, used) {
  const at = new Map(topology.spots.map((spot) => [spot.name, spot]));
  const key = (wire) => [wire.one, wire.other].sort().join("\n");
  const wires = topology.wires.filter((wire) => (!used || used.has(key(wire))) && at.has(wire.one) && at.has(wire.other))
    .map((wire) => used ? { ...wire, ...used.get(key(wire)) } : wire);
  const picture = s("svg", { class: "grow", viewBox: `0 0 ${topology.width} ${topology.height}`, role: "img",
    "aria-label": "Nodes and the links the messages used" });
  picture.style.maxWidth = topology.width * 1.4 + "px";
  picture.style.minWidth = topology.width * 0.62 + "px";
  const labels = [];
  for (const wire of wires) {
    const speech = wire.protocols.includes("ISUP") || wire.protocols.includes("MF");
    picture.append(s("path", { class: "wire" + (speech ? " trunk" : "") + (wire.lost ? " down" : ""), d: wire.path },
      s("title", {}, `${wire.one} – ${wire.other}: ${wire.messages} messages (${wire.protocols.join(", ")})` +
        (wire.lost ? `, ${wire.lost} lost` : ""))));
    const text = wire.messages + (wire.lost ? ` (${wire.lost} lost)` : "");
    labels.push(s("text", { class: "small halo", x: wire.label_x, y: wire.label_y + 4, "text-anchor": "middle" }, text));
  }
  for (const spot of topology.spots) {
    const two = spot.kind && spot.kind !== spot.name;
    picture.append(s("g", { class: "node" + (spot.name === "SCP" ? " scp" : "") }, s("title", {}, [spot.name, two && spot.kind, run.point_codes[spot.name] && "point code " + run.point_codes[spot.name]].filter(Boolean).join(", ")),
      s("rect", { x: spot.x - 58, y: spot.y - 19, width: 116, height: 38, rx: 8 }),
      s("text", { x: spot.x, y: spot.y + (two ? -1 : 5), "text-anchor": "middle", "font-size": 12.5, "font-weight": 600 }, cut(spot.name, 14)),
      two ? s("text", { class: "small", x: spot.x, y: spot.y + 13, "text-anchor": "middle" }, cut(spot.kind, 18)) : null));
  }
  labels.forEach((one) => picture.append(one));
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Topology" }, picture);
}
