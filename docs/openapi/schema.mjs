// Words for schemas. Every object is closed and everything has a bound; whatever is made here cannot be otherwise.

/** The whole numbers that every reader of JSON holds exactly. */
export const EXACT = Number.MAX_SAFE_INTEGER;
/** One amount in a request, and a total. */
export const AMOUNT = 10 ** 12;

export const ref = (name) => ({ $ref: `#/components/schemas/${name}` });

/** All members are required but those named in `optional`. */
export const object = (properties, { optional = [], ...more } = {}) => ({
  type: "object",
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
  ...more,
});

/** An object by names that are no members of ours. */
export const map = (names, values, maxProperties, more = {}) => ({
  type: "object",
  propertyNames: names,
  additionalProperties: values,
  maxProperties,
  ...more,
});

export const list = (items, maxItems, more = {}) => ({ type: "array", items, maxItems, ...more });
export const integer = (minimum, maximum, more = {}) => ({
  type: "integer",
  format: "int64",
  minimum,
  maximum,
  ...more,
});
export const boolean = (more = {}) => ({ type: "boolean", ...more });
export const text = (minLength, maxLength, more = {}) => ({ type: "string", minLength, maxLength, ...more });
export const choice = (values, more = {}) => ({ type: "string", enum: values, ...more });

/** A text by its pattern, which says how long it is. */
export const shaped = (pattern, maxLength, more = {}) => ({ type: "string", pattern, maxLength, ...more });

/** The same, or null. */
export function nullable(schema) {
  if (typeof schema.type !== "string" || schema.enum !== undefined) return { anyOf: [schema, { type: "null" }] };
  return { ...schema, type: [schema.type, "null"] };
}

export const instant = (more = {}) => ({
  type: "string",
  format: "date-time",
  maxLength: 40,
  ...more,
});
export const date = (more = {}) => ({ type: "string", format: "date", maxLength: 10, ...more });
export const ULID = "[0-7][0-9A-HJKMNP-TV-Z]{25}";
export const id = (kind, more = {}) => shaped(`^${kind}_${ULID}$`, kind.length + 27, more);
export const currency = (more = {}) => shaped("^[A-Z]{3}$", 3, { description: "A code of ISO 4217.", ...more });
export const exponent = (more = {}) => integer(0, 4, { description: "Digits of the currency's minor unit.", ...more });
export const position = (more = {}) =>
  shaped("^p1_[0-9a-f]{16}$", 19, {
    description: "An instant of the ledger; passed on as `after`, figures include everything up to it.",
    ...more,
  });
export const amount = (more = {}) => integer(0, AMOUNT, more);
export const merchantId = (more = {}) => shaped("^[a-z0-9][a-z0-9-]{1,31}$", 32, more);
export const zone = (more = {}) =>
  shaped("^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$", 64, {
    description: "A name of the IANA time zone database.",
    ...more,
  });
/** As merchant_locale_valid of lib/domain/merchant.c has it. */
export const locale = (more = {}) =>
  shaped(
    "^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*" +
      "(-[Uu]-[A-Za-z0-9][A-Za-z](-([A-Za-z0-9][A-Za-z]|[A-Za-z0-9]{3,8}))*)?$",
    35,
    { description: "A language tag of BCP 47; no variant twice.", ...more },
  );
export const email = (more = {}) =>
  shaped("^[^@\\s\\u0000-\\u001F\\u007F-\\u009F]+@[^@\\s\\u0000-\\u001F\\u007F-\\u009F]+$", 254, more);
export const cursor = (more = {}) => shaped("^[A-Za-z0-9_.-]+$", 2048, more);

/** Letters, digits and a few signs: what a merchant's own numbers are made of. */
export const code = (more = {}) => shaped("^[A-Za-z0-9._:/#@+-]{1,64}$", 64, more);
/** What an order or a refund is known by to whoever sent it. */
export const idempotencyText = () => shaped("^[!-~]{1,255}$", 255);
/** Any characters but NUL, which is refused wherever JSON is read. */
export const characters = (minLength, maxLength, more = {}) =>
  text(minLength, maxLength, { pattern: "^[^\\u0000]*$", ...more });
/** For people to read: no control characters. */
export const prose = (minLength, maxLength, more = {}) =>
  text(minLength, maxLength, { pattern: "^[^\\u0000-\\u001F\\u007F-\\u009F]*$", ...more });

/** A page of a list. */
export const page = (items, maxItems, more = {}) =>
  object({
    data: list(items, maxItems),
    has_more: boolean({ description: "Whether there are more behind these." }),
    next_cursor: nullable(cursor({ description: "To be passed on as `cursor` for the next page." })),
    ...more,
  });
