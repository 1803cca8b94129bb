// How the chart's lines look: dashed what is compared with, full what is over, dotted what is unfinished.

/** More points than this want a thin line. */
const DENSE = 150;

/**
 * @param {string} name of a custom property in css/base.css
 * @returns {string}
 */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name);
}

/** @param {number} points */
export function comparedLine(points) {
  return {
    stroke: () => colour("--compare"),
    width: points > DENSE ? 1 : 1.5,
    dash: [6, 4],
    points: {
      filter: (/** @type {any} */ plot, /** @type {number} */ i) => alone(plot.data[i]),
      size: 5,
      fill: () => colour("--compare"),
    },
  };
}

/** @param {number} points */
export function finishedLine(points) {
  return {
    stroke: () => colour("--data"),
    fill: () => colour("--data-wash"),
    width: points > DENSE ? 1 : 2,
    points: {
      filter: (/** @type {any} */ plot, /** @type {number} */ i) => alone(plot.data[i]),
      size: 6,
      fill: () => colour("--data"),
    },
  };
}

export function unfinishedLine() {
  return {
    stroke: () => colour("--data"),
    width: 2,
    dash: [2, 4],
    points: {
      filter: (/** @type {any} */ plot, /** @type {number} */ i) => [lastKnown(plot.data[i])],
      size: 7,
      fill: () => colour("--paper"),
    },
  };
}

/**
 * A point without neighbours makes no line, and needs a dot to be seen.
 * @param {(number | null)[]} values
 */
function alone(values) {
  const missing = (/** @type {number} */ i) => values[i] === null || values[i] === undefined;
  return values.flatMap((_, i) => (!missing(i) && missing(i - 1) && missing(i + 1) ? [i] : []));
}

/** @param {(number | null)[]} values */
function lastKnown(values) {
  return values.findLastIndex((value) => value !== null);
}
