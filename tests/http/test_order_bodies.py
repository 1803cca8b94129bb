"""Bodies that an order must not have: each is refused with its code, and stores nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from support.api import Body, expect, new_key
from support.merchant import Merchant
from support.problems import check_problem, nothing_stored, pointers

LINE: Body = {"product_id": "a", "name": "A", "quantity": 2, "unit_price": 500}
ORDER: Body = {"currency": "EUR", "lines": [LINE]}
Change = Callable[[Body], None]


@pytest.fixture(scope="module")
def merchant(add_merchant: Callable[..., Merchant]) -> Merchant:
    return add_merchant("Europe/Berlin", "EUR", "JPY")


@pytest.fixture(scope="module")
def live(merchant: Merchant) -> httpx.Client:
    """A till's client: it may not import."""
    secret = merchant.new_key("orders:write")["secret"]
    return httpx.Client(base_url=merchant.stack.url, headers={"Authorization": f"Bearer {secret}"}, timeout=15.0)


def post(client: httpx.Client, merchant: Merchant, content: bytes) -> httpx.Response:
    headers = {"Idempotency-Key": new_key(), "Content-Type": "application/json"}
    return client.post(f"/v1/merchants/{merchant.id}/orders", content=content, headers=headers)


def post_json(client: httpx.Client, merchant: Merchant, body: Any) -> httpx.Response:
    return post(client, merchant, json.dumps(body).encode())


