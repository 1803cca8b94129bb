// The dashboard: reads the address, asks the server, hands the answers to the panels, and asks again.

import { readRange, readView, viewAddress } from "./address.js";
import { announce } from "./announce.js";
import { Api } from "./api.js";
import { byId, fillSelect, setText } from "./dom.js";
import { Feed } from "./feed.js";
import { formAddress, openPage } from "./header.js";
import { installKeys } from "./keys.js";
import { valueText } from "./metrics.js";
import { showPageTrouble } from "./panel.js";
import { Cards } from "./panels/cards.js";
import { loadPlotting } from "./panels/chart.js";
import { RangeBar, intervalOf } from "./panels/range_bar.js";
import { Sales } from "./panels/sales.js";
import { isEmpty } from "./panels/sentence.js";
import { Stamp } from "./panels/stamp.js";
import { Statement } from "./panels/statement.js";
import { Poller } from "./poll.js";
import { PRESETS } from "./range.js";
import { goToLogin } from "./session.js";
import { localDate } from "./zone.js";

/** @typedef {import("./address.js").View} View */
/** @typedef {import("./session.js").Merchant} Merchant */

const POLL_MS = 2000;

class Dashboard {
  /**
   * @param {Api} api
   * @param {Merchant} merchant
   * @param {import("./metrics.js").Metric[]} definitions
   */
  constructor(api, merchant, definitions) {
    this.merchant = merchant;
    this.view = readView(new URLSearchParams(location.search), merchant);
    this.feed = new Feed(api);
    this.abort = new AbortController();
    this.summary = /** @type {import("./feed.js").Summary | null} */ (null);
    const change = (/** @type {Partial<View>} */ part) => this.change(part);
    const retry = () => void this.poller.now();
    this.everSold = /** @type {boolean | null} */ (null);
    this.news = "";
    this.drawnOn = "";
    this.stamp = new Stamp();
    this.bar = new RangeBar(change, () => this.#today());
    this.cards = new Cards((metric) => this.change({ metric }), retry);
    this.sales = new Sales(definitions, change, retry);
    this.statement = new Statement(retry);
    this.poller = new Poller(() => this.#refresh(), POLL_MS);
    document.title = `${merchant.name} · Takings`;
    setText(byId("page-title"), `Sales of ${merchant.name}`);
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

  /** Draws the controls as the view says and asks for its figures. */
  show() {
    this.abort.abort();
    this.abort = new AbortController();
    this.summary = null;
    this.everSold = null;
    byId("currency").value = this.view.currency;
    this.cards.choose(this.view);
    this.#drawControls(this.#today());
    for (const { panel } of [this.cards, this.sales, this.statement]) panel.loading();
    this.poller.now();
  }

  /**
   * Again after midnight, when "today" is another day.
   * @param {string} today
   */
  #drawControls(today) {
    this.drawnOn = today;
    this.bar.render(this.view);
    this.sales.choose(this.view, intervalOf(this.view, today));
  }

  #followAddress() {
    this.view = readView(new URLSearchParams(location.search), this.merchant);
    this.show();
  }

  #today() {
    return localDate(Date.now(), this.merchant.timezone);
  }

