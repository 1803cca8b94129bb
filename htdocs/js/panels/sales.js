// The sales panel: chart and table of one metric, the chooser, and the sentence that says what the chart shows.

import { traceAddress } from "../address.js";
import { bucketBounds, prepareTicks, progress } from "../buckets.js";
import { byId, fillSelect, setText } from "../dom.js";
import { AVERAGE } from "../metrics.js";
import { Panel } from "../panel.js";
import { Chart } from "./chart.js";
import { firstOrderWords } from "./first_order.js";
import { isEmpty, sentence } from "./sentence.js";
import { unknownSentence } from "./stamp.js";
import { Table, tableMetrics } from "./table.js";

/** @typedef {import("../metrics.js").Metric} Metric */
/** @typedef {import("../address.js").View} View */
/** @typedef {import("../feed.js").Summary} Summary */
/** @typedef {import("./chart.js").Drawing} Drawing */

export class Sales {
  /**
   * @param {Metric[]} definitions
   * @param {import("../session.js").Merchant} merchant
   * @param {(change: Partial<View>) => void} onChange
   * @param {() => void} retry
   */
  constructor(definitions, merchant, onChange, retry) {
    this.definitions = definitions;
    this.merchant = merchant;
    this.panel = new Panel(byId("sales"), retry);
    this.chart = new Chart((index, inNewTab) => this.#openPoint(index, inNewTab));
    this.table = new Table();
    this.view = /** @type {View | null} */ (null);
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
    if (this.#isTable(view)) return tableMetrics(metric);
    return metric.name === AVERAGE ? [AVERAGE, "orders"] : [metric.name];
  }

  /**
   * @param {View} view
   * @param {import("../range.js").Interval} interval
   */
  choose(view, interval) {
    this.view = view;
    const metric = this.metricOf(view);
    const table = this.#isTable(view);
    setText(byId("sales-title"), `${metric.label} by ${interval}`);
    setText(byId("by-interval"), `by ${interval}`);
    this.chooser.value = metric.name;
    this.chooser.title = metric.formula;
    this.panel.root.classList.toggle("compared", view.compare !== "");
    byId("as-chart").setAttribute("aria-pressed", String(!table));
    byId("as-table").setAttribute("aria-pressed", String(table));
    this.panel.root.dataset.as = table ? "table" : "chart";
    this.panel.note("parked");
    this.shown = "";
  }

  /**
   * While the figures are on their way.
   * @param {number} now epoch ms
   */
  prepare(now) {
    prepareTicks(this.merchant.timezone, now);
  }

  /**
   * @param {View} view
   * @param {Omit<Drawing, "metric">} part
   * @param {Summary | null} summary
   * @param {boolean} everSold whether there was an order at all, in this range or another
   */
  render(view, part, summary, everSold) {
    const drawing = { ...part, metric: this.metricOf(view) };
    this.#enter(view, drawing, summary, everSold);
    const picture = JSON.stringify([part.series, part.against, summary, progress(part.series, part.asOf)]);
    if (picture === this.shown) return;
    this.shown = picture;
    if (this.#isTable(view)) this.table.render(drawing, summary, view);
    else this.chart.render(drawing);
    setText(byId("sentence"), sentence(drawing, summary));
  }

  /** @param {import("./stamp.js").Meta} meta of the figures on show */
  warn({ warnings, timezone }) {
    this.panel.note("parked", unknownSentence(warnings, timezone));
  }

  /**
   * A table of zeros says what it has to say; a chart of nothing does not, unless something stands against it.
   * @param {View} view
   * @param {Drawing} drawing
   * @param {Summary | null} summary
   * @param {boolean} everSold
   */
  #enter(view, { against }, summary, everSold) {
    const compared = against?.was.values[this.metricOf(view).name].some((value) => value !== 0 && value !== null);
    if (!isEmpty(summary)) this.panel.ready();
    else if (!everSold) this.panel.empty("never", ...firstOrderWords(this.merchant, view.currency));
    else if (compared || this.#isTable(view)) this.panel.ready();
    else this.panel.empty("none", "No orders in this range.");
  }

  /**
   * @param {number} index
   * @param {boolean} inNewTab
   */
  #openPoint(index, inNewTab) {
    const { drawing } = this.chart;
    if (!drawing || !this.view || index >= progress(drawing.series, drawing.asOf).begun) return;
    const address = traceAddress(this.view, bucketBounds(drawing.series, index, drawing.zone), drawing.metric.name);
    if (inNewTab) window.open(address);
    else location.assign(address);
  }

  /** @param {View} view */
  #isTable(view) {
    return view.as === "table" || !this.chart.possible;
  }
}
