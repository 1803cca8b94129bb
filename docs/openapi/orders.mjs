import * as p from "./parameters.mjs";
import {
  amount,
  boolean,
  code,
  currency,
  date,
  exponent,
  id,
  idempotencyText,
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
  ULID,
  zone,
} from "./schema.mjs";

const ORDERS = "/v1/merchants/{merchant}/orders";
const LINES_MAX = 200;
const UNITS_MAX = LINES_MAX * 10 ** 6;
/** As in lib/domain/refund.h. */
const REFUNDS_MAX = 1000;

const requestId = () =>
  shaped(`^([0-9a-fA-F-]{8,64}|${ULID})$`, 64, {
    description: "Of the request that stored it, or the id of the import that did; as in the logs.",
  });
const productId = shaped("^[!-~]{1,64}$", 64, { description: "Visible ASCII without blanks." });
const quantity = () => integer(1, 10 ** 6);
const line = (required) =>
  object(
    {
      product_id: productId,
      name: prose(1, 200),
      quantity: quantity(),
      unit_price: amount({ description: "Times the quantity at most 10^12." }),
      discount: amount({ description: "Of the whole line; at most its price.", ...(required ? {} : { default: 0 }) }),
      tax: amount({ description: "Of the whole line.", ...(required ? {} : { default: 0 }) }),
    },
    { optional: required ? [] : ["discount", "tax"] },
  );

const numbers = {
  customer_id: code(),
  channel: code({ description: "Where it was sold: `till`, `web`." }),
  payment_method: code(),
  reference: code({ description: "Your own number of the order." }),
};
const extra = { ...numbers, note: prose(0, 500) };
/** An import has no request. */
const OPTIONAL = ["request_id", ...Object.keys(extra)];

const newOrder = {
  currency: currency({ description: "One of the merchant's currencies." }),
  lines: list(ref("NewOrderLine"), LINES_MAX, { minItems: 1 }),
  discount: amount({ default: 0, description: "On the whole order; at most what the lines come to." }),
  shipping: amount({ default: 0 }),
  tax: amount({ default: 0, description: "Beside the taxes of the lines." }),
  ...extra,
  placed_at: instant({
    description: "Default: now. At most 5 minutes ahead and 90 days back; with `orders:import` back to 1970.",
  }),
  total: amount({ description: "If sent, it must be what the server computes." }),
};

const said = {
  late: boolean({ description: "Recorded 2 hours or more after its time." }),
  currency: currency(),
  exponent: exponent(),
};
const order = (stored) => ({
  ...(stored ? { id: id("ord") } : {}),
  placed_at: instant(),
  ...(stored ? { recorded_at: instant(), request_id: requestId() } : {}),
  ...said,
  lines: list(ref("OrderLine"), LINES_MAX, { minItems: 1 }),
  discount: amount(),
  shipping: amount(),
  tax: amount(),
  ...extra,
  totals: ref("OrderTotals"),
});
const refund = (stored) => ({
  ...(stored ? { id: id("rfd") } : {}),
  order_id: id("ord"),
  ...(stored ? { number: integer(1, REFUNDS_MAX, { description: "Among the refunds of its order." }) } : {}),
  refunded_at: instant(),
  ...(stored ? { recorded_at: instant(), request_id: requestId() } : {}),
  ...said,
  lines: list(ref("RefundLine"), LINES_MAX),
  reason: prose(1, 200),
  totals: ref("RefundTotals"),
});
const part = () => ({ line: integer(1, LINES_MAX), quantity: quantity(), goods: amount(), tax: amount() });
const bucket = nullable(ref("Bucket"));

