// The latest orders of the merchant, whatever the range: what has just been sold, and whether the figures have it yet.

import { byId, el, setText } from "../dom.js";
import { between, linesNodes } from "../lines_text.js";
import { formatMoney } from "../money.js";
import { Panel, skeletonRows } from "../panel.js";
import { unreadableText } from "../problem_text.js";
import { clockText, dayText, hourText, localDate } from "../zone.js";
import { stretches } from "./stamp.js";

/** @typedef {import("../feed.js").Order} Order */
/** @typedef {{root: HTMLElement, when: HTMLElement, counted: HTMLElement}} Row */

export const LATEST_COUNT = 8;
/** More lines than these are only counted. */
const NAMED_LINES = 2;

export class LatestOrders {
  /** @param {() => void} retry */
  constructor(retry) {
    this.merchant = { id: "", timezone: "UTC" };
    this.today = () => "";
    this.panel = new Panel(byId("latest"), retry);
    this.rows = /** @type {Map<string, Row>} */ (new Map());
    this.latest = /** @type {import("../feed.js").Latest | null} */ (null);
    this.counted = /** @type {Set<string>} */ (new Set());
    /** Epoch ms up to which the figures on show are exact; 0: not known. */
    this.asOf = 0;
    /** Hours of the figures on show that are unknown, epoch ms. */
    this.unknown = /** @type {[number, number][]} */ ([]);
    this.how = "";
    this.failing = false;
    this.body = byId("latest-rows");
    this.body.replaceChildren(...skeletonRows(LATEST_COUNT, 5));
    for (const change of ["online", "offline"]) addEventListener(change, () => this.#tellHow());
  }

  /**
   * Whose orders they are.
   * @param {import("../session.js").Merchant} merchant
   * @param {() => string} today the merchant's date
   */
  open(merchant, today) {
    this.merchant = merchant;
    this.today = today;
    this.panel.loading();
  }

  /** @returns {boolean} whether there is any order; true as long as that is not known */
  get everSold() {
    return this.latest === null || this.latest.orders.length + this.latest.unreadable > 0;
  }

  /** @param {number} everyMs how often it is asked; 0: news comes by itself */
  live(everyMs) {
    this.how = everyMs === 0 ? "live" : `asked every ${everyMs / 1000} s`;
    this.#tellHow();
  }

  #tellHow() {
    setText(byId("latest-live"), this.failing || !navigator.onLine ? "not refreshed" : this.how);
  }

  /** @param {unknown} error why the list on show, if there is one, could not be refreshed */
  failed(error) {
    this.failing = true;
    this.#tellHow();
    this.panel.failed(error);
  }

  /** @param {import("../feed.js").Latest} latest */
  render(latest) {
    this.failing = false;
    this.#tellHow();
    const first = this.latest === null;
    this.latest = latest;
    const known = this.rows;
    this.rows = new Map(latest.orders.map((order) => [order.id, known.get(order.id) ?? this.#row(order, !first)]));
    for (const order of latest.orders) setText(/** @type {Row} */ (this.rows.get(order.id)).when, this.#whenText(order));
    const roots = [...this.rows.values()].map(({ root }) => root);
    // rows that stay keep their focus; only what is new or gone is touched
    for (const child of [...this.body.children]) if (!roots.includes(child)) child.remove();
    roots.forEach((root, i) => {
      if (this.body.children[i] !== root) this.body.insertBefore(root, this.body.children[i] ?? null);
    });
    this.panel.note("parked", unreadableText(latest.unreadable));
    if (!this.everSold) this.panel.empty("never", "No order has been recorded yet.");
    else this.panel.ready();
  }

  /** @param {import("./stamp.js").Meta} meta of the figures on show */
  knows({ as_of, warnings }) {
    this.asOf = Date.parse(as_of);
    this.unknown = stretches(warnings);
  }

  /**
   * @param {string} position that the figures have reached, "" when not known
   * @returns {boolean} whether they have all orders of the list
   */
  count(position) {
    if (!this.latest) return true;
    const all = position >= this.latest.position;
    if (all) this.counted = new Set(this.rows.keys());
    for (const order of this.latest.orders) {
      setText(/** @type {Row} */ (this.rows.get(order.id)).counted, this.#countedText(order));
    }
    return all;
  }

  /**
   * The list's position is of when it was read: figures that have not reached it may have most of its orders.
   * @param {Order} order
   * @returns {string} "" when it is not known
   */
  #countedText({ id, placed_at, recorded_at }) {
    const placed = Date.parse(placed_at);
    if (this.unknown.some(([from, to]) => placed >= from && placed < to)) return "hour unknown";
    if (this.counted.has(id)) return "counted";
    return this.asOf > 0 && Date.parse(recorded_at) > this.asOf ? "not counted yet" : "";
  }

  /**
   * @param {Order} order
   * @param {boolean} fresh whether it came while the page was looked at
   * @returns {Row}
   */
  #row(order, fresh) {
    const when = el("time", { datetime: order.placed_at });
    const counted = el("td", { class: "latest-counted" });
    const reference = order.reference ? [between(), el("bdi", { class: "soft" }, order.reference)] : [];
    const href = `/order.html?${new URLSearchParams({ merchant: this.merchant.id, id: order.id })}`;
    const root = el("tr", { class: fresh ? "fresh" : "" },
      el("td", { class: "latest-when" }, when),
      el("td", { class: "latest-id" }, el("code", { title: order.id }, shortId(order.id))),
      el("td", { class: "latest-lines" }, el("a", { href }, ...linesNodes(order.lines, NAMED_LINES), ...reference)),
      el("td", { class: "latest-total figure" }, `${formatMoney(order.totals.total, order.exponent)} ${order.currency}`),
      counted);
    return { root, when, counted };
  }

  /** @param {Order} order */
  #whenText({ placed_at }) {
    const { timezone } = this.merchant;
    const ms = Date.parse(placed_at);
    if (localDate(ms, timezone) === this.today()) return clockText(ms, timezone);
    return `${dayText(ms, timezone)}, ${hourText(ms, timezone)}`;
  }
}

/**
 * @param {string} id
 * @returns {string} with its random end, which is what tells orders of one hour apart
 */
function shortId(id) {
  return `${id.slice(0, 4)}…${id.slice(-6)}`;
}
