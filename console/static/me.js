// Who is logged in, and the way out.
import { act, button, head } from "./main.js";
import { card, facts, h, inset } from "./parts.js";

export async function page(main, me) {
  main.append(head("You"), card("Session", "", null, inset(facts([["name", me.name], ["role", me.role], ["may start runs", me.may.run ? "yes" : "no"], ["may ask for reviews", me.may.review ? "yes" : "no"], ["may approve", me.may.approve ? "yes" : "no"]]),
    h("p", "Keys: ", h("kbd", "/"), " find, ", h("kbd", "t"), " light or dark, ", h("kbd", "["), " ", h("kbd", "]"), " previous and next call."), h("div", button("Log out", async () => { await act("/logout", {}); location.href = "/login"; })))));
}
