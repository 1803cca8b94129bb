// Puts the API's document together and prints it.
//
//   node build.mjs PROBLEMS.json METRICS.json VERSION
//
// The first two are what `takings-worker --problems` and `--metrics` print, so that no code and no metric is told twice.
import { readFileSync } from "node:fs";
import { operation } from "./operation.mjs";
import * as metrics from "./metrics.mjs";
import * as orders from "./orders.mjs";
import * as parameters from "./parameters.mjs";
import * as people from "./people.mjs";
import * as service from "./service.mjs";

const [problemsFile, metricsFile, version] = process.argv.slice(2);
const read = (file) => JSON.parse(readFileSync(file, "utf8"));
const problems = read(problemsFile);
const definitions = read(metricsFile).data;

const groups = [
  orders,
  { tag: metrics.tag, routes: metrics.routes(definitions) },
  people.sessions,
  people.administration,
  service,
];

function paths() {
  const all = {};
  for (const { tag, routes } of groups)
    for (const route of routes) (all[route.path] ??= {})[route.method] = operation(route, tag.name, problems);
  return all;
}

const document = {
  openapi: "3.1.0",
  info: {
    title: "Takings",
    version,
    summary: "Merchant sales analytics: every figure exact at a stated instant.",
    description: [
      "Money is a whole number of the currency's minor unit, with `currency` and `exponent` beside it. Times are RFC 3339,",
      "in answers UTC. `null` among figures means unknown or undefined; zero means zero. A parameter that is unknown or comes",
      "twice is refused. Whatever is refused is `application/problem+json`; each code has a page below `/problems/`. An address",
      "that is none of these answers 404, another method 405 with `Allow`, and what is not HTTP 400, 501 or 505.",
    ].join(" "),
  },
  servers: [{ url: "/" }],
  tags: groups.map(({ tag }) => tag),
  security: [],
  paths: paths(),
  components: {
    schemas: {
      ...orders.schemas,
      ...metrics.schemas(definitions),
      ...people.schemas,
      ...service.schemas(problems),
    },
    headers: { ...parameters.headers, ...parameters.everywhere },
    securitySchemes: {
      key: {
        type: "http",
        scheme: "bearer",
        bearerFormat: "tk_live_…",
        description: "An API key: one merchant, within its scopes.",
      },
      session: {
        type: "apiKey",
        in: "cookie",
        name: "__Host-takings",
        description: "A person's session; under plain http on loopback the cookie is `takings`.",
      },
      csrf: { type: "apiKey", in: "header", name: "X-CSRF-Token", description: "With a session: its `csrf`." },
    },
  },
  "x-headers-of-every-answer": Object.fromEntries(
    Object.keys(parameters.everywhere).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  ),
};

process.stdout.write(`${JSON.stringify(document, null, 1)}\n`);
