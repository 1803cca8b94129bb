// The cards: five totals of the range. A card chooses its figure for the chart.

import { byId, el, setText } from "../dom.js";
import { AVERAGE, numberOf, valueText } from "../metrics.js";
import { Panel } from "../panel.js";

/** @type {{metric: string, label: string, unit: "count" | "money"}[]} */
export const CARDS = [
  { metric: "total_sales", label: "Total sales", unit: "money" },
  { metric: "net_sales", label: "Net sales", unit: "money" },
  { metric: "orders", label: "Orders", unit: "count" },
  { metric: AVERAGE, label: "Average order", unit: "money" },
  { metric: "returns", label: "Returns", unit: "money" },
];

export class Cards {
  /**
   * @param {(metric: string) => void} onMetric
   * @param {() => void} retry
   */
  constructor(onMetric, retry) {
    this.panel = new Panel(byId("cards"), retry);
    this.cards = CARDS.map(({ metric, label }) => {
      const figure = el("span", { class: "figure", "data-metric": metric }, "0");
      const note = el("span", { class: "card-note" });
      const button = el("button", { type: "button", class: "card", "aria-pressed": "false", click: () => onMetric(metric) },
        el("span", { class: "card-label" }, label), figure, note);
      return { button, figure, note };
    });
    byId("card-list").replaceChildren(...this.cards.map(({ button }) => el("li", {}, button)));
  }

  /** @param {import("../address.js").View} view */
  choose(view) {
    CARDS.forEach(({ metric }, i) => this.cards[i].button.setAttribute("aria-pressed", String(metric === view.metric)));
  }

  /** @param {import("../feed.js").Summary} summary */
  render({ metrics, exponent, currency }) {
    CARDS.forEach(({ metric, unit }, i) => {
      const { figure, note } = this.cards[i];
      const undefinedHere = metric === AVERAGE && metrics.orders === 0;
      setText(figure, undefinedHere ? "–" : valueText(metrics[metric], unit, exponent));
      figure.classList.toggle("unknown", !undefinedHere && numberOf(metrics[metric]) === null);
      const usual = unit === "money" ? currency : "";
      setText(note, undefinedHere ? "no orders" : usual);
    });
    this.panel.ready();
  }
}
