// Money between minor units and text, by string arithmetic: a float never holds an amount on its way.
// Amounts from the server are integers up to 2^53-1, which a JavaScript number holds exactly.

import { locale } from "./locale.js";

/** One amount of the API: 10^12 minor units at most. */
const MAX_MINOR = 10n ** 12n;

/**
 * @param {number | bigint | string} minor integer, in minor units
 * @param {number} exponent fraction digits of the currency
 * @returns {string} decimal text with all fraction digits: (-5, 2) -> "-0.05"
 */
export function decimalFromMinor(minor, exponent) {
  const text = String(minor);
  const sign = text.startsWith("-") ? "-" : "";
  const digits = text.slice(sign.length).padStart(exponent + 1, "0");
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/**
 * Reads an amount as a person writes it: digits, then at most `exponent` digits after the decimal mark. The point is
 * always a decimal mark, and so is the locale's; the digits may be the locale's too. Marks between thousands are
 * refused: a guess between "1,234" and "1.234" could be wrong by a factor of a thousand.
 * @param {string} text
 * @param {number} exponent
 * @param {string} [mark] the locale's decimal mark
 * @returns {{minor: number} | {error: string}}
 */
export function minorFromDecimal(text, exponent, mark = decimalMark()) {
  const plain = plainDigits(text.trim()).replace(mark, ".");
  const match = /^(\d+)(?:\.(\d*))?$/.exec(plain);
  if (!match) return { error: `Write a number like ${exponent > 0 ? `1234${mark}${"5".padEnd(exponent, "0")}` : "1234"}.` };
  const fraction = match[2] ?? "";
  if (fraction.length > exponent) return { error: tooManyDigits(exponent) };
  const minor = BigInt(match[1] + fraction.padEnd(exponent, "0"));
  if (minor > MAX_MINOR) return { error: "This amount is too large." };
  return { minor: Number(minor) };
}

/** @param {number} exponent */
function tooManyDigits(exponent) {
  if (exponent === 0) return "This currency has no decimals.";
  return exponent === 1 ? "At most 1 decimal." : `At most ${exponent} decimals.`;
}

/**
 * @param {number | bigint} minor
 * @param {number} exponent
 * @returns {string} as the locale writes it, with all fraction digits, without the currency
 */
export function formatMoney(minor, exponent) {
  return numberFormat(exponent, exponent).format(exactly(decimalFromMinor(minor, exponent)));
}

/**
 * @param {number} minor
 * @param {number} exponent
 * @returns {string} the same without needless zeros, for an axis
 */
export function formatMoneyShort(minor, exponent) {
  return numberFormat(0, exponent).format(exactly(decimalFromMinor(minor, exponent)));
}

/**
 * @param {number | bigint} count
 * @returns {string}
 */
export function formatCount(count) {
  return numberFormat(0, 0).format(count);
}

/** @param {string} text */
function plainDigits(text) {
  const digits = [...numberFormat(0, 0, false).format(1234567890n)];
  return text.replace(/\p{Nd}/gu, (digit) => (digits.includes(digit) ? String((digits.indexOf(digit) + 1) % 10) : digit));
}

/** @returns {string} the decimal mark of the locale */
export function decimalMark() {
  return numberFormat(1, 1).formatToParts(0.5).find((part) => part.type === "decimal")?.value ?? ".";
}

/**
 * format() takes decimal text and keeps every digit of it; TypeScript's type for that is a template string.
 * @param {string} decimal
 */
function exactly(decimal) {
  return /** @type {`${number}`} */ (decimal);
}

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/**
 * @param {number} least
 * @param {number} most
 * @param {boolean} [grouped] whether thousands are marked as the locale does
 */
function numberFormat(least, most, grouped = true) {
  const name = `${locale() ?? ""}/${least}/${most}/${grouped}`;
  let format = formats.get(name);
  if (!format) {
    format = new Intl.NumberFormat(locale(), {
      minimumFractionDigits: least,
      maximumFractionDigits: most,
      ...(grouped ? {} : { useGrouping: false }),
    });
    formats.set(name, format);
  }
  return format;
}
