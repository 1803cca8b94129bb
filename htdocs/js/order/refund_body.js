// From the texts of the refund form to the body of the request. One table says which fields there are.

import { areTexts } from "../posting/fields.js";
import { readerOf, readFields } from "../posting/values.js";

/** @typedef {import("../posting/fields.js").Field} Field */
/** @typedef {import("../posting/fields.js").FieldError} FieldError */

/** @type {Field} */
export const QUANTITY = { name: "quantity", label: "Quantity", kind: "count" };

/** @type {Field} */
const GOODS = { name: "goods", label: "Goods", kind: "money" };

/** @type {Field[]} */
const FIELDS = [
  { name: "tax", label: "Tax", kind: "money" },
  { name: "shipping", label: "Shipping", kind: "money" },
  { name: "reason", label: "Reason", kind: "text", longest: 200 },
  { name: "refunded_at", label: "Time", kind: "time" },
  { name: "which", label: "Which of the two", kind: "choice" },
];

/**
 * @typedef {object} Texts what was typed
 * @property {"lines" | "amount"} by
 * @property {Record<string, string>} quantities  by the order's number of the line
 * @property {Record<string, string>} whole       of the other fields, by name
 */

/** @type {Texts} */
export const BLANK = { by: "lines", quantities: {}, whole: {} };

/**
 * @param {"lines" | "amount"} by
 * @returns {Field[]} beside the lines' quantities
 */
export function fieldsOf(by) {
  if (by === "amount") return [GOODS, ...FIELDS];
  return FIELDS.map((field) => (field.name === "tax" ? { ...field, label: "Other tax" } : field));
}

/**
 * @param {any} texts
 * @returns {boolean} whether this form could have kept these
 */
export function isTexts(texts) {
  return ["lines", "amount"].includes(texts?.by) && areTexts(texts.quantities) && areTexts(texts.whole);
}

/**
 * @param {Texts} texts
 * @param {{exponent: number, timezone: string}} terms what amounts and times mean
 * @returns {{body: string, rows: number[], errors: FieldError[]}} the body is of use only without errors. rows: the
 *   order's number of each of its lines, by which pointers find their fields
 */
export function refundBody({ by, quantities, whole }, { exponent, timezone }) {
  /** @type {FieldError[]} */
  const errors = [];
  const read = readerOf(exponent, timezone);
  const rows = by === "lines" ? Object.keys(quantities).map(Number).filter((line) => isMeant(quantities[line])) : [];
  const lines = rows.sort((a, b) => a - b).map((line, i) =>
    ({ line, ...readFields([QUANTITY], { quantity: quantities[line] }, `/lines/${i}`, read, errors) }));
  const values = readFields(fieldsOf(by), whole, "", read, errors);
  const isEmpty = lines.length === 0 && !["goods", "tax", "shipping"].some((name) => (whole[name] ?? "").trim() !== "");
  if (isEmpty) errors.unshift({ pointer: "", code: "missing", detail: "Say how much is given back." });
  return { body: JSON.stringify(lines.length > 0 ? { lines, ...values } : values), rows, errors };
}

/** @param {string} text of a quantity; none and zero are the same */
function isMeant(text) {
  return !/^\s*0*\s*$/.test(text);
}
