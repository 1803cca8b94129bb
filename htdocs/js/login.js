// The log-in page: email and password, and back to the address that was wanted.

import { Api, Problem, Unreachable } from "./api.js";
import { byId, setText } from "./dom.js";
import { safeReturn } from "./session.js";

/**
 * @param {unknown} error
 * @returns {string}
 */
function words(error) {
  if (error instanceof Unreachable) return `${error.message}. Your password was not checked; try again.`;
  if (!(error instanceof Problem)) throw error;
  const after = error.retryAfterS > 0 ? `in ${error.retryAfterS} s` : "in a moment";
  if (error.status === 401) return "The email or the password is wrong.";
  if (error.status === 429) return `Too many attempts. Try again ${after}.`;
  if (error.status >= 500) return `Logging in is not possible just now. Try again ${after}. Request ${error.requestId}.`;
  return error.detail || error.message;
}

/**
 * @param {HTMLInputElement} email
 * @param {HTMLInputElement} password
 * @returns {string} "" when both are there
 */
function missing(email, password) {
  if (email.value.trim() === "") return "The email is missing.";
  return password.value === "" ? "The password is missing." : "";
}

/** @param {SubmitEvent} event */
async function submit(event) {
  event.preventDefault();
  const [email, password, button] = [byId("email"), byId("password"), byId("log-in")];
  if (button.getAttribute("aria-disabled") === "true") return;
  const trouble = missing(email, password);
  setText(byId("login-trouble"), trouble);
  if (trouble) return (email.value.trim() === "" ? email : password).focus();
  button.setAttribute("aria-disabled", "true");
  try {
    const body = JSON.stringify({ email: email.value.trim(), password: password.value });
    await new Api(() => {}).post("/v1/session", { body });
    location.replace(safeReturn(new URLSearchParams(location.search).get("next") ?? "/", location.origin));
  } catch (error) {
    button.removeAttribute("aria-disabled");
    setText(byId("login-trouble"), words(error));
    password.focus();
    password.select();
  }
}

byId("login").addEventListener("submit", submit);
