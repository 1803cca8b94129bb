import * as p from "./parameters.mjs";
import {
  characters,
  choice,
  currency,
  email,
  exponent,
  id,
  instant,
  list,
  locale,
  map,
  merchantId,
  nullable,
  object,
  page,
  prose,
  ref,
  shaped,
  text,
  zone,
} from "./schema.mjs";

const MERCHANT = "/v1/merchants/{merchant}";
const SCOPES = ["orders:write", "orders:read", "orders:import", "refunds:write", "metrics:read"];
const ROLES = ["owner", "analyst", "clerk"];
const ACTIONS = [
  "merchant.add",
  "key.create",
  "key.revoke",
  "member.add",
  "member.role",
  "member.remove",
  "settings.change",
  "session.start",
  "session.fail",
  "sessions.end",
  "password.change",
  "quarantine.retry",
];

const currencies = (more = {}) => list(currency(), 16, { minItems: 1, uniqueItems: true, ...more });
const merchant = {
  id: merchantId(),
  name: prose(1, 200),
  timezone: zone(),
  currencies: currencies(),
  exponents: map(shaped("^[A-Z]{3}$", 3), exponent(), 16, { description: "Digits of the minor unit, by currency." }),
  locale: nullable(
    locale({ description: "By which pages write its figures and dates; null: as each reader's own, or MongoDB is away." }),
  ),
};
const role = (more = {}) =>
  choice(ROLES, {
    description: "owner: everything; analyst: reads figures and orders; clerk: reads and writes orders.",
    ...more,
  });
const password = (more = {}) => characters(1, 1024, { format: "password", ...more });

export const schemas = {
  Credentials: object({ email: characters(1, 254), password: password() }),
  NewPassword: object({ current: password(), new: password({ minLength: 10 }) }),
  Merchant: object({ ...merchant, role: choice([...ROLES, "key"]) }),
  Merchants: object({ data: list(ref("Merchant"), 10000) }),
  Session: object({
    user: object({ email: email() }),
    merchants: list(ref("Merchant"), 10000),
    csrf: text(20, 100, { description: "To be sent as X-CSRF-Token with whatever changes something." }),
  }),
  Key: object({
    id: id("key"),
    name: nullable(prose(1, 100)),
    scopes: list(choice(SCOPES), SCOPES.length, { minItems: 1 }),
    created_at: instant(),
    expires_at: nullable(instant()),
    last_used_at: nullable(instant({ description: "To the minute; null: never, or not known any more." })),
    revoked_at: nullable(instant()),
  }),
  Keys: page(ref("Key"), 200),
  NewKey: object(
    {
      scopes: list(choice(SCOPES), SCOPES.length, { minItems: 1, uniqueItems: true }),
      name: prose(1, 100),
      expires_at: instant({ description: "In the future, at most 10 years ahead. Default: never." }),
    },
    { optional: ["name", "expires_at"] },
  ),
  MadeKey: object({
    key: ref("Key"),
    secret: shaped("^tk_live_[A-Za-z0-9_-]+$", 128, { description: "Shown this once." }),
  }),
  Member: object({ user: id("usr"), email: email(), role: role() }),
  Members: page(ref("Member"), 200),
  NewMember: object(
    { email: email(), role: role(), password: password({ minLength: 10 }) },
    { optional: ["password"] },
  ),
  AddedMember: object({
    member: ref("Member"),
    password: nullable(password({ description: "Made for a new person, shown this once." })),
  }),
  ChangedMember: object({ member: ref("Member") }),
  NewRole: object({ role: role() }),
  Settings: object({ merchant: object(merchant) }),
  NewSettings: object(
    {
      name: prose(1, 200),
      currencies: currencies({ description: "All that are there and new ones; none can go." }),
      timezone: zone(),
      locale: nullable(locale({ description: "A language tag of BCP 47, no variant twice; null: none." })),
    },
    { optional: ["name", "currencies", "timezone", "locale"] },
  ),
  AuditRecord: object({
    id: id("aud"),
    at: instant(),
    who: nullable(
      shaped("^((usr|key)_[0-9A-Z]{26}|cli|nobody)$", 30, {
        description: "A person; `cli`: the command line at the server; `nobody`: a log-in that failed.",
      }),
    ),
    email: nullable(email({ description: "That person's, as it is now." })),
    action: choice(ACTIONS),
    subject: nullable(prose(1, 300, { description: "What it was done to." })),
    detail: nullable(prose(1, 1000, { description: "Scopes, the role, what has changed, the address of a log-in." })),
    request_id: nullable(shaped("^[0-9a-fA-F-]{8,64}$", 64)),
  }),
  Audit: page(ref("AuditRecord"), 200),
  QuarantineEntry: object({
    id: p.quarantineId.schema,
    key: text(0, 100, { description: "As far as it can be shown; other bytes than visible ASCII as \\xNN." }),
    reason: text(0, 100),
    seen_at: instant({ description: "When it was met last." }),
  }),
  Quarantine: page(ref("QuarantineEntry"), 200),
  Retry: object({ retry: object({ id: p.quarantineId.schema, state: choice(["asked"]) }) }),
};

