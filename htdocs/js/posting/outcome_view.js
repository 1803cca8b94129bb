// Says what is not known about a form's request, and what can be done about it.

import { el } from "../dom.js";

/** @typedef {import("./outcome.js").State} State */

export class OutcomeView {
  /**
   * @param {HTMLElement} root an empty place above the form
   * @param {string} noun      what the form makes: "order"
   * @param {import("./outcome.js").Outcome} outcome
   */
  constructor(root, noun, outcome) {
    this.root = root;
    this.noun = noun;
    this.outcome = outcome;
    this.made = "";
  }

  /** @param {State} state */
  show(state) {
    if (state.name === "unknown") this.#put(state.name, this.#unknown(state.why));
    else if (state.name === "absent") this.#put(state.name, this.#absent());
    else if (state.name === "sending" || state.name === "checking") this.#pause(state.name);
    else this.root.replaceChildren();
  }

  /** @param {string} why */
  #unknown(why) {
    const how = this.outcome.find
      ? "Check looks for it under this form's key; it sends nothing again."
      : `Check sends the same ${this.noun} with the same key: one that was stored is shown, one that was not is ` +
        "stored now. There cannot be two.";
    return [
      el("h2", { id: "outcome-title" }, `It is not known whether this ${this.noun} was stored`),
      el("p", {}, why),
      el("p", {}, how),
      button("check", "Check", () => this.outcome.check(), "primary"),
    ];
  }

  #absent() {
    return [
      el("h2", { id: "outcome-title" }, `This ${this.noun} has not been stored`),
      el("p", {}, "Nothing is stored under this form's key. What you send keeps the key: there cannot be two."),
      el("p", { class: "actions" },
        button("send-again", "Record it now", () => this.outcome.again(), "primary"),
        button("reopen", "Change the entries", () => this.outcome.reopen())),
    ];
  }

  /**
   * @param {string} name
   * @param {Node[]} nodes
   */
  #put(name, nodes) {
    const named = { role: "group", "aria-labelledby": "outcome-title" };
    const banner = el("div", { class: "banner amber", id: name, tabindex: "-1", ...named }, ...nodes);
    this.root.replaceChildren(banner);
    banner.focus();
  }

  /** @param {"sending" | "checking"} name */
  #pause(name) {
    for (const each of this.root.querySelectorAll("button")) each.setAttribute("aria-disabled", "true");
    const busy = this.root.querySelector(name === "checking" ? "#check" : "#send-again");
    if (busy) busy.textContent = name === "checking" ? "Checking…" : "Recording…";
  }
}

/**
 * @param {string} id
 * @param {string} label
 * @param {() => void} click
 * @param {string} [look]
 */
function button(id, label, click, look = "") {
  return el("button", { type: "button", id, class: look, click }, label);
}
