// Giving back: one form, one key, one refund, whatever happens on the way; the parts of that are posting's.

import { traceAddress } from "../address.js";
import { byId, el, setText } from "../dom.js";
import { formatMoney } from "../money.js";
import { dayAddress, dayOf, measureCounting } from "../posting/counting.js";
import { Draft } from "../posting/draft.js";
import { Outcome } from "../posting/outcome.js";
import { OutcomeView } from "../posting/outcome_view.js";
import { REFUND_SUMS, Sums } from "../posting/sums.js";
import { addDays, clockText, longDayText } from "../zone.js";
import { BLANK, isTexts, refundBody } from "./refund_body.js";
import { RefundForm } from "./refund_form.js";
import { isAllBack } from "./refunds.js";

/** @typedef {import("./refund_body.js").Texts} Texts */
/** @typedef {import("../posting/outcome.js").State} State */
/** @typedef {import("../session.js").Merchant} Merchant */

const SUMS = /** @type {const} */ ({
  sums: REFUND_SUMS, noun: "refund", missing: "you say how much", failed: "Not computed", total: "To be given back:",
});

export class GiveBack {
  /**
   * @param {import("../api.js").Api} api
   * @param {Merchant} merchant
   * @param {any} order
   * @param {Draft<Texts>} draft
   * @param {() => void} onStored the order is another by now
   */
  constructor(api, merchant, order, draft, onStored) {
    this.api = api;
    this.merchant = merchant;
    this.order = order;
    this.draft = draft;
    this.onStored = onStored;
    /** Folded until it is wanted; what was begun stands open. */
    this.folded = JSON.stringify(draft.texts) === JSON.stringify(BLANK) && draft.sent === null && draft.receipt === null;
    const path = `/v1/merchants/${encodeURIComponent(merchant.id)}/orders/${encodeURIComponent(order.id)}/refunds`;
    this.form = new RefundForm(merchant, () => this.#changed());
    const sums = { ...SUMS, table: byId("preview"), note: byId("preview-note") };
    this.preview = new Sums(api, path, merchant, sums, (errors) => this.form.errors.mark(this.form.worded(errors)));
    this.outcome = new Outcome(api, draft, { path, find: null, show: (state) => this.#show(state) });
    this.view = new OutcomeView(byId("outcome"), "refund", this.outcome);
    byId("refund").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  /**
   * @param {import("../api.js").Api} api
   * @param {Merchant} merchant
   * @param {any} order
   * @param {() => void} onStored
   */
  static async open(api, merchant, order, onStored) {
    const draft = await Draft.open("refund", order.id, { fresh: BLANK, isTexts });
    const giveBack = new GiveBack(api, merchant, order, draft, onStored);
    giveBack.form.fill(order, draft.texts);
    giveBack.outcome.open();
    byId("open-refund").addEventListener("click", () => giveBack.#unfold());
    return giveBack;
  }

  /** @param {any} order as it is now */
  follow(order) {
    this.order = order;
    if (this.draft.receipt === null) this.form.refill(order, this.draft.texts);
    if (this.draft.receipt === null && this.draft.sent === null) this.#follow();
    this.#offer();
  }

  #changed() {
    this.draft.set({ texts: this.form.texts() });
    setText(byId("unsaved"), this.draft.unsaved ? "What you typed could not be kept: a reload would lose it." : "");
    this.#follow();
  }

  #read() {
    const { exponent } = this.order;
    const read = refundBody(this.draft.texts, { exponent, timezone: this.merchant.timezone });
    this.form.rowsOfBody = read.rows;
    return read;
  }

  #follow() {
    const read = this.#read();
    this.form.errors.mark(read.errors.filter(({ code }) => code !== "missing"));
    this.preview.follow(read);
  }

  #submit() {
    const { body, errors } = this.#read();
    this.form.errors.clear();
    if (errors.length > 0) return this.form.errors.tell("Not sent yet: please mend this", errors);
    return void this.outcome.submit(body);
  }

  /** @param {State} state */
  #show(state) {
    const busy = state.name === "sending" || state.name === "checking";
    byId("receipt").hidden = state.name !== "stored";
    this.form.lock(busy || state.name === "unknown" || state.name === "absent");
    setText(byId("send"), state.name === "sending" ? "Recording…" : "Record refund");
    this.view.show(state);
    this.#offer();
    if (state.name === "stored") return this.#finish(state);
    if (state.name === "open" || state.name === "refused") this.#follow();
    else this.preview.stop();
    if (state.name === "refused") this.#refused(state);
  }

