// The receipt: which order was stored, and the measured time until the figures held it.

import { DEFAULT_METRIC, viewAddress } from "../address.js";
import { Problem } from "../api.js";
import { byId, el, setText } from "../dom.js";
import { formatMoney } from "../money.js";
import { durationText } from "../panels/stamp.js";
import { troubleOf } from "../problem_text.js";
import { addDays, clockText, longDayText } from "../zone.js";
import { countedIn } from "./totals.js";

/** The server waits some seconds by itself for a position; this many times it is asked to. */
const ATTEMPTS = 10;
const PAUSE_MS = 500;

/** @typedef {{order: any, position: string, bucket: {date: string, hour_start: string, hour_end: string}}} Receipt */
/** @typedef {import("../session.js").Merchant} Merchant */

/**
 * @param {Receipt} receipt
 * @param {Merchant} merchant
 * @param {{replayed: boolean, again: () => void}} how
 */
export function showReceipt(receipt, merchant, { replayed, again }) {
  const { order, bucket } = receipt;
  const placed = Date.parse(order.placed_at);
  const where = `in ${countedIn(bucket, merchant.timezone)}`;
  const isClerk = merchant.role === "clerk";
  const title = replayed ? "The order had been stored the first time" : "The order is stored";
  const facts = [
    ["Order", el("a", { id: "order-id", href: orderAddress(merchant.id, order.id) }, el("code", {}, order.id))],
    ["Total", `${formatMoney(order.totals.total, order.exponent)} ${order.currency}`],
    ["Placed", `${longDayText(placed, merchant.timezone)}, ${clockText(placed, merchant.timezone)}`],
    ["Request", el("code", { id: "request-id" }, order.request_id ?? "")],
    ["Counted", el("span", { id: "counted", role: "status" }, where + (isClerk ? "" : ", being counted"))],
  ];
  const day = el("a", { class: "button", href: dayAddress(receipt, merchant) }, "See that day's sales");
  byId("receipt").replaceChildren(
    el("h2", { id: "receipt-title", tabindex: "-1" }, title),
    el("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
    el("p", { class: "actions" },
      el("button", { type: "button", class: "primary", id: "again", click: again }, "Enter another order"),
      ...(isClerk ? [] : [day])));
  byId("receipt").hidden = false;
  byId("receipt-title").focus();
}

/**
 * @param {string} merchant
 * @param {string} id
 * @returns {string} of the page of that order
 */
export function orderAddress(merchant, id) {
  return `/order.html?${new URLSearchParams({ merchant, id })}`;
}

/**
 * @param {Receipt} receipt
 * @param {Merchant} merchant
 */
function dayAddress({ order, bucket }, merchant) {
  const range = { from: bucket.date, to: addDays(bucket.date, 1) };
  const view = { currency: order.currency, range, interval: null, metric: DEFAULT_METRIC };
  return viewAddress({ ...view, merchant: merchant.id, as: "chart" });
}

/**
 * Reads the order's hour at the order's position, and tells how long that took from `since`.
 * @param {import("../api.js").Api} api
 * @param {Receipt} receipt
 * @param {Merchant} merchant
 * @param {number | null} since performance.now() of the acceptance; null when that was in an earlier life of the page
 */
export async function measureCounting(api, receipt, merchant, since) {
  if (merchant.role === "clerk") return;
  const counted = byId("counted");
  const where = `in ${countedIn(receipt.bucket, merchant.timezone)}`;
  try {
    await untilCounted(api, receipt, merchant);
    const when = since === null ? "" : ` ${durationText(performance.now() - since)} after it was accepted`;
    setText(counted, `${where}, readable${when}`);
  } catch (error) {
    setText(counted, `${where}; not readable yet: ${troubleOf(error).title.toLowerCase()}`);
  }
}

/**
 * @param {import("../api.js").Api} api
 * @param {Receipt} receipt
 * @param {Merchant} merchant
 * @returns {Promise<void>} rejects when the figures do not get there
 */
async function untilCounted(api, { order, position, bucket }, merchant) {
  const path = `/v1/merchants/${encodeURIComponent(merchant.id)}/metrics/summary`;
  const query = { from: bucket.hour_start, to: bucket.hour_end, currency: order.currency, after: position };
  for (let attempt = 1; ; attempt++) {
    try {
      await api.get(path, { query });
      return;
    } catch (error) {
      const later = error instanceof Problem && error.status === 503 && attempt < ATTEMPTS;
      if (!later) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
