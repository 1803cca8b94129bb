// Ranges: the presets, their dates and how they are named. A range is half-open [from, to), as in the API.

import { addDays, daysBetween, formatIn } from "./zone.js";

/** `days` full days, ending `back` days before the end of today. `key` chooses it on the keyboard. */
export const PRESETS = [
  { name: "today", label: "Today", days: 1, back: 0, key: "d" },
  { name: "yesterday", label: "Yesterday", days: 1, back: 1, key: "" },
  { name: "last_7d", label: "7 days", days: 7, back: 1, key: "w" },
  { name: "last_30d", label: "30 days", days: 30, back: 1, key: "m" },
];

/** Hours can be asked for over at most this many days. */
export const MAX_HOUR_DAYS = 100;
/** Any range can have at most this many days. */
export const MAX_DAYS = 3660;

/** @typedef {{range: string} | {from: string, to: string}} Range a preset's name, or dates */

/**
 * @param {Range} range
 * @param {string} today the merchant's date
 * @returns {{from: string, to: string}}
 */
export function rangeDates(range, today) {
  if ("from" in range) return { from: range.from, to: range.to };
  const preset = PRESETS.find(({ name }) => name === range.range) ?? PRESETS[0];
  const to = addDays(today, 1 - preset.back);
  return { from: addDays(to, -preset.days), to };
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
 * @returns {"hour" | "day"} what the pages show unless the reader chooses; they always ask for it by name
 */
export function defaultInterval(range, today) {
  return rangeDays(range, today) <= 3 ? "hour" : "day";
}

/**
 * Moves a range by its own length, and names the result by its preset when it is one.
 * @param {Range} range
 * @param {-1 | 1} direction
 * @param {string} today
 * @returns {Range | null} null when that would lie wholly in the future
 */
export function shiftRange(range, direction, today) {
  const { from, to } = rangeDates(range, today);
  const days = daysBetween(from, to) * direction;
  const moved = { from: addDays(from, days), to: addDays(to, days) };
  if (moved.from > today) return null;
  const preset = PRESETS.find(({ name }) => {
    const dates = rangeDates({ range: name }, today);
    return dates.from === moved.from && dates.to === moved.to;
  });
  return preset ? { range: preset.name } : moved;
}

/**
 * @param {{from: string, to: string}} dates
 * @returns {string} inclusive, as the reader's locale writes it: "1 – 28 Mar 2026"
 */
export function rangeText({ from, to }) {
  const format = formatIn("UTC", { day: "numeric", month: "short", year: "numeric" });
  return format.formatRange(Date.parse(from), Date.parse(addDays(to, -1)));
}