GOOD = json.dumps(ORDER)
MALFORMED = {
    "empty": b"",
    "blanks": b" \n\t ",
    "null": b"null",
    "array": b"[]",
    "string": b'"x"',
    "number": b"1",
    "cut off": GOOD[:-1].encode(),
    "trailing bytes": GOOD.encode() + b"x",
    "two documents": GOOD.encode() * 2,
    "single quotes": GOOD.replace('"', "'").encode(),
    "comment": GOOD.replace("{", "{/* c */", 1).encode(),
    "trailing comma": (GOOD[:-1] + ",}").encode(),
    "bare key": GOOD.replace('"currency"', "currency").encode(),
    "NUL in a key": GOOD.replace("currency", "currency\\u0000").encode(),
    "raw control character": GOOD.replace('"A"', '"A\x01"').encode(),
    "raw newline": GOOD.replace('"A"', '"A\n"').encode(),
    "overlong UTF-8": GOOD.encode().replace(b'"A"', b'"\xc0\xaf"'),
    "UTF-8 surrogate": GOOD.encode().replace(b'"A"', b'"\xed\xa0\x80"'),
    "cut UTF-8": GOOD.encode().replace(b'"A"', b'"\xe2\x82"'),
    "latin-1": GOOD.encode().replace(b'"A"', b'"\xe9"'),
    "lone surrogate": GOOD.replace('"A"', '"\\ud800"').encode(),
    "bad escape": GOOD.replace('"A"', '"\\x41"').encode(),
    "byte order mark": b"\xef\xbb\xbf" + GOOD.encode(),
    "NaN": GOOD.replace("500", "NaN").encode(),
    "Infinity": GOOD.replace("500", "-Infinity").encode(),
    "leading zero": GOOD.replace("500", "0500").encode(),
    "leading plus": GOOD.replace("500", "+500").encode(),
    "hexadecimal": GOOD.replace("500", "0x1f4").encode(),
    "nested 9 deep": ('{"a":' * 9 + "1" + "}" * 9).encode(),
    "nested 1000 deep": (b"[" * 1000 + b"]" * 1000),
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_not_json(merchant: Merchant, live: httpx.Client, content: bytes) -> None:
    with nothing_stored(merchant):
        check_problem(post(live, merchant, content), 400, "malformed_json")


@pytest.mark.parametrize(
    "content",
    [
        GOOD[:-1] + ',"currency":"EUR"}',
        GOOD.replace('"quantity"', '"unit_price": 1, "quantity"'),
        GOOD[:-1] + ',"curr\\u0065ncy":"EUR"}',
    ],
    ids=["in the order", "in a line", "by an escape"],
)
def test_a_member_twice(merchant: Merchant, live: httpx.Client, content: str) -> None:
    with nothing_stored(merchant):
        check_problem(post(live, merchant, content.encode()), 400, "duplicate_member")


def ahead(**by: float) -> str:
    return (datetime.now(UTC) + timedelta(**by)).isoformat(timespec="seconds")


def in_order(**members: Any) -> Change:
    return lambda body: body.update(members)


def in_line(**members: Any) -> Change:
    return lambda body: body["lines"][0].update(members)


def without(name: str) -> Change:
    return lambda body: body.pop(name)


def line_without(name: str) -> Change:
    return lambda body: body["lines"][0].pop(name)


REFUSED: dict[str, tuple[Change, str, str]] = {
    "merchant_id": (in_order(merchant_id="m"), "unknown_field", "/merchant_id"),
    "status": (in_order(status="paid"), "unknown_field", "/status"),
    "_id": (in_order(_id="x"), "unknown_field", "/_id"),
    "$where": (in_order(**{"$where": "1"}), "unknown_field", ""),  # a name that is no name of ours is not echoed
    "field of a line": (in_line(total=5), "unknown_field", "/lines/0/total"),
    "201 lines": (in_order(lines=[LINE] * 201), "too_many_items", "/lines"),
    "no lines": (without("lines"), "invalid_field", "/lines"),
    "empty lines": (in_order(lines=[]), "invalid_field", "/lines"),
    "lines an object": (in_order(lines={}), "invalid_field", "/lines"),
    "a line a number": (in_order(lines=[1]), "invalid_field", "/lines/0"),
    "no unit_price": (line_without("unit_price"), "invalid_field", "/lines/0/unit_price"),
    "no quantity": (line_without("quantity"), "invalid_field", "/lines/0/quantity"),
    "no name": (line_without("name"), "invalid_field", "/lines/0/name"),
    "no product_id": (line_without("product_id"), "invalid_field", "/lines/0/product_id"),
    "price a text": (in_line(unit_price="12.50"), "invalid_field", "/lines/0/unit_price"),
    "price 12.5": (in_line(unit_price=12.5), "invalid_field", "/lines/0/unit_price"),
    "price true": (in_line(unit_price=True), "invalid_field", "/lines/0/unit_price"),
    "price null": (in_line(unit_price=None), "invalid_field", "/lines/0/unit_price"),
    "price an operator": (in_line(unit_price={"$gt": 0}), "invalid_field", "/lines/0/unit_price"),
    "price -5": (in_line(unit_price=-5), "out_of_range", "/lines/0/unit_price"),
    "price 2^63": (in_line(unit_price=2**63), "out_of_range", "/lines/0/unit_price"),
    "price 2^64": (in_line(unit_price=2**64), "out_of_range", "/lines/0/unit_price"),
    "price of 400 digits": (in_line(unit_price=10**400), "out_of_range", "/lines/0/unit_price"),
    "price above 10^12": (in_line(unit_price=10**12 + 1), "out_of_range", "/lines/0/unit_price"),
    "quantity 0": (in_line(quantity=0), "out_of_range", "/lines/0/quantity"),
    "quantity -1": (in_line(quantity=-1), "out_of_range", "/lines/0/quantity"),
    "quantity 2^31": (in_line(quantity=2**31), "out_of_range", "/lines/0/quantity"),
    "quantity 1000001": (in_line(quantity=1_000_001), "out_of_range", "/lines/0/quantity"),
    "line discount -1": (in_line(discount=-1), "out_of_range", "/lines/0/discount"),
    "line discount above the line": (in_line(discount=1001), "out_of_range", "/lines/0/discount"),
    "discount above the goods": (in_order(discount=1001), "out_of_range", "/discount"),
    "shipping -1": (in_order(shipping=-1), "out_of_range", "/shipping"),
    "tax above 10^12": (in_order(tax=10**12 + 1), "out_of_range", "/tax"),
    "wrong total": (in_order(total=1001), "amount_mismatch", "/total"),
    "no currency": (without("currency"), "invalid_currency", "/currency"),
    "currency eur": (in_order(currency="eur"), "invalid_currency", "/currency"),
    "currency EURO": (in_order(currency="EURO"), "invalid_currency", "/currency"),
    "currency XXX": (in_order(currency="XXX"), "invalid_currency", "/currency"),
    "currency a number": (in_order(currency=978), "invalid_currency", "/currency"),
    "currency not sold in": (in_order(currency="USD"), "invalid_currency", "/currency"),
    "time without zone": (in_order(placed_at="2026-11-20T12:00:00"), "invalid_timestamp", "/placed_at"),
    "time a date": (in_order(placed_at="2026-11-20"), "invalid_timestamp", "/placed_at"),
    "time a number": (in_order(placed_at=1795446000), "invalid_timestamp", "/placed_at"),
    "second 60": (in_order(placed_at="2026-11-20T12:00:60Z"), "invalid_timestamp", "/placed_at"),
    "30 February": (in_order(placed_at="2026-02-30T12:00:00Z"), "invalid_timestamp", "/placed_at"),
    "hour 24": (in_order(placed_at="2026-11-20T24:00:00Z"), "invalid_timestamp", "/placed_at"),
    "reference empty": (in_order(reference=""), "invalid_field", "/reference"),
    "reference of 65 bytes": (in_order(reference="r" * 65), "invalid_field", "/reference"),
    "reference with a newline": (in_order(reference="a\nb"), "invalid_field", "/reference"),
    "note of 501 code points": (in_order(note="\u00e9" * 501), "invalid_field", "/note"),
    "note a number": (in_order(note=1), "invalid_field", "/note"),
}


@pytest.mark.parametrize(("change", "code", "pointer"), REFUSED.values(), ids=REFUSED.keys())
def test_what_an_order_must_not_be(
    merchant: Merchant, live: httpx.Client, change: Change, code: str, pointer: str
) -> None:
    body = deepcopy(ORDER)
    change(body)
    with nothing_stored(merchant):
        problem = check_problem(post_json(live, merchant, body), 422, code)
    assert pointers(problem) == {pointer: code}


@pytest.mark.parametrize("number", ["12.5", "1.0", "1e2", "1E0", "5e-1"])
def test_numbers_that_are_no_integers(merchant: Merchant, live: httpx.Client, number: str) -> None:
    content = GOOD.replace("500", number).encode()
    with nothing_stored(merchant):
        check_problem(post(live, merchant, content), 422, "invalid_field")


def test_minus_zero_is_zero(merchant: Merchant, live: httpx.Client) -> None:
    receipt = expect(post(live, merchant, GOOD.replace("500", "-0").encode()), 201)
    free = {"units": 2, "gross": 0, "discounts": 0, "tax": 0, "shipping": 0, "total": 0}
    assert receipt["order"]["totals"] == free
    assert [line["unit_price"] for line in receipt["order"]["lines"]] == [0]


def test_times_out_of_reach(merchant: Merchant, live: httpx.Client) -> None:
    """Five minutes ahead, 90 days back; with orders:import down to 1970."""
    with nothing_stored(merchant):
        future = post_json(live, merchant, ORDER | {"placed_at": ahead(minutes=6)})
        check_problem(future, 422, "timestamp_in_future")
        check_problem(post_json(live, merchant, ORDER | {"placed_at": ahead(days=-91)}), 422, "timestamp_too_old")
        before_1970 = merchant.api.post_order(ORDER | {"placed_at": "1969-12-31T23:59:59.999Z"})
        check_problem(before_1970, 422, "timestamp_too_old")
    expect(post_json(live, merchant, ORDER | {"placed_at": ahead(minutes=4)}), 201)
    expect(post_json(live, merchant, ORDER | {"placed_at": ahead(days=-89)}), 201)
    expect(merchant.api.post_order(ORDER | {"placed_at": "1970-01-01T00:00:00Z"}), 201)


def test_every_violation_is_named_at_once(merchant: Merchant, live: httpx.Client) -> None:
    lines = [LINE | {"quantity": 0, "unit_price": "1"}, LINE | {"colour": "red"}]
    body = {"currency": "eur", "lines": lines, "shipping": -1, "_id": 1}
    with nothing_stored(merchant):
        answer = post_json(live, merchant, body)
    problem = check_problem(answer, 422, "invalid_currency")  # the first in document order
    assert pointers(problem) == {
        "/currency": "invalid_currency",
        "/lines/0/quantity": "out_of_range",
        "/lines/0/unit_price": "invalid_field",
        "/lines/1/colour": "unknown_field",
        "/shipping": "out_of_range",
        "/_id": "unknown_field",
    }


def test_raw_input_is_not_echoed(merchant: Merchant, live: httpx.Client) -> None:
    marker = "<script>marker-7f3a</script>"
    for body in (ORDER | {"currency": marker}, ORDER | {"placed_at": marker}, ORDER | {"reference": marker + "\n"}):
        assert "marker-7f3a" not in post_json(live, merchant, body).text


def test_sums_at_the_limit(merchant: Merchant) -> None:
    """10^12 in all is accepted, one more is not, whichever part it comes from."""
    most = {"product_id": "a", "name": "A", "quantity": 1, "unit_price": 10**12}
    merchant.order({"currency": "EUR", "lines": [most]})
    with nothing_stored(merchant):
        check_problem(merchant.api.post_order({"currency": "EUR", "lines": [most], "shipping": 1}), 422, "out_of_range")
        check_problem(
            merchant.api.post_order({"currency": "EUR", "lines": [most | {"quantity": 2}]}), 422, "out_of_range"
        )
        check_problem(merchant.api.post_order({"currency": "EUR", "lines": [most] * 2}), 422, "out_of_range")
        for_nothing = {"currency": "EUR", "lines": [most | {"discount": 10**12}] * 2}  # comes to 0
        check_problem(merchant.api.post_order(for_nothing), 422, "out_of_range")


def test_texts_come_back_as_they_were(merchant: Merchant) -> None:
    texts = {
        "note": '<script>alert(1)</script> "\\ \u00e9 \U0001f600 \u2028',
        "reference": "A-1/2026",
        "customer_id": "c-1",
        "channel": "web",
        "payment_method": "card",
    }
    receipt = merchant.order(ORDER | texts)
    stored = expect(merchant.api.get(f"/orders/{receipt['order']['id']}"))
    assert {name: stored[name] for name in texts} == texts
