// The dashboard: reads the address, asks the server, hands the answers to the panels, and asks again when there is news.

import { readView, viewAddress } from "./address.js";
import { announce } from "./announce.js";
import { Api } from "./api.js";
import { byId, el, fillSelect } from "./dom.js";
import { Feed } from "./feed.js";
import { formAddress, openPage } from "./header.js";
import { installKeys } from "./keys.js";
import { Live } from "./live.js";
import { valueText } from "./metrics.js";
import { showPageTrouble } from "./panel.js";
import { Cards } from "./panels/cards.js";
import { loadPlotting } from "./panels/chart.js";
import { LATEST_COUNT, LatestOrders } from "./panels/latest.js";
import { RangeBar, intervalOf } from "./panels/range_bar.js";
import { Sales } from "./panels/sales.js";
import { Stamp } from "./panels/stamp.js";
import { Statement } from "./panels/statement.js";
import { Poller } from "./poll.js";
import { isRunning } from "./range.js";
import { goToLogin } from "./session.js";
import { shortcuts } from "./shortcuts.js";
import { localDate } from "./zone.js";

/** @typedef {import("./address.js").View} View */
/** @typedef {import("./session.js").Merchant} Merchant */
/** @typedef {import("./feed.js").Summary} Summary */
/** @typedef {import("./feed.js").SeriesPair} SeriesPair */
/** @typedef {import("./panels/stamp.js").Meta} Meta */
/** @typedef {import("./live.js").Hint} Hint */
/** @typedef {{cards: Cards, statement: Statement, latest: LatestOrders}} Frame panels that stand before anything is known */

/** While hints come by themselves the figures are asked for seldom, for their stamp; without, as often as one looks. */
const LIVE_POLL_MS = 10_000;
const POLL_MS = 2000;
/** How soon it is asked again whether orders on show are counted by now. */
const COUNTING_MS = 1000;

class Dashboard {
  /**
   * @param {Api} api
   * @param {Merchant} merchant
   * @param {import("./metrics.js").Metric[]} definitions
   * @param {Frame} frame
   */
  constructor(api, merchant, definitions, frame) {
    this.merchant = merchant;
    this.view = readView(location.search, merchant);
    this.feed = new Feed(api);
    this.abort = new AbortController();
    this.forever = new AbortController().signal;
    this.summary = /** @type {Summary | null} */ (null);
    this.position = "";
    this.counting = 0;
    this.aheadMs = 0;
    this.news = "";
    this.drawnOn = "";
    const change = (/** @type {Partial<View>} */ part) => this.change(part);
    const today = () => this.#today();
    this.figures = new Poller(() => this.#refresh(), POLL_MS);
    this.orders = new Poller(() => this.#refreshLatest(), POLL_MS);
    const retry = () => void this.figures.now();
    this.stamp = new Stamp();
    this.bar = new RangeBar(change, today);
    this.cards = frame.cards;
    this.statement = frame.statement;
    this.latest = frame.latest;
    this.latest.open(merchant, today);
    this.sales = new Sales(definitions, merchant, change, retry);
    document.title = `${merchant.name} · Takings`;
    byId("page-title").replaceChildren("Sales of ", el("bdi", {}, merchant.name));
    fillSelect(byId("currency"), merchant.currencies.map((code) => ({ value: code, label: code })), this.view.currency);
    byId("currency").addEventListener("change", () => this.change({ currency: byId("currency").value }));
    addEventListener("popstate", () => this.#followAddress());
  }

  /** @param {Partial<View>} part what the reader changed: a new entry in the browser's history */
  change(part) {
    this.view = { ...this.view, ...part };
    history.pushState(null, "", viewAddress(this.view));
    this.show();
  }

  /** From the chart to the table and back. */
  turn() {
    this.change({ as: this.view.as === "table" ? "chart" : "table" });
  }

  /** Draws the controls as the view says and asks for its figures. */
  show() {
    this.abort.abort();
    this.abort = new AbortController();
    this.summary = null;
    byId("currency").value = this.view.currency;
    this.#drawControls(this.#today());
    for (const { panel } of [this.cards, this.sales, this.statement]) panel.loading();
    this.figures.now();
    this.sales.prepare(this.#now());
  }

  /** Follows the merchant's news, and asks by itself while there is no way for them to come. */
  follow() {
    this.orders.now();
    const slow = window.setTimeout(() => this.latest.live(POLL_MS), 2 * POLL_MS);
    new Live(this.merchant.id, {
      changed: (hint) => this.#changed(hint),
      state: (up) => {
        window.clearTimeout(slow);
        this.#setLive(up);
      },
    });
  }

  /** @param {boolean} up */
  #setLive(up) {
    this.latest.live(up ? 0 : POLL_MS);
    this.figures.pace(up ? LIVE_POLL_MS : POLL_MS);
    this.orders.pace(up ? LIVE_POLL_MS : POLL_MS);
  }

  /** @param {Hint} hint */
  #changed(hint) {
    this.#reach(hint.position ?? "");
    this.orders.soon();
    if (this.#touches(hint)) this.figures.soon();
  }

  /**
   * @param {Hint} hint
   * @returns {boolean} whether a figure on show may be another by now
   */
  #touches({ hours = [], more = false, all = false }) {
    if (all || more || !this.summary) return true;
    const { from, to, against } = this.summary;
    const ranges = against ? [{ from, to }, against] : [{ from, to }];
    return ranges.some((range) => hours.some((hour) => hour >= range.from && hour < range.to));
  }

  /**
   * Again after midnight, when "today" is another day.
   * @param {string} today
   */
  #drawControls(today) {
    this.drawnOn = today;
    this.bar.render(this.view);
    this.cards.choose(this.view);
    this.cards.reserve(this.view, isRunning(this.view.range, today));
    this.sales.choose(this.view, intervalOf(this.view, today));
    this.statement.choose(this.view);
  }

  #followAddress() {
    this.view = readView(location.search, this.merchant);
    this.show();
  }

