// The views of the page; the part of the address after # says which one is open.

const run = JSON.parse(document.getElementById("run").textContent);
const main = document.getElementById("main");
const callsOf = new Map(run.calls.map((call, number) => [call.id, number]));
const MOST_ROWS = 300;
const state = { most: MOST_ROWS, search: "", status: "", failing: false, sort: null, down: false, hops: false };

function reader(call) {
  const leg = call.legs[0] || {};
  return {
    ok: call.failures.length === 0, id: call.id, calling: call.calling, dialed: call.dialed, placed: call.placed.replace("T", " "),
    status: call.status, ctc: leg.ctc === undefined ? "" : String(leg.ctc),
    route: call.legs.map((one) => (one.route || {}).kind || "").filter(Boolean).join(" → "),
    facility: call.facilities.map(([kind, id]) => id || kind).join(" → "),
    flag: (leg.response || {}).ama_slp_id || "",
  };
}

const rows = run.calls.map(reader);
const COLUMNS = [["ok", ""], ["id", "Call"], ["calling", "From"], ["dialed", "Dialed"], ["placed", "Placed"], ["ctc", "CTC"],
  ["route", "Route"], ["facility", "Facility"], ["flag", "AMAslpID"], ["status", "Status"]];
const ON_PHONE = { status: "state", calling: "third", dialed: "third", route: "third" };

function openCall(number) { location.hash = "call=" + encodeURIComponent(run.calls[number].id); }

function callsView() {
  const failing = rows.filter((row) => !row.ok).length;
  const body = h("tbody"), more = h("div", { class: "tools" });
  state.most = MOST_ROWS;
  const count = h("span", { class: "soft", "aria-live": "polite" });
  const heads = COLUMNS.map(([key, name]) => h("th", { scope: "col", "aria-sort": "none" },
    h("button", { type: "button", onclick: () => { state.down = state.sort === key && !state.down; state.sort = key; list(); } }, name || "OK")));
  const statuses = [...new Set(rows.map((row) => row.status))].sort();
  function list() {
    const words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
    let numbers = rows.map((_, number) => number).filter((number) => {
      const row = rows[number];
      if (state.failing && row.ok) return false;
      if (state.status && row.status !== state.status) return false;
      const text = Object.values(row).join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    });
    if (state.sort) {
      const sign = state.down ? -1 : 1;
      numbers = numbers.sort((a, b) => sign * String(rows[a][state.sort]).localeCompare(String(rows[b][state.sort]), "en", { numeric: true }));
    }
    heads.forEach((head, at) => head.setAttribute("aria-sort", state.sort === COLUMNS[at][0] ? (state.down ? "descending" : "ascending") : "none"));
    count.textContent = numbers.length === rows.length ? `${rows.length} calls` : `${numbers.length} of ${rows.length} calls`;
    more.replaceChildren(...(numbers.length > state.most ? [h("button", { type: "button", onclick: () => { state.most += 10 * MOST_ROWS; list(); } }, `Show more: ${numbers.length - state.most} rows are not shown`)] : []));
    body.replaceChildren(...numbers.slice(0, state.most).map((number) => h("tr", { class: "link", onclick: () => openCall(number) }, COLUMNS.map(([key]) => {
      const row = rows[number];
      const phone = key in ON_PHONE ? ON_PHONE[key] : "more";
      if (key === "ok") return h("td", { class: "mark " + (row.ok ? "good" : "bad") }, h("span", { role: "img", "aria-label": row.ok ? "as expected" : "failed" }, row.ok ? "✓" : "✗"));
      if (key === "id") return h("td", { class: "id" }, h("a", { href: "#call=" + encodeURIComponent(row.id), onclick: (event) => event.stopPropagation() }, row.id));
      return h("td", { class: "mono " + phone }, row[key]);
    }))));
  }
  const view = [
    tiles([["calls", rows.length + run.left_out], ["as expected", rows.length - failing, "good"], ["failed", failing, failing ? "bad" : null]]),
    chips(run.summary.filter(([name]) => !["calls", "as expected", "not"].includes(name))),
    run.facts.length ? h("p", { class: "told" }, run.facts.map(([name, text]) => `${name}: ${text}`).join(" · ")) : null,
    run.failures.length ? h("ul", { class: "failures" }, run.failures.map((one) => h("li", {}, one))) : null,
    run.left_out ? h("p", { class: "soft" }, `${run.left_out} further calls are counted but not shown.`) : null,
    h("section", { class: "card" },
      h("div", { class: "tools" },
        h("input", { type: "search", placeholder: "Find a call, number, status …", "aria-label": "Find calls", value: state.search, oninput: (event) => { state.search = event.target.value; list(); } }),
        h("select", { "aria-label": "Status", onchange: (event) => { state.status = event.target.value; list(); } },
          h("option", { value: "" }, "any status"), statuses.map((one) => h("option", { value: one, selected: one === state.status }, one))),
        h("label", { class: "check" }, h("input", { type: "checkbox", checked: state.failing, onchange: (event) => { state.failing = event.target.checked; list(); } }), "failed only"),
        count),
      h("div", { class: "scroll" }, h("table", { class: "calls" }, h("thead", {}, h("tr", {}, heads)), body)), more),
  ];
  list();
  return view;
}

