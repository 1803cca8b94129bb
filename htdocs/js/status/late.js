// What came late and which figures it changed, by how much: the restatement log.

import { byId, el } from "../dom.js";
import { pageAddress } from "../header.js";
import { formatCount, formatMoney } from "../money.js";
import { PagedList } from "../paged_list.js";
import { HOUR_MS, addDays, clockText, hourStart, hourText, localDate } from "../zone.js";
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

export class LateEntries {
  /**
   * @param {import("../api.js").Api} api
   * @param {import("../session.js").Merchant} merchant
   */
  constructor(api, merchant) {
    this.merchant = merchant;
    this.list = new PagedList(api, byId("late"), {
      path: `/v1/merchants/${merchant.id}/restatements`,
      merchant,
      limit: 20,
      rows: (restatement) => this.#rows(restatement),
      empty: () => ["Nothing came late: no figure has changed once it was final."],
      idOf: ({ id }) => id,
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
  #cause(restatement) {
    const { id, cause, entries } = restatement;
    if (cause === "order") return el("a", { href: pageAddress("/order.html", this.merchant.id, { id }) }, "An order");
    if (cause === "import") {
      const many = entries === 1 ? "one entry" : `${formatCount(entries)} entries`;
      return el("span", {}, "Import ", el("code", {}, id), `, ${many}`);
    }
    return el("a", { href: this.#address("/trace.html", restatement, { metric: "returns" }) }, "A refund");
  }

  /** @param {Restatement} restatement */
  #changed(restatement) {
    const { first_at: first, last_at: last } = restatement;
    const { timezone: zone } = this.merchant;
    const now = Date.now();
    const oneDay = localDate(Date.parse(first), zone) === localDate(Date.parse(last), zone);
    const text = oneDay ? spanText(...hoursAround(first, last, zone), zone, now)
      : `${whenText(first, zone, now, hourText)} to ${whenText(last, zone, now, hourText)}`;
    return el("a", { href: this.#address("/", restatement, { interval: oneDay ? "hour" : "day" }) }, text);
  }

  /**
   * @param {string} page
   * @param {Restatement} restatement
   * @param {Record<string, string>} more of the query
   * @returns {string} of the page for the days that were changed, in the first currency that was
   */
  #address(page, { first_at: first, last_at: last, changes }, more) {
    const { id, timezone: zone, currencies } = this.merchant;
    const currency = changes[0]?.currency ?? currencies[0];
    const from = localDate(Date.parse(first), zone);
    const to = addDays(localDate(Date.parse(last), zone), 1);
    return pageAddress(page, id, { currency, from, to, ...more });
  }
}

/**
 * @param {string} first
 * @param {string} last
 * @param {string} zone
 * @returns {[string, string]} where the local hours of both begin and end
 */
function hoursAround(first, last, zone) {
  const from = hourStart(Date.parse(first), zone);
  const to = hourStart(Date.parse(last), zone) + HOUR_MS;
  return [new Date(from).toISOString(), new Date(to).toISOString()];
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
