// What a page shows stands in its address, with the API's own names: back, forward, reload and a copied link all work.

import { MAX_DAYS, PRESETS } from "./range.js";
import { daysBetween, isDate } from "./zone.js";

/**
 * @typedef {object} View what the dashboard shows
 * @property {string} merchant
 * @property {string} currency
 * @property {import("./range.js").Range} range
 * @property {"hour" | "day" | null} interval  null: by the length of the range
 * @property {string} metric
 * @property {"chart" | "table"} as
 */

export const DEFAULT_METRIC = "total_sales";

/**
 * A parameter that makes no sense counts as absent: an old link still opens.
 * @param {URLSearchParams} params
 * @param {import("./session.js").Merchant} merchant
 * @returns {View}
 */
export function readView(params, merchant) {
  const currency = params.get("currency") ?? "";
  const interval = params.get("interval");
  const metric = params.get("metric") ?? "";
  return {
    merchant: merchant.id,
    currency: merchant.currencies.includes(currency) ? currency : merchant.currencies[0],
    range: readRange(params),
    interval: interval === "hour" || interval === "day" ? interval : null,
    metric: /^[a-z_]{1,40}$/.test(metric) ? metric : DEFAULT_METRIC,
    as: params.get("as") === "table" ? "table" : "chart",
  };
}

/**
 * @param {URLSearchParams} params
 * @returns {import("./range.js").Range}
 */
export function readRange(params) {
  const from = params.get("from") ?? "";
  const to = params.get("to") ?? "";
  if (isDate(from) && isDate(to) && from < to && daysBetween(from, to) <= MAX_DAYS) return { from, to };
  const range = params.get("range") ?? "";
  return { range: PRESETS.some(({ name }) => name === range) ? range : "today" };
}

/**
 * @param {View} view
 * @returns {string} "/?merchant=...", without what is the default anyway
 */
export function viewAddress(view) {
  const params = new URLSearchParams({ merchant: view.merchant, currency: view.currency, ...view.range });
  if (view.interval) params.set("interval", view.interval);
  if (view.metric !== DEFAULT_METRIC) params.set("metric", view.metric);
  if (view.as === "table") params.set("as", "table");
  return `/?${params}`;
}
