// The dashboard's keys.

import { byId } from "./dom.js";
import { PRESETS } from "./range.js";

/**
 * @param {import("./panels/range_bar.js").RangeBar} bar
 * @param {() => void} turn from the chart to the table and back
 * @returns {import("./keys.js").Shortcut[]}
 */
export function shortcuts(bar, turn) {
  const ranges = PRESETS.filter(({ key }) => key).map(({ key = "", label, name }) =>
    ({ key, does: label.toLowerCase(), group: "Range", run: () => bar.choose({ range: name }) }));
  const form = byId("to-new-order");
  return [
    ...ranges,
    { key: "ArrowLeft", shown: "←", does: "earlier", group: "Range", run: () => bar.step(-1) },
    { key: "ArrowRight", shown: "→", does: "later", group: "Range", run: () => bar.step(1) },
    { key: "/", does: "any dates", group: "Range", run: () => bar.focusDates() },
    { key: "x", does: "compare: none, period before, year before", group: "View", run: () => bar.nextComparison() },
    { key: "i", does: "hours, days, weeks, months", group: "View", run: () => bar.nextInterval() },
    { key: "t", does: "chart or table", group: "View", run: turn },
    { key: "e", does: "export as CSV", group: "View", run: () => byId("export").click() },
    ...(form.hidden ? [] : [{ key: "n", does: "new order", group: "View", run: () => form.click() }]),
  ];
}
