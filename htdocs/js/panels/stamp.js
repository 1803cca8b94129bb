// The stamp: how exact, how old and how far proved the figures on this page are.

import { announce } from "../announce.js";
import { byId, el } from "../dom.js";
import { troubleOf } from "../problem_text.js";
import { clockText, dayText, hourText, localDate } from "../zone.js";

/** The pipeline is some tens of milliseconds behind; ten seconds mean that something holds it up. */
export const STALE_MS = 10_000;

/** @typedef {{code: string, detail: string, from?: string, to?: string}} Warning  from and to: of an unknown hour */

/**
 * @typedef {object} Meta of an answer, as the API sends it
 * @property {string} as_of
 * @property {number} lag_ms
 * @property {string} position
 * @property {boolean} complete
 * @property {string | null} verified_through
 * @property {string} timezone
 * @property {Warning[]} warnings
 */

export class Stamp {
  constructor() {
    this.root = byId("stamp");
    this.meta = /** @type {Meta | null} */ (null);
    this.alarm = "";
    this.shown = "";
  }

  /**
   * @param {Meta} meta
   * @param {number} now epoch ms
   */
  fresh(meta, now) {
    this.meta = meta;
    this.#show(alarmText(meta, now), true, now);
  }

  /**
   * @param {unknown} error why the figures could not be refreshed
   * @param {number} now
   */
  failed(error, now) {
    this.#show(`${this.meta ? "not refreshed" : "no figures"}: ${troubleOf(error).title.toLowerCase()}`, false, now);
  }

  /**
   * @param {string} alarm "" when all is well
   * @param {boolean} refreshed whether the answer is new; of an old one nobody knows how far it is behind by now
   * @param {number} now
   */
  #show(alarm, refreshed, now) {
    const parts = this.meta ? stampParts(this.meta, alarm === "", refreshed, now) : [];
    if (alarm) parts.unshift(el("strong", {}, alarm));
    this.root.classList.toggle("amber", alarm !== "");
    this.root.replaceChildren(...parts.flatMap((part, i) => (i === 0 ? [part] : [" · ", part])));
    if (alarm !== this.alarm) announce(alarm || "The figures are exact again.");
    this.alarm = alarm;
  }
}

/**
 * @param {Meta} meta
 * @param {number} now epoch ms
 * @returns {string} "" when all is well
 */
export function alarmText(meta, now) {
  const { warnings, timezone } = meta;
  const asOf = Date.parse(meta.as_of);
  const clock = withDay(asOf, clockText(asOf, timezone), localDate(now, timezone), timezone);
  return [
    warnings.some(({ code }) => code === "rebuilding") ? `being rebuilt: these are the figures of ${clock}` : "",
    unknownText(warnings, timezone),
    ...warnings.filter(({ code }) => code !== "rebuilding" && code !== "parked").map(({ detail }) => detail),
    meta.lag_ms > STALE_MS ? `stale: orders after ${clock} are not counted yet` : "",
  ].filter(Boolean).join("; ");
}

/**
 * @param {Warning[]} warnings
 * @param {string} zone
 * @returns {string} "figures unknown for Sat 28 Mar, 13:00–14:00"; hours that follow each other are one stretch; "" when
 *   all are known
 */
export function unknownText(warnings, zone) {
  const [first, ...others] = stretches(warnings);
  if (!first) return "";
  const more = others.length > 0 ? ` and ${others.length} more` : "";
  const [from, to] = first;
  const sameDay = localDate(from, zone) === localDate(to - 1, zone);
  const end = sameDay ? hourText(to, zone) : ` ${dayText(to, zone)}, ${hourText(to, zone)}`;
  return `figures unknown for ${dayText(from, zone)}, ${hourText(from, zone)}–${end}${more}`;
}

/**
 * @param {Warning[]} warnings
 * @param {string} zone
 * @returns {string} the same as a sentence, with the reason
 */
export function unknownSentence(warnings, zone) {
  const text = unknownText(warnings, zone);
  return text && `${text[0].toUpperCase()}${text.slice(1)}: an entry cannot be read, or a sum is too large to be exact.`;
}

/**
 * @param {Warning[]} warnings
 * @returns {[number, number][]} of unknown hours, epoch ms
 */
export function stretches(warnings) {
  const hours = warnings.filter(({ code }) => code === "parked")
    .map(({ from, to }) => /** @type {[number, number]} */ ([Date.parse(from ?? ""), Date.parse(to ?? "")]))
    .sort(([a], [b]) => a - b);
  /** @type {[number, number][]} */
  const joined = [];
  for (const [from, to] of hours) {
    const last = joined.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

/**
 * @param {Meta} meta
 * @param {boolean} fine
 * @param {boolean} refreshed
 * @param {number} now
 * @returns {Node[]}
 */
function stampParts(meta, fine, refreshed, now) {
  const asOf = Date.parse(meta.as_of);
  const today = localDate(now, meta.timezone);
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
  if (meta.verified_through === null) return el("span", {}, "not verified", el("span", { class: "wide" }, " yet"));
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
