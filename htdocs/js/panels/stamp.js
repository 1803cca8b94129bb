// The stamp: how exact, how old and how far proved the figures on this page are.

import { announce } from "../announce.js";
import { byId, el } from "../dom.js";
import { troubleOf } from "../problem_text.js";
import { clockText, dayText, hourText, localDate } from "../zone.js";

/** The pipeline is some tens of milliseconds behind; ten seconds mean that something holds it up. */
const STALE_MS = 10_000;

/**
 * @typedef {object} Meta of an answer, as the API sends it
 * @property {string} as_of
 * @property {number} lag_ms
 * @property {boolean} complete
 * @property {string | null} verified_through
 * @property {string} timezone
 * @property {{code: string, detail: string}[]} warnings
 */

export class Stamp {
  constructor() {
    this.root = byId("stamp");
    this.meta = /** @type {Meta | null} */ (null);
    this.alarm = "";
  }

  /** @param {Meta} meta */
  fresh(meta) {
    this.meta = meta;
    this.#show(alarmOf(meta), true);
  }

  /** @param {unknown} error why the figures could not be refreshed */
  failed(error) {
    this.#show(`not refreshed: ${troubleOf(error).title.toLowerCase()}`, false);
  }

  /**
   * @param {string} alarm "" when all is well
   * @param {boolean} refreshed whether the answer is new; of an old one nobody knows how far it is behind by now
   */
  #show(alarm, refreshed) {
    const parts = this.meta ? stampParts(this.meta, alarm === "", refreshed) : [];
    if (alarm) parts.unshift(el("strong", {}, alarm));
    this.root.classList.toggle("amber", alarm !== "");
    this.root.replaceChildren(...parts.flatMap((part, i) => (i === 0 ? [part] : [" · ", part])));
    if (alarm !== this.alarm) announce(alarm || "The figures are exact again.");
    this.alarm = alarm;
  }
}

/**
 * @param {Meta} meta
 * @returns {string}
 */
function alarmOf(meta) {
  const [first, ...others] = meta.warnings;
  if (first) return others.length > 0 ? `${first.detail} (and ${others.length} more)` : first.detail;
  return meta.lag_ms > STALE_MS ? "stale: the newest orders are not counted yet" : "";
}

/**
 * @param {Meta} meta
 * @param {boolean} fine
 * @param {boolean} refreshed
 * @returns {Node[]}
 */
function stampParts(meta, fine, refreshed) {
  const asOf = Date.parse(meta.as_of);
  const today = localDate(Date.now(), meta.timezone);
  const words = `exact as of ${withDay(asOf, clockText(asOf, meta.timezone), today, meta.timezone)}`;
  return [
    fine ? el("strong", {}, words) : el("span", {}, words),
    ...(refreshed ? [el("span", {}, `${durationText(meta.lag_ms)} behind`)] : []),
    verifiedPart(meta, today),
  ];
}

/**
 * @param {Meta} meta
 * @param {string} today
 * @returns {Node}
 */
function verifiedPart(meta, today) {
  if (meta.verified_through === null) return el("span", {}, "not verified yet");
  const through = Date.parse(meta.verified_through);
  const time = withDay(through, hourText(through, meta.timezone), today, meta.timezone);
  return el("span", { class: "verified" }, "✓ ", el("span", { class: "wide" }, "verified through "), time);
}

/**
 * @param {number} ms
 * @param {string} time
 * @param {string} today
 * @param {string} zone
 */
function withDay(ms, time, today, zone) {
  return localDate(ms, zone) === today ? time : `${dayText(ms, zone)}, ${time}`;
}

/**
 * @param {number} ms
 * @returns {string} "40 ms", "3.2 s", "4 min", "2 h"
 */
export function durationText(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 7_200_000 ? `${Math.floor(ms / 60_000)} min` : `${Math.floor(ms / 3_600_000)} h`;
}
