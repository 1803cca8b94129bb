// The states that every panel has: loading, ready, failed. One panel's failure leaves the others alone.

import { Problem } from "./api.js";
import { byId, el } from "./dom.js";
import { troubleOf } from "./problem_text.js";

/** Quick answers should not flicker: the skeleton comes after this long. */
const SKELETON_AFTER_MS = 150;

export class Panel {
  /**
   * @param {HTMLElement} root holds `.panel-body`; css/base.css draws the states by `data-state`
   * @param {() => void} retry
   */
  constructor(root, retry) {
    this.root = root;
    this.retry = retry;
    this.timer = 0;
    this.notice = el("div", { class: "panel-notice", hidden: true });
    root.append(this.notice);
  }

  /** Other figures were asked for: those on show are no longer the answer. */
  loading() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.#enter("loading"), SKELETON_AFTER_MS);
  }

  ready() {
    this.#enter("ready");
    this.notice.hidden = true;
  }

  /**
   * Figures on show stay when a mere refresh fails; the stamp tells their age.
   * @param {unknown} error
   */
  failed(error) {
    if (this.root.dataset.state === "ready" && this.timer === 0) return;
    this.#enter("failed");
    this.notice.replaceChildren(...troubleNodes(error, this.retry));
    this.notice.hidden = false;
  }

  /** @param {"loading" | "ready" | "failed"} state */
  #enter(state) {
    window.clearTimeout(this.timer);
    this.timer = 0;
    if (state === "loading" && this.root.dataset.state === "failed") this.notice.hidden = true;
    this.root.dataset.state = state;
    this.root.setAttribute("aria-busy", String(state === "loading"));
  }
}

/**
 * @param {unknown} error
 * @param {() => void} [retry]
 * @returns {Node[]} title, detail, request id and a button
 */
export function troubleNodes(error, retry) {
  const { title, detail, requestId } = troubleOf(error);
  const nodes = [el("p", { class: "trouble-title" }, title)];
  if (detail) nodes.push(el("p", {}, detail));
  if (requestId) nodes.push(el("p", { class: "soft" }, "Request ", el("code", {}, requestId)));
  if (retry) nodes.push(el("button", { type: "button", click: retry }, "Try again"));
  return nodes;
}

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
