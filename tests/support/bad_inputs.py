"""Requests that a client must not send, and what each gets: one table for the front door and for the worker behind it.

A request is told apart from how it is sent: as HTTP through nginx, or as FastCGI straight to the worker's socket. Where
a text is only there to be refused it holds MARK, which no answer may repeat.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from support.api import Body

MARK = "zq7echo"
MERCHANT = "{merchant}"  # in a target: below the merchant's own address
ORDER_ID = "{order}"  # in a target: an order of 1000 that nothing is refunded of
ABSENT = "ord_01ARZ3NDEKTSV4RRFFQ69G5FAV"
LINE: Body = {"product_id": "a", "name": "A", "quantity": 2, "unit_price": 500}
ORDER: Body = {"currency": "EUR", "lines": [LINE]}
GOOD = json.dumps(ORDER)
JSON = {"Content-Type": "application/json"}
KEY = {"Idempotency-Key": "bad-input"}
Headers = dict[str, str | list[str]]


@dataclass(frozen=True)
class Bad:
    status: int
    code: str
    method: str
    target: str
    headers: Headers = field(default_factory=dict)
    body: bytes | None = None
    known: bool = True  # sent with a good key of the merchant
    owner: bool = False  # with an owner's session instead

    def header_lines(self) -> list[tuple[str, str]]:
        every = ((name, value if isinstance(value, list) else [value]) for name, value in self.headers.items())
        return [(name, one) for name, values in every for one in values]


def get(status: int, code: str, target: str, headers: Headers | None = None, **more: Any) -> Bad:
    return Bad(status, code, "GET", target, headers or {}, **more)


def post(status: int, code: str, body: Any, headers: Headers | None = None, target: str = MERCHANT + "/orders") -> Bad:
    """`body` is sent as it is, or as JSON. A header that is "" is left out."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    all_headers = {name: value for name, value in (JSON | KEY | (headers or {})).items() if value != ""}
    return Bad(status, code, "POST", target, all_headers, content)


def order(code: str, **members: Any) -> Bad:
    return post(422, code, ORDER | members)


def line(code: str, **members: Any) -> Bad:
    return post(422, code, ORDER | {"lines": [LINE | members]})


def refund(code: str, body: Any, status: int = 422, order_id: str = ORDER_ID) -> Bad:
    return post(status, code, body, target=f"{MERCHANT}/orders/{order_id}/refunds")


def ahead(**by: float) -> str:
    """Of when this table is made, which may be minutes before it is sent."""
    return (datetime.now(UTC) + timedelta(**by)).isoformat(timespec="seconds")


def numbered(name: str, make: Callable[[Any], Bad], values: dict[str, Any]) -> dict[str, Bad]:
    return {f"{name} {label}": make(value) for label, value in values.items()}


TRACE = MERCHANT + "/metrics/trace"
EXPORT = MERCHANT + "/metrics/export.csv"
SUMMARY = MERCHANT + "/metrics/summary"
SERIES = MERCHANT + "/metrics/series"
ORDERS = MERCHANT + "/orders"
DAY = "from=2026-11-01&to=2026-11-02"

# ---- addresses and queries ----

