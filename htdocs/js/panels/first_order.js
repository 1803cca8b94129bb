// What a merchant who has not sold anything yet is shown: how the first order comes.

import { byId, el } from "../dom.js";

/**
 * @param {import("../session.js").Merchant} merchant
 * @param {string} currency
 * @returns {(Node | string)[]}
 */
export function firstOrderWords({ id, role }, currency) {
  const form = el("a", { href: byId("to-new-order").href }, "Record the first one");
  const settings = el("a", { href: byId("to-settings").href }, "Settings");
  const ways = role === "owner" ? [form, ", or send it to the API with a key from ", settings, ":"] :
    ["The first one can come from the form, or from the API:"];
  return [
    el("strong", {}, "No order has been recorded yet."), el("br"),
    ...ways,
    el("code", { class: "curl", tabindex: "0" }, curlText(location.origin, id, currency)),
  ];
}

/**
 * @param {string} origin
 * @param {string} merchant
 * @param {string} currency
 * @returns {string} a command that runs as it stands, but for the key
 */
export function curlText(origin, merchant, currency) {
  const order = { currency, lines: [{ product_id: "mug", name: "Mug", quantity: 1, unit_price: 1250 }] };
  return [
    `curl ${origin}/v1/merchants/${merchant}/orders`,
    "  -H 'Authorization: Bearer YOUR_KEY'",
    "  -H 'Content-Type: application/json'",
    "  -H 'Idempotency-Key: first-order'",
    `  -d '${JSON.stringify(order)}'`,
  ].join(" \\\n");
}
