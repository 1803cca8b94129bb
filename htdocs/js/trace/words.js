// A trace in words: which figure, of when, how exact, and what the check of its sum found.

import { formatCount } from "../money.js";
import { sentence } from "../problem_text.js";
import { rangeText } from "../range.js";
import { addDays, clockText, dayText, formatIn, hourText, localDate, localTimeText, longDayText } from "../zone.js";

/**
 * @param {{from: string, to: string}} query instants, as the server understood the range
 * @param {string} zone
 * @returns {string} inclusive: "20 – 26 Nov 2026"; "Thursday 26 November 2026, 14:00–15:00"
 */
export function spanText({ from, to }, zone) {
  const start = Date.parse(from);
  const end = Date.parse(to);
  if (startsDay(start, zone) && startsDay(end, zone)) return daysText(localDate(start, zone), localDate(end, zone));
  const last = localDate(end - 1, zone);
  if (last === localDate(start, zone)) return `${longDayText(start, zone)}, ${hourText(start, zone)}–${hourText(end, zone)}`;
  return formatIn(zone, { dateStyle: "medium", timeStyle: "short" }).formatRange(start, end);
}

/**
 * @param {string} from
 * @param {string} to
 */
function daysText(from, to) {
  return addDays(from, 1) === to ? longDayText(Date.parse(from), "UTC") : rangeText({ from, to });
}

/**
 * Some days begin at 01:00, where the clock goes forward at midnight.
 * @param {number} ms
 * @param {string} zone
 */
function startsDay(ms, zone) {
  return localDate(ms - 1, zone) !== localDate(ms, zone) || localTimeText(ms, zone).endsWith("T00:00:00");
}

/**
 * @param {number} ms
 * @param {string} zone
 * @param {string} today
 * @returns {string} "14:03:07" when that was today, else with its day
 */
export function momentText(ms, zone, today) {
  return localDate(ms, zone) === today ? clockText(ms, zone) : `${dayText(ms, zone)}, ${clockText(ms, zone)}`;
}

/**
 * @param {import("./check.js").Verdict} verdict
 * @param {number} count entries listed
 * @param {(amount: bigint) => string} text of an amount of this figure
 * @returns {{mark: string, kind: "good" | "soft" | "amber" | "bad", words: string}}
 */
export function verdictWords(verdict, count, text) {
  const entries = count === 1 ? "The one entry listed comes" : `The ${formatCount(count)} entries listed come`;
  const sum = `${entries} to ${text(verdict.sum)}, added up on this page`;
  switch (verdict.state) {
    case "open":
      return { mark: "…", kind: "soft", words: `${sum} so far; more follow.` };
    case "unknown":
      return { mark: "?", kind: "amber", words: `${sum}. The figure is unknown, so that is compared with nothing.` };
    case "matches":
      return { mark: "✓", kind: "good", words: `Sum matches${count === 0 ? ": no entry adds to this figure" : `. ${sum}`}.` };
    case "differs":
      return { mark: "✗", kind: "bad", words: `Sum does not match. ${sum}, off the figure by ${text(verdict.by)}.` };
    case "broken":
      return {
        mark: "✗",
        kind: "bad",
        words: `Sum does not match. The running sum of entry ${verdict.at} is not what the entries up to it come to.`,
      };
  }
}

/**
 * @param {string} formula of a metric's definition
 * @param {import("../metrics.js").Metric[]} metrics
 * @returns {(string | import("../metrics.js").Metric)[]} its text, with the metrics that it adds up; of words there are
 *   none, whatever metrics are called
 */
export function formulaParts(formula, metrics) {
  const signed = formula.replaceAll(" - ", " − ");
  const metric = (/** @type {string} */ part) => metrics.find(({ name }) => name === part);
  const parts = signed.split(/([a-z_]+)/i);
  const words = parts.filter((_, i) => i % 2 === 1);
  return words.every(metric) ? parts.map((part) => metric(part) ?? part) : [sentence(signed)];
}
