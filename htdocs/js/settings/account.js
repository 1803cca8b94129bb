// What everybody may change: their own password; and the end of all their sessions.

import { byId, el, setText } from "../dom.js";
import { FieldErrors, makeField } from "../posting/fields.js";
import { leave } from "../session.js";
import { ask, tellTrouble } from "./ask.js";

const LEAST = 10;
const FIELDS = [
  { name: "current", label: "Current password", fill: "current-password", hint: "" },
  {
    name: "new", label: "New password", fill: "new-password",
    hint: `At least ${LEAST} characters of any kind. Length is what counts.`,
  },
];

export class Account {
  /**
   * @param {import("../api.js").Api} api
   * @param {string} email
   */
  constructor(api, email) {
    this.api = api;
    this.form = byId("password");
    byId("password-user").value = email;
    setText(byId("password-whose"), email);
    byId("password-fields").replaceChildren(
      ...FIELDS.map(({ name, label, hint }) => makeField({ name, label, kind: "text", required: true }, "", hint)),
      this.#showBox());
    for (const { name, fill } of FIELDS) Object.assign(this.#input(name), { type: "password", autocomplete: fill });
    this.errors = new FieldErrors(this.form, byId("password-summary"), {
      inputAt: (pointer) => this.#input(pointer.slice(1)),
      nameOf: (input) => input.labels?.[0]?.textContent ?? "",
    });
    this.form.addEventListener("input", (/** @type {Event} */ event) => {
      this.errors.changed(/** @type {Element} */ (event.target));
    });
    this.form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      void this.#save();
    });
    byId("leave-everywhere").addEventListener("click", () => this.#leaveEverywhere());
  }

  /** @param {string} name */
  #input(name) {
    const known = FIELDS.some((field) => field.name === name);
    return /** @type {any} */ (known ? this.form.querySelector(`[data-name="${name}"]`) : null);
  }

  #showBox() {
    const change = (/** @type {Event} */ event) => {
      const { checked } = /** @type {HTMLInputElement} */ (event.target);
      for (const { name } of FIELDS) this.#input(name).type = checked ? "text" : "password";
    };
    const box = el("input", { type: "checkbox", id: "password-shown", change });
    return el("div", { class: "field" }, el("label", {}, box, " Show both"));
  }

  /** @returns {import("../api.js").FieldError[]} */
  #wrong() {
    const [current, wanted] = FIELDS.map(({ name }) => this.#input(name).value);
    const wrong = [];
    if (current === "") wrong.push({ pointer: "/current", code: "", detail: "The current password is missing." });
    if ([...wanted].length < LEAST) wrong.push({ pointer: "/new", code: "", detail: `It needs at least ${LEAST} characters.` });
    return wrong;
  }

  async #save() {
    const button = byId("password-save");
    if (button.getAttribute("aria-disabled") === "true") return;
    setText(byId("password-done"), "");
    this.errors.clear();
    const wrong = this.#wrong();
    if (wrong.length > 0) return this.errors.tell("Please mend this", wrong);
    button.setAttribute("aria-disabled", "true");
    try {
      const [current, wanted] = FIELDS.map(({ name }) => this.#input(name).value);
      await this.api.put("/v1/me/password", { body: JSON.stringify({ current, new: wanted }) });
      for (const { name } of FIELDS) this.#input(name).value = "";
      setText(byId("password-done"), "Changed. All your other sessions are over.");
    } catch (error) {
      tellTrouble(this.errors, error, "Log in anew, with the new password, or else with the one before.");
    }
    button.removeAttribute("aria-disabled");
  }

  #leaveEverywhere() {
    ask({
      title: "Log out everywhere?",
      body: [el("p", {}, "All your sessions end at once, on all devices, this one too.")],
      does: "Log out everywhere",
      keep: "Stay logged in",
      unsure: "Try again: doing it twice does no harm.",
      act: async () => {
        await this.api.delete("/v1/sessions");
        leave();
      },
    });
  }
}
