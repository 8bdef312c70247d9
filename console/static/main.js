// The frame around every page: bar, rail, keys; which module draws which address; the only way data comes in.
import { dark, grow, h, keptTheme, s, tag, theme } from "./parts.js";

const PAGES = [[/^\/(live)?$/, "live", "Live network"], [/^\/messages$/, "messages", "Messages"], [/^\/messages\/([^/]+)\/([^/]+)$/, "messages", "Message"], [/^\/calls$/, "calls", "Calls"], [/^\/progress$/, "progress", "Calls in progress"], [/^\/calls\/([^/]+)\/([^/]+)$/, "call", "Call"], [/^\/explain$/, "explain", "Explain a call"],
  [/^\/data$/, "data", "Data set"], [/^\/data\/(table)$/, "data", "Table"], [/^\/data\/number\/([^/]+)$/, "data", "Number"], [/^\/review$/, "review", "Review a change"],
  [/^\/review\/([^/]+)$/, "review", "Review a change"], [/^\/traffic$/, "traffic", "Traffic runs"], [/^\/smdr$/, "sheet", "Call records"], [/^\/ama$/, "sheet", "AMA records"], [/^\/accounts$/, "sheet", "Accounts"], [/^\/accounts\/([^/]+)$/, "sheet", "Account"],
  [/^\/bills\/([^/]+)\/([^/]+)$/, "sheet", "Bill"], [/^\/tickets$/, "sheet", "Tickets"], [/^\/bench$/, "bench", "Measurements"], [/^\/bench\/([^/]+)$/, "bench", "Measurement"], [/^\/captures$/, "captures", "Captures"], [/^\/captures\/([^/]+)$/, "captures", "Capture"], [/^\/captures\/([^/]+)\/([^/]+)$/, "captures", "Call of a capture"],
  [/^\/audit$/, "audit", "Audit log"], [/^\/me$/, "me", "You"]];
const RAIL = [["Watch", [["/live", "Live network"], ["/messages", "Messages"], ["/progress", "Calls in progress"], ["/calls", "Calls"], ["/traffic", "Traffic runs"]]],
  ["Tables", [["/data", "Data set"], ["/explain", "Explain a call"], ["/review", "Review a change"]]], ["Records", [["/smdr", "Call records"], ["/ama", "AMA records"], ["/accounts", "Accounts"], ["/tickets", "Tickets"]]], ["Lab", [["/captures", "Captures"], ["/bench", "Measurements"]]], ["House", [["/audit", "Audit log"], ["/me", "You"]]]];
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
export function faultBox(fault) { return h("div", { class: "fault", role: "alert" }, fault.message, fault.problems && fault.problems.length ? h("ul", {}, fault.problems.slice(0, 20).map((one) => h("li", {}, one))) : null); }
export function head(title, ...rest) { return h("div", { class: "head" }, h("h1", {}, title), ...rest); }
export function terminal(command, address, drawn = false) {
  const links = address ? ["json", "csv", ...(drawn ? ["svg"] : [])].map((form) => h("a", { href: `${address.split("?")[0]}.${form}${query(address)}`, download: form === "csv" }, form.toUpperCase())) : [];
  return h("p", { class: "terminal" }, "The same in a terminal:", h("code", {}, command), h("button", { type: "button", class: "plain", onclick: () => navigator.clipboard?.writeText(command) }, "Copy"), ...links);
}
function query(address) { return address.includes("?") ? `?${address.split("?")[1]}` : ""; }
export function params() { return new URLSearchParams(location.search); }
export const short = (digest) => (digest || "").slice(0, 12);

function frame(me) {
  const mark = s("svg", { viewBox: "0 0 22 22", "aria-hidden": "true" }, s("path", { d: "M3 17 L11 4 L19 17", class: "line l1", "stroke-width": "2" }), s("circle", { cx: 11, cy: 4, r: 3, class: "f1" }), s("circle", { cx: 3, cy: 17, r: 2.5, class: "f4" }), s("circle", { cx: 19, cy: 17, r: 2.5, class: "f4" }));
  const find = h("input", { type: "search", placeholder: "Find a number, a call …", "aria-label": "Find a number or a call" });
  const go = (event) => {
    event.preventDefault();
    const text = find.value.trim(), digits = text.replaceAll(/[\s-]/g, "");
    if (text) location.href = /^\d{3,15}$/.test(digits) ? `/data/number/${digits}` : `/calls?q=${encodeURIComponent(text)}`;
  };
  const states = h("span", { class: "wide", id: "states" });
  const top = h("header", { class: "top" }, h("a", { class: "brand", href: "/live" }, mark, "ain console"), states, h("span", { class: "soft wide" }, `${me.dataset} `, h("code", {}, short(me.digest))), grow(),
    h("form", { class: "find", role: "search", onsubmit: go }, find, h("kbd", { "aria-hidden": "true" }, "/")),
    h("button", { type: "button", class: "plain", "aria-label": "Light or dark", onclick: theme }, "◐"), h("span", { class: "tag wide" }, me.role));
  const here = location.pathname === "/" ? "/live" : location.pathname;
  const rail = h("nav", { class: "rail", "aria-label": "Pages" }, RAIL.map(([name, all]) => [name, all.filter(([href]) => me.role !== "customer" || OWN.includes(href))]).filter(([, list]) => list.length).map(([name, list]) => [h("h2", {}, name), list.map(([href, label]) => h("a", { href, "aria-current": here === href || (href !== "/live" && here.startsWith(href + "/")) ? "page" : null }, label))]));
  const main = h("main", { id: "main", tabindex: "-1" }), now = rail.querySelector("[aria-current]");
  document.body.replaceChildren(h("a", { class: "skip", href: "#main" }, "Skip to the page"), top, rail, main);
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
  document.getElementById("states").replaceChildren(...Object.entries(states).map(([name, state]) => h("span", { class: `tag ${tones[state] || ""}` }, h("i", { class: "dot", "aria-hidden": "true" }), `${name} ${state}`)));
}

async function begin() {
  keptTheme();
  let me;
  try { me = await read("/me"); } catch (fault) { if (fault.status !== 401) document.body.append(h("main", {}, h("h1", {}, "ain console"), faultBox(fault))); return; }
  if (me.role === "customer" && /^\/(live)?$/.test(location.pathname)) { location.replace("/explain"); return; }
  const main = frame(me), found = PAGES.map(([pattern, module, title]) => [location.pathname.match(pattern), module, title]).find(([match]) => match);
  if (!found) { main.append(head("No such page"), h("p", {}, "There is no page at this address.")); document.title = "No such page · ain console"; main.dataset.ready = "1"; return; }
  const [match, module, title] = found;
  document.title = `${title} · ain console`;
  try { await (await import(`./${module}.js`)).page(main, me, ...match.slice(1).map((one) => decodeURIComponent(one || ""))); }
  catch (fault) { if (fault.status !== 401) main.append(main.querySelector("h1") ? "" : head(title), faultBox(fault)); if (!(fault instanceof Fault)) throw fault; }
  main.dataset.ready = "1";
}
begin();
export { dark, tag };
