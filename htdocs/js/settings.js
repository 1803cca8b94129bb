// The settings page: owners see everything, everybody their own password.

import { Api } from "./api.js";
import { byId, setText } from "./dom.js";
import { openPersonsPage, pageAddress } from "./header.js";
import { installKeys } from "./keys.js";
import { showPageTrouble } from "./panel.js";
import { goToLogin } from "./session.js";
import { Account } from "./settings/account.js";
import { Audit } from "./settings/audit.js";
import { fillTyped, keepTyped, takeTyped } from "./settings/kept.js";
import { Keys } from "./settings/keys.js";
import { Members } from "./settings/members.js";
import { Shop } from "./settings/shop.js";

/** @typedef {import("./session.js").Merchant} Merchant */

/**
 * @param {Api} api
 * @param {Merchant} merchant
 * @param {string} email
 */
function openAll(api, merchant, email) {
  const changed = () => void audit.list.reload();
  const keys = new Keys(api, merchant, changed);
  const members = new Members(api, merchant, email, changed);
  const audit = new Audit(api, merchant, { key: (id) => keys.nameOf(id), email: (id) => members.emailOf(id) });
  const lists = [keys.list, members.list, audit.list];
  const shop = new Shop(api, merchant, () => {
    shownName(merchant);
    for (const list of lists) list.redraw();
    changed();
  });
  for (const part of ["lists", "audit"]) byId(part).hidden = false;
  const typed = takeTyped(merchant.id);
  fillTyped(shop.form, typed.shop);
  if (typed.key) fillTyped(keys.make(), typed.key);
  if (typed.member) fillTyped(members.add(), typed.member);
  const reads = lists.map((list) => list.reload());
  void shop.check(reads[1], () => members.list.reload());
  // the names of keys and people stand in the audit's words
  void Promise.all(reads).then(() => audit.list.redraw());
}

/** @param {Merchant} merchant */
function shownName({ id, name }) {
  document.title = `Settings of ${name} · Takings`;
  const option = byId("merchant").querySelector(`option[value="${id}"]`);
  if (option) setText(option, name);
}

async function main() {
  const api = new Api(() => {
    keepTyped();
    goToLogin();
  });
  const opened = await openPersonsPage(api, (id) => location.assign(pageAddress("/settings.html", id)));
  if (!opened) return;
  const { merchant, email } = opened;
  history.replaceState(null, "", pageAddress("/settings.html", merchant.id) + location.hash);
  installKeys([]);
  new Account(api, email);
  if (merchant.role === "owner") {
    openAll(api, merchant, email);
    shownName(merchant);
  } else {
    setText(byId("title"), "My account");
    document.title = "My account · Takings";
  }
  byId("skeleton").remove();
  byId("columns").hidden = false;
  if (location.hash === "#password") byId("password").focus();
}

main().catch((error) => showPageTrouble(error, () => location.reload()));
