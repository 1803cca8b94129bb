// Where an entry counts, and the measured time until the figures held it.

import { DEFAULT_METRIC, viewAddress } from "../address.js";
import { Problem } from "../api.js";
import { setText } from "../dom.js";
import { durationText } from "../panels/stamp.js";
import { troubleOf } from "../problem_text.js";
import { addDays, dayText, hourText, localDate } from "../zone.js";

const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** @typedef {import("../session.js").Merchant} Merchant */
/** @typedef {{date: string, hour_start: string, hour_end: string}} Bucket */

/**
 * @typedef {object} Entry as its receipt tells of it
 * @property {string} currency
 * @property {string} position
 * @property {Bucket | null} bucket   null: the server could not tell
 */

/**
 * @param {Bucket | null} bucket
 * @param {string} zone
 * @returns {string} "Mon 23 Nov, 14:00–15:00"
 */
export function countedIn(bucket, zone) {
  if (bucket === null) return "an hour that is not known yet";
  const { hour_start, hour_end } = bucket;
  const start = Date.parse(hour_start);
  return `${dayText(start, zone)}, ${hourText(start, zone)}–${hourText(Date.parse(hour_end), zone)}`;
}

/**
 * @param {Bucket | null} bucket
 * @param {string} at     the entry's time
 * @param {string} zone
 * @returns {string} the local date on which it counts
 */
export function dayOf(bucket, at, zone) {
  return bucket?.date ?? localDate(Date.parse(at), zone);
}

/**
 * @param {string} date
 * @param {string} currency
 * @param {Merchant} merchant
 * @returns {string} of the dashboard on that day
 */
export function dayAddress(date, currency, merchant) {
  const range = { from: date, to: addDays(date, 1) };
  return viewAddress({ merchant: merchant.id, currency, range, interval: null, metric: DEFAULT_METRIC, as: "chart" });
}

/**
 * Reads the entry's hour at the entry's position, and tells how long that took from `since`. While the figures cannot be
 * read it says so and asks again, as long as the receipt is on show.
 * @param {import("../api.js").Api} api
 * @param {Entry} entry
 * @param {Merchant} merchant
 * @param {number | null} since performance.now() of the acceptance; null when that was in an earlier life of the page
 * @param {Element} place gets the words
 */
export async function measureCounting(api, entry, merchant, since, place) {
  const where = `in ${countedIn(entry.bucket, merchant.timezone)}`;
  if (merchant.role === "clerk") return setText(place, where);
  setText(place, `${where}…`);
  for (let pauseMs = PAUSE_MS; place.isConnected; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      await readCounted(api, entry, merchant);
      const when = since === null ? "" : ` ${durationText(performance.now() - since)} after it was accepted`;
      return setText(place, `${where}, readable${when}`);
    } catch (error) {
      const { title } = troubleOf(error);
      setText(place, `${where}; not readable yet: ${title.charAt(0).toLowerCase()}${title.slice(1)}`);
      if (!mayPass(error)) return undefined;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return undefined;
}

/**
 * @param {unknown} error
 * @returns {boolean} whether the same question may have an answer later
 */
export function mayPass(error) {
  return !(error instanceof Problem) || error.status >= 500 || error.status === 429;
}

/**
 * @param {import("../api.js").Api} api
 * @param {Entry} entry
 * @param {Merchant} merchant
 * @returns {Promise<unknown>} rejects when the figures have not got there; the server itself waits for some seconds
 */
function readCounted(api, { currency, position, bucket }, merchant) {
  const path = `/v1/merchants/${encodeURIComponent(merchant.id)}/metrics/summary`;
  const within = bucket ? { from: bucket.hour_start, to: bucket.hour_end } : { range: "today" };
  return api.get(path, { query: { ...within, currency, after: position } });
}
