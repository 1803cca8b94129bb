// The totals as the server computes them (dry_run), while the form is being filled in.

import { announce } from "../announce.js";
import { Problem } from "../api.js";
import { byId, el, setText } from "../dom.js";
import { formatMoney } from "../money.js";
import { countedIn } from "../posting/counting.js";
import { Preview } from "../posting/preview.js";
import { troubleOf } from "../problem_text.js";

const LINES = [
  { sign: "", name: "gross", label: "Lines" },
  { sign: "−", name: "discounts", label: "Discounts" },
  { sign: "+", name: "tax", label: "Tax" },
  { sign: "+", name: "shipping", label: "Shipping" },
  { sign: "=", name: "total", label: "Total" },
];

export class Totals {
  /**
   * @param {import("../api.js").Api} api
   * @param {string} path where orders are posted
   * @param {import("../session.js").Merchant} merchant
   * @param {(errors: import("../api.js").FieldError[]) => void} onErrors
   */
  constructor(api, path, merchant, onErrors) {
    this.merchant = merchant;
    this.onErrors = onErrors;
    this.table = byId("totals");
    this.currency = el("span", { class: "soft" });
    this.figures = LINES.map(({ name }) => el("td", { class: "figure", "data-total": name }, "–"));
    this.table.replaceChildren(el("tbody", {}, ...LINES.map(({ sign, label }, i) =>
      el("tr", { class: sign === "=" ? "sum" : "" },
        el("th", { scope: "row" }, el("span", { class: "sign" }, sign), label, sign === "=" ? this.currency : ""),
        this.figures[i]))));
    this.preview = new Preview({
      ask: async (body, signal) => (await api.post(path, { query: { dry_run: "true" }, body, signal })).body,
      stale: () => this.#stale(),
      show: (answer) => this.#show(answer),
      failed: (error, retryS) => this.#failed(error, retryS),
    });
  }

  /** @param {{body: string, errors: import("../api.js").FieldError[]}} read */
  follow({ body, errors }) {
    if (errors.length === 0) return this.preview.follow(body);
    this.preview.stop();
    return this.#blank(`The server computes them once ${whatIsMissing(errors)}.`);
  }

  stop() {
    this.preview.stop();
  }

  #stale() {
    this.table.dataset.state = this.figures[0].textContent === "–" ? "first" : "stale";
    this.table.setAttribute("aria-busy", "true");
    setText(byId("totals-note"), "Being computed…");
  }

  /** @param {{order: any, bucket: any}} answer */
  #show({ order, bucket }) {
    const { exponent, currency, totals } = order;
    this.#current();
    LINES.forEach(({ name }, i) => setText(this.figures[i], formatMoney(totals[name], exponent)));
    setText(this.currency, ` ${currency}`);
    setText(byId("totals-note"), `Counts in ${countedIn(bucket, this.merchant.timezone)}.`);
    announce(`Total ${formatMoney(totals.total, exponent)} ${currency}.`);
  }

  /**
   * @param {unknown} error
   * @param {number} retryS
   */
  #failed(error, retryS) {
    if (error instanceof Problem && error.status === 422) this.onErrors(error.errors);
    const then = retryS > 0 ? ` Asking again in ${retryS} s; the order can be recorded all the same.` : "";
    this.#blank(`No totals: ${troubleOf(error).title}.${then}`);
  }

  /** @param {string} note */
  #blank(note) {
    this.#current();
    for (const figure of this.figures) setText(figure, "–");
    setText(this.currency, "");
    setText(byId("totals-note"), note);
  }

  #current() {
    this.table.dataset.state = "ready";
    this.table.removeAttribute("aria-busy");
  }
}

/**
 * @param {import("../api.js").FieldError[]} errors
 * @returns {string}
 */
function whatIsMissing(errors) {
  return errors.some(({ code }) => code !== "missing") ? "the marked fields are mended" : "the lines are filled in";
}
