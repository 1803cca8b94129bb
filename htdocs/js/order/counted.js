// Whether the figures hold an order that was read. Nobody's clock is asked: figures that are exact as of a moment after
// the order was read hold it, and that moment lies `lag_ms` before their answer. Those of a moment before it was recorded
// do not, by the server's clock alone.

import { el, setText } from "../dom.js";
import { durationText, unknownText } from "../panels/stamp.js";
import { mayPass } from "../posting/counting.js";
import { troubleOf } from "../problem_text.js";
import { addDays, localDate, shortDayText } from "../zone.js";

const PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 15_000;
/** The figures mostly hold it sooner: until then nobody is told that they do not. */
const PATIENCE_MS = 1000;

/** @typedef {import("../session.js").Merchant} Merchant */

/**
 * Tells it, and asks on until the figures hold the order, as long as that is on show.
 * @param {import("../api.js").Api} api
 * @param {any} order
 * @param {Merchant} merchant
 * @param {object} how
 * @param {number} how.readAt performance.now() when the order was here
 * @param {(date: string) => string} how.dayAddress of a day's figures
 * @param {Element} how.place gets the words
 */
export async function tellCounted(api, order, merchant, { readAt, dayAddress, place }) {
  const date = localDate(Date.parse(order.placed_at), merchant.timezone);
  const name = shortDayText(Date.parse(order.placed_at), merchant.timezone);
  if (merchant.role === "clerk") return setText(place, `on ${name}`);
  const rest = el("span");
  const path = `/v1/merchants/${encodeURIComponent(merchant.id)}/metrics/summary`;
  const query = { from: date, to: addDays(date, 1), currency: order.currency, metrics: "orders" };
  for (let pauseMs = PAUSE_MS; place.isConnected; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const { words, isOver } = await ask(api, { path, query }, Date.parse(order.recorded_at), readAt);
    if (words !== null) {
      setText(rest, words);
      if (!rest.isConnected) place.replaceChildren("on ", el("a", { href: dayAddress(date) }, name), rest);
    }
    if (isOver) return undefined;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return undefined;
}

/**
 * @param {import("../api.js").Api} api
 * @param {{path: string, query: Record<string, string>}} figures of the order's day
 * @param {number} recordedAt epoch ms
 * @param {number} readAt
 * @returns {Promise<{words: string | null, isOver: boolean}>} words behind the day; null: none yet. isOver: nothing else
 *   is to come
 */
async function ask(api, { path, query }, recordedAt, readAt) {
  const asked = performance.now();
  try {
    const { meta } = (await api.get(path, { query })).body;
    if (meta.warnings.length > 0) return { words: `; ${warningWords(meta)}`, isOver: false };
    if (asked - meta.lag_ms >= readAt) return { words: "", isOver: true };
    const yet = Date.parse(meta.as_of) < recordedAt ? ", but not yet" : "; not known yet";
    const words = `${yet}: the figures are ${durationText(meta.lag_ms)} behind`;
    return { words: asked - readAt < PATIENCE_MS ? null : words, isOver: false };
  } catch (error) {
    const words = `; not known whether by now: ${troubleOf(error).title.toLowerCase()}`;
    return { words, isOver: !mayPass(error) };
  }
}

/**
 * @param {import("../panels/stamp.js").Meta} meta
 * @returns {string} why the day's figures are not whole
 */
function warningWords({ warnings, timezone }) {
  if (warnings.some(({ code }) => code === "rebuilding")) return "not known yet: the figures are being rebuilt";
  return unknownText(warnings, timezone) || warnings[0].detail;
}
