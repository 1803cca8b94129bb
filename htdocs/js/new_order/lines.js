// The rows of the order's lines.

import { byId, el } from "../dom.js";
import { makeField, textsIn } from "../posting/fields.js";
import { isBlank, LINE_FIELDS } from "./body.js";

const MOST_LINES = 200;

export class Lines {
  /**
   * @param {() => void} onChange a row came or went
   * @param {() => void} onEnd    Enter in a last row that is empty: there are no more lines
   */
  constructor(onChange, onEnd) {
    this.root = byId("lines");
    this.onChange = onChange;
    this.onEnd = onEnd;
    this.adder = byId("add-line");
    this.adder.addEventListener("click", () => this.#add());
    this.root.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#keyed(event));
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

  focusFirst() {
    this.root.querySelector("input").focus();
  }

  /**
   * Enter goes on to the next row, and makes it when there is none; with Ctrl it is the form's.
   * @param {KeyboardEvent} event
   */
  #keyed(event) {
    const input = /** @type {HTMLElement} */ (event.target);
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing || !input.dataset.name) return;
    event.preventDefault();
    const row = /** @type {HTMLElement} */ (input.closest(".line"));
    const next = /** @type {HTMLElement | null} */ (row.nextElementSibling);
    if (next) next.querySelector("input")?.focus();
    else if (isBlank(textsIn(row))) this.onEnd();
    else if (!this.adder.disabled) this.#add();
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
