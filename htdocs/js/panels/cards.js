// The cards: five totals of the range and how they differ from what they are compared with. A card's name chooses its
// figure for the chart, the figure itself leads to its entries.

import { traceAddress } from "../address.js";
import { changeOf, changeText, sides } from "../comparison.js";
import { byId, el, setText } from "../dom.js";
import { AVERAGE, absentText, valueText } from "../metrics.js";
import { Panel } from "../panel.js";
import { rangeText } from "../range.js";
import { dayText, hourText, localDate } from "../zone.js";

/** @typedef {import("../feed.js").Summary} Summary */
/** @typedef {import("../feed.js").Figures} Figures */
/** @typedef {import("../address.js").View} View */

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
    this.cards = CARDS.map((card) => new Card(card, onMetric));
    byId("card-list").replaceChildren(...this.cards.map(({ root }) => root));
  }

  /** @param {View} view */
  choose(view) {
    for (const card of this.cards) card.choose(view);
  }

  /**
   * Makes room for the comparison before it is known.
   * @param {View} view
   * @param {boolean} running whether the range holds the present, so that a comparison is cut
   */
  reserve(view, running) {
    const lines = running ? "2" : "1";
    byId("card-list").dataset.notes = view.compare === "" ? "0" : lines;
    byId("compared").hidden = view.compare === "";
  }

  /**
   * @param {Summary} summary
   * @param {string} zone
   */
  render(summary, zone) {
    for (const card of this.cards) card.render(summary, zone);
    setText(byId("compared"), comparedText(summary.against, summary.from, zone));
    this.panel.ready();
  }
}

class Card {
  /**
   * @param {(typeof CARDS)[number]} card
   * @param {(metric: string) => void} onMetric
   */
  constructor({ metric, label, unit }, onMetric) {
    this.metric = metric;
    this.unit = unit;
    this.currency = el("span", { class: "card-currency" }, "\u00a0");
    this.name = el("button", { type: "button", class: "card-label", "aria-pressed": "false", click: () => onMetric(metric) },
      label, " ", this.currency);
    this.figure = el("span", { class: "figure", "data-metric": metric }, "0");
    this.link = el("a", { class: "card-figure" }, this.figure,
      el("span", { class: "hidden" }, `, entries behind ${label.toLowerCase()}`));
    this.change = el("p", { class: "card-note", "data-change": metric });
    this.cut = el("p", { class: "card-note", "data-cut": metric });
    this.root = el("li", { class: "card" }, this.name, this.link, this.change, this.cut);
  }

  /** @param {View} view */
  choose(view) {
    this.name.setAttribute("aria-pressed", String(this.metric === view.metric));
    this.link.href = traceAddress(view, view.range, this.metric);
    setText(this.currency, this.unit === "money" ? view.currency : "\u00a0");
  }

  /**
   * @param {Summary} summary
   * @param {string} zone
   */
  render({ metrics, exponent, against }, zone) {
    const text = (/** @type {Figures} */ of) => valueText(of[this.metric], this.unit, exponent, absentText(this.metric, of));
    setText(this.figure, text(metrics));
    this.figure.classList.toggle("unknown", text(metrics) === "unknown");
    const pair = sides(against, metrics);
    this.change.replaceChildren(...(pair ? changeNodes(pair.now[this.metric], pair.was[this.metric], text(pair.was)) : []));
    const through = against?.through ?? null;
    setText(this.cut, pair && through !== null ? `${text(pair.now)} by ${hourText(through * 1000, zone)}` : "");
  }
}

/**
 * @param {import("../metrics.js").Value} now
 * @param {import("../metrics.js").Value} was
 * @param {string} wasText
 * @returns {(Node | string)[]} "▲ +12.4% was 42,890.10"
 */
function changeNodes(now, was, wasText) {
  const change = changeOf(now, was);
  const before = el("span", { class: "was" }, `was ${wasText}`);
  if (!change) return [before];
  const { arrow, words } = changeText(change);
  const by = words ? [el("span", { class: "change" }, words)] : [];
  return [el("span", { "aria-hidden": "true" }, `${arrow} `), ...by, before];
}

/**
 * @param {import("../feed.js").Against<unknown> | null} against
 * @param {number} start of the range, epoch seconds
 * @param {string} zone
 * @returns {string} "Compared up to Sat 28 Mar, 14:00 with the same part of 1 – 28 Mar 2025."
 */
export function comparedText(against, start, zone) {
  if (!against) return "";
  const dates = againstText(against, zone);
  if (against.through === null) return `Compared with ${dates}.`;
  if (against.through <= start) return `Not compared with ${dates} yet: no full hour is over.`;
  const through = against.through * 1000;
  return `Compared up to ${dayText(through, zone)}, ${hourText(through, zone)} with the same part of ${dates}.`;
}

/**
 * @param {{from: number, to: number}} against epoch seconds
 * @param {string} zone
 * @returns {string} its days, inclusive
 */
export function againstText({ from, to }, zone) {
  return rangeText({ from: localDate(from * 1000, zone), to: localDate(to * 1000, zone) });
}
