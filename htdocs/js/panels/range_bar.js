// The range bar: presets, any dates, earlier and later, hour or day.

import { byId, el, setText } from "../dom.js";
import { MAX_DAYS, MAX_HOUR_DAYS, PRESETS, defaultInterval, rangeDates, rangeDays, rangeText, shiftRange } from "../range.js";
import { viewAddress } from "../address.js";
import { addDays, daysBetween, isDate } from "../zone.js";

/** @typedef {import("../address.js").View} View */

export class RangeBar {
  /**
   * @param {(change: Partial<View>) => void} onChange
   * @param {() => string} today the merchant's date
   */
  constructor(onChange, today) {
    this.onChange = onChange;
    this.today = today;
    this.view = /** @type {View | null} */ (null);
    this.presets = PRESETS.map(({ name, label }) => el("a", { href: "/", click: (/** @type {MouseEvent} */ event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      this.choose({ range: name });
    } }, label));
    byId("presets").replaceChildren(...this.presets);
    byId("earlier").addEventListener("click", () => this.step(-1));
    byId("later").addEventListener("click", () => this.step(1));
    byId("dates-form").addEventListener("submit", (/** @type {Event} */ event) => this.#submitDates(event));
    this.interval = byId("interval");
    this.interval.addEventListener("change", () => this.onChange({ interval: this.interval.value }));
  }

  /** @param {View} view */
  render(view) {
    this.view = view;
    const today = this.today();
    const dates = rangeDates(view.range, today);
    PRESETS.forEach(({ name }, i) => {
      const chosen = "range" in view.range && view.range.range === name;
      this.presets[i].href = viewAddress({ ...view, range: { range: name }, interval: null });
      if (chosen) this.presets[i].setAttribute("aria-current", "true");
      else this.presets[i].removeAttribute("aria-current");
    });
    setText(byId("dates-shown"), rangeText(dates));
    byId("date-from").value = dates.from;
    byId("date-through").value = addDays(dates.to, -1);
    byId("later").disabled = shiftRange(view.range, 1, today) === null;
    this.interval.value = intervalOf(view, today);
    this.interval.options[0].disabled = rangeDays(view.range, today) > MAX_HOUR_DAYS;
  }

  /** @param {import("../range.js").Range} range whose own interval is chosen anew */
  choose(range) {
    this.onChange({ range, interval: null });
  }

  /** @param {-1 | 1} direction */
  step(direction) {
    if (!this.view) return;
    const range = shiftRange(this.view.range, direction, this.today());
    if (range) this.onChange({ range });
  }

  /** The other interval, where the range allows it. */
  toggleInterval() {
    if (!this.view) return;
    const interval = intervalOf(this.view, this.today()) === "hour" ? "day" : "hour";
    if (interval === "hour" && rangeDays(this.view.range, this.today()) > MAX_HOUR_DAYS) return;
    this.onChange({ interval });
  }

  /** @param {Event} event */
  #submitDates(event) {
    event.preventDefault();
    const from = byId("date-from").value;
    const through = byId("date-through").value;
    const trouble = datesTrouble(from, through);
    setText(byId("dates-trouble"), trouble);
    if (trouble) return;
    byId("dates").open = false;
    this.choose({ from, to: addDays(through, 1) });
  }
}

/**
 * @param {View} view
 * @param {string} today
 * @returns {"hour" | "day"}
 */
export function intervalOf(view, today) {
  return view.interval ?? defaultInterval(view.range, today);
}

/**
 * @param {string} from
 * @param {string} through
 * @returns {string} "" when the dates make a range
 */
function datesTrouble(from, through) {
  if (!isDate(from) || !isDate(through)) return "Both dates are needed.";
  if (through < from) return "The last day is before the first.";
  return daysBetween(from, through) >= MAX_DAYS ? "At most ten years." : "";
}
