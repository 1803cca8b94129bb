// Whether the figures hold an order that was read. Nobody's clock is asked: figures that are exact as of a moment after
// the order was read hold it, and that moment lies `lag_ms` before their answer.

import { el } from "../dom.js";
import { troubleOf } from "../problem_text.js";
import { addDays, localDate, shortDayText } from "../zone.js";

const ATTEMPTS = 20;
const PAUSE_MS = 100;

/** @typedef {import("../session.js").Merchant} Merchant */

/**
 * @param {import("../api.js").Api} api
 * @param {any} order
 * @param {Merchant} merchant
 * @param {number} readAt performance.now() when the order was here
 * @param {(date: string) => string} dayAddress of a day's figures
 * @returns {Promise<(Node | string)[]>}
 */
export async function countedWords(api, order, merchant, readAt, dayAddress) {
  const date = localDate(Date.parse(order.placed_at), merchant.timezone);
  const name = shortDayText(Date.parse(order.placed_at), merchant.timezone);
  if (merchant.role === "clerk") return [`in ${name}`];
  const day = el("a", { href: dayAddress(date) }, name);
  try {
    const meta = await untilSince(api, merchant, order.currency, date, readAt);
    const unknown = meta.warnings.length > 0;
    if (unknown) return ["in ", day, `, whose figures are not whole: ${meta.warnings[0].detail}`];
    return meta.held ? ["in ", day] : ["in ", day, `, but not yet: the figures are ${Math.round(meta.lag_ms / 1000)} s behind`];
  } catch (error) {
    return ["in ", day, `; not known whether by now: ${troubleOf(error).title.toLowerCase()}`];
  }
}

/**
 * @param {import("../api.js").Api} api
 * @param {Merchant} merchant
 * @param {string} currency
 * @param {string} date
 * @param {number} readAt
 * @returns {Promise<any>} the meta of the day's figures; `held`: whether they are of after `readAt`
 */
async function untilSince(api, merchant, currency, date, readAt) {
  const path = `/v1/merchants/${encodeURIComponent(merchant.id)}/metrics/summary`;
  const query = { from: date, to: addDays(date, 1), currency, metrics: "orders" };
  for (let attempt = 1; ; attempt++) {
    const asked = performance.now();
    const { meta } = (await api.get(path, { query })).body;
    const held = asked - meta.lag_ms >= readAt;
    if (held || attempt === ATTEMPTS) return { ...meta, held };
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
