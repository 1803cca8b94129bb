// What went wrong, in words for a reader.

import { Problem, Unreachable } from "./api.js";

/**
 * @typedef {object} Trouble
 * @property {string} title
 * @property {string} detail
 * @property {string} requestId  "" when no answer came
 * @property {boolean} final     whether trying again cannot help
 */

/** Problems whose own title says less than the page can. */
const TITLES = /** @type {Record<string, string>} */ ({
  forbidden: "Your role does not allow this",
  rebuilding: "The figures are being rebuilt",
  unavailable: "The service cannot answer just now",
  too_stale: "The figures are too old",
  rate_limited: "Too many requests",
  position_not_reached: "It is not counted yet",
});

/**
 * @param {unknown} error
 * @returns {Trouble}
 */
export function troubleOf(error) {
  if (error instanceof Unreachable) return missingAnswer(error);
  if (!(error instanceof Problem)) return ownFailure(error);
  const wait = error.retryAfterS > 1 ? `Try again in ${error.retryAfterS} s.` : "";
  return {
    title: TITLES[error.code] ?? error.message,
    detail: [error.detail, wait].filter(Boolean).join(" "),
    requestId: error.requestId,
    final: error.status === 403,
  };
}

/**
 * What nobody foresaw: the console has all of it.
 * @param {unknown} error
 */
function ownFailure(error) {
  reportError(error);
  return { title: "This page failed", detail: "The fault is the page's own. Reload it.", requestId: "", final: false };
}

/** @param {Unreachable} error */
function missingAnswer(error) {
  const [title, detail] = navigator.onLine
    ? [error.message, "Check the connection."]
    : ["You are offline", "It is asked again as soon as the connection is back."];
  return { title, detail, requestId: "", final: false };
}

/**
 * @param {number} count of orders that should stand in a list and that cannot be read
 * @returns {string} "" for none
 */
export function unreadableText(count) {
  if (count === 0) return "";
  return count === 1 ? "One order here cannot be read; the figures of its hour are unknown." :
    `${count} orders here cannot be read; the figures of their hours are unknown.`;
}

/**
 * @param {string} words of the API, which begin small and end without a full stop
 * @returns {string} with a capital and a full stop
 */
export function sentence(words) {
  const text = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
