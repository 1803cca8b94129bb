// The merchant's own settings: name, zone, currencies, and how figures and dates are written.

import { byId, el, setText } from "../dom.js";
import { pageAddress } from "../header.js";
import { locale, setLocale } from "../locale.js";
import { decimalFromMinor } from "../money.js";
import { FieldErrors, makeField, textsIn } from "../posting/fields.js";
import { tellTrouble } from "./ask.js";

/** @typedef {import("../session.js").Merchant} Merchant */

const LOCALES = (
  "ar-KW ar-KW-u-nu-latn bg-BG cs-CZ da-DK de-AT de-CH de-DE el-GR en-AU en-CA en-DE en-GB en-IE en-IN en-NZ " +
  "en-US en-ZA es-ES es-MX et-EE fi-FI fr-CA fr-CH fr-FR he-IL hi-IN hu-HU id-ID is-IS it-IT ja-JP ko-KR lt-LT " +
  "lv-LV nb-NO nl-BE nl-NL pl-PL pt-BR pt-PT ro-RO sk-SK sl-SI sv-SE th-TH tr-TR uk-UA vi-VN zh-CN zh-TW").split(" ");
const EXAMPLE_MINOR = 1_234_567;
const RECUT = "take some seconds; until they are there the old figures are shown, with their date.";

