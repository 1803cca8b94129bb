// A list of the API by pages, newest first, as a table in a panel: the first page, then older ones below on demand.

import { Problem } from "./api.js";
import { el, setText } from "./dom.js";
import { Panel, skeletonRows } from "./panel.js";
import { troubleOf } from "./problem_text.js";
import { clockText } from "./zone.js";

const SKELETON_ROWS = 3;

/** @template T */
export class PagedList {
  /**
   * @param {import("./api.js").Api} api
   * @param {HTMLElement} root a panel with a table in its body
   * @param {object} what
   * @param {string} what.path
   * @param {import("./session.js").Merchant} what.merchant  by whose clock it is told when the list was read
   * @param {number} [what.limit]  of a page
   * @param {(item: T) => HTMLTableRowElement | HTMLTableRowElement[]} what.rows  of the table, for one thing
   * @param {() => (Node | string)[]} what.empty  words for a list that never had anything
   * @param {(item: T) => string} [what.idOf]  for a list that grows by itself while it is looked at: older ones that were
   *   asked for stay on show when the first page is read anew
   */
  constructor(api, root, { path, merchant, limit = 50, rows, empty, idOf }) {
    this.api = api;
    this.path = path;
    this.merchant = merchant;
    this.limit = limit;
    this.rows = rows;
    this.empty = empty;
    this.idOf = idOf;
    /** @type {T[]} what is on show */
    this.items = [];
    this.cursor = "";
    this.hasOlder = false;
    /** How often the first page was asked for: only the last answer counts. */
    this.turn = 0;
    /** How many things there were when it was last read; undefined: it never was. */
    this.count = /** @type {number | null | undefined} */ (undefined);
    this.following = false;
    /** When the first page was told last, epoch ms; 0: never. */
    this.told = 0;
    this.panel = new Panel(root, () => void this.reload());
    this.table = /** @type {HTMLTableElement} */ (root.querySelector("table"));
    this.body = this.table.tBodies[0];
    this.trouble = el("p", { class: "trouble", role: "alert" });
    this.older = el("button", { type: "button", click: () => void this.#showOlder() }, "Show older ones");
    this.more = el("div", { class: "actions more", hidden: true }, this.older, this.trouble);
    (this.table.closest(".scroll") ?? this.table).after(this.more);
    this.body.replaceChildren(...skeletonRows(SKELETON_ROWS, this.table.tHead?.rows[0].cells.length ?? 1));
  }

  /**
   * Reads it anew when there is another number of things than it was read for, and until that succeeds.
   * @param {number | null} count null: not known just now
   */
  async follow(count) {
    if (this.following) return;
    if (count === this.count) {
      this.panel.note("stale");
      return;
    }
    this.following = true;
    if (await this.reload()) this.count = count;
    this.following = false;
  }

  /**
   * Reads the first page anew.
   * @returns {Promise<boolean>} whether it came, before it was asked for once more
   */
  async reload() {
    const turn = ++this.turn;
    if (!this.following && this.panel.root.dataset.state !== "ready") this.panel.loading();
    try {
      const page = await this.#page();
      if (turn !== this.turn) return false;
      this.#take([], this.#withOlder(page));
      this.told = Date.now();
      this.panel.note("stale");
    } catch (error) {
      if (turn !== this.turn) return false;
      this.panel.failed(error);
      this.panel.note("stale", this.panel.root.dataset.state === "failed" ? "" : this.#staleText(error));
      return false;
    }
    return true;
  }

  /** @param {unknown} error */
  #staleText(error) {
    return `Not refreshed since ${clockText(this.told, this.merchant.timezone)}: ${troubleOf(error).title}.`;
  }

  /** Draws again what is there: names or the locale have changed. */
  redraw() {
    if (this.items.length > 0) this.body.replaceChildren(...this.items.flatMap((item) => this.rows(item)));
  }

  /** @param {string} [cursor] */
  async #page(cursor) {
    const { body } = await this.api.get(this.path, { query: { limit: String(this.limit), cursor } });
    return body;
  }

  /**
   * @param {{data: T[], next_cursor: string | null}} page the first one, read anew
   */
  #withOlder({ data, next_cursor }) {
    const { idOf } = this;
    const last = data.at(-1);
    if (!this.hasOlder || !idOf || !last) return { data, next_cursor };
    const at = this.items.findIndex((item) => idOf(item) === idOf(last));
    if (at === -1) return { data, next_cursor }; // more than a page of new ones
    const ids = new Set(data.map(idOf));
    const older = this.items.slice(at + 1).filter((item) => !ids.has(idOf(item)));
    return { data: [...data, ...older], next_cursor: this.cursor || null };
  }

  /**
   * @param {T[]} before
   * @param {{data: T[], next_cursor: string | null}} page
   */
  #take(before, { data, next_cursor: next }) {
    this.items = [...before, ...data];
    this.cursor = next ?? "";
    this.more.hidden = this.cursor === "";
    setText(this.trouble, "");
    if (this.items.length === 0) return this.panel.empty("never", ...this.empty());
    this.body.replaceChildren(...this.items.flatMap((item) => this.rows(item)));
    return this.panel.ready();
  }

  async #showOlder() {
    if (this.older.getAttribute("aria-disabled") === "true") return;
    this.older.setAttribute("aria-disabled", "true");
    this.hasOlder = true;
    const { cursor } = this;
    try {
      const page = await this.#page(cursor);
      // what was read anew meanwhile goes on elsewhere
      if (cursor === this.cursor) this.#take(this.items, page);
    } catch (error) {
      if (!(error instanceof Problem && error.code === "invalid_cursor")) setText(this.trouble, `${troubleOf(error).title}.`);
      else void this.reload();
    }
    this.older.removeAttribute("aria-disabled");
  }
}
