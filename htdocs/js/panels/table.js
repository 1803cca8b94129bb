// The chart's figures as a table: one row a bucket, the range's own totals below.

import { progress, shortBucketText } from "../buckets.js";
import { byId, el } from "../dom.js";
import { AVERAGE, valueText } from "../metrics.js";

/** @type {{metric: string, label: string, unit: "count" | "money"}[]} */
const COLUMNS = [
  { metric: "orders", label: "Orders", unit: "count" },
  { metric: "gross_sales", label: "Gross sales", unit: "money" },
  { metric: "discounts", label: "Discounts", unit: "money" },
  { metric: "returns", label: "Returns", unit: "money" },
  { metric: "net_sales", label: "Net sales", unit: "money" },
  { metric: "taxes", label: "Taxes", unit: "money" },
  { metric: "shipping", label: "Shipping", unit: "money" },
  { metric: "total_sales", label: "Total sales", unit: "money" },
];

/** @typedef {(typeof COLUMNS)[number]} Column */

/**
 * @param {import("../metrics.js").Metric} chosen
 * @returns {Column[]} the usual ones, led by the chosen metric if it is none of them
 */
function columnsFor(chosen) {
  if (COLUMNS.some(({ metric }) => metric === chosen.name)) return COLUMNS;
  return [{ metric: chosen.name, label: chosen.label, unit: chosen.unit }, ...COLUMNS];
}

/**
 * @param {import("../metrics.js").Metric} chosen
 * @returns {string[]} what the table needs of the series
 */
export function tableMetrics(chosen) {
  return columnsFor(chosen).map(({ metric }) => metric);
}

/**
 * @param {import("./chart.js").Drawing} drawing
 * @param {import("../feed.js").Summary | null} summary its totals go to the foot
 */
export function renderTable(drawing, summary) {
  const { series, metric } = drawing;
  const columns = columnsFor(metric).filter((column) => column.metric in series.values);
  const when = series.interval === "hour" ? "Hour" : "Day";
  const head = [el("th", { scope: "col" }, when), ...columns.map((column) =>
    el("th", { scope: "col", class: column.metric === metric.name ? "figure chosen" : "figure" }, column.label))];
  byId("table-box").replaceChildren(el("table", {},
    el("caption", { class: "hidden" }, `Sales by ${series.interval} in ${series.currency}`),
    el("thead", {}, el("tr", {}, ...head)),
    el("tbody", {}, ...bodyRows(drawing, columns)),
    el("tfoot", {}, ...(summary ? [row("Whole range", columns, (name) => summary.metrics[name], series.exponent)] : []))));
}

/**
 * @param {import("./chart.js").Drawing} drawing
 * @param {Column[]} columns
 * @returns {HTMLTableRowElement[]} for the buckets that have begun
 */
function bodyRows({ series, zone, asOf }, columns) {
  const { begun, finished } = progress(series, asOf);
  return series.start.slice(0, begun).map((_, i) => {
    const name = shortBucketText(series, i, zone) + (i >= finished ? " (unfinished)" : "");
    return row(name, columns, (metric) => series.values[metric][i], series.exponent);
  });
}

/**
 * @param {string} name
 * @param {Column[]} columns
 * @param {(metric: string) => import("../metrics.js").Value} valueOf
 * @param {number} exponent
 */
function row(name, columns, valueOf, exponent) {
  return el("tr", {}, el("th", { scope: "row" }, name), ...columns.map(({ metric, unit }) =>
    el("td", { class: "figure" }, valueText(valueOf(metric), unit, exponent, metric === AVERAGE ? "–" : "unknown"))));
}
