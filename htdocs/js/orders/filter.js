// The filter above the list: dates as people give them, inclusive; currency; reference.

import { byId, fillSelect, setText } from "../dom.js";
import { addDays } from "../zone.js";
import { isFiltered, throughOf } from "./address.js";

/** @typedef {import("./address.js").Asked} Asked */

export class Filter {
  /**
   * @param {import("../session.js").Merchant} merchant
   * @param {(part: Partial<Asked>) => void} onChoice
   */
  constructor(merchant, onChoice) {
    this.onChoice = onChoice;
    /** What the fields were filled with last. */
    this.shown = "";
    const all = { value: "", label: "All" };
    fillSelect(byId("in-currency"), [all, ...merchant.currencies.map((code) => ({ value: code, label: code }))], "");
    byId("currency-field").hidden = merchant.currencies.length === 1;
    byId("filter").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#choose();
    });
    byId("filter").addEventListener("input", () => this.mark([]));
    byId("clear").addEventListener("click", () => this.onChoice({ from: "", to: "", currency: "", reference: "" }));
  }

  /**
   * Fills the fields, unless they were filled with the same before: what was typed since stays.
   * @param {Asked} asked
   */
  show(asked) {
    const { from, to, currency, reference } = asked;
    const shown = JSON.stringify([from, to, currency, reference]);
    if (shown === this.shown) return;
    this.shown = shown;
    byId("from").value = from;
    byId("through").value = throughOf(to);
    byId("in-currency").value = currency;
    byId("reference").value = reference;
    byId("clear").hidden = !isFiltered(asked);
    this.mark([]);
  }

  focus() {
    byId("from").focus();
  }

  #choose() {
    const from = byId("from");
    const through = byId("through");
    const odd = [from, through].filter(({ validity }) => validity.badInput);
    if (odd.length > 0) return this.#refuse(odd[0].id, "This is no date.");
    const backwards = from.value && through.value && through.value < from.value;
    if (backwards) return this.#refuse("through", "This is before the first day.");
    const to = through.value ? addDays(through.value, 1) : "";
    const reference = byId("reference").value.trim();
    return this.onChoice({ from: from.value, to, currency: byId("in-currency").value, reference });
  }

  /**
   * @param {string} id
   * @param {string} words
   */
  #refuse(id, words) {
    this.mark([{ parameter: id, code: "", detail: words }]);
    byId(id).focus();
  }

  /** @param {import("../api.js").FieldError[]} errors by the parameters of the API, or by the fields here */
  mark(errors) {
    const fields = { from: "from", to: "through", through: "through", currency: "in-currency", reference: "reference" };
    for (const id of new Set(Object.values(fields))) markInput(id, "");
    const known = errors.filter(({ parameter }) => parameter !== undefined && parameter in fields);
    for (const { parameter, detail } of known) markInput(fields[/** @type {keyof typeof fields} */ (parameter)], detail);
  }
}

/**
 * @param {string} id
 * @param {string} words "" takes the mark away
 */
function markInput(id, words) {
  setText(byId(`${id}-trouble`), words && words.charAt(0).toUpperCase() + words.slice(1));
  if (words) byId(id).setAttribute("aria-invalid", "true");
  else byId(id).removeAttribute("aria-invalid");
}
