// A panel and its states. One panel's failure leaves the others alone.
//
//   <section class="panel" id="orders" aria-labelledby="orders-title" data-state="first">
//     <div class="panel-head"><h2 id="orders-title">Orders</h2></div>
//     <div class="panel-body">…</div>
//   </section>
//
//   const panel = new Panel(byId("orders"), () => this.load());
//   panel.loading();                         // other figures were asked for
//   panel.ready();                           // they stand in the body
//   panel.empty("none", "No orders in this range.");
//   panel.failed(error);                     // whatever js/api.js threw
//   panel.note("partial", "Figures unknown for 13:00–14:00: one entry could not be read.");
//
// data-state, which css/base.css draws:
//   first    nothing was asked yet: the body keeps its place, its figures are not seen; after 150 ms as loading
//   loading  after 150 ms without an answer: grey bars in the place of .figure, td, .bone and figcaption
//   ready    the body
//   empty    the panel's own words in the place of the body; data-empty="never": there was never anything, so they tell how
//            the first one comes; "none": nothing in this range or by this filter
//   failed   title, detail, request id and a button to try again; without the button where the role does not allow it
// data-filled: whether it was ready, empty or failed once. Until then lists below it wait unseen, for it may yet grow.
// A body that is filled by the answer (a list) is given skeletonRows() from the start, so that nothing moves later.

import { Problem, Unreachable } from "./api.js";
import { byId, el, setText } from "./dom.js";
import { troubleOf } from "./problem_text.js";

/** Quick answers should not flicker: the skeleton comes after this long. */
export const SKELETON_AFTER_MS = 150;

/** @typedef {"partial" | "stale" | "parked" | "rebuilding"} NoteKind */

export class Panel {
  /**
   * @param {HTMLElement} root holds `.panel-body`
   * @param {() => void} retry
   */
  constructor(root, retry) {
    this.root = root;
    this.retry = retry;
    this.timer = 0;
    this.notes = el("div", { class: "panel-notes" });
    this.notice = el("div", { class: "panel-notice", role: "status", hidden: true });
    root.querySelector(":scope > .panel-body")?.before(this.notes);
    root.append(this.notice);
  }

  /** Other figures were asked for: those on show are no longer the answer. */
  loading() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.#enter("loading", []), SKELETON_AFTER_MS);
  }

  ready() {
    this.#enter("ready", []);
  }

  /**
   * @param {"never" | "none"} kind
   * @param {...(Node | string)} words
   */
  empty(kind, ...words) {
    this.root.dataset.empty = kind;
    // polling must not read the same words out again and again
    const same = this.root.dataset.state === "empty" && this.notice.textContent === textOf(words);
    this.#enter("empty", same ? null : [el("p", {}, ...words)]);
  }

  /**
   * Figures on show stay when a mere refresh fails: the stamp, or a note, tells their age.
   * @param {unknown} error
   */
  failed(error) {
    const nodes = troubleNodes(error, this.retry);
    const { state = "" } = this.root.dataset;
    const refreshed = this.timer === 0;
    if (refreshed && ["ready", "empty"].includes(state)) return;
    // a button that is about to be pressed stays while the same goes on failing
    const same = refreshed && state === "failed" && withoutId([...this.notice.children]) === withoutId(nodes);
    this.#enter("failed", same ? null : nodes);
  }

  /**
   * A line above figures that are true but not the whole truth; each kind has its own.
   * @param {NoteKind} kind
   * @param {string} [text] "" takes the line away
   */
  note(kind, text = "") {
    const line = this.notes.querySelector(`[data-kind=${kind}]`) ?? el("p", { class: "panel-note", "data-kind": kind });
    setText(line, text);
    if (text === "") line.remove();
    else if (!line.isConnected) this.notes.append(line);
  }

  /**
   * @param {"loading" | "ready" | "empty" | "failed"} state
   * @param {Node[] | null} notice in the place of the body; none when empty; null: as it is
   */
  #enter(state, notice) {
    window.clearTimeout(this.timer);
    this.timer = 0;
    if (notice) {
      this.notice.replaceChildren(...notice);
      this.notice.hidden = notice.length === 0;
    }
    this.root.dataset.state = state;
    if (state !== "loading") this.root.dataset.filled = "";
    this.root.setAttribute("aria-busy", String(state === "loading"));
  }
}

/** @param {(Node | string)[]} words */
function textOf(words) {
  return words.map((word) => (typeof word === "string" ? word : word.textContent)).join("");
}

/**
 * @param {Element[]} trouble
 * @returns {string} its words but for the request's id, which is another each time
 */
function withoutId(trouble) {
  return textOf(trouble.filter(({ className }) => className !== "soft"));
}

/**
 * Rows that hold a list's place until its answer comes; seen while loading only.
 * @param {number} rows
 * @param {number} columns
 * @returns {HTMLTableRowElement[]}
 */
export function skeletonRows(rows, columns) {
  const cells = () => Array.from({ length: columns }, () => el("td", {}, el("span", { class: "bone" }, "\u00a0")));
  return Array.from({ length: rows }, () => el("tr", { class: "skeleton", "aria-hidden": "true" }, ...cells()));
}

/**
 * @param {unknown} error
 * @param {() => void} [retry]
 * @returns {HTMLElement[]} title, detail, request id and a button, unless trying again cannot help
 */
export function troubleNodes(error, retry) {
  const { title, detail, requestId, final } = troubleOf(error);
  const nodes = [el("p", { class: "trouble-title" }, title)];
  if (detail) nodes.push(el("p", {}, detail));
  if (requestId) nodes.push(el("p", { class: "soft" }, "Request ", el("code", {}, requestId)));
  const unreached = error instanceof Unreachable ? "unreached" : "";
  if (retry && !final) nodes.push(el("button", { type: "button", class: unreached, click: retry }, "Try again"));
  return nodes;
}

// What failed for want of a network is tried again as soon as there is one.
addEventListener("online", () => {
  const buttons = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("button.unreached"));
  for (const button of buttons) button.click();
});

/**
 * A trouble of the whole page. An ended session is none: its page is being left for the log-in.
 * @param {unknown} error
 * @param {() => void} retry
 */
export function showPageTrouble(error, retry) {
  if (error instanceof Problem && error.status === 401) return;
  const again = () => {
    byId("page-trouble").hidden = true;
    document.body.classList.remove("troubled");
    retry();
  };
  fillPageTrouble(troubleNodes(error, again));
}

/**
 * @param {string} title
 * @param {string} detail
 */
export function tellPage(title, detail) {
  fillPageTrouble([el("p", { class: "trouble-title" }, title), el("p", {}, detail)]);
}

/** @param {Node[]} nodes */
function fillPageTrouble(nodes) {
  const box = byId("page-trouble");
  box.replaceChildren(...nodes);
  box.hidden = false;
  document.body.classList.add("troubled");
}
