// The list of orders, newest first. What is shown stands in the address; new orders are told, and shown when asked for.

import { Api, Problem } from "./api.js";
import { byId, el, setText } from "./dom.js";
import { formAddress, openPage, pageAddress } from "./header.js";
import { installKeys } from "./keys.js";
import { Live } from "./live.js";
import { isFiltered, ordersAddress, queryOf, readAsked, throughOf } from "./orders/address.js";
import { Filter } from "./orders/filter.js";
import { dayBodies } from "./orders/list.js";
import { News } from "./orders/news.js";
import { Panel, showPageTrouble, skeletonRows } from "./panel.js";
import { Poller } from "./poll.js";
import { troubleOf, unreadableText } from "./problem_text.js";
import { rangeText } from "./range.js";
import { goToLogin } from "./session.js";
import { longDayText } from "./zone.js";

/** @typedef {import("./orders/address.js").Asked} Asked */
/** @typedef {import("./session.js").Merchant} Merchant */

const POLL_MS = 5000;
/** With a stream that tells of changes, only what it could not tell of is found so. */
const SLOW_POLL_MS = 30_000;
const COLUMNS = 6;
const SKELETON_ROWS = 12;

class OrdersPage {
  /**
   * @param {Api} api
   * @param {Merchant} merchant
   */
  constructor(api, merchant) {
    this.api = api;
    this.merchant = merchant;
    this.path = `/v1/merchants/${encodeURIComponent(merchant.id)}/orders`;
    this.asked = readAsked(new URLSearchParams(location.search), merchant);
    /** Cursors of the pages before this one; "" is the newest page. A copied link has none. */
    this.trail = /** @type {string[]} */ ([]);
    /** Of the page after this one. */
    this.next = /** @type {string | null} */ (null);
    /** The ids on the page, once they are there. */
    this.shown = /** @type {string[] | null} */ (null);
    this.abort = new AbortController();
    this.panel = new Panel(byId("orders"), () => this.show());
    this.filter = new Filter(merchant, (part) => this.go({ ...this.asked, ...part, cursor: "" }, []));
    this.news = new News(() => this.#showNews());
    this.poller = new Poller(() => this.#lookForNews(), POLL_MS);
    this.#readAddress();
    addEventListener("popstate", () => this.#follow());
    for (const id of ["newest", "newer", "older"]) {
      byId(id).addEventListener("click", (/** @type {MouseEvent} */ event) => this.#turn(event, id));
    }
    document.title = `Orders of ${merchant.name} · Takings`;
  }

  #readAddress() {
    this.asked = readAsked(new URLSearchParams(location.search), this.merchant);
    this.trail = history.state?.trail ?? [];
    history.replaceState({ trail: this.trail }, "", ordersAddress(this.asked));
  }

  #follow() {
    this.#readAddress();
    void this.show();
  }

  /**
   * @param {Asked} asked a new entry in the browser's history
   * @param {string[]} trail
   */
  go(asked, trail) {
    history.pushState({ trail }, "", ordersAddress(asked));
    this.#follow();
  }

  async show() {
    this.abort.abort();
    const { signal } = (this.abort = new AbortController());
    this.shown = null;
    this.news.clear();
    this.filter.show(this.asked);
    setText(byId("orders-title"), titleOf(this.asked));
    this.panel.note("partial");
    this.panel.note("stale");
    this.panel.note("parked");
    if (byId("orders").dataset.state !== "ready") this.#put([el("tbody", {}, ...skeletonRows(SKELETON_ROWS, COLUMNS))]);
    this.panel.loading();
    try {
      const answer = await this.#read(queryOf(this.asked), signal);
      if (!signal.aborted) await this.#draw(answer, new Set(), signal);
    } catch (error) {
      if (!signal.aborted) await this.#failed(error);
    }
  }

  /**
   * @param {Record<string, string>} query
   * @param {AbortSignal} [signal]
   */
  async #read(query, signal) {
    return (await this.api.get(this.path, { query, signal })).body;
  }

  /**
   * @param {any} answer
   * @param {Set<string>} news
   * @param {AbortSignal} signal
   */
  async #draw(answer, news, signal) {
    const orders = answer.data;
    const { unreadable } = answer.meta;
    this.panel.note("parked", unreadableText(unreadable));
    if (orders.length + unreadable === 0 && !(await this.#tellEmpty(signal))) return;
    this.#put(dayBodies(orders, this.merchant, news));
    this.#drawPager(answer);
    this.shown = orders.map((/** @type {{id: string}} */ { id }) => id);
    this.poller.soon(); // of what came while this was read, nobody tells again
    if (orders.length + unreadable > 0) this.panel.ready();
  }

  /** @param {HTMLTableSectionElement[]} bodies */
  #put(bodies) {
    const table = byId("order-table");
    table.replaceChildren(table.tHead, ...bodies);
  }

  /**
   * None in range is not the same as none ever.
   * @param {AbortSignal} signal
   * @returns {Promise<boolean>} false when the reader has gone on meanwhile
   */
  async #tellEmpty(signal) {
    const filtered = isFiltered(this.asked) || this.asked.cursor !== "";
    const ever = filtered && (await this.#read({ limit: "1" }, signal)).data.length > 0;
    if (signal.aborted) return false;
    if (ever) this.panel.empty("none", "No order matches. Choose other dates or clear the filter.");
    else this.panel.empty("never", ...this.#firstSteps());
    return true;
  }

  #firstSteps() {
    if (this.merchant.role === "analyst") return ["No order has been recorded yet."];
    return [
      "No order has been recorded yet. ", el("a", { href: formAddress(this.merchant.id) }, "Enter the first one"),
      ", or send it from a till or web shop with an API key.",
    ];
  }

  /** @param {unknown} error */
  async #failed(error) {
    if (error instanceof Problem && error.code === "invalid_cursor") {
      history.replaceState({ trail: [] }, "", ordersAddress({ ...this.asked, cursor: "" }));
      this.#readAddress();
      const { asked } = this;
      await this.show();
      if (this.asked !== asked || this.shown === null) return;
      this.panel.note("partial", "The page that the address named does not belong to this list. These are the newest.");
      return;
    }
    if (error instanceof Problem) this.filter.mark(error.errors);
    this.panel.failed(error);
  }

