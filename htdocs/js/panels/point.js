// One bucket of a picture: its value, the one it stands against, and both in words.

import { bucketText, edgeMs, isOneDay, progress } from "../buckets.js";
import { changeOf, changeText } from "../comparison.js";
import { absentText, bucketMetrics, valueText } from "../metrics.js";
import { dayText, hourText } from "../zone.js";

/** @typedef {import("./chart.js").Drawing} Drawing */
/** @typedef {import("../feed.js").Series} Series */
/** @typedef {import("../metrics.js").Value} Value */

/**
 * @param {Drawing} drawing
 * @returns {number} how many buckets there is something to say about, from the first: begun ones, or compared ones
 */
export function pointCount({ series, against, asOf }) {
  return Math.max(progress(series, asOf).begun, against?.was.start.length ?? 0);
}

/**
 * @typedef {object} Pair one bucket against another
 * @property {Value} now        as far as it is compared
 * @property {Value} was
 * @property {number | null} by epoch ms where both are cut; null: both are whole
 */

/**
 * @param {Drawing} drawing
 * @param {number} i
 * @param {string} [name] of a metric, the chosen one when absent
 * @returns {Pair | null} null when nothing stands against the bucket, or it has not begun
 */
export function pairOf({ series, against, metric, asOf }, i, name = metric.name) {
  if (!against || i >= against.was.start.length || i >= progress(series, asOf).begun) return null;
  const was = against.was.values[name][i];
  if (!against.now) return { now: series.values[name][i], was, by: null };
  const cut = /** @type {number} */ (against.through) * 1000 < edgeMs(series, i + 1);
  return { now: against.now.values[name][i], was, by: cut ? /** @type {number} */ (against.through) * 1000 : null };
}

/**
 * @param {Drawing} drawing
 * @param {number} i
 * @returns {string} "Saturday 21 March 2026: 2,391.20 (unfinished); by 14:00 2,100.00, +12.4% against 1,868.00, Sunday 22
 *   March 2025"
 */
export function pointText(drawing, i) {
  return [ownText(drawing, i), againstText(drawing, i)].filter(Boolean).join("; ");
}

/**
 * @param {Drawing} drawing
 * @param {number} i
 * @returns {string} "Saturday 21 March 2026: 2,391.20"
 */
export function ownText(drawing, i) {
  const { series, zone, asOf } = drawing;
  const { begun, finished } = progress(series, asOf);
  if (i >= begun) return "";
  const unfinished = i >= finished ? " (unfinished)" : "";
  return `${bucketText(series, i, zone)}: ${textOf(drawing, series, i)}${unfinished}`;
}

/**
 * @param {Drawing} drawing
 * @param {number} i
 */
function againstText(drawing, i) {
  const { series, against, zone } = drawing;
  if (!against || i >= against.was.start.length) return "";
  const was = `${textOf(drawing, against.was, i)}, ${againstName(drawing, i)}`;
  const pair = pairOf(drawing, i);
  if (!pair) return `compared: ${was}`;
  const by = pair.by === null ? "" : `by ${hourText(pair.by, zone)} ${textOf(drawing, against.now ?? series, i)}, `;
  const change = changeOf(pair.now, pair.was);
  const words = change ? changeText(change).words : "";
  return `${by}${words ? `${words} ` : ""}against ${was}`;
}

/**
 * @param {Drawing} drawing
 * @param {number} i
 * @returns {string} the compared bucket; of an hour always with its day
 */
export function againstName({ against, zone }, i) {
  if (!against) return "";
  const name = bucketText(against.was, i, zone);
  const lacksDay = against.was.interval === "hour" && isOneDay(against.was, zone);
  return lacksDay ? `${dayText(edgeMs(against.was, i), zone)}, ${name}` : name;
}

/**
 * @param {Drawing} drawing
 * @param {Series} of  its own buckets, or those of a side of the comparison
 * @param {number} i
 */
function textOf({ metric: { name, unit }, series }, of, i) {
  const metrics = bucketMetrics(of.values, i);
  return valueText(metrics[name], unit, series.exponent, absentText(name, metrics, "no orders"));
}
