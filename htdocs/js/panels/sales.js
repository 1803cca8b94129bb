// The sales panel: chart and table of one metric, the chooser, and the sentence that says what the chart shows.

import { progress } from "../buckets.js";
import { byId, fillSelect, setText } from "../dom.js";
import { Panel } from "../panel.js";
import { Chart } from "./chart.js";
import { emptyWords, isEmpty, sentence } from "./sentence.js";
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
   * @param {boolean} everSold whether there was an order at all, in this range or another
   */
  render(view, part, summary, everSold) {
    const drawing = { ...part, metric: this.metricOf(view) };
    this.panel.ready();
    const picture = JSON.stringify([drawing.series, summary, everSold, progress(part.series, part.asOf)]);
    if (picture === this.shown) return;
    this.shown = picture;
    if (this.#isTable(view)) renderTable(drawing, summary);
    else this.chart.render(drawing);
    byId("chart-figure").classList.toggle("empty", isEmpty(summary));
    byId("sentence").replaceChildren(...(isEmpty(summary) ? emptyWords(everSold) : [sentence(drawing, summary)]));
  }

  /** @param {View} view */
  #isTable(view) {
    return view.as === "table" || !this.chart.possible;
  }
}
