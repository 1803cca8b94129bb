// The fields of the refund form: quantities of the order's lines or an amount, and what goes with either.

import { byId, el } from "../dom.js";
import { decimalMark, decimalFromMinor, formatCount } from "../money.js";
import { FieldErrors, makeField, textsIn } from "../posting/fields.js";
import { fillTime, followTime } from "../posting/time.js";
import { fieldsOf, QUANTITY } from "./refund_body.js";

/** @typedef {import("./refund_body.js").Texts} Texts */

export class RefundForm {
  /**
   * @param {import("../session.js").Merchant} merchant
   * @param {() => void} onChange
   */
  constructor(merchant, onChange) {
    this.merchant = merchant;
    this.onChange = onChange;
    this.order = /** @type {any} */ (null);
    this.by = /** @type {"lines" | "amount"} */ ("lines");
    /** The order's number of each line of the last body. */
    this.rowsOfBody = /** @type {number[]} */ ([]);
    this.whole = byId("refund-fields");
    this.errors = new FieldErrors(byId("refund"), byId("summary-place"), {
      inputAt: (pointer) => this.#inputAt(pointer),
      nameOf: (input) => input.labels?.[0]?.textContent ?? "",
    });
    byId("refund").addEventListener("input", (/** @type {Event} */ event) => {
      this.#changed(/** @type {HTMLInputElement} */ (event.target));
    });
    byId("all-left").addEventListener("click", () => this.#fillAllLeft());
  }

  /**
   * @param {any} order with what remains of it
   * @param {Texts} texts
   */
  fill(order, { by, quantities, whole }) {
    this.order = order;
    this.by = by;
    byId("by-lines").checked = by === "lines";
    byId("by-amount").checked = by === "amount";
    byId("quantities").hidden = by !== "lines";
    byId("quantities").replaceChildren(...this.#quantityRows(quantities));
    this.whole.replaceChildren(...fieldsOf(by).map((field) => makeField(field, whole[field.name] ?? "", this.#hintOf(field))));
    fillTime(this.whole, whole.which ?? "", this.merchant.timezone);
  }

  /**
   * Somebody may be in the middle of it: the focus stays, and so does what is said.
   * @param {any} order as it is by now
   * @param {Texts} texts
   */
  refill(order, texts) {
    const { line, name } = /** @type {HTMLElement} */ (document.activeElement).dataset;
    const isWithin = byId("quantities").contains(document.activeElement) || this.whole.contains(document.activeElement);
    this.fill(order, texts);
    this.errors.follow();
    if (isWithin) byId("entries").querySelector(line ? `[data-line="${line}"]` : `[data-name="${name}"]`)?.focus();
  }

  /** @returns {Texts} */
  texts() {
    const inputs = /** @type {HTMLInputElement[]} */ ([...byId("quantities").querySelectorAll("[data-line]")]);
    const filled = inputs.filter(({ value }) => value !== "");
    return {
      by: this.by,
      quantities: Object.fromEntries(filled.map((input) => [input.dataset.line, input.value])),
      whole: textsIn(this.whole),
    };
  }

  /** @param {boolean} locked while a request is under way or its outcome unknown */
  lock(locked) {
    byId("entries").disabled = locked;
  }

  focusFirst() {
    const first = this.by === "lines" ? byId("quantities").querySelector("input:enabled") : null;
    (first ?? byId(`by-${this.by}`)).focus();
  }

  /** @param {HTMLInputElement} input */
  #changed(input) {
    if (input.name === "by") this.#switch(/** @type {"lines" | "amount"} */ (input.value));
    followTime(this.whole, this.merchant.timezone);
    this.errors.changed(input);
    this.onChange();
  }

  /**
   * Keeps what was typed of either way.
   * @param {"lines" | "amount"} by
   */
  #switch(by) {
    this.fill(this.order, { ...this.texts(), by });
    this.errors.clear();
    byId(`by-${by}`).focus();
  }

  /** @param {Record<string, string>} texts */
  #quantityRows(texts) {
    return this.order.lines.map((/** @type {any} */ line, /** @type {number} */ i) => {
      const left = this.order.remaining.lines[i];
      const hint = left.quantity === 0 ? "none left" : `of ${formatCount(left.quantity)}`;
      const field = makeField({ ...QUANTITY, label: line.name }, texts[line.line] ?? "", hint);
      const input = /** @type {HTMLInputElement} */ (field.querySelector("input"));
      input.dataset.line = String(line.line);
      input.disabled = left.quantity === 0;
      return el("div", { class: "back-line" }, field);
    });
  }

  /** @param {import("../posting/fields.js").Field} field */
  #hintOf({ name, kind }) {
    if (kind === "time") return `In ${this.merchant.timezone}; empty means now.`;
    const left = this.order.remaining[name];
    if (left === undefined) return "";
    const most = `At most ${this.#amountText(left)}`;
    if (name !== "tax" || this.by !== "lines") return `${most}.`;
    const unknown = this.#ownTaxLeft() !== null || left === 0 ? "" : " What of it is the whole order's is not filled in for you.";
    return `${most}, including the tax of the lines.${unknown}`;
  }

  /**
   * @param {number} minor
   * @returns {string} as it can be typed
   */
  #amountText(minor) {
    return decimalFromMinor(minor, this.order.exponent).replace(".", decimalMark());
  }

