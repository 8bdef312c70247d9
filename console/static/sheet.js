// A page that one command made: what may be asked for, figures, a drawing of bars, its table, further tables.
import { cut, head, read, terminal } from "./main.js";
import { anchor, card, empty, facts, h, number, plain, s, stack, submit, tableOf, words } from "./parts.js";

const MOST = 500, FIGURE = /^-?\d+\.\d+$/; // money is decimal text

export async function page(main) {
  const address = `${location.pathname}${location.search}`, found = await read(address);
  main.append(head(found.title), stack(asks(found), found.facts.length ? card("Figures", "", null, h("div.in", facts(found.facts))) : "",
    found.bars.length ? card(found.bars_title, "", anchor(`${location.pathname}.svg${location.search}`, "SVG"), bars(found)) : "",
    card("Rows", cut(found.rows, MOST), null, found.rows.length ? rows("Rows", found.columns, found.rows, found.links) : empty(found.empty)),
    ...found.more.map((one) => card(one.title, cut(one.rows, MOST), null, rows(one.title, one.columns, one.rows, {})))),
    terminal(found.command, address));
}

function asks(found) {
  if (!found.asks.length) return "";
  const fields = found.asks.map(([name, value]) => h("label.field", h("span", words(name)), h("input", { name, value })));
  return h("section.card", h("form.in.tools", { onsubmit: (event) => {
    event.preventDefault();
    const chosen = new URLSearchParams([...new FormData(event.target)].filter(([, value]) => value));
    location.href = `${location.pathname}?${chosen}`;
  } }, fields, submit("Ask")));
}
function rows(caption, columns, list, links) {
  return tableOf(caption, columns.map(words), list.slice(0, MOST).map((row) => columns.map((name) => {
    const value = row[name], text = plain(value);
    return h("td", typeof value === "number" || FIGURE.test(text) ? { class: "num" } : {}, links[name] && text ? h("a", { href: links[name].replace("{}", encodeURIComponent(text)) }, text) : typeof value === "number" ? number(value) : text);
  })));
}
function bars(found) {
  const most = Math.max(...found.bars.map(([, value]) => value), 1), row = 22, left = 230, width = 800;
  return h("div.in.scroll.bars", { tabindex: "0", role: "region", "aria-label": found.bars_title }, s("svg", { viewBox: `0 0 ${width} ${found.bars.length * row + 6}`, width, height: found.bars.length * row + 6, role: "img", "aria-label": `${found.bars_title}: ${found.bars.map(([name, value]) => `${name} ${value}`).join(", ")}` },
    found.bars.map(([name, value], at) => s("g", s("text", { x: left - 8, y: at * row + 17, "text-anchor": "end", "font-size": 12 }, name.length > 28 ? `${name.slice(0, 27)}…` : name), s("rect.f1", { x: left, y: at * row + 5, width: Math.max(value / most * (width - left - 80), 1), height: row - 7, rx: 3 }), s("text", { x: left + value / most * (width - left - 80) + 8, y: at * row + 17, "font-size": 12 }, number(value))))));
}
