// Whether and where a merchant's figures changed: one stream of the server's for all tabs of that merchant.
//
// A browser has six connections to a server over HTTP/1.1, and a stream for each tab would use them up. So the tab that
// holds the lock opens the stream and passes on what it hears; when it goes, another one gets the lock. Streams of
// different merchants share the browser's slots: who gets none asks by itself, as without a stream.

/**
 * Without a heartbeat for so long nothing is known to come. The server sends one each second. With what poll.js waits
 * then, and the time of an answer, the screen is right 3 s after a stream has gone silent.
 */
const SILENCE_MS = 2000;
/** A stream that says nothing for so long is opened anew: the machine slept, or the network changed. */
const DEAD_MS = 8000;
/** The first, of which each browser takes its own: all were refused at the same moment. */
const RETRY_FIRST_MS = 1000;
const RETRY_MOST_MS = 30_000;

/** Half of a browser's connections over HTTP/1.1. */
const SLOTS = ["takings-live-slot-1", "takings-live-slot-2", "takings-live-slot-3"];

/**
 * @typedef {object} Hint         what may have changed: to ask again, never a figure
 * @property {string | null} position   null: not known up to when
 * @property {boolean} [all]      everything
 * @property {number[]} [hours]   hours that were computed anew, by their start in epoch seconds
 * @property {boolean} [more]     and others that are not named
 */

/** @typedef {{hint: Hint | null}} Heard   null: a heartbeat */

/**
 * @typedef {object} Told
 * @property {(hint: Hint) => void} changed
 * @property {(up: boolean) => void} state   whether changes are known to come; false at first, told when it changes
 */

export class Live {
  #path;
  #told;
  #up = false;
  #closed = false;
  #silence = 0;
  #leaving = new AbortController();
  #release = () => {};
  #channel = /** @type {BroadcastChannel | null} */ (null);
  #stream = /** @type {Stream | null} */ (null);

  /**
   * @param {string} merchantId
   * @param {Told} told
   */
  constructor(merchantId, told) {
    this.#told = told;
    this.#path = `/v1/merchants/${encodeURIComponent(merchantId)}/live`;
    this.#share(`takings-live:${merchantId}`);
    addEventListener("pagehide", () => this.close()); // session.js reloads a page that comes back
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#silence);
    this.#stream?.close();
    this.#channel?.close();
    this.#leaving.abort();
    this.#release();
  }

  /** @param {string} name */
  #share(name) {
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = (event) => this.#take(event.data);
    // without leave to take locks each tab has a stream of its own
    navigator.locks.request(name, { signal: this.#leaving.signal }, () => this.#lead()).catch(() => this.#open());
  }

  /** Opens the stream as soon as there is a slot, the first that gets free; ends when the stream is closed. */
  #lead() {
    const closed = new Promise((resolve) => {
      this.#release = () => resolve(null);
    });
    const found = new AbortController();
    const signal = AbortSignal.any([found.signal, this.#leaving.signal]);
    const take = () => {
      if (found.signal.aborted) return null;
      found.abort();
      this.#open();
      return closed;
    };
    // all but the one that is found are called off
    for (const slot of SLOTS) navigator.locks.request(slot, { signal }, take).catch(() => null);
    return closed;
  }

  #open() {
    if (this.#closed) return;
    this.#stream = new Stream(
      this.#path,
      (heard) => {
        this.#channel?.postMessage(heard);
        this.#take(heard);
      },
      () => {
        this.#channel?.postMessage("broken");
        this.#set(false);
      },
    );
  }

  /** @param {Heard | "broken"} heard */
  #take(heard) {
    if (this.#closed) return;
    if (heard === "broken") {
      this.#set(false);
      return;
    }
    this.#set(true);
    if (heard.hint) this.#told.changed(heard.hint);
  }

  /** @param {boolean} up */
  #set(up) {
    clearTimeout(this.#silence);
    if (up) this.#silence = setTimeout(() => this.#set(false), SILENCE_MS);
    if (up === this.#up) return;
    this.#up = up;
    this.#told.state(up);
  }
}

/** One EventSource after the other: it comes back by itself from a broken stream, but not from a refusal. */
class Stream {
  #path;
  #heard;
  #broken;
  #retryMs = RETRY_FIRST_MS;
  #timer = 0;
  #source = /** @type {EventSource | null} */ (null);
  #online = () => this.#open();

  /**
   * @param {string} path
   * @param {(heard: Heard) => void} heard
   * @param {() => void} broken   it ended or was refused; tried again by itself
   */
  constructor(path, heard, broken) {
    this.#path = path;
    this.#heard = heard;
    this.#broken = broken;
    addEventListener("online", this.#online);
    this.#open();
  }

  close() {
    removeEventListener("online", this.#online);
    clearTimeout(this.#timer);
    this.#source?.close();
  }

  #open() {
    this.#source?.close();
    this.#openLater(DEAD_MS);
    const source = new EventSource(this.#path);
    this.#source = source;
    source.addEventListener("heartbeat", () => this.#hear(null));
    source.addEventListener("changed", (event) => this.#hear(readHint(event.data)));
    source.addEventListener("message", () => this.#hear(readHint("")));
    source.addEventListener("error", () => this.#fail(source.readyState === EventSource.CLOSED));
  }

  /** @param {Hint | null} hint */
  #hear(hint) {
    this.#retryMs = RETRY_FIRST_MS;
    this.#openLater(DEAD_MS);
    this.#heard({ hint });
  }

  /** @param {boolean} refused */
  #fail(refused) {
    if (refused) {
      this.#openLater(this.#retryMs * (0.5 + Math.random()));
      this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MOST_MS);
    }
    this.#broken();
  }

  /** @param {number} ms */
  #openLater(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), ms);
  }
}

/**
 * What does not read may be anything.
 * @param {string} text
 * @returns {Hint}
 */
function readHint(text) {
  try {
    const hint = JSON.parse(text);
    const position = typeof hint.position === "string" ? hint.position : null;
    const named = Array.isArray(hint.hours) && hint.hours.every(Number.isSafeInteger) && typeof hint.more === "boolean";
    if (hint.all !== true && named) return { position, hours: hint.hours, more: hint.more };
    return { position, all: true };
  } catch {
    return { position: null, all: true };
  }
}