PATHS = {
    "a route that is not there": get(404, "not_found", f"/v1/{MARK}"),
    "the counters, which are for the machine alone": get(404, "not_found", "/metrics"),
    "the version alone": get(404, "not_found", "/v1/"),
    "another version": get(404, "not_found", "/v1/../v2/merchants"),
    "dots": get(404, "not_found", MERCHANT + "/metrics/../orders"),
    "escaped dots": get(404, "not_found", MERCHANT + "/metrics/%2e%2e/orders"),
    "a dot": get(404, "not_found", MERCHANT + "/./orders"),
    "two slashes": get(404, "not_found", MERCHANT + "//orders"),
    "a slash at the end": get(404, "not_found", MERCHANT + "/orders/"),
    "an escaped slash": get(404, "not_found", MERCHANT + "%2forders"),
    "a parameter of the path": get(404, "not_found", MERCHANT + f"/orders;{MARK}=1"),
    "another case": get(404, "not_found", MERCHANT + "/Orders"),
    "an escape of one digit": get(400, "malformed_request", MERCHANT + "/orders/%1"),
    "an escape of no digits": get(400, "malformed_request", MERCHANT + "/orders/%"),
    "NUL": get(400, "malformed_request", MERCHANT + "/orders/%00"),
    "no UTF-8": get(400, "malformed_request", MERCHANT + "/orders/%ff%fe"),
    "overlong UTF-8": get(400, "malformed_request", MERCHANT + "/orders/%c0%ae%c0%ae"),
    "a surrogate": get(400, "malformed_request", MERCHANT + "/orders/%ed%a0%80"),
    "no merchant": get(404, "not_found", "/v1/merchants//orders"),
    "a merchant that is a number": get(404, "not_found", "/v1/merchants/1/orders"),
    "a merchant in capitals": get(404, "not_found", f"/v1/merchants/{MARK.upper()}/orders"),
    "an operator for a merchant": get(404, "not_found", "/v1/merchants/%7b%22$gt%22:%22%22%7d/orders"),
    "a pattern for a merchant": get(404, "not_found", "/v1/merchants/*/orders"),
    "a merchant of 4000 letters": get(404, "not_found", f"/v1/merchants/{'m' * 4000}/orders"),
    "an order that is not there": get(404, "not_found", f"{ORDERS}/{ABSENT}"),
    "an order in small letters": get(404, "not_found", f"{ORDERS}/{ABSENT.lower()}"),
    "an order with a letter that is none": get(404, "not_found", f"{ORDERS}/ord_01ARZ3NDEKTSV4RRFFQ69G5FAU"),
    "an order above 128 bits": get(404, "not_found", f"{ORDERS}/ord_8ZZZZZZZZZZZZZZZZZZZZZZZZZ"),
    "an order cut by a letter": get(404, "not_found", f"{ORDERS}/{ABSENT[:-1]}"),
    "an order with a letter more": get(404, "not_found", f"{ORDERS}/{ABSENT}0"),
    "a refund for an order": get(404, "not_found", f"{ORDERS}/rfd_{ABSENT[4:]}"),
    "a ledger key for an order": get(404, "not_found", f"{ORDERS}/m%2f{ABSENT[4:]}"),
}
QUERIES = {
    **{
        f"an unknown parameter of {name}": get(400, "unknown_parameter", f"{target}?no-such=1")
        for name, target in {
            "healthz": "/healthz",
            "readyz": "/readyz",
            "version": "/version",
            "session": "/v1/session",
            "merchants": "/v1/merchants",
            "orders": ORDERS,
            "an order": f"{ORDERS}/{ABSENT}",
            "definitions": MERCHANT + "/metrics/definitions",
            "status": MERCHANT + "/status",
            "summary": SUMMARY,
            "series": SERIES,
            "a trace": TRACE,
            "an export": EXPORT,
        }.items()
    },
    "a parameter that is markup": get(400, "unknown_parameter", f"{ORDERS}?%3cb%3e%22{'x' * 80}{MARK}=1"),
    "an unknown parameter of a post": post(400, "unknown_parameter", ORDER, target=f"{ORDERS}?no-such=1"),
    "an unknown parameter of a refund": post(
        400, "unknown_parameter", {"goods": 1}, target=f"{ORDERS}/{ABSENT}/refunds?no-such=1"
    ),
    "another case of a parameter": get(400, "unknown_parameter", f"{ORDERS}?Limit=1"),
    "a blank behind a parameter": get(400, "unknown_parameter", f"{ORDERS}?limit%20=1"),
    "brackets behind a parameter": get(400, "unknown_parameter", f"{ORDERS}?limit[]=1"),
    "a parameter twice": get(400, "duplicate_parameter", f"{ORDERS}?limit=1&limit=1"),
    "a parameter twice, once escaped": get(400, "duplicate_parameter", f"{ORDERS}?limit=1&%6cimit=2"),
    "a parameter twice, once empty": get(400, "duplicate_parameter", f"{ORDERS}?currency=EUR&currency="),
    "dry_run twice": post(400, "duplicate_parameter", ORDER, target=f"{ORDERS}?dry_run=true&dry_run=false"),
    "a parameter without a value": get(400, "malformed_request", f"{ORDERS}?limit"),
    "a value without a parameter": get(400, "malformed_request", f"{ORDERS}?=1"),
    "two ampersands": get(400, "malformed_request", f"{ORDERS}?limit=1&&currency=EUR"),
    "an ampersand at the end": get(400, "malformed_request", f"{ORDERS}?limit=1&"),
    "an ampersand alone": get(400, "malformed_request", f"{ORDERS}?&"),
    "a bad escape in a query": get(400, "malformed_request", f"{ORDERS}?reference=%zz"),
    "a cut escape in a query": get(400, "malformed_request", f"{ORDERS}?reference=%4"),
    "NUL in a query": get(400, "malformed_request", f"{ORDERS}?reference=a%00b"),
    "no UTF-8 in a query": get(400, "malformed_request", f"{ORDERS}?reference=%e9"),
    "NUL in a parameter's name": get(400, "malformed_request", f"{ORDERS}?limit%00=1"),
}
LISTS = {
    **numbered(
        "limit",
        lambda value: get(422, "out_of_range", f"{ORDERS}?limit={value}"),
        {"0": "0", "-1": "-1", "201": "201", "of 10^9": "1000000000", "of 2^63": 2**63, "of 30 digits": "9" * 30},
    ),
    **numbered(
        "limit",
        lambda value: get(422, "invalid_field", f"{ORDERS}?limit={value}"),
        {"empty": "", "1.0": "1.0", "1e1": "1e1", "0x10": "0x10", "with a plus": "%2b1", "with a blank": "%201"}
        | {"in other digits": "%ef%bc%91", "a word": MARK},
    ),
    **numbered(
        "cursor",
        lambda value: get(400, "invalid_cursor", f"{ORDERS}?cursor={value}"),
        {"empty": "", "a word": MARK, "an id": ABSENT, "escaped": "%22%22", "of 4000 letters": "a" * 4000},
    ),
    "a list in eur": get(422, "invalid_currency", f"{ORDERS}?currency=eur"),
    "a list in XXX": get(422, "invalid_currency", f"{ORDERS}?currency=XXX"),
    "a list of an empty reference": get(422, "invalid_field", f"{ORDERS}?reference="),
    "a list of a reference of 65": get(422, "invalid_field", f"{ORDERS}?reference={'r' * 65}"),
    "a list of a reference with a newline": get(422, "invalid_field", f"{ORDERS}?reference=a%0ab"),
    "a list of a key of 256": get(422, "invalid_field", f"{ORDERS}?idempotency_key={'k' * 256}"),
    "a list of a key with a blank": get(422, "invalid_field", f"{ORDERS}?idempotency_key=a%20b"),
    "a list backwards": get(422, "invalid_range", f"{ORDERS}?from=2026-11-02&to=2026-11-01"),
    "a list of nothing": get(422, "invalid_range", f"{ORDERS}?from=2026-11-02&to=2026-11-02"),
    "a list from a word": get(422, "invalid_range", f"{ORDERS}?from={MARK}"),
    "dry_run of yes": post(422, "invalid_field", ORDER, target=f"{ORDERS}?dry_run=yes"),
    "dry_run empty": post(422, "invalid_field", ORDER, target=f"{ORDERS}?dry_run="),
    "dry_run of TRUE": post(422, "invalid_field", ORDER, target=f"{ORDERS}?dry_run=TRUE"),
}
METRICS = {
    **numbered(
        "range",
        lambda value: get(422, "invalid_field", f"{SUMMARY}?range={value}"),
        {"empty": "", "TODAY": "TODAY", "with a blank": "today%20", "tomorrow": "tomorrow", "a word": MARK},
    ),
    **numbered(
        "from",
        lambda value: get(422, "invalid_range", f"{SUMMARY}?from={value}&to=2026-11-02"),
        {"empty": "", "a word": MARK, "30 February": "2026-02-30", "29 February 2025": "2025-02-29"}
        | {"1969": "1969-12-31", "the year 0": "0000-01-01", "a year of 5 digits": "12026-11-01"}
        | {"one digit": "2026-11-1", "slashes": "2026/11/01", "epoch seconds": "1795446000"}
        | {"at second 60": "2026-11-01T00:00:60Z", "off the hour": "2026-11-01T00:00:01Z", "a blank": "%202026-11-01"},
    ),
    "to alone": get(422, "invalid_range", f"{SUMMARY}?to=2026-11-02"),
    "from behind to by an hour": get(
        422, "invalid_range", f"{SUMMARY}?from=2026-11-01T01:00:00Z&to=2026-11-01T00:00:00Z"
    ),
    "hours of 101 days": get(
        422, "range_too_large", f"{SERIES}?from=2026-07-01&to=2026-10-10&interval=hour&currency=EUR"
    ),
    "days of 11 years": get(
        422, "range_too_large", f"{SERIES}?from=2015-11-01&to=2026-11-01&interval=day&currency=EUR"
    ),
    "weeks of 11 years": get(
        422, "range_too_large", f"{SERIES}?from=2015-11-02&to=2026-11-02&interval=week&currency=EUR"
    ),
    "months from within a day": get(
        422, "invalid_range", f"{SERIES}?from=2026-11-01T01:00:00Z&to=2026-11-02&interval=month&currency=EUR"
    ),
    **numbered(
        "compare",
        lambda value: get(422, "invalid_field", f"{SUMMARY}?{DAY}&compare={value}"),
        {
            "empty": "",
            "another case": "Previous_year",
            "a week": "previous_week",
            "two": "previous_year,previous_period",
        }
        | {"a word": MARK},
    ),
    **numbered(
        "match",
        lambda value: get(422, "invalid_field", f"{SUMMARY}?{DAY}&compare=previous_year&match={value}"),
        {"empty": "", "another case": "Date", "a word": MARK},
    ),
    "match without compare": get(422, "invalid_field", f"{SUMMARY}?{DAY}&match=date"),
    "match with the previous period": get(422, "invalid_field", f"{SUMMARY}?{DAY}&compare=previous_period&match=date"),
    "compare twice": get(400, "duplicate_parameter", f"{SUMMARY}?{DAY}&compare=previous_year&compare=previous_period"),
    **numbered(
        "interval",
        lambda value: get(422, "invalid_field", f"{SERIES}?{DAY}&currency=EUR&interval={value}"),
        {"empty": "", "second": "second", "minute": "minute", "HOUR": "HOUR", "60": "60", "a word": MARK},
    ),
    **numbered(
        "metrics",
        lambda value: get(422, "invalid_field", f"{SUMMARY}?{DAY}&metrics={value}"),
        {
            "empty": "",
            "a comma": ",",
            "a comma more": "orders,",
            "a comma before": ",orders",
            "a blank": "orders,%20taxes",
        }
        | {
            "another case": "Orders",
            "a word": MARK,
            "one twice": "orders,taxes,orders",
            "1000": ",".join(["x"] * 1000),
        },
    ),
    **numbered(
        "currency",
        lambda value: get(422, "invalid_currency", f"{SUMMARY}?{DAY}&currency={value}"),
        {"empty": "", "eur": "eur", "EURO": "EURO", "XXX": "XXX", "XAU": "XAU", "not sold in": "USD", "two": "EUR,JPY"}
        | {"a word": MARK, "a blank": "EUR%20"},
    ),
    **numbered(
        "after",
        lambda value: get(422, "invalid_field", f"{SUMMARY}?{DAY}&after={value}"),
        {"empty": "", "15 digits": "p1_" + "0" * 15, "17 digits": "p1_" + "0" * 17, "capitals": "p1_" + "A" * 16}
        | {"p2": "p2_" + "0" * 16, "a word": MARK},
    ),
    **numbered(
        "max_staleness",
        lambda value: get(422, "invalid_field", f"{SUMMARY}?{DAY}&max_staleness={value}"),
        {"empty": "", "no unit": "5", "hours": "1h", "a fraction": "1.5s", "negative": "-1s", "a plus": "%2b1s"}
        | {"20 digits": "9" * 20 + "s", "a blank": "1%20s", "a word": MARK},
    ),
}
# A cursor of the right length, which nobody sealed.
UNSEALED = {"of zeros": "A" * 200, "with a padding": "A" * 199 + "=", "in another alphabet": "+/" * 100}
OF_A_DAY = f"{DAY}&currency=EUR"
TRACES = {
    "a trace of no metric": get(422, "invalid_field", f"{TRACE}?{OF_A_DAY}"),
    **numbered(
        "trace, metric",
        lambda value: get(422, "invalid_field", f"{TRACE}?{OF_A_DAY}&metric={value}"),
        {"empty": "", "another case": "Orders", "two": "orders,taxes", "an average": "average_order_value"}
        | {"a column of the ledger": "total", "a blank": "orders%20", "a word": MARK},
    ),
    "trace, metrics": get(400, "unknown_parameter", f"{TRACE}?{OF_A_DAY}&metric=orders&metrics=orders"),
    "trace, metric twice": get(400, "duplicate_parameter", f"{TRACE}?{OF_A_DAY}&metric=orders&metric=taxes"),
    "trace, compare": get(400, "unknown_parameter", f"{TRACE}?{OF_A_DAY}&metric=orders&compare=previous_year"),
    "trace without a currency": get(422, "currency_required", f"{TRACE}?{DAY}&metric=orders"),
    "trace without a range": get(422, "invalid_range", f"{TRACE}?currency=EUR&metric=orders"),
    "trace, a range and dates": get(422, "invalid_range", f"{TRACE}?{OF_A_DAY}&range=today&metric=orders"),
    **numbered(
        "trace, limit",
        lambda value: get(422, "out_of_range", f"{TRACE}?{OF_A_DAY}&metric=orders&limit={value}"),
        {"0": "0", "-1": "-1", "201": "201", "of 30 digits": "9" * 30},
    ),
    "trace, limit a word": get(422, "invalid_field", f"{TRACE}?{OF_A_DAY}&metric=orders&limit={MARK}"),
    **numbered(
        "trace, format",
        lambda value: get(422, "invalid_field", f"{TRACE}?{OF_A_DAY}&metric=orders&format={value}"),
        {"empty": "", "CSV": "CSV", "xml": "xml", "two": "json,csv", "a word": MARK},
    ),
    "trace, pages of CSV": get(422, "invalid_field", f"{TRACE}?{OF_A_DAY}&metric=orders&format=csv&limit=10"),
    "trace, a cursor of CSV": get(422, "invalid_field", f"{TRACE}?{OF_A_DAY}&metric=orders&format=csv&cursor=a"),
    "trace, JSON for a spreadsheet": get(
        406, "not_acceptable", f"{TRACE}?{OF_A_DAY}&metric=orders", {"Accept": "text/csv"}
    ),
    "trace, CSV for a program": get(
        406, "not_acceptable", f"{TRACE}?{OF_A_DAY}&metric=orders&format=csv", {"Accept": "application/json"}
    ),
    **numbered(
        "trace, cursor",
        lambda value: get(400, "invalid_cursor", f"{TRACE}?{OF_A_DAY}&metric=orders&cursor={value}"),
        {"empty": "", "a word": MARK, "an id": ABSENT, "of 4000 letters": "a" * 4000} | UNSEALED,
    ),
}
EXPORTS = {
    **{
        f"an export, {name}": get(400, "unknown_parameter", f"{EXPORT}?{OF_A_DAY}&{name}=1")
        for name in ("compare", "match", "limit", "cursor", "format", "metric")
    },
    "an export without a currency": get(422, "currency_required", f"{EXPORT}?{DAY}"),
    "an export without a range": get(422, "invalid_range", f"{EXPORT}?currency=EUR"),
    "an export of seconds": get(422, "invalid_field", f"{EXPORT}?{OF_A_DAY}&interval=second"),
    "an export of a formula": get(422, "invalid_field", f"{EXPORT}?{OF_A_DAY}&metrics=%3d1%2b1"),
    "an export of hours of 101 days": get(
        422, "range_too_large", f"{EXPORT}?from=2026-07-01&to=2026-10-10&interval=hour&currency=EUR"
    ),
    **numbered(
        "an export, Accept",
        lambda value: get(406, "not_acceptable", f"{EXPORT}?{OF_A_DAY}", {"Accept": value}),
        {"JSON": "application/json", "no CSV": "text/csv;q=0", "text": "text/plain", "a word": MARK},
    ),
}
RANGES = {
    **numbered(
        "range",
        lambda value: get(422, "invalid_field", f"{SERIES}?currency=EUR&range={value}"),
        {
            "last_6d": "last_6d",
            "wtd": "wtd",
            "two": "mtd,ytd",
            "in capitals": "MTD",
            "last_12mo and more": "last_12mo0",
        },
    ),
    "a range and dates": get(422, "invalid_range", f"{SUMMARY}?range=mtd&{DAY}"),
    "no range": get(422, "invalid_range", SUMMARY),
    "weeks from within a day": get(
        422, "invalid_range", f"{SERIES}?from=2026-11-02T01:00:00Z&to=2026-11-09&interval=week&currency=EUR"
    ),
    "hours that do not begin with a local one": get(
        422, "invalid_range", f"{SERIES}?from=2026-11-01T00:30:00Z&to=2026-11-01T02:00:00Z&currency=EUR"
    ),
    "interval of a total": get(400, "unknown_parameter", f"{SUMMARY}?{DAY}&interval=hour"),
}

