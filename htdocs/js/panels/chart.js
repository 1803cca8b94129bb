// The chart: one metric over the buckets, what it is compared with as a dashed line. Buckets stand evenly, named in the
// merchant's zone; the unfinished one is dotted, the future is left empty, an unknown one is a gap.

import { progress, timeTicks } from "../buckets.js";
import { byId, el, setText } from "../dom.js";
import { numberOf, shortValueText } from "../metrics.js";
import { againstText } from "./cards.js";
import { colour, comparedLine, finishedLine, unfinishedLine } from "./lines.js";
import { pointCount, pointText } from "./point.js";

/** @typedef {import("../feed.js").Series} Series */

/**
 * @typedef {object} Drawing all that one picture is made from
 * @property {Series} series
 * @property {import("../feed.js").Against<Series> | null} against
 * @property {import("../metrics.js").Metric} metric
 * @property {string} zone
 * @property {number} asOf epoch ms
 */

/** Steps of the value axis: whole minor units, or whole things. */
const STEPS = Array.from({ length: 16 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();
const LABEL_PX = 76;
const LABEL_FONT = "12px system-ui, sans-serif";

/** The plotting library; null without it. */
let uPlot = /** @type {any} */ (null);

/** Must be done before the first Chart. A file that cannot be had leaves the table. */
export async function loadPlotting() {
  uPlot = await import("uplot").then((module) => module.default, () => null);
}

export class Chart {
  /** @param {(index: number, inNewTab: boolean) => void} onPoint a point was chosen: by click or Enter */
  constructor(onPoint) {
    this.onPoint = onPoint;
    this.box = byId("chart");
    this.readout = byId("readout");
    this.drawing = /** @type {Drawing | null} */ (null);
    this.plot = /** @type {any} */ (null);
    this.point = -1;
    this.touched = -1;
    /** When the drawing under way began; null: none is. */
    this.begun = /** @type {number | null} */ (null);
    this.labels = /** @type {{index: number, label: string}[]} */ ([]);
    new ResizeObserver(() => this.#resize()).observe(this.box);
    // what is painted keeps its colours, on paper too
    for (const other of ["(prefers-color-scheme: dark)", "print"]) {
      matchMedia(other).addEventListener("change", () => this.plot?.redraw());
    }
    this.box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#key(event));
    this.box.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      // a finger's first touch reads the point, its second opens it
      this.touched = event.pointerType === "touch" ? this.point : -1;
    });
    this.box.addEventListener("click", (/** @type {PointerEvent} */ event) => {
      if (event.pointerType === "touch" && this.touched !== this.point) return;
      if (this.point >= 0) this.onPoint(this.point, event.ctrlKey || event.metaKey);
    });
  }

  /** @returns {boolean} whether the plotting library is there */
  get possible() {
    return uPlot !== null;
  }

  /** @param {Drawing} drawing */
  render(drawing) {
    this.begun = performance.now();
    const sameShape = this.drawing && shapeOf(this.drawing) === shapeOf(drawing);
    this.drawing = drawing;
    if (this.plot && sameShape) {
      this.plot.setData(columns(drawing));
    } else {
      this.plot?.destroy();
      this.#label();
      this.plot = new uPlot(this.#options(drawing), columns(drawing), this.box);
      this.point = -1;
    }
    const points = pointCount(drawing);
    this.box.setAttribute("aria-valuemax", String(Math.max(points - 1, 0)));
    this.#show(Math.min(this.point, points - 1));
  }

  /** @param {Drawing} drawing */
  #options(drawing) {
    const { metric, series } = drawing;
    const count = columns(drawing)[0].length;
    return {
      width: this.box.clientWidth,
      height: this.box.clientHeight,
      padding: [12, () => this.#overhang(count), 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false, setScale: false } },
      scales: {
        x: { time: false, range: () => indexRange(count) },
        y: { range: valueRange(metric.unit, series.exponent) },
      },
      axes: [this.#timeAxis(), valueAxis(metric.unit, series.exponent)],
      series: [{}, comparedLine(count), finishedLine(count), unfinishedLine()],
      hooks: {
        setCursor: [(/** @type {any} */ plot) => this.#show(plot.cursor.idx ?? -1)],
        draw: [() => this.#drawn()],
      },
    };
  }

  /** How long the last picture took stands among the browser's own measures, for bench/ and for whoever wonders. */
  #drawn() {
    if (this.begun === null) return;
    performance.clearMeasures("chart");
    performance.measure("chart", { start: this.begun });
    this.begun = null;
  }

  #timeAxis() {
    return {
      ...AXIS,
      grid: { show: false },
      size: 32,
      gap: 8,
      splits: () => this.labels.map(({ index }) => index),
      values: () => this.labels.map(({ label }) => label),
    };
  }

  /** Naming thousands of hours takes longer than drawing them: once for each shape and width. */
  #label() {
    if (!this.drawing) return;
    const { series, zone } = this.drawing;
    this.labels = timeTicks(series, zone, Math.max(2, Math.floor(this.box.clientWidth / LABEL_PX) - 1));
  }

  /**
   * @param {number} count
   * @returns {number} how far the last label hangs over on the right
   */
  #overhang(count) {
    const last = this.labels.at(-1);
    if (!last) return 8;
    const half = labelWidth(last.label) / 2;
    const room = ((count - 1 - last.index) / Math.max(count - 1, 1)) * (this.box.clientWidth - LABEL_PX);
    return Math.max(8, Math.ceil(half - room) + 2);
  }

  #resize() {
    if (!this.plot || this.box.clientWidth === 0) return;
    this.#label();
    this.plot.setSize({ width: this.box.clientWidth, height: this.box.clientHeight });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Enter" && this.point >= 0) {
      this.onPoint(this.point, event.ctrlKey || event.metaKey);
      return;
    }
    const last = Number(this.box.getAttribute("aria-valuemax"));
    const from = this.point < 0 ? last : this.point;
    const page = Math.max(1, Math.round(last / 10));
    const targets = /** @type {Record<string, number>} */ ({
      ArrowLeft: this.point < 0 ? last : from - 1, ArrowRight: from + 1, PageUp: from - page, PageDown: from + page,
      Home: 0, End: last,
    });
    if (!(event.key in targets) || !this.plot || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const index = Math.min(Math.max(targets[event.key], 0), last);
    this.plot.setCursor({ left: this.plot.valToPos(index, "x"), top: 0 });
  }

  /** @param {number} index of the bucket to tell about; -1 for none */
  #show(index) {
    if (!this.drawing) return;
    this.point = index < pointCount(this.drawing) ? index : -1;
    const text = this.point < 0 ? "" : pointText(this.drawing, this.point);
    if (text) setText(this.readout, text);
    else this.readout.replaceChildren(...legend(this.drawing));
    this.box.setAttribute("aria-valuenow", String(Math.max(this.point, 0)));
    this.box.setAttribute("aria-valuetext", text || "no point chosen; use the arrow keys");
  }
}

