import { ifNoneMatch } from "./parameters.mjs";
import { EXACT, choice, integer, list, object, ref, shaped, text } from "./schema.mjs";

const checks = (more) =>
  object(
    { mongodb: text(1, 30), redis: text(1, 30), figures: text(1, 30), lag_ms: integer(0, EXACT) },
    { optional: ["lag_ms"], ...more },
  );

/** The schemas; the codes come from the program's own table. */
export function schemas(problems) {
  const codes = [...problems.map((problem) => problem.code)].sort();
  const violation = (place) => object({ [place]: text(0, 200), code: choice(codes), detail: text(1, 500) });
  const problem = {
    type: shaped("^/problems/[a-z_]+$", 60, { description: "The address of a page about the code." }),
    title: text(1, 100),
    status: integer(400, 599),
    detail: text(0, 500),
    code: choice(codes),
    request_id: shaped("^[0-9a-fA-F-]{8,64}$", 64),
    errors: list(ref("Violation"), 1000, { description: "Every violation, in the order of the request." }),
  };
  return {
    Violation: {
      oneOf: [violation("pointer"), violation("parameter"), violation("header")],
      description: "Where: a JSON pointer into the body, a parameter, or a header.",
    },
    Problem: object(problem, { description: "RFC 9457. What was sent is never repeated." }),
    NotReady: object({ ...problem, checks: checks() }, { optional: ["checks"] }),
    Ready: object({ status: choice(["ready"]), checks: checks() }),
    Alive: object({ status: choice(["ok"]) }),
    Version: object({ name: choice(["takings"]), version: text(1, 50), definitions_version: integer(1, 1000) }),
    Document: { type: "object", description: "This document." },
  };
}

export const tag = { name: "Service", description: "Probes, and this document." };
export const routes = [
  {
    id: "getHealth",
    method: "get",
    path: "/healthz",
    flags: ["public"],
    summary: "Whether a worker serves",
    answers: { 200: { description: "It does.", schema: ref("Alive") } },
  },
  {
    id: "getReadiness",
    method: "get",
    path: "/readyz",
    flags: ["public"],
    summary: "Whether MongoDB and Redis answer and the figures have a position",
    answers: { 200: { description: "They do.", schema: ref("Ready") } },
    problemSchemas: { 503: ref("NotReady") },
  },
  {
    id: "getVersion",
    method: "get",
    path: "/version",
    flags: ["public"],
    summary: "Name and version",
    answers: { 200: { description: "The version.", schema: ref("Version") } },
  },
  {
    id: "getDocument",
    method: "get",
    path: "/v1/openapi.json",
    flags: ["public", "file"],
    summary: "This document",
    parameters: [ifNoneMatch],
    answers: {
      200: { description: "OpenAPI 3.1.", schema: ref("Document"), headers: ["ETag"] },
      304: { description: "Unchanged since `If-None-Match`.", headers: ["ETag"] },
    },
  },
];