  /**
   * The server says it of all tax together, and of each line; pages do not subtract.
   * @returns {number | null} minor units of the tax on the whole order; null: not known
   */
  #ownTaxLeft() {
    const { remaining, tax, refunds } = this.order;
    if (refunds.length === 0) return tax;
    const isOnLines = remaining.lines.some((/** @type {any} */ line) => line.quantity > 0 && line.tax > 0);
    if (!isOnLines) return remaining.tax;
    return tax === 0 ? 0 : null;
  }

  /** Everything the server says is left; it computes what that comes to. */
  #fillAllLeft() {
    const { remaining } = this.order;
    const quantities = Object.fromEntries(remaining.lines.filter((/** @type {any} */ { quantity }) => quantity > 0)
      .map((/** @type {any} */ { line, quantity }) => [line, String(quantity)]));
    const { whole } = this.texts();
    const amounts = this.by === "amount"
      ? { goods: remaining.goods, tax: remaining.tax, shipping: remaining.shipping }
      : { tax: this.#ownTaxLeft() ?? 0, shipping: remaining.shipping };
    for (const [name, minor] of Object.entries(amounts)) whole[name] = minor > 0 ? this.#amountText(minor) : "";
    this.fill(this.order, { by: this.by, quantities: this.by === "lines" ? quantities : {}, whole });
    this.errors.clear();
    this.onChange();
  }

  /**
   * What is too much is told as an amount, not in minor units.
   * @param {import("../api.js").FieldError[]} errors
   */
  worded(errors) {
    return errors.map((error) => {
      const [, left] = /^only (\d+) is left$/.exec(error.detail) ?? [];
      if (left === undefined) return error;
      const isUnits = error.pointer?.endsWith("/quantity");
      return { ...error, detail: `Only ${isUnits ? formatCount(Number(left)) : this.#amountText(Number(left))} left.` };
    });
  }

  /**
   * @param {string} pointer JSON pointer into the body
   * @returns {HTMLInputElement | null}
   */
  #inputAt(pointer) {
    const [, line] = /^\/lines\/(\d+)(?:\/|$)/.exec(pointer) ?? [];
    if (line !== undefined) return byId("quantities").querySelector(`[data-line="${this.rowsOfBody[Number(line)]}"]`);
    if (pointer === "/lines") return byId("quantities").querySelector(`[data-line="${this.rowsOfBody[0]}"]`);
    const [, name] = /^\/([a-z_]+)$/.exec(pointer) ?? [];
    return name ? this.whole.querySelector(`[data-name="${name}"]`) : null;
  }
}
