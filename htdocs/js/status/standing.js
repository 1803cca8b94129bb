// The first panel: one sentence that says how the figures stand, and the facts behind it.

import { announce } from "../announce.js";
import { byId, el, setText } from "../dom.js";
import { formatCount } from "../money.js";
import { Panel } from "../panel.js";
import { durationText } from "../panels/stamp.js";
import { clockText, hourText } from "../zone.js";
import { NOT_KNOWN, standingWords, whenText } from "./words.js";

/** @typedef {import("./words.js").Status} Status */

export class Standing {
  /**
   * @param {string} zone
   * @param {() => void} retry
   */
  constructor(zone, retry) {
    this.zone = zone;
    this.panel = new Panel(byId("standing"), retry);
    this.headline = "";
  }

  /** @param {Status} status */
  render(status) {
    const now = Date.now();
    const { headline, details, amber } = standingWords(status, this.zone, now);
    setText(byId("headline"), `${headline}.`);
    setText(byId("details"), details.join(" "));
    byId("standing").classList.toggle("amber", amber);
    byId("facts").replaceChildren(...this.#facts(status, now));
    if (this.headline !== "" && headline !== this.headline) announce(`${headline}.`);
    this.headline = headline;
    this.panel.note("stale");
    this.panel.ready();
  }

  /**
   * @param {Status} status
   * @param {number} now
   * @returns {Node[]}
   */
  #facts(status, now) {
    const facts = [
      ["Exact as of", this.#asOf(status, now)],
      ["Proved through", this.#proved(status, now)],
      ["Last check", this.#lastCheck(status, now)],
      ["Differences ever found", count(status.drift, ifKnown(status, "not checked yet"))],
      ["Rebuild", this.#rebuild(status, now)],
      ["Recorded late", lateText(status)],
      ["In quarantine", count(status.quarantine, NOT_KNOWN)],
    ];
    return facts.flatMap(([term, text]) => [el("dt", {}, term), el("dd", {}, text)]);
  }

  /**
   * @param {Status} status
   * @param {number} now
   */
  #asOf({ as_of: asOf, lag_ms: lag }, now) {
    if (asOf === null || lag === null) return NOT_KNOWN;
    return `${whenText(asOf, this.zone, now, clockText)}, ${durationText(lag)} behind`;
  }

  /**
   * @param {Status} status
   * @param {number} now
   */
  #proved(status, now) {
    const { verified_through: through } = status;
    return through === null ? ifKnown(status, "not proved yet") : whenText(through, this.zone, now, hourText);
  }

  /**
   * @param {Status} status
   * @param {number} now
   */
  #lastCheck(status, now) {
    const { last_verify: last } = status;
    if (!last) return ifKnown(status, "none yet");
    const differing = `${formatCount(last.differing)} ${last.differing === 1 ? "difference" : "differences"}`;
    const found = last.ok ? "no difference" : differing;
    const whole = Date.parse(last.from) <= 0 && Date.parse(last.to) >= Date.parse(last.at);
    const span = whole ? "the whole history"
      : `${whenText(last.from, this.zone, now, hourText)} to ${whenText(last.to, this.zone, now, hourText)}`;
    return `${whenText(last.at, this.zone, now, clockText)}: ${found} in ${span}`;
  }

  /**
   * @param {Status} status
   * @param {number} now
   */
  #rebuild({ rebuild, state }, now) {
    if (!rebuild) return { ok: "none under way", rebuilding: "has not begun yet", unavailable: NOT_KNOWN }[state];
    const upTo = whenText(new Date(positionMs(rebuild.to)).toISOString(), this.zone, now, clockText);
    const mine = rebuild.merchant_done ? "this merchant is done" : "this merchant is still to come";
    return `of all merchants, with everything up to ${upTo}; ${mine}`;
  }
}

/**
 * @param {string} position "p1_" and 16 hex digits, the first half of them seconds since the epoch
 * @returns {number}
 */
function positionMs(position) {
  return parseInt(position.slice(3, 11), 16) * 1000;
}

/**
 * What was proved stands beside the figures: without them nobody knows it.
 * @param {Status} status
 * @param {string} words for what was never done
 */
function ifKnown({ as_of: asOf }, words) {
  return asOf === null ? NOT_KNOWN : words;
}

/**
 * @param {number | null} number
 * @param {string} unknown
 */
function count(number, unknown) {
  return number === null ? unknown : formatCount(number);
}

/** @param {Status} status */
function lateText({ restatements, late_entries: entries }) {
  if (restatements === null || entries === null) return NOT_KNOWN;
  if (entries === 0) return "nothing yet";
  const times = restatements === 1 ? "once" : `${formatCount(restatements)} times`;
  return `${formatCount(entries)} ${entries === 1 ? "entry" : "entries"}, which changed figures ${times}`;
}
