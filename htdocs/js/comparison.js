// What the figures stand against, and by how much they differ: in whole tenths of a per cent, computed from integers.

import { numberOf } from "./metrics.js";
import { percentText } from "./compact.js";

/** @typedef {import("./metrics.js").Value} Value */
/** @typedef {"" | "previous_period" | "previous_year"} Compare */
/** @typedef {"weekday" | "date"} Match */

/**
 * As the API's parameters `compare` and `match` say it, in the order in which a key goes through them.
 * @type {{compare: Compare, match: Match, label: string}[]}
 */
export const COMPARISONS = [
  { compare: "", match: "weekday", label: "no comparison" },
  { compare: "previous_period", match: "weekday", label: "against previous period" },
  { compare: "previous_year", match: "weekday", label: "against previous year, by weekday" },
  { compare: "previous_year", match: "date", label: "against previous year, by date" },
];

/**
 * @param {string | null} compare
 * @param {string | null} match
 * @returns {number} index among COMPARISONS; 0 for what makes no sense
 */
export function comparisonIndex(compare, match) {
  const index = COMPARISONS.findIndex((known) =>
    known.compare === compare && (known.compare !== "previous_year" || known.match === (match ?? "weekday")));
  return Math.max(index, 0);
}

/**
 * @typedef {object} Change
 * @property {-1 | 0 | 1} direction
 * @property {bigint | null} tenths of a per cent, rounded half to even; null where there is no sense in a percentage,
 *   because the earlier figure is zero or less
 */

/**
 * @param {Value | undefined} now
 * @param {Value | undefined} was
 * @returns {Change | null} null when either is unknown
 */
export function changeOf(now, was) {
  if (numberOf(now) === null || numberOf(was) === null) return null;
  const [a, b] = fraction(/** @type {NonNullable<Value>} */ (now));
  const [c, d] = fraction(/** @type {NonNullable<Value>} */ (was));
  const difference = a * d - c * b;
  return { direction: signOf(difference), tenths: c > 0n ? halfEven(1000n * difference, c * b) : null };
}

/**
 * @param {bigint} value
 * @returns {-1 | 0 | 1}
 */
function signOf(value) {
  if (value === 0n) return 0;
  return value > 0n ? 1 : -1;
}

/**
 * An average is compared by its fraction, not by its rounded value.
 * @param {NonNullable<Value>} value
 * @returns {[bigint, bigint]} numerator and denominator, which is positive
 */
function fraction(value) {
  return typeof value === "number" ? [BigInt(value), 1n] : [BigInt(value.numerator), BigInt(value.denominator)];
}

/**
 * @param {bigint} numerator
 * @param {bigint} denominator positive
 * @returns {bigint}
 */
function halfEven(numerator, denominator) {
  const size = numerator < 0n ? -numerator : numerator;
  const floor = size / denominator;
  const twice = 2n * (size % denominator);
  const up = twice > denominator || (twice === denominator && floor % 2n === 1n);
  const rounded = up ? floor + 1n : floor;
  return numerator < 0n ? -rounded : rounded;
}

const ARROWS = { "-1": "▼", 0: "=", 1: "▲" };

/**
 * @param {Change} change
 * @returns {{arrow: string, words: string}} "▲" and "+12.4%"; the words are "" where there is no percentage, or no change
 */
export function changeText({ direction, tenths }) {
  return { arrow: ARROWS[direction], words: tenths === null || direction === 0 ? "" : percentText(tenths, direction < 0) };
}

/**
 * @param {Change} change
 * @returns {string} "12.4% more than"; "" where there is no percentage, or no change
 */
export function moreOrLess({ direction, tenths }) {
  if (tenths === null || direction === 0) return "";
  return `${percentText(tenths, direction < 0, "never")} ${direction < 0 ? "less" : "more"} than`;
}

/**
 * A running range is compared up to its last full hour, whatever it comes to by now.
 * @template T
 * @param {{now: T | null, was: T} | null} against
 * @param {T} whole the asked range's own figures
 * @returns {{now: T, was: T} | null} the two sides that are alike
 */
export function sides(against, whole) {
  return against && { now: against.now ?? whole, was: against.was };
}
