// Which figure the address asks for, in the API's own words; and the addresses that lead on from it.

import { viewAddress, readView } from "../address.js";
import { AVERAGE } from "../metrics.js";
import { isDate } from "../zone.js";

/**
 * @typedef {object} Asked
 * @property {string} merchant
 * @property {string} currency
 * @property {string} metric
 * @property {{range: string} | {from: string, to: string}} range  dates, or instants at the start of local hours
 */

const UNASKED_METRIC = "net_sales";

/**
 * A parameter that makes no sense counts as absent, as on the dashboard.
 * @param {URLSearchParams} params
 * @param {import("../session.js").Merchant} merchant
 * @param {string[]} metrics the names there are
 * @returns {Asked}
 */
export function readAsked(params, merchant, metrics) {
  const currency = params.get("currency") ?? "";
  const metric = params.get("metric") ?? "";
  return {
    merchant: merchant.id,
    currency: merchant.currencies.includes(currency) ? currency : merchant.currencies[0],
    metric: metrics.includes(metric) ? metric : UNASKED_METRIC,
    range: readRange(params),
  };
}

/**
 * @param {URLSearchParams} params
 * @returns {Asked["range"]}
 */
function readRange(params) {
  const from = params.get("from") ?? "";
  const to = params.get("to") ?? "";
  if (isMoment(from) && isMoment(to)) return { from, to };
  const range = params.get("range") ?? "";
  return { range: /^[a-z0-9_]{1,20}$/.test(range) ? range : "today" };
}

/** @param {string} text */
function isMoment(text) {
  return isDate(text) || (/^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text)));
}

/**
 * @param {Asked} asked
 * @returns {string} of the whole list as a table
 */
export function csvAddress({ merchant, currency, metric, range }) {
  const query = new URLSearchParams({ ...range, currency, metric, format: "csv" });
  return `/v1/merchants/${encodeURIComponent(merchant)}/metrics/trace?${query}`;
}

/**
 * The view that the reader came from, as it was; from elsewhere the nearest one.
 * @param {Asked} asked
 * @param {string} referrer address of the page before, "" when there was none
 * @param {string} origin this site's
 * @returns {string}
 */
export function backAddress(asked, referrer, origin) {
  const before = URL.canParse(referrer) ? new URL(referrer) : null;
  const isDashboard = before?.origin === origin && before.pathname === "/";
  if (isDashboard && before.searchParams.get("merchant") === asked.merchant) return before.pathname + before.search;
  return nearestView(asked);
}

/** @param {Asked} asked */
function nearestView({ merchant, currency, metric, range }) {
  const params = new URLSearchParams({ currency, metric: metric === AVERAGE ? "" : metric, ...range });
  const terms = /** @type {any} */ ({ id: merchant, currencies: [currency] });
  return viewAddress(readView(params, terms));
}
