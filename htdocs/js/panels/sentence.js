// The chart in words.

import { bucketText, progress } from "../buckets.js";
import { byId, el } from "../dom.js";
import { AVERAGE, numberOf, valueText } from "../metrics.js";
import { pointText } from "./chart.js";

/** @typedef {import("../feed.js").Summary} Summary */
/** @typedef {import("./chart.js").Drawing} Drawing */

/**
 * @param {Summary | null} summary
 * @returns {boolean} whether it is known that nothing happened
 */
export function isEmpty(summary) {
  return summary !== null && summary.metrics.orders === 0 && summary.metrics.refunds === 0;
}

/**
 * @param {boolean} everSold
 * @returns {(Node | string)[]}
 */
export function emptyWords(everSold) {
  if (everSold) return ["No orders in this range."];
  if (byId("to-new-order").hidden) return ["No order has been recorded yet."];
  return ["No order has been recorded yet. ", el("a", { href: byId("to-new-order").href }, "Record the first one"),
    " or send it to the API."];
}

/**
 * @param {Drawing} drawing
 * @param {Summary | null} summary
 * @returns {string}
 */
export function sentence(drawing, summary) {
  const { series, asOf } = drawing;
  const { begun, finished } = progress(series, asOf);
  return [totalPart(drawing, summary), bestPart(drawing, begun), unknownPart(drawing, begun),
    finished < begun ? `The last ${series.interval} is unfinished.` : ""].filter(Boolean).join(" ");
}

/**
 * @param {Drawing} drawing
 * @param {Summary | null} summary
 */
function totalPart({ metric, series }, summary) {
  if (!summary) return "";
  const known = numberOf(summary.metrics[metric.name]) !== null;
  const currency = metric.unit === "money" && known ? ` ${series.currency}` : "";
  return `${metric.label} ${valueText(summary.metrics[metric.name], metric.unit, series.exponent)}${currency}.`;
}

/**
 * @param {Drawing} drawing
 * @param {number} begun
 */
function bestPart(drawing, begun) {
  const values = drawing.series.values[drawing.metric.name].slice(0, begun).map((value) => numberOf(value) ?? -Infinity);
  const best = values.indexOf(Math.max(...values));
  if (begun < 2 || !(values[best] > 0)) return "";
  return `Highest ${pointText(drawing, best).replace(" (unfinished)", "")}.`;
}

/**
 * @param {Drawing} drawing
 * @param {number} begun
 */
function unknownPart({ series, metric, zone }, begun) {
  const unknown = series.values[metric.name].slice(0, begun).flatMap((value, i) => (value === null ? [i] : []));
  if (unknown.length === 0 || metric.name === AVERAGE) return "";
  const more = unknown.length > 1 ? ` and ${unknown.length - 1} more` : "";
  return `Unknown for ${bucketText(series, unknown[0], zone)}${more}.`;
}