  // ---- older and newer

  /** @param {any} answer */
  #drawPager({ next_cursor }) {
    const { asked, trail } = this;
    const back = trail.length > 0 ? trail[trail.length - 1] : null;
    this.next = next_cursor;
    this.#link("newest", asked.cursor === "" ? null : "");
    this.#link("newer", asked.cursor === "" ? null : back);
    this.#link("older", next_cursor);
  }

  /**
   * @param {string} id
   * @param {string | null} cursor null: there is no such page
   */
  #link(id, cursor) {
    byId(id).hidden = cursor === null;
    byId(id).href = ordersAddress({ ...this.asked, cursor: cursor ?? "" });
  }

  /**
   * A plain click stays on this page of the browser and keeps the trail; others open the address elsewhere.
   * @param {MouseEvent} event
   * @param {string} id
   */
  #turn(event, id) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    if (this.shown === null && id !== "newest") return; // the links are still those of the list before
    const { asked, trail } = this;
    if (id === "older") this.go({ ...asked, cursor: this.next ?? "" }, [...trail, asked.cursor]);
    else if (id === "newer") this.go({ ...asked, cursor: trail[trail.length - 1] }, trail.slice(0, -1));
    else this.go({ ...asked, cursor: "" }, []);
    scrollTo(0, 0);
    byId("main").focus();
  }

  // ---- what came since

  /** Clerks may not follow the figures, and so poll. */
  watch() {
    if (this.merchant.role !== "clerk") {
      new Live(this.merchant.id, {
        changed: () => this.poller.soon(),
        state: (up) => this.poller.pace(up ? SLOW_POLL_MS : POLL_MS),
      });
    }
    return this.poller.now();
  }

  /** @returns {Promise<boolean>} */
  async #lookForNews() {
    const { abort: { signal }, shown } = this;
    if (shown === null || this.asked.cursor !== "") return true;
    try {
      const fresh = await this.#read(queryOf(this.asked), signal);
      // the list may have been drawn anew meanwhile, from a newer answer
      if (signal.aborted || this.shown !== shown) return true;
      this.panel.note("stale");
      // nothing on show can move
      if (shown.length === 0 && fresh.data.length > 0) await this.#draw(fresh, new Set(), signal);
      else this.news.tell(shown, fresh);
      return true;
    } catch (error) {
      if (!signal.aborted) this.#stale(error);
      return signal.aborted;
    }
  }

  async #showNews() {
    const before = new Set(this.shown);
    const { signal } = this.abort;
    try {
      const answer = await this.#read(queryOf(this.asked), signal);
      const ids = answer.data.map((/** @type {{id: string}} */ { id }) => id);
      this.news.clear();
      this.panel.note("stale");
      await this.#draw(answer, new Set(ids.filter((/** @type {string} */ id) => !before.has(id))), signal);
      byId("order-table").querySelector("tr.new a")?.focus();
    } catch (error) {
      if (!signal.aborted) this.#stale(error);
    }
  }

  /** @param {unknown} error why nobody knows what came since; the list on show is as true as before */
  #stale(error) {
    this.panel.note("stale", `New orders are not shown: ${troubleOf(error).title.toLowerCase()}.`);
  }
}

/**
 * @param {Asked} asked
 * @returns {string}
 */
function titleOf({ from, to, currency, reference }) {
  const kind = [currency, "orders", reference && `with reference ${reference}`].filter(Boolean).join(" ");
  const when = datesText(from, to);
  const title = when ? `${kind}, ${when}` : kind;
  return title.charAt(0).toUpperCase() + title.slice(1);
}

/**
 * @param {string} from
 * @param {string} to
 */
function datesText(from, to) {
  if (from && to) return throughOf(to) === from ? dayName(from) : rangeText({ from, to });
  if (from) return `since ${dayName(from)}`;
  return to ? `through ${dayName(throughOf(to))}` : "";
}

/** @param {string} date */
function dayName(date) {
  return longDayText(Date.parse(date), "UTC");
}

async function main() {
  const api = new Api(goToLogin);
  byId("order-table").append(el("tbody", {}, ...skeletonRows(SKELETON_ROWS, COLUMNS)));
  const merchant = await openPage(api, (id) => location.assign(pageAddress("/orders.html", id)));
  if (!merchant) return;
  const page = new OrdersPage(api, merchant);
  installKeys([{ key: "/", does: "filter", run: () => page.filter.focus() }]);
  await page.show();
  await page.watch();
}

main().catch((error) => showPageTrouble(error, () => location.reload()));
