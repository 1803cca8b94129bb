// The chart's figures as a table: one row a bucket, the range's own totals below, what the chosen metric is compared with
// beside it. Each figure leads to its entries.

import { traceAddress } from "../address.js";
import { bucketBounds, progress, shortBucketText } from "../buckets.js";
import { changeOf, changeText, sides } from "../comparison.js";
import { byId, el, setText } from "../dom.js";
import { absentText, bucketMetrics, valueText } from "../metrics.js";
import { hourText } from "../zone.js";
import { againstText } from "./cards.js";
import { againstName, pairOf, pointCount } from "./point.js";

/** @typedef {import("./chart.js").Drawing} Drawing */
/** @typedef {import("../feed.js").Summary} Summary */
/** @typedef {import("../feed.js").Figures} Figures */
/** @typedef {import("../metrics.js").Value} Value */
/** @typedef {{metric: string, label: string, unit: "count" | "money"}} Column */

/** @type {Column[]} */
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

/**
 * @param {import("../metrics.js").Metric} chosen
 * @returns {Column[]} the chosen metric, which is to be seen without scrolling, and the usual ones
 */
function columnsFor({ name, label, unit }) {
  return [{ metric: name, label, unit }, ...COLUMNS.filter(({ metric }) => metric !== name)];
}

/**
 * @param {import("../metrics.js").Metric} chosen
 * @returns {string[]} what the table needs of the series
 */
export function tableMetrics(chosen) {
  return columnsFor(chosen).map(({ metric }) => metric);
}

/** One cell as text, and where it leads: "" nowhere. @typedef {{text: string, href: string, class: string}} Cell */
/** @typedef {{name: string, mark?: string, cells: Cell[]}} Row */

export class Table {
  constructor() {
    this.box = byId("table-box");
    this.shape = "";
    this.cells = /** @type {HTMLElement[]} */ ([]);
  }

