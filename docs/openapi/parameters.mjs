// The parameters that several routes share, and headers.
import {
  currency,
  choice,
  code,
  cursor,
  id,
  idempotencyText,
  integer,
  merchantId,
  position,
  shaped,
  text,
} from "./schema.mjs";

const query = (name, schema, description, more = {}) => ({ name, in: "query", description, schema, ...more });
const path = (name, schema, description) => ({ name, in: "path", required: true, description, schema });
const header = (name, schema, description, more = {}) => ({ name, in: "header", description, schema, ...more });

/** What fits into a header's line at the front door, of 8 KiB with name, colon, blank and end of line. */
const anyHeader = (name, description) => header(name, text(0, 8192 - `${name}: \r\n`.length), description);

const DATE = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
const CLOCK = "T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";
const moment = () => shaped(`^${DATE}(${CLOCK})?$`, 40);

export const RANGES = [
  "today",
  "yesterday",
  "last_7d",
  "last_28d",
  "last_30d",
  "mtd",
  "last_month",
  "qtd",
  "ytd",
  "last_12mo",
];
export const INTERVALS = ["hour", "day", "week", "month"];

export const merchant = path("merchant", merchantId(), "The merchant's id.");
export const orderId = path("id", id("ord"), "The order's id.");
export const keyId = path("id", id("key"), "The key's id.");
export const userId = path("id", id("usr"), "The person's id.");
export const quarantineId = path("id", shaped("^qua_[0-9a-f]{32}$", 36), "An id of the list of the quarantine.");

export const from = query(
  "from",
  moment(),
  "The start, which belongs to the range: a date (its local start) or an instant at the start of a local hour. Together with `to`.",
  { example: "2026-11-01" },
);
export const to = query("to", moment(), "The end, which does not belong to the range. Together with `from`.", {
  example: "2026-12-01",
});
export const since = query("from", moment(), "A date (its local start) or an instant: this and later.", {
  example: "2026-11-01",
});
export const until = query("to", moment(), "A date (its local start) or an instant: earlier than this.", {
  example: "2026-12-01",
});
export const range = query(
  "range",
  choice(RANGES),
  "Instead of `from` and `to`: a range by name, in the merchant's zone. `last_…` are full days or months before today; `…td` begin with the month, quarter or year and end with today.",
  { example: "last_7d" },
);
export const interval = query(
  "interval",
  choice(INTERVALS),
  "The size of the buckets. Hours for at most 100 days, the others for 10 years; weeks (from Monday) and months need whole days. Default: hours up to 3 days, days up to 100, weeks up to 366, then months.",
);
export const inCurrency = query(
  "currency",
  currency(),
  "One of the merchant's currencies. Needed where one has to be chosen and the merchant has several.",
  { example: "EUR" },
);
export const compare = query(
  "compare",
  choice(["previous_period", "previous_year"]),
  "What to compare with: as many days (or hours) before, or the calendar's unit before; or the year before.",
);
export const match = query(
  "match",
  choice(["weekday", "date"]),
  "With `compare=previous_year`: by weekday (364 days before; the default) or by date.",
);
export const after = query(
  "after",
  position(),
  "A position of a receipt: wait until the figures include it, at most 2 s.",
);
export const maxStaleness = query(
  "max_staleness",
  shaped("^[0-9]{1,9}(ms|s)$", 11),
  "503 `too_stale` rather than figures older than this.",
  { example: "5s" },
);
export const metrics = (names) =>
  query(
    "metrics",
    shaped(`^(${names.join("|")})(,(${names.join("|")})){0,${names.length - 1}}$`, 400),
    "Names of metrics joined by commas, each once. Default: all.",
    { example: "orders,net_sales" },
  );
export const metric = (names) => query("metric", choice(names), "The figure that is traced.", { required: true });

export const limit = (byDefault) => query("limit", integer(1, 200, { default: byDefault }), "How many at most.");
export const cursorBefore = query(
  "cursor",
  cursor(),
  "`next_cursor` of the page before, with the same other parameters.",
);
export const reference = query("reference", code(), "Exactly this reference.");
export const byIdempotencyKey = query(
  "idempotency_key",
  idempotencyText(),
  "The order that was sent with this key.",
);
export const dryRun = query("dry_run", choice(["true", "false"]), "`true`: check and total without storing.");
export const format = query(
  "format",
  choice(["json", "csv"], { default: "json" }),
  "`csv`: all entries in one answer, at most 50,000.",
);

export const idempotencyKey = header(
  "Idempotency-Key",
  shaped("^[!-~]{0,255}$", 255),
  [
    "Needed, but for `dry_run=true`: 1 to 255 visible ASCII characters of your own, new for each order or refund, and the",
    "same when you try again. An empty one counts as none.",
  ].join(" "),
  { example: "till-7-000123" },
);
export const origin = anyHeader(
  "Origin",
  "What a browser sends. With a session it is needed and must be the origin under which the service is published; with a key it counts for nothing.",
);
export const lastEventId = anyHeader(
  "Last-Event-ID",
  "The `id` of the last event that came: if nothing was told since, the stream does not begin with a hint.",
);
export const ifNoneMatch = anyHeader("If-None-Match", "An `ETag` that is known: 304 if it has not changed.");

const answered = (schema, description, more = {}) => ({ schema, description, ...more });
export const headers = {
  "Request-Id": answered(shaped("^[0-9a-fA-F-]{8,64}$", 64), "Names this request in the service's logs.", {
    required: true,
  }),
  Location: answered(shaped("^/v1/merchants/[^\\s]+$", 200), "The address of what was made.", { required: true }),
  "Idempotent-Replayed": answered(
    choice(["true"]),
    "The key was used before, with the same body: this is the first answer again.",
  ),
  ETag: answered(shaped('^(W/)?"[!#-~]+"$', 100), "Changes with what is told.", { required: true }),
  "Takings-As-Of": answered(shaped("^[0-9TZ:.-]+$", 40), "`meta.as_of`, also of a 304.", { required: true }),
  "Takings-Position": answered(position(), "`meta.position`, also of a 304.", { required: true }),
  "Takings-Figure": answered(shaped("^(-?[0-9]{1,16}|null)$", 17), "`figure`, of a trace as CSV."),
  "Set-Cookie": answered(text(1, 4096), "The session's cookie.", { required: true }),
  "Content-Disposition": answered(shaped("^attachment; filename=.+$", 200), "To be kept as a file.", {
    required: true,
  }),
  "WWW-Authenticate": answered(text(1, 200), "How to say who you are."),
  "Retry-After": answered(integer(1, 86400), "Seconds to wait.", { required: true }),
  RateLimit: answered(text(1, 200), "What is left of the limit that was reached: `r=0`."),
};

/** What nginx adds to every answer. */
export const everywhere = {
  "RateLimit-Policy": answered(text(1, 500), "The limits of one caller."),
  "Cache-Control": answered(text(1, 100), "Nothing here is for shared caches."),
  "X-Content-Type-Options": answered(choice(["nosniff"]), "The type is what it says."),
  "Referrer-Policy": answered(text(1, 100), "For browsers."),
  "Cross-Origin-Opener-Policy": answered(text(1, 100), "For browsers."),
  "Cross-Origin-Resource-Policy": answered(text(1, 100), "For browsers."),
  "Permissions-Policy": answered(text(1, 1000), "For browsers."),
  "Content-Security-Policy": answered(text(1, 1000), "For browsers."),
  "Strict-Transport-Security": answered(text(1, 100), "For browsers, under https."),
};
