// Orders that came since the list was drawn: told by a button, so that nothing moves under the reader's eyes.

import { announce } from "../announce.js";
import { byId, setText } from "../dom.js";

export class News {
  /** @param {() => void} onShow */
  constructor(onShow) {
    this.root = byId("news");
    this.root.addEventListener("click", onShow);
  }

  clear() {
    this.root.hidden = true;
  }

  /**
   * @param {string[]} shown ids on the page
   * @param {any} fresh      the newest page, as the API sends it
   */
  tell(shown, fresh) {
    const count = countNew(shown, fresh.data);
    const words = newsText(count, fresh.has_more && count === fresh.data.length);
    this.root.hidden = words === "";
    if (words && words !== this.root.textContent) announce(`${words}.`);
    setText(this.root, words);
  }
}

/**
 * @param {string[]} shown
 * @param {{id: string}[]} newest
 * @returns {number} how many of the newest page are not on show
 */
export function countNew(shown, newest) {
  const known = new Set(shown);
  return newest.filter(({ id }) => !known.has(id)).length;
}

/**
 * @param {number} count
 * @param {boolean} orMore whether there are others behind those counted
 * @returns {string} "" when there are none
 */
export function newsText(count, orMore) {
  if (count === 0) return "";
  if (orMore) return `${count} or more new orders`;
  return count === 1 ? "1 new order" : `${count} new orders`;
}
