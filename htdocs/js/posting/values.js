// From the texts of a form's fields to the values of a request.

import { minorFromDecimal } from "../money.js";
import { instantsOf } from "../zone.js";
import { lengthTrouble } from "./fields.js";

/** @typedef {import("./fields.js").Field} Field */
/** @typedef {import("./fields.js").FieldError} FieldError */

/**
 * @param {Field[]} fields
 * @param {Record<string, string>} texts
 * @param {string} at pointer to the object
 * @param {Reader} read
 * @param {FieldError[]} errors what cannot be read is added here
 * @returns {Record<string, string | number>} the values given
 */
export function readFields(fields, texts, at, read, errors) {
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
export function readerOf(exponent, zone) {
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
