// The form as a whole: its texts in and out, and what is wrong with them, beside the fields and in the summary on top.

import { byId, el, fillSelect, setText } from "../dom.js";
import { WHOLE_FIELDS } from "./body.js";
import { makeField, markField, textsIn } from "./fields.js";
import { Lines } from "./lines.js";

/** @typedef {import("./draft.js").Draft} Draft */
/** @typedef {import("../api.js").FieldError} FieldError */

export class OrderForm {
  /**
   * @param {import("../session.js").Merchant} merchant
   * @param {() => void} onChange
   */
  constructor(merchant, onChange) {
    this.merchant = merchant;
    this.root = byId("order");
    this.currency = byId("currency");
    this.told = /** @type {{input: Element, item: Element}[]} */ ([]); // fields that the summary names
    this.lines = new Lines(() => {
      this.#untell();
      onChange();
    });
    this.root.addEventListener("input", (/** @type {Event} */ event) => {
      const input = /** @type {Element} */ (event.target);
      markField(input, "");
      this.#untell(input);
      onChange();
    });
  }

  /** @param {Draft} draft */
  fill(draft) {
    fillSelect(this.currency, this.merchant.currencies.map((code) => ({ value: code, label: code })), draft.currency);
    this.lines.fill(draft.lines);
    byId("whole").replaceChildren(...WHOLE_FIELDS.map((field) => makeField(field, draft.whole[field.name] ?? "",
      field.kind === "time" ? `In ${this.merchant.timezone}; empty means now.` : "")));
  }

  /** @returns {Pick<Draft, "currency" | "whole" | "lines">} */
  texts() {
    return { currency: this.currency.value, whole: textsIn(byId("whole")), lines: this.lines.texts() };
  }

  /** @param {boolean} locked while a request is under way or its outcome unknown */
  lock(locked) {
    byId("entries").disabled = locked;
  }

  focusFirst() {
    this.root.querySelector("#lines input").focus();
  }

  clearErrors() {
    for (const input of this.root.querySelectorAll("[aria-invalid]")) markField(input, "");
    byId("summary").hidden = true;
  }

  /**
   * Marks the fields that are wrong; whatever belongs to no field is left to the summary.
   * @param {FieldError[]} errors
   */
  mark(errors) {
    for (const error of errors) {
      const input = this.#inputAt(error.pointer ?? "");
      if (input) markField(input, sentence(error.detail));
    }
  }

  /**
   * @param {string} title
   * @param {FieldError[]} errors
   * @param {string} [requestId]
   */
  showSummary(title, errors, requestId = "") {
    setText(byId("summary-title"), title);
    const items = errors.map((error) => el("li", {}, this.#summaryEntry(error)));
    this.told = errors.flatMap((error, i) => {
      const input = this.#inputAt(error.pointer ?? "");
      return input ? [{ input, item: items[i] }] : [];
    });
    byId("summary-list").replaceChildren(...items);
    setText(byId("summary-request"), requestId ? `Request ${requestId}` : "");
    byId("new-key").hidden = !errors.some(({ code }) => code === "idempotency_key_reused");
    byId("summary").hidden = false;
    byId("summary").focus();
  }

  /**
   * Takes out of the summary what it says of a field that was changed or is gone; an empty summary goes.
   * @param {Element} [changed]
   */
  #untell(changed) {
    const mended = this.told.filter(({ input }) => input === changed || !input.isConnected);
    if (mended.length === 0) return;
    this.told = this.told.filter((entry) => !mended.includes(entry));
    for (const { item } of mended) item.remove();
    byId("summary").hidden = byId("summary-list").childElementCount === 0;
  }

  /**
   * @param {FieldError} error
   * @returns {Node | string} a link to its field, where it has one
   */
  #summaryEntry(error) {
    const input = this.#inputAt(error.pointer ?? "");
    if (!input) return sentence(error.detail);
    const [, line] = /^\/lines\/(\d+)\//.exec(error.pointer ?? "") ?? [];
    const label = input.labels?.[0]?.textContent ?? "";
    const where = line === undefined ? label : `Line ${Number(line) + 1}, ${label.toLowerCase()}`;
    const goThere = (/** @type {Event} */ event) => {
      event.preventDefault();
      input.focus();
    };
    return el("a", { href: `#${input.id}`, click: goThere }, `${where}: ${sentence(error.detail)}`);
  }

  /**
   * @param {string} pointer JSON pointer into the body
   * @returns {HTMLInputElement | null}
   */
  #inputAt(pointer) {
    if (pointer === "/currency") return this.currency;
    const [, line, name] = /^(?:\/lines\/(\d+))?\/([a-z_]+)$/.exec(pointer) ?? [];
    const place = line === undefined ? byId("whole") : this.lines.rows()[Number(line)];
    return place?.querySelector(`[data-name="${name}"]`) ?? null;
  }
}

/**
 * @param {string} words
 * @returns {string} with a capital and a full stop
 */
function sentence(words) {
  const text = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
