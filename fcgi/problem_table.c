/* Every code that an answer can have. The titles of those that nginx answers stand in etc/nginx too; a test
 * compares.
 */
#include "fcgi/problem.h"

#include <glib.h>

/* clang-format off */
const struct problem problem_table[] = {
    {"malformed_json", 400, "The body is not JSON",
     "The body does not follow RFC 8259, or is not one object. It must be UTF-8, at most 8 levels "
     "deep, without comments, trailing commas or anything behind its end.",
     "Serialise the body with a JSON library. The detail says at which byte reading stopped."},
    {"duplicate_member", 400, "A member comes twice",
     "An object in the body has two members of the same name, of which different readers would take "
     "different ones.",
     "Send each member once."},
    {"malformed_request", 400, "The request could not be read",
     "The path, the query, the length or a header is not what HTTP allows here: a bad percent escape, "
     "text that is no UTF-8, a part of the query without `=`, or a header that decides something and "
     "comes twice.",
     "Percent-encode values, and send Authorization, Cookie, Origin, X-CSRF-Token, Content-Type and "
     "Content-Length once."},
    {"header_too_large", 400, "The headers are too large",
     "A header has more than 8 KiB, or all together have more than 32.",
     "Send fewer or shorter headers; cookies of other services are the usual cause."},
    {"truncated_body", 400, "The body is incomplete",
     "The body ended before, or went on behind, the length that Content-Length gave.",
     "Send the request again, with the length of what is sent."},
    {"unknown_parameter", 400, "Unknown parameter",
     "The query has a parameter that this route does not know. It is refused, because a filter that "
     "is silently ignored gives wrong figures.",
     "Look for a typing error; the API's document lists the parameters of each route."},
    {"duplicate_parameter", 400, "A parameter comes twice",
     "The query has one parameter more than once.",
     "Send each parameter once; several metrics are joined by commas."},
    {"idempotency_key_missing", 400, "The Idempotency-Key is missing",
     "What stores something needs a key by which a repetition is told from a second order.",
     "Send the header Idempotency-Key with a text of your own that is new for each order or refund, "
     "and the same when you try again. With `dry_run=true` none is needed."},
    {"idempotency_key_invalid", 400, "The Idempotency-Key cannot be used",
     "The key is empty, longer than 255 bytes, has blanks or other characters than visible ASCII, or "
     "comes twice.",
     "Send one key of 1 to 255 visible ASCII characters, such as a UUID."},
    {"invalid_cursor", 400, "The cursor cannot be used",
     "The cursor is not one that this service gave for the same query, or it is too old.",
     "Begin again without a cursor, and pass each `next_cursor` on as it is, with the other "
     "parameters unchanged."},
    {"unauthenticated", 401, "Who are you?",
     "There is no API key or session, or it is unknown, expired or revoked, or the password is wrong.",
     "Programs send `Authorization: Bearer tk_live_…`; people log in again."},
    {"forbidden", 403, "Not allowed",
     "You are known, but the key's scopes or your role do not allow this, or it is for people only.",
     "Use a key with the scope that the route names, or ask an owner of the merchant."},
    {"csrf", 403, "Not sent by our own page",
     "A session's request that changes something must come from the service's own page: its Origin or "
     "its X-CSRF-Token is missing or wrong.",
     "Send the session's `csrf` as X-CSRF-Token, and the Origin under which the service is published; "
     "load the page anew. Programs use an API key instead."},
    {"not_found", 404, "Not found",
     "There is nothing under this address, or it belongs to a merchant that is not yours: both answer "
     "alike.",
     "Check the address and the id, and whose key or session it is."},
    {"method_not_allowed", 405, "This method is not allowed here",
     "The address exists, but not for this method.",
     "The header Allow lists the methods of this address."},
    {"not_acceptable", 406, "Not to be had in this form",
     "The header Accept excludes the types that this route can answer in.",
     "Send `Accept: application/json`, or no Accept at all; for a CSV `text/csv`."},
    {"length_required", 411, "The length of the body is required",
     "The request must have a body, and its length must be told.",
     "Send Content-Length."},
    {"precondition_failed", 412, "It is not what was expected",
     "What is here now does not meet the If-Match or If-Unmodified-Since of the request.",
     "Leave the condition out, or fetch the present state first."},
    {"payload_too_large", 413, "The body is too large",
     "A body may have 64 KiB; a batch of orders 1 MiB; a request for a stream has none.",
     "Send less at once: an order has at most 200 lines, and orders can be sent in batches."},
    {"uri_too_long", 414, "The address is too long",
     "The line of the request, with its query, has more than 8 KiB.",
     "Shorten the query."},
    {"unsupported_media_type", 415, "The body is of another type",
     "The Content-Type is not the one that this route reads, or the body is packed.",
     "Send `Content-Type: application/json` in UTF-8, for a batch `application/x-ndjson`, and no "
     "Content-Encoding."},
    {"range_not_satisfiable", 416, "There is no such part",
     "The header Range asks for a part that the file does not have.",
     "Leave Range out."},
    {"invalid_field", 422, "A field is not valid",
     "A member or parameter is missing, has another type, or a text breaks its rule; or it asks for what "
     "a merchant cannot do, such as losing its last owner or a currency.",
     "`errors` names each one, and its rule."},
    {"unknown_field", 422, "Unknown field",
     "The body has a member that this route does not know. It is refused, because what is silently "
     "dropped is not stored.",
     "Look for a typing error; the API's document lists the members."},
    {"too_many_items", 422, "Too many items",
     "A list has more items than it may: an order 200 lines and 1,000 refunds, a batch 1,000 orders, a "
     "merchant 16 currencies, 100 members, and 100 keys that are neither revoked nor expired.",
     "Send it in parts; revoke keys that nobody uses."},
    {"out_of_range", 422, "A number is out of range",
     "A number is smaller or larger than it may be here, also by what stands beside it: a discount is "
     "at most what it reduces.",
     "Amounts are whole numbers of the currency's minor unit: 12.50 EUR is 1250."},
    {"amount_mismatch", 422, "The amounts do not add up",
     "The `total` that was sent is not what the server computes from the lines, discounts, tax and "
     "shipping.",
     "Send the order with `dry_run=true` and without `total`, and compare the totals; or leave "
     "`total` out."},
    {"invalid_currency", 422, "The currency cannot be used",
     "It is not a code of ISO 4217 in capitals, or the merchant does not sell in it.",
     "Use one of the merchant's currencies; GET /v1/merchants lists them."},
    {"invalid_timestamp", 422, "A time is not valid",
     "It is not an RFC 3339 time with its zone; or a key would expire in the past, or in more than ten "
     "years.",
     "Send it as 2026-11-23T14:45:12Z or 2026-11-23T15:45:12+01:00."},
    {"invalid_timezone", 422, "The time zone is not known",
     "It is not a name of the IANA time zone database that this server knows.",
     "Send a name such as Europe/Berlin."},
    {"timestamp_in_future", 422, "A time lies in the future",
     "Orders and refunds may be dated 5 minutes ahead.",
     "Set the till's clock, or check the zone that is sent with the time."},
    {"timestamp_too_old", 422, "A time lies too far back",
     "Orders and refunds may be dated 90 days back, a refund not before its order.",
     "For older orders use a key with the scope `orders:import`."},
    {"invalid_range", 422, "The range is not valid",
     "`from` and `to` go together, or `range` alone; `from` lies before `to`, and each is a date or "
     "the start of a local hour, for weeks and months of a local day.",
     "`errors` says which part is wrong."},
    {"range_too_large", 422, "The range is too large",
     "Hours are told for at most 100 days, days, weeks and months for 10 years; a CSV lists at most "
     "50,000 entries.",
     "Ask for a longer interval, or for a shorter range several times."},
    {"currency_required", 422, "A currency is required",
     "The merchant sells in several currencies, which are never added together.",
     "Choose one by `currency`."},
    {"idempotency_key_reused", 422, "The Idempotency-Key was used for another body",
     "This key stands for an order or refund already, and what was sent now is not the same.",
     "Use a new key for something new. To try again, send the very same body."},
    {"refund_too_large", 422, "The refund is more than is left",
     "A line, or the order, has not so much left to give back.",
     "GET the order: `remaining` says what is left."},
    {"rate_limited", 429, "Too many requests",
     "There were more requests, or attempts to log in, than one caller may make, or a merchant's "
     "figures were to be made anew more than once a minute.",
     "Wait as many seconds as Retry-After says, and send fewer at once."},
    {"internal", 500, "Something went wrong on the server",
     "The fault is the server's.",
     "Try again; if it stays, give the operator the request id."},
    {"sum_out_of_range", 500, "A sum is too large to be exact",
     "A sum would go beyond 2^53 - 1. It is never rounded.",
     "Ask for a shorter range or for other metrics."},
    {"not_implemented", 501, "The server cannot do this",
     "The request asks for a part of HTTP that this server does not have, such as another transfer "
     "coding than chunked.",
     "Send a plain request."},
    {"unavailable", 503, "The service cannot answer just now",
     "A store that is needed does not answer, or the service is away or overloaded. Whether a write "
     "was done is not known.",
     "Try again after the seconds of Retry-After; a write with the same Idempotency-Key and the same "
     "body."},
    {"too_stale", 503, "The figures are older than asked for",
     "The figures are true, but of an earlier time than `max_staleness` allows.",
     "Try again, or allow more."},
    {"rebuilding", 503, "The figures are being rebuilt",
     "The figures of this merchant are being made from its orders and are not there yet.",
     "Try again after the seconds of Retry-After. Orders are taken meanwhile."},
    {"position_not_reached", 503, "The figures have not reached the position",
     "The position given as `after` is not in the figures yet.",
     "Try again after the seconds of Retry-After."},
    {"version_not_supported", 505, "This version of HTTP is not supported",
     "The request is of a version of HTTP that this server does not speak.",
     "Use HTTP/1.1 or HTTP/2."},
};
/* clang-format on */
const size_t problem_count = G_N_ELEMENTS(problem_table);
