// Metrics as the API names them, and their values as text.

import { formatMoneyCompact } from "./compact.js";
import { formatCount, formatMoney } from "./money.js";

/** @typedef {{name: string, label: string, unit: "count" | "money", additive: boolean, formula: string}} Metric */

/** @typedef {number | {value: number, numerator: number, denominator: number} | null} Value  null is unknown */

/**
 * @param {Value | undefined} value
 * @returns {number | null} an average's value; otherwise the number itself
 */
export function numberOf(value) {
  if (value === null || value === undefined) return null;
  return typeof value === "number" ? value : value.value;
}

/** The one metric that is undefined, and null, where there was no order. */
export const AVERAGE = "average_order_value";

/**
 * @param {string} metric
 * @param {Record<string, Value>} metrics those of the same time
 * @param {string} [none] what to say of an average over no orders
 * @returns {string} what to say where the metric is null: an average over no orders is not unknown
 */
export function absentText(metric, metrics, none = "–") {
  return metric === AVERAGE && metrics.orders === 0 ? none : "unknown";
}

/**
 * @param {Record<string, Value[]>} values of buckets; with an average its orders, which tell why it is null
 * @param {number} i
 * @returns {Record<string, Value>} those of one bucket
 */
export function bucketMetrics(values, i) {
  return Object.fromEntries(Object.entries(values).map(([name, of]) => [name, of[i]]));
}

/**
 * @param {Value | undefined} value
 * @param {"count" | "money"} unit
 * @param {number} exponent
 * @param {string} [absent] what to say instead of null
 * @returns {string}
 */
export function valueText(value, unit, exponent, absent = "unknown") {
  const number = numberOf(value);
  if (number === null) return absent;
  return unit === "money" ? formatMoney(number, exponent) : formatCount(number);
}

/**
 * @param {number} value
 * @param {"count" | "money"} unit
 * @param {number} exponent
 * @returns {string} for an axis
 */
export function shortValueText(value, unit, exponent) {
  return formatMoneyCompact(value, unit === "money" ? exponent : 0);
}
