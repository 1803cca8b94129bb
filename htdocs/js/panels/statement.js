// The sales statement: how gross sales become total sales, line by line, and the counts behind them. Every line is the
// server's figure and leads to its entries.

import { traceAddress } from "../address.js";
import { byId, el, setText } from "../dom.js";
import { valueText } from "../metrics.js";
import { Panel } from "../panel.js";

/** @typedef {{sign: string, metric: string, label: string, unit: "money" | "count"}} Line */

/** @type {Line[]} */
const MONEY = [
  { sign: "", metric: "gross_sales", label: "Gross sales", unit: "money" },
  { sign: "−", metric: "discounts", label: "Discounts", unit: "money" },
  { sign: "−", metric: "returns", label: "Returns", unit: "money" },
  { sign: "=", metric: "net_sales", label: "Net sales", unit: "money" },
  { sign: "+", metric: "taxes", label: "Taxes", unit: "money" },
  { sign: "+", metric: "shipping", label: "Shipping", unit: "money" },
  { sign: "=", metric: "total_sales", label: "Total sales", unit: "money" },
];

/** @type {Line[]} */
const COUNTS = [
  { sign: "", metric: "orders", label: "Orders", unit: "count" },
  { sign: "", metric: "units_sold", label: "Units sold", unit: "count" },
  { sign: "", metric: "refunds", label: "Refunds", unit: "count" },
  { sign: "", metric: "units_returned", label: "Units returned", unit: "count" },
];

export class Statement {
  /** @param {() => void} retry */
  constructor(retry) {
    this.panel = new Panel(byId("statement"), retry);
    this.caption = el("caption", { class: "hidden" }, "Sales statement");
    this.lines = [...MONEY, ...COUNTS].map((line) => ({ ...line, link: el("a", { class: "entries" }, "0") }));
    const rows = this.lines.map((line) => el("tr", { class: line.sign === "=" ? "sum" : "" },
      el("th", { scope: "row" }, el("span", { class: "sign" }, line.sign), line.label),
      el("td", { class: "figure", "data-metric": line.metric }, line.link)));
    byId("statement-table").replaceChildren(this.caption,
      el("tbody", {}, ...rows.slice(0, MONEY.length)), el("tbody", {}, ...rows.slice(MONEY.length)));
  }

  /** @param {import("../address.js").View} view */
  choose(view) {
    for (const { metric, link } of this.lines) link.href = traceAddress(view, view.range, metric);
  }

  /** @param {import("../feed.js").Summary} summary */
  render({ metrics, exponent, currency }) {
    setText(this.caption, `Sales statement in ${currency}`);
    for (const { metric, unit, link } of this.lines) setText(link, valueText(metrics[metric], unit, exponent));
    this.panel.ready();
  }
}