function callView(number) {
  const call = run.calls[number], row = rows[number];
  const details = h("section", { class: "card details", "aria-label": "Message", hidden: true, tabindex: "-1" });
  const split = h("div", { class: "split" });
  const holder = h("div");
  const transit = call.messages.some((one) => isTransit(one.source) || isTransit(one.destination));
  // The nth answer of the SCP carries the nth decision; where messages are missing no one can say, and nothing is linked.
  const answers = call.messages.map((_, index) => index).filter((index) => isAnswer(call.messages[index]));
  const paired = answers.length === call.legs.length;
  const rungOf = (index) => holder.querySelector(`[data-message="${index}"]`);
  function close() { details.hidden = true; split.classList.remove("open"); }
  function toLeg(at) { const leg = document.getElementById("leg" + (at + 1)); leg.scrollIntoView({ block: "start" }); leg.focus({ preventScroll: true }); }
  function toMessage(at) { rungOf(answers[at]).dispatchEvent(new MouseEvent("click")); holder.scrollIntoView({ block: "start" }); }
  function choose(message) {
    const tree = message.tree === undefined || message.tree === null ? null : run.trees[message.tree];
    const leg = paired ? answers.indexOf(message.index) : -1;
    details.replaceChildren(
      h("div", { class: "bar" }, h("h2", {}, message.name), h("button", { type: "button", "aria-label": "Close the message", onclick: close }, "✕")),
      h("p", { class: "soft" }, `${message.source} → ${message.destination} · ${message.protocol} · ${clock(message.at)} after the call was placed` +
        (message.step ? ` · step ${message.step}` : "") + (message.lost ? " · lost" : "")),
      ...(leg < 0 ? [] : [h("button", { type: "button", class: "to-leg", onclick: () => toLeg(leg) }, call.legs.length > 1 ? `↑ The decision, leg ${leg + 1}` : "↑ The decision")]),
      h("ul", { class: "tree" }, (message.fields || []).map(([name, text]) => h("li", {}, h("b", {}, name), h("span", {}, text)))),
      ...(tree ? [h("h3", {}, "Decoded"), h("ul", { class: "tree" }, treeList(tree))] : []),
      ...(message.octets ? [h("h3", {}, "Octets"), h("div", { class: "hex" }, message.octets.replace(/(..)/g, "$1 "))] : []));
    details.hidden = false;
    split.classList.add("open");
    const rung = rungOf(message.index);
    rung.scrollIntoView({ block: "nearest" });
    rung.focus({ preventScroll: true });
  }
  function draw() { holder.replaceChildren(ladder(call, { hops: state.hops, choose })); }
  draw();
  split.append(h("section", { class: "card" }, h("div", { class: "tools" }, h("h2", {}, "Messages"),
    h("span", { class: "soft" }, "time since the message before"),
    transit ? h("label", { class: "check" }, h("input", { type: "checkbox", checked: state.hops, onchange: (event) => { state.hops = event.target.checked; close(); draw(); } }), "show every hop") : null),
    holder), details);
  const used = new Map(); // of this call alone: messages and lost ones on each link
  for (const one of call.messages) {
    const key = [one.source, one.destination].sort().join("\n");
    const count = used.get(key) || { messages: 0, lost: 0 };
    used.set(key, { messages: count.messages + 1, lost: count.lost + (one.lost ? 1 : 0) });
  }
  const step = (by) => h("button", { type: "button", disabled: !run.calls[number + by], onclick: () => openCall(number + by) }, by < 0 ? "‹ previous" : "next ›");
  const record = (title, found) => found ? h("section", { class: "card" }, h("h2", {}, title), facts(named(found))) : null;
  return [
    h("div", { class: "call-head" },
      h("h2", {}, h("span", { class: row.ok ? "good" : "bad", role: "img", "aria-label": row.ok ? "as expected" : "failed" }, row.ok ? "✓ " : "✗ "), "Call " + call.id),
      h("div", { class: "tools" }, h("a", { href: "#calls" }, "all calls"), step(-1), step(1))),
    call.failures.length ? h("ul", { class: "failures" }, call.failures.map((one) => h("li", {}, one))) : null,
    tiles([["from", call.calling], ["dialed", call.dialed], ["placed", row.placed], ["status", call.status],
      ...(call.answered === undefined || call.released === undefined ? [] : [["talk time", ((call.released - call.answered) / 1e9).toFixed(1) + " s"]])]),
    call.brief ? h("p", { class: "soft" }, `Messages and whole decisions are kept of failing calls and of the first ones, ${run.calls.length - run.brief} in all; ain run --ladder --call ${call.id} prints those of this call.`)
      : h("div", { class: "legs" }, call.legs.map((leg, at) => legCard(leg, at, call, paired ? toMessage : null))),
    call.brief ? null : split,
    h("section", { class: "card" }, h("h2", {}, "Facilities and talk path"),
      call.facilities.length ? h("p", {}, call.facilities.map(([kind, id], at) => `leg ${at + 1}: ${kind}${id ? " " + id : ""}`).join(" · ")) : h("p", { class: "soft" }, "No facility was seized."),
      call.talk_path ? h("ol", { class: "path" }, call.talk_path.map((node) => h("li", {}, node))) : null,
      call.brief ? null : topologyPicture(run.topology, used)),
    h("div", { class: "legs" }, record("AMA record", call.ama), record("Virtual SMDR record", call.smdr)),
  ];
}