export const schemas = {
  NewOrderLine: line(false),
  NewOrder: object(newOrder, { optional: ["discount", "shipping", "tax", "placed_at", "total", ...OPTIONAL] }),
  OrderLine: object({ line: integer(1, LINES_MAX), ...line(true).properties }),
  OrderTotals: object({
    units: integer(1, UNITS_MAX),
    gross: amount(),
    discounts: amount(),
    tax: amount(),
    shipping: amount(),
    total: amount(),
  }),
  Order: object(order(true), { optional: OPTIONAL }),
  CheckedOrder: object(order(false), { optional: OPTIONAL, description: "An order as it would be stored." }),
  NewRefundLine: object(part(), { optional: ["goods", "tax"] }),
  NewRefund: object(
    {
      lines: list(ref("NewRefundLine"), LINES_MAX, {
        minItems: 1,
        description: "Each line of the order at most once.",
      }),
      goods: amount({ description: "An amount of goods; not together with `lines`." }),
      tax: amount({ default: 0 }),
      shipping: amount({ default: 0 }),
      reason: prose(1, 200),
      refunded_at: instant({ description: "Default: now. Not before the order." }),
    },
    { optional: ["lines", "goods", "tax", "shipping", "reason", "refunded_at"], not: { required: ["lines", "goods"] } },
  ),
  RefundLine: object(part()),
  RefundTotals: object({
    units: integer(0, UNITS_MAX),
    goods: amount(),
    tax: amount(),
    shipping: amount(),
    total: amount(),
  }),
  Refund: object(refund(true), { optional: ["request_id", "lines", "reason"] }),
  CheckedRefund: object(refund(false), {
    optional: ["lines", "reason"],
    description: "A refund as it would be stored.",
  }),
  RemainingLine: object({ ...part(), quantity: integer(0, 10 ** 6) }),
  Remaining: object(
    {
      units: integer(0, UNITS_MAX),
      goods: amount(),
      tax: amount(),
      shipping: amount(),
      lines: list(ref("RemainingLine"), LINES_MAX),
    },
    { description: "What can still be given back." },
  ),
  OrderWithRefunds: object(
    { ...order(true), refunds: list(ref("Refund"), REFUNDS_MAX), remaining: ref("Remaining") },
    { optional: OPTIONAL },
  ),
  Bucket: object(
    { date: date(), hour_start: instant(), hour_end: instant() },
    { description: "The local date and hour in which it counts." },
  ),
  OrderReceipt: object({ order: ref("Order"), position: position(), bucket }),
  OrderCheck: object({ order: ref("CheckedOrder"), bucket }),
  RefundReceipt: object({ refund: ref("Refund"), position: position(), bucket }),
  RefundCheck: object({ refund: ref("CheckedRefund"), bucket }),
  OrderPage: page(ref("Order"), 200, {
    query: object(
      {
        limit: integer(1, 200),
        from: instant(),
        to: instant(),
        currency: currency(),
        reference: code(),
        idempotency_key: idempotencyText(),
      },
      { optional: ["from", "to", "currency", "reference", "idempotency_key"] },
    ),
    meta: object({
      timezone: zone(),
      position: position({ description: "Figures whose position is not before it include all orders of the page." }),
      unreadable: integer(0, 200, { description: "Orders that should stand among these and that cannot be read." }),
    }),
  }),
  BatchOrder: object(
    { idempotency_key: idempotencyText(), ...newOrder },
    {
      optional: ["discount", "shipping", "tax", "placed_at", "total", ...OPTIONAL],
      description: "One line of a batch: an order with its key.",
    },
  ),
  BatchResult: object(
    {
      line: integer(1, 1000),
      status: integer(200, 503, { description: "What the order alone would have got." }),
      replayed: boolean({ description: "It was stored before, under the same key." }),
      order: object(
        { id: id("ord"), total: amount(), currency: currency(), exponent: exponent() },
        { optional: ["id"] },
      ),
      position: position(),
      bucket,
      problem: ref("Problem"),
    },
    {
      optional: ["replayed", "order", "position", "bucket", "problem"],
      description: "Either an order, or the problem that it met.",
    },
  ),
  BatchResults: object({
    data: list(ref("BatchResult"), 1000, { description: "One for each line, in their order." }),
    stored: integer(0, 1000),
    replayed: integer(0, 1000),
    failed: integer(0, 1000, { description: "Lines with a problem." }),
  }),
};

