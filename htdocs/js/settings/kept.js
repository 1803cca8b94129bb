// What was typed on this page and not sent when its session ends, for the way back: of forms with `data-kept`, under that
// name, in this tab, and given back once. A form with a password has no such mark.

import { areTexts } from "../posting/fields.js";

const PLACE = "takings.settings";

/** @typedef {{texts: Record<string, string>, checked: string[]}} Entries */

/** Keeps it all; to be called before the page is left. */
export function keepTyped() {
  const forms = /** @type {HTMLFormElement[]} */ ([...document.querySelectorAll("form[data-kept]")]);
  const entries = Object.fromEntries(forms.map((form) => [form.dataset.kept, entriesIn(form)]));
  const merchant = new URLSearchParams(location.search).get("merchant");
  sessionStorage.setItem(PLACE, JSON.stringify({ merchant, entries }));
}

/**
 * @param {string} merchant
 * @returns {Record<string, Entries>} by the forms' names
 */
export function takeTyped(merchant) {
  const text = sessionStorage.getItem(PLACE);
  sessionStorage.removeItem(PLACE);
  try {
    const kept = JSON.parse(text ?? "{}");
    return kept.merchant === merchant && Object.values(kept.entries).every(isEntries) ? kept.entries : {};
  } catch {
    return {};
  }
}

/**
 * @param {any} entries
 * @returns {boolean} whether this page could have kept these
 */
function isEntries({ texts, checked }) {
  return areTexts(texts) && Array.isArray(checked);
}

/**
 * @param {HTMLFormElement} form
 * @param {Entries | undefined} entries
 */
export function fillTyped(form, entries) {
  if (!entries) return;
  for (const input of inputsIn(form)) {
    const text = entries.texts[input.dataset.name ?? ""];
    if (text !== undefined) input.value = text;
    else if (isBox(input)) input.checked = entries.checked.includes(input.value);
    for (const type of ["input", "change"]) input.dispatchEvent(new Event(type, { bubbles: true }));
  }
}

/**
 * @param {HTMLFormElement} form
 * @returns {Entries} what is other than when it was opened
 */
function entriesIn(form) {
  const named = inputsIn(form).filter(({ dataset, value, defaultValue }) => dataset.name && value !== defaultValue);
  return {
    texts: Object.fromEntries(named.map(({ dataset, value }) => [dataset.name, value])),
    checked: inputsIn(form).filter((input) => isBox(input) && input.checked).map(({ value }) => value),
  };
}

/**
 * @param {HTMLFormElement} form
 * @returns {HTMLInputElement[]} choices too
 */
function inputsIn(form) {
  return /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("input, select")]);
}

/** @param {HTMLInputElement} input */
function isBox({ type }) {
  return type === "checkbox" || type === "radio";
}
