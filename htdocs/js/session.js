// Who is logged in, and the way to the log-in page and back.

import { queryText } from "./api.js";

/**
 * @typedef {object} Merchant
 * @property {string} id
 * @property {string} name
 * @property {"owner" | "analyst" | "clerk"} role
 * @property {string} timezone
 * @property {string[]} currencies
 * @property {Record<string, number>} exponents  fraction digits of each of them
 * @property {string | null} locale  how its figures and dates are written; null: as the reader's browser does
 */

/** @typedef {{user: {email: string}, merchants: Merchant[], csrf: string}} Session */

/**
 * @param {import("./api.js").Api} api gets the session's CSRF token
 * @returns {Promise<Session>}
 */
export async function openSession(api) {
  forgetBefore();
  addEventListener("storage", ({ key }) => key === LAST_LEAVING && goToLogin({ left: true }));
  const { body } = await api.get("/v1/session");
  api.csrf = body.csrf;
  api.user = body.user.email;
  sessionStorage.setItem(LAST_SESSION, "open");
  return body;
}

/** Where this tab notes whether it had a session: the log-in page then knows what to say. */
const LAST_SESSION = "takings.session";

let leaving = false;
// A page out of the browser's memory shows what its reader of then might see: who is logged in now may not.
addEventListener("pageshow", (event) => {
  leaving = false;
  if (event.persisted) location.reload();
});

/**
 * Leaves for the log-in page, which comes back to this address; once, however many answers say so.
 * @param {{left?: boolean}} [how] left: whoever was logged in wanted so
 */
export function goToLogin({ left = false } = {}) {
  if (left) {
    sessionStorage.setItem(LAST_SESSION, "left");
    document.body.hidden = true; // nor does going back show it for a moment
  }
  if (leaving) return;
  leaving = true;
  location.assign(`/login.html${queryText({ next: location.pathname + location.search + location.hash })}`);
}

/** Names the last time that somebody left on purpose; each tab notes which one it knows of. */
const LAST_LEAVING = "takings.leaving";

/** Leaves because whoever was logged in wanted so. What they typed is for nobody who comes after them, in any tab. */
export function leave() {
  localStorage.setItem(LAST_LEAVING, String(Date.now()));
  clearTab();
  goToLogin({ left: true });
}

/** All but orders and refunds of which nobody knows whether they are stored: without their keys they would be twice. */
function clearTab() {
  for (const name of Object.keys(sessionStorage)) {
    if (!isOpen(sessionStorage.getItem(name) ?? "")) sessionStorage.removeItem(name);
  }
}

/**
 * @param {string} text of an entry
 * @returns {boolean} whether it is a draft (posting/draft.js) that was sent and has no outcome
 */
function isOpen(text) {
  try {
    const { sent = null, receipt = null } = JSON.parse(text);
    return sent !== null && receipt === null;
  } catch {
    return false;
  }
}

/** What lies in this tab from before somebody left, perhaps in another one while this one slept. */
function forgetBefore() {
  const last = localStorage.getItem(LAST_LEAVING) ?? "";
  if ((sessionStorage.getItem(LAST_LEAVING) ?? "") === last) return;
  const hadSession = lastSession() !== null;
  clearTab();
  sessionStorage.setItem(LAST_LEAVING, last);
  if (hadSession) sessionStorage.setItem(LAST_SESSION, "left");
}

/** @returns {"open" | "left" | null} open: this tab had a session, which ended without being asked to */
export function lastSession() {
  return /** @type {"open" | "left" | null} */ (sessionStorage.getItem(LAST_SESSION));
}

/**
 * @param {string} next wanted address, from the query: anybody may have written it
 * @param {string} origin this site's
 * @returns {string} a path of this site; "/" for anything else
 */
export function safeReturn(next, origin) {
  if (!next.startsWith("/")) return "/";
  try {
    const url = new URL(next, origin);
    const path = url.pathname + url.search + url.hash;
    // of "/.//elsewhere" there is "//elsewhere" left, which is another site again
    return url.origin === origin && !path.startsWith("//") ? path : "/";
  } catch {
    return "/";
  }
}

const LAST_MERCHANT = "takings.merchant";

/**
 * @param {Session} session
 * @param {string | null} wanted
 * @returns {Merchant | null} the wanted one, else the last one used, else the first; null when the wanted one is not
 *   among them, or there is none
 */
export function chooseMerchant(session, wanted) {
  const { merchants } = session;
  if (wanted) return merchants.find(({ id }) => id === wanted) ?? null;
  const last = localStorage.getItem(LAST_MERCHANT);
  return merchants.find(({ id }) => id === last) ?? merchants[0] ?? null;
}

/** @param {Merchant} merchant */
export function rememberMerchant(merchant) {
  localStorage.setItem(LAST_MERCHANT, merchant.id);
}
