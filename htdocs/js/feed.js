// The answers behind the dashboard: totals of the range, its buckets, what both are compared with, the latest orders.

import { compareQuery } from "./address.js";

/** @typedef {Record<string, import("./metrics.js").Value>} Figures by the names of their metrics */

/**
 * @typedef {object} Summary
 * @property {string} currency
 * @property {number} exponent
 * @property {Figures} metrics
 * @property {number} from                epoch seconds
 * @property {number} to
 * @property {Against<Figures> | null} against
 */

/**
 * @typedef {object} Series
 * @property {string} currency
 * @property {number} exponent
 * @property {import("./range.js").Interval} interval
 * @property {number[]} start                                          epoch seconds
 * @property {Record<string, import("./metrics.js").Value[]>} values
 * @property {number} end                                              of the range, epoch seconds
 */

/**
 * @template T
 * @typedef {object} Against what the range is compared with
 * @property {number} from                epoch seconds
 * @property {number} to
 * @property {number | null} through      where both sides are cut, when the range is still running
 * @property {T} was
 * @property {T | null} now               the asked range as far as it is compared; null: all of it
 */

/** @typedef {{data: Series, against: Against<Series> | null}} SeriesPair */

/**
 * @typedef {object} Order of the API, as far as the page shows it
 * @property {string} id
 * @property {string} placed_at
 * @property {string} recorded_at
 * @property {string} currency
 * @property {number} exponent
 * @property {string} [reference]
 * @property {{name: string, quantity: number}[]} lines
 * @property {{total: number}} totals
 */

/** @typedef {{orders: Order[], position: string, unreadable: number}} Latest  figures of that position or a later
 * one include them all; unreadable: how many should stand among them and do not */

/**
 * @typedef {import("./address.js").View & {interval: import("./range.js").Interval, metrics: string[]}} Wanted
 *   metrics: of the series
 */

/** @typedef {import("./panels/stamp.js").Meta} Meta */

export class Feed {
  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
    this.series = /** @type {{path: string, etag: string, answer: SeriesPair, meta: Meta} | null} */ (null);
  }

  /**
   * Always whole, because its meta is the page's stamp.
   * @param {Wanted} wanted
   * @param {AbortSignal} signal
   * @returns {Promise<{data: Summary, meta: Meta}>}
   */
  async readSummary(wanted, signal) {
    const query = { ...wanted.range, currency: wanted.currency, ...compareQuery(wanted) };
    const { body } = await this.api.get(`${base(wanted)}/metrics/summary`, { query, signal });
    const against = readAgainst(body.comparison, (/** @type {Summary[]} */ [of]) => of.metrics);
    const [from, to] = [seconds(body.query.from), seconds(body.query.to)];
    return { data: { ...body.data[0], from, to, against }, meta: body.meta };
  }

  /**
   * Asks for what changed only: an unchanged series comes back as 304 with its new instant.
   * @param {Wanted} wanted
   * @param {AbortSignal} signal
   * @returns {Promise<{data: SeriesPair, meta: Meta}>}
   */
  async readSeries(wanted, signal) {
    const { range, currency, interval } = wanted;
    const query = { ...range, currency, interval, metrics: wanted.metrics.join(), ...compareQuery(wanted) };
    const path = `${base(wanted)}/metrics/series`;
    const name = path + JSON.stringify(query);
    const known = this.series?.path === name ? this.series : null;
    /** @type {Record<string, string>} */
    const headers = known ? { "If-None-Match": known.etag } : {};
    const { status, body, headers: said } = await this.api.get(path, { query, headers, signal });
    if (status === 304 && known) {
      known.meta = {
        ...known.meta,
        as_of: said.get("Takings-As-Of") ?? known.meta.as_of,
        position: said.get("Takings-Position") ?? known.meta.position,
      };
      return { data: known.answer, meta: known.meta };
    }
    const answer = readPair(body);
    const etag = said.get("ETag");
    this.series = etag ? { path: name, etag, answer, meta: body.meta } : null;
    return { data: answer, meta: body.meta };
  }

  /**
   * @param {string} merchant
   * @param {number} count
   * @param {AbortSignal} signal
   * @returns {Promise<Latest>} the newest orders
   */
  async readLatest(merchant, count, signal) {
    const { body } = await this.api.get(`${base({ merchant })}/orders`, { query: { limit: String(count) }, signal });
    return { orders: body.data, position: body.meta.position, unreadable: body.meta.unreadable };
  }

  /**
   * @param {string} merchant
   * @param {AbortSignal} signal
   * @returns {Promise<string>} the position that the figures have reached
   */
  async readPosition(merchant, signal) {
    const query = { range: "today", metrics: "orders" };
    const { body } = await this.api.get(`${base({ merchant })}/metrics/summary`, { query, signal });
    return body.meta.position;
  }
}

/**
 * @param {any} body
 * @returns {SeriesPair}
 */
function readPair({ data, comparison, query }) {
  const against = readAgainst(comparison, (/** @type {Series} */ of) => ({ ...of, end: 0 }));
  if (against) against.was.end = against.to;
  if (against?.now) against.now.end = /** @type {number} */ (against.through);
  return { data: { ...data, end: seconds(query.to) }, against };
}

/**
 * @template T
 * @param {any} comparison
 * @param {(data: any) => T} take
 * @returns {Against<T> | null}
 */
function readAgainst(comparison, take) {
  if (!comparison) return null;
  const { from, to, through, data, current } = comparison;
  return {
    from: seconds(from),
    to: seconds(to),
    through: through === null ? null : seconds(through),
    was: take(data),
    now: current === null ? null : take(current),
  };
}

/** @param {string} instant */
function seconds(instant) {
  return Date.parse(instant) / 1000;
}

/** @param {{merchant: string}} wanted */
function base({ merchant }) {
  return `/v1/merchants/${encodeURIComponent(merchant)}`;
}
