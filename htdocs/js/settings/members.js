// Members: who may enter, in which role.

import { byId, el } from "../dom.js";
import { PagedList } from "../paged_list.js";
import { makeField } from "../posting/fields.js";
import { ask, option, secretField } from "./ask.js";

/** @typedef {"owner" | "analyst" | "clerk"} Role */
/** @typedef {{user: string, email: string, role: Role}} Member */

const ROLES = /** @type {{value: Role, label: string, hint: string}[]} */ ([
  { value: "owner", label: "Owner", hint: "Sees and does everything, these settings too." },
  { value: "analyst", label: "Analyst", hint: "Reads figures and orders, and changes nothing." },
  { value: "clerk", label: "Clerk", hint: "Records and reads orders; is shown no figures." },
]);

export class Members {
  /**
   * @param {import("../api.js").Api} api
   * @param {import("../session.js").Merchant} merchant
   * @param {string} self  e-mail address of who is logged in
   * @param {() => void} onChange
   */
  constructor(api, merchant, self, onChange) {
    this.api = api;
    this.merchant = merchant;
    this.self = self;
    this.path = `/v1/merchants/${merchant.id}/members`;
    this.onChange = onChange;
    this.list = new PagedList(api, byId("members"), {
      path: this.path,
      merchant,
      rows: (/** @type {Member} */ member) => this.#row(member),
      empty: () => ["Nobody but the command line may enter."],
    });
    byId("add-member").addEventListener("click", () => this.add());
  }

  /** @param {string} id */
  emailOf(id) {
    return this.list.items.find(({ user }) => user === id)?.email ?? "";
  }

  async #changed() {
    await this.list.reload();
    this.onChange();
  }

  /** @param {Member} member */
  #row(member) {
    const { email, role } = member;
    const button = (/** @type {string} */ words, /** @type {() => void} */ click) =>
      el("button", { type: "button", click }, words, el("span", { class: "hidden" }, ` ${email}`));
    return el("tr", {},
      el("th", { scope: "row", class: "grow" }, email, ...(this.#isMe(member) ? [" ", el("span", { class: "tag" }, "you")] : [])),
      el("td", { "data-label": "Role" }, labelOf(role)),
      el("td", { class: "row-actions" },
        button("Change role", () => this.#changeRole(member)), " ", button("Remove", () => this.#remove(member))));
  }

  /** @param {Member} member */
  #isMe({ email }) {
    return email === this.self;
  }

  /** @param {Member} member */
  #whatFollows(member) {
    return this.#isMe(member) ? "This is you: you are logged out at once." :
      "All their sessions end at once, at every merchant: they log in again.";
  }

  add() {
    const email = makeField({ name: "email", label: "Email", kind: "text" }, "",
      "Somebody who has an account here already keeps their password.");
    const input = /** @type {HTMLInputElement} */ (email.querySelector("input"));
    input.type = "email";
    const roles = roleChoice("clerk");
    return ask({
      kept: "member",
      title: "Add somebody",
      body: [email, roles],
      does: "Add",
      unsure: "Look at the list. Who is there without a password is removed and added again.",
      inputAt: (pointer) => ({ "/email": input, "/role": roles.querySelector("input") })[pointer] ?? null,
      check: () => (input.value.trim() === "" ? [{ pointer: "/email", code: "", detail: "The address is missing." }] : []),
      act: async () => {
        const body = JSON.stringify({ email: input.value.trim(), role: roleIn(roles) });
        const answer = await this.api.post(this.path, { body }).finally(() => void this.#changed());
        return added(answer.body);
      },
    });
  }

  /** @param {Member} member */
  #changeRole(member) {
    const roles = roleChoice(member.role);
    ask({
      title: `Another role for ${member.email}`,
      body: [roles, el("p", { class: "soft" }, this.#whatFollows(member))],
      does: "Change the role",
      unsure: "Look at the list, and try again: doing it twice does no harm.",
      inputAt: (pointer) => (pointer === "/role" ? roles.querySelector("input") : null),
      act: async () => {
        const body = JSON.stringify({ role: roleIn(roles) });
        await this.api.patch(`${this.path}/${member.user}`, { body }).finally(() => void this.#changed());
      },
    });
  }

  /** @param {Member} member */
  #remove(member) {
    ask({
      title: `Remove ${member.email}?`,
      body: [el("p", {}, "They may not enter ", el("bdi", {}, this.merchant.name), " any more. ", this.#whatFollows(member))],
      does: "Remove",
      danger: true,
      keep: "Keep",
      unsure: "Look at the list, and try again: doing it twice does no harm.",
      act: async () => {
        await this.api.delete(`${this.path}/${member.user}`).finally(() => void this.#changed());
      },
    });
  }
}

/** @param {string} role */
export function labelOf(role) {
  return ROLES.find(({ value }) => value === role)?.label ?? role;
}

/** @param {Role} chosen */
function roleChoice(chosen) {
  return el("fieldset", {}, el("legend", {}, "Role"),
    ...ROLES.map((role) => option("radio", "role", { ...role, checked: role.value === chosen })));
}

/** @param {HTMLElement} roles */
function roleIn(roles) {
  return /** @type {HTMLInputElement} */ (roles.querySelector(":checked")).value;
}

/** @param {{member: Member, password: string | null}} answer */
function added({ member, password }) {
  const may = `${member.email} is ${labelOf(member.role).toLowerCase()} now.`;
  if (password === null) {
    return { title: "Added", body: [el("p", {}, `${may} They log in with the password that they have.`)], done: "Close" };
  }
  return {
    title: "Added",
    body: [
      el("p", {}, `${may} This is their password. It is shown this once: pass it on now, and have them change it.`),
      secretField("Password", password),
    ],
    done: "I have passed it on",
  };
}
