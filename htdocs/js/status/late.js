// What came late and which figures it changed, by how much: the restatement log.

import { byId, el } from "../dom.js";
import { pageAddress } from "../header.js";
import { formatCount, formatMoney } from "../money.js";
import { PagedList } from "../paged_list.js";
import { addDays, clockText, hourText, localDate } from "../zone.js";
import { spanText, whenText } from "./words.js";

/**
 * @typedef {object} Restatement
 * @property {string} id
 * @property {"order" | "refund" | "import"} cause
 * @property {number} entries
 * @property {string} first_at
 * @property {string} last_at
 * @property {string} recorded_at
 * @property {{currency: string | null, exponent: number | null, metrics: Record<string, number> | null}[]} changes
 */

const HOUR_MS = 3_600_000;

export class LateEntries {
  /**
   * @param {import("../api.js").Api} api
   * @param {import("../session.js").Merchant} merchant
   */
  constructor(api, merchant) {
    this.merchant = merchant;
    this.list = new PagedList(api, byId("late"), {
      path: `/v1/merchants/${merchant.id}/restatements`,
      limit: 20,
      rows: (restatement) => this.#rows(restatement),
      empty: () => ["Nothing came late: no figure has changed once it was final."],
    });
  }

  /**
   * A row for each currency; what came and when stands beside all of them.
   * @param {Restatement} restatement
   * @returns {HTMLTableRowElement[]}
   */
  #rows(restatement) {
    const { changes, recorded_at: at } = restatement;
    const span = { rowspan: String(changes.length) };
    const shared = [
      el("th", { scope: "row", ...span }, whenText(at, this.merchant.timezone, Date.now(), clockText)),
      el("td", { "data-label": "What came late", ...span }, this.#cause(restatement)),
      el("td", { "data-label": "Changed", ...span }, this.#changed(restatement)),
    ];
    return changes.map((change, i) => el("tr", {}, ...(i === 0 ? shared : []), ...changeCells(change)));
  }

  /** @param {Restatement} restatement */
  #cause({ id, cause, entries, first_at: first, last_at: last }) {
    if (cause === "order") return el("a", { href: pageAddress("/order.html", this.merchant.id, { id }) }, "An order");
    if (cause === "import") {
      const many = entries === 1 ? "one entry" : `${formatCount(entries)} entries`;
      return el("span", {}, "Import ", el("code", {}, id), `, ${many}`);
    }
    const query = { currency: this.merchant.currencies[0], metric: "returns", ...hoursAround(first, last) };
    return el("a", { href: pageAddress("/trace.html", this.merchant.id, query) }, "A refund");
  }

  /** @param {Restatement} restatement */
  #changed({ first_at: first, last_at: last }) {
    const { timezone: zone } = this.merchant;
    const [from, to] = [localDate(Date.parse(first), zone), localDate(Date.parse(last), zone)];
    const hours = hoursAround(first, last);
    const now = Date.now();
    const text = from === to ? spanText(hours.from, hours.to, zone, now)
      : `${whenText(first, zone, now, hourText)} to ${whenText(last, zone, now, hourText)}`;
    const query = { from, to: addDays(to, 1), interval: from === to ? "hour" : "day" };
    return el("a", { href: pageAddress("/", this.merchant.id, query) }, text);
  }
}

/**
 * @param {string} first
 * @param {string} last
 * @returns {{from: string, to: string}} the hours of UTC that both lie in
 */
function hoursAround(first, last) {
  const from = Math.floor(Date.parse(first) / HOUR_MS) * HOUR_MS;
  const to = (Math.floor(Date.parse(last) / HOUR_MS) + 1) * HOUR_MS;
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

/**
 * @param {Restatement["changes"][number]} change
 * @returns {HTMLTableCellElement[]}
 */
function changeCells({ currency, exponent, metrics }) {
  const cell = (/** @type {string} */ label, /** @type {string} */ text) =>
    el("td", { class: "figure", "data-label": label }, text);
  if (!metrics) return ["Orders", "Net sales", "Total sales"].map((label) => cell(label, "unknown"));
  const money = (/** @type {number} */ minor) => `${plus(minor)}${formatMoney(minor, exponent ?? 0)} ${currency}`;
  return [
    cell("Orders", `${plus(metrics.orders)}${formatCount(metrics.orders)}`),
    cell("Net sales", money(metrics.net_sales)),
    cell("Total sales", money(metrics.total_sales)),
  ];
}

/** @param {number} number */
function plus(number) {
  return number > 0 ? "+" : "";
}
