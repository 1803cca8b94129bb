// The fields of a form that posts something: label, input, and the place beside it for what is wrong; and the summary
// on top of all that is wrong.

import { el, setText } from "../dom.js";
import { sentence } from "../problem_text.js";

/**
 * @typedef {object} Field
 * @property {string} name     as the API calls it
 * @property {string} label
 * @property {"text" | "area" | "money" | "count" | "time" | "choice"} kind
 * @property {boolean} [required]
 * @property {number} [longest] characters
 */

/** @typedef {import("../api.js").FieldError} FieldError */

let made = 0;

/**
 * @param {Field} field
 * @param {string} text
 * @param {string} [hint]
 * @returns {HTMLElement} a `.field` whose input carries the field's name in `data-name`
 */
export function makeField(field, text, hint = "") {
  const id = `field-${++made}`;
  const input = el(TAGS[field.kind] ?? "input", {
    id,
    "data-name": field.name,
    "aria-describedby": `${id}-hint ${id}-trouble`,
    "aria-required": String(field.required === true),
    autocomplete: "off",
    ...ATTRIBUTES[field.kind],
  });
  input.value = text;
  return el("div", { class: `field ${field.kind} ${field.name}` },
    el("label", { for: id }, field.label),
    input,
    el("p", { class: "hint soft", id: `${id}-hint` }, hint),
    el("p", { class: "trouble", id: `${id}-trouble` }));
}

/** @type {Partial<Record<Field["kind"], string>>} */
const TAGS = { area: "textarea", choice: "select" };

/**
 * No maxlength: it would cut what is pasted, and counts an emoji twice. What is too long is said instead.
 * @type {Record<Field["kind"], Record<string, string>>}
 */
const ATTRIBUTES = {
  text: {},
  area: { rows: "2" },
  money: { inputmode: "decimal" },
  count: { inputmode: "numeric" },
  time: { type: "datetime-local", step: "1" },
  choice: {},
};

/**
 * @param {Element} root
 * @returns {Record<string, string>} the texts of the fields in it, without the empty ones
 */
export function textsIn(root) {
  const inputs = /** @type {HTMLInputElement[]} */ ([...root.querySelectorAll("[data-name]")]);
  return Object.fromEntries(inputs.map((input) => [input.dataset.name, input.value]).filter(([, text]) => text !== ""));
}

/**
 * @param {any} texts
 * @returns {boolean} whether textsIn() may have given these
 */
export function areTexts(texts) {
  return typeof texts === "object" && texts !== null && Object.values(texts).every((text) => typeof text === "string");
}

/**
 * @param {string} text
 * @param {number} longest characters as the API counts them, which are Unicode's
 * @returns {string} what is wrong; "" when it fits
 */
export function lengthTrouble(text, longest) {
  const length = [...text].length;
  return length > longest ? `At most ${longest} characters; these are ${length}.` : "";
}

/**
 * @param {Element} input
 * @param {string} words "" takes the mark away
 */
export function markField(input, words) {
  const trouble = document.getElementById(`${input.id}-trouble`);
  if (trouble) setText(trouble, words);
  if (words) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

/** What is wrong with a form: beside the fields, and in a summary on top, which takes the focus. */
export class FieldErrors {
  /**
   * @param {HTMLElement} form
   * @param {HTMLElement} summary an empty place on top of it
   * @param {object} where
   * @param {(pointer: string) => HTMLInputElement | null} where.inputAt  the input of that JSON pointer into the body
   * @param {(input: HTMLInputElement, pointer: string) => string} where.nameOf  as the summary calls it
   */
  constructor(form, summary, { inputAt, nameOf }) {
    this.form = form;
    this.summary = summary;
    this.inputAt = inputAt;
    this.nameOf = nameOf;
    /** @type {{pointer: string, input: Element, item: Element}[]} fields that the summary names */
    this.told = [];
  }

  clear() {
    for (const input of this.form.querySelectorAll("[aria-invalid]")) markField(input, "");
    this.told = [];
    this.summary.replaceChildren();
  }

  /**
   * Marks the fields that are wrong; whatever belongs to no field is left to the summary.
   * @param {FieldError[]} errors
   */
  mark(errors) {
    for (const { pointer, detail } of errors) {
      const input = this.inputAt(pointer ?? "");
      if (input) markField(input, sentence(detail));
    }
  }

  /**
   * @param {string} title
   * @param {FieldError[]} errors
   * @param {{requestId?: string, actions?: Node[]}} [more]
   */
  tell(title, errors, { requestId = "", actions = [] } = {}) {
    this.mark(errors);
    const items = errors.map((error) => el("li", {}, this.#entry(error)));
    this.told = errors.flatMap(({ pointer = "" }, i) => {
      const input = this.inputAt(pointer);
      return input ? [{ pointer, input, item: items[i] }] : [];
    });
    const nodes = [el("h2", { id: "summary-title" }, title), el("ul", {}, ...items)];
    if (requestId) nodes.push(el("p", { class: "soft" }, "Request ", el("code", {}, requestId)));
    if (actions.length > 0) nodes.push(el("p", { class: "actions" }, ...actions));
    const banner = el("div", {
      class: "banner", id: "summary", tabindex: "-1", role: "group", "aria-labelledby": "summary-title",
    }, ...nodes);
    this.summary.replaceChildren(banner);
    banner.focus();
  }

  /**
   * Takes away what is said of a field that was changed or is gone; an empty summary goes.
   * @param {Element} [changed]
   */
  changed(changed) {
    if (changed) markField(changed, "");
    const mended = this.told.filter(({ input }) => input === changed || !input.isConnected);
    if (mended.length === 0) return;
    this.told = this.told.filter((entry) => !mended.includes(entry));
    for (const { item } of mended) item.remove();
    if (!this.summary.querySelector("li")) this.summary.replaceChildren();
  }

  /** The inputs were made anew: what the summary says is said of them. */
  follow() {
    for (const entry of this.told) entry.input = this.inputAt(entry.pointer) ?? entry.input;
  }

  /**
   * @param {FieldError} error
   * @returns {Node | string} a link to its field, where it has one
   */
  #entry({ pointer = "", detail }) {
    const input = this.inputAt(pointer);
    if (!input) return sentence(detail);
    const goThere = (/** @type {Event} */ event) => {
      event.preventDefault();
      this.inputAt(pointer)?.focus();
    };
    const name = el("bdi", {}, `${this.nameOf(input, pointer)}:`);
    return el("a", { href: `#${input.id}`, click: goThere }, name, ` ${sentence(detail)}`);
  }
}
