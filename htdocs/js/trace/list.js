// The rows of a trace: what each entry adds, and the sum so far.

import { el } from "../dom.js";
import { orderAddress } from "../header.js";
import { momentText } from "./words.js";

/**
 * @typedef {object} TraceEntry as the API sends it
 * @property {string} entry
 * @property {string} order
 * @property {"order" | "refund"} kind
 * @property {string} at
 * @property {number} value
 * @property {number} running_sum
 */

/**
 * @typedef {object} Frame what the rows have in common
 * @property {string} merchant
 * @property {string} zone
 * @property {string} today
 * @property {(amount: number | bigint) => string} text of an amount of this figure
 */

/**
 * @param {TraceEntry} entry
 * @param {Frame} frame
 * @returns {HTMLTableRowElement}
 */
export function entryRow({ entry, order, kind, at, value, running_sum }, { merchant, zone, today, text }) {
  const href = orderAddress(merchant, order);
  return el("tr", {},
    el("td", { class: "when" }, el("time", { datetime: at }, momentText(Date.parse(at), zone, today))),
    el("td", { class: "kind" }, kind === "order" ? "Order" : "Refund"),
    el("td", { class: "id" }, el("a", { href: kind === "order" ? href : `${href}#${entry}` }, el("code", {}, entry))),
    el("td", { class: "figure adds", "data-label": "Adds" }, text(value)),
    el("td", { class: "figure sum", "data-label": "Sum" }, text(running_sum)));
}
