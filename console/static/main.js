// The frame around every page: bar, rail, keys; which module draws which address; the only way data comes in.
import { bullets, grow, h, keptTheme, number, s, theme } from "./parts.js";

// Address, module, title, and the part of the rail it stands in; a star is what the page is asked for.
const PAGES = [["/live", "live", "Live network", "Watch"], ["/messages", "messages", "Messages", "Watch"], ["/progress", "progress", "Calls in progress", "Watch"], ["/calls", "calls", "Calls", "Watch"], ["/traffic", "traffic", "Traffic runs", "Watch"],
  ["/data", "data", "Data set", "Tables"], ["/explain", "explain", "Explain a call", "Tables"], ["/review", "review", "Review a change", "Tables"],
  ["/smdr", "sheet", "Call records", "Records"], ["/ama", "sheet", "AMA records", "Records"], ["/accounts", "sheet", "Accounts", "Records"], ["/tickets", "sheet", "Tickets", "Records"],
  ["/captures", "captures", "Captures", "Lab"], ["/bench", "bench", "Measurements", "Lab"], ["/audit", "audit", "Audit log", "House"], ["/me", "me", "You", "House"],
  ["/messages/*/*", "messages", "Message"], ["/calls/*/*", "call", "Call"], ["/data/(table)", "data", "Table"], ["/data/number/*", "data", "Number"], ["/review/*", "review", "Review a change"], ["/accounts/*", "sheet", "Account"],
  ["/bills/*/*", "sheet", "Bill"], ["/bench/*", "bench", "Measurement"], ["/bench/*/against/*", "sheet", "Measurements compared"], ["/captures/*", "captures", "Capture"], ["/captures/*/*", "captures", "Call of a capture"]];
const OWN = ["/explain", "/smdr", "/accounts", "/tickets", "/me"]; // what a customer is shown
let csrf = "";

export class Fault extends Error { constructor(body) { super(body.detail || "no answer"); this.problems = body.problems || []; this.status = body.status; } }
async function checked(answer) {
  if (answer.status === 401) { location.href = "/login"; throw new Fault({ detail: "logged out", status: 401 }); }
  const body = await answer.json();
  if (!answer.ok) throw new Fault(body);
  csrf = answer.headers.get("x-ain-csrf") || csrf;
  return body;
}
export async function read(path) { return checked(await fetch(`/api${path}`, { headers: { accept: "application/json" } })); }
export async function act(path, body, method = "POST") {
  return checked(await fetch(`/api${path}`, { method, headers: { "content-type": "application/json", "x-ain-csrf": csrf }, body: JSON.stringify(body || {}) }));
}
export async function put(path, file) {
  return checked(await fetch(`/api${path}`, { method: "PUT", headers: { "content-type": "application/octet-stream", "x-ain-csrf": csrf }, body: file }));
}
// Loads the page again when what it waits for is over.
export function reloadWhen(path, over) { setTimeout(async () => { const found = await read(path).catch(() => null); if (found && over(found)) location.reload(); else reloadWhen(path, over); }, 1000); }
export function faultBox(fault) { return h("div.fault", { role: "alert" }, fault.message, fault.problems?.length ? bullets(fault.problems.slice(0, 20)) : null); }
export function head(title, ...rest) { return h("div.head", h("h1", title), ...rest); }
export function terminal(command, address, drawn = false) {
  const [path, asked] = (address || "").split("?");
  const links = path ? ["json", "csv", ...(drawn ? ["svg"] : [])].map((form) => h("a", { href: `${path}.${form}${asked ? `?${asked}` : ""}`, download: form === "csv" }, form.toUpperCase())) : [];
  return h("p.terminal", "The same in a terminal:", h("code", command), button("Copy", () => navigator.clipboard?.writeText(command), { class: "plain" }), ...links);
}
export function toQuery(fields) { return new URLSearchParams(Object.entries(fields).filter(([, value]) => value)); }
export function callAt(run, id) { return `/calls/${run}/${encodeURIComponent(id)}`; }
export function cut(list, most) { return list.length > most ? `${number(most)} of ${number(list.length)} shown; the CSV has all` : number(list.length); }
export function when(time) { return time.slice(0, 19).replace("T", " "); }
// Does `work`; what is wrong with it is said in `note`.
export async function tried(note, work) { try { await work(); } catch (fault) { note.replaceChildren(faultBox(fault)); } }
export function button(text, onclick, more) { return h("button", { type: "button", onclick, ...more }, text); }
// One of a few, chosen by pressing it.
export function seg(label, options, now, choose) {
  return h("div.seg", { role: "group", "aria-label": label }, options.map(([key, name]) => button(name, ({ target }) => { for (const one of target.parentElement.children) one.setAttribute("aria-pressed", String(one === target)); choose(key); }, { "aria-pressed": String(key === now) })));
}
export function holdButton(hold) {
  let held = false;
  return button("❚❚ Hold", ({ target }) => { held = !held; target.setAttribute("aria-pressed", String(held)); target.textContent = held ? "▶ Go on" : "❚❚ Hold"; hold(held); }, { "aria-pressed": "false" });
}
// A card of what is found by the words in its head; `changed` is called when typing rests.
export function finder(label, placeholder, changed) {
  let waiting = 0;
  return h("input", { type: "search", value: params().get("q") || "", placeholder, "aria-label": label, oninput: () => { clearTimeout(waiting); waiting = setTimeout(changed, 120); } });
}
export function findings(find, count, list) { return h("section.card", h("header", h("div.grow", find), count), list); }
export function params() { return new URLSearchParams(location.search); }
export const short = (digest) => (digest || "").slice(0, 12);

