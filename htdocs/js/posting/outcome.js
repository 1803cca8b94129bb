// What became of a form's request. One form has one key, and whatever is sent again is sent with it and with the same
// body; so nothing is stored twice, and what is not known is not guessed.

import { Problem } from "../api.js";
import { troubleOf } from "../problem_text.js";

/**
 * @typedef {{name: "open"}
 *   | {name: "refused", title: string, errors: import("../api.js").FieldError[], requestId: string, taken: boolean}
 *   | {name: "sending"}
 *   | {name: "checking"}
 *   | {name: "unknown", why: string}
 *   | {name: "absent"}
 *   | {name: "stored", receipt: any, replayed: boolean, accepted: number | null}} State
 *
 * open     entries can be typed
 * refused  the same; nothing was stored, and here is why. taken: the key stands for something else already
 * unknown  a request was sent, and no answer said what became of it
 * absent   a check found nothing stored under the key
 * stored   accepted: performance.now() of the answer; null when that was in an earlier life of the page
 */

export class Outcome {
  /**
   * @param {import("../api.js").Api} api
   * @param {import("./draft.js").Draft<any>} draft
   * @param {object} how
   * @param {string} how.path     where the form is posted to
   * @param {(() => Promise<boolean>) | null} how.find whether something is stored under the key; null: the API cannot
   *   be asked, and a check sends the request again, which with the same key is safe
   * @param {(state: State) => void} how.show called at each change
   */
  constructor(api, draft, { path, find, show }) {
    this.api = api;
    this.draft = draft;
    this.path = path;
    this.find = find;
    this.show = show;
    this.busy = false;
  }

  /** Shows how things stand when the page opens. */
  open() {
    const { receipt, sent } = this.draft;
    if (receipt !== null) return this.show({ name: "stored", receipt, replayed: false, accepted: null });
    if (sent !== null) return this.show({ name: "unknown", why: "The page was left before the answer came." });
    return this.show({ name: "open" });
  }

  /** @param {string} body */
  async submit(body) {
    if (this.busy || this.draft.sent !== null || this.draft.receipt !== null) return;
    if (!navigator.onLine) return this.show(OFFLINE);
    this.draft.set({ sent: body });
    await this.#alone("sending", () => this.#post(body));
  }

  /** When it is not known: looks whether it was stored, and gets its receipt. */
  async check() {
    const { sent } = this.draft;
    if (this.busy || sent === null) return;
    await this.#alone("checking", async () => {
      if (this.find && !(await this.find())) return this.show({ name: "absent" });
      return this.#post(sent);
    });
  }

  /** When a check found nothing: sends the same once more. */
  async again() {
    const { sent } = this.draft;
    if (this.busy || sent === null) return;
    await this.#alone("sending", () => this.#post(sent));
  }

  /** When a check found nothing: lets the entries be changed. Should the request still arrive, the key tells. */
  reopen() {
    if (this.busy) return;
    this.draft.set({ sent: null });
    this.show({ name: "open" });
  }

  /**
   * A second click finds the first under way.
   * @param {"sending" | "checking"} name
   * @param {() => Promise<void>} act
   */
  async #alone(name, act) {
    this.busy = true;
    this.show({ name });
    try {
      await act();
    } catch (error) {
      this.#failed(error, name);
    } finally {
      this.busy = false;
    }
  }

  /** @param {string} body */
  async #post(body) {
    const { headers, body: receipt } = await this.api.post(this.path, {
      body,
      headers: { "Idempotency-Key": this.draft.key },
    });
    const accepted = performance.now();
    this.draft.set({ sent: null, receipt });
    const replayed = headers.get("Idempotent-Replayed") === "true";
    try {
      this.show({ name: "stored", receipt, replayed, accepted });
    } catch (error) {
      // a receipt that the page cannot show is none: a check asks for it again
      this.draft.set({ sent: body, receipt: null });
      throw error;
    }
  }

  /**
   * A refusal (4xx) says that nothing was stored by that request. Without an answer, or with one of the server's own
   * failures, it may have been.
   * @param {unknown} error
   * @param {"sending" | "checking"} doing
   */
  #failed(error, doing) {
    const { title, detail, requestId } = troubleOf(error);
    if (!(error instanceof Problem) || !isRefusal(error.status, doing)) {
      const why = doing === "checking" ? `The check failed: ${lowered(title)}.` : `${title}.`;
      return this.show({ name: "unknown", why: requestId ? `${why} Request ${requestId}.` : why });
    }
    this.draft.set({ sent: null });
    const taken = error.errors.some(({ code }) => code === "idempotency_key_reused");
    const errors = error.errors.length > 0 ? error.errors : [{ code: "", detail: detail || title }];
    return this.show({ name: "refused", title: `Not stored: ${lowered(title)}`, errors, requestId, taken });
  }
}

/**
 * Of a check only a judgement of the body says that the first request had stored nothing; who may not ask, or asks too
 * often, has found out nothing.
 * @param {number} status
 * @param {"sending" | "checking"} doing
 */
function isRefusal(status, doing) {
  return doing === "sending" ? status < 500 : status === 422;
}

/** @type {State} */
const OFFLINE = {
  name: "refused",
  title: "You are offline",
  errors: [{ code: "", detail: "Nothing was sent. What you typed stays here; send it when the network is back." }],
  requestId: "",
  taken: false,
};

/** @param {string} words */
function lowered(words) {
  return words.charAt(0).toLowerCase() + words.slice(1);
}
