// The form's fields on the page: label, input, and the place beside it for what is wrong.

import { el, setText } from "../dom.js";

/** @typedef {import("./body.js").Field} Field */

let made = 0;

/**
 * @param {Field} field
 * @param {string} text
 * @param {string} [hint]
 * @returns {HTMLElement} a `.field` whose input carries the field's name in `data-name`
 */
export function makeField(field, text, hint = "") {
  const id = `field-${++made}`;
  const input = el(field.kind === "area" ? "textarea" : "input", {
    id,
    "data-name": field.name,
    "aria-describedby": `${id}-hint ${id}-trouble`,
    "aria-required": String(field.required === true),
    autocomplete: "off",
    ...kindAttributes(field),
  });
  input.value = text;
  return el("div", { class: `field ${field.kind} ${field.name}` },
    el("label", { for: id }, field.label),
    input,
    el("p", { class: "hint soft", id: `${id}-hint` }, hint),
    el("p", { class: "trouble", id: `${id}-trouble` }));
}

/**
 * @param {Field} field
 * @returns {Record<string, string>}
 */
function kindAttributes({ kind, longest }) {
  if (kind === "time") return { type: "datetime-local", step: "1" };
  if (kind === "money") return { inputmode: "decimal" };
  if (kind === "count") return { inputmode: "numeric" };
  return { maxlength: String(longest), ...(kind === "area" ? { rows: "2" } : {}) };
}

/**
 * @param {Element} root
 * @returns {Record<string, string>} the texts of the fields in it, without the empty ones
 */
export function textsIn(root) {
  const inputs = /** @type {HTMLInputElement[]} */ ([...root.querySelectorAll("[data-name]")]);
  return Object.fromEntries(inputs.map((input) => [input.dataset.name, input.value]).filter(([, text]) => text !== ""));
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
