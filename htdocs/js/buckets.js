// Buckets of a series: which have begun, which one is unfinished, what they are called in the merchant's zone.

import { DAY_MS, dayText, formatIn, hourText, localDate, longDayText, offsetMs, shortDayText } from "./zone.js";

/** @typedef {import("./feed.js").Series} Series */
/** @typedef {Pick<Series, "interval" | "start" | "end">} Buckets  what the naming of buckets needs of a series */

/**
 * @param {Buckets} series
 * @param {number} i
 * @returns {number} epoch ms of the bucket's start; of the range's end when i is one past the last
 */
export function edgeMs(series, i) {
  return (i < series.start.length ? series.start[i] : series.end) * 1000;
}

/**
 * @param {Buckets} series
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
 * @param {Buckets} series
 * @param {number} i
 * @param {string} zone
 * @returns {{from: string, to: string}} the bucket as a range of the API: instants of an hour, else dates
 */
export function bucketBounds(series, i, zone) {
  const [start, end] = [edgeMs(series, i), edgeMs(series, i + 1)];
  if (series.interval !== "hour") return { from: localDate(start, zone), to: localDate(end, zone) };
  return { from: instantText(start), to: instantText(end) };
}

/** @param {number} ms of a full second */
function instantText(ms) {
  return new Date(ms).toISOString().replace(".000", "");
}

/**
 * @param {Buckets} series
 * @param {number} i
 * @param {string} zone
 * @returns {string} "Saturday 21 March 2026"; "16 – 22 March 2026"; "March 2026"; "14:00–15:00", with its day if there
 *   are several
 */
export function bucketText(series, i, zone) {
  const start = edgeMs(series, i);
  switch (series.interval) {
    case "day": return longDayText(start, zone);
    case "week": return spanText(series, i, zone, "long");
    case "month": return monthText(series, i, zone, "long");
    default: return `${isOneDay(series, zone) ? "" : `${dayText(start, zone)}, `}${hoursText(series, i, zone)}`;
  }
}

/**
 * @param {Buckets} series
 * @param {number} i
 * @param {string} zone
 * @returns {string} the same in a table's width: "Sat 21 Mar", with the year if there are several
 */
export function shortBucketText(series, i, zone) {
  switch (series.interval) {
    case "day": return (isOneYear(series, zone) ? dayText : shortDayText)(edgeMs(series, i), zone);
    case "week": return spanText(series, i, zone, "short");
    case "month": return monthText(series, i, zone, "short");
    default: return bucketText(series, i, zone);
  }
}

/**
 * @param {Buckets} series
 * @param {number} i
 * @param {string} zone
 * @param {"long" | "short"} month
 * @returns {string} the first and the last day, which a range may have cut
 */
function spanText(series, i, zone, month) {
  const format = formatIn(zone, { day: "numeric", month, year: "numeric" });
  return format.formatRange(edgeMs(series, i), edgeMs(series, i + 1) - 1);
}

/**
 * @param {Buckets} series
 * @param {number} i
 * @param {string} zone
 * @param {"long" | "short"} month
 * @returns {string} its days when the range has cut it
 */
function monthText(series, i, zone, month) {
  const { from, to } = bucketBounds(series, i, zone);
  if (!from.endsWith("-01") || !to.endsWith("-01")) return spanText(series, i, zone, month);
  return formatIn(zone, { month, year: "numeric" }).format(edgeMs(series, i));
}

/**
 * @param {Buckets} series
 * @param {number} i
 * @param {string} zone
 */
function hoursText(series, i, zone) {
  const hours = `${hourText(edgeMs(series, i), zone)}–${hourText(edgeMs(series, i + 1), zone)}`;
  // On the night when the clock goes back an hour comes twice: only the offset tells them apart.
  return offsetChanges(series, zone) ? `${hours} ${offsetText(edgeMs(series, i), zone)}` : hours;
}

/**
 * @param {Buckets} series
 * @param {string} zone
 */
function isOneYear(series, zone) {
  const format = formatIn(zone, { year: "numeric" });
  return format.format(edgeMs(series, 0)) === format.format(series.end * 1000 - 1);
}

/**
 * @param {Buckets} series
 * @param {string} zone
 * @returns {boolean}
 */
export function isOneDay(series, zone) {
  return localDate(edgeMs(series, 0), zone) === localDate(series.end * 1000 - 1, zone);
}

