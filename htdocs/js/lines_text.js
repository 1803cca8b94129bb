// What was sold, in the few words that a row of a list has room for.

import { el } from "./dom.js";
import { formatCount } from "./money.js";

/**
 * What stands between two of a list, where they do not stand below each other.
 * @returns {Node}
 */
export function between() {
  return el("span", { class: "between" }, " · ");
}

/**
 * A count stays on the line of its thing: <bdi> is a box of its own (base.css). Names have commas of their own.
 * @param {{quantity: number, name: string}[]} lines of an order
 * @param {number} most so many are named; of the others the number is told
 * @returns {(Node | string)[]} "2 × Mug · Jar · Tray and 3 more"
 */
export function linesNodes(lines, most) {
  const named = lines.slice(0, most);
  const more = lines.length - named.length;
  const boxes = named.map(({ quantity, name }) => el("bdi", {},
    quantity === 1 ? "" : `${formatCount(quantity)} × `, el("bdi", {}, name)));
  return [...boxes.flatMap((box) => [box, between()]).slice(0, -1), more > 0 ? ` and ${formatCount(more)} more` : ""];
}
