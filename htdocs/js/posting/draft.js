// The draft of a form that posts something: what was typed, the idempotency key, and what became of it. It lies in
// sessionStorage, so that it outlives a reload and a log-in; no two tabs have the same one.

/** Of what lies in the storage; a draft of another version is not read. */
const VERSION = 1;
/** So many drafts of a kind are kept, the newest; of those, the ones whose outcome is not known go last. */
const MOST_DRAFTS = 8;
const MOST_CHARACTERS = 500_000;

/**
 * @template T
 * @typedef {object} Stored
 * @property {number} version
 * @property {string} key       one form, one key, one order or refund
 * @property {number} saved     milliseconds since the epoch
 * @property {T} texts          what was typed, as the form has it
 * @property {string | null} sent  body of a request whose outcome is not known: sent again as it was, or not at all
 * @property {any} receipt      what this form became, as the server answered; null before
 */

/** @template T */
export class Draft {
  #name;
  #stored;

  /**
   * Only by open().
   * @param {string} name
   * @param {Stored<T>} stored
   */
  constructor(name, stored) {
    this.#name = name;
    this.#stored = stored;
    /** Whether the last change could not be stored, and a reload would lose it. */
    this.unsaved = false;
  }

  /**
   * Goes on with the draft of that name, unless it is finished and the page was opened anew, or it belongs to another
   * tab: a tab that was duplicated has a copy of all drafts.
   * @template T
   * @param {string} kind  of form
   * @param {string} id    of what it is for: each has a draft of its own
   * @param {{fresh: T, isTexts: (texts: unknown) => boolean}} form isTexts: whether the form could have written these
   * @returns {Promise<Draft<T>>}
   */
  static async open(kind, id, { fresh, isTexts }) {
    const name = `takings.${kind}.${id}`;
    const stored = /** @type {Stored<T> | null} */ (load(name, isTexts));
    if (stored && !isOver(stored) && (await claim(stored.key))) return new Draft(name, stored);
    sessionStorage.removeItem(name);
    const draft = new Draft(name, blank(fresh));
    await claim(draft.key);
    return draft;
  }

  get key() {
    return this.#stored.key;
  }

  get texts() {
    return this.#stored.texts;
  }

  get sent() {
    return this.#stored.sent;
  }

  get receipt() {
    return this.#stored.receipt;
  }

  /** @param {Partial<Pick<Stored<T>, "texts" | "sent" | "receipt">>} changes */
  set(changes) {
    this.#stored = { ...this.#stored, ...changes, saved: Date.now() };
    this.unsaved = !save(this.#name, this.#stored);
  }

  /**
   * Begins a new one in this place, with a new key.
   * @param {T} texts
   */
  renew(texts) {
    this.#stored = blank(texts);
    void claim(this.key);
    this.set({});
  }
}

/**
 * @template T
 * @param {T} texts
 * @returns {Stored<T>}
 */
function blank(texts) {
  return { version: VERSION, key: newKey(), saved: Date.now(), texts, sent: null, receipt: null };
}

/** @returns {string} 128 random bits */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `form-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/**
 * A reload shows a receipt again; whoever comes back later wants an empty form.
 * @param {Stored<unknown>} stored
 */
function isOver({ receipt }) {
  const [entry] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  return receipt !== null && entry?.type === "navigate";
}

// ---- the storage: whatever lies there may be another version's, or anybody's

/**
 * @param {string} name
 * @param {(texts: unknown) => boolean} isTexts
 * @returns {Stored<any> | null}
 */
function load(name, isTexts) {
  try {
    const stored = JSON.parse(sessionStorage.getItem(name) ?? "null");
    return isStored(stored) && isTexts(stored.texts) ? stored : null;
  } catch {
    return null;
  }
}

/**
 * @param {any} stored
 * @returns {stored is Stored<unknown>}
 */
function isStored(stored) {
  return stored?.version === VERSION && /^form-[0-9a-f]{32}$/.test(stored.key) && typeof stored.saved === "number" &&
    (stored.sent === null || typeof stored.sent === "string") && typeof stored.receipt === "object";
}

/**
 * @param {string} name
 * @param {Stored<unknown>} stored
 * @returns {boolean} whether it was stored
 */
function save(name, stored) {
  const text = JSON.stringify(stored);
  try {
    if (text.length > MOST_CHARACTERS) throw new RangeError("a draft is too long");
    sessionStorage.setItem(name, text);
    prune(name);
    return true;
  } catch {
    // An older state would be worse than none: it would be taken for what was typed last.
    sessionStorage.removeItem(name);
    return false;
  }
}

/** @param {string} name of a draft that stays whatever its age */
function prune(name) {
  const kind = name.slice(0, name.lastIndexOf(".") + 1);
  const others = Object.keys(sessionStorage).filter((other) => other.startsWith(kind) && other !== name);
  const ranked = others.map((other) => ({ other, rank: rankOf(other) })).sort((a, b) => b.rank - a.rank);
  for (const { other } of ranked.slice(MOST_DRAFTS - 1)) sessionStorage.removeItem(other);
}

/**
 * @param {string} name
 * @returns {number} the higher, the longer it is kept
 */
function rankOf(name) {
  const stored = load(name, () => true);
  if (!stored) return 0;
  return stored.sent === null ? stored.saved : stored.saved + Date.now();
}

// ---- one tab, one draft

const CLAIMS = 10;
const CLAIM_PAUSE_MS = 100;

/**
 * Holds the key until this page is left. The page before it may need a moment to let go.
 * @param {string} key
 * @returns {Promise<boolean>} false when another tab holds it
 */
async function claim(key) {
  for (let attempt = 1; ; attempt++) {
    if (await hold(key)) return true;
    if (attempt === CLAIMS) return false;
    await new Promise((resolve) => setTimeout(resolve, CLAIM_PAUSE_MS));
  }
}

/**
 * @param {string} key
 * @returns {Promise<boolean>}
 */
function hold(key) {
  return new Promise((resolve, reject) => {
    const holding = navigator.locks.request(`takings.${key}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    });
    holding.catch(reject);
  });
}