  /** By the server's clock, which decides what "today" is. */
  #now() {
    return Date.now() + this.aheadMs;
  }

  #today() {
    return localDate(this.#now(), this.merchant.timezone);
  }

  /** @returns {Promise<boolean>} whether both answers came */
  async #refresh() {
    const { view, abort: { signal } } = this;
    const today = this.#today();
    if (today !== this.drawnOn) this.#drawControls(today);
    const wanted = { ...view, interval: intervalOf(view, today), metrics: this.sales.wanted(view) };
    const [summary, series] = await Promise.allSettled(
      [this.feed.readSummary(wanted, signal), this.feed.readSeries(wanted, signal)]);
    if (signal.aborted) return true;
    try {
      this.#takeSummary(summary);
      this.#takeSeries(view, series);
      this.#takeStamp(summary, series);
    } catch (error) {
      for (const { panel } of [this.cards, this.sales, this.statement]) panel.failed(error);
      this.stamp.failed(error, this.#now());
      return false;
    }
    return summary.status === "fulfilled" && series.status === "fulfilled";
  }

  /** @param {PromiseSettledResult<{data: Summary, meta: Meta}>} result */
  #takeSummary(result) {
    if (result.status === "rejected") {
      this.cards.panel.failed(result.reason);
      this.statement.panel.failed(result.reason);
      return;
    }
    const { data, meta } = result.value;
    this.summary = data;
    this.aheadMs = Date.parse(meta.as_of) + meta.lag_ms - Date.now();
    this.latest.knows(meta);
    this.#reach(meta.position);
    this.cards.render(data, meta.timezone);
    this.statement.render(data);
    this.#announceNews(data);
  }

  /** @param {Summary} summary */
  #announceNews({ metrics, exponent, currency }) {
    const news = `Total sales ${valueText(metrics.total_sales, "money", exponent)} ${currency}, ` +
      `orders ${valueText(metrics.orders, "count", 0)}.`;
    if (news !== this.news) announce(news);
    this.news = news;
  }

  /**
   * @param {View} view
   * @param {PromiseSettledResult<{data: SeriesPair, meta: Meta}>} result
   */
  #takeSeries(view, result) {
    if (result.status === "rejected") {
      this.sales.panel.failed(result.reason);
      return;
    }
    const { data: { data: series, against }, meta } = result.value;
    const part = { series, against, zone: meta.timezone, asOf: Date.parse(meta.as_of) };
    this.sales.render(view, part, this.summary, this.latest.everSold);
    this.sales.warn(meta);
  }

  /**
   * The page is as old as its older half.
   * @param {PromiseSettledResult<{meta: Meta}>} summary
   * @param {PromiseSettledResult<{meta: Meta}>} series
   */
  #takeStamp(summary, series) {
    if (summary.status === "rejected") return this.stamp.failed(summary.reason, this.#now());
    if (series.status === "rejected") return this.stamp.failed(series.reason, this.#now());
    const { meta } = summary.value;
    const asOf = [meta.as_of, series.value.meta.as_of].sort()[0];
    return this.stamp.fresh({ ...meta, as_of: asOf }, this.#now());
  }

  /** @returns {Promise<boolean>} */
  async #refreshLatest() {
    try {
      const before = this.latest.everSold;
      this.latest.render(await this.feed.readLatest(this.merchant.id, LATEST_COUNT, this.forever));
      if (this.latest.everSold !== before) this.figures.soon();
      this.#reach(this.position);
      return true;
    } catch (error) {
      this.latest.failed(error);
      return false;
    }
  }

  /**
   * The figures have got as far as that position.
   * @param {string} position
   */
  #reach(position) {
    if (position > this.position) this.position = position;
    if (this.latest.count(this.position) || this.counting !== 0 || document.hidden) return;
    this.counting = window.setTimeout(() => this.#askPosition(), COUNTING_MS);
  }

  /** Whether orders on show are counted by now: the range on show may not be theirs. */
  async #askPosition() {
    const position = await this.feed.readPosition(this.merchant.id, this.forever).catch(() => "");
    this.counting = 0;
    if (position) this.#reach(position);
  }
}

