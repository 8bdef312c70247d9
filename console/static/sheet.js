// A page that one command made: what may be asked for, figures, a drawing, its table, further tables.
import { cut, head, read, terminal } from "./main.js";
import { anchor, card, empty, facts, h, key, number, plain, region, s, stack, submit, tableOf, words } from "./parts.js";

const MOST = 500, FIGURE = /^-?\d+\.\d+$/; // money is decimal text

export async function page(main) {
  const address = `${location.pathname}${location.search}`, found = await read(address);
  main.append(head(found.title), stack(asks(found), found.facts.length ? card("Figures", "", null, h("div.in", facts(found.facts))) : "",
    found.drawing ? card(found.drawing.title, "", anchor(`${location.pathname}.svg${location.search}`, "SVG"), region(found.drawing.title, drawn(found.drawing))) : "",
    card("Rows", cut(found.rows, MOST), null, found.rows.length ? rows("Rows", found.columns, found.rows, found.links) : empty(found.empty)),
    ...found.more.map((one) => card(one.title, cut(one.rows, MOST), null, rows(one.title, one.columns, one.rows, one.links)))),
    terminal(found.command, address));
  return found;
}

function asks(found) {
  if (!found.asks.length) return "";
  const fields = found.asks.map(([name, value]) => h("label.field", h("span", words(name)), h("input", { name, value })));
  return h("section.card", h("form.in.tools", { onsubmit: (event) => {
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
function drawn({ width, height, said, key: names, parts }) {
  return [names.length ? key(names) : "", s("svg.bars", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": said }, parts.map(([name, places, text]) => s(name, places, text)))];
}
