// One question in a dialog: what is asked, what is wrong with the answer, and what it brought. Whatever fails, the dialog
// stays with all that was typed; kept.js keeps it when the session ends.

import { Problem } from "../api.js";
import { el, setText } from "../dom.js";
import { FieldErrors } from "../posting/fields.js";
import { troubleOf } from "../problem_text.js";

/**
 * @typedef {object} Question
 * @property {string | (Node | string)[]} title
 * @property {(Node | string)[]} body  what is told and asked
 * @property {string} does  words of the button that does it
 * @property {boolean} [danger]
 * @property {string} [keep]  words of the other button
 * @property {string} unsure  what to do when it is not known whether it was done
 * @property {() => import("../api.js").FieldError[]} [check]  what is wrong before anybody is asked
 * @property {() => Promise<Result | void>} act  does it; what it brought, if that is to be shown
 * @property {(pointer: string) => any} [inputAt]  the input of a JSON pointer
 * @property {string} [kept]  name under which kept.js keeps what was typed
 */

/** @typedef {{title: string, body: (Node | string)[], done: string}} Result */

let asked = 0;

/**
 * @param {Question} question
 * @returns {HTMLFormElement}
 */
export function ask(question) {
  const id = `ask-${++asked}`;
  const summary = el("div");
  const act = el("button", { class: question.danger ? "danger" : "primary" }, question.does);
  const isBusy = () => act.getAttribute("aria-disabled") === "true";
  const keep = el("button", { type: "button", click: () => !isBusy() && dialog.close() }, question.keep ?? "Cancel");
  const form = el("form", { novalidate: true },
    el("h2", { id }, ...[question.title].flat()), summary, ...question.body,
    el("div", { class: "actions" }, keep, act));
  const dialog = /** @type {HTMLDialogElement} */ (el("dialog", { class: "ask", "aria-labelledby": id }, form));
  dialog.addEventListener("close", () => dialog.remove());
  stayWhile(dialog, isBusy);
  const inputAt = question.inputAt ?? (() => null);
  const errors = new FieldErrors(form, summary, { inputAt, nameOf: (input) => nameOf(input) });
  form.addEventListener("input", (/** @type {Event} */ event) => errors.changed(/** @type {Element} */ (event.target)));
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!isBusy()) void submit(question, { dialog, buttons: [keep, act], errors });
  });
  if (question.kept) form.dataset.kept = question.kept;
  document.body.append(dialog);
  dialog.showModal();
  return form;
}

/**
 * Escape does not close the dialog meanwhile. To stop `cancel` alone is not enough: browsers close on a second Escape.
 * @param {HTMLDialogElement} dialog
 * @param {() => boolean} must
 */
function stayWhile(dialog, must) {
  const stop = (/** @type {Event & {key?: string}} */ event) => {
    if (must() && (event.type === "cancel" || event.key === "Escape")) event.preventDefault();
  };
  dialog.addEventListener("cancel", stop);
  document.addEventListener("keydown", stop);
  dialog.addEventListener("close", () => document.removeEventListener("keydown", stop));
}

/**
 * @param {HTMLInputElement} input
 * @returns {string}
 */
function nameOf(input) {
  return input.closest("fieldset")?.querySelector("legend")?.textContent ?? input.labels?.[0]?.textContent ?? "";
}

/**
 * What it brings may be seen just once, so the dialog stays until it is there.
 * @param {Question} question
 * @param {{dialog: HTMLDialogElement, buttons: HTMLButtonElement[], errors: FieldErrors}} parts
 */
async function submit(question, { dialog, buttons, errors }) {
  errors.clear();
  const wrong = question.check?.() ?? [];
  if (wrong.length > 0) return errors.tell("Please mend this", wrong);
  for (const button of buttons) button.setAttribute("aria-disabled", "true");
  try {
    const result = await question.act();
    if (result) showResult(dialog, result);
    else dialog.close();
  } catch (error) {
    tellTrouble(errors, error, question.unsure);
  }
  for (const button of buttons) button.removeAttribute("aria-disabled");
}

/**
 * @param {FieldErrors} errors
 * @param {unknown} error
 * @param {string} unsure
 */
export function tellTrouble(errors, error, unsure) {
  const { title, detail, requestId } = troubleOf(error);
  if (!(error instanceof Problem) || error.status >= 500) {
    return errors.tell("It is not known whether this was done", [{ code: "", detail: `${title}. ${unsure}` }], { requestId });
  }
  return errors.tell(title, error.errors.length > 0 ? error.errors : [{ code: "", detail: detail || title }], { requestId });
}

/**
 * What is shown just this once does not go by Escape.
 * @param {HTMLDialogElement} dialog
 * @param {Result} result
 */
function showResult(dialog, { title, body, done }) {
  const heading = el("h2", { id: `ask-${++asked}`, tabindex: "-1" }, title);
  dialog.setAttribute("aria-labelledby", heading.id);
  stayWhile(dialog, () => true);
  dialog.replaceChildren(el("form", { method: "dialog" }, heading, ...body,
    el("div", { class: "actions" }, el("button", { class: "primary" }, done))));
  heading.focus();
}

/**
 * A text that is shown just once, with a button that copies it.
 * @param {string} label
 * @param {string} text
 * @returns {HTMLElement}
 */
export function secretField(label, text) {
  const id = `ask-${++asked}`;
  const input = el("input", { id, readonly: true, autocomplete: "off", spellcheck: "false", focus: () => input.select() });
  input.value = text;
  const said = el("p", { class: "soft", role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setText(said, "Copied.");
    } catch {
      input.focus();
      setText(said, "The browser does not let this page copy. It is selected: copy it by Ctrl C.");
    }
  };
  return el("div", { class: "field secret" }, el("label", { for: id }, label),
    el("div", { class: "beside" }, input, el("button", { type: "button", click: copy }, "Copy")), said);
}

/**
 * @param {"radio" | "checkbox"} type
 * @param {string} name
 * @param {{value: string, label: string, hint: string, checked?: boolean}} option
 * @returns {HTMLElement}
 */
export function option(type, name, { value, label, hint, checked = false }) {
  const id = `ask-${++asked}`;
  return el("div", { class: "option" },
    el("input", { id, type, name, value, checked, "aria-describedby": `${id}-hint` }),
    el("label", { for: id }, label),
    el("span", { class: "soft", id: `${id}-hint` }, hint));
}
