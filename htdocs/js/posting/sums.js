// What the form comes to, as the server computes it (dry_run), while it is being filled in.

import { announce } from "../announce.js";
import { Problem, Unreachable } from "../api.js";
import { el, setText } from "../dom.js";
import { formatCount, formatMoney } from "../money.js";
import { troubleOf } from "../problem_text.js";
import { countedIn } from "./counting.js";
import { Preview } from "./preview.js";

/**
 * @typedef {object} Sum a line of the table
 * @property {string} sign
 * @property {string} name  of the entry's totals
 * @property {string} label
 */

/** @type {Sum[]} */
export const ORDER_SUMS = [
  { sign: "", name: "gross", label: "Lines" },
  { sign: "−", name: "discounts", label: "Discounts" },
  { sign: "+", name: "tax", label: "Tax" },
  { sign: "+", name: "shipping", label: "Shipping" },
  { sign: "=", name: "total", label: "Total" },
];

/** @type {Sum[]} */
export const REFUND_SUMS = [
  { sign: "", name: "units", label: "Units" },
  { sign: "", name: "goods", label: "Goods" },
  { sign: "+", name: "tax", label: "Tax" },
  { sign: "+", name: "shipping", label: "Shipping" },
  { sign: "=", name: "total", label: "Total" },
];

/**
 * @typedef {object} Form whose sums these are
 * @property {Sum[]} sums
 * @property {"order" | "refund"} noun
 * @property {HTMLElement} table
 * @property {HTMLElement} note   gets the words below it
 * @property {string} missing     what must be done first, when nothing is wrong yet
 * @property {string} failed      words before why there are none
 * @property {string} total       words before the total, when it is read out
 */

export class Sums {
  /**
   * @param {import("../api.js").Api} api
   * @param {string} path where the form is posted to
   * @param {import("../session.js").Merchant} merchant
   * @param {Form} form
   * @param {(errors: import("../api.js").FieldError[]) => void} onErrors
   */
  constructor(api, path, merchant, form, onErrors) {
    this.merchant = merchant;
    this.form = form;
    this.onErrors = onErrors;
    this.currency = el("span", { class: "soft" });
    this.figures = form.sums.map(({ name }) => el("td", { class: "figure", "data-total": name }, "–"));
    form.table.replaceChildren(el("tbody", {}, ...form.sums.map(({ sign, label }, i) =>
      el("tr", { class: sign === "=" ? "sum" : "" },
        el("th", { scope: "row" }, el("span", { class: "sign" }, sign), label, sign === "=" ? this.currency : ""),
        this.figures[i]))));
    this.preview = new Preview({
      ask: async (body, signal) => (await api.post(path, { query: { dry_run: "true" }, body, signal })).body,
      stale: () => this.#tell("Being computed…", this.figures[0].textContent === "–" ? "first" : "stale"),
      show: (answer) => this.#show(answer),
      failed: (error, retryS) => this.#failed(error, retryS),
    });
  }

  /** @param {{body: string, errors: import("../api.js").FieldError[]}} read */
  follow({ body, errors }) {
    if (errors.length === 0) return this.preview.follow(body);
    this.preview.stop();
    const isWrong = errors.some(({ code }) => code !== "missing");
    const first = isWrong ? "the marked fields are mended" : this.form.missing;
    return this.#blank(`Shown once ${first}.`);
  }

  /** An answer that was still to come does not come any more. */
  stop() {
    this.preview.stop();
    if (this.form.table.dataset.state !== "ready") this.#blank("");
  }

  /** @param {any} answer */
  #show(answer) {
    const { totals, exponent, currency } = answer[this.form.noun];
    this.form.sums.forEach(({ name }, i) =>
      setText(this.figures[i], name === "units" ? formatCount(totals.units) : formatMoney(totals[name], exponent)));
    setText(this.currency, ` ${currency}`);
    this.#tell(`Counts in ${countedIn(answer.bucket, this.merchant.timezone)}.`, "ready");
    announce(`${this.form.total} ${formatMoney(totals.total, exponent)} ${currency}.`);
  }

  /**
   * @param {unknown} error
   * @param {number} retryS
   */
  #failed(error, retryS) {
    if (error instanceof Problem && error.status === 422) this.onErrors(error.errors);
    const still = error instanceof Unreachable ? "" : `; the ${this.form.noun} can be recorded all the same`;
    const then = retryS > 0 ? ` Asking again in ${retryS} s${still}.` : "";
    this.#blank(`${this.form.failed}: ${troubleOf(error).title}.${then}`);
  }

  /** @param {string} words */
  #blank(words) {
    for (const figure of this.figures) setText(figure, "–");
    setText(this.currency, "");
    this.#tell(words, "ready");
  }

  /**
   * @param {string} words
   * @param {"first" | "stale" | "ready"} state
   */
  #tell(words, state) {
    this.form.table.dataset.state = state;
    this.form.table.setAttribute("aria-busy", String(state !== "ready"));
    setText(this.form.note, words);
  }
}
