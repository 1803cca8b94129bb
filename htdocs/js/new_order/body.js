// From the texts of the form to the body of the request. One table says which fields there are.

import { minorFromDecimal } from "../money.js";
import { lengthTrouble } from "../posting/fields.js";
import { instantsOf } from "../zone.js";

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
  const isTextsOfFields = (/** @type {any} */ fields) => typeof fields === "object" && fields !== null &&
    Object.values(fields).every((text) => typeof text === "string");
  return typeof texts?.currency === "string" && isTextsOfFields(texts.whole) &&
    Array.isArray(texts.lines) && texts.lines.length > 0 && texts.lines.every(isTextsOfFields);
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
  for (const field of fields.filter(({ kind }) => kind !== "choice")) {
    const { name, kind, required } = field;
    const text = (texts[name] ?? "").trim();
    if (text === "") {
      if (required) errors.push({ pointer: `${at}/${name}`, code: "missing", detail: "Please fill this in." });
      continue;
    }
    const result = read[kind](text, field, texts);
    if ("value" in result) values[name] = result.value;
    else errors.push({ pointer: `${at}/${result.field ?? name}`, code: "invalid_field", detail: result.error });
  }
  return values;
}

/** @typedef {{value: string | number} | {error: string, field?: string}} Result  field: the one to mend, if another */
/** @typedef {Record<string, (text: string, field: Field, texts: Record<string, string>) => Result>} Reader by kind */

/**
 * @param {number} exponent
 * @param {string} zone
 * @returns {Reader}
 */
function readerOf(exponent, zone) {
  return {
    text: (text, field) => readText(text, field),
    // What the API keeps has no line breaks.
    area: (text, field) => readText(text.replace(/\s*[\r\n]+\s*/g, " "), field),
    count: (text) => (/^\d{1,7}$/.test(text) ? { value: Number(text) } : { error: "A whole number, please." }),
    money: (text) => readMoney(text, exponent),
    time: (text, _field, texts) => readTime(text, texts.which ?? "", zone),
  };
}

/**
 * @param {string} text
 * @param {Field} field
 * @returns {Result}
 */
function readText(text, { longest = Infinity }) {
  const error = lengthTrouble(text, longest);
  return error ? { error } : { value: text };
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
 * @param {string} which of two instants that the zone reads so: "0" or "1"
 * @param {string} zone
 * @returns {Result}
 */
function readTime(text, which, zone) {
  if (Number.isNaN(Date.parse(`${text}Z`))) return { error: "Date and time, please." };
  const instants = instantsOf(text, zone);
  if (instants.length === 0) return { error: "This time does not exist: the clock went forward." };
  const instant = instants.length === 1 ? instants[0] : instants[Number(which || NaN)];
  if (instant === undefined) return { error: "The clock went back: this time comes twice.", field: "which" };
  return { value: new Date(instant).toISOString() };
}
