// The one door to the server: JSON over fetch, with deadlines, problem documents and the CSRF token.

/** The browser waits longer than nginx (10 s), so that a slow answer arrives as nginx's own problem document. */
const TIMEOUT_MS = 15_000;

/** An answer with a status of 400 or more. Fields are those of application/problem+json. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {Record<string, any>} body
   * @param {Headers} headers
   */
  constructor(status, body, headers) {
    super(body.title ?? `The server answered ${status}`);
    this.status = status;
    this.code = /** @type {string} */ (body.code ?? "");
    this.detail = /** @type {string} */ (body.detail ?? "");
    this.errors = /** @type {FieldError[]} */ (body.errors ?? []);
    this.requestId = /** @type {string} */ (body.request_id ?? headers.get("Request-Id") ?? "");
    this.retryAfterS = Number(headers.get("Retry-After") ?? 0);
  }
}

/** @typedef {{pointer?: string, parameter?: string, header?: string, code: string, detail: string}} FieldError */

/** No answer at all: the network failed or the deadline passed. Whether the server acted is not known. */
export class Unreachable extends Error {
  /** @param {boolean} timedOut */
  constructor(timedOut) {
    super(timedOut ? "The server did not answer in time" : "The server cannot be reached");
    this.timedOut = timedOut;
  }
}

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {any} body          null for 204 and 304
 * @property {Headers} headers
 */

/**
 * @typedef {object} CallOptions
 * @property {Record<string, string | undefined>} [query]   undefined values are left out
 * @property {string} [body]                                JSON text, sent as it is
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal]
 */

export class Api {
  /** @param {() => void} onSignedOut called once for each 401; the Problem is thrown as well */
  constructor(onSignedOut) {
    this.onSignedOut = onSignedOut;
    this.csrf = "";
    this.user = ""; // who was logged in when the page was opened
  }

  /**
   * @param {string} path
   * @param {CallOptions} [options]
   */
  get(path, options = {}) {
    return this.#call("GET", path, options);
  }

  /**
   * @param {string} path
   * @param {CallOptions} [options]
   */
  post(path, options = {}) {
    return this.#unsafe("POST", path, options);
  }

  /**
   * @param {string} path
   * @param {CallOptions} [options]
   */
  patch(path, options = {}) {
    return this.#unsafe("PATCH", path, options);
  }

  /**
   * @param {string} path
   * @param {CallOptions} [options]
   */
  put(path, options = {}) {
    return this.#unsafe("PUT", path, options);
  }

  /** @param {string} path */
  delete(path) {
    return this.#unsafe("DELETE", path, {});
  }

  /**
   * A log-in in another tab changes the token: read it again, once. When somebody else logged in there, nothing is
   * done in their name: the page is opened anew, as theirs.
   * @param {string} method
   * @param {string} path
   * @param {CallOptions} options
   * @returns {Promise<Answer>}
   */
  async #unsafe(method, path, options) {
    try {
      return await this.#call(method, path, options);
    } catch (error) {
      if (!(error instanceof Problem && error.code === "csrf" && this.csrf)) throw error;
      const { body } = await this.#call("GET", "/v1/session", {});
      if (body.user.email !== this.user) {
        location.reload();
        throw error;
      }
      this.csrf = body.csrf;
      return this.#call(method, path, options);
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {CallOptions} options
   * @returns {Promise<Answer>}
   */
  async #call(method, path, options) {
    const response = await this.#fetch(method, path, options);
    if (response.status === 304) return { status: 304, body: null, headers: response.headers };
    const body = await readJson(response);
    if (response.ok) return { status: response.status, body, headers: response.headers };
    if (response.status === 401) this.onSignedOut();
    throw new Problem(response.status, body ?? {}, response.headers);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {CallOptions} options
   */
  async #fetch(method, path, { query = {}, body, headers = {}, signal }) {
    const deadline = AbortSignal.timeout(TIMEOUT_MS);
    /** @type {Record<string, string>} */
    const all = { Accept: "application/json", ...headers };
    if (method !== "GET" && this.csrf) all["X-CSRF-Token"] = this.csrf;
    if (body !== undefined) all["Content-Type"] = "application/json";
    try {
      return await fetch(path + queryText(query), {
        method,
        headers: all,
        body,
        credentials: "same-origin",
        // ETags are handled by the callers, who must see the 304 and its Takings-As-Of.
        cache: "no-store",
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Unreachable(deadline.aborted);
    }
  }
}

/**
 * @param {Record<string, string | undefined>} query
 * @returns {string} "" or "?name=value&..."
 */
export function queryText(query) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  if (given.length === 0) return "";
  // A plus stands for itself in the API, and URLSearchParams writes blanks so.
  return `?${String(new URLSearchParams(/** @type {[string, string][]} */ (given))).replaceAll("+", "%20")}`;
}

/**
 * A body that breaks off, that is no JSON (a proxy's page), or that is not there, is a missing answer.
 * @param {Response} response
 */
async function readJson(response) {
  if (response.status === 204) return null;
  try {
    return JSON.parse(await response.text());
  } catch {
    if (response.ok) throw new Unreachable(false);
    return null;
  }
}
