import * as p from "./parameters.mjs";
import {
  EXACT,
  boolean,
  choice,
  currency,
  exponent,
  id,
  instant,
  integer,
  list,
  nullable,
  object,
  page,
  position,
  prose,
  ref,
  shaped,
  text,
  zone,
} from "./schema.mjs";

const METRICS = "/v1/merchants/{merchant}/metrics";
/** Hours of 100 days, in the longest of zones, or days of 10 years. */
const BUCKETS_MAX = 4000;
const CURRENCIES_MAX = 16;

const sum = (more = {}) => integer(-EXACT, EXACT, more);
const figure = nullable(sum({ description: "Null: unknown." }));
const average = nullable(ref("Average"));

const stamp = (orNull) => ({
  as_of: orNull(instant({ description: "The figures are exact at this instant." })),
  lag_ms: orNull(integer(0, EXACT, { description: "How long ago that was, in milliseconds." })),
  position: orNull(position()),
});
const asked = {
  from: instant(),
  to: instant(),
  range: choice(p.RANGES),
  interval: choice(p.INTERVALS),
  currency: currency(),
  compare: p.compare.schema,
  match: p.match.schema,
};
const compared = (data) =>
  nullable(
    object({
      from: instant(),
      to: instant(),
      through: nullable(instant({ description: "Where both sides are cut, when the range is still running." })),
      data,
      current: nullable(data),
    }),
  );

/** The schemas; the names of the metrics come from the program's own table. */
export function schemas(definitions) {
  const names = definitions.map((metric) => metric.name);
  const additive = definitions.filter((metric) => metric.additive).map((metric) => metric.name);
  const isRatio = (name) => name === "average_order_value";
  const byName = (schemaOf) => Object.fromEntries(names.map((name) => [name, schemaOf(name)]));
  const query = (more) =>
    object(
      { ...asked, metrics: list(choice(names), names.length, { minItems: 1 }), ...more },
      {
        optional: ["range", "interval", "currency", "compare", "match", "metrics"],
      },
    );
  const totals = list(ref("Totals"), CURRENCIES_MAX, {
    description: "One for each currency; they are never added together.",
  });
  const meta = {
    ...stamp((schema) => schema),
    complete: boolean({ description: "The range has ended, and nothing in it is unknown." }),
    verified_through: nullable(instant({ description: "Proved against the ledger up to here." })),
    timezone: zone(),
    currency: nullable(currency()),
    exponent: nullable(exponent()),
    definitions_version: integer(1, 1000),
    warnings: list(ref("Warning"), 60),
  };
  return {
    Average: object(
      { value: sum(), numerator: sum(), denominator: integer(1, EXACT) },
      { description: "`value` is `numerator` / `denominator`, rounded half to even." },
    ),
    Warning: object(
      {
        code: choice(["parked", "rebuilding", "figure_unknown", "unreadable_entries"]),
        detail: text(1, 500),
        from: instant({ description: "Of `parked`: where the unknown hour begins." }),
        to: instant({ description: "Of `parked`: where the unknown hour ends." }),
      },
      { optional: ["from", "to"] },
    ),
    Meta: object(meta),
    Figures: object(
      byName((name) => (isRatio(name) ? average : figure)),
      {
        optional: names,
        description: "By name; only those asked for.",
      },
    ),
    Totals: object({ currency: currency(), exponent: exponent(), metrics: ref("Figures") }),
    Columns: object(
      byName((name) => list(isRatio(name) ? average : figure, BUCKETS_MAX)),
      {
        optional: names,
        description: "By name, as long as `start`.",
      },
    ),
    Series: object({
      currency: currency(),
      exponent: exponent(),
      interval: choice(p.INTERVALS),
      start: list(integer(0, 10 ** 11), BUCKETS_MAX, {
        description: "Each bucket's start in seconds since the epoch.",
      }),
      values: ref("Columns"),
    }),
    Summary: object({ data: totals, comparison: compared(totals), query: query({}), meta: ref("Meta") }),
    SeriesAnswer: object({
      data: ref("Series"),
      comparison: compared(ref("Series")),
      query: query({}),
      meta: ref("Meta"),
    }),
    TraceEntry: object({
      entry: shaped("^(ord|rfd)_[0-7][0-9A-HJKMNP-TV-Z]{25}$", 30),
      order: id("ord"),
      kind: choice(["order", "refund"]),
      at: instant(),
      value: sum({ description: "What it adds to the figure." }),
      running_sum: sum({ description: "Over all pages up to here." }),
    }),
    Trace: page(ref("TraceEntry"), 200, {
      figure: nullable(sum({ description: "What the entries come to." })),
      query: object(
        {
          from: instant(),
          to: instant(),
          range: choice(p.RANGES),
          currency: currency(),
          metric: choice([...additive, "net_sales"]),
          limit: integer(1, 200),
        },
        {
          optional: ["range", "currency", "limit"],
        },
      ),
      meta: object({ ...meta, pinned_position: position({ description: "All pages are of this instant." }) }),
    }),
    Definition: object({
      name: choice(names),
      label: text(1, 100),
      unit: choice(["count", "money"]),
      additive: boolean(),
      formula: text(1, 500),
      date_basis: choice(["placed_at", "refunded_at", "both"]),
      version: integer(1, 1000),
      example: nullable(object({ entries: list(ref("ExampleEntry"), 10), value: { anyOf: [sum(), ref("Average")] } })),
    }),
    ExampleEntry: object(
      { order: ref("NewOrder"), refund: ref("NewRefund"), of: integer(0, 10) },
      {
        optional: ["order", "refund", "of"],
        description: "A body to be posted; `of`: which entry it gives back.",
      },
    ),
    Definitions: object({ data: list(ref("Definition"), 50), meta: object({ definitions_version: integer(1, 1000) }) }),
    Restatement: object({
      id: prose(1, 1024, { description: "Of the entry, or of the import." }),
      cause: choice(["order", "refund", "import"]),
      entries: integer(1, EXACT, { description: "How many late entries it is made of." }),
      first_at: instant({ description: "The earliest time that they belong to." }),
      last_at: instant({ description: "The latest time that they belong to." }),
      recorded_at: instant({ description: "When the last of them was recorded." }),
      changes: list(
        object({
          currency: nullable(currency()),
          exponent: nullable(exponent()),
          metrics: nullable(ref("Figures")),
        }),
        CURRENCIES_MAX,
      ),
    }),
    Restatements: page(ref("Restatement"), 200, {
      query: object({ from: instant(), to: instant(), limit: integer(1, 200) }, { optional: ["from", "to"] }),
      meta: object({ timezone: zone() }),
    }),
    Status: object({
      data: object({
        state: choice(["ok", "rebuilding", "unavailable"], {
          description: "rebuilding: dated or not there yet; unavailable: the figures' store does not answer.",
        }),
        ...stamp(nullable),
        rebuild: nullable(object({ to: position(), merchant_done: boolean() })),
        recuts: nullable(
          list(object({ timezone: zone() }), 1, { description: "The zone for which all is about to be made anew." }),
        ),
        parked: nullable(
          list(object({ from: instant(), to: instant(), currency: nullable(currency()) }), 100000, {
            description: "Hours that are unknown.",
          }),
        ),
        last_verify: nullable(
          object({ at: instant(), from: instant(), to: instant(), ok: boolean(), differing: integer(0, EXACT) }),
        ),
        verified_through: nullable(instant()),
        quarantine: nullable(
          integer(0, EXACT, { description: "Keys in the ledger that no program of Takings wrote." }),
        ),
        drift: nullable(integer(0, EXACT, { description: "Differences ever found; must be 0." })),
        restatements: nullable(integer(0, EXACT, { description: "How often late entries changed figures." })),
        late_entries: nullable(integer(0, EXACT, { description: "Recorded 2 hours or more after their time." })),
      }),
      meta: object({ ...meta, ...stamp(nullable), timezone: nullable(zone()) }),
    }),
  };
}

