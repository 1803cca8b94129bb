// Keys of the ledger that nobody of ours wrote. Owners see them and may have them looked at again.

import { Problem } from "../api.js";
import { byId, el, setText } from "../dom.js";
import { formatCount } from "../money.js";
import { PagedList } from "../paged_list.js";
import { Panel } from "../panel.js";
import { troubleOf } from "../problem_text.js";
import { clockText } from "../zone.js";
import { whenText } from "./words.js";

/** @typedef {{id: string, key: string, reason: string, seen_at: string}} Entry */

const ASKED = "Asked: all figures are being made anew. What is understood by then is counted, and leaves this list.";
const NOTHING = "Nothing: whatever is in the ledger was written by Takings.";

export class Quarantine {
  /**
   * @param {import("../api.js").Api} api
   * @param {import("../session.js").Merchant} merchant
   * @param {() => void} retry of the status
   */
  constructor(api, merchant, retry) {
    this.api = api;
    this.merchant = merchant;
    this.path = `/v1/merchants/${merchant.id}/quarantine`;
    /** @type {PagedList<Entry> | null} */
    this.list = merchant.role !== "owner" ? null : new PagedList(api, byId("quarantine"), {
      path: this.path,
      merchant,
      limit: 20,
      rows: (entry) => this.#row(entry),
      empty: () => [NOTHING],
    });
    this.panel = this.list?.panel ?? new Panel(byId("quarantine"), retry);
  }

  /** @param {import("./words.js").Status} status */
  render({ quarantine }) {
    if (this.list) return void this.list.follow(quarantine);
    this.panel.note("stale");
    return this.panel.empty(quarantine === 0 ? "never" : "none", countWords(quarantine));
  }

  /** @param {Entry} entry */
  #row({ id, key, reason, seen_at: seen }) {
    const again = el("button", { type: "button", click: () => void this.#retry(id, again) }, "Look again");
    return el("tr", {},
      el("th", { scope: "row" }, el("code", {}, key)),
      el("td", { "data-label": "Why", class: "grow" }, reason),
      el("td", { "data-label": "Last seen" }, whenText(seen, this.merchant.timezone, Date.now(), clockText)),
      el("td", {}, again));
  }

  /**
   * Asking twice does no harm: what was asked for already is refused or done again.
   * @param {string} id
   * @param {HTMLButtonElement} button
   */
  async #retry(id, button) {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    setText(byId("quarantine-trouble"), "");
    setText(byId("quarantine-done"), "");
    try {
      await this.api.post(`${this.path}/${id}/retry`);
      setText(byId("quarantine-done"), ASKED);
    } catch (error) {
      setText(byId("quarantine-trouble"), retryTrouble(error));
      if (error instanceof Problem && error.status === 404) void this.list?.reload();
    }
    button.removeAttribute("aria-disabled");
  }
}

/** @param {number | null} count */
function countWords(count) {
  if (count === null) return "How many keys are in quarantine cannot be read just now.";
  if (count === 0) return NOTHING;
  const keys = count === 1 ? "One key is" : `${formatCount(count)} keys are`;
  return `${keys} in quarantine. An owner can see which, and have them looked at again.`;
}

/** @param {unknown} error */
function retryTrouble(error) {
  if (error instanceof Problem && error.status === 404) return "This key is in quarantine no more.";
  if (error instanceof Problem && error.status === 429) {
    return `The figures were made anew less than a minute ago. Try again in ${error.retryAfterS} s.`;
  }
  const { title, detail } = troubleOf(error);
  const then = error instanceof Problem ? detail : "Look again once more: asking twice does no harm.";
  return [`${title}.`, then].filter(Boolean).join(" ");
}
