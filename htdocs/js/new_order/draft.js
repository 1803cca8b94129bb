// What has been typed, and the form's idempotency key. Both outlive a reload and a log-in, in this tab only.

/**
 * @typedef {object} Draft
 * @property {string} key              one form, one key, one order
 * @property {string} currency
 * @property {Record<string, string>} whole    texts of the order's fields, by name
 * @property {Record<string, string>[]} lines  texts of the lines' fields, by name
 * @property {string | null} sent      body of a request whose outcome is not known: to be sent again as it was
 * @property {Receipt | null} receipt  of the order that this form became
 */

/** @typedef {{order: any, position: string, bucket: {date: string, hour_start: string, hour_end: string}}} Receipt */

/**
 * @param {string} currency
 * @returns {Draft}
 */
export function newDraft(currency) {
  return { key: newKey(), currency, whole: {}, lines: [{}], sent: null, receipt: null };
}

/** @returns {string} 128 random bits */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `form-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/**
 * @param {string} merchant
 * @returns {Draft | null}
 */
export function loadDraft(merchant) {
  const text = sessionStorage.getItem(storageName(merchant));
  return text === null ? null : JSON.parse(text);
}

/**
 * @param {string} merchant
 * @param {Draft} draft
 */
export function saveDraft(merchant, draft) {
  sessionStorage.setItem(storageName(merchant), JSON.stringify(draft));
}

/** @param {string} merchant */
function storageName(merchant) {
  return `takings.order.${merchant}`;
}
