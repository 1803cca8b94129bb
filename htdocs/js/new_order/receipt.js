// The receipt: which order was stored, and where it counts.

import { byId, el } from "../dom.js";
import { orderAddress } from "../header.js";
import { formatMoney } from "../money.js";
import { dayAddress, dayOf } from "../posting/counting.js";
import { clockText, longDayText } from "../zone.js";

/** @typedef {{order: any, position: string, bucket: import("../posting/counting.js").Bucket | null}} Receipt */
/** @typedef {import("../session.js").Merchant} Merchant */

/**
 * @param {Receipt} receipt
 * @param {Merchant} merchant
 * @param {{replayed: boolean, again: () => void}} how
 */
export function showReceipt(receipt, merchant, { replayed, again }) {
  const { order, bucket } = receipt;
  const placed = Date.parse(order.placed_at);
  const isClerk = merchant.role === "clerk";
  const title = replayed ? "The order had been stored the first time" : "The order is stored";
  const facts = [
    ["Order", el("a", { id: "order-id", href: orderAddress(merchant.id, order.id) }, el("code", {}, order.id))],
    ["Total", `${formatMoney(order.totals.total, order.exponent)} ${order.currency}`],
    ["Placed", `${longDayText(placed, merchant.timezone)}, ${clockText(placed, merchant.timezone)}`],
    ["Request", el("code", { id: "request-id" }, order.request_id ?? "")],
    [isClerk ? "Counts" : "Counted", el("span", { id: "counted", role: "status" })],
  ];
  const date = dayOf(bucket, order.placed_at, merchant.timezone);
  const day = el("a", { class: "button", href: dayAddress(date, order.currency, merchant) }, "See that day's sales");
  byId("receipt").replaceChildren(
    el("h2", { id: "receipt-title", tabindex: "-1" }, title),
    el("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
    el("p", { class: "actions" },
      el("button", { type: "button", class: "primary", id: "again", click: again }, "Enter another order"),
      ...(isClerk ? [] : [day])));
  byId("receipt").hidden = false;
  byId("receipt-title").focus();
}