function address() { return location.pathname === "/" ? "/live" : location.pathname; }
function frame(me) {
  const mark = s("svg", { viewBox: "0 0 22 22", "aria-hidden": "true" }, s("path", { d: "M3 17 L11 4 L19 17", class: "line l1", "stroke-width": "2" }), s("circle", { cx: 11, cy: 4, r: 3, class: "f1" }), s("circle", { cx: 3, cy: 17, r: 2.5, class: "f4" }), s("circle", { cx: 19, cy: 17, r: 2.5, class: "f4" }));
  const find = h("input", { type: "search", placeholder: "Find a number, a call …", "aria-label": "Find a number or a call" });
  const go = () => {
    const text = find.value.trim(), digits = text.replaceAll(/[\s-]/g, "");
    if (text) location.href = /^\d{3,15}$/.test(digits) ? `/data/number/${digits}` : `/calls?q=${encodeURIComponent(text)}`;
  };
  const states = h("span.wide", { id: "states" });
  const top = h("header.top", h("a.brand", { href: "/live" }, mark, "ain console"), states, h("span.soft.wide", `${me.dataset} `, h("code", short(me.digest))), grow(),
    h("form.find", { role: "search", onsubmit: go }, find, h("kbd", { "aria-hidden": "true" }, "/")),
    button("◐", theme, { class: "plain", "aria-label": "Light or dark" }), h("span.tag.wide", me.role));
  const here = address(), shown = PAGES.filter(([href, , , part]) => part && (me.role !== "customer" || OWN.includes(href)));
  const rail = h("nav.rail", { "aria-label": "Pages" }, shown.map(([href, , label, part], at) => [part === shown[at - 1]?.[3] ? null : h("h2", part), h("a", { href, "aria-current": here === href || here.startsWith(href + "/") ? "page" : null }, label)]));
  const main = h("main", { id: "main", tabindex: "-1" }), now = rail.querySelector("[aria-current]");
  document.body.replaceChildren(h("a.skip", { href: "#main" }, "Skip to the page"), top, rail, main);
  if (now && rail.scrollWidth > rail.clientWidth) rail.scrollLeft = now.offsetLeft - 40; // a strip on a phone
  addEventListener("keydown", (event) => {
    if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { event.preventDefault(); find.focus(); }
    if (event.key === "t") theme();
  });
  showStates(me.states);
  return main;
}
export function showStates(states) {
  const tones = { serving: "ok", silent: "warn", gone: "bad", starting: "warn" };
  document.getElementById("states").replaceChildren(...Object.entries(states).map(([name, state]) => h("span", { class: `tag ${tones[state] || ""}` }, h("i.dot", { "aria-hidden": "true" }), `${name} ${state}`)));
}

async function begin() {
  keptTheme();
  let me;
  try { me = await read("/me"); } catch (fault) { if (fault.status !== 401) document.body.append(h("main", h("h1", "ain console"), faultBox(fault))); return; }
  if (me.role === "customer" && address() === "/live") { location.replace("/explain"); return; }
  const main = frame(me), found = PAGES.map(([path, module, title]) => [address().match(`^${path.replaceAll("*", "([^/]+)")}$`), module, title]).find(([match]) => match);
  if (!found) { main.append(head("No such page"), h("p", "There is no page at this address.")); document.title = "No such page · ain console"; main.dataset.ready = "1"; return; }
  const [match, module, title] = found;
  document.title = `${title} · ain console`;
  try { await (await import(`./${module}.js`)).page(main, me, ...match.slice(1).map((one) => decodeURIComponent(one || ""))); }
  catch (fault) { if (fault.status !== 401) main.append(main.querySelector("h1") ? "" : head(title), faultBox(fault)); if (!(fault instanceof Fault)) throw fault; }
  main.dataset.ready = "1";
}
begin();