  /** @returns {Promise<boolean>} whether both answers came */
  async #refresh() {
    const { view, abort: { signal } } = this;
    const today = this.#today();
    if (today !== this.drawnOn) this.#drawControls(today);
    const interval = intervalOf(view, today);
    const wanted = { ...view, interval, metrics: this.sales.wanted(view) };
    const [summary, series] = await Promise.allSettled(
      [this.feed.readSummary(wanted, signal), this.feed.readSeries(wanted, signal)]);
    if (signal.aborted) return true;
    this.#takeSummary(summary);
    if (isEmpty(this.summary) && this.everSold === null) {
      // asked once for each view; a failure is not worth a word: the panel then says less
      const everSold = await this.feed.readEverSold(wanted, signal).catch(() => true);
      if (signal.aborted) return true;
      this.everSold = everSold;
    }
    this.#takeSeries(view, series);
    this.#takeStamp(summary, series);
    return summary.status === "fulfilled" && series.status === "fulfilled";
  }

  /** @param {PromiseSettledResult<Awaited<ReturnType<Feed["readSummary"]>>>} result */
  #takeSummary(result) {
    if (result.status === "rejected") {
      this.cards.panel.failed(result.reason);
      this.statement.panel.failed(result.reason);
      return;
    }
    this.summary = result.value.data;
    this.cards.render(this.summary);
    this.statement.render(this.summary);
    const { metrics, exponent, currency } = this.summary;
    const news = `Total sales ${valueText(metrics.total_sales, "money", exponent)} ${currency}, ` +
      `orders ${valueText(metrics.orders, "count", 0)}.`;
    if (news !== this.news) announce(news);
    this.news = news;
  }

  /**
   * @param {View} view
   * @param {PromiseSettledResult<Awaited<ReturnType<Feed["readSeries"]>>>} result
   */
  #takeSeries(view, result) {
    if (result.status === "rejected") {
      this.sales.panel.failed(result.reason);
      return;
    }
    const { data: series, meta } = result.value;
    this.sales.render(view, { series, zone: meta.timezone, asOf: Date.parse(meta.as_of) }, this.summary, this.everSold ?? true);
  }

  /**
   * The page is as old as its older half.
   * @param {PromiseSettledResult<{meta: import("./panels/stamp.js").Meta}>} summary
   * @param {PromiseSettledResult<{meta: import("./panels/stamp.js").Meta}>} series
   */
  #takeStamp(summary, series) {
    if (summary.status === "rejected") return this.stamp.failed(summary.reason);
    if (series.status === "rejected") return this.stamp.failed(series.reason);
    const { meta } = summary.value;
    const asOf = [meta.as_of, series.value.meta.as_of].sort()[0];
    return this.stamp.fresh({ ...meta, as_of: asOf });
  }
}

/** @param {Dashboard} dashboard */
function shortcuts(dashboard) {
  const { bar } = dashboard;
  return [
    ...PRESETS.filter(({ key }) => key).map(({ key, label, name }) =>
      ({ key, does: label.toLowerCase(), run: () => bar.choose({ range: name }) })),
    { key: "ArrowLeft", shown: "←", does: "earlier", run: () => bar.step(-1) },
    { key: "ArrowRight", shown: "→", does: "later", run: () => bar.step(1) },
    { key: "i", does: "by hour or by day", run: () => bar.toggleInterval() },
    { key: "t", does: "chart or table", run: () => dashboard.change({ as: dashboard.view.as === "table" ? "chart" : "table" }) },
    ...(byId("to-new-order").hidden ? [] : [{ key: "n", does: "new order", run: () => byId("to-new-order").click() }]),
  ];
}

/**
 * Another merchant is another page: the range stays, what belongs to the merchant goes.
 * @param {string} merchant
 */
function goToMerchant(merchant) {
  const range = readRange(new URLSearchParams(location.search));
  location.assign(`/?${new URLSearchParams({ merchant, ...range })}`);
}

async function main() {
  const api = new Api(goToLogin);
  const merchant = await openPage(api, goToMerchant);
  if (!merchant) return;
  // Clerks record orders and see no figures: their page is the form.
  if (merchant.role === "clerk") return location.replace(formAddress(merchant.id));
  const [{ body }] = await Promise.all([api.get(`/v1/merchants/${merchant.id}/metrics/definitions`), loadPlotting()]);
  const dashboard = new Dashboard(api, merchant, body.data);
  history.replaceState(null, "", viewAddress(dashboard.view));
  installKeys(shortcuts(dashboard));
  dashboard.show();
}

main().catch((error) => showPageTrouble(error, () => location.reload()));
