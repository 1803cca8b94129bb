// Keyboard shortcuts of a page, listed in its help by groups, silent while somebody types. Those of a single character
// can be turned off, for whoever speaks to the browser or hits keys by chance; "?" stays.

import { byId, el } from "./dom.js";

/** @typedef {{key: string, shown?: string, does: string, group?: string, run: () => void}} Shortcut */

/** Where the browser notes that single characters are turned off. */
const SINGLE_KEYS = "takings.single_keys";

/** @param {Shortcut[]} shortcuts those without a group come first, under "This page" */
export function installKeys(shortcuts) {
  const all = [...shortcuts, { key: "?", does: "this list", group: "Help", run: openHelp }];
  byId("help-keys").replaceChildren(...groupsOf(all));
  byId("help-open").hidden = false;
  byId("help-open").addEventListener("click", openHelp);
  byId("single-keys").addEventListener("change", () => {
    localStorage.setItem(SINGLE_KEYS, byId("single-keys").checked ? "on" : "off");
  });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || takesKeys(event.target)) return;
    const shortcut = all.find(({ key }) => key === event.key || key === event.key.toLowerCase());
    if (!shortcut || isOff(shortcut)) return;
    event.preventDefault();
    shortcut.run();
  });
}

/**
 * @param {Shortcut[]} shortcuts
 * @returns {Node[]} a heading and a list for each group
 */
function groupsOf(shortcuts) {
  const groups = Map.groupBy(shortcuts, ({ group }) => group ?? "This page");
  return [...groups].map(([title, members]) => el("section", {}, el("h3", {}, title), el("dl", {}, ...members.flatMap(row))));
}

/** @param {Shortcut} shortcut */
function row({ key, shown, does }) {
  return [el("dt", {}, el("kbd", {}, shown ?? key.toUpperCase())), el("dd", {}, does)];
}

/** @param {Shortcut} shortcut */
function isOff({ key }) {
  return key.length === 1 && key !== "?" && localStorage.getItem(SINGLE_KEYS) === "off";
}

function openHelp() {
  /** @type {HTMLDetailsElement | null} */ (document.querySelector("details.menu[open]"))?.removeAttribute("open");
  byId("single-keys").checked = localStorage.getItem(SINGLE_KEYS) !== "off";
  byId("help").showModal();
  byId("help-close").focus();
}

/** @param {EventTarget | null} target */
function takesKeys(target) {
  // a dialog that was closed has the focus until the page is drawn
  if (!(target instanceof Element) || target.closest("dialog:not([open])")) return false;
  return target.closest("input, select, textarea, dialog") !== null;
}