const FIGURES = [
  "invalid_field",
  "invalid_currency",
  "invalid_range",
  "range_too_large",
  "sum_out_of_range",
  "too_stale",
  "rebuilding",
  "position_not_reached",
];
const STAMPED = ["ETag", "Takings-As-Of", "Takings-Position"];
const answers = (name, example) => ({
  200: { description: "The figures.", schema: ref(name), headers: STAMPED, ...(example ? { example } : {}) },
  304: { description: "Unchanged since `If-None-Match`.", headers: STAMPED },
});
const csv = (description) => ({ type: "string", maxLength: 16777216, description });

const exampleSummary = {
  data: [
    {
      currency: "EUR",
      exponent: 2,
      metrics: {
        orders: 12,
        net_sales: 28800,
        average_order_value: { value: 2400, numerator: 28800, denominator: 12 },
      },
    },
  ],
  comparison: null,
  query: {
    from: "2026-11-15T23:00:00Z",
    to: "2026-11-22T23:00:00Z",
    range: "last_7d",
    metrics: ["orders", "net_sales", "average_order_value"],
  },
  meta: {
    as_of: "2026-11-23T14:45:12.345Z",
    lag_ms: 41,
    position: "p1_6b04517800000007",
    complete: true,
    verified_through: "2026-11-23T13:00:00Z",
    timezone: "Europe/Berlin",
    currency: "EUR",
    exponent: 2,
    definitions_version: 1,
    warnings: [],
  },
};

export const tag = { name: "Figures", description: "Sums over all orders and refunds, exact at a stated instant." };

