// Who is logged in, and the way out.
import { act, head } from "./main.js";
import { card, facts, h } from "./parts.js";

export async function page(main, me) {
  main.append(head("You"), card("Session", "", null, h("div", { class: "in stack" }, facts([["name", me.name], ["role", me.role], ["may start runs", me.may.run ? "yes" : "no"], ["may ask for reviews", me.may.review ? "yes" : "no"], ["may approve", me.may.approve ? "yes" : "no"]]),
    h("p", {}, "Keys: ", h("kbd", {}, "/"), " find, ", h("kbd", {}, "t"), " light or dark, ", h("kbd", {}, "["), " ", h("kbd", {}, "]"), " previous and next call."), h("div", {}, h("button", { type: "button", onclick: async () => { await act("/logout", {}); location.href = "/login"; } }, "Log out")))));
}
