// The log-in page: email and password, and back to the address that was wanted.

import { Api, Problem, Unreachable } from "./api.js";
import { byId, setText } from "./dom.js";
import { markField } from "./posting/fields.js";
import { troubleOf } from "./problem_text.js";
import { lastSession, safeReturn } from "./session.js";

const KEEPS_DRAFTS = /** @type {Record<string, string>} */ ({
  "/new-order.html": "What you typed on the order form is kept.",
  "/order.html": "What you typed is kept.",
  "/settings.html": "What you typed is kept, but for passwords.",
});
const FIELDS = [
  { name: "email", missing: "The email is missing." },
  { name: "password", missing: "The password is missing." },
];

function wantedAddress() {
  return safeReturn(new URLSearchParams(location.search).get("next") ?? "/", location.origin);
}

/** Why somebody stands here who did not mean to. */
function tellArrival() {
  const last = lastSession();
  if (!last) return;
  const kept = KEEPS_DRAFTS[wantedAddress().split(/[?#]/)[0]] ?? "";
  const ended = ["You were logged out.", kept, "Log in to go on where you were."].filter(Boolean).join(" ");
  const place = byId("arrival");
  place.classList.toggle("calm", last === "left");
  place.hidden = false;
  setText(place, last === "left" ? "You are logged out." : ended);
}

/**
 * @param {unknown} error
 * @returns {string}
 */
function words(error) {
  if (error instanceof Unreachable) {
    return navigator.onLine ? `${error.message}; try again.` : "You are offline; try again when the connection is back.";
  }
  if (!(error instanceof Problem)) return `${troubleOf(error).title}.`;
  const after = error.retryAfterS > 0 ? `in ${seconds(error.retryAfterS)}` : "in a moment";
  if (error.status === 401) return "The email or the password is wrong.";
  if (error.status === 429) return `Too many attempts. Try again ${after}.`;
  if (error.status >= 500) return `Logging in is not possible just now. Try again ${after}. Request ${error.requestId}.`;
  return error.detail || error.message;
}

/** @param {number} number */
function seconds(number) {
  return number === 1 ? "1 second" : `${number} seconds`;
}

/** @returns {boolean} whether something is missing, which is then told and has the focus */
function tellMissing() {
  const missing = FIELDS.filter(({ name }) => byId(name).value.trim() === "");
  for (const field of FIELDS) markField(byId(field.name), missing.includes(field) ? field.missing : "");
  if (missing.length > 0) byId(missing[0].name).focus();
  return missing.length > 0;
}

/**
 * The button counts the wait down; the alert says it just once.
 * @param {number} untilMs
 */
function wait(untilMs) {
  const left = Math.ceil((untilMs - Date.now()) / 1000);
  const button = byId("log-in");
  if (left > 0) {
    setText(button, `Log in, in ${left} s`);
    window.setTimeout(() => wait(untilMs), 250);
    return;
  }
  setText(button, "Log in");
  setText(byId("login-trouble"), "");
  button.removeAttribute("aria-disabled");
}

/** @param {SubmitEvent} event */
async function submit(event) {
  event.preventDefault();
  const [email, password, button] = [byId("email"), byId("password"), byId("log-in")];
  if (button.getAttribute("aria-disabled") === "true") return;
  setText(byId("login-trouble"), "");
  if (tellMissing()) return;
  button.setAttribute("aria-disabled", "true");
  setText(button, "Logging in…");
  try {
    const body = JSON.stringify({ email: email.value.trim(), password: password.value });
    await new Api(() => {}).post("/v1/session", { body });
    location.replace(wantedAddress());
  } catch (error) {
    const waitS = error instanceof Problem && error.status === 429 ? error.retryAfterS : 0;
    wait(Date.now() + waitS * 1000);
    setText(byId("login-trouble"), words(error));
    const wrong = error instanceof Problem && error.status === 401;
    (wrong ? password : button).focus();
    if (wrong) password.select(); // what may be right is not for the next key to overwrite
  }
}

function toggleShown() {
  const [password, button] = [byId("password"), byId("show")];
  const shown = password.type === "password";
  password.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
  setText(button, shown ? "Hide" : "Show");
  password.focus();
}

byId("login").addEventListener("submit", submit);
byId("show").addEventListener("click", toggleShown);
byId("login").addEventListener("input", (/** @type {Event} */ event) => markField(/** @type {Element} */ (event.target), ""));
tellArrival();
