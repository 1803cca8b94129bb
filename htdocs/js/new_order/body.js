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
/** @typedef {{exponents: Record<string, number>, timezone: string}} Terms what amounts and times mean: a merchant's */

/**
 * @param {Pick<import("./draft.js").Draft, "currency" | "whole" | "lines">} draft
 * @param {Terms} terms
 * @returns {{body: string, errors: FieldError[]}} the body is of use only without errors
 */
export function orderBody(draft, terms) {
  /** @type {FieldError[]} */
  const errors = [];
  const read = readerOf(terms.exponents[draft.currency], terms.timezone);
  const lines = draft.lines.map((texts, i) => readFields(LINE_FIELDS, texts, `/lines/${i}`, read, errors));
  const whole = readFields(WHOLE_FIELDS, draft.whole, "", read, errors);
  return { body: JSON.stringify({ currency: draft.currency, lines, ...whole }), errors };
}

/**
 * @param {Field[]} fields
 * @param {Record<string, string>} texts
 * @param {string} at pointer to the object
 * @param {Reader} read
 * @param {FieldError[]} errors what cannot be read is added here
 * @returns {Record<string, string | number>} the values given
 */
function readFields(fields, texts, at, read, errors) {
  /** @type {Record<string, string | number>} */
  const values = {};
  for (const field of fields) {
    const text = (texts[field.name] ?? "").trim();
    const pointer = `${at}/${field.name}`;
    if (text === "") {
      if (field.required) errors.push({ pointer, code: "missing", detail: "Please fill this in." });
      continue;
    }
    const result = read[field.kind](text);
    if ("error" in result) errors.push({ pointer, code: "invalid_field", detail: result.error });
    else values[field.name] = result.value;
  }
  return values;
}

/** @typedef {{value: string | number} | {error: string}} Result */
/** @typedef {Record<Field["kind"], (text: string) => Result>} Reader how a text of each kind is read */

/**
 * @param {number} exponent
 * @param {string} zone
 * @returns {Reader}
 */
function readerOf(exponent, zone) {
  return {
    text: (text) => ({ value: text }),
    area: (text) => ({ value: text }),
    count: (text) => (/^\d{1,7}$/.test(text) ? { value: Number(text) } : { error: "A whole number, please." }),
    money: (text) => readMoney(text, exponent),
    time: (text) => readTime(text, zone),
  };
}

/**
 * @param {string} text
 * @param {number} exponent
 * @returns {Result}
 */
function readMoney(text, exponent) {
  const read = minorFromDecimal(text, exponent);
  return "error" in read ? read : { value: read.minor };
}

/**
 * @param {string} text
 * @param {string} zone
 * @returns {Result}
 */
function readTime(text, zone) {
  if (Number.isNaN(Date.parse(`${text}Z`))) return { error: "Date and time, please." };
  // Of a repeated hour the first; the totals name the hour in which the order will count.
  const [first] = instantsOf(text, zone);
  if (first === undefined) return { error: "This time does not exist: the clock went forward." };
  return { value: new Date(first).toISOString() };
}
