// The range bar: presets, any dates, earlier and later, the interval, the comparison, the way out as a table.

import { exportAddress, viewAddress } from "../address.js";
import { COMPARISONS, comparisonIndex } from "../comparison.js";
import { byId, el, fillSelect, setText } from "../dom.js";
import {
  INTERVALS, MAX_DAYS, PRESETS, PRESET_GROUPS, defaultInterval, intervalsFor, rangeDates, rangeText, shiftRange,
} from "../range.js";
import { addDays, daysBetween, isDate } from "../zone.js";

/** @typedef {import("../address.js").View} View */
/** @typedef {import("../range.js").Preset} Preset */

export class RangeBar {
  /**
   * @param {(change: Partial<View>) => void} onChange
   * @param {() => string} today the merchant's date
   */
  constructor(onChange, today) {
    this.onChange = onChange;
    this.today = today;
    this.view = /** @type {View | null} */ (null);
    this.links = /** @type {{name: string, link: any}[]} */ ([]);
    byId("presets").replaceChildren(...PRESETS.filter(({ short }) => short).map((preset) => this.#link(preset, preset.short)));
    byId("all-presets").replaceChildren(...PRESET_GROUPS.map(({ label, presets }) => el("div", {},
      el("h3", {}, label), el("ul", {}, ...presets.map((preset) => el("li", {}, this.#link(preset, preset.label)))))));
    byId("earlier").addEventListener("click", () => this.step(-1));
    byId("later").addEventListener("click", () => this.step(1));
    byId("dates-form").addEventListener("submit", (/** @type {Event} */ event) => this.#submitDates(event));
    this.interval = byId("interval");
    this.interval.addEventListener("change", () => this.onChange({ interval: this.interval.value }));
    this.compare = byId("compare");
    fillSelect(this.compare, COMPARISONS.map(({ label }, i) => ({ value: String(i), label })), "0");
    this.compare.addEventListener("change", () => this.#compareBy(Number(this.compare.value)));
  }

  /**
   * A link, so that a range can be opened in another tab.
   * @param {Preset} preset
   * @param {string | undefined} text
   */
  #link({ name, label }, text = label) {
    const link = el("a", { href: "/", title: label, click: (/** @type {MouseEvent} */ event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      this.choose({ range: name });
    } }, text);
    this.links.push({ name, link });
    return link;
  }

  /** @param {View} view */
  render(view) {
    this.view = view;
    const today = this.today();
    const dates = rangeDates(view.range, today);
    for (const { name, link } of this.links) {
      link.href = viewAddress({ ...view, range: { range: name }, interval: null });
      if ("range" in view.range && view.range.range === name) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    setText(byId("dates-shown"), rangeText(dates));
    byId("date-from").value = dates.from;
    byId("date-through").value = addDays(dates.to, -1);
    byId("later").disabled = shiftRange(view.range, 1, today) === null;
    this.interval.value = intervalOf(view, today);
    const fitting = intervalsFor(view.range, today);
    INTERVALS.forEach((interval, i) => {
      this.interval.options[i].disabled = !fitting.includes(interval);
    });
    this.compare.value = String(comparisonIndex(view.compare, view.match));
    byId("export").href = exportAddress(view, intervalOf(view, today));
  }

  /** @param {import("../range.js").Range} range whose own interval is chosen anew */
  choose(range) {
    byId("dates").open = false;
    this.onChange({ range, interval: null });
  }

  /** @param {-1 | 1} direction */
  step(direction) {
    if (!this.view) return;
    const range = shiftRange(this.view.range, direction, this.today());
    if (range) this.onChange({ range });
  }

  /** The next longer interval, and after the longest the shortest, of those that the range allows. */
  nextInterval() {
    if (!this.view) return;
    const fitting = intervalsFor(this.view.range, this.today());
    const at = fitting.indexOf(intervalOf(this.view, this.today()));
    this.onChange({ interval: fitting[(at + 1) % fitting.length] });
  }

  nextComparison() {
    if (!this.view) return;
    this.#compareBy((comparisonIndex(this.view.compare, this.view.match) + 1) % COMPARISONS.length);
  }

  /** To the first thing that can be chosen freely: the dates. */
  focusDates() {
    byId("dates").open = true;
    byId("date-from").focus();
  }

  /** @param {number} index */
  #compareBy(index) {
    const { compare, match } = COMPARISONS[index];
    this.onChange({ compare, match });
  }

  /** @param {Event} event */
  #submitDates(event) {
    event.preventDefault();
    const from = byId("date-from").value;
    const through = byId("date-through").value;
    const trouble = datesTrouble(from, through);
    setText(byId("dates-trouble"), trouble);
    if (!trouble) this.choose({ from, to: addDays(through, 1) });
  }
}

/**
 * @param {View} view
 * @param {string} today
 * @returns {import("../range.js").Interval} one that the range has
 */
export function intervalOf(view, today) {
  const wanted = view.interval ?? defaultInterval(view.range, today);
  const tooMany = wanted === "hour" && !intervalsFor(view.range, today).includes("hour");
  return tooMany ? defaultInterval(view.range, today) : wanted;
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
