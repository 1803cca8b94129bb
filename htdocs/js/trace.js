// The entries behind one figure, with a running sum and the check of it.

import { traceAddress } from "./address.js";
import { announce } from "./announce.js";
import { Api, Problem } from "./api.js";
import { byId, el, setText } from "./dom.js";
import { openPage, pageAddress } from "./header.js";
import { installKeys } from "./keys.js";
import { AVERAGE, valueText } from "./metrics.js";
import { formatCount, formatMoney } from "./money.js";
import { Panel, showPageTrouble, skeletonRows, tellPage, troubleNodes } from "./panel.js";
import { STALE_MS, unknownSentence } from "./panels/stamp.js";
import { sentence } from "./problem_text.js";
import { goToLogin } from "./session.js";
import { backAddress, csvAddress, readAsked } from "./trace/address.js";
import { checkSum } from "./trace/check.js";
import { entryRow } from "./trace/list.js";
import { formulaParts, momentText, spanText, verdictWords } from "./trace/words.js";
import { localDate } from "./zone.js";

/** @typedef {import("./trace/list.js").TraceEntry} TraceEntry */
/** @typedef {import("./trace/address.js").Asked} Asked */
/** @typedef {import("./metrics.js").Metric} Metric */

/** A page of the API can be empty though others follow; so many are passed over without asking the reader. */
const MOST_EMPTY = 20;
/** Warnings that have a sentence of their own here: of the hours, and in the verdict below. */
const TOLD_ELSEWHERE = ["parked", "figure_unknown"];

class TracePage {
  /**
   * @param {Api} api
   * @param {Asked} asked
   * @param {Metric[]} definitions
   */
  constructor(api, asked, definitions) {
    this.api = api;
    this.asked = asked;
    this.definitions = definitions;
    this.metric = /** @type {Metric} */ (definitions.find(({ name }) => name === asked.metric));
    this.figurePanel = new Panel(byId("figure"), () => this.open());
    this.entriesPanel = new Panel(byId("entries"), () => this.open());
    this.entries = /** @type {TraceEntry[]} */ ([]);
    this.figure = /** @type {number | null} */ (null);
    this.cursor = /** @type {string | null} */ (null);
    this.opening = false;
    this.busy = false;
    this.meta = /** @type {any} */ (null);
    this.frame = /** @type {import("./trace/list.js").Frame} */ ({});
    this.path = `/v1/merchants/${encodeURIComponent(asked.merchant)}/metrics`;
    byId("more").addEventListener("click", () => this.#more());
    byId("csv").href = csvAddress(asked);
    byId("back").href = backAddress(asked, document.referrer, location.origin);
    setText(byId("figure-currency"), this.metric.unit === "money" ? asked.currency : "");
    setText(byId("value-head"), this.metric.label);
    this.#nameFigure();
  }

  /**
   * Begins at the first page, with the figure as it stands now. Once at a time, whichever of the panels' buttons are
   * pressed: a page of the one instant must not come to stand below one of the other.
   */
  async open() {
    if (this.opening) return;
    this.opening = true;
    fillSkeleton();
    byId("more-box").hidden = true;
    this.#sayTrouble([]);
    this.figurePanel.loading();
    this.entriesPanel.loading();
    try {
      if (this.asked.metric === AVERAGE) return await this.#openAverage();
      this.#begin(await this.#read(null));
    } catch (error) {
      this.figurePanel.failed(error);
      this.entriesPanel.failed(error);
    } finally {
      this.opening = false;
    }
  }

  /**
   * @param {string | null} cursor
   * @returns {Promise<any>} the next page that has entries, or the last one
   */
  async #read(cursor) {
    const { currency, metric, range } = this.asked;
    const query = { ...range, currency, metric, cursor: cursor ?? undefined };
    let { body } = await this.api.get(`${this.path}/trace`, { query });
    for (let i = 0; i < MOST_EMPTY && body.data.length === 0 && body.has_more; i++) {
      ({ body } = await this.api.get(`${this.path}/trace`, { query: { ...query, cursor: body.next_cursor } }));
    }
    return body;
  }

