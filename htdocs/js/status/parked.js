// Hours whose figures are unknown, why, and the way to what can be read of them.

import { byId, el, setText } from "../dom.js";
import { pageAddress } from "../header.js";
import { formatCount } from "../money.js";
import { Panel } from "../panel.js";
import { PARKED_NOT_KNOWN, spanText } from "./words.js";

/** @typedef {import("./words.js").Parked} Hour */

const MOST_SHOWN = 200;
const WHY = "An entry of such an hour cannot be read, or its sum is too large to be exact. No figure leaves it out in silence: " +
  "each range that has it in it says so. It is tried again every hour, and counts as soon as it can be read.";

export class ParkedHours {
  /**
   * @param {import("../session.js").Merchant} merchant
   * @param {() => void} retry
   */
  constructor(merchant, retry) {
    this.merchant = merchant;
    this.panel = new Panel(byId("parked"), retry);
    this.shown = "";
    setText(byId("parked-why"), WHY);
  }

  /** @param {import("./words.js").Status} status */
  render({ parked }) {
    this.panel.note("stale");
    if (parked === null) return this.panel.empty("none", `${PARKED_NOT_KNOWN}.`);
    if (parked.length === 0) return this.panel.empty("never", "No hour is unknown.");
    const now = Date.now();
    const rows = parked.slice(0, MOST_SHOWN);
    const told = JSON.stringify(rows);
    // the same again would take away the focus of a link
    if (told !== this.shown) byId("parked-list").tBodies[0].replaceChildren(...rows.map((hour) => this.#row(hour, now)));
    this.shown = told;
    const others = parked.length - rows.length;
    setText(byId("parked-more"), others > 0 ? `And ${formatCount(others)} more.` : "");
    return this.panel.ready();
  }

  /**
   * @param {Hour} hour
   * @param {number} now
   */
  #row({ from, to, currency }, now) {
    const of = currency ?? this.merchant.currencies[0];
    const trace = pageAddress("/trace.html", this.merchant.id, { currency: of, from, to, metric: "net_sales" });
    return el("tr", {},
      el("th", { scope: "row" }, spanText(from, to, this.merchant.timezone, now)),
      el("td", { "data-label": "Currency" }, currency ?? "all"),
      el("td", { class: "grow" }, el("a", { href: trace }, "Entries of this hour")));
  }
}
