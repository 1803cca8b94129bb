// How the figures stand, in words.

import { formatCount } from "../money.js";
import { clockText, dayText, hourText, localDate, shortDayText } from "../zone.js";

/**
 * @typedef {object} Status  `data` of GET /status
 * @property {"ok" | "rebuilding" | "unavailable"} state
 * @property {string | null} as_of
 * @property {number | null} lag_ms
 * @property {{to: string, merchant_done: boolean} | null} rebuild
 * @property {{timezone: string}[] | null} recuts
 * @property {Parked[] | null} parked
 * @property {{at: string, from: string, to: string, ok: boolean, differing: number} | null} last_verify
 * @property {string | null} verified_through
 * @property {number | null} quarantine
 * @property {number | null} drift
 * @property {number | null} restatements
 * @property {number | null} late_entries
 */

/** @typedef {{from: string, to: string, currency: string | null}} Parked */

/** The pipeline is some tens of milliseconds behind; ten seconds mean that something holds it up. */
const STALE_MS = 10_000;

export const NOT_KNOWN = "not known just now";
export const PARKED_NOT_KNOWN = "Which hours are unknown cannot be read just now";

/**
 * @param {Status} status
 * @param {string} zone
 * @param {number} now
 * @returns {{headline: string, details: string[], amber: boolean}} the worst news first
 */
export function standingWords(status, zone, now) {
  const [headline, detail] = worst(status, zone, now);
  const details = [detail, recutWords(status), differenceWords(status)].filter((words) => words !== "");
  return { headline, details, amber: details.length > 0 };
}

/**
 * @param {Status} status
 * @param {string} zone
 * @param {number} now
 * @returns {[string, string]}
 */
function worst(status, zone, now) {
  const proved = status.verified_through === null ? "" : whenText(status.verified_through, zone, now, hourText);
  if (status.state === "unavailable") {
    return ["The figures cannot be read just now", "Orders are recorded all the same. Takings tries again by itself."];
  }
  if (status.state === "rebuilding") {
    const absent = status.as_of === null && !status.rebuild;
    return [absent ? "There are no figures just now" : "The figures are being made anew", rebuildWords(status, zone, now)];
  }
  if ((status.lag_ms ?? 0) > STALE_MS) {
    const asOf = status.as_of === null ? "" : whenText(status.as_of, zone, now, clockText);
    return ["The newest orders are not counted yet", `Everything up to ${asOf} is.`];
  }
  if (status.parked === null) return [PARKED_NOT_KNOWN, ""];
  if (status.parked.length > 0) return parkedWords(status.parked, proved, zone, now);
  if (proved) return [`Everything is counted and proved through ${proved}`, ""];
  return ["Everything is counted, and nothing is proved yet", ""];
}

/**
 * @param {Parked[]} parked
 * @param {string} proved
 * @param {string} zone
 * @param {number} now
 * @returns {[string, string]}
 */
function parkedWords(parked, proved, zone, now) {
  const rest = proved ? `The rest is proved through ${proved}.` : "The rest is not proved yet.";
  const [{ from, to }] = parked;
  if (parked.length > 1) return [`Everything is counted but ${formatCount(parked.length)} hours, which are unknown`, rest];
  return [`Everything is counted but one hour: ${spanText(from, to, zone, now)} is unknown`, rest];
}

/**
 * @param {Status} status
 * @param {string} zone
 * @param {number} now
 */
function rebuildWords({ as_of: asOf }, zone, now) {
  if (asOf === null) return "There are none to show until they are rebuilt. Orders are recorded all the same.";
  return `Until that is done those of ${whenText(asOf, zone, now, clockText)} are shown: true, but not up to date.`;
}

/** @param {Status} status */
function recutWords({ as_of: asOf, recuts }) {
  // without figures there is nothing to cut, and the headline says that there are none
  if (recuts === null) return asOf === null ? "" : "Whether all hours and days are to be cut anew is not known just now.";
  if (recuts.length === 0) return "";
  return `All hours and days are being cut anew by the clock of ${recuts[0].timezone}; the old ones are shown until then.`;
}

/** @param {Status} status */
function differenceWords({ last_verify: last }) {
  if (!last || last.ok) return "";
  const many = last.differing === 1 ? "one figure" : `${formatCount(last.differing)} figures`;
  return `The last check found ${many} to differ from the ledger; all of them are being made anew.`;
}

/**
 * @param {string} instant
 * @param {string} zone
 * @param {number} now
 * @param {(ms: number, zone: string) => string} timeText
 * @returns {string} the time, with its day unless that is today
 */
export function whenText(instant, zone, now, timeText) {
  const ms = Date.parse(instant);
  const time = timeText(ms, zone);
  const [day, today] = [localDate(ms, zone), localDate(now, zone)];
  if (day === today) return time;
  return `${day.slice(0, 4) === today.slice(0, 4) ? dayText(ms, zone) : shortDayText(ms, zone)}, ${time}`;
}

/**
 * @param {string} from
 * @param {string} to  exclusive
 * @param {string} zone
 * @param {number} now
 * @returns {string} "13:00–14:00", with the day unless that is today
 */
export function spanText(from, to, zone, now) {
  return `${whenText(from, zone, now, hourText)}–${hourText(Date.parse(to), zone)}`;
}
