// The order form: one form, one key, one order, whatever happens on the way.

import { Api } from "./api.js";
import { byId, el, setText } from "./dom.js";
import { formAddress, openPage, orderAddress } from "./header.js";
import { installKeys } from "./keys.js";
import { isTexts, orderBody } from "./new_order/body.js";
import { OrderForm } from "./new_order/form.js";
import { showReceipt } from "./new_order/receipt.js";
import { showPageTrouble, tellPage } from "./panel.js";
import { measureCounting } from "./posting/counting.js";
import { Draft } from "./posting/draft.js";
import { Outcome } from "./posting/outcome.js";
import { OutcomeView } from "./posting/outcome_view.js";
import { ORDER_SUMS, Sums } from "./posting/sums.js";
import { goToLogin } from "./session.js";

/** @typedef {import("./session.js").Merchant} Merchant */
/** @typedef {import("./new_order/body.js").Texts} Texts */
/** @typedef {import("./posting/outcome.js").State} State */

const SUMS = /** @type {const} */ ({
  sums: ORDER_SUMS, noun: "order", missing: "the lines are filled in", failed: "No totals", total: "Total",
});

class OrderPage {
  /**
   * @param {Api} api
   * @param {Merchant} merchant
   * @param {Draft<Texts>} draft
   */
  constructor(api, merchant, draft) {
    this.api = api;
    this.merchant = merchant;
    this.draft = draft;
    this.path = `/v1/merchants/${encodeURIComponent(merchant.id)}/orders`;
    this.form = new OrderForm(merchant, () => this.#changed());
    const sums = { ...SUMS, table: byId("totals"), note: byId("totals-note") };
    this.totals = new Sums(api, this.path, merchant, sums, (errors) => this.form.errors.mark(errors));
    this.outcome = new Outcome(api, draft, {
      path: this.path,
      find: async () => (await this.#stored()) !== null,
      show: (state) => this.#show(state),
    });
    this.view = new OutcomeView(byId("outcome"), "order", this.outcome);
    byId("order").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  open() {
    this.form.fill(this.draft.texts);
    this.outcome.open();
  }

  #changed() {
    this.draft.set({ texts: this.form.texts() });
    setText(byId("unsaved"), this.draft.unsaved ? "What you typed could not be kept: a reload would lose it." : "");
    this.#follow();
  }

  #read() {
    const read = orderBody(this.draft.texts, this.merchant);
    this.form.rowsOfBody = read.rows;
    return read;
  }

  #follow() {
    const read = this.#read();
    this.form.errors.mark(read.errors.filter(({ code }) => code !== "missing"));
    this.totals.follow(read);
  }

  #submit() {
    const { body, errors } = this.#read();
    this.form.errors.clear();
    if (errors.length > 0) return this.form.errors.tell("Not sent yet: please mend these", errors);
    return void this.outcome.submit(body);
  }

  /** @returns {Promise<any>} the order that is stored under this form's key, or null */
  async #stored() {
    const { body } = await this.api.get(this.path, { query: { idempotency_key: this.draft.key, limit: "1" } });
    return body.data[0] ?? null;
  }

  /** @param {State} state */
  #show(state) {
    const busy = state.name === "sending" || state.name === "checking";
    byId("order").hidden = state.name === "stored";
    byId("receipt").hidden = state.name !== "stored";
    this.form.lock(busy || state.name === "unknown" || state.name === "absent");
    setText(byId("send"), state.name === "sending" ? "Recording…" : "Record order");
    this.view.show(state);
    if (state.name === "stored") return this.#finish(state);
    if (state.name === "open" || state.name === "refused") this.#follow();
    else this.totals.stop();
    if (state.name === "open") this.form.focusFirst();
    if (state.name === "refused") this.#refused(state);
  }

  /** @param {State & {name: "refused"}} state */
  #refused({ title, errors, requestId, taken }) {
    const renew = () => this.#begin(this.draft.texts);
    const button = el("button", { type: "button", id: "new-key", click: renew }, "Make a new order of these entries");
    this.form.errors.tell(title, errors, { requestId, actions: taken ? [button] : [] });
    if (taken) void this.#nameTheOther(button);
  }

  /**
   * The key stands for an order already: says which.
   * @param {HTMLElement} button
   */
  async #nameTheOther(button) {
    const order = await this.#stored().catch(() => null);
    if (!order) return;
    const address = orderAddress(this.merchant.id, order.id);
    button.before(el("a", { class: "button", href: address }, "See the order that was stored"));
  }

  /** @param {State & {name: "stored"}} state */
  #finish({ receipt, replayed, accepted }) {
    const again = () => this.#begin({ currency: receipt.order.currency, whole: {}, lines: [{}] });
    showReceipt(receipt, this.merchant, { replayed, again });
    const { order: { currency }, position, bucket } = receipt;
    return void measureCounting(this.api, { currency, position, bucket }, this.merchant, accepted, byId("counted"));
  }

  /** @param {Texts} texts of a new order, with a new key */
  #begin(texts) {
    this.draft.renew(texts);
    this.form.errors.clear();
    this.open();
  }
}

/**
 * @param {Merchant} merchant
 * @returns {Promise<Draft<Texts>>}
 */
async function openDraft(merchant) {
  const fresh = { currency: merchant.currencies[0], whole: {}, lines: [{}] };
  const draft = await Draft.open("order", merchant.id, { fresh, isTexts });
  // A currency that the merchant has given up since cannot be chosen any more.
  if (draft.receipt === null && draft.sent === null && !merchant.currencies.includes(draft.texts.currency)) {
    draft.set({ texts: { ...draft.texts, currency: fresh.currency } });
  }
  return draft;
}

async function main() {
  const api = new Api(goToLogin);
  const merchant = await openPage(api, (id) => location.assign(formAddress(id)));
  if (!merchant) return;
  installKeys([]);
  history.replaceState(null, "", formAddress(merchant.id));
  if (merchant.role === "analyst") {
    tellPage("Your role does not allow this", "Analysts read figures and orders; they do not record any.");
    return;
  }
  const draft = await openDraft(merchant);
  byId("skeleton").remove();
  new OrderPage(api, merchant, draft).open();
}

main().catch((error) => showPageTrouble(error, () => location.reload()));
