// A form's time: now, unless one is given, as the merchant's clocks show it.

import { el } from "../dom.js";
import { formatIn, instantsOf } from "../zone.js";

/**
 * Shows the choice between the two instants of an hour that comes twice, and hides it otherwise.
 * @param {HTMLElement} root holds a field of kind time and the field `which`
 * @param {string} zone
 */
export function followTime(root, zone) {
  const time = /** @type {HTMLInputElement} */ (root.querySelector(".field.time input"));
  const which = /** @type {HTMLSelectElement} */ (root.querySelector("[data-name=which]"));
  const instants = Number.isNaN(Date.parse(`${time.value}Z`)) ? [] : instantsOf(time.value, zone);
  const twice = instants.length === 2;
  /** @type {HTMLElement} */ (which.closest(".field")).hidden = !twice;
  const names = instants.map((ms, i) => `${i === 0 ? "The first" : "The second"}: ${offsetText(ms, zone)}`);
  const texts = twice ? ["Choose", ...names] : [];
  const shown = [...which.options].map((option) => option.text);
  if (shown.join() === texts.join()) return;
  which.replaceChildren(...texts.map((text, i) => el("option", { value: i === 0 ? "" : String(i - 1) }, text)));
}

/**
 * @param {HTMLElement} root
 * @param {string} which "0" or "1", as the draft has it
 * @param {string} zone
 */
export function fillTime(root, which, zone) {
  followTime(root, zone);
  const select = /** @type {HTMLSelectElement} */ (root.querySelector("[data-name=which]"));
  if (select.options.length > 0) select.value = which;
}

/**
 * @param {number} ms
 * @param {string} zone
 * @returns {string} "02:30 GMT+2"
 */
function offsetText(ms, zone) {
  return formatIn(zone, { hour: "2-digit", minute: "2-digit", timeZoneName: "shortOffset" }).format(ms);
}
