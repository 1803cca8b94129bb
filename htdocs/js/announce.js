// The polite live region: one sentence at most every ten seconds, the newest one waiting its turn.

import { byId, setText } from "./dom.js";

const PAUSE_MS = 10_000;

let waiting = "";
let timer = 0;

/** @param {string} sentence */
export function announce(sentence) {
  waiting = sentence;
  if (timer === 0) speak();
}

function speak() {
  timer = 0;
  if (waiting === "") return;
  setText(byId("announcer"), waiting);
  waiting = "";
  timer = window.setTimeout(speak, PAUSE_MS);
}