  /**
   * News of the same shape is written into the cells that are there: focus and place stay.
   * @param {Drawing} drawing
   * @param {Summary | null} summary its totals go to the foot
   * @param {import("../address.js").View} view
   */
  render(drawing, summary, view) {
    const head = headOf(drawing);
    const rows = rowsOf(drawing, view);
    const foot = summary ? [footOf(drawing, summary, view)] : [];
    const all = [...rows, ...foot];
    const shapes = all.map(({ name, mark, cells }) => [name, mark, cells.map(({ href, class: of }) => [href, of])]);
    const shape = JSON.stringify([head, shapes]);
    if (shape === this.shape) {
      all.flatMap(({ cells }) => cells).forEach(({ text }, i) => setText(this.cells[i], text));
      return;
    }
    this.shape = shape;
    this.cells = [];
    const { interval, currency } = drawing.series;
    this.box.replaceChildren(el("table", {},
      el("caption", { class: "hidden" }, `Sales by ${interval} in ${currency}`),
      el("thead", {}, el("tr", {}, ...head.map(({ text, class: of }) => el("th", { scope: "col", class: of }, text)))),
      el("tbody", {}, ...rows.map((row) => this.#row(row))),
      el("tfoot", {}, ...foot.map((row) => this.#row(row)))));
  }

  /** @param {Row} row */
  #row({ name, mark, cells }) {
    const marks = mark ? [el("span", { class: "mark" }, ` ${mark}`)] : [];
    return el("tr", {}, el("th", { scope: "row" }, name, ...marks), ...cells.map(({ text, href, class: of }) => {
      const inner = href ? el("a", { class: "entries", href }, text) : el("span", {}, text);
      this.cells.push(inner);
      return el("td", { class: of }, inner);
    }));
  }
}

/**
 * @param {Drawing} drawing
 * @returns {Column[]}
 */
function columnsOf({ series, metric }) {
  return columnsFor(metric).filter((column) => column.metric in series.values);
}

/** @param {Drawing} drawing */
function headOf(drawing) {
  const { series, against, metric, zone } = drawing;
  const columns = columnsOf(drawing).flatMap((column) => {
    const chosen = column.metric === metric.name;
    const own = { text: column.label, class: chosen ? "figure chosen" : "figure" };
    if (!chosen || !against) return [own];
    return [own, { text: againstText(against, zone), class: "figure was" }, { text: "Change", class: "figure was" }];
  });
  const interval = series.interval[0].toUpperCase() + series.interval.slice(1);
  return [{ text: interval, class: "" }, ...columns];
}

/**
 * @param {Drawing} drawing
 * @param {import("../address.js").View} view
 * @returns {Row[]} for the buckets that have begun, or that stand against some
 */
function rowsOf(drawing, view) {
  const { series, metric, zone, asOf } = drawing;
  const { begun, finished } = progress(series, asOf);
  const columns = columnsOf(drawing);
  return Array.from({ length: pointCount(drawing) }, (_, i) => {
    const name = i < series.start.length ? shortBucketText(series, i, zone) : againstName(drawing, i);
    const bounds = i < begun ? bucketBounds(series, i, zone) : null;
    const metrics = bucketMetrics(series.values, i);
    const cells = columns.flatMap((column) => {
      const of = column.metric === metric.name ? "figure chosen" : "figure";
      const absent = absentText(column.metric, metrics);
      const text = bounds ? valueText(metrics[column.metric], column.unit, series.exponent, absent) : "";
      const own = { text, href: bounds ? traceAddress(view, bounds, column.metric) : "", class: of };
      return column.metric === metric.name ? [own, ...comparedCells(drawing, i, column)] : [own];
    });
    return { name, mark: i >= finished && i < begun ? "(unfinished)" : "", cells };
  });
}

/**
 * @param {Drawing} drawing
 * @param {number} i
 * @param {Column} column the chosen one
 * @returns {Cell[]}
 */
function comparedCells(drawing, i, { metric, unit }) {
  const { series, against, zone } = drawing;
  if (!against) return [];
  if (i >= against.was.start.length) return [plain(""), plain("")];
  const pair = pairOf(drawing, i);
  const metrics = bucketMetrics(against.was.values, i);
  const was = valueText(metrics[metric], unit, series.exponent, absentText(metric, metrics));
  const by = pair && pair.by !== null ? ` by ${hourText(pair.by, zone)}` : "";
  return [plain(was + by), plain(pair ? changeWords(pair.now, pair.was) : "")];
}

/**
 * @param {Drawing} drawing
 * @param {Summary} summary
 * @param {import("../address.js").View} view
 * @returns {Row}
 */
function footOf(drawing, summary, view) {
  const { metric, zone } = drawing;
  const pair = sides(summary.against, summary.metrics);
  const cells = columnsOf(drawing).flatMap((column) => {
    const text = (/** @type {Figures} */ of) =>
      valueText(of[column.metric], column.unit, summary.exponent, absentText(column.metric, of));
    const own = { text: text(summary.metrics), href: traceAddress(view, view.range, column.metric), class: "figure" };
    if (column.metric !== metric.name || !pair || !drawing.against) return [own];
    const through = summary.against?.through ?? null;
    const by = through === null ? "" : ` by ${hourText(through * 1000, zone)}`;
    return [own, plain(text(pair.was) + by), plain(changeWords(pair.now[metric.name], pair.was[metric.name]))];
  });
  return { name: "Whole range", cells };
}

/**
 * @param {string} text
 * @returns {Cell}
 */
function plain(text) {
  return { text, href: "", class: "figure was" };
}

/**
 * @param {Value} now
 * @param {Value} was
 * @returns {string} "+12.4%"; the mere direction where there is no percentage; "" when either is unknown
 */
export function changeWords(now, was) {
  const change = changeOf(now, was);
  if (!change) return "";
  const { arrow, words } = changeText(change);
  return words || arrow;
}
