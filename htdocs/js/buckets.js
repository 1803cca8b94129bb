// Buckets of a series: which have begun, which one is unfinished, what they are called in the merchant's zone.

import { dayText, formatIn, hourText, localDate, longDayText, offsetMs, shortDayText } from "./zone.js";

/** @typedef {import("./feed.js").Series} Series */

/**
 * @param {Series} series
 * @param {number} i
 * @returns {number} epoch ms of the bucket's start; of the range's end when i is one past the last
 */
export function edgeMs(series, i) {
  return (i < series.start.length ? series.start[i] : series.end) * 1000;
}

/**
 * @param {Series} series
 * @param {number} asOf epoch ms
 * @returns {{begun: number, finished: number}} how many buckets, from the first, began by then and ended by then
 */
export function progress(series, asOf) {
  let begun = 0;
  while (begun < series.start.length && edgeMs(series, begun) <= asOf) begun++;
  const running = begun > 0 && edgeMs(series, begun) > asOf;
  return { begun, finished: running ? begun - 1 : begun };
}

/**
 * @param {Series} series
 * @param {number} i
 * @param {string} zone
 * @returns {string} "Saturday 21 March 2026"; "14:00–15:00", with its day if there are several
 */
export function bucketText(series, i, zone) {
  const start = edgeMs(series, i);
  if (series.interval === "day") return longDayText(start, zone);
  const hours = hoursText(series, i, zone);
  return isOneDay(series, zone) ? hours : `${dayText(start, zone)}, ${hours}`;
}

/**
 * @param {Series} series
 * @param {number} i
 * @param {string} zone
 * @returns {string} the same in a table's width: "Sat 21 Mar 2026"
 */
export function shortBucketText(series, i, zone) {
  return series.interval === "day" ? shortDayText(edgeMs(series, i), zone) : bucketText(series, i, zone);
}

/**
 * @param {Series} series
 * @param {number} i
 * @param {string} zone
 */
function hoursText(series, i, zone) {
  const hours = `${hourText(edgeMs(series, i), zone)}–${hourText(edgeMs(series, i + 1), zone)}`;
  // On the night when the clock goes back an hour comes twice: only the offset tells them apart.
  return offsetChanges(series, zone) ? `${hours} ${offsetText(edgeMs(series, i), zone)}` : hours;
}

/**
 * @param {Series} series
 * @param {string} zone
 * @returns {boolean}
 */
export function isOneDay(series, zone) {
  return localDate(edgeMs(series, 0), zone) === localDate(series.end * 1000 - 1, zone);
}

/**
 * @param {Series} series
 * @param {string} zone
 */
function offsetChanges(series, zone) {
  return offsetMs(edgeMs(series, 0), zone) !== offsetMs(series.end * 1000, zone);
}

/**
 * @param {number} ms
 * @param {string} zone
 * @returns {string} "GMT+2"
 */
function offsetText(ms, zone) {
  const parts = formatIn(zone, { timeZoneName: "shortOffset" }).formatToParts(ms);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}

/**
 * @param {Series} series
 * @param {string} zone
 * @param {number} most labels that fit
 * @returns {{index: number, label: string}[]} where the time axis has its labels
 */
export function timeTicks(series, zone, most) {
  if (series.interval === "hour" && isOneDay(series, zone)) return hourTicks(series, zone, most);
  const days = series.interval === "hour" ? midnights(series, zone) : series.start.map((_, i) => i);
  return days.length > 150 ? monthTicks(series, days, zone, most) : dayTicks(series, days, zone, most);
}

/**
 * @param {Series} series
 * @param {string} zone
 * @param {number} most
 */
function hourTicks(series, zone, most) {
  const step = [1, 2, 3, 4, 6, 12].find((hours) => 24 / hours <= most) ?? 12;
  const hour = (/** @type {number} */ i) => new Date(edgeMs(series, i) + offsetMs(edgeMs(series, i), zone)).getUTCHours();
  const chosen = series.start.map((_, i) => i).filter((i) => hour(i) % step === 0);
  return chosen.map((index) => ({ index, label: hourText(edgeMs(series, index), zone) }));
}

/**
 * @param {Series} series
 * @param {string} zone
 * @returns {number[]} the first bucket of each local day
 */
function midnights(series, zone) {
  const dates = series.start.map((_, i) => localDate(edgeMs(series, i), zone));
  return dates.flatMap((date, i) => (i === 0 || date !== dates[i - 1] ? [i] : []));
}

/**
 * The first and the last day, and as many between them as fit, evenly.
 * @param {Series} series
 * @param {number[]} days
 * @param {string} zone
 * @param {number} most
 */
function dayTicks(series, days, zone, most) {
  const count = Math.min(days.length, Math.max(2, most));
  const format = formatIn(zone, { day: "numeric", month: "short" });
  return Array.from({ length: count }, (_, i) => days[Math.round((i * (days.length - 1)) / Math.max(1, count - 1))])
    .map((index) => ({ index, label: format.format(edgeMs(series, index)) }));
}

/**
 * @param {Series} series
 * @param {number[]} days
 * @param {string} zone
 * @param {number} most
 */
function monthTicks(series, days, zone, most) {
  const firsts = days.filter((i) => localDate(edgeMs(series, i), zone).endsWith("-01"));
  const step = [1, 2, 3, 6, 12].find((months) => firsts.length / months <= most) ?? 24;
  const format = formatIn(zone, { month: "short", year: "numeric" });
  return firsts.filter((_, i) => i % step === 0).map((index) => ({ index, label: format.format(edgeMs(series, index)) }));
}