export class Shop {
  /**
   * @param {import("../api.js").Api} api
   * @param {Merchant} merchant  gets what was saved
   * @param {() => void} onChange
   */
  constructor(api, merchant, onChange) {
    this.api = api;
    this.merchant = merchant;
    this.onChange = onChange;
    this.form = byId("shop");
    this.example = el("p", { class: "example soft", id: "locale-example", "aria-live": "polite" });
    this.have = el("p", { class: "tags", id: "currencies-there" });
    this.#makeFields();
    this.errors = new FieldErrors(this.form, byId("shop-summary"), {
      inputAt: (pointer) => this.#input(/^\/([a-z]+)/.exec(pointer)?.[1] ?? ""),
      nameOf: (input) => input.labels?.[0]?.textContent ?? "",
    });
    this.form.addEventListener("input", (/** @type {Event} */ event) => {
      this.errors.changed(/** @type {Element} */ (event.target));
      setText(byId("shop-done"), "");
      this.#tellConsequences();
    });
    this.form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      void this.#save();
    });
    this.form.dataset.kept = "shop";
    this.form.hidden = false;
    this.fill();
  }

  #makeFields() {
    const currencies = makeField({ name: "currencies", label: "Add currencies", kind: "text" }, "",
      "Three-letter codes: USD, JPY. Once added, a currency stays.");
    currencies.prepend(el("p", { class: "soft" }, "Currencies"), this.have);
    const place = makeField({ name: "locale", label: "Figures and dates as in", kind: "text" }, "",
      "For example de-CH, Swiss German. Empty: as each reader's browser does.");
    place.append(this.example);
    const zone = makeField({ name: "timezone", label: "Time zone", kind: "text", required: true }, "",
      "Days begin and end by this clock.");
    byId("shop-fields").replaceChildren(
      makeField({ name: "name", label: "Name", kind: "text", required: true }, ""),
      zone, currencies, place,
      choices("zones", Intl.supportedValuesOf("timeZone")),
      choices("locales", LOCALES, (tag) => languageName(tag)));
    this.#input("timezone").setAttribute("list", "zones");
    this.#input("locale").setAttribute("list", "locales");
    for (const input of this.form.querySelectorAll("[data-name]")) input.setAttribute("spellcheck", "false");
  }

  /** @param {string} name */
  #input(name) {
    return /** @type {any} */ (this.form.querySelector(`[data-name="${name}"]`));
  }

  /**
   * Shows what is stored.
   * @param {Record<string, string>} [sent] what stood in the fields when it was sent: what was typed since then stays
   */
  fill(sent) {
    const { name, timezone, currencies, locale: tag } = this.merchant;
    for (const [field, text] of Object.entries({ name, timezone, currencies: "", locale: tag ?? "" })) {
      const input = this.#input(field);
      if (!sent || input.value === (sent[field] ?? "")) input.value = text;
      input.defaultValue = text;
    }
    this.have.replaceChildren(...currencies.map((code) => el("span", { class: "tag" }, code)));
    this.#tellConsequences();
  }

  /**
   * While MongoDB is away the server knows neither name nor locale, and gives the id for a name: nobody is to save those.
   * That a list which stands there too can be read tells a merchant who is called so.
   * @param {Promise<boolean>} reading whether that list came
   * @param {() => Promise<boolean>} again reads it once more
   */
  async check(reading, again) {
    const { id, name, locale: tag } = this.merchant;
    if (name !== id || tag !== null) return;
    if (this.form.dataset.unread !== "failed") this.#tellUnread("asking");
    byId("shop-again").onclick = () => void this.check(again(), again);
    const answer = await reading && await this.api.get("/v1/session").catch(() => null);
    const stored = answer && answer.body.merchants.find((/** @type {Merchant} */ merchant) => merchant.id === id);
    if (!stored) return this.#tellUnread("failed");
    this.#tellUnread("");
    if (stored.name === name && stored.locale === tag) return;
    this.#take(stored, { name, timezone: this.merchant.timezone });
    this.onChange();
  }

  /** @param {"asking" | "failed" | ""} how */
  #tellUnread(how) {
    if (how) this.form.dataset.unread = how;
    else delete this.form.dataset.unread;
    byId("shop-unread").hidden = how !== "failed";
  }

  /**
   * @param {Merchant} stored
   * @param {Record<string, string>} before what stands in fields that nobody has changed
   */
  #take(stored, before) {
    Object.assign(this.merchant, stored);
    if (stored.locale !== locale()) setLocale(stored.locale);
    this.fill(before);
  }

  /** @returns {string[]} codes that are to be added */
  #added() {
    const codes = this.#input("currencies").value.toUpperCase().split(/[\s,;]+/).filter(Boolean);
    return codes.filter((/** @type {string} */ code) => !this.merchant.currencies.includes(code));
  }

  /** @returns {Record<string, unknown>} what is other than stored */
  #changes() {
    const text = (/** @type {string} */ name) => this.#input(name).value.trim();
    const added = this.#added();
    return {
      ...(text("name") === this.merchant.name ? {} : { name: text("name") }),
      ...(text("timezone") === this.merchant.timezone ? {} : { timezone: text("timezone") }),
      ...(added.length === 0 ? {} : { currencies: [...this.merchant.currencies, ...added] }),
      ...(text("locale") === (this.merchant.locale ?? "") ? {} : { locale: text("locale") || null }),
    };
  }

  /** What saving brings, before it is done. */
  #tellConsequences() {
    const { timezone, currencies } = this.#changes();
    const note = byId("shop-note");
    const words = [];
    if (timezone) {
      words.push(`All hours and days, of the whole history, are cut anew by the clock of ${timezone}.`,
        "The figures of each day may change; sums over all time do not.");
    } else if (currencies) words.push(`The history is made anew with ${this.#added().join(" and ")}.`);
    if (words.length > 0) words.push(`The new figures ${RECUT}`);
    setText(note, words.join(" "));
    note.hidden = words.length === 0;
    setText(this.example, this.#exampleText());
  }

  #exampleText() {
    const wanted = this.#input("locale").value.trim();
    const { timezone, currencies, exponents } = this.merchant;
    try {
      const tag = wanted === "" ? undefined : Intl.getCanonicalLocales(wanted)[0];
      const digits = exponents[currencies[0]];
      const number = new Intl.NumberFormat(tag, { minimumFractionDigits: digits, maximumFractionDigits: digits });
      const amount = number.format(/** @type {any} */ (decimalFromMinor(EXAMPLE_MINOR, digits)));
      const date = new Intl.DateTimeFormat(tag, { dateStyle: "full", timeStyle: "short", timeZone: timezone });
      return `${amount} ${currencies[0]} · ${date.format(Date.now())}`;
    } catch {
      return "No browser knows how to write by this.";
    }
  }

  async #save() {
    const button = byId("shop-save");
    if (button.getAttribute("aria-disabled") === "true") return;
    const changes = this.#changes();
    const sent = textsIn(this.form);
    setText(byId("shop-done"), "");
    this.errors.clear();
    if (Object.keys(changes).length === 0) return setText(byId("shop-done"), "Nothing has changed.");
    button.setAttribute("aria-disabled", "true");
    try {
      const path = `/v1/merchants/${this.merchant.id}/settings`;
      const { body } = await this.api.patch(path, { body: JSON.stringify(changes) });
      this.#saved(body.merchant, changes, sent);
    } catch (error) {
      tellTrouble(this.errors, error, "Try again: saving the same twice does no harm.");
    }
    button.removeAttribute("aria-disabled");
  }

  /**
   * @param {Merchant} stored
   * @param {Record<string, unknown>} changes
   * @param {Record<string, string>} sent
   */
  #saved(stored, changes, sent) {
    this.#take(stored, sent);
    const saved = Object.keys(this.#changes()).length === 0 ? "Saved." : "Saved, without what you typed since.";
    const recut = "timezone" in changes || "currencies" in changes;
    const status = el("a", { href: pageAddress("/status.html", stored.id) }, "Status");
    byId("shop-done").replaceChildren(saved, ...(recut ? [" The history is being made anew: see ", status, "."] : []));
    this.onChange();
  }
}

/**
 * @param {string} id
 * @param {string[]} values
 * @param {(value: string) => string} [label]
 */
function choices(id, values, label = () => "") {
  return el("datalist", { id }, ...values.map((value) => el("option", { value }, label(value))));
}

/** @param {string} tag */
function languageName(tag) {
  const { baseName, numberingSystem } = new Intl.Locale(tag);
  const name = new Intl.DisplayNames("en", { type: "language" }).of(baseName) ?? baseName;
  return numberingSystem === "latn" ? `${name}, digits 0 to 9` : name;
}
