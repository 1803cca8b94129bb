// Ranges: the presets, their dates and how they are named. A range is half-open [from, to), as in the API.

import { addDays, addMonths, daysBetween, formatIn, monthStart } from "./zone.js";

/**
 * @typedef {object} Preset
 * @property {string} name            the API's
 * @property {string} label
 * @property {string} [short]         on the bar, where the most used ones stand
 * @property {string} [key]           chooses it on the keyboard
 * @property {number} [days]          so many full days ...
 * @property {number} [back]          ... ending so many days before the end of today
 * @property {number} [months]        so many full months before this one, or ...
 * @property {boolean} [toDate]       ... so many of the calendar's months up to today, today included
 */

/** @type {{label: string, presets: Preset[]}[]} */
export const PRESET_GROUPS = [
  { label: "Days", presets: [
    { name: "today", label: "Today", short: "Today", key: "d", days: 1, back: 0 },
    { name: "yesterday", label: "Yesterday", short: "Yesterday", days: 1, back: 1 },
    { name: "last_7d", label: "Last 7 days", short: "7 days", key: "w", days: 7, back: 1 },
    { name: "last_28d", label: "Last 28 days", short: "28 days", days: 28, back: 1 },
    { name: "last_30d", label: "Last 30 days", days: 30, back: 1 },
  ] },
  { label: "Up to today", presets: [
    { name: "mtd", label: "This month", short: "Month", key: "m", months: 1, toDate: true },
    { name: "qtd", label: "This quarter", short: "Quarter", months: 3, toDate: true },
    { name: "ytd", label: "This year", short: "Year", key: "y", months: 12, toDate: true },
  ] },
  { label: "Full months", presets: [
    { name: "last_month", label: "Last month", months: 1 },
    { name: "last_12mo", label: "Last 12 months", months: 12 },
  ] },
];

export const PRESETS = PRESET_GROUPS.flatMap(({ presets }) => presets);

/** Hours can be asked for over at most this many days. */
export const MAX_HOUR_DAYS = 100;
/** Any range can have at most this many days. */
export const MAX_DAYS = 3653;

/** @typedef {{range: string} | {from: string, to: string}} Range a preset's name, or dates */
/** @typedef {{from: string, to: string}} Dates */
/** @typedef {"hour" | "day" | "week" | "month"} Interval */

/** @type {Interval[]} */
export const INTERVALS = ["hour", "day", "week", "month"];

/**
 * @param {Range} range
 * @param {string} today the merchant's date
 * @returns {Dates}
 */
export function rangeDates(range, today) {
  if ("from" in range) return { from: range.from, to: range.to };
  return presetDates(PRESETS.find(({ name }) => name === range.range) ?? PRESETS[0], today);
}

/**
 * @param {Preset} preset
 * @param {string} today
 * @returns {Dates}
 */
function presetDates({ days = 0, back = 0, months = 0, toDate = false }, today) {
  const month = monthStart(today);
  if (toDate) return { from: addMonths(month, -((Number(month.slice(5, 7)) - 1) % months)), to: addDays(today, 1) };
  if (months > 0) return { from: addMonths(month, -months), to: month };
  const to = addDays(today, 1 - back);
  return { from: addDays(to, -days), to };
}

/**
 * @param {Range} range
 * @param {string} today
 * @returns {number}
 */
export function rangeDays(range, today) {
  const { from, to } = rangeDates(range, today);
  return daysBetween(from, to);
}

/**
 * @param {Range} range
 * @param {string} today
 * @returns {boolean} whether it holds the present
 */
export function isRunning(range, today) {
  const { from, to } = rangeDates(range, today);
  return from <= today && today < to;
}

/**
 * @param {Range} range
 * @param {string} today
 * @returns {Interval} what the pages show unless the reader chooses; they always ask for it by name
 */
export function defaultInterval(range, today) {
  const days = rangeDays(range, today);
  if (days <= 3) return "hour";
  if (days <= 100) return "day";
  return days <= 366 ? "week" : "month";
}

/**
 * @param {Range} range
 * @param {string} today
 * @returns {Interval[]} those that the API gives and that divide the range
 */
export function intervalsFor(range, today) {
  const days = rangeDays(range, today);
  const fits = { hour: days <= MAX_HOUR_DAYS, day: true, week: days > 7, month: days > 28 };
  return INTERVALS.filter((interval) => fits[interval]);
}

/**
 * Moves a range by its own length, one of whole months by months, and names the result by its preset when it is one.
 * @param {Range} range
 * @param {-1 | 1} direction
 * @param {string} today
 * @returns {Range | null} null when that would lie wholly in the future
 */
export function shiftRange(range, direction, today) {
  const dates = rangeDates(range, today);
  const months = monthsOf(range, dates);
  const moved = months > 0 ? monthsFrom(addMonths(dates.from, direction * months), months) : daysFrom(dates, direction);
  return moved.from > today ? null : named(moved, months, today);
}

/**
 * @param {Range} range
 * @param {Dates} dates
 * @returns {number} how many whole months it stands for; 0: it is one of days
 */
function monthsOf(range, { from, to }) {
  const preset = "range" in range ? PRESETS.find(({ name }) => name === range.range) : undefined;
  if (preset) return preset.months ?? 0;
  if (monthStart(from) !== from || monthStart(to) !== to) return 0;
  return (Number(to.slice(0, 4)) - Number(from.slice(0, 4))) * 12 + Number(to.slice(5, 7)) - Number(from.slice(5, 7));
}

/**
 * @param {string} from
 * @param {number} months
 * @returns {Dates}
 */
function monthsFrom(from, months) {
  return { from, to: addMonths(from, months) };
}

/**
 * @param {Dates} dates
 * @param {-1 | 1} direction
 * @returns {Dates}
 */
function daysFrom({ from, to }, direction) {
  const days = daysBetween(from, to) * direction;
  return { from: addDays(from, days), to: addDays(to, days) };
}

/**
 * @param {Dates} dates
 * @param {number} months that they stand for, or 0
 * @param {string} today
 * @returns {Range}
 */
function named(dates, months, today) {
  const preset = PRESETS.find((candidate) => {
    const own = presetDates(candidate, today);
    if ((candidate.months ?? 0) !== months || own.from !== dates.from) return false;
    return candidate.toDate || own.to === dates.to;
  });
  return preset ? { range: preset.name } : dates;
}

/**
 * @param {Dates} dates
 * @returns {string} inclusive, as the merchant's locale writes it: "1 – 28 Mar 2026"
 */
export function rangeText({ from, to }) {
  const format = formatIn("UTC", { day: "numeric", month: "short", year: "numeric" });
  return format.formatRange(Date.parse(from), Date.parse(addDays(to, -1)));
}
