// From a route's description to its operation: what the gates of fcgi/router.c and the front door can answer is added
// here, so that a route's own file lists only what is its own.
import { headers, idempotencyKey, merchant, origin } from "./parameters.mjs";
import { ref } from "./schema.mjs";

const FRONT_DOOR = [
  "malformed_request",
  "header_too_large",
  "payload_too_large",
  "uri_too_long",
  "rate_limited",
  "internal",
  "unavailable",
];
const OF_FLAG = {
  /* a file of nginx's, which asks for nothing that the worker asks for */
  file: ["precondition_failed"],
  worker: ["unknown_parameter", "duplicate_parameter", "not_acceptable"],
  body: [
    "truncated_body",
    "malformed_json",
    "duplicate_member",
    "length_required",
    "unsupported_media_type",
    "invalid_field",
    "unknown_field",
  ],
  idempotent: ["idempotency_key_missing", "idempotency_key_invalid", "idempotency_key_reused"],
  csrf: ["csrf"],
  origin: ["csrf"],
  session: ["forbidden"],
};
const HEADERS_OF_STATUS = { 401: ["WWW-Authenticate"], 429: ["Retry-After", "RateLimit"], 503: ["Retry-After"] };

/** By name; one with a question mark behind it may be missing where others always have it. */
const headerRefs = (names) =>
  Object.fromEntries(
    ["Request-Id", ...names].map((name) =>
      name.endsWith("?")
        ? [name.slice(0, -1), { ...headers[name.slice(0, -1)], required: false }]
        : [name, { $ref: `#/components/headers/${name}` }],
    ),
  );

/** All codes of a route, in the order of the table. */
function codesOf(route, problems) {
  const all = new Set([...FRONT_DOOR, ...(route.problems ?? [])]);
  const flags = route.flags.includes("file") ? route.flags : [...route.flags, "worker"];
  for (const flag of flags) for (const code of OF_FLAG[flag] ?? []) all.add(code);
  if (!route.flags.includes("public")) all.add("unauthenticated");
  if (route.path.includes("{merchant}")) all.add("not_found");
  if (route.scope) all.add("forbidden");
  const unknown = [...all].filter((code) => !problems.some((problem) => problem.code === code));
  if (unknown.length > 0) throw new Error(`${route.id}: no such problem: ${unknown.join(", ")}`);
  return problems.filter((problem) => all.has(problem.code));
}

function problemResponse(status, found, schema) {
  return {
    description: found
      .map((problem) => `\`${problem.code}\`: ${problem.title}.`)
      .join(" ")
      .replaceAll("?.", "?"),
    headers: headerRefs(HEADERS_OF_STATUS[status] ?? []),
    content: { "application/problem+json": { schema } },
    "x-codes": found.map((problem) => problem.code),
  };
}

function problemResponses(route, problems) {
  const found = codesOf(route, problems);
  const statuses = [...new Set(found.map((problem) => problem.status))];
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      problemResponse(
        status,
        found.filter((problem) => problem.status === status),
        route.problemSchemas?.[status] ?? ref("Problem"),
      ),
    ]),
  );
}

function goodResponse({ description, schema, example, type = "application/json", headers: names = [], also = {} }) {
  const content =
    schema === undefined ? {} : { [type]: { schema, ...(example === undefined ? {} : { example }) }, ...also };
  return {
    description,
    headers: headerRefs(names),
    ...(Object.keys(content).length > 0 ? { content } : {}),
  };
}

/** Who may call, in the words of OpenAPI: the scope stands where roles may stand. */
function security(route) {
  if (route.flags.includes("public")) return [];
  const scopes = route.scope ? [route.scope] : [];
  const session = { session: scopes, ...(route.flags.includes("csrf") ? { csrf: [] } : {}) };
  const forPeople = route.flags.includes("session") || route.scope === "admin";
  return forPeople ? [session] : [{ key: scopes }, session];
}

function parameters(route) {
  const flags = route.flags;
  return [
    ...(route.path.includes("{merchant}") ? [merchant] : []),
    ...(route.parameters ?? []),
    ...(flags.includes("idempotent") ? [idempotencyKey] : []),
    ...(flags.includes("csrf") || flags.includes("origin") ? [origin] : []),
  ];
}

export function operation(route, tag, problems) {
  const { body, bodyType = "application/json", bodyExample } = route;
  const answers = Object.entries(route.answers).map(([status, answer]) => [status, goodResponse(answer)]);
  return {
    tags: [tag],
    operationId: route.id,
    summary: route.summary,
    ...(route.description ? { description: route.description } : {}),
    security: security(route),
    parameters: parameters(route),
    ...(body
      ? {
          requestBody: {
            required: true,
            content: { [bodyType]: { schema: body, ...(bodyExample ? { example: bodyExample } : {}) } },
          },
        }
      : {}),
    responses: { ...Object.fromEntries(answers), ...problemResponses(route, problems) },
  };
}
