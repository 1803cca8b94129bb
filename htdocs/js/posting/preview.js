// What the server makes of a form while it is filled in (dry_run): asked a moment after the last change. An answer to
// what was typed before is never shown as one to what is there now.

import { Problem } from "../api.js";

const PAUSE_MS = 300;
const RETRY_S = 2;
const LONGEST_RETRY_S = 30;

export class Preview {
  /**
   * @param {object} how
   * @param {(body: string, signal: AbortSignal) => Promise<any>} how.ask
   * @param {() => void} how.stale   what is on show is no longer the answer, and another one is coming
   * @param {(answer: any) => void} how.show
   * @param {(error: unknown, retryS: number) => void} how.failed  retryS: it is asked again so soon; 0: it is not, as
   *   the answer would be the same
   */
  constructor({ ask, stale, show, failed }) {
    this.ask = ask;
    this.stale = stale;
    this.show = show;
    this.failed = failed;
    this.timer = 0;
    this.abort = new AbortController();
    this.body = "";
    this.failures = 0;
    window.addEventListener("online", () => this.failures > 0 && this.body && this.#later(0));
  }

  /** @param {string} body what the form would send now */
  follow(body) {
    this.stop();
    this.body = body;
    this.stale();
    this.#later(PAUSE_MS);
  }

  stop() {
    this.body = "";
    this.failures = 0;
    window.clearTimeout(this.timer);
    this.abort.abort();
  }

  /** @param {number} ms */
  #later(ms) {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.#ask(), ms);
  }

  async #ask() {
    this.abort.abort();
    const { signal } = (this.abort = new AbortController());
    try {
      const answer = await this.ask(this.body, signal);
      if (signal.aborted) return;
      this.failures = 0;
      this.show(answer);
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
  }

  /** @param {unknown} error */
  #failed(error) {
    if (error instanceof Problem && error.status < 500 && error.status !== 429) return this.failed(error, 0);
    const asked = error instanceof Problem ? error.retryAfterS : 0;
    const retryS = Math.max(asked, Math.min(RETRY_S * 2 ** this.failures, LONGEST_RETRY_S));
    this.failures += 1;
    this.failed(error, retryS);
    this.#later(retryS * 1000);
  }
}