  #unfold() {
    this.folded = false;
    this.#offer();
    this.form.focusFirst();
  }

  /** The form is there as long as something is left, or something is not known. */
  #offer() {
    const { sent, receipt } = this.draft;
    const over = sent === null && isAllBack(this.order);
    byId("refund").hidden = receipt !== null || over;
    byId("give-back").hidden = this.folded || (over && receipt === null);
    byId("open-refund").hidden = over || !this.folded;
    byId("open-refund").setAttribute("aria-expanded", String(!this.folded));
  }

  /** @param {State & {name: "refused"}} state */
  #refused({ title, errors, requestId, taken }) {
    const begin = () => this.#begin(this.draft.texts);
    const renew = el("button", { type: "button", id: "new-key", click: begin }, "Make a new refund of these entries");
    this.form.errors.tell(title, this.form.worded(errors), { requestId, actions: taken ? [renew] : [] });
  }

  /** @param {State & {name: "stored"}} state */
  #finish({ receipt, replayed, accepted }) {
    this.preview.stop();
    this.form.errors.clear();
    this.#showReceipt(receipt, replayed);
    const { refund: { currency }, position, bucket } = receipt;
    void measureCounting(this.api, { currency, position, bucket }, this.merchant, accepted, byId("counted"));
    if (accepted !== null) this.onStored();
  }

  /**
   * @param {any} receipt
   * @param {boolean} replayed
   */
  #showReceipt({ refund, bucket }, replayed) {
    const { id, totals, exponent, currency, refunded_at, request_id = "" } = refund;
    const { timezone } = this.merchant;
    const ms = Date.parse(refunded_at);
    /** @type {[string, Node | string][]} */
    const facts = [
      ["Given back", `${formatMoney(totals.total, exponent)} ${currency}`],
      ["On", `${longDayText(ms, timezone)}, ${clockText(ms, timezone)}`],
      ["Counted", el("span", { id: "counted", role: "status" })],
      ["Refund", el("code", { id: "refund-id" }, id)],
      ["Request", el("code", { id: "request-id" }, request_id)],
    ];
    const day = dayOf(bucket, refunded_at, timezone);
    const range = bucket ? { from: bucket.hour_start, to: bucket.hour_end } : { from: day, to: addDays(day, 1) };
    const trace = traceAddress({ merchant: this.merchant.id, currency }, range, "refunded");
    const title = replayed ? "The refund had been stored the first time" : "The refund is stored";
    byId("receipt").replaceChildren(
      el("h3", { id: "receipt-title", tabindex: "-1" }, title),
      el("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
      el("p", { class: "actions" },
        el("a", { class: "button", href: dayAddress(day, currency, this.merchant) }, "See that day's sales"),
        el("a", { class: "button", href: trace }, "See what was refunded then"),
        el("button", { type: "button", id: "again", click: () => this.#begin(BLANK) }, "Make another refund")));
    byId("receipt-title").focus();
  }

  /** @param {Texts} texts of a new refund, with a new key */
  #begin(texts) {
    this.draft.renew(texts);
    this.form.errors.clear();
    this.form.fill(this.order, texts);
    this.outcome.open();
    if (byId("give-back").hidden) byId("refunds-title").focus();
    else this.form.focusFirst();
  }
}
