// Time as the merchant's zone reads it, whatever the browser's zone is. Dates are "YYYY-MM-DD" text; instants are
// milliseconds since the epoch.

import { locale } from "./locale.js";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/**
 * @param {string} zone IANA name
 * @param {Intl.DateTimeFormatOptions} options
 * @param {string} [tag] a locale instead of the merchant's
 */
export function formatIn(zone, options, tag = locale()) {
  const name = JSON.stringify([zone, options, tag]);
  let format = formats.get(name);
  if (!format) {
    format = new Intl.DateTimeFormat(tag, { ...options, timeZone: zone });
    formats.set(name, format);
  }
  return format;
}

/**
 * @param {number} ms
 * @param {string} zone
 * @returns {string} time of day with seconds: "14:03:07"
 */
export function clockText(ms, zone) {
  return formatIn(zone, { timeStyle: "medium" }).format(ms);
}

/**
 * @param {number} ms
 * @param {string} zone
 * @returns {string} hour and minute: "14:00"
 */
export function hourText(ms, zone) {
  return formatIn(zone, { timeStyle: "short" }).format(ms);
}

/**
 * @param {number} ms
 * @param {string} zone
 * @returns {string} "Sat 21 Mar"
 */
export function dayText(ms, zone) {
  return formatIn(zone, { weekday: "short", day: "numeric", month: "short" }).format(ms);
}

/**
 * @param {number} ms
 * @param {string} zone
 * @returns {string} "Sat 21 Mar 2026"
 */
export function shortDayText(ms, zone) {
  return formatIn(zone, { weekday: "short", day: "numeric", month: "short", year: "numeric" }).format(ms);
}

/**
 * @param {number} ms
 * @param {string} zone
 * @returns {string} "Saturday 21 March 2026"
 */
export function longDayText(ms, zone) {
  return formatIn(zone, { weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(ms);
}

/**
 * @param {number} ms
 * @param {string} zone
 * @returns {string} the local date
 */
export function localDate(ms, zone) {
  return new Date(ms + offsetMs(ms, zone)).toISOString().slice(0, 10);
}

/**
 * @param {number} ms
 * @param {string} zone
 * @returns {number} when its local hour began: not that of UTC everywhere
 */
export function hourStart(ms, zone) {
  const offset = offsetMs(ms, zone);
  return Math.floor((ms + offset) / HOUR_MS) * HOUR_MS - offset;
}

/**
 * @param {string} date
 * @param {number} days
 * @returns {string}
 */
export function addDays(date, days) {
  return new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10);
}

/**
 * @param {string} date
 * @returns {string} the first of its month
 */
export function monthStart(date) {
  return `${date.slice(0, 7)}-01`;
}

/**
 * @param {string} first of a month
 * @param {number} months
 * @returns {string}
 */
export function addMonths(first, months) {
  return new Date(Date.UTC(Number(first.slice(0, 4)), Number(first.slice(5, 7)) - 1 + months, 1)).toISOString().slice(0, 10);
}

/**
 * @param {string} from
 * @param {string} to
 * @returns {number} calendar days from `from` to `to`
 */
export function daysBetween(from, to) {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}

/**
 * @param {string} text
 * @returns {boolean} whether the text is a date of the calendar
 */
export function isDate(text) {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

/**
 * @param {number} ms
 * @param {string} zone
 * @returns {number} local time minus UTC at that instant
 */
export function offsetMs(ms, zone) {
  const parts = formatIn(zone, {
    year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
    hourCycle: "h23", era: "short",
  }, "en-US").formatToParts(ms);
  /** @param {string} type */
  const get = (type) => Number(parts.find((part) => part.type === type)?.value);
  const local = Date.UTC(get("year"), get("month") - 1, get("day"), get("hour"), get("minute"), get("second"));
  return local - Math.floor(ms / 1000) * 1000;
}

/**
 * @param {string} text local time, as a datetime-local input gives it: "2026-10-25T02:30" or with seconds
 * @param {string} zone
 * @returns {number[]} the instants that the zone reads so: none for a skipped time, two for a repeated one
 */
export function instantsOf(text, zone) {
  const local = Date.parse(`${text}Z`);
  // The offset is one of those around that time; a day on either side is past any shift of the clock.
  const offsets = new Set([offsetMs(local - DAY_MS, zone), offsetMs(local, zone), offsetMs(local + DAY_MS, zone)]);
  const instants = [...offsets].map((offset) => local - offset);
  return instants.filter((ms) => ms + offsetMs(ms, zone) === local).sort((a, b) => a - b);
}

/**
 * @param {number} ms
 * @param {string} zone
 * @returns {string} local time to the second, as a datetime-local input takes it
 */
export function localTimeText(ms, zone) {
  return new Date(ms + offsetMs(ms, zone)).toISOString().slice(0, 19);
}
