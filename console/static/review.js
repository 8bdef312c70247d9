// A change reviewed by its calls: what callers notice, the rows because of which, one call before and after, what nobody reached;
// then the approval of one digest, and the reload that loads exactly that.
import { act, button, faultBox, head, put, read, short, terminal, toQuery, tried, when } from "./main.js";
import { anchor, bullets, card, empty, h, inset, listed, many, mono, number, s, soft, stack, tableOf, tag } from "./parts.js";

const KINDS = { lost: ["complete now, would be refused", "bad"], gained: ["refused now, would complete", "ok"], announcement: ["refused either way, another announcement", "warn"], elsewhere: ["go to another number, route or facility", "warn"], billed: ["billed otherwise", "warn"], reason: ["same answer, other reason", ""] };
const FILL = { bad: "f3", ok: "f4", warn: "f2", "": "f0" }, STATES = { comparing: "", open: "warn", approved: "ok", refused: "bad", failed: "bad" };
const WORDS = { comparing: "comparing calls", open: "waiting for approval", approved: "approved", refused: "refused", failed: "cannot be approved" };

export async function page(main, me, id) { return id === undefined ? list(main, me) : one(main, me, id); }

async function list(main, me) {
  const found = await read("/review"), note = h("div"), more = found.revisions.length + found.uploads.length, changed = found.served !== found.working;
  const old = side("Before", "served", "in use by the SCP"), now = side("After", "working", "on disk now");
  const begin = h("button.main", { type: "button", disabled: !me.may.review || !(changed || more), onclick: async () => {
    begin.disabled = true;
    await tried(note, async () => { location.href = `/review/${(await act("/reviews", { old: old.value, new: now.value })).id}`; });
    begin.disabled = false;
  } }, changed ? "Review this change" : "Review");
  function side(label, value, words) { return h("select", { "aria-label": label }, h("option", { value }, words), found.revisions.map((one) => h("option", { value: `git:${one.commit}` }, `${one.commit.slice(0, 8)} ${one.at.slice(0, 10)} ${one.title.slice(0, 60)}`)), found.uploads.filter((one) => one.kind === "dataset").map((one) => h("option", { value: `upload:${one.sha}` }, `${one.label}, uploaded ${when(one.at)}`))); }
  const file = h("input", { type: "file", "aria-label": "Data set or calls", accept: ".tar,.jsonl" });
  const bring = h("form.tools", { onsubmit: () => { const [one] = file.files; if (one) tried(note, async () => { await put(`/uploads?kind=${one.name.endsWith(".tar") ? "dataset" : "calls"}&label=${encodeURIComponent(one.name)}`, one); location.reload(); }); } }, file, h("button", "Upload"));
  main.append(head("Review a change"),
    stack(h("section.card", inset(h("p", "In use by the SCP: ", h("code", short(found.served)), ". On disk now: ", h("code", short(found.working)), ". ", changed ? tag("changed", "warn") : tag("the same", "ok"), found.errors ? tag(many(found.errors, "error"), "bad") : ""),
      changed ? h("p", `Every call of ${many(found.corpora.length, "collection")}, and calls made from the changed rows themselves, will be decided with both.`) : h("p.soft", "Edit a table of the data set with any editor, then come back: the calls that the change decides otherwise are shown here."), more ? h("div.tools", h("label.field", h("span", "Before"), old), h("label.field", h("span", "After"), now)) : "", h("div", begin), note)),
    me.may.run ? card("Uploads", "a data set (tar) for one side, query lines (.jsonl) to compare", null, inset(bring, found.uploads.map((one) => h("div.tools", tag(one.kind), one.label, soft(when(one.at)), button("Delete", () => tried(note, async () => { await act(`/captures/${one.sha}`, {}, "DELETE"); location.reload(); })))))) : "",
    listed("Reviews", "", ["Review", "Change", "State", "By", "Began"], found.rows.map((row) => [anchor(`/review/${row.id}`, row.id), mono(`${short(row.before)} → ${short(row.after)}`), tag(WORDS[row.state], STATES[row.state]), row.by, when(row.began)]), "No review yet.")),
    terminal("ain review OLD NEW --calls calls.jsonl", "/review"));
}

