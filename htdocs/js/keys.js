// Keyboard shortcuts of a page, listed in its help, silent while somebody types.

import { byId, el } from "./dom.js";

/** @typedef {{key: string, shown?: string, does: string, run: () => void}} Shortcut */

/** @param {Shortcut[]} shortcuts */
export function installKeys(shortcuts) {
  const all = [...shortcuts, { key: "?", does: "this list", run: openHelp }];
  byId("help-keys").replaceChildren(...all.flatMap(({ key, shown, does }) => [
    el("dt", {}, el("kbd", {}, shown ?? key.toUpperCase())),
    el("dd", {}, does),
  ]));
  byId("help-open").addEventListener("click", openHelp);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || takesKeys(event.target)) return;
    const shortcut = all.find(({ key }) => key === event.key || key === event.key.toLowerCase());
    if (!shortcut) return;
    event.preventDefault();
    shortcut.run();
  });
}

function openHelp() {
  byId("help").showModal();
}

/** @param {EventTarget | null} target */
function takesKeys(target) {
  return target instanceof Element && target.closest("input, select, textarea, dialog, [role=slider]") !== null;
}
