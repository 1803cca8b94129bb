// How numbers and dates are written: as the merchant's settings say, or as the reader's browser does.

/** @type {string | undefined} */
let chosen;

/**
 * For everything that the page writes from now on; the head of the page calls it once it knows the merchant.
 * @param {string | null | undefined} tag BCP 47; null: the browser's own way. One that no browser can take counts as
 *   null: how a figure is written must not keep it from being seen.
 */
export function setLocale(tag) {
  try {
    chosen = tag ? Intl.getCanonicalLocales(tag)[0] : undefined;
  } catch {
    chosen = undefined;
  }
}

/** @returns {string | undefined} what every formatter of Intl is to be given */
export function locale() {
  return chosen;
}
