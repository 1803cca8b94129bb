// The sales panel: chart and table of one metric, the chooser, and the sentence that says what the chart shows.

import { bucketText, progress } from "../buckets.js";
import { byId, fillSelect, setText } from "../dom.js";
import { AVERAGE, numberOf, valueText } from "../metrics.js";
import { Panel } from "../panel.js";
import { Chart, pointText } from "./chart.js";
import { renderTable, tableMetrics } from "./table.js";

/** @typedef {import("../metrics.js").Metric} Metric */
/** @typedef {import("../address.js").View} View */
/** @typedef {import("../feed.js").Summary} Summary */
/** @typedef {import("./chart.js").Drawing} Drawing */

export class Sales {
  /**
   * @param {Metric[]} definitions
   * @param {(change: Partial<View>) => void} onChange
   * @param {() => void} retry
   */
  constructor(definitions, onChange, retry) {
    this.definitions = definitions;
    this.onChange = onChange;
    this.panel = new Panel(byId("sales"), retry);
    this.chart = new Chart();
    this.shown = "";
    this.chooser = byId("metric");
    fillSelect(this.chooser, definitions.map(({ name, label }) => ({ value: name, label })), "");
    this.chooser.addEventListener("change", () => onChange({ metric: this.chooser.value }));
    byId("as-chart").addEventListener("click", () => onChange({ as: "chart" }));
    byId("as-table").addEventListener("click", () => onChange({ as: "table" }));
  }

  /**
   * @param {View} view
   * @returns {Metric}
   */
  metricOf(view) {
    return this.definitions.find(({ name }) => name === view.metric) ?? this.definitions[0];
  }

  /**
   * @param {View} view
   * @returns {string[]} the metrics that the series must bring
   */
  wanted(view) {
    const metric = this.metricOf(view);
    return this.#isTable(view) ? tableMetrics(metric) : [metric.name];
  }

  /**
   * @param {View} view
   * @param {"hour" | "day"} interval
   */
  choose(view, interval) {
    const metric = this.metricOf(view);
    const table = this.#isTable(view);
    setText(byId("sales-title"), `${metric.label} by ${interval}`);
    setText(byId("by-interval"), `by ${interval}`);
    this.chooser.value = metric.name;
    this.chooser.title = metric.formula;
    byId("as-chart").setAttribute("aria-pressed", String(!table));
    byId("as-table").setAttribute("aria-pressed", String(table));
    byId("chart-figure").hidden = table;
    byId("table-box").hidden = !table;
    this.shown = "";
  }

  /**
   * @param {View} view
   * @param {Omit<Drawing, "metric">} part
   * @param {Summary | null} summary
   */
  render(view, part, summary) {
    const drawing = { ...part, metric: this.metricOf(view) };
    this.panel.ready();
    const picture = JSON.stringify([drawing.series, summary, progress(part.series, part.asOf)]);
    if (picture === this.shown) return;
    this.shown = picture;
    if (this.#isTable(view)) renderTable(drawing, summary);
    else this.chart.render(drawing);
    byId("chart-figure").classList.toggle("empty", isEmpty(summary));
    setText(byId("sentence"), isEmpty(summary) ? "No orders in this range." : sentence(drawing, summary));
  }

  /** @param {View} view */
  #isTable(view) {
    return view.as === "table" || !this.chart.possible;
  }
}

/** @param {Summary | null} summary */
function isEmpty(summary) {
  return summary !== null && summary.metrics.orders === 0 && summary.metrics.refunds === 0;
}

/**
 * @param {Drawing} drawing
 * @param {Summary | null} summary
 * @returns {string} the chart in words
 */
function sentence(drawing, summary) {
  const { series, asOf } = drawing;
  const { begun, finished } = progress(series, asOf);
  return [totalPart(drawing, summary), bestPart(drawing, begun), unknownPart(drawing, begun),
    finished < begun ? `The last ${series.interval} is unfinished.` : ""].filter(Boolean).join(" ");
}

/**
 * @param {Drawing} drawing
 * @param {Summary | null} summary
 */
function totalPart({ metric, series }, summary) {
  if (!summary) return "";
  const known = numberOf(summary.metrics[metric.name]) !== null;
  const currency = metric.unit === "money" && known ? ` ${series.currency}` : "";
  return `${metric.label} ${valueText(summary.metrics[metric.name], metric.unit, series.exponent)}${currency}.`;
}

/**
 * @param {Drawing} drawing
 * @param {number} begun
 */
function bestPart(drawing, begun) {
  const values = drawing.series.values[drawing.metric.name].slice(0, begun).map((value) => numberOf(value) ?? -Infinity);
  const best = values.indexOf(Math.max(...values));
  if (begun < 2 || !(values[best] > 0)) return "";
  return `Highest ${pointText(drawing, best).replace(" (unfinished)", "")}.`;
}

/**
 * @param {Drawing} drawing
 * @param {number} begun
 */
function unknownPart({ series, metric, zone }, begun) {
  const unknown = series.values[metric.name].slice(0, begun).flatMap((value, i) => (value === null ? [i] : []));
  if (unknown.length === 0 || metric.name === AVERAGE) return "";
  const more = unknown.length > 1 ? ` and ${unknown.length - 1} more` : "";
  return `Unknown for ${bucketText(series, unknown[0], zone)}${more}.`;
}
