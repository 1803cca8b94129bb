// One order: what was sold, what was given back, what is left, and giving it back.

import { Api, Problem } from "./api.js";
import { byId, setText } from "./dom.js";
import { openPage, pageAddress } from "./header.js";
import { installKeys } from "./keys.js";
import { tellCounted } from "./order/counted.js";
import { showFacts } from "./order/facts.js";
import { GiveBack } from "./order/give_back.js";
import { showLines } from "./order/lines.js";
import { showRefunds } from "./order/refunds.js";
import { Panel, showPageTrouble, skeletonRows, tellPage } from "./panel.js";
import { dayAddress } from "./posting/counting.js";
import { troubleOf } from "./problem_text.js";
import { goToLogin } from "./session.js";
import { clockText, dayText } from "./zone.js";

/** @typedef {import("./session.js").Merchant} Merchant */

const PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;

class OrderPage {
  /**
   * @param {Api} api
   * @param {Merchant} merchant
   * @param {string} id
   */
  constructor(api, merchant, id) {
    this.api = api;
    this.merchant = merchant;
    this.path = `/v1/merchants/${encodeURIComponent(merchant.id)}/orders/${encodeURIComponent(id)}`;
    this.panels = ["lines", "refunds", "facts"].map((name) => new Panel(byId(name), () => this.open()));
    this.opening = false;
    this.giveBack = /** @type {Promise<GiveBack> | null} */ (null);
    /** What is on show; "" before there is anything. */
    this.shown = "";
    this.asking = new AbortController();
    this.timer = 0;
    this.pauseMs = PAUSE_MS;
    document.addEventListener("visibilitychange", () => this.#readAgain());
  }

  /** Once at a time, whichever of the panels' buttons are pressed: two refund forms would make two refunds. */
  async open() {
    if (this.opening) return;
    this.opening = true;
    for (const panel of this.panels) panel.loading();
    try {
      await this.#read();
      if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
    } catch (error) {
      this.#failed(error);
    } finally {
      this.opening = false;
    }
  }

  /** @param {AbortSignal} [signal] */
  async #read(signal) {
    const { body: order } = await this.api.get(this.path, { signal });
    setText(byId("read-at"), `Read at ${clockText(Date.now(), this.merchant.timezone)}`);
    for (const panel of this.panels) panel.note("stale");
    const text = JSON.stringify(order);
    if (text === this.shown) return;
    this.shown = text;
    this.#show(order);
    await this.#offerRefund(order);
  }

  /** @param {any} order */
  #show(order) {
    const readAt = performance.now();
    const address = (/** @type {string} */ date) => dayAddress(date, order.currency, this.merchant);
    this.#name(order);
    showLines(order);
    showRefunds(order, this.merchant, address);
    const place = showFacts(order, this.merchant);
    for (const panel of this.panels) panel.ready();
    void tellCounted(this.api, order, this.merchant, { readAt, dayAddress: address, place });
  }

  /** @param {any} order */
  async #offerRefund(order) {
    if (this.merchant.role !== "owner") return;
    if (this.giveBack) return (await this.giveBack).follow(order);
    this.giveBack = GiveBack.open(this.api, this.merchant, order, () => void this.#readAgain());
    await this.giveBack;
  }

  /** After a refund, and when the page is looked at again. What is on show is older then, and says so while it stays. */
  async #readAgain() {
    window.clearTimeout(this.timer);
    if (document.hidden || this.shown === "") return;
    this.asking.abort();
    const { signal } = (this.asking = new AbortController());
    try {
      await this.#read(signal);
      this.pauseMs = PAUSE_MS;
    } catch (error) {
      if (!signal.aborted) this.#notReadAgain(error);
    }
  }

  /** @param {unknown} error */
  #notReadAgain(error) {
    if (error instanceof Problem && error.status === 401) return;
    const { title, final } = troubleOf(error);
    const then = final ? `${title}.` : "It is tried again by itself.";
    const words = `The order could not be read again. What has happened since, like a new refund, is not listed yet. ${then}`;
    for (const panel of this.panels) panel.note("stale", words);
    if (final) return;
    this.timer = window.setTimeout(() => this.#readAgain(), this.pauseMs);
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
  }

  /** @param {any} order */
  #name({ reference, placed_at }) {
    const placed = Date.parse(placed_at);
    const { timezone } = this.merchant;
    const title = reference ? `Order ${reference}` : `Order of ${dayText(placed, timezone)}, ${clockText(placed, timezone)}`;
    setText(byId("page-title"), title);
    document.title = `${title} · Takings`;
  }

  /** @param {unknown} error */
  #failed(error) {
    if (error instanceof Problem && error.status === 404) return tellNoOrder(this.merchant);
    return this.panels.forEach((panel) => panel.failed(error));
  }
}

/** @param {Merchant} merchant */
function tellNoOrder({ name }) {
  tellPage("There is no such order", `${name} has no order with this id.`);
  byId("columns").hidden = true;
}

async function main() {
  byId("line-rows").replaceChildren(...skeletonRows(2, 6));
  const api = new Api(goToLogin);
  const merchant = await openPage(api, (id) => location.assign(pageAddress("/orders.html", id)));
  if (!merchant) return;
  installKeys([]);
  byId("back").href = backAddress(merchant.id);
  const id = new URLSearchParams(location.search).get("id") ?? "";
  if (id === "") return tellNoOrder(merchant);
  await new OrderPage(api, merchant, id).open();
}

/**
 * The list that the reader came from, as it was.
 * @param {string} merchant
 */
function backAddress(merchant) {
  const before = URL.canParse(document.referrer) ? new URL(document.referrer) : null;
  const isList = before?.origin === location.origin && before.pathname === "/orders.html";
  if (isList && before.searchParams.get("merchant") === merchant) return before.pathname + before.search;
  return pageAddress("/orders.html", merchant);
}

main().catch((error) => showPageTrouble(error, () => location.reload()));
