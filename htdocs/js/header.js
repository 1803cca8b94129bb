// The head of every page after the log-in (parts/nav.html): merchant, pages, who is logged in, the way out.

import { Problem, Unreachable } from "./api.js";
import { byId, fillSelect, setText } from "./dom.js";
import { setLocale } from "./locale.js";
import { SKELETON_AFTER_MS, tellPage } from "./panel.js";
import { troubleOf } from "./problem_text.js";
import { chooseMerchant, leave, openSession, rememberMerchant } from "./session.js";

/** @typedef {import("./session.js").Merchant} Merchant */

/**
 * Opens the session, chooses the merchant that the address names and fills the head of the page.
 * @param {import("./api.js").Api} api
 * @param {(id: string) => void} onMerchant when the reader chooses another one
 * @returns {Promise<Merchant | null>} null when there is no such merchant, which the page then says
 */
export async function openPage(api, onMerchant) {
  return (await openPersonsPage(api, onMerchant))?.merchant ?? null;
}

/**
 * openPage() for a page that is about who is logged in as well.
 * @param {import("./api.js").Api} api
 * @param {(id: string) => void} onMerchant
 * @returns {Promise<{merchant: Merchant, email: string} | null>}
 */
export async function openPersonsPage(api, onMerchant) {
  // panels that are not even asked for yet then draw their skeletons
  window.setTimeout(() => document.body.classList.add("waiting"), SKELETON_AFTER_MS);
  const session = await openSession(api);
  const merchant = chooseMerchant(session, new URLSearchParams(location.search).get("merchant"));
  fillMerchants(session, merchant, onMerchant);
  fillAccount(api, session.user.email);
  if (!merchant) {
    tellPage("This account has no such merchant", session.merchants.length > 0 ? "Choose one above." : "It has none at all.");
    return null;
  }
  rememberMerchant(merchant);
  setLocale(merchant.locale);
  setPageLinks(merchant);
  return { merchant, email: session.user.email };
}

/**
 * @param {import("./session.js").Session} session
 * @param {Merchant | null} merchant
 * @param {(id: string) => void} onMerchant
 */
function fillMerchants(session, merchant, onMerchant) {
  const select = byId("merchant");
  const options = session.merchants.map(({ id, name }) => ({ value: id, label: name }));
  if (!merchant) options.unshift({ value: "", label: options.length > 0 ? "Choose a merchant" : "No merchant" });
  fillSelect(select, options, merchant?.id ?? "");
  select.addEventListener("change", () => onMerchant(select.value));
}

/**
 * @param {import("./api.js").Api} api
 * @param {string} email
 */
function fillAccount(api, email) {
  setText(byId("account-name"), email.split("@")[0]);
  setText(byId("account-email"), email);
  byId("log-out").addEventListener("click", () => logOut(api));
  closeMenusFromOutside();
}

/**
 * @param {string} page its path
 * @param {string} merchant
 * @param {Record<string, string>} [more] of the query
 * @returns {string} the address of another page, for the same merchant
 */
export function pageAddress(page, merchant, more = {}) {
  return `${page}?${new URLSearchParams({ merchant, ...more })}`;
}

/**
 * @param {string} merchant
 * @returns {string} of the order form
 */
export function formAddress(merchant) {
  return pageAddress("/new-order.html", merchant);
}

/**
 * @param {string} merchant
 * @param {string} id
 * @returns {string} of the page of that order
 */
export function orderAddress(merchant, id) {
  return pageAddress("/order.html", merchant, { id });
}

/**
 * Links between pages keep the merchant; pages that the role has no use for are not offered.
 * @param {Merchant} merchant
 */
function setPageLinks({ id, role }) {
  byId("home").href = pageAddress("/", id);
  byId("to-password").href = `${pageAddress("/settings.html", id)}#password`;
  for (const link of byId("pages").querySelectorAll("a")) {
    link.href = pageAddress(link.pathname, id);
    link.hidden = !link.dataset.roles.split(" ").includes(role);
  }
  byId("head").dataset.role = role;
}

/** @param {import("./api.js").Api} api */
async function logOut(api) {
  setText(byId("account-trouble"), "");
  try {
    await api.delete("/v1/session");
  } catch (error) {
    const isOver = error instanceof Problem && error.status === 401;
    if (!isOver) return setText(byId("account-trouble"), logOutTrouble(error));
  }
  return leave();
}

/** @param {unknown} error */
function logOutTrouble(error) {
  const { title } = troubleOf(error);
  const unknown = error instanceof Unreachable || (error instanceof Problem && error.status >= 500);
  return unknown ? `${title}. It is not known whether you are logged out: try again.` : `Still logged in: ${title}.`;
}

/** A <details> menu closes by Escape and by a click elsewhere. */
function closeMenusFromOutside() {
  const open = () => /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll("details.menu[open]"));
  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
}
