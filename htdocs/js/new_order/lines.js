// The rows of the order's lines.

import { byId, el } from "../dom.js";
import { LINE_FIELDS } from "./body.js";
import { makeField, textsIn } from "./fields.js";

const MOST_LINES = 200;

export class Lines {
  /** @param {() => void} onChange a row came or went */
  constructor(onChange) {
    this.root = byId("lines");
    this.onChange = onChange;
    this.adder = byId("add-line");
    this.adder.addEventListener("click", () => this.#add());
  }

  /** @param {Record<string, string>[]} lines */
  fill(lines) {
    this.root.replaceChildren(...lines.map((texts) => this.#row(texts)));
    this.#number();
  }

  /** @returns {HTMLElement[]} */
  rows() {
    return [...this.root.children];
  }

  /** @returns {Record<string, string>[]} */
  texts() {
    return this.rows().map(textsIn);
  }

  #add() {
    const row = this.#row({});
    this.root.append(row);
    this.#number();
    this.onChange();
    row.querySelector("input").focus();
  }

  /** @param {HTMLElement} row */
  #remove(row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    this.#number();
    this.onChange();
    next?.querySelector("input")?.focus();
  }

  /** @param {Record<string, string>} texts */
  #row(texts) {
    const row = el("fieldset", { class: "line" }, el("legend", { class: "hidden" }),
      ...LINE_FIELDS.map((field) => makeField(field, texts[field.name] ?? "")),
      el("button", { type: "button", class: "plain remove", click: () => this.#remove(row) }, "Remove"));
    return row;
  }

  #number() {
    const rows = this.rows();
    rows.forEach((row, i) => {
      /** @type {HTMLElement} */ (row.querySelector("legend")).textContent = `Line ${i + 1}`;
      const remove = /** @type {HTMLButtonElement} */ (row.querySelector(".remove"));
      remove.setAttribute("aria-label", `Remove line ${i + 1}`);
      remove.disabled = rows.length === 1;
    });
    this.adder.disabled = rows.length >= MOST_LINES;
  }
}
