// API keys: made with their scopes and an end, shown once, revoked for good.

import { byId, el } from "../dom.js";
import { PagedList } from "../paged_list.js";
import { shortDayText } from "../zone.js";
import { ask, secretField } from "./ask.js";
import { KeyForm, scopeLabel } from "./key_form.js";

/**
 * @typedef {object} Key
 * @property {string} id
 * @property {string | null} name
 * @property {string[]} scopes
 * @property {string} created_at
 * @property {string | null} expires_at
 * @property {string | null} last_used_at
 * @property {string | null} revoked_at
 */

export class Keys {
  /**
   * @param {import("../api.js").Api} api
   * @param {import("../session.js").Merchant} merchant
   * @param {() => void} onChange
   */
  constructor(api, merchant, onChange) {
    this.api = api;
    this.merchant = merchant;
    this.path = `/v1/merchants/${merchant.id}/keys`;
    this.onChange = onChange;
    this.list = new PagedList(api, byId("keys"), {
      path: this.path,
      merchant,
      limit: 20,
      rows: (/** @type {Key} */ key) => this.#row(key),
      empty: () => ["No key yet. Tills, web shops and scripts send orders and read figures with one."],
    });
    byId("add-key").addEventListener("click", () => this.make());
  }

  /** @param {string} id */
  nameOf(id) {
    return this.list.items.find((key) => key.id === id)?.name ?? id;
  }

  async #changed() {
    await this.list.reload();
    this.onChange();
  }

  /** @param {Key} key */
  #row(key) {
    const [over, state] = stateOf(key, Date.now());
    const { timezone: zone } = this.merchant;
    const day = (/** @type {string | null} */ at, absent = "") => (at ? shortDayText(Date.parse(at), zone) : absent);
    const revoke = el("button", { type: "button", click: () => this.#revoke(key) },
      "Revoke", el("span", { class: "hidden" }, " ", nameNode(key)));
    return el("tr", { class: over ? "over" : "" },
      el("th", { scope: "row", class: "grow" }, el("strong", {}, nameNode(key)), state ? " " : "", state,
        el("div", { class: "soft" }, key.scopes.map(scopeLabel).join(", ")), el("code", { class: "soft" }, key.id)),
      el("td", { "data-label": "Made" }, day(key.created_at)),
      el("td", { "data-label": "Last used" }, day(key.last_used_at, "not noted")),
      el("td", { "data-label": "Ends" }, day(key.revoked_at ?? key.expires_at, "never")),
      el("td", { class: "row-actions" }, ...(key.revoked_at ? [] : [revoke])));
  }

  make() {
    const form = new KeyForm(this.merchant.timezone);
    return ask({
      kept: "key",
      title: "Make an API key",
      body: form.nodes,
      does: "Make the key",
      unsure: "Look at the list: revoke a key whose secret you have not seen, and make another.",
      inputAt: (pointer) => form.inputAt(pointer),
      check: () => form.wrong(),
      act: async () => {
        const answer = await this.api.post(this.path, { body: form.body() }).finally(() => void this.#changed());
        return made(answer.body.secret);
      },
    });
  }

  /** @param {Key} key */
  #revoke(key) {
    ask({
      title: ["Revoke ", nameNode(key), "?"],
      body: [el("p", {}, "Whoever uses it is refused from then on, at once. It cannot be taken back.")],
      does: "Revoke it",
      danger: true,
      keep: "Keep it",
      unsure: "Try again: a key that is revoked already stays so.",
      act: async () => {
        await this.api.delete(`${this.path}/${key.id}`).finally(() => void this.#changed());
      },
    });
  }
}

/** @param {string} secret */
function made(secret) {
  return {
    title: "The key is made",
    body: [
      el("p", {}, "This is its secret. It is shown this once, and nobody can look it up later: store it now."),
      secretField("Secret", secret),
      el("p", { class: "soft" }, "Send it as ", el("code", {}, "Authorization: Bearer …"), "."),
    ],
    done: "I have stored it",
  };
}

/** @param {Key} key */
function nameNode(key) {
  return el("bdi", {}, key.name ?? "Without a name");
}

/**
 * @param {Key} key
 * @param {number} now
 * @returns {[boolean, Node | string]} whether it is over, and a tag
 */
function stateOf(key, now) {
  if (key.revoked_at) return [true, el("span", { class: "tag" }, "revoked")];
  if (key.expires_at && Date.parse(key.expires_at) <= now) return [true, el("span", { class: "tag" }, "expired")];
  return [false, ""];
}
