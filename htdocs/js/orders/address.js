// What the list of orders shows stands in its address, in the API's own words; half-open dates.

import { addDays, isDate } from "../zone.js";

/**
 * @typedef {object} Asked
 * @property {string} merchant
 * @property {string} from       a date, or ""
 * @property {string} to         the day after the last one, or ""
 * @property {string} currency   "" for all
 * @property {string} reference  "" for any
 * @property {string} cursor     "" for the newest
 */

/**
 * A parameter that makes no sense counts as absent; what only the server can judge is left to it.
 * @param {URLSearchParams} params
 * @param {import("../session.js").Merchant} merchant
 * @returns {Asked}
 */
export function readAsked(params, merchant) {
  const date = (/** @type {string} */ name) => (isDate(params.get(name) ?? "") ? params.get(name) ?? "" : "");
  const currency = params.get("currency") ?? "";
  return {
    merchant: merchant.id,
    from: date("from"),
    to: date("to"),
    currency: merchant.currencies.includes(currency) ? currency : "",
    reference: params.get("reference") ?? "",
    cursor: params.get("cursor") ?? "",
  };
}

/**
 * @param {Asked} asked
 * @returns {string}
 */
export function ordersAddress(asked) {
  const given = Object.entries(asked).filter(([, value]) => value !== "");
  return `/orders.html?${new URLSearchParams(given)}`;
}

/**
 * @param {Asked} asked
 * @returns {Record<string, string>} the query of the API
 */
export function queryOf({ from, to, currency, reference, cursor }) {
  return { from, to, currency, reference, cursor };
}

/** @param {Asked} asked */
export function isFiltered({ from, to, currency, reference }) {
  return [from, to, currency, reference].some((value) => value !== "");
}

/**
 * @param {string} to the day after, or ""
 * @returns {string} the last day itself
 */
export function throughOf(to) {
  return to === "" ? "" : addDays(to, -1);
}
