// The sales statement: how gross sales become total sales, line by line. Every line is the server's figure.

import { byId, el, setText } from "../dom.js";
import { valueText } from "../metrics.js";
import { Panel } from "../panel.js";

const LINES = [
  { sign: "", metric: "gross_sales", label: "Gross sales" },
  { sign: "−", metric: "discounts", label: "Discounts" },
  { sign: "−", metric: "returns", label: "Returns" },
  { sign: "=", metric: "net_sales", label: "Net sales" },
  { sign: "+", metric: "taxes", label: "Taxes" },
  { sign: "+", metric: "shipping", label: "Shipping" },
  { sign: "=", metric: "total_sales", label: "Total sales" },
];

export class Statement {
  /** @param {() => void} retry */
  constructor(retry) {
    this.panel = new Panel(byId("statement"), retry);
    this.caption = el("caption", { class: "hidden" }, "Sales statement");
    this.figures = LINES.map(({ metric }) => el("td", { class: "figure", "data-metric": metric }, "0"));
    const rows = LINES.map(({ sign, label }, i) => el("tr", { class: sign === "=" ? "sum" : "" },
      el("th", { scope: "row" }, el("span", { class: "sign" }, sign), label), this.figures[i]));
    byId("statement-table").replaceChildren(this.caption, el("tbody", {}, ...rows));
  }

  /** @param {import("../feed.js").Summary} summary */
  render({ metrics, exponent, currency }) {
    setText(this.caption, `Sales statement in ${currency}`);
    LINES.forEach(({ metric }, i) => setText(this.figures[i], valueText(metrics[metric], "money", exponent)));
    this.panel.ready();
  }
}
