// The chart in words.

import { bucketText, progress } from "../buckets.js";
import { changeOf, moreOrLess, sides } from "../comparison.js";
import { absentText, bucketMetrics, numberOf, valueText } from "../metrics.js";
import { dayText, hourText } from "../zone.js";
import { againstText } from "./cards.js";
import { ownText } from "./point.js";

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
 * @param {Drawing} drawing
 * @param {Summary | null} summary
 * @returns {string}
 */
export function sentence(drawing, summary) {
  const { series, asOf } = drawing;
  const { begun, finished } = progress(series, asOf);
  return [totalPart(drawing, summary), comparedPart(drawing, summary), bestPart(drawing, begun), unknownPart(drawing, begun),
    finished < begun ? `The last ${series.interval} is unfinished.` : ""].filter(Boolean).join(" ");
}

/**
 * @param {Drawing} drawing
 * @param {import("../feed.js").Figures} figures
 */
function figureText({ metric, series }, figures) {
  return valueText(figures[metric.name], metric.unit, series.exponent, absentText(metric.name, figures));
}

/**
 * @param {Drawing} drawing
 * @param {Summary | null} summary
 */
function totalPart(drawing, summary) {
  if (!summary) return "";
  const { metric, series } = drawing;
  const known = numberOf(summary.metrics[metric.name]) !== null;
  const currency = metric.unit === "money" && known ? ` ${series.currency}` : "";
  return `${metric.label} ${figureText(drawing, summary.metrics)}${currency}.`;
}

/**
 * @param {Drawing} drawing
 * @param {Summary | null} summary
 * @returns {string} "That is 12.4% more than 42,890.10 in 1 – 28 Mar 2025."; up to where both are compared, when the range
 *   still runs
 */
function comparedPart(drawing, summary) {
  const pair = summary && sides(summary.against, summary.metrics);
  if (!summary?.against || !pair) return "";
  const { against, from } = summary;
  const { metric, zone } = drawing;
  if (against.through !== null && against.through <= from) return "";
  const change = changeOf(pair.now[metric.name], pair.was[metric.name]);
  const words = change ? moreOrLess(change) : "";
  const was = figureText(drawing, pair.was);
  const dates = againstText(against, zone);
  if (against.through === null) return words ? `That is ${words} ${was} in ${dates}.` : `It was ${was} in ${dates}.`;
  const through = against.through * 1000;
  return `Up to ${dayText(through, zone)}, ${hourText(through, zone)}: ${figureText(drawing, pair.now)}, ` +
    `${words || "against"} ${was} in the same part of ${dates}.`;
}

/**
 * @param {Drawing} drawing
 * @param {number} begun
 */
function bestPart(drawing, begun) {
  const values = drawing.series.values[drawing.metric.name].slice(0, begun).map((value) => numberOf(value) ?? -Infinity);
  const best = values.indexOf(Math.max(...values));
  if (begun < 2 || !(values[best] > 0)) return "";
  return `Highest ${ownText(drawing, best).replace(" (unfinished)", "")}.`;
}

/**
 * @param {Drawing} drawing
 * @param {number} begun
 */
function unknownPart({ series, metric, zone }, begun) {
  const isUnknown = (/** @type {number} */ i) => absentText(metric.name, bucketMetrics(series.values, i)) === "unknown";
  const unknown = series.values[metric.name].slice(0, begun).flatMap((value, i) => (value === null && isUnknown(i) ? [i] : []));
  if (unknown.length === 0) return "";
  const more = unknown.length > 1 ? ` and ${unknown.length - 1} more` : "";
  return `Unknown for ${bucketText(series, unknown[0], zone)}${more}.`;
}
