// The head of every page after the log-in: merchant, currency, who is logged in, the way out.

import { byId, fillSelect, setText } from "./dom.js";
import { troubleOf } from "./problem_text.js";
import { goToLogin } from "./session.js";

/**
 * @param {import("./api.js").Api} api
 * @param {import("./session.js").Session} session
 * @param {import("./session.js").Merchant | null} merchant
 * @param {(id: string) => void} onMerchant
 */
export function fillHeader(api, session, merchant, onMerchant) {
  const select = byId("merchant");
  fillSelect(select, session.merchants.map(({ id, name }) => ({ value: id, label: name })), merchant?.id ?? "");
  select.addEventListener("change", () => onMerchant(select.value));
  const { email } = session.user;
  setText(byId("account-name"), email.split("@")[0]);
  setText(byId("account-email"), email);
  byId("log-out").addEventListener("click", () => logOut(api));
  closeMenusFromOutside();
}

/**
 * Links between pages keep the merchant.
 * @param {string} merchant
 */
export function setPageLinks(merchant) {
  const query = new URLSearchParams({ merchant });
  byId("to-dashboard").href = `/?${query}`;
  byId("to-order").href = `/order.html?${query}`;
}

/** @param {import("./api.js").Api} api */
async function logOut(api) {
  try {
    await api.delete("/v1/session");
  } catch (error) {
    setText(byId("account-trouble"), `Still logged in: ${troubleOf(error).title}.`);
    return;
  }
  goToLogin();
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
