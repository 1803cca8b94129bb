// What a page shows stands in its address, with the API's own names: back, forward, reload and a copied link all work.

import { COMPARISONS, comparisonIndex } from "./comparison.js";
import { INTERVALS, MAX_DAYS, PRESETS } from "./range.js";
import { daysBetween, isDate } from "./zone.js";

/**
 * @typedef {object} View what the dashboard shows
 * @property {string} merchant
 * @property {string} currency
 * @property {import("./range.js").Range} range
 * @property {import("./range.js").Interval | null} interval  null: by the length of the range
 * @property {import("./comparison.js").Compare} compare
 * @property {import("./comparison.js").Match} match          of previous_year alone
 * @property {string} metric
 * @property {"chart" | "table"} as
 */

export const DEFAULT_METRIC = "total_sales";

/**
 * A parameter that makes no sense counts as absent: an old link still opens. Without a range, which is how the page is
 * opened by its name, it is compared with the period before.
 * @param {string | URLSearchParams} query
 * @param {Pick<import("./session.js").Merchant, "id" | "currencies">} merchant
 * @returns {View}
 */
export function readView(query, merchant) {
  const params = new URLSearchParams(query);
  const currency = params.get("currency") ?? "";
  const metric = params.get("metric") ?? "";
  const bare = !["range", "from", "to", "compare"].some((name) => params.has(name));
  const { compare, match } = COMPARISONS[comparisonIndex(bare ? "previous_period" : params.get("compare"), params.get("match"))];
  return {
    merchant: merchant.id,
    currency: merchant.currencies.includes(currency) ? currency : merchant.currencies[0],
    range: readRange(params),
    interval: INTERVALS.find((name) => name === params.get("interval")) ?? null,
    compare,
    match,
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
 * @param {Omit<View, "compare" | "match"> & Partial<View>} view
 * @returns {string} "/?merchant=...", without what is the default anyway
 */
export function viewAddress(view) {
  const params = new URLSearchParams({ merchant: view.merchant, currency: view.currency, ...view.range });
  if (view.interval) params.set("interval", view.interval);
  for (const [name, value] of Object.entries(compareQuery(view))) params.set(name, value);
  if (view.metric !== DEFAULT_METRIC) params.set("metric", view.metric);
  if (view.as === "table") params.set("as", "table");
  return `/?${params}`;
}

/**
 * @param {Partial<Pick<View, "compare" | "match">>} view
 * @returns {Record<string, string>} the API's parameters; none without a comparison
 */
export function compareQuery({ compare, match }) {
  if (!compare) return {};
  return compare === "previous_year" && match === "date" ? { compare, match } : { compare };
}

/**
 * @param {Pick<View, "merchant" | "currency">} view
 * @param {import("./range.js").Range} bounds dates or instants, or a preset
 * @param {string} metric
 * @returns {string} of the page with the entries behind that figure
 */
export function traceAddress({ merchant, currency }, bounds, metric) {
  return `/trace.html?${new URLSearchParams({ merchant, currency, ...bounds, metric })}`;
}

/**
 * @param {View} view
 * @param {import("./range.js").Interval} interval
 * @returns {string} of the table of all metrics, as a file
 */
export function exportAddress({ merchant, currency, range }, interval) {
  const path = `/v1/merchants/${encodeURIComponent(merchant)}/metrics/export.csv`;
  return `${path}?${new URLSearchParams({ ...range, interval, currency })}`;
}
