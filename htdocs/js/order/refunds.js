// What was given back of the order, and what can still be.

import { byId, el, setText } from "../dom.js";
import { formatCount, formatMoney } from "../money.js";
import { clockText, localDate, shortDayText } from "../zone.js";
import { copyable } from "./facts.js";

/** @typedef {import("../session.js").Merchant} Merchant */

/**
 * @param {any} order
 * @param {Merchant} merchant
 * @param {(date: string) => string} dayAddress of a day's figures
 */
export function showRefunds(order, merchant, dayAddress) {
  const { refunds } = order;
  byId("refund-list").replaceChildren(...(refunds.length > 0 ? [refundTable(order, merchant, dayAddress)] : []));
  setText(byId("left"), leftWords(order));
  setText(byId("given-back"), refundState(order));
  byId("given-back").hidden = refunds.length === 0;
}

/** @param {any} order */
export function isAllBack({ remaining: { goods, tax, shipping, units } }) {
  return [goods, tax, shipping, units].every((amount) => amount === 0);
}

/** @param {any} order */
function refundState(order) {
  return isAllBack(order) ? "given back as a whole" : "given back in part";
}

/** @param {any} order */
function leftWords(order) {
  const { remaining: { units, goods, tax, shipping }, exponent, currency } = order;
  const none = order.refunds.length === 0 ? "Nothing was given back. " : "";
  if (isAllBack(order)) return "Nothing is left to give back.";
  const money = (/** @type {number} */ minor) => `${formatMoney(minor, exponent)} ${currency}`;
  const count = `${formatCount(units)} ${units === 1 ? "unit" : "units"}`;
  return `${none}Left: ${count}, goods ${money(goods)}, tax ${money(tax)}, shipping ${money(shipping)}.`;
}

/**
 * @param {any} order
 * @param {Merchant} merchant
 * @param {(date: string) => string} dayAddress
 */
function refundTable(order, merchant, dayAddress) {
  const head = ["Time", "Given back", "Goods", "Tax", "Shipping", "Total"].map((name, i) =>
    el("th", { scope: "col", class: i > 1 ? "figure" : "" }, name));
  return el("table", { class: "list rows", id: "refund-table" },
    el("thead", {}, el("tr", {}, ...head)),
    el("tbody", {}, ...order.refunds.map((/** @type {any} */ refund) => refundRow(refund, order, merchant, dayAddress))));
}

/**
 * @param {any} refund
 * @param {any} order
 * @param {Merchant} merchant
 * @param {(date: string) => string} dayAddress
 */
function refundRow(refund, order, { timezone, role }, dayAddress) {
  const { id, refunded_at, late, reason = "", totals, exponent, currency } = refund;
  const ms = Date.parse(refunded_at);
  const name = shortDayText(ms, timezone);
  const day = role === "clerk" ? name : el("a", { href: dayAddress(localDate(ms, timezone)) }, name);
  const money = (/** @type {number} */ minor) => (minor === 0 ? "–" : formatMoney(minor, exponent));
  return el("tr", { id },
    el("td", { class: "when" },
      day, `, ${clockText(ms, timezone)}`, ...(late ? [" ", el("span", { class: "tag" }, "late")] : [])),
    el("td", { class: "what" },
      el("bdi", {}, reason),
      el("span", { class: "soft" }, ...linesBack(refund, order)),
      copyable(id, "refund's id")),
    figure("Goods", money(totals.goods)),
    figure("Tax", money(totals.tax)),
    figure("Shipping", money(totals.shipping)),
    figure("Total", `${formatMoney(totals.total, exponent)} ${currency}`));
}

/**
 * @param {string} name
 * @param {string} text
 */
function figure(name, text) {
  return el("td", { class: "figure", "data-label": name }, text);
}

/**
 * @param {any} refund
 * @param {any} order
 * @returns {(Node | string)[]} "2 × Mug, 1 × Jar"; "by amount"
 */
function linesBack({ lines }, order) {
  if (!lines?.length) return ["by amount"];
  return lines.flatMap((/** @type {any} */ { line, quantity }, /** @type {number} */ i) => [
    `${i > 0 ? ", " : ""}${formatCount(quantity)} × `,
    el("bdi", {}, order.lines[line - 1]?.name ?? `line ${line}`),
  ]);
}
