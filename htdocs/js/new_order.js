// The order form: one form, one key, one order, whatever happens on the way.

import { Api, Problem, Unreachable } from "./api.js";
import { byId, setText } from "./dom.js";
import { formAddress, openPage } from "./header.js";
import { orderBody } from "./new_order/body.js";
import { loadDraft, newDraft, newKey, saveDraft } from "./new_order/draft.js";
import { OrderForm } from "./new_order/form.js";
import { measureCounting, showReceipt } from "./new_order/receipt.js";
import { Totals } from "./new_order/totals.js";
import { showPageTrouble, tellPage } from "./panel.js";
import { troubleOf } from "./problem_text.js";
import { goToLogin } from "./session.js";

/** @typedef {import("./new_order/draft.js").Draft} Draft */
/** @typedef {import("./session.js").Merchant} Merchant */

class OrderPage {
  /**
   * @param {Api} api
   * @param {Merchant} merchant
   */
  constructor(api, merchant) {
    this.api = api;
    this.merchant = merchant;
    this.draft = this.#openDraft();
    this.sending = false;
    this.form = new OrderForm(merchant, () => this.#changed());
    this.totals = new Totals(api, merchant, (errors) => this.form.mark(errors));
    byId("order").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#submit();
    });
    byId("check").addEventListener("click", () => this.#send());
    byId("new-key").addEventListener("click", () => this.#useNewKey());
  }

  open() {
    if (this.draft.receipt) return this.#finish(this.draft.receipt, false, null);
    this.form.fill(this.draft);
    byId("order").hidden = false;
    if (this.draft.sent === null) this.form.focusFirst();
    else this.#showUnknown("The page was left before the answer came.");
    return this.#follow();
  }

  /** A reload goes on where it was; whoever comes back after a finished order wants an empty form. */
  #openDraft() {
    const draft = loadDraft(this.merchant.id);
    const entry = /** @type {PerformanceNavigationTiming} */ (performance.getEntriesByType("navigation")[0]);
    const finished = draft?.receipt && entry.type === "navigate";
    return draft && !finished ? draft : newDraft(this.merchant.currencies[0]);
  }

  #save() {
    saveDraft(this.merchant.id, this.draft);
  }

  #changed() {
    this.draft = { ...this.draft, ...this.form.texts() };
    this.#save();
    this.#follow();
  }

  #follow() {
    if (this.draft.sent === null) this.totals.follow(this.draft);
  }

  #submit() {
    if (this.sending) return;
    this.form.clearErrors();
    this.totals.stop();
    const { body, errors } = orderBody(this.draft, this.merchant);
    if (errors.length > 0) return this.#refused("Not sent yet: please mend these", errors);
    this.draft.sent = body;
    this.#save();
    void this.#send();
  }

  /** Sends what was noted down in `sent`: the first time, or again, with the same key. */
  async #send() {
    if (this.sending || this.draft.sent === null) return;
    this.#enterSending(true);
    try {
      const path = `/v1/merchants/${encodeURIComponent(this.merchant.id)}/orders`;
      const headers = { "Idempotency-Key": this.draft.key };
      const answer = await this.api.post(path, { body: this.draft.sent, headers });
      const accepted = performance.now();
      this.draft = { ...this.draft, sent: null, receipt: answer.body };
      this.#save();
      await this.#finish(answer.body, answer.headers.get("Idempotent-Replayed") === "true", accepted);
    } catch (error) {
      this.#sendFailed(error);
    }
  }

  /** @param {unknown} error */
  #sendFailed(error) {
    this.#enterSending(false);
    // Without an answer, or with one of the server's own failures, the order may have been stored all the same.
    const unknown = error instanceof Unreachable || (error instanceof Problem && error.status >= 500);
    const { title, detail, requestId } = troubleOf(error);
    if (unknown) return this.#showUnknown([`${title}.`, requestId && `Request ${requestId}.`].filter(Boolean).join(" "));
    this.draft.sent = null;
    this.#save();
    byId("unknown").hidden = true;
    this.form.lock(false);
    const errors = /** @type {Problem} */ (error).errors;
    return this.#refused(title, errors.length > 0 ? errors : [{ code: "", detail: detail || title }], requestId);
  }

  /** @param {boolean} sending */
  #enterSending(sending) {
    this.sending = sending;
    this.form.lock(sending || this.draft.sent !== null);
    setText(byId("send"), sending ? "Recording…" : "Record order");
    byId("check").setAttribute("aria-disabled", String(sending));
  }

  /** @param {string} why */
  #showUnknown(why) {
    this.form.lock(true);
    setText(byId("unknown-why"), why);
    byId("unknown").hidden = false;
    byId("unknown").focus();
  }

  /**
   * @param {string} title
   * @param {import("./api.js").FieldError[]} errors
   * @param {string} [requestId]
   */
  #refused(title, errors, requestId) {
    this.form.mark(errors);
    this.form.showSummary(title, errors, requestId);
  }

  /** The key stands for another order already; the entries become a form of their own. */
  #useNewKey() {
    this.draft.key = newKey();
    this.#save();
    this.form.clearErrors();
    byId("send").focus();
  }

  /**
   * @param {import("./new_order/draft.js").Receipt} receipt
   * @param {boolean} replayed
   * @param {number | null} accepted
   */
  #finish(receipt, replayed, accepted) {
    byId("order").hidden = true;
    showReceipt(receipt, this.merchant, { replayed, again: () => this.#again() });
    return measureCounting(this.api, receipt, this.merchant, accepted);
  }

  #again() {
    this.draft = newDraft(this.draft.currency);
    this.#save();
    byId("receipt").hidden = true;
    byId("unknown").hidden = true;
    this.#enterSending(false);
    this.form.clearErrors();
    this.open();
  }
}

async function main() {
  const api = new Api(goToLogin);
  const merchant = await openPage(api, (id) => location.assign(formAddress(id)));
  if (!merchant) return;
  history.replaceState(null, "", formAddress(merchant.id));
  if (merchant.role === "analyst") {
    tellPage("Your role does not allow this", "Analysts read figures and orders; they do not record any.");
    return;
  }
  new OrderPage(api, merchant).open();
}

main().catch((error) => showPageTrouble(error, () => location.reload()));