# ---- headers ----

TYPES = {
    **numbered(
        "Content-Type",
        lambda value: post(415, "unsupported_media_type", ORDER, {"Content-Type": value}),
        {"absent": "", "of a form": "application/x-www-form-urlencoded", "of parts": "multipart/form-data; boundary=x"}
        | {"text": "text/plain", "of another JSON": "text/json", "with a suffix": "application/vnd.api+json"}
        | {"of lines": "application/x-ndjson", "two in one": "application/json, text/plain", "a word": MARK}
        | {"with a letter more": "application/jsonx", "latin1": "application/json; charset=latin1"}
        | {"UTF-16": "application/json; charset=utf-16", "quoted UTF-16": 'application/json; charset="utf-16"'}
        | {"UTF-8 and more": "application/json; charset=utf-8; charset=utf-16", "a slash": "/", "a semicolon": ";"},
    ),
    **numbered(
        "Content-Encoding",
        lambda value: post(415, "unsupported_media_type", gzip.compress(GOOD.encode()), {"Content-Encoding": value}),
        {"gzip": "gzip", "deflate": "deflate", "br": "br", "two": "identity, gzip", "a word": MARK},
    ),
    **numbered(
        "Accept",
        lambda value: post(406, "not_acceptable", ORDER, {"Accept": value}),
        {
            "image/png": "image/png",
            "text/html": "text/html",
            "xml": "application/xml",
            "no JSON": "application/json;q=0",
        }
        | {"nothing": "*/*;q=0", "all but JSON": "application/json;q=0, text/plain", "a word": MARK},
    ),
    "Accept of a question": get(406, "not_acceptable", f"{SUMMARY}?{DAY}", {"Accept": "text/csv, image/*"}),
    "two Content-Types": post(
        400, "malformed_request", ORDER, {"Content-Type": ["application/json", "application/json"]}
    ),
}
CALLERS = {
    "nobody lists": get(401, "unauthenticated", ORDERS, known=False),
    "nobody at a merchant that is not there": get(401, "unauthenticated", f"/v1/merchants/{MARK}/orders", known=False),
    **numbered(
        "Authorization",
        lambda value: get(401, "unauthenticated", ORDERS, {"Authorization": value}, known=False),
        {"without a secret": "Bearer", "with an empty secret": "Bearer ", "Basic": "Basic YTpi", "Digest": "Digest x"}
        | {
            "no scheme": "tk_live_" + "0" * 64,
            "another key": "Bearer tk_live_" + "0" * 64,
            "a test key": f"Bearer tk_test_{MARK}",
        }
        | {
            "two secrets": "Bearer tk_live_a tk_live_b",
            "an operator": 'Bearer tk_live_{"$gt":""}',
            "NULs": "Bearer tk_live_%00",
        }
        | {"a long secret": "Bearer tk_live_" + "a" * 4000},
    ),
    "two Authorizations": get(
        400, "malformed_request", ORDERS, {"Authorization": ["Bearer tk_live_a", "Bearer tk_live_b"]}, known=False
    ),
    "two cookies": get(400, "malformed_request", ORDERS, {"Cookie": ["takings=a", "takings=b"]}, known=False),
    **numbered(
        "Cookie",
        lambda value: get(401, "unauthenticated", ORDERS, {"Cookie": value}, known=False),
        {
            "of nothing": "takings",
            "empty": "takings=",
            "too short": "takings=" + "A" * 42,
            "too long": "takings=" + "A" * 44,
        }
        | {
            "unknown": "takings=" + "A" * 43,
            "quoted": 'takings="' + "A" * 43 + '"',
            "of another name": "Takings=" + "A" * 43,
        }
        | {"semicolons": ";;;;", "with a pattern": "takings=*", "long": "takings=" + "A" * 4000},
    ),
    "a key where a person is needed": get(403, "forbidden", "/v1/session"),
}
KEYS = {
    "no Idempotency-Key": post(400, "idempotency_key_missing", ORDER, {"Idempotency-Key": ""}),
    "no Idempotency-Key on a refund": post(
        400, "idempotency_key_missing", {"goods": 1}, {"Idempotency-Key": ""}, f"{ORDERS}/{ORDER_ID}/refunds"
    ),
    "two Idempotency-Keys": post(400, "idempotency_key_invalid", ORDER, {"Idempotency-Key": ["a", "b"]}),
    "the same Idempotency-Key twice": post(400, "idempotency_key_invalid", ORDER, {"Idempotency-Key": ["a", "a"]}),
    **numbered(
        "Idempotency-Key",
        lambda value: post(400, "idempotency_key_invalid", ORDER, {"Idempotency-Key": value}),
        {"of 256": "k" * 256, "of 4000": "k" * 4000, "with a blank": "a b", "with a tab": "a\tb", "with DEL": "a\x7fb"}
        | {"in Latin-1": "caf\xe9", "in UTF-8": "caf\xc3\xa9"},
    ),
}

