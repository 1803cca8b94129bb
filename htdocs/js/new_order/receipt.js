// The receipt: which order was stored, and the measured time until the figures held it.

import { DEFAULT_METRIC, viewAddress } from "../address.js";
import { Problem } from "../api.js";
import { byId, el, setText } from "../dom.js";
import { formatMoney } from "../money.js";
import { durationText } from "../panels/stamp.js";
import { troubleOf } from "../problem_text.js";
import { addDays, clockText, localDate, longDayText } from "../zone.js";
import { countedIn } from "./totals.js";

const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** @typedef {{date: string, hour_start: string, hour_end: string}} Bucket */
/** @typedef {{order: any, position: string, bucket: Bucket | null}} Receipt */
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
    [isClerk ? "Counts" : "Counted", el("span", { id: "counted", role: "status" }, isClerk ? where : `${where}…`)],
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
 * @returns {string} of the dashboard on the order's date
 */
function dayAddress({ order, bucket }, merchant) {
  const date = bucket?.date ?? localDate(Date.parse(order.placed_at), merchant.timezone);
  const range = { from: date, to: addDays(date, 1) };
  const view = { currency: order.currency, range, interval: null, metric: DEFAULT_METRIC };
  return viewAddress({ ...view, merchant: merchant.id, as: "chart" });
}

/**
 * Reads the order's hour at the order's position, and tells how long that took from `since`. While the figures cannot be
 * read it says so and asks again, as long as the receipt is on show.
 * @param {import("../api.js").Api} api
 * @param {Receipt} receipt
 * @param {Merchant} merchant
 * @param {number | null} since performance.now() of the acceptance; null when that was in an earlier life of the page
 */
export async function measureCounting(api, receipt, merchant, since) {
  if (merchant.role === "clerk") return;
  const counted = byId("counted");
  const where = `in ${countedIn(receipt.bucket, merchant.timezone)}`;
  for (let pauseMs = PAUSE_MS; counted.isConnected; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      await readCounted(api, receipt, merchant);
      const when = since === null ? "" : ` ${durationText(performance.now() - since)} after it was accepted`;
      return setText(counted, `${where}, readable${when}`);
    } catch (error) {
      const { title } = troubleOf(error);
      const again = !(error instanceof Problem) || error.status >= 500 || error.status === 429;
      setText(counted, `${where}; not readable yet: ${title.charAt(0).toLowerCase()}${title.slice(1)}`);
      if (!again) return;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/**
 * @param {import("../api.js").Api} api
 * @param {Receipt} receipt
 * @param {Merchant} merchant
 * @returns {Promise<unknown>} rejects when the figures have not got there; the server itself waits for some seconds
 */
function readCounted(api, { order, position, bucket }, merchant) {
  const path = `/v1/merchants/${encodeURIComponent(merchant.id)}/metrics/summary`;
  const within = bucket ? { from: bucket.hour_start, to: bucket.hour_end } : { range: "today" };
  return api.get(path, { query: { ...within, currency: order.currency, after: position } });
}