const oneOrder = {
  currency: "EUR",
  lines: [{ product_id: "mug", name: "Mug", quantity: 2, unit_price: 1250, discount: 100, tax: 456 }],
  shipping: 490,
  reference: "2026-1107",
};
const receipt = {
  order: {
    id: "ord_01M84DWF65QWP15XHMM3FMJFBB",
    placed_at: "2026-11-23T14:45:12.005Z",
    recorded_at: "2026-11-23T14:45:12.005Z",
    request_id: "9a7176858e18bae32dd9bc90b149a10b",
    late: false,
    currency: "EUR",
    exponent: 2,
    lines: [{ line: 1, ...oneOrder.lines[0] }],
    discount: 0,
    shipping: 490,
    tax: 0,
    reference: "2026-1107",
    totals: { units: 2, gross: 2500, discounts: 100, tax: 456, shipping: 490, total: 3346 },
  },
  position: "p1_6b04517800000001",
  bucket: { date: "2026-11-23", hour_start: "2026-11-23T14:00:00Z", hour_end: "2026-11-23T15:00:00Z" },
};
const RULES = [
  "invalid_field",
  "unknown_field",
  "too_many_items",
  "out_of_range",
  "invalid_currency",
  "invalid_timestamp",
  "timestamp_in_future",
  "timestamp_too_old",
];

export const tag = { name: "Orders", description: "Orders and refunds: appended once, never changed." };
export const routes = [
  {
    id: "createOrder",
    method: "post",
    path: ORDERS,
    scope: "orders:write",
    flags: ["body", "idempotent", "csrf"],
    summary: "Store an order",
    description: "The same key with the same body gives the first answer again, marked `Idempotent-Replayed`.",
    parameters: [p.dryRun],
    body: ref("NewOrder"),
    bodyExample: oneOrder,
    answers: {
      200: { description: "With `dry_run=true`: as it would be stored.", schema: ref("OrderCheck") },
      201: {
        description: "Stored by a majority, on disk.",
        schema: ref("OrderReceipt"),
        example: receipt,
        headers: ["Location", "Idempotent-Replayed"],
      },
    },
    problems: [...RULES, "amount_mismatch"],
  },
  {
    id: "listOrders",
    method: "get",
    path: ORDERS,
    scope: "orders:read",
    flags: [],
    summary: "List orders, newest first",
    parameters: [p.since, p.until, p.inCurrency, p.reference, p.byIdempotencyKey, p.limit(50), p.cursorBefore],
    answers: {
      200: { description: "A page; new orders do not disturb the pages behind it.", schema: ref("OrderPage") },
    },
    problems: ["invalid_cursor", "invalid_field", "out_of_range", "invalid_currency", "invalid_range"],
  },
  {
    id: "createOrders",
    method: "post",
    path: `${ORDERS}/batch`,
    scope: "orders:write",
    flags: ["body", "csrf"],
    summary: "Store up to 1,000 orders",
    description:
      "One order with its `idempotency_key` per line, at most 1 MiB. Each line is answered for itself, as if sent alone.",
    parameters: [p.dryRun],
    bodyType: "application/x-ndjson",
    body: {
      type: "string",
      // what generators of clients take for a body that they send as it is
      format: "binary",
      minLength: 2,
      maxLength: 1048576,
      description: "Lines, each a `BatchOrder`.",
      "x-line-schema": ref("BatchOrder"),
    },
    bodyExample: `${JSON.stringify({ idempotency_key: "till-7-000124", ...oneOrder })}\n`,
    answers: { 200: { description: "What became of each line.", schema: ref("BatchResults") } },
    problems: ["too_many_items"],
  },
  {
    id: "getOrder",
    method: "get",
    path: `${ORDERS}/{id}`,
    scope: "orders:read",
    flags: [],
    summary: "One order, with its refunds and what is left",
    parameters: [p.orderId],
    answers: { 200: { description: "The order.", schema: ref("OrderWithRefunds") } },
  },
  {
    id: "createRefund",
    method: "post",
    path: `${ORDERS}/{id}/refunds`,
    scope: "refunds:write",
    flags: ["body", "idempotent", "csrf"],
    summary: "Give back lines or an amount",
    description: "Either `lines` or `goods`; `tax` and `shipping` beside either, or alone. An order has at most 1,000 refunds.",
    parameters: [p.orderId, p.dryRun],
    body: ref("NewRefund"),
    bodyExample: { lines: [{ line: 1, quantity: 1 }], reason: "damaged" },
    answers: {
      200: { description: "With `dry_run=true`: as it would be stored.", schema: ref("RefundCheck") },
      201: {
        description: "Stored by a majority, on disk. The address is the order's.",
        schema: ref("RefundReceipt"),
        headers: ["Location", "Idempotent-Replayed"],
      },
    },
    problems: [...RULES, "refund_too_large"],
  },
];