/**
 * @param {Drawing} drawing
 * @returns {Node[]} which line is which side of a comparison
 */
function legend({ series, against, zone }) {
  if (!against) return [];
  const own = againstText({ from: series.start[0], to: series.end }, zone);
  return [el("span", { class: "line" }, own), el("span", { class: "line was" }, againstText(against, zone))];
}

/** @type {CanvasRenderingContext2D | null} */
let ruler = null;

/**
 * @param {string} label
 * @returns {number} px
 */
function labelWidth(label) {
  ruler ??= document.createElement("canvas").getContext("2d");
  if (!ruler) return LABEL_PX;
  ruler.font = LABEL_FONT;
  return ruler.measureText(label).width;
}

/**
 * A picture of the same shape takes new data without being built anew.
 * @param {Drawing} drawing
 */
function shapeOf({ series, against, metric, zone }) {
  const { interval, start, exponent } = series;
  return JSON.stringify([interval, start[0], start.length, against?.was.start.length, exponent, metric.name, zone]);
}

/**
 * @param {Drawing} drawing
 * @returns {(number | null)[][]} index, what is compared with, finished buckets, and the way from the last finished to
 *   the unfinished one
 */
function columns({ series, against, metric, asOf }) {
  const { begun, finished } = progress(series, asOf);
  const values = series.values[metric.name].map(numberOf);
  const was = against?.was.values[metric.name].map(numberOf) ?? [];
  const places = Array.from({ length: Math.max(values.length, was.length) }, (_, i) => i);
  const unfinished = finished < begun && values[begun - 1] !== null;
  return [
    places,
    places.map((i) => was[i] ?? null),
    places.map((i) => (i < finished ? values[i] : null)),
    places.map((i) => (unfinished && i >= finished - 1 && i < begun ? values[i] : null)),
  ];
}

/** @param {number} count */
function indexRange(count) {
  return count > 1 ? [0, count - 1] : [-1, 1];
}

/**
 * @param {"count" | "money"} unit
 * @param {number} exponent
 * @returns {(plot: any, min: number | null, max: number | null) => [number, number]} always with zero in it, and with
 *   some air above; ten of the currency, or ten things, where all is zero
 */
function valueRange(unit, exponent) {
  return (_plot, min, max) => {
    const low = Math.min(0, min ?? 0);
    const high = Math.max(0, max ?? 0);
    if (low === high) return [0, unit === "money" ? 10 * 10 ** exponent : 10];
    const air = (high - low) * 0.08;
    return [low < 0 ? low - air : 0, high > 0 ? high + air : 0];
  };
}

const AXIS = {
  stroke: () => colour("--soft"),
  font: LABEL_FONT,
  ticks: { show: false },
};

/**
 * @param {"count" | "money"} unit
 * @param {number} exponent
 */
function valueAxis(unit, exponent) {
  return {
    ...AXIS,
    incrs: STEPS,
    grid: { stroke: () => colour("--rule"), width: 1 },
    values: (/** @type {any} */ _plot, /** @type {number[]} */ splits) =>
      splits.map((value) => shortValueText(value, unit, exponent)),
    size: (/** @type {any} */ _plot, /** @type {string[] | null} */ labels) =>
      16 + 7 * Math.max(3, ...(labels ?? []).map((label) => label.length)),
  };
}
