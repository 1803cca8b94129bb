// Numbers where there is little room: an axis, a change. Few characters, but never another number than the exact one.

import { locale } from "./locale.js";
import { decimalFromMinor, formatMoneyShort } from "./money.js";

/** Below so many whole units of the currency an axis writes all digits. */
const COMPACT_FROM = 100_000n;

/**
 * @param {number} minor whole minor units
 * @param {number} exponent
 * @returns {string} "2,500", "1.25M": as the locale shortens it, and never rounded
 */
export function formatMoneyCompact(minor, exponent) {
  const size = BigInt(Math.abs(minor));
  if (size < COMPACT_FROM * 10n ** BigInt(exponent)) return formatMoneyShort(minor, exponent);
  return exactly({ notation: "compact", maximumSignificantDigits: 16 }, decimalFromMinor(minor, exponent));
}

/**
 * @param {bigint} tenths of a per cent
 * @param {boolean} fell which a fall of less than a tenth does not show
 * @param {"always" | "never"} [sign]
 * @returns {string} "+12.4%", "12.4%"
 */
export function percentText(tenths, fell, sign = "always") {
  const size = decimalFromMinor(tenths < 0n ? -tenths : tenths, 3);
  return exactly({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: sign },
    fell ? `-${size}` : size);
}

/**
 * format() takes decimal text and keeps every digit of it; TypeScript's type for that is a template string.
 * @param {Intl.NumberFormatOptions} options
 * @param {string} decimal
 */
function exactly(options, decimal) {
  return new Intl.NumberFormat(locale(), options).format(/** @type {`${number}`} */ (decimal));
}
