// The totals as the server computes them (dry_run), while the form is being filled in.

import { announce } from "../announce.js";
import { Problem } from "../api.js";
import { byId, el, setText } from "../dom.js";
import { formatMoney } from "../money.js";
import { troubleOf } from "../problem_text.js";
import { dayText, hourText } from "../zone.js";
import { orderBody } from "./body.js";

const PAUSE_MS = 300;

const LINES = [
  { sign: "", name: "gross", label: "Lines" },
  { sign: "−", name: "discounts", label: "Discounts" },
  { sign: "+", name: "tax", label: "Tax" },
  { sign: "+", name: "shipping", label: "Shipping" },
  { sign: "=", name: "total", label: "Total" },
];

/**
 * @param {import("../api.js").Api} api
 * @param {string} merchant
 * @param {string} body
 * @param {AbortSignal} signal
 * @returns {Promise<{order: any, bucket: any}>}
 */
async function dryRun(api, merchant, body, signal) {
  const path = `/v1/merchants/${encodeURIComponent(merchant)}/orders`;
  return (await api.post(path, { query: { dry_run: "true" }, body, signal })).body;
}

export class Totals {
  /**
   * @param {import("../api.js").Api} api
   * @param {import("../session.js").Merchant} merchant
   * @param {(errors: import("../api.js").FieldError[]) => void} onErrors
   */
  constructor(api, merchant, onErrors) {
    this.api = api;
    this.merchant = merchant;
    this.onErrors = onErrors;
    this.timer = 0;
    this.abort = new AbortController();
    this.figures = LINES.map(({ name }) => el("td", { class: "figure", "data-total": name }, "–"));
    byId("totals").replaceChildren(el("tbody", {}, ...LINES.map(({ sign, label }, i) =>
      el("tr", { class: sign === "=" ? "sum" : "" },
        el("th", { scope: "row" }, el("span", { class: "sign" }, sign), label), this.figures[i]))));
  }

  /** @param {import("./draft.js").Draft} draft */
  follow(draft) {
    this.stop();
    const { body, errors } = orderBody(draft, this.merchant);
    this.onErrors(errors.filter(({ code }) => code !== "missing"));
    if (errors.length > 0) return this.#blank(`The server computes them once ${whatIsMissing(errors)}.`);
    this.timer = window.setTimeout(() => this.#ask(body), PAUSE_MS);
  }

  stop() {
    window.clearTimeout(this.timer);
    this.abort.abort();
  }

  /** @param {string} body */
  async #ask(body) {
    const { signal } = (this.abort = new AbortController());
    try {
      const answer = await dryRun(this.api, this.merchant.id, body, signal);
      if (!signal.aborted) this.#show(answer);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Problem && error.status === 422) this.onErrors(error.errors);
      this.#blank(`No totals: ${troubleOf(error).title}.`);
    }
  }

  /** @param {{order: any, bucket: any}} answer */
  #show({ order, bucket }) {
    const { exponent, currency, totals } = order;
    LINES.forEach(({ name }, i) => setText(this.figures[i], formatMoney(totals[name], exponent)));
    setText(byId("totals-note"), `Counts in ${countedIn(bucket, this.merchant.timezone)}.`);
    announce(`Total ${formatMoney(totals.total, exponent)} ${currency}.`);
  }

  /** @param {string} note */
  #blank(note) {
    for (const figure of this.figures) setText(figure, "–");
    setText(byId("totals-note"), note);
  }
}

/**
 * @param {import("../api.js").FieldError[]} errors
 * @returns {string}
 */
function whatIsMissing(errors) {
  return errors.some(({ code }) => code !== "missing") ? "the marked fields are mended" : "the lines are filled in";
}

/**
 * @param {{hour_start: string, hour_end: string}} bucket
 * @param {string} zone
 * @returns {string} "Mon 23 Nov, 14:00–15:00"
 */
export function countedIn({ hour_start, hour_end }, zone) {
  const start = Date.parse(hour_start);
  return `${dayText(start, zone)}, ${hourText(start, zone)}–${hourText(Date.parse(hour_end), zone)}`;
}