const admin = (method, path, more) => ({ method, path: MERCHANT + path, scope: "admin", flags: [], ...more });
const adminChange = (method, path, more) =>
  admin(method, path, { flags: more.body ? ["body", "csrf"] : ["csrf"], ...more });
const KEPT_SECRET = "Not kept by any cache.";

export const sessions = {
  tag: { name: "Sessions", description: "People: logging in and out, and which merchants a caller may enter." },
  routes: [
    {
      id: "logIn",
      method: "post",
      path: "/v1/session",
      flags: ["public", "body", "origin"],
      summary: "Log in",
      body: ref("Credentials"),
      bodyExample: { email: "owner@example.com", password: "correct horse battery" },
      answers: {
        200: { description: "Logged in; the cookie is the session.", schema: ref("Session"), headers: ["Set-Cookie"] },
      },
      problems: ["unauthenticated"],
    },
    {
      id: "getSession",
      method: "get",
      path: "/v1/session",
      flags: ["session"],
      summary: "Who is logged in",
      answers: { 200: { description: "The session.", schema: ref("Session") } },
    },
    {
      id: "logOut",
      method: "delete",
      path: "/v1/session",
      flags: ["session", "csrf"],
      summary: "Log out",
      answers: { 204: { description: "The session is over.", headers: ["Set-Cookie"] } },
    },
    {
      id: "logOutEverywhere",
      method: "delete",
      path: "/v1/sessions",
      flags: ["session", "csrf"],
      summary: "End all sessions of this person",
      answers: { 204: { description: "All are over, this one too.", headers: ["Set-Cookie"] } },
    },
    {
      id: "changePassword",
      method: "put",
      path: "/v1/me/password",
      flags: ["session", "csrf", "body"],
      summary: "Change one's own password",
      description: "Ends all other sessions, and renews this one.",
      body: ref("NewPassword"),
      answers: { 204: { description: "Changed.", headers: ["Set-Cookie"] } },
    },
    {
      id: "listMerchants",
      method: "get",
      path: "/v1/merchants",
      flags: [],
      summary: "The caller's merchants",
      description: "A key has one; its role is `key`.",
      answers: { 200: { description: "All of them.", schema: ref("Merchants") } },
      problems: ["rebuilding"],
    },
  ],
};