async function one(main, me, id) {
  let review = await read(`/review/${id}`), open = null, wanted = null, chain = Promise.resolve();
  const holder = h("div"), foot = h("div.foot"), comment = h("input", { placeholder: "Why this change", "aria-label": "Why this change", maxlength: 1000 });
  const title = h("div.head");
  main.append(title, holder, foot, terminal(`${review.command} --json`, `/review/${id}`));
  draw();
  while (review.state === "comparing") { await new Promise((done) => setTimeout(done, 300)); review = await read(`/review/${id}`); draw(); }

  async function send(path, body) { try { review = await act(`/reviews/${id}/${path}`, body); if (wanted && review.state === "open") Object.assign(review, wanted); draw(); } catch (fault) { foot.querySelector(".fault")?.remove(); foot.append(faultBox(fault)); } }
  function draw() {
    const result = review.result, served = review.served === review.after;
    title.replaceChildren(h("h1", "Review a change"), h("span", h("code", short(review.before)), " → ", h("code", short(review.after))), tag(WORDS[review.state], STATES[review.state]), served ? tag("in use now", "ok") : "");
    if (!result) { holder.replaceChildren(h("section.card", h("div.empty", review.state === "comparing" ? h("p", { role: "status" }, `${number(review.compared)} calls compared …`) : h("div.fault", review.why, findings("new").length ? bullets(findings("new").slice(0, 20).map((found) => `${found.file}:${found.line}: ${found.text} (${found.rule})`)) : null)))); foot.hidden = true; return; }
    foot.hidden = false; open ||= result.groups[0]?.key || null;
    holder.replaceChildren(verdicts(result), h("div.grid", h("div.c4", card("Calls decided otherwise", number(result.changed), null, result.groups.length ? groups(result) : empty("No compared call is decided otherwise."))), h("div.c8.stack", detail(result), unreached(result), findingsCard())));
    drawFoot(served);
  }
  function findings(which) { return review.problems[which] || []; }
  function verdicts(result) {
    const files = new Set(result.changes.map((row) => row.file)).size;
    const cells = [[result.changes.length, `rows changed in ${files} file${files === 1 ? "" : "s"}`, ""], [result.compared, "calls compared", ""], [result.probes, "calls made from the change", ""], ...Object.entries(KINDS).map(([kind, [text, tone]]) => [result.kinds[kind], text, result.kinds[kind] ? tone : ""])];
    return h("div.verdicts", cells.map(([figure, text, tone]) => h("div", { class: `verdict ${tone}` }, h("b", number(figure)), h("span", text))));
  }
  function groups(result) {
    const most = Math.max(...result.groups.map((group) => group.count));
    return h("ul.groups", result.groups.map((group) => h("li", { class: group.key === open ? "open" : null }, h("button", { type: "button", "aria-current": String(group.key === open), onclick: () => { open = group.key; draw(); } }, h("span.t", group.title), h("span.c", number(group.count)), h("span.w", group.what || KINDS[group.kind][0]),
      s("svg.share", { viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" }, s("rect.f0", { width: 100, height: 4, opacity: 0.35 }), s("rect", { class: FILL[KINDS[group.kind][1]], width: group.count / most * 100, height: 4 }))),
      h("label.check.seen", h("input", { type: "checkbox", checked: review.seen.includes(group.key), disabled: review.state !== "open", "aria-label": `${group.title}: looked at`, onchange: (event) => mark(event.target.checked ? [...review.seen, group.key] : review.seen.filter((one1) => one1 !== group.key), review.accepted) }), h("span", { "aria-hidden": "true" }, "seen")))));
  }
  // Marks are sent one after the other; what was clicked meanwhile is not undone by an answer to an earlier click.
  function mark(seen, accepted) {
    wanted = { seen, accepted }; Object.assign(review, wanted);
    const mine = wanted;
    chain = chain.then(() => (mine === wanted ? send("seen", mine) : null));
  }
  function detail(result) {
    const group = result.groups.find((one1) => one1.key === open);
    if (!group) return null;
    const { before, after } = group.example, query = group.example.query.query;
    const link = `/explain?${toQuery({ ds: review.after, from: query.calling_party, dial: query.dialed, access_code: query.access_code, at: query.time, called: query.called_party, original_called: query.original_called_party, original_non: query.original_called_non })}`;
    return h("section.card", h("header", h("h2", group.title), tag(`${number(group.count)} calls`, KINDS[group.kind][1]), group.probes ? soft(`${number(group.probes)} of them made from the change`) : null), h("div.in.stack",
      stack(h("h3", "Because of"), group.rows.length ? diff(group.rows.map((at) => result.changes[at])) : h("p.soft", "No single row is named by the decision: it follows from the changed tables together.")),
      stack(h("h3", "One of them ", h("a.row-link", { href: link }, `${group.example.id}: ${query.calling_party || "nobody"} dialed ${query.access_code ? query.access_code + "+" : ""}${query.dialed || query.original_called_party || ""}`)), compare(before, after)), told(before.told, after.told)));
  }
  function diff(rows) {
    const files = new Map();
    for (const row of rows) files.set(row.file, [...(files.get(row.file) || []), row]);
    return h("div.diff", { role: "region", tabindex: "0", "aria-label": "Rows that changed" }, [...files].map(([file, list1]) => [h("div.file", file), list1.map((row) => [line("del", "−", "removed", row.line, row.before, row.after), line("add", "+", "added", row.after_line, row.after, row.before)])]));
  }
  function line(kind, sign, word, at, text, other) { return text === null || text === undefined ? null : h("div", { class: kind }, h("i", at), h("span", { "aria-label": word, role: "img" }, sign), h("span", marked(text, other))); }
  function marked(text, other) {
    if (!other) return text;
    let from = 0, to = 0;
    while (from < text.length && text[from] === other[from]) from += 1;
    while (to < text.length - from && to < other.length - from && text[text.length - 1 - to] === other[other.length - 1 - to]) to += 1;
    return [text.slice(0, from), h("mark", text.slice(from, text.length - to)), to ? text.slice(-to) : ""];
  }
  // Both ways side by side, step by step: what only one of them has stands against "not asked".
  function compare(before, after) {
    const rows = [], key = (step) => step.step, old = [...before.steps], now = [...after.steps];
    while (old.length || now.length) {
      if (old.length && now.length && key(old[0]) === key(now[0])) rows.push([old.shift(), now.shift()]);
      else if (old.length && !now.some((step) => key(step) === key(old[0]))) rows.push([old.shift(), null]);
      else if (now.length && !old.some((step) => key(step) === key(now[0]))) rows.push([null, now.shift()]);
      else rows.push([old.shift() || null, null]);
    }
    const cell = (step, differs) => h("td", { class: differs ? (step ? "differs" : "absent") : null }, step ? step.found || "–" : "not asked");
    return tableOf("Step by step before and after", ["Step", ["Before ", tag(short(review.before))], ["After ", tag(short(review.after))]],
      rows.map(([a, b]) => { const differs = a?.found !== b?.found; return [h("th.no", { scope: "row" }, (a || b).step), cell(a, differs && !a), cell(b, differs)]; }));
  }
  function told(before, after) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return tableOf("What the switch is told", ["What the switch is told", "before", "after"], names.map((name) => [h("th", { scope: "row" }, name), mono(before[name] || "—"), h("td", { class: `mono${before[name] === after[name] ? "" : " differs"}` }, after[name] || "—")]));
  }
  function unreached(result) {
    return card("Rows no compared call reaches", "", tag(`${result.unreached.length} of ${result.changes.length}`, result.unreached.length ? "warn" : "ok"), inset(result.unreached.length ? [h("p.note", "A row without a call is a change nobody has tried. Accept each by name, or compare calls that reach it."), result.unreached.map((at) => { const row = result.changes[at], name = `${row.file}:${row.after_line || row.line}`; return h("label.check", h("input", { type: "checkbox", checked: review.accepted.includes(at), disabled: review.state !== "open", onchange: (event) => mark(review.seen, event.target.checked ? [...review.accepted, at] : review.accepted.filter((one1) => one1 !== at)) }), h("span", h("code", name), ` ${row.after ?? `removed: ${row.before}`}`)); })] : h("p.soft", "Every changed row decided at least one compared call.")));
  }
  function findingsCard() {
    const item = (word) => (found) => h("p", tag(`${word} ${found.severity}`, word === "gone" ? "ok" : found.severity === "error" ? "bad" : "warn"), " ", h("code", `${found.file}:${found.line}`), ` ${found.text} `, soft(`(${found.rule})`));
    const all = [...findings("new").map(item("new")), ...findings("gone").map(item("gone"))];
    return card("Findings", "what the check says of one of the two only", null, inset(all.length ? all : h("p.soft", "The check says the same of both.")));
  }
  function drawFoot(served) {
    const ready = review.hindrances.length === 0, loads = review.loads.slice(-4).map((load) => h("div", { class: load.ok ? "soft" : "fault", role: "status" }, `${load.scp}: ${load.ok ? `loaded ${short(load.digest)}, ${load.text}` : `not loaded: ${load.text}`}`, load.problems?.length ? bullets(load.problems.slice(0, 5)) : null));
    if (review.state === "open") foot.replaceChildren(h("div.grow", h("b", ready ? "Everything was looked at" : "Not to be approved yet"), h("div.soft", ready ? "What is approved is the digest; the SCP loads exactly that or nothing." : review.hindrances.join("; "))), comment,
      button("Refuse", () => send("verdict", { verdict: "refuse", comment: comment.value }), { disabled: !me.may.approve }), button("Approve", () => send("verdict", { verdict: "approve", comment: comment.value }), { class: ready ? "main" : null, disabled: !ready || !me.may.approve }));
    else foot.replaceChildren(h("div.grow", h("b", `${WORDS[review.state]} by ${review.approved_by}`), h("div.soft", `${when(review.approved_at)} UTC${review.comment ? `: ${review.comment}` : ""}`), loads),
      ...(review.state === "approved" ? [button(`Reload ${review.scps.map((scp) => scp.name).join(", ") || "(no SCP)"}`, () => send("reload", {}), { class: served ? null : "main", disabled: served }), served ? button(`Back to ${short(review.before)}`, () => send("reload", { back: true })) : ""] : []));
  }
}
