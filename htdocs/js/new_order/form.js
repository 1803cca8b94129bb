// The form as a whole: its texts in and out, and where its fields are.

import { byId, fillSelect, setText } from "../dom.js";
import { FieldErrors, makeField, textsIn } from "../posting/fields.js";
import { fillTime, followTime } from "../posting/time.js";
import { WHOLE_FIELDS } from "./body.js";
import { Lines } from "./lines.js";

/** @typedef {import("./body.js").Texts} Texts */

export class OrderForm {
  /**
   * @param {import("../session.js").Merchant} merchant
   * @param {() => void} onChange
   */
  constructor(merchant, onChange) {
    this.merchant = merchant;
    this.root = byId("order");
    this.currency = byId("currency");
    this.whole = byId("whole");
    /** Which row each line of the last body is, by which pointers find their fields. */
    this.rowsOfBody = /** @type {number[]} */ ([]);
    this.errors = new FieldErrors(this.root, byId("summary-place"), {
      inputAt: (pointer) => this.#inputAt(pointer),
      nameOf: (input, pointer) => this.#nameOf(input, pointer),
    });
    this.lines = new Lines(() => {
      this.errors.changed();
      onChange();
    }, () => this.whole.querySelector("input").focus());
    this.root.addEventListener("input", (/** @type {Event} */ event) => {
      followTime(this.whole, merchant.timezone);
      this.errors.changed(/** @type {Element} */ (event.target));
      onChange();
    });
    this.root.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#keyed(event));
  }

  /** @param {Texts} texts */
  fill({ currency, lines, whole }) {
    const { currencies, timezone } = this.merchant;
    fillSelect(this.currency, currencies.map((code) => ({ value: code, label: code })), currency);
    this.currency.disabled = currencies.length === 1;
    this.lines.fill(lines);
    this.whole.replaceChildren(...WHOLE_FIELDS.map((field) => makeField(field, whole[field.name] ?? "",
      field.kind === "time" ? `In ${timezone}; empty means now.` : "")));
    fillTime(this.whole, whole.which ?? "", timezone);
    this.#tellDecimals();
  }

  /** @returns {Texts} */
  texts() {
    this.#tellDecimals();
    return { currency: this.currency.value, whole: textsIn(this.whole), lines: this.lines.texts() };
  }

  /** @param {boolean} locked while a request is under way or its outcome unknown */
  lock(locked) {
    byId("entries").disabled = locked;
  }

  focusFirst() {
    this.lines.focusFirst();
  }

  #tellDecimals() {
    const exponent = this.merchant.exponents[this.currency.value];
    setText(byId("decimals"), exponent === 1 ? "1 decimal" : `${exponent || "no"} decimals`);
  }

  /**
   * Ctrl+Enter sends, from wherever one is. Enter alone does so from nowhere but the button: it is too easily hit.
   * @param {KeyboardEvent} event
   */
  #keyed(event) {
    if (event.key !== "Enter" || event.isComposing) return;
    const modified = event.ctrlKey || event.metaKey;
    if (!modified && !(event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement)) return;
    event.preventDefault();
    if (modified) this.root.requestSubmit();
  }

  /**
   * @param {HTMLInputElement} input
   * @param {string} pointer
   */
  #nameOf(input, pointer) {
    const label = input.labels?.[0]?.textContent ?? "";
    const row = this.#rowOf(pointer);
    return row === null ? label : `Line ${row + 1}, ${label.toLowerCase()}`;
  }

  /**
   * @param {string} pointer
   * @returns {number | null} the form's row that a pointer into a line means
   */
  #rowOf(pointer) {
    const [, line] = /^\/lines\/(\d+)\//.exec(pointer) ?? [];
    return line === undefined ? null : this.rowsOfBody[Number(line)] ?? null;
  }

  /**
   * @param {string} pointer JSON pointer into the body
   * @returns {HTMLInputElement | null}
   */
  #inputAt(pointer) {
    if (pointer === "/currency") return this.currency;
    const [, line, name] = /^(\/lines\/\d+)?\/([a-z_]+)$/.exec(pointer) ?? [];
    const place = line === undefined ? this.whole : this.lines.rows()[this.#rowOf(pointer) ?? -1];
    return place?.querySelector(`[data-name="${name}"]`) ?? null;
  }
}