  /** @param {any} answer the first page */
  #begin(answer) {
    const { meta } = answer;
    const asOf = Date.parse(meta.as_of);
    this.meta = meta;
    this.entries = [];
    this.figure = answer.figure;
    this.frame = {
      merchant: this.asked.merchant,
      zone: meta.timezone,
      today: localDate(asOf, meta.timezone),
      text: (/** @type {number | bigint} */ amount) =>
        (this.metric.unit === "money" ? formatMoney(amount, meta.exponent) : formatCount(amount)),
    };
    byId("entry-rows").replaceChildren();
    this.#nameFigure(spanText(answer.query, meta.timezone));
    this.#showFigure(this.figure === null ? "unknown" : this.frame.text(this.figure), asOf);
    byId("csv").hidden = false;
    this.#take(answer);
  }

  /** @param {string} [span] */
  #nameFigure(span) {
    const title = span ? `${this.metric.label}, ${span}` : this.metric.label;
    setText(byId("figure-title"), title);
    document.title = `${title} · Takings`;
  }

  /**
   * @param {string} value
   * @param {number} asOf
   */
  #showFigure(value, asOf) {
    const { timezone } = this.meta;
    setText(byId("figure-value"), value);
    const moment = momentText(asOf, timezone, localDate(Date.now(), timezone));
    setText(byId("figure-as-of"), `Exact as of ${moment}, ${timezone}. The list stays as of then.`);
    byId("figure-made-of").replaceChildren(...this.#formula());
    this.#warn(moment);
    this.figurePanel.ready();
  }

  /** @param {string} moment up to which the figure is exact */
  #warn(moment) {
    const { warnings, timezone, lag_ms } = /** @type {import("./panels/stamp.js").Meta} */ (this.meta);
    const others = warnings.filter(({ code }) => !TOLD_ELSEWHERE.includes(code)).map(({ detail }) => sentence(detail));
    const stale = lag_ms > STALE_MS ? `Orders after ${moment} are not counted yet.` : "";
    const words = [unknownSentence(warnings, timezone), ...others, stale].filter(Boolean).join(" ");
    this.figurePanel.note("partial", words);
  }

  /** @returns {(Node | string)[]} the definition, whose parts lead to their own entries */
  #formula() {
    return formulaParts(this.metric.formula, this.definitions).map((part) => {
      if (typeof part === "string") return part;
      return el("a", { href: traceAddress(this.asked, this.asked.range, part.name) }, part.label.toLowerCase());
    });
  }

  /** @param {any} answer a page */
  #take(answer) {
    this.entries.push(...answer.data);
    this.cursor = answer.next_cursor;
    byId("entry-rows").append(...answer.data.map((/** @type {TraceEntry} */ entry) => entryRow(entry, this.frame)));
    const verdict = checkSum(this.entries, this.figure, answer.has_more);
    const { mark, kind, words } = verdictWords(verdict, this.entries.length, this.frame.text);
    const place = byId("verdict");
    place.dataset.kind = kind;
    place.replaceChildren(el("span", { class: "mark", "aria-hidden": "true" }, mark), ` ${words}`);
    byId("more-box").hidden = !answer.has_more;
    if (this.entries.length === 0 && !answer.has_more) this.entriesPanel.empty("none", "No entry adds to this figure.");
    else this.entriesPanel.ready();
  }

  async #more() {
    if (this.busy || !this.cursor) return;
    this.busy = true;
    byId("more").setAttribute("aria-disabled", "true");
    this.#sayTrouble([]);
    const before = this.entries.length;
    try {
      this.#take(await this.#read(this.cursor));
      announce(`${this.entries.length - before} more entries.`);
    } catch (error) {
      this.#moreFailed(error);
    }
    byId("more").removeAttribute("aria-disabled");
    this.busy = false;
  }

  /** @param {unknown} error */
  #moreFailed(error) {
    if (error instanceof Problem && error.code === "invalid_cursor") return this.#tooOld();
    return this.#sayTrouble(troubleNodes(error, () => this.#more()));
  }

  /** The list is of one instant, and the ledger is kept as it was for some minutes only. */
  #tooOld() {
    byId("more-box").hidden = true;
    const again = el("button", { type: "button", id: "begin-again", click: () => this.open() }, "Begin again");
    this.#sayTrouble([
      el("p", { class: "trouble-title" }, "This list is too old to go on"),
      el("p", {}, "It is of one instant, and the ledger can be read as it was for 4 minutes only."),
      el("p", {}, "Begin again with the figure as it is now."),
      again,
    ]);
    again.focus();
  }

  /** @param {Node[]} nodes */
  #sayTrouble(nodes) {
    const box = byId("more-trouble");
    box.replaceChildren(...nodes);
    box.hidden = nodes.length === 0;
  }

  /** An average is no sum: what it is made of can be traced. */
  async #openAverage() {
    const { currency, range } = this.asked;
    const metrics = [AVERAGE, "gross_sales", "discounts", "orders"];
    const { body } = await this.api.get(`${this.path}/summary`, { query: { ...range, currency, metrics: metrics.join() } });
    this.meta = body.meta;
    const [{ exponent, metrics: values }] = body.data;
    this.#nameFigure(spanText(body.query, body.meta.timezone));
    const absent = values.orders === 0 ? "–" : "unknown";
    this.#showFigure(valueText(values[AVERAGE], "money", exponent, absent), Date.parse(body.meta.as_of));
    setText(byId("verdict"), "");
    byId("figure-made-of").replaceChildren();
    setText(byId("entries-title"), "What it is made of");
    this.#showParts(values, exponent);
  }

  /**
   * @param {Record<string, any>} values
   * @param {number} exponent
   */
  #showParts(values, exponent) {
    const average = values[AVERAGE];
    const money = (/** @type {number | null} */ value) => valueText(value, "money", exponent);
    const count = valueText(values.orders, "count", 0);
    const made = average ? `It is ${money(average.numerator)} divided by ${count}, rounded:` : "It is made of:";
    setText(byId("average-words"), `An average is no sum, so it has no entries of its own. ${made}`);
    const parts = [
      ["gross_sales", money(values.gross_sales)],
      ["discounts", `− ${money(values.discounts)}`],
      ["orders", `÷ ${count}`],
    ];
    byId("average-parts").replaceChildren(...parts.map(([metric, text]) => el("tr", {},
      el("th", { scope: "row" }, el("a", { href: traceAddress(this.asked, this.asked.range, metric) }, this.#labelOf(metric))),
      el("td", { class: "figure" }, text))));
    byId("entry-table").hidden = true;
    byId("average").hidden = false;
    this.entriesPanel.ready();
  }

  /** @param {string} name */
  #labelOf(name) {
    return this.definitions.find((metric) => metric.name === name)?.label ?? name;
  }
}

function fillSkeleton() {
  byId("entry-rows").replaceChildren(...skeletonRows(6, 5));
}

async function main() {
  fillSkeleton();
  const api = new Api(goToLogin);
  const merchant = await openPage(api, (id) => location.assign(pageAddress("/", id)));
  if (!merchant) return;
  installKeys([]);
  if (merchant.role === "clerk") {
    byId("back").hidden = true;
    tellPage("Your role does not allow this", "Clerks record and read orders; the figures are for owners and analysts.");
    return;
  }
  const { body } = await api.get(`/v1/merchants/${encodeURIComponent(merchant.id)}/metrics/definitions`);
  const names = body.data.map((/** @type {Metric} */ { name }) => name);
  const asked = readAsked(new URLSearchParams(location.search), merchant, names);
  history.replaceState(history.state, "", traceAddress(asked, asked.range, asked.metric));
  await new TracePage(api, asked, body.data).open();
}

main().catch((error) => showPageTrouble(error, () => location.reload()));
