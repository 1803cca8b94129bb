// What is asked of somebody who makes an API key: its name, what it may do, and when it ends.

import { el, fillSelect } from "../dom.js";
import { lengthTrouble, makeField } from "../posting/fields.js";
import { addDays, instantsOf, localDate } from "../zone.js";
import { option } from "./ask.js";

const SCOPES = [
  { value: "orders:write", label: "Record orders", hint: "orders:write: a till or a web shop needs no more." },
  { value: "orders:read", label: "Read orders", hint: "orders:read" },
  {
    value: "orders:import", label: "Record orders of any age",
    hint: "orders:import: beside orders:write, for times more than 90 days back.",
  },
  { value: "refunds:write", label: "Record refunds", hint: "refunds:write" },
  { value: "metrics:read", label: "Read figures", hint: "metrics:read: sales, traces, status." },
];
const ENDS = [
  { value: "", label: "Never" },
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
  { value: "day", label: "At the end of a day" },
];
const DAY_MS = 86_400_000;
const LONGEST_NAME = 100;

export class KeyForm {
  /** @param {string} zone the merchant's, in which days end */
  constructor(zone) {
    this.zone = zone;
    const name = makeField({ name: "name", label: "Name", kind: "text" }, "",
      `For people: where it is used. At most ${LONGEST_NAME} characters.`);
    const ends = makeField({ name: "ends", label: "Ends", kind: "choice" }, "");
    const day = makeField({ name: "day", label: "Last day", kind: "text" }, "");
    this.name = inputIn(name);
    this.ends = inputIn(ends);
    this.day = inputIn(day);
    this.scopes = el("fieldset", {}, el("legend", {}, "What it may do"),
      ...SCOPES.map((scope) => option("checkbox", "scopes", scope)));
    this.nodes = [name, this.scopes, ends, day];
    fillSelect(/** @type {any} */ (this.ends), ENDS, "");
    Object.assign(this.day, { type: "date", min: localDate(Date.now(), zone) });
    day.hidden = true;
    this.ends.addEventListener("change", () => {
      day.hidden = this.ends.value !== "day";
    });
  }

  /** @returns {string[]} */
  #chosen() {
    return [...this.scopes.querySelectorAll(":checked")].map(({ value }) => value);
  }

  /** @param {string} pointer */
  inputAt(pointer) {
    if (pointer.startsWith("/scopes")) return this.scopes.querySelector("input");
    const end = this.ends.value === "day" ? this.day : this.ends;
    return { "/name": this.name, "/expires_at": end }[pointer] ?? null;
  }

  /** @returns {import("../api.js").FieldError[]} */
  wrong() {
    const long = lengthTrouble(this.name.value.trim(), LONGEST_NAME);
    return [
      ...(long ? [{ pointer: "/name", code: "", detail: long }] : []),
      ...(this.#chosen().length === 0 ? [{ pointer: "/scopes", code: "", detail: "Choose at least one." }] : []),
      ...(this.ends.value === "day" && this.day.value === ""
        ? [{ pointer: "/expires_at", code: "", detail: "The day is missing." }] : []),
    ];
  }

  /** @returns {string} JSON; what is not given is left out */
  body() {
    return JSON.stringify({
      scopes: this.#chosen(),
      name: this.name.value.trim() || undefined,
      expires_at: this.#end() || undefined,
    });
  }

  /** @returns {string} an instant; "" for never */
  #end() {
    const choice = this.ends.value;
    if (choice === "") return "";
    if (choice !== "day") return new Date(Date.now() + Number(choice) * DAY_MS).toISOString();
    const next = addDays(this.day.value, 1);
    // where midnight is skipped the day begins later
    const [end] = ["T00:00", "T01:00"].flatMap((time) => instantsOf(next + time, this.zone));
    return new Date(end).toISOString();
  }
}

/**
 * @param {string} scope
 * @returns {string} in the words of the form; a scope that it does not know is its own
 */
export function scopeLabel(scope) {
  return SCOPES.find(({ value }) => value === scope)?.label ?? scope;
}

/**
 * @param {HTMLElement} field
 * @returns {HTMLInputElement}
 */
function inputIn(field) {
  return /** @type {HTMLInputElement} */ (field.querySelector("[data-name]"));
}
