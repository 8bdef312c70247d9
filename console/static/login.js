// One field: the one-time code of the terminal, or a token. Neither ever stands in an address.
import { h, keptTheme, submit } from "./parts.js";

keptTheme();
document.title = "Log in · ain console";
const fault = h("p.fault", { role: "alert", hidden: true });
const code = h("input", { id: "code", name: "code", type: "password", autocomplete: "one-time-code", required: true, autofocus: true, spellcheck: "false" });
const send = submit("Log in");
async function login() {
  const answer = await fetch("/api/login", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ code: code.value }) });
  if (answer.ok) { location.href = "/live"; return; }
  fault.textContent = "Not a valid code or token. A code is good for one login within 10 minutes; restart the console for another one.";
  fault.hidden = false; code.value = ""; code.focus();
}
document.body.append(h("div.login", h("main", { id: "main" }, h("form.card", { onsubmit: login },
  h("header", h("h1", "ain console")),
  h("div.in.form", h("label.field", { for: "code" }, "One-time code or token", code, h("small", "The code stands on the terminal where ain console was started.")), fault, h("div", send))))));