export const administration = {
  tag: {
    name: "Administration",
    description: "For owners, logged in: keys, members, settings, the audit, the quarantine.",
  },
  routes: [
    admin("get", "/keys", {
      id: "listKeys",
      summary: "List API keys, newest first",
      parameters: [p.limit(50), p.cursorBefore],
      answers: { 200: { description: "A page; revoked keys too.", schema: ref("Keys") } },
      problems: ["invalid_cursor", "invalid_field", "out_of_range"],
    }),
    adminChange("post", "/keys", {
      id: "createKey",
      summary: "Make an API key",
      description: "A merchant has 100 at most that are neither revoked nor expired.",
      body: ref("NewKey"),
      bodyExample: { name: "till 7", scopes: ["orders:write"] },
      answers: {
        201: {
          description: `The key and, this once, its secret. ${KEPT_SECRET}`,
          schema: ref("MadeKey"),
          headers: ["Location"],
        },
      },
      problems: ["invalid_timestamp", "out_of_range", "too_many_items"],
    }),
    adminChange("delete", "/keys/{id}", {
      id: "revokeKey",
      summary: "Revoke an API key, at once",
      parameters: [p.keyId],
      answers: { 204: { description: "Revoked, now or before." } },
    }),
    admin("get", "/members", {
      id: "listMembers",
      summary: "List members, newest users first",
      parameters: [p.limit(50), p.cursorBefore],
      answers: { 200: { description: "A page.", schema: ref("Members") } },
      problems: ["invalid_cursor", "invalid_field", "out_of_range"],
    }),
    adminChange("post", "/members", {
      id: "addMember",
      summary: "Add a member",
      description: "A merchant has 100 at most. Somebody who is known already can be added by an owner of all their merchants only.",
      body: ref("NewMember"),
      bodyExample: { email: "clerk@example.com", role: "clerk" },
      answers: { 201: { description: `Added. ${KEPT_SECRET}`, schema: ref("AddedMember") } },
      problems: ["too_many_items"],
    }),
    adminChange("patch", "/members/{id}", {
      id: "changeMember",
      summary: "Change a member's role",
      description: "Ends all sessions of that person. The last owner stays one.",
      parameters: [p.userId],
      body: ref("NewRole"),
      bodyExample: { role: "analyst" },
      answers: { 200: { description: "Changed.", schema: ref("ChangedMember") } },
    }),
    adminChange("delete", "/members/{id}", {
      id: "removeMember",
      summary: "Remove a member",
      description: "Ends all sessions of that person. The last owner stays.",
      parameters: [p.userId],
      answers: { 204: { description: "Removed." } },
      problems: ["invalid_field"],
    }),
    admin("get", "/settings", {
      id: "getSettings",
      summary: "The merchant's settings",
      answers: { 200: { description: "The settings.", schema: ref("Settings") } },
    }),
    adminChange("patch", "/settings", {
      id: "changeSettings",
      summary: "Change name, currencies, time zone or locale",
      description: "A new zone or currency has all figures made anew, within seconds; what is not sent stays. One new zone, or retry " +
        "of the quarantine, in 60 seconds; else 429.",
      body: ref("NewSettings"),
      bodyExample: { name: "Corner shop" },
      answers: { 200: { description: "The settings as they are now.", schema: ref("Settings") } },
      problems: ["invalid_timezone", "invalid_currency", "too_many_items"],
    }),
    admin("get", "/audit", {
      id: "listAudit",
      summary: "Who did what, newest first",
      parameters: [p.limit(50), p.cursorBefore],
      answers: { 200: { description: "A page.", schema: ref("Audit") } },
      problems: ["invalid_cursor", "invalid_field", "out_of_range"],
    }),
    admin("get", "/quarantine", {
      id: "listQuarantine",
      summary: "Keys in the ledger that no program of Takings wrote",
      description: "They are in no figure. Newest first.",
      parameters: [p.limit(50), p.cursorBefore],
      answers: { 200: { description: "A page.", schema: ref("Quarantine") } },
      problems: ["invalid_cursor", "invalid_field", "out_of_range"],
    }),
    adminChange("post", "/quarantine/{id}/retry", {
      id: "retryQuarantine",
      summary: "Have a key of the quarantine looked at again",
      description: "Has all figures of the merchant made anew; what is understood by then is counted. One retry, or new time zone, in " +
        "60 seconds; else 429.",
      parameters: [p.quarantineId],
      answers: { 202: { description: "Asked.", schema: ref("Retry") } },
    }),
  ],
};
