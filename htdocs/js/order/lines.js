// The order's lines and its totals, as the server computed them.

import { byId, el } from "../dom.js";
import { formatCount, formatMoney } from "../money.js";
import { ORDER_SUMS } from "../posting/sums.js";

/** @param {any} order as the API sends it, with what remains */
export function showLines(order) {
  byId("line-rows").replaceChildren(...order.lines.map((/** @type {any} */ line, /** @type {number} */ i) =>
    lineRow(line, order.remaining.lines[i], order.exponent)));
  byId("totals").replaceChildren(el("tbody", {}, ...ORDER_SUMS.map((row) => totalRow(row, order))));
}

/**
 * @param {any} line
 * @param {any} left of it
 * @param {number} exponent
 */
function lineRow(line, left, exponent) {
  const money = (/** @type {number} */ minor) => (minor === 0 ? "–" : formatMoney(minor, exponent));
  return el("tr", {},
    el("td", { class: "product" }, el("bdi", {}, line.name), " ", el("code", { class: "soft" }, line.product_id)),
    el("td", { class: "figure", "data-label": "Quantity" }, formatCount(line.quantity)),
    el("td", { class: "figure", "data-label": "Price each" }, formatMoney(line.unit_price, exponent)),
    el("td", { class: "figure", "data-label": "Discount" }, money(line.discount)),
    el("td", { class: "figure", "data-label": "Tax" }, money(line.tax)),
    el("td", { class: "figure left", "data-label": "Still to give back" }, leftText(left, exponent)));
}

/**
 * @param {{quantity: number, goods: number, tax: number}} left
 * @param {number} exponent
 * @returns {string} "2 for 8.70 and 0.40 tax"
 */
export function leftText({ quantity, goods, tax }, exponent) {
  if (quantity === 0 && goods === 0 && tax === 0) return "nothing";
  return `${formatCount(quantity)} for ${formatMoney(goods, exponent)}${tax > 0 ? ` and ${formatMoney(tax, exponent)} tax` : ""}`;
}

/**
 * @param {import("../posting/sums.js").Sum} row
 * @param {any} order
 */
function totalRow({ sign, name, label }, { totals, exponent, currency, discount, tax }) {
  const own = { discounts: discount, tax }[name] ?? 0;
  // What was taken off or added for the whole order is in no line above.
  const note = own > 0 ? ` of them ${formatMoney(own, exponent)} on the whole order` : "";
  return el("tr", { class: sign === "=" ? "sum" : "" },
    el("th", { scope: "row" }, el("span", { class: "sign" }, sign), label,
      el("span", { class: "soft" }, sign === "=" ? ` ${currency}` : note)),
    el("td", { class: "figure", "data-total": name }, formatMoney(totals[name], exponent)));
}
