// What a refund comes to, as the server computes it (dry_run), while the form is being filled in.

import { announce } from "../announce.js";
import { Problem } from "../api.js";
import { byId, el, setText } from "../dom.js";
import { formatCount, formatMoney } from "../money.js";
import { countedIn } from "../posting/counting.js";
import { Preview } from "../posting/preview.js";
import { troubleOf } from "../problem_text.js";

const LINES = [
  { sign: "", name: "units", label: "Units" },
  { sign: "", name: "goods", label: "Goods" },
  { sign: "+", name: "tax", label: "Tax" },
  { sign: "+", name: "shipping", label: "Shipping" },
  { sign: "=", name: "total", label: "Total" },
];

export class RefundPreview {
  /**
   * @param {import("../api.js").Api} api
   * @param {string} path where refunds of this order are posted
   * @param {import("../session.js").Merchant} merchant
   * @param {(errors: import("../api.js").FieldError[]) => void} onErrors
   */
  constructor(api, path, merchant, onErrors) {
    this.merchant = merchant;
    this.onErrors = onErrors;
    this.table = byId("preview");
    this.currency = el("span", { class: "soft" });
    this.figures = LINES.map(({ name }) => el("td", { class: "figure", "data-preview": name }, "–"));
    this.table.replaceChildren(el("tbody", {}, ...LINES.map(({ sign, label }, i) =>
      el("tr", { class: sign === "=" ? "sum" : "" },
        el("th", { scope: "row" }, el("span", { class: "sign" }, sign), label, sign === "=" ? this.currency : ""),
        this.figures[i]))));
    this.preview = new Preview({
      ask: async (body, signal) => (await api.post(path, { query: { dry_run: "true" }, body, signal })).body,
      stale: () => this.#note("Being computed…", "stale"),
      show: (answer) => this.#show(answer),
      failed: (error, retryS) => this.#failed(error, retryS),
    });
  }

  /** @param {{body: string, errors: import("../api.js").FieldError[]}} read */
  follow({ body, errors }) {
    if (errors.length === 0) return this.preview.follow(body);
    this.preview.stop();
    const wrong = errors.some(({ code }) => code !== "missing");
    return this.#blank(`The server computes it once ${wrong ? "the marked fields are mended" : "you say how much"}.`);
  }

  stop() {
    this.preview.stop();
  }

  /** @param {{refund: any, bucket: any}} answer */
  #show({ refund, bucket }) {
    const { totals, exponent, currency } = refund;
    LINES.forEach(({ name }, i) =>
      setText(this.figures[i], name === "units" ? formatCount(totals.units) : formatMoney(totals[name], exponent)));
    setText(this.currency, ` ${currency}`);
    this.#note(`Counts in ${countedIn(bucket, this.merchant.timezone)}.`, "ready");
    announce(`To be given back: ${formatMoney(totals.total, exponent)} ${currency}.`);
  }

  /**
   * @param {unknown} error
   * @param {number} retryS
   */
  #failed(error, retryS) {
    if (error instanceof Problem && error.status === 422) this.onErrors(error.errors);
    const then = retryS > 0 ? ` Asking again in ${retryS} s; the refund can be recorded all the same.` : "";
    this.#blank(`Not computed: ${troubleOf(error).title}.${then}`);
  }

  /** @param {string} words */
  #blank(words) {
    for (const figure of this.figures) setText(figure, "–");
    setText(this.currency, "");
    this.#note(words, "ready");
  }

  /**
   * @param {string} words
   * @param {"stale" | "ready"} state
   */
  #note(words, state) {
    this.table.dataset.state = state;
    this.table.setAttribute("aria-busy", String(state === "stale"));
    setText(byId("preview-note"), words);
  }
}
