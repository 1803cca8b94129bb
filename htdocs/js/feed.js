// The answers behind the dashboard: totals of the range, its buckets, and whether there was ever an order.

/**
 * @typedef {object} Summary
 * @property {string} currency
 * @property {number} exponent
 * @property {Record<string, import("./metrics.js").Value>} metrics
 */

/**
 * @typedef {object} Series
 * @property {string} currency
 * @property {number} exponent
 * @property {"hour" | "day"} interval
 * @property {number[]} start                                          epoch seconds
 * @property {Record<string, import("./metrics.js").Value[]>} values
 * @property {number} end                                              of the range, epoch seconds
 */

/**
 * @typedef {object} Wanted
 * @property {string} merchant
 * @property {string} currency
 * @property {import("./range.js").Range} range
 * @property {"hour" | "day"} interval
 * @property {string[]} metrics   of the series
 */

/** @typedef {import("./panels/stamp.js").Meta} Meta */

export class Feed {
  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
    this.series = /** @type {{path: string, etag: string, data: Series, meta: Meta} | null} */ (null);
  }

  /**
   * Always whole, because its meta is the page's stamp.
   * @param {Wanted} wanted
   * @param {AbortSignal} signal
   * @returns {Promise<{data: Summary, meta: Meta}>}
   */
  async readSummary(wanted, signal) {
    const query = { ...wanted.range, currency: wanted.currency };
    const { body } = await this.api.get(`${base(wanted)}/summary`, { query, signal });
    return { data: body.data[0], meta: body.meta };
  }

  /**
   * Asks for what changed only: an unchanged series comes back as 304 with its new instant.
   * @param {Wanted} wanted
   * @param {AbortSignal} signal
   * @returns {Promise<{data: Series, meta: Meta}>}
   */
  async readSeries(wanted, signal) {
    const query = { ...wanted.range, currency: wanted.currency, interval: wanted.interval, metrics: wanted.metrics.join() };
    const path = `${base(wanted)}/series`;
    const known = this.series?.path === path + JSON.stringify(query) ? this.series : null;
    /** @type {Record<string, string>} */
    const headers = known ? { "If-None-Match": known.etag } : {};
    const answer = await this.api.get(path, { query, headers, signal });
    if (answer.status === 304 && known) {
      known.meta = { ...known.meta, as_of: answer.headers.get("Takings-As-Of") ?? known.meta.as_of };
      return known;
    }
    const { data, meta, query: normal } = answer.body;
    const series = { ...data, end: Date.parse(normal.to) / 1000 };
    const etag = answer.headers.get("ETag");
    this.series = etag ? { path: path + JSON.stringify(query), etag, data: series, meta } : null;
    return { data: series, meta };
  }

  /**
   * @param {Wanted} wanted
   * @param {AbortSignal} signal
   * @returns {Promise<boolean>} whether the merchant has any order
   */
  async readEverSold({ merchant }, signal) {
    const path = `/v1/merchants/${encodeURIComponent(merchant)}/orders`;
    const { body } = await this.api.get(path, { query: { limit: "1" }, signal });
    return body.data.length > 0;
  }
}

/** @param {Wanted} wanted */
function base({ merchant }) {
  return `/v1/merchants/${encodeURIComponent(merchant)}/metrics`;
}