function isAnswer(message) { return message.protocol === "AIN" && !isTransit(message.source) && /^(AnalyzeRoute|ForwardCall|SendToResource)/.test(message.name); }

function legCard(leg, at, call, toMessage) {
  const { path, steps, route, response, ...rest } = leg;
  const part = (name, record) => record ? [h("h3", {}, name), facts(named(record))] : null;
  return h("section", { class: "card", id: "leg" + (at + 1), tabindex: "-1" },
    h("div", { class: "bar" }, h("h2", {}, call.legs.length > 1 ? `Decision, leg ${at + 1}` : "Decision"),
      toMessage ? h("button", { type: "button", class: "to-message", onclick: () => toMessage(at) }, "↓ Its message") : null),
    h("div", { class: "split-facts" }, h("div", {}, part("Answer", response), part("Route", route)), h("div", {}, part("Found", rest))),
    path ? h("ol", { class: "path", "aria-label": "Steps of the figures" }, path.map((one) => h("li", {}, one))) : null,
    steps && steps.length ? h("details", { open: window.innerWidth >= 1080 }, h("summary", {}, "Rows that decided"), h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Rows that decided, leg ${at + 1}` }, h("table", {},
      h("thead", {}, h("tr", {}, ["Step", "Row", "Found"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, steps.map((one) => h("tr", {}, h("td", { class: "mono" }, plain(one.step)),
        h("td", { class: "mono" }, plain(one.row || one.table)), h("td", { class: "wrap" }, plain(one.found)))))))) : null);
}

function topologyView() {
  return [h("section", { class: "card" }, h("h2", {}, "Topology"),
    h("p", { class: "soft" }, "Green links carry calls, thin ones signalling only; a broken red link lost messages. The figure is the number of messages."),
    topologyPicture(run.topology, null)), associationsCard()];
}

function associationsCard() {
  if (!run.associations.length) return null;
  return h("section", { class: "card" }, h("h2", {}, "SCTP associations"),
    h("p", { class: "soft" }, "One for two neighbours; DATA goes on the stream of its link selection (SLS), management on stream 0."),
    tableOf("SCTP associations", ["Registers (ASP)", "Point code", "Answers", "Point code", "Streams", "DATA on streams", "Messages"],
      run.associations.map((one) => h("tr", {}, [one.registers, one.registers_code, one.answers, one.answers_code].map((text) => h("td", { class: "mono" }, text)),
        h("td", {}, one.streams), h("td", { class: "wrap mono" }, one.used), h("td", {}, one.messages)))));
}

function latencyView() {
  const [curve, bars] = latencyPictures(run.latency);
  return [
    tiles([["answers", run.latency.count], ["mean", span(run.latency.mean)], ...run.latency.percentiles.map(([percent, value]) => [percent === 100 ? "max" : "p" + percent, span(value)])]),
    h("div", { class: "pair" },
      h("section", { class: "card" }, h("h2", {}, "Answer time by percentile"), h("div", { class: "scroll" }, curve)),
      h("section", { class: "card" }, h("h2", {}, "How many answers took how long"), h("div", { class: "scroll" }, bars))),
  ];
}

function facilitiesView() {
  const list = run.facilities.map((one) => ({ facility: one.facility, id: one.id, seizures: one.seizures, "talk time": (one.talk / 1e9).toFixed(1) + " s" }));
  return h("section", { class: "card" }, h("h2", {}, "Facilities used"),
    run.all_busy ? h("p", {}, `${run.all_busy} ${run.all_busy === 1 ? "call" : "calls"} found all circuits busy.`) : null,
    list.length
      ? recordTable(list, "Facilities used", (at) => { state.search = list[at].id || list[at].facility; location.hash = "calls"; })
      : h("p", { class: "soft" }, "None."));
}

function recordsView(key, title) {
  const withOne = run.calls.map((call, number) => [call, number]).filter(([call]) => call[key]);
  return h("section", { class: "card" }, h("h2", {}, title),
    run.left_out ? h("p", {}, `Only of the ${run.calls.length} calls on this page; the run had ${run.calls.length + run.left_out}.`) : null,
    withOne.length ? recordTable(withOne.map(([call]) => ({ call: call.id, ...call[key] })), title, (at) => openCall(withOne[at][1])) : h("p", { class: "soft" }, "None."));
}

const VIEWS = [["calls", "Calls", callsView], ["topology", "Topology", topologyView]];
if (run.latency) VIEWS.push(["latency", "Latency", latencyView]);
VIEWS.push(["facilities", "Facilities", facilitiesView], ["ama", "AMA", () => recordsView("ama", "AMA records")], ["smdr", "SMDR", () => recordsView("smdr", "Virtual SMDR records")]);

function show() {
  const hash = location.hash.slice(1);
  let name = hash, content;
  if (hash.startsWith("call=")) {
    let id = hash.slice(5);
    try { id = decodeURIComponent(id); } catch { /* a hand-made address that is no code: looked up as it stands */ }
    if (callsOf.has(id)) { content = callView(callsOf.get(id)); name = "calls"; }
  }
  const view = VIEWS.find(([key]) => key === name) || VIEWS[0];
  document.getElementById("views").replaceChildren(...VIEWS.map(([key, label]) => h("a", { href: "#" + key, "aria-current": key === view[0] ? "page" : null }, label)));
  main.replaceChildren(...[content || view[2]()].flat(3).filter(Boolean));
  window.scrollTo(0, 0);
}

document.getElementById("theme").addEventListener("click", theme);
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); main.scrollIntoView(); });
window.addEventListener("hashchange", () => { show(); main.focus({ preventScroll: true }); });
show();
