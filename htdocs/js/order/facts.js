// All else that is known of an order.

import { byId, el } from "../dom.js";
import { clockText, shortDayText } from "../zone.js";

/** @typedef {import("../session.js").Merchant} Merchant */

/**
 * @param {any} order
 * @param {Merchant} merchant
 * @returns {HTMLElement} where it is told whether the figures hold the order
 */
export function showFacts(order, merchant) {
  const counted = el("span", { id: "order-counted" });
  const moment = (/** @type {string} */ at) => el("time", { datetime: at }, momentOf(at, merchant.timezone));
  const text = (/** @type {string | undefined} */ value) => (value ? [value] : []);
  /** @type {[string, Node[]][]} */
  const facts = [
    ["Placed", [moment(order.placed_at)]],
    ["Recorded", [moment(order.recorded_at), ...(order.late ? [lateNote()] : [])]],
    ["Reference", text(order.reference)],
    ["Customer", text(order.customer_id)],
    ["Channel", text(order.channel)],
    ["Payment", text(order.payment_method)],
    ["Note", order.note ? [el("bdi", {}, order.note)] : []],
    ["Order id", [copyable(order.id, "order id")]],
    ["Request id", order.request_id ? [copyable(order.request_id, "request id")] : []],
    // comes last, for its words come later and may be long: they push nothing elsewhere
    ["Counted", [counted]],
  ];
  byId("fact-list").replaceChildren(...facts.filter(([, nodes]) => nodes.length > 0)
    .flatMap(([name, nodes]) => [el("dt", {}, name), el("dd", {}, ...nodes)]));
  return counted;
}

function lateNote() {
  return el("span", { class: "soft" }, " late: 2 hours or more after its time");
}

/**
 * @param {string} at
 * @param {string} zone
 */
function momentOf(at, zone) {
  const ms = Date.parse(at);
  return `${shortDayText(ms, zone)}, ${clockText(ms, zone)}`;
}

/**
 * @param {string} text
 * @param {string} name
 * @returns {HTMLElement} the text with a button that copies it
 */
export function copyable(text, name) {
  const code = el("code", {}, text);
  const button = el("button", { type: "button", class: "plain copy", click: () => copy(code, button) }, "Copy");
  button.setAttribute("aria-label", `Copy the ${name}`);
  return el("span", {}, code, " ", button);
}

/**
 * @param {HTMLElement} code
 * @param {HTMLElement} button
 */
async function copy(code, button) {
  try {
    await navigator.clipboard.writeText(code.textContent ?? "");
    button.textContent = "Copied";
  } catch {
    // Without https browsers keep the clipboard to themselves: then it is one key away.
    getSelection()?.selectAllChildren(code);
    button.textContent = "Selected";
  }
}
