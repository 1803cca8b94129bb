// From the texts of the form to the body of the request. One table says which fields there are.

import { areTexts } from "../posting/fields.js";
import { readerOf, readFields } from "../posting/values.js";

/** @typedef {import("../posting/fields.js").Field} Field */
/** @typedef {import("../posting/fields.js").FieldError} FieldError */

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
  { name: "tax", label: "Order tax", kind: "money" },
  { name: "shipping", label: "Shipping", kind: "money" },
  { name: "placed_at", label: "Time", kind: "time" },
  { name: "which", label: "Which of the two", kind: "choice" },
  { name: "customer_id", label: "Customer", kind: "text", longest: 64 },
  { name: "channel", label: "Channel", kind: "text", longest: 64 },
  { name: "payment_method", label: "Payment method", kind: "text", longest: 64 },
  { name: "reference", label: "Reference", kind: "text", longest: 64 },
  { name: "note", label: "Note", kind: "area", longest: 500 },
];

/**
 * @typedef {object} Texts what was typed
 * @property {string} currency
 * @property {Record<string, string>} whole    texts of the order's fields, by name
 * @property {Record<string, string>[]} lines  texts of the lines' fields, by name
 */

/**
 * @param {any} texts
 * @returns {boolean} whether this form could have kept these
 */
export function isTexts(texts) {
  return typeof texts?.currency === "string" && areTexts(texts.whole) &&
    Array.isArray(texts.lines) && texts.lines.length > 0 && texts.lines.every(areTexts);
}

/** @typedef {{exponents: Record<string, number>, timezone: string}} Terms what amounts and times mean: a merchant's */

/**
 * @param {Texts} texts
 * @param {Terms} terms
 * @returns {{body: string, rows: number[], errors: FieldError[]}} the body is of use only without errors. rows: which
 *   of the form's rows each of its lines is, by which pointers find their fields
 */
export function orderBody({ currency, whole, lines }, terms) {
  /** @type {FieldError[]} */
  const errors = [];
  const read = readerOf(terms.exponents[currency], terms.timezone);
  const rows = usedRows(lines);
  const values = rows.map((row, i) => readFields(LINE_FIELDS, lines[row], `/lines/${i}`, read, errors));
  const order = readFields(WHOLE_FIELDS, whole, "", read, errors);
  return { body: JSON.stringify({ currency, lines: values, ...order }), rows, errors };
}

/**
 * Rows without any text are no lines; an order without lines lacks its first.
 * @param {Record<string, string>[]} lines
 * @returns {number[]}
 */
function usedRows(lines) {
  const rows = lines.flatMap((texts, row) => (isBlank(texts) ? [] : [row]));
  return rows.length > 0 ? rows : [0];
}

/**
 * @param {Record<string, string>} texts
 * @returns {boolean}
 */
export function isBlank(texts) {
  return Object.values(texts).every((text) => text.trim() === "");
}
