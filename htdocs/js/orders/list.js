// The rows of the list: one order each, under the day that it was placed on.

import { el } from "../dom.js";
import { pageAddress } from "../header.js";
import { linesNodes } from "../lines_text.js";
import { formatMoney } from "../money.js";
import { clockText, localDate, longDayText } from "../zone.js";

/** @typedef {import("../session.js").Merchant} Merchant */

/** So many lines of an order are named; of the others the number is told. */
const MOST_NAMED = 3;

/**
 * @param {any[]} orders as the API sends them, newest first
 * @param {Merchant} merchant
 * @param {Set<string>} news ids that are to be seen as new
 * @returns {HTMLTableSectionElement[]} one body for each day
 */
export function dayBodies(orders, merchant, news) {
  const days = Map.groupBy(orders, ({ placed_at }) => localDate(Date.parse(placed_at), merchant.timezone));
  return [...days.values()].map((ofDay) => {
    const name = longDayText(Date.parse(ofDay[0].placed_at), merchant.timezone);
    const head = el("tr", { class: "day" }, el("th", { scope: "rowgroup", colspan: "6" }, name));
    return el("tbody", {}, head, ...ofDay.map((order) => orderRow(order, merchant, news.has(order.id))));
  });
}

/**
 * @param {any} order
 * @param {Merchant} merchant
 * @param {boolean} isNew
 */
function orderRow(order, merchant, isNew) {
  const { id, placed_at, reference = "", customer_id = "", late, totals, exponent, currency, lines } = order;
  return el("tr", { class: isNew ? "order new" : "order" },
    el("td", { class: "when" }, el("time", { datetime: placed_at }, clockText(Date.parse(placed_at), merchant.timezone)),
      ...(late ? [" ", el("span", { class: "tag", title: "Recorded 2 hours or more after its time" }, "late")] : [])),
    el("td", { class: "reference" }, reference),
    el("td", { class: "id" }, el("a", { href: pageAddress("/order.html", merchant.id, { id }) }, el("code", {}, id))),
    el("td", { class: "lines" }, ...linesNodes(lines, MOST_NAMED)),
    el("td", { class: "customer" }, customer_id),
    el("td", { class: "figure total" }, `${formatMoney(totals.total, exponent)} ${currency}`));
}
