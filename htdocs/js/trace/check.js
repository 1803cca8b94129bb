// Whether the entries listed come to the figure. This is the one place where a page adds amounts up: it is the check
// itself, so it does not take the server's word for the sum. BigInt, which is exact whatever comes.

/**
 * @typedef {{state: "open", sum: bigint}
 *   | {state: "unknown", sum: bigint}
 *   | {state: "matches", sum: bigint}
 *   | {state: "differs", sum: bigint, by: bigint}
 *   | {state: "broken", sum: bigint, at: number}} Verdict
 *
 * open     more entries follow
 * unknown  all are there, but the figure is not
 * differs  by: what the entries come to, less the figure
 * broken   at: the first entry, from 1, whose running sum is not what was added up here
 */

/**
 * @param {{value: number, running_sum: number}[]} entries all pages so far, in their order
 * @param {number | null} figure
 * @param {boolean} more whether entries follow
 * @returns {Verdict}
 */
export function checkSum(entries, figure, more) {
  let sum = 0n;
  let at = 0;
  entries.forEach(({ value, running_sum }, i) => {
    sum += BigInt(value);
    if (at === 0 && sum !== BigInt(running_sum)) at = i + 1;
  });
  if (at > 0) return { state: "broken", sum, at };
  if (more) return { state: "open", sum };
  if (figure === null) return { state: "unknown", sum };
  const by = sum - BigInt(figure);
  return by === 0n ? { state: "matches", sum } : { state: "differs", sum, by };
}