/**
 * @param {Buckets} series
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

/** Buckets of a week: no zone changes its clocks twice within one. */
const STRIDES = { hour: 168, day: 7, week: 1, month: 1 };

/**
 * Of thousands of hours, asking the zone for each would take longer than drawing them.
 * @param {Buckets} series
 * @param {string} zone
 * @returns {number[]} each bucket's local date, in days since 1970-01-01
 */
function localDays(series, zone) {
  const last = series.start.length - 1;
  const stride = STRIDES[series.interval];
  /** @type {number[]} */
  const known = [];
  const offset = (/** @type {number} */ i) => (known[i] ??= offsetMs(edgeMs(series, i), zone));
  return series.start.map((_, i) => {
    const first = i - (i % stride);
    const same = offset(first) === offset(Math.min(first + stride, last));
    return Math.floor((edgeMs(series, i) + offset(same ? first : i)) / DAY_MS);
  });
}

/**
 * @param {Buckets} series
 * @param {string} zone
 * @returns {string[]} each bucket's local date
 */
export function localDates(series, zone) {
  return localDays(series, zone).map((day) => new Date(day * DAY_MS).toISOString().slice(0, 10));
}

/** What labels of the time axis say. */
const DAY_LABEL = /** @type {const} */ ({ day: "numeric", month: "short" });
const MONTH_LABEL = /** @type {const} */ ({ month: "short", year: "numeric" });

/**
 * Has a browser make ready what the labels of a zone need, which takes as long as drawing thousands of points: there is time
 * for it while the figures are on their way.
 * @param {string} zone
 * @param {number} ms any instant
 */
export function prepareTicks(zone, ms) {
  offsetMs(ms, zone);
  for (const label of [DAY_LABEL, MONTH_LABEL]) formatIn(zone, label).format(ms);
}

/** Longer ranges have their axis marked by months. */
const MONTHS_FROM_MS = 150 * DAY_MS;

/**
 * @param {Buckets} series
 * @param {string} zone
 * @param {number} most labels that fit
 * @returns {{index: number, label: string}[]} where the time axis has its labels
 */
export function timeTicks(series, zone, most) {
  if (series.interval === "hour" && isOneDay(series, zone)) return hourTicks(series, zone, most);
  if (series.interval === "month" || (series.end - series.start[0]) * 1000 > MONTHS_FROM_MS) {
    return monthTicks(series, zone, most);
  }
  return dayTicks(series, series.interval === "hour" ? midnights(series, zone) : series.start.map((_, i) => i), zone, most);
}

/**
 * @param {Buckets} series
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
 * @param {Buckets} series
 * @param {string} zone
 * @returns {number[]} the first bucket of each local day
 */
function midnights(series, zone) {
  const days = localDays(series, zone);
  return days.flatMap((day, i) => (i === 0 || day !== days[i - 1] ? [i] : []));
}

/**
 * The first and the last day, and as many between them as fit, evenly.
 * @param {Buckets} series
 * @param {number[]} days
 * @param {string} zone
 * @param {number} most
 */
function dayTicks(series, days, zone, most) {
  const count = Math.min(days.length, Math.max(2, most));
  const format = formatIn(zone, DAY_LABEL);
  return Array.from({ length: count }, (_, i) => days[Math.round((i * (days.length - 1)) / Math.max(1, count - 1))])
    .map((index) => ({ index, label: format.format(edgeMs(series, index)) }));
}

/**
 * The first bucket that begins in each month, in steps that suit a year.
 * @param {Buckets} series
 * @param {string} zone
 * @param {number} most
 */
function monthTicks(series, zone, most) {
  const dates = localDates(series, zone);
  const month = (/** @type {number} */ i) => dates[i].slice(0, 7);
  const firsts = dates.flatMap((date, i) => {
    const begins = i === 0 ? series.interval === "month" || date.endsWith("-01") : month(i) !== month(i - 1);
    return begins ? [i] : [];
  });
  const step = [1, 2, 3, 6, 12].find((months) => firsts.length / months <= most) ?? 24;
  const format = formatIn(zone, MONTH_LABEL);
  return firsts.filter((_, i) => i % step === 0).map((index) => ({ index, label: format.format(edgeMs(series, index)) }));
}
