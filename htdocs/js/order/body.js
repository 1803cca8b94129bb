// From the texts of the form to the body of the request. One table says which fields there are.

import { minorFromDecimal } from "../money.js";
import { instantsOf } from "../zone.js";

/**
 * @typedef {object} Field
 * @property {string} name     as the API calls it
 * @property {string} label
 * @property {"text" | "area" | "money" | "count" | "time"} kind
 * @property {boolean} [required]
 * @property {number} [longest] characters
 */

/** @type {Field[]} */
export const LINE_FIELDS = [
  { name: "product_id", label: "Product code", kind: "text", required: true, longest: 64 },
  { name: "name", label: "Name", kind: "text", required: true, longest: 200 },
  { name: "quantity", label: "Quantity", kind: "count", required: true },
  { name: "unit_price", label: "Price each", kind: "money", required: true },
  { name: "discount", label: "Discount", kind: "money" },
  { name: "tax", label: "Tax", kind: "money" },
];

/** @type {Field[]} */
export const WHOLE_FIELDS = [
  { name: "discount", label: "Order discount", kind: "money" },
  { name: "shipping", label: "Shipping", kind: "money" },
  { name: "tax", label: "Order tax", kind: "money" },
  { name: "placed_at", label: "Time", kind: "time" },
  { name: "reference", label: "Reference", kind: "text", longest: 64 },
  { name: "note", label: "Note", kind: "area", longest: 500 },
];

/** @typedef {import("../api.js").FieldError} FieldError */
/** @typedef {{exponent: number, zone: string}} Terms what amounts and times mean here */

/**
 * @param {Pick<import("./draft.js").Draft, "currency" | "whole" | "lines">} draft
 * @param {Terms} terms
 * @returns {{body: string, errors: FieldError[]}} the body is of use only without errors
 */
export function orderBody(draft, terms) {
  /** @type {FieldError[]} */
  const errors = [];
  const lines = draft.lines.map((texts, i) => readFields(LINE_FIELDS, texts, `/lines/${i}`, terms, errors));
  const whole = readFields(WHOLE_FIELDS, draft.whole, "", terms, errors);
  return { body: JSON.stringify({ currency: draft.currency, lines, ...whole }), errors };
}

/**
 * @param {Field[]} fields
 * @param {Record<string, string>} texts
 * @param {string} at pointer to the object
 * @param {Terms} terms
 * @param {FieldError[]} errors what cannot be read is added here
 * @returns {Record<string, string | number>} the values given
 */
function readFields(fields, texts, at, terms, errors) {
  /** @type {Record<string, string | number>} */
  const values = {};
  for (const field of fields) {
    const text = (texts[field.name] ?? "").trim();
    const pointer = `${at}/${field.name}`;
    if (text === "") {
      if (field.required) errors.push({ pointer, code: "missing", detail: "Please fill this in." });
      continue;
    }
    const read = readValue(field, text, terms);
    if ("error" in read) errors.push({ pointer, code: "invalid_field", detail: read.error });
    else values[field.name] = read.value;
  }
  return values;
}

/**
 * @param {Field} field
 * @param {string} text
 * @param {Terms} terms
 * @returns {{value: string | number} | {error: string}}
 */
function readValue({ kind }, text, { exponent, zone }) {
  if (kind === "money") {
    const read = minorFromDecimal(text, exponent);
    return "error" in read ? read : { value: read.minor };
  }
  if (kind === "count") {
    return /^\d{1,7}$/.test(text) ? { value: Number(text) } : { error: "A whole number, please." };
  }
  return kind === "time" ? readTime(text, zone) : { value: text };
}

/**
 * @param {string} text
 * @param {string} zone
 * @returns {{value: string} | {error: string}}
 */
function readTime(text, zone) {
  if (Number.isNaN(Date.parse(`${text}Z`))) return { error: "Date and time, please." };
  // Of a repeated hour the first; the totals name the hour in which the order will count.
  const [first] = instantsOf(text, zone);
  if (first === undefined) return { error: "This time does not exist: the clock went forward." };
  return { value: new Date(first).toISOString() };
}