ADMINISTRATION = {
    **{
        f"a key at {name}": get(403, "forbidden", f"{MERCHANT}/{name}")
        for name in ("keys", "members", "settings", "audit", "quarantine")
    },
    "a key that makes a key": post(403, "forbidden", {"scopes": ["metrics:read"]}, target=MERCHANT + "/keys"),
    "a key that adds a member": post(
        403, "forbidden", {"email": f"{MARK}@example.org", "role": "owner"}, target=MERCHANT + "/members"
    ),
    "nobody at the keys": get(401, "unauthenticated", MERCHANT + "/keys", known=False),
    "nobody at the audit": get(401, "unauthenticated", MERCHANT + "/audit", known=False),
    **numbered(
        "restatements, limit",
        lambda value: get(422, "out_of_range", f"{MERCHANT}/restatements?limit={value}"),
        {"0": "0", "-1": "-1", "201": "201", "of 10^9": "1000000000"},
    ),
    "restatements, limit a word": get(422, "invalid_field", f"{MERCHANT}/restatements?limit={MARK}"),
    "restatements, cursor a word": get(400, "invalid_cursor", f"{MERCHANT}/restatements?cursor={MARK}"),
    "restatements backwards": get(422, "invalid_range", f"{MERCHANT}/restatements?from=2026-11-02&to=2026-11-01"),
    **numbered(
        "restatements, cursor",
        lambda value: get(400, "invalid_cursor", f"{MERCHANT}/restatements?cursor={value}"),
        {"empty": "", "of 4000 letters": "a" * 4000} | UNSEALED,
    ),
    "restatements from a word": get(422, "invalid_range", f"{MERCHANT}/restatements?from={MARK}"),
    "restatements, an unknown parameter": get(400, "unknown_parameter", f"{MERCHANT}/restatements?currency=EUR"),
    "lines announced as one order": post(415, "unsupported_media_type", ORDER, target=ORDERS + "/batch"),
}