/**
 * All panels in their final size, so that nothing moves when the figures come.
 * @param {() => Dashboard | null} dashboard
 * @returns {Frame}
 */
function drawFrame(dashboard) {
  const retry = () => dashboard()?.figures.now();
  const frame = {
    cards: new Cards((metric) => dashboard()?.change({ metric }), retry),
    statement: new Statement(retry),
    latest: new LatestOrders(() => dashboard()?.orders.now()),
  };
  const view = readView(location.search, { id: "", currencies: [""] });
  frame.cards.reserve(view, isRunning(view.range, new Date().toISOString().slice(0, 10)));
  byId("sales").dataset.as = view.as;
  byId("main").classList.remove("undrawn");
  return frame;
}

/**
 * Another merchant is another page: the view stays, what belongs to the merchant goes.
 * @param {string} merchant
 */
function goToMerchant(merchant) {
  const params = new URLSearchParams(location.search);
  params.set("merchant", merchant);
  params.delete("currency");
  location.assign(`/?${params}`);
}

async function main() {
  let dashboard = /** @type {Dashboard | null} */ (null);
  const frame = drawFrame(() => dashboard);
  const plotting = loadPlotting();
  const api = new Api(goToLogin);
  const merchant = await openPage(api, goToMerchant);
  if (!merchant) return;
  // Clerks record orders and see no figures: their page is the form.
  if (merchant.role === "clerk") return location.replace(formAddress(merchant.id));
  const [{ body }] = await Promise.all([api.get(`/v1/merchants/${merchant.id}/metrics/definitions`), plotting]);
  dashboard = new Dashboard(api, merchant, body.data, frame);
  history.replaceState(null, "", viewAddress(dashboard.view));
  installKeys(shortcuts(dashboard.bar, () => dashboard?.turn()));
  dashboard.show();
  dashboard.follow();
}

main().catch((error) => showPageTrouble(error, () => location.reload()));
