// Building elements. Text reaches the page only through text nodes, never as markup.

/**
 * @param {string} tag
 * @param {Record<string, string | boolean | ((event: any) => void)>} [props] attributes; true sets an empty one, false
 *   leaves it out; a function is a listener for the event of that name
 * @param {...(Node | string)} children
 * @returns {any} the element; `any`, because the tag decides its type
 */
export function el(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/**
 * @param {string} id
 * @returns {any} the element of the page's own markup with that id
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page lacks #${id}`);
  return element;
}

/**
 * Writes only what differs, so that a selection or a screen reader's place survives polling.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @param {HTMLSelectElement} select
 * @param {{value: string, label: string}[]} options
 * @param {string} chosen
 */
export function fillSelect(select, options, chosen) {
  select.replaceChildren(...options.map(({ value, label }) => el("option", { value }, label)));
  select.value = chosen;
}