# ---- bodies ----

TEXTS = {
    "UTF-16": GOOD.encode("utf-16"),
    "UTF-16 without a mark": GOOD.encode("utf-16-le"),
    "UTF-32": GOOD.encode("utf-32"),
    "a form": b"currency=EUR&lines=1",
    "XML": b"<order/>",
    "a list of orders": f"[{GOOD}]".encode(),
    "lines of orders": f"{GOOD}\n{GOOD}".encode(),
    "NUL behind": GOOD.encode() + b"\0",
    "NUL before": b"\0" + GOOD.encode(),
    "true": b"true",
    "a number above all": b"1e400",
    "two commas": GOOD.replace(", ", ",,", 1).encode(),
    "no colon": GOOD.replace(": ", " ", 1).encode(),
    "no quotation mark": GOOD.replace('"EUR"', '"EUR').encode(),
    "a line comment": (GOOD + " // x").encode(),
    "a number for a name": GOOD.replace('"currency"', "1").encode(),
    "null for a name": GOOD.replace('"currency"', "null").encode(),
    "a dot before digits": GOOD.replace("500", ".5").encode(),
    "a dot behind digits": GOOD.replace("500", "5.").encode(),
    "an exponent without digits": GOOD.replace("500", "5e").encode(),
    "a minus alone": GOOD.replace("500", "-").encode(),
    "two minuses": GOOD.replace("500", "--5").encode(),
    "other digits": GOOD.replace("500", "\uff15").encode(),
    "True": GOOD.replace("500", "True").encode(),
    "undefined": GOOD.replace("500", "undefined").encode(),
    "a blank that is none": GOOD.replace(" ", "\u00a0").encode(),
    "a form feed between": GOOD.replace(" ", "\f").encode(),
    "NUL in a value": GOOD.replace('"A"', '"A\\u0000"').encode(),
    "NUL in a line's member": GOOD.replace('"name"', '"na\\u0000me"').encode(),
    "half an escape": GOOD.replace('"A"', '"\\u00"').encode(),
    "two surrogates in the wrong order": GOOD.replace('"A"', '"\\ude00\\ud83d"').encode(),
    "above U+10FFFF": GOOD.encode().replace(b'"A"', b'"\xf4\x90\x80\x80"'),
    "five bytes": GOOD.encode().replace(b'"A"', b'"\xf8\x88\x80\x80\x80"'),
    "FE and FF": GOOD.encode().replace(b'"A"', b'"\xfe\xff"'),
    "a raw tab": GOOD.replace('"A"', '"A\t"').encode(),
    "arrays 9 deep": (b'{"lines":' + b"[" * 8 + b"]" * 8 + b"}"),
    "30,000 brackets": b"[" * 30_000,
}
DUPLICATES = {
    "the currency": GOOD[:-1] + ', "currency": "JPY"}',
    "the lines": GOOD[:-1] + ', "lines": []}',
    "an escaped name": GOOD[:-1] + ', "\\u0063urrency": "EUR"}',
    "an unknown name": GOOD[:-1] + ', "x": 1, "x": 1}',
    "a name in a line": GOOD.replace('"name"', '"quantity": 2, "name"'),
    "an empty name": GOOD[:-1] + ', "": 1, "": 1}',
}
BODIES = {
    **{f"not JSON: {name}": post(400, "malformed_json", content) for name, content in TEXTS.items()},
    **{f"twice: {name}": post(400, "duplicate_member", text.encode()) for name, text in DUPLICATES.items()},
}