export function routes(definitions) {
  const names = definitions.map((metric) => metric.name);
  const traceable = [...definitions.filter((metric) => metric.additive).map((metric) => metric.name), "net_sales"];
  const range = [p.from, p.to, p.range];
  const fresh = [p.after, p.maxStaleness];
  return [
    {
      id: "getSummary",
      method: "get",
      path: `${METRICS}/summary`,
      scope: "metrics:read",
      flags: [],
      summary: "Totals of a range",
      parameters: [...range, p.metrics(names), p.inCurrency, p.compare, p.match, ...fresh, p.ifNoneMatch],
      answers: answers("Summary", exampleSummary),
      problems: FIGURES,
    },
    {
      id: "getSeries",
      method: "get",
      path: `${METRICS}/series`,
      scope: "metrics:read",
      flags: [],
      summary: "Figures of each hour, day, week or month of a range",
      parameters: [...range, p.interval, p.metrics(names), p.inCurrency, p.compare, p.match, ...fresh, p.ifNoneMatch],
      answers: answers("SeriesAnswer"),
      problems: [...FIGURES, "currency_required"],
    },
    {
      id: "traceFigure",
      method: "get",
      path: `${METRICS}/trace`,
      scope: "orders:read",
      flags: [],
      summary: "The very entries that a figure is the sum of",
      parameters: [...range, p.inCurrency, p.metric(traceable), p.limit(100), p.cursorBefore, p.format, ...fresh],
      answers: {
        200: {
          description: "In order of time; only entries that add something.",
          schema: ref("Trace"),
          headers: ["Content-Disposition?", "Takings-As-Of?", "Takings-Position?", "Takings-Figure"],
          also: { "text/csv": { schema: csv("Columns as the members of an entry.") } },
        },
      },
      problems: [...FIGURES, "currency_required", "invalid_cursor", "out_of_range"],
    },
    {
      id: "exportSeries",
      method: "get",
      path: `${METRICS}/export.csv`,
      scope: "metrics:read",
      flags: [],
      summary: "A series as CSV, with money in major units",
      parameters: [...range, p.interval, p.metrics(names), p.inCurrency, ...fresh],
      answers: {
        200: {
          description: "One row per bucket; an empty cell is unknown or undefined.",
          type: "text/csv",
          schema: csv("RFC 4180, in UTF-8, with a header."),
          headers: ["Content-Disposition", "Takings-As-Of", "Takings-Position"],
          example:
            "start,end,currency,orders,net_sales\r\n2026-11-23T00:00:00+01:00,2026-11-24T00:00:00+01:00,EUR,12,288.00\r\n",
        },
      },
      problems: [...FIGURES, "currency_required"],
    },
    {
      id: "getDefinitions",
      method: "get",
      path: `${METRICS}/definitions`,
      scope: "metrics:read",
      flags: [],
      summary: "What each metric means, with an example",
      answers: { 200: { description: "The metrics.", schema: ref("Definitions") } },
    },
    {
      id: "listRestatements",
      method: "get",
      path: "/v1/merchants/{merchant}/restatements",
      scope: "metrics:read",
      flags: [],
      summary: "What late entries changed in figures of the past, newest first",
      parameters: [p.since, p.until, p.limit(50), p.cursorBefore],
      answers: { 200: { description: "A page.", schema: ref("Restatements") } },
      problems: ["invalid_cursor", "invalid_field", "out_of_range", "invalid_range"],
    },
    {
      id: "getStatus",
      method: "get",
      path: "/v1/merchants/{merchant}/status",
      scope: "metrics:read",
      flags: [],
      summary: "How the figures stand, also while they cannot be read",
      answers: { 200: { description: "What cannot be asked just now is null.", schema: ref("Status") } },
    },
    {
      id: "listen",
      method: "get",
      path: "/v1/merchants/{merchant}/live",
      scope: "metrics:read",
      flags: ["events"],
      summary: "A stream of hints that figures changed",
      description:
        "Server-sent events. `changed`: something may have changed, in the hours that are named by their start, or anywhere; ask again. Never a figure. `heartbeat`: every second while changes are known to come. The stream ends after a quarter of an hour, or at once with the session, key or role that let the caller in; come again with `Last-Event-ID`.",
      parameters: [p.lastEventId],
      answers: {
        200: {
          description: "Goes on and on.",
          type: "text/event-stream",
          schema: {
            type: "string",
            maxLength: 16777216,
            description:
              'The data of `changed`: `{"position","hours":[…],"more"}` or `{"position","all":true}`, of `heartbeat`: `{}`.',
          },
          example:
            'retry: 1000\n\nevent: changed\nid: p1_6b04517800000007\ndata: {"position":"p1_6b04517800000007","hours":[1795777200],"more":false}\n\nevent: heartbeat\ndata: {}\n\n',
        },
      },
    },
  ];
}
