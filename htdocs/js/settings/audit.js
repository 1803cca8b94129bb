// Who did what, in words.

import { byId, el } from "../dom.js";
import { PagedList } from "../paged_list.js";
import { clockText, shortDayText } from "../zone.js";
import { scopeLabel } from "./key_form.js";
import { labelOf } from "./members.js";

/**
 * @typedef {object} Entry
 * @property {string} at
 * @property {string | null} who
 * @property {string | null} email
 * @property {string} action
 * @property {string | null} subject
 * @property {string | null} detail
 */

/**
 * @typedef {object} Names
 * @property {(id: string) => string} key
 * @property {(id: string) => string} email  "" for who is no member any more
 */

/** @type {Record<string, (entry: Entry, names: Names) => string | (Node | string)[]>} */
const WORDS = {
  "merchant.add": () => "added the merchant",
  "key.create": ({ subject, detail }, names) =>
    ["made the key ", keyName(subject, names), ` (${(detail ?? "").split(",").map(scopeLabel).join(", ")})`],
  "key.revoke": ({ subject }, names) => ["revoked the key ", keyName(subject, names)],
  "member.add": ({ subject, detail }, names) => `added ${person(subject, names)} as ${labelOf(detail ?? "").toLowerCase()}`,
  "member.role": ({ subject, detail }, names) => `made ${person(subject, names)} ${labelOf(detail ?? "").toLowerCase()}`,
  "member.remove": ({ subject }, names) => `removed ${person(subject, names)}`,
  "settings.change": ({ detail }) => `changed the settings: ${detail ?? ""}`,
  "session.start": ({ detail }) => `logged in from ${detail ?? "an unknown address"}`,
  "session.fail": ({ subject, detail }, names) =>
    `tried to log in as ${person(subject, names)} from ${detail ?? "an unknown address"}, with a wrong password`,
  "sessions.end": ({ who, subject }, names) =>
    (who === subject ? "logged out everywhere" : `ended all sessions of ${person(subject, names)}`),
  "password.change": ({ who, subject }, names) =>
    (who === subject ? "changed their password" : `gave ${person(subject, names)} another password`),
  "quarantine.retry": ({ subject }) => `had the key ${subject ?? ""} of the quarantine looked at again`,
};

export class Audit {
  /**
   * @param {import("../api.js").Api} api
   * @param {import("../session.js").Merchant} merchant
   * @param {Names} names
   */
  constructor(api, merchant, names) {
    this.list = new PagedList(api, byId("audit"), {
      path: `/v1/merchants/${merchant.id}/audit`,
      merchant,
      limit: 20,
      rows: (/** @type {Entry} */ entry) => row(entry, merchant.timezone, names),
      empty: () => ["Nothing yet."],
    });
    byId("refresh-audit").addEventListener("click", () => void this.list.reload());
  }
}

/**
 * @param {Entry} entry
 * @param {string} zone
 * @param {Names} names
 * @returns {HTMLTableRowElement}
 */
function row(entry, zone, names) {
  const ms = Date.parse(entry.at);
  return el("tr", {},
    el("th", { scope: "row" }, `${shortDayText(ms, zone)}, ${clockText(ms, zone)}`),
    el("td", { class: "who" }, el("bdi", {}, whoText(entry))),
    el("td", { class: "grow" }, ...auditWords(entry, names)));
}

/**
 * @param {Entry} entry
 * @param {Names} names
 * @returns {(Node | string)[]}
 */
function auditWords(entry, names) {
  const words = WORDS[entry.action] ?? (() => [entry.action, entry.subject, entry.detail].filter(Boolean).join(" "));
  return [words(entry, names)].flat();
}

/**
 * @param {string | null} id
 * @param {Names} names
 */
function keyName(id, names) {
  return el("bdi", {}, names.key(id ?? ""));
}

/** @param {Entry} entry */
function whoText({ who, email }) {
  if (email) return email;
  return { cli: "The command line", nobody: "Somebody" }[who ?? "nobody"] ?? who ?? "";
}

/**
 * @param {string | null} id
 * @param {Names} names
 */
function person(id, names) {
  return names.email(id ?? "") || id || "somebody";
}