ORDER_MEMBERS = {
    **{
        f"an order's {name}": order("unknown_field", **{name: MARK})
        for name in ("id", "merchant", "merchant_id", "status", "created_at", "recorded_at", "refunds", "late", "idem")
    },
    "an order's __proto__": order("unknown_field", **{"__proto__": {}}),
    "an order's name with a dot": order("unknown_field", **{"lines.0.total": 1}),
    "an order's name in capitals": order("unknown_field", Currency="EUR"),
    "an order's empty name": order("unknown_field", **{"": 1}),
    "an order's name of 4000": order("unknown_field", **{"n" * 4000: 1}),
    "an order's lines null": order("invalid_field", lines=None),
    "an order's lines a text": order("invalid_field", lines=MARK),
    "an order's line null": order("invalid_field", lines=[None]),
    "an order's line a list": order("invalid_field", lines=[[]]),
    "an order's line empty": order("invalid_field", lines=[{}]),
    "300 lines": order("too_many_items", lines=[LINE] * 300),
    **numbered(
        "total",
        lambda value: order("invalid_field", total=value),
        {"a text": "1000", "a fraction": 1000.5, "1000.0": 1000.0, "null": None, "true": True, "an object": {"$gt": 0}},
    ),
    **numbered(
        "total", lambda value: order("amount_mismatch", total=value), {"one less": 999, "one more": 1001, "0": 0}
    ),
    **numbered(
        "shipping",
        lambda value: order("out_of_range", shipping=value),
        {"-1": -1, "10^12 + 1": 10**12 + 1, "2^63": 2**63, "-2^63 - 1": -(2**63) - 1, "10^40": 10**40},
    ),
    **numbered(
        "discount",
        lambda value: order("invalid_field", discount=value),
        {"a text": "5", "a fraction": 0.5, "null": None, "a list": [5], "false": False},
    ),
    "tax -1": order("out_of_range", tax=-1),
    "goods, shipping and tax above 10^12": order("out_of_range", shipping=10**12, tax=10**12),
    **numbered(
        "currency",
        lambda value: order("invalid_currency", currency=value),
        {"null": None, "empty": "", "with a blank": "EUR ", "Eur": "Eur", "XAU": "XAU", "XTS": "XTS", "a list": ["EUR"]}
        | {
            "in wide letters": "\uff25\uff35\uff32",
            "with NUL's sign": "EUR\u2400",
            "a word": MARK,
            "of the past": "DEM",
        },
    ),
    **numbered(
        "placed_at",
        lambda value: order("invalid_timestamp", placed_at=value),
        {
            "empty": "",
            "null": None,
            "a word": MARK,
            "with a blank": "2026-11-20 12:00:00Z",
            "without seconds": "2026-11-20T12:00Z",
        }
        | {"with an offset of 4 digits": "2026-11-20T12:00:00+0100", "with offset 24:00": "2026-11-20T12:00:00+24:00"}
        | {"with offset 00:60": "2026-11-20T12:00:00+00:60", "with a dot alone": "2026-11-20T12:00:00.Z"}
        | {
            "with a comma": "2026-11-20T12:00:00,5Z",
            "of minute 60": "2026-11-20T12:60:00Z",
            "of month 13": "2026-13-20T12:00:00Z",
        }
        | {
            "of month 0": "2026-00-20T12:00:00Z",
            "of day 0": "2026-11-00T12:00:00Z",
            "29 February 2025": "2025-02-29T12:00:00Z",
        }
        | {"with a name of a zone": "2026-11-20T12:00:00 Europe/Berlin", "of 5 digits": "12026-11-20T12:00:00Z"}
        | {
            "with a sign": "+2026-11-20T12:00:00Z",
            "with a blank behind": "2026-11-20T12:00:00Z ",
            "a week": "2026-W47-5T12:00:00Z",
        }
        | {"true": True, "an object": {"$date": 0}, "4000 long": "2026-11-20T12:00:00." + "0" * 4000},
    ),
    "placed_at in 3 hours": order("timestamp_in_future", placed_at=ahead(hours=3)),
    "placed_at in 9999": order("timestamp_in_future", placed_at="9999-12-31T23:59:59Z"),
    "placed_at in 1969": order("timestamp_too_old", placed_at="1969-12-31T23:59:59Z"),
    "placed_at in the year 1": order("timestamp_too_old", placed_at="0001-01-01T00:00:00Z"),
    **{
        f"{name} {label}": order("invalid_field", **{name: value})
        for name in ("reference", "customer_id", "channel", "payment_method")
        for label, value in {
            "empty": "",
            "null": None,
            "a number": 1,
            "of 4000": "x" * 4000,
            "with a newline": "a\nb",
            "with DEL": "a\x7fb",
        }.items()
    },
    **numbered(
        "note",
        lambda value: order("invalid_field", note=value),
        {
            "of 501": "n" * 501,
            "of 501 faces": "\U0001f600" * 501,
            "with an escape": "a\x1bb",
            "with C1": "a\x85b",
            "null": None,
        }
        | {"a list": [MARK]},
    ),
}
LINES = {
    **numbered(
        "quantity", lambda value: line("out_of_range", quantity=value), {"-2^63": -(2**63), "10^6 + 1": 10**6 + 1}
    ),
    **numbered(
        "quantity", lambda value: line("out_of_range", quantity=value), {"2^31": 2**31, "2^63": 2**63, "2^64": 2**64}
    ),
    **numbered(
        "quantity",
        lambda value: line("invalid_field", quantity=value),
        {"a text": "2", "2.0": 2.0, "1.5": 1.5, "null": None, "true": True, "a list": [2]},
    ),
    **numbered(
        "unit_price",
        lambda value: line("invalid_field", unit_price=value),
        {"a text": "500", "an exponent": 5e22, "a list": [], "false": False},
    ),
    "unit_price -2^63": line("out_of_range", unit_price=-(2**63)),
    "a product above 10^12": line("out_of_range", unit_price=10**12, quantity=2),
    "a product above 2^63": line("out_of_range", unit_price=10**12, quantity=10**6),
    "a line's discount above it": line("out_of_range", discount=1001),
    "a line's discount a text": line("invalid_field", discount=MARK),
    "a line's tax -1": line("out_of_range", tax=-1),
    "a line's tax above 10^12": line("out_of_range", tax=10**12 + 1),
    **{
        f"a line's {name} {label}": line("invalid_field", **{name: value})
        for name in ("product_id", "name")
        for label, value in {"empty": "", "null": None, "a number": 5, "of 4000": "x" * 4000, "with NL": "\n"}.items()
    },
    **{
        f"a line's {name}": line("unknown_field", **{name: MARK}) for name in ("id", "sku", "total", "currency", "$set")
    },
}
REFUNDS = {
    "a refund above the order": refund("refund_too_large", {"goods": 1001}),
    "a refund of 10^12": refund("refund_too_large", {"goods": 10**12}),
    "a refund of shipping that was none": refund("refund_too_large", {"shipping": 1}),
    "a refund of tax that was none": refund("refund_too_large", {"goods": 1, "tax": 1}),
    "a refund of three units of two": refund("refund_too_large", {"lines": [{"line": 1, "quantity": 3}]}),
    "a refund of a line's goods above it": refund(
        "refund_too_large", {"lines": [{"line": 1, "quantity": 1, "goods": 1001}]}
    ),
    "a refund of a line's tax above it": refund("refund_too_large", {"lines": [{"line": 1, "quantity": 1, "tax": 1}]}),
    "a refund of nothing": refund("out_of_range", {"goods": 0}),
    "a refund without anything": refund("out_of_range", {"reason": "late"}),
    "a refund of -1": refund("out_of_range", {"goods": -1}),
    "a refund of 2^63": refund("out_of_range", {"goods": 2**63}),
    "a refund of a text": refund("invalid_field", {"goods": "1"}),
    "a refund of 1.5": refund("invalid_field", {"goods": 1.5}),
    "a refund of null": refund("invalid_field", {"goods": None}),
    "a refund by lines and by goods": refund("invalid_field", {"goods": 1, "lines": [{"line": 1, "quantity": 1}]}),
    "a refund of lines that are a text": refund("invalid_field", {"lines": MARK}),
    "a refund of a line that is a number": refund("invalid_field", {"lines": [1]}),
    "a refund of a line without a number": refund("invalid_field", {"lines": [{"quantity": 1}]}),
    "a refund of a line without a quantity": refund("invalid_field", {"lines": [{"line": 1}]}),
    "a refund of line 0": refund("out_of_range", {"lines": [{"line": 0, "quantity": 1}]}),
    "a refund of line -1": refund("out_of_range", {"lines": [{"line": -1, "quantity": 1}]}),
    "a refund of line 2 of 1": refund("out_of_range", {"lines": [{"line": 2, "quantity": 1}]}),
    "a refund of line 2^31": refund("out_of_range", {"lines": [{"line": 2**31, "quantity": 1}]}),
    "a refund of line 1.0": refund("invalid_field", {"lines": [{"line": 1.0, "quantity": 1}]}),
    "a refund of quantity 2^31": refund("out_of_range", {"lines": [{"line": 1, "quantity": 2**31}]}),
    "a refund of a line twice": refund("invalid_field", {"lines": [{"line": 1, "quantity": 1}] * 2}),
    "a refund of 201 lines": refund("too_many_items", {"lines": [{"line": n, "quantity": 1} for n in range(1, 202)]}),
    "a refund's unknown member": refund("unknown_field", {"goods": 1, "amount": MARK}),
    "a refund's currency": refund("unknown_field", {"goods": 1, "currency": "EUR"}),
    "a refund's order": refund("unknown_field", {"goods": 1, "order": ABSENT}),
    "a refund's line's unknown member": refund("unknown_field", {"lines": [{"line": 1, "quantity": 1, "price": MARK}]}),
    "a refund's reason a number": refund("invalid_field", {"goods": 1, "reason": 1}),
    "a refund's reason of 4000": refund("invalid_field", {"goods": 1, "reason": "r" * 4000}),
    "a refund's reason with a newline": refund("invalid_field", {"goods": 1, "reason": f"a\n{MARK}"}),
    "a refund in 3 hours": refund("timestamp_in_future", {"goods": 1, "refunded_at": ahead(hours=3)}),
    "a refund on a day without a zone": refund("invalid_timestamp", {"goods": 1, "refunded_at": "2026-11-20T12:00:00"}),
    "a refund of an order that is not there": refund("not_found", {"goods": 1}, 404, ABSENT),
    "a refund of a word": refund("not_found", {"goods": 1}, 404, MARK),
    "a refund of a refund": refund("not_found", {"goods": 1}, 404, f"rfd_{ABSENT[4:]}"),
    "a refund that is a list": refund("malformed_json", [], 400),
    "a refund that is empty": refund("malformed_json", b"", 400),
    "a refund cut off": refund("malformed_json", b'{"goods":1', 400),
    "a refund's goods twice": refund("duplicate_member", b'{"goods":1,"goods":2}', 400),
}
LOG_INS = {
    f"a log-in {name}": post(status, code, body, {"Idempotency-Key": ""}, "/v1/session")
    for name, (status, code, body) in {
        "of nothing": (422, "invalid_field", {}),
        "without a password": (422, "invalid_field", {"email": f"{MARK}@example.org"}),
        "without an address": (422, "invalid_field", {"password": MARK}),
        "of null": (422, "invalid_field", {"email": None, "password": MARK}),
        "of an operator": (422, "invalid_field", {"email": f"{MARK}@example.org", "password": {"$ne": ""}}),
        "of a list": (422, "invalid_field", {"email": [f"{MARK}@example.org"], "password": MARK}),
        "with an address of 300": (422, "invalid_field", {"email": "a" * 300, "password": MARK}),
        "with a password of 1025": (422, "invalid_field", {"email": "a@example.org", "password": "p" * 1025}),
        "for a role": (422, "unknown_field", {"email": "a@example.org", "password": MARK, "role": "owner"}),
        "twice": (400, "duplicate_member", b'{"email":"a@b","email":"c@d","password":"x"}'),
        "that is no object": (400, "malformed_json", b'"x"'),
        "with NUL": (400, "malformed_json", b'{"email":"a@b\\u0000","password":"x"}'),
    }.items()
}

# ---- methods ----

METHODS = {
    f"{method} {name}": Bad(
        405, "method_not_allowed", method, target, {"Content-Length": "0"} if method == "PUT" else {}
    )
    for name, target, methods in (
        ("orders", ORDERS, ("PUT", "DELETE", "PATCH", "OPTIONS", "FOO", "SEARCH")),
        ("an order", f"{ORDERS}/{ABSENT}", ("PUT", "DELETE", "PATCH", "OPTIONS")),
        ("refunds", f"{ORDERS}/{ABSENT}/refunds", ("GET", "DELETE", "PATCH", "HEAD")),
        ("summary", SUMMARY, ("PUT", "DELETE", "OPTIONS")),
        ("status", MERCHANT + "/status", ("DELETE", "PROPFIND")),
        ("healthz", "/healthz", ("PUT", "DELETE")),
        ("merchants", "/v1/merchants", ("PUT", "DELETE")),
        ("a trace", TRACE, ("POST", "DELETE")),
        ("an export", EXPORT, ("PUT", "OPTIONS")),
        ("a batch", ORDERS + "/batch", ("GET", "HEAD", "PATCH")),
        ("keys", MERCHANT + "/keys", ("PUT", "PATCH", "DELETE")),
        ("a member", MERCHANT + "/members/x", ("GET", "POST", "PUT")),
        ("settings", MERCHANT + "/settings", ("POST", "DELETE")),
        ("the audit", MERCHANT + "/audit", ("POST", "PATCH", "DELETE")),
        ("the quarantine", MERCHANT + "/quarantine", ("POST", "DELETE")),
        ("sessions", "/v1/sessions", ("GET", "PATCH")),
        ("a password", "/v1/me/password", ("GET", "PATCH", "DELETE")),
    )
    for method in methods
}

BAD_INPUTS: dict[str, Bad] = {
    **PATHS,
    **QUERIES,
    **LISTS,
    **METRICS,
    **TRACES,
    **EXPORTS,
    **RANGES,
    **TYPES,
    **CALLERS,
    **KEYS,
    **ADMINISTRATION,
    **BODIES,
    **ORDER_MEMBERS,
    **LINES,
    **REFUNDS,
    **LOG_INS,
    **METHODS,
}
