"""Many orders in one request: each as if it had been sent alone, whatever becomes of the others."""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from oracle.answers import Range
from oracle.entries import order_money
from oracle.shop import instant_ms
from support.api import Body, expect, new_key
from support.bodies import order_body
from support.histories import today
from support.ledger import positions_by_id
from support.merchant import Merchant
from support.poll import eventually
from support.problems import check_problem, nothing_stored, pointers
from support.raw import send
from support.sizes import sized

ORDER: Body = {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 2, "unit_price": 500}]}
MOST = 1000
MEBIBYTE = 1 << 20
Line = dict[str, Any]


@pytest.fixture(scope="module")
def merchant(add_merchant: Callable[..., Merchant]) -> Merchant:
    return add_merchant("Europe/Berlin", "EUR", "JPY")


def keyed(bodies: list[Body]) -> list[Line]:
    return [{"idempotency_key": new_key(), **body} for body in bodies]


def ndjson(lines: list[Line]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def post(merchant: Merchant, content: bytes, **params: str) -> httpx.Response:
    headers = {"Content-Type": "application/x-ndjson"}
    return merchant.api.http.post(merchant.api.base + "/orders/batch", content=content, headers=headers, params=params)


def results(merchant: Merchant, lines: list[Line], **params: str) -> list[Any]:
    """One for each line, in their order; the counts are those of the lines."""
    answer = expect(post(merchant, ndjson(lines), **params))
    data = answer["data"]
    assert [result["line"] for result in data] == list(range(1, len(lines) + 1))
    taken = [result["replayed"] for result in data if result["status"] == 201]
    failed = [result for result in data if "problem" in result]
    assert (answer["stored"], answer["replayed"]) == (taken.count(False), taken.count(True))
    assert answer["failed"] == len(failed) and all(result["status"] >= 400 for result in failed)
    return list(data)


def ids(merchant: Merchant, lines: list[Line]) -> dict[str, str]:
    """What the ledger holds under the keys of the lines; no key twice."""
    wanted = {"m": merchant.id, "idem": {"$in": [f"orders/{line['idempotency_key']}" for line in lines]}}
    found = list(merchant.stack.mongo.takings.ledger.find(wanted, {"idem": 1}))
    by_key = {entry["idem"].partition("/")[2]: "ord_" + entry["_id"].partition("/")[2] for entry in found}
    assert len(by_key) == len(found)
    return by_key


def test_what_is_sent_by_batch_is_in_the_figures(merchant: Merchant) -> None:
    rng = random.Random(20261101)
    # the last whole day by UTC, whatever day it is at the merchant's: what lies ahead is refused
    start = instant_ms(f"{datetime.now(UTC):%Y-%m-%d}T00:00:00Z") - 86_400_000
    bodies = [order_body(rng, rng.choice(("EUR", "JPY")), start + rng.randrange(86_400_000)) for _ in range(300)]
    taken = results(merchant, keyed(bodies))
    recorded = positions_by_id(merchant.stack.mongo, merchant.id)
    for body, result in zip(bodies, taken, strict=True):
        order, hour = result["order"], merchant.shop.zone.hour_at(instant_ms(body["placed_at"]) // 1000)
        assert (result["status"], result["replayed"], order["currency"]) == (201, False, body["currency"])
        assert order["total"] == order_money(body).total
        assert result["bucket"]["date"] == hour.date.isoformat()
        assert instant_ms(result["bucket"]["hour_start"]) == hour.start * 1000
        position = f"p1_{recorded[order['id']]:016x}"
        assert result["position"] >= position
        receipt = {"order": order | {"placed_at": body["placed_at"]}, "position": position}
        merchant.shop.accept_order(body, receipt)
    expect(merchant.api.summary(range="today", after=taken[-1]["position"]))
    merchant.check_all(Range(today(merchant) - timedelta(days=3), today(merchant) + timedelta(days=1)))


def test_a_line_is_refused_as_an_order_alone_would_be(merchant: Merchant) -> None:
    bad: list[Body] = [
        ORDER | {"colour": "red", "currency": "USD"},
        ORDER | {"lines": []},
        ORDER | {"placed_at": "2001-01-01T00:00:00Z", "shipping": -1},
        {"currency": "EUR", "lines": [{"product_id": "", "name": "A", "quantity": 0, "unit_price": 1.5}]},
    ]
    late = {"placed_at": "2026-10-01T00:00:00Z"}
    lines = keyed([ORDER, *bad, ORDER | late])
    data = results(merchant, lines)
    assert [result["status"] for result in data] == [201, 422, 422, 422, 422, 201]
    for body, result in zip(bad, data[1:-1], strict=True):
        problem = check_problem(merchant.api.post_order(body), 422, result["problem"]["code"])
        assert result["problem"]["request_id"] != problem["request_id"]
        assert result["problem"] | {"request_id": ""} == problem | {"request_id": ""}
    stored = ids(merchant, lines)
    assert len(stored) == 2
    assert expect(merchant.api.get(f"/orders/{stored[lines[-1]['idempotency_key']]}"))["late"] is True


def test_a_line_without_a_key_or_with_a_bad_one(merchant: Merchant) -> None:
    lines: list[Line] = [ORDER, *({"idempotency_key": key} | ORDER for key in ("", "a b", "caf\u00e9", "k" * 256, 1))]
    with nothing_stored(merchant):
        data = results(merchant, lines)
    codes = [pointers(result["problem"]) for result in data]
    assert codes == [{"/idempotency_key": f"idempotency_key_{what}"} for what in ("missing", *["invalid"] * 5)]


def test_keys_are_those_of_single_orders(merchant: Merchant) -> None:
    keys = [new_key() for _ in range(3)]
    alone = merchant.order(ORDER, keys[0])
    lines = [{"idempotency_key": keys[n]} | body for n, body in ((1, ORDER), (0, ORDER), (1, ORDER), (2, ORDER))]
    lines += [{"idempotency_key": keys[n]} | ORDER | {"note": "another"} for n in (0, 2)]
    data = results(merchant, lines)
    assert [(result["status"], result.get("replayed")) for result in data] == [
        (201, False),
        (201, True),
        (201, True),
        (201, False),
        (422, None),
        (422, None),
    ]
    assert all(pointers(r["problem"]) == {"/idempotency_key": "idempotency_key_reused"} for r in data[4:])
    assert data[1]["order"]["id"] == alone["order"]["id"] and data[1]["bucket"] == alone["bucket"]
    again = merchant.api.post_order(ORDER, keys[1])
    assert expect(again, 201)["order"]["id"] == data[0]["order"]["id"] == data[2]["order"]["id"]
    assert again.headers["Idempotent-Replayed"] == "true"


def test_keys_of_another_merchant_are_others(merchant: Merchant, add_merchant: Callable[..., Merchant]) -> None:
    lines, other = keyed([ORDER] * 3), add_merchant()
    mine, theirs = results(merchant, lines), results(other, lines)
    assert not {result["order"]["id"] for result in mine} & {result["order"]["id"] for result in theirs}
    assert [result["replayed"] for result in mine + theirs] == [False] * 6


def test_a_dry_run_stores_nothing(merchant: Merchant) -> None:
    with nothing_stored(merchant):
        data = results(merchant, [ORDER, ORDER | {"total": 1}, *keyed([ORDER])], dry_run="true")
    assert [result["status"] for result in data] == [200, 422, 200]
    assert data[0]["order"] == {"total": 1000, "currency": "EUR", "exponent": 2} and data[0]["bucket"]["date"]


def test_batches_that_are_refused_whole(merchant: Merchant) -> None:
    path, line = merchant.api.base + "/orders/batch", ndjson(keyed([ORDER]))
    with nothing_stored(merchant):
        check_problem(post(merchant, b""), 400, "malformed_json")
        check_problem(post(merchant, ndjson(keyed([ORDER] * (MOST + 1)))), 422, "too_many_items")
        check_problem(post(merchant, b" " * (MEBIBYTE + 1)), 413, "payload_too_large")
        check_problem(post(merchant, line, dry_run="perhaps"), 422, "invalid_field")
        for media_type in ("application/json", "text/plain", "application/x-ndjson; charset=latin1"):
            headers = {"Content-Type": media_type}
            answer = merchant.api.http.post(path, content=line, headers=headers)
            check_problem(answer, 415, "unsupported_media_type")


def test_nothing_but_post(merchant: Merchant) -> None:
    """By the worker, and by nginx, which answers some methods itself."""
    path = merchant.api.base + "/orders/batch"
    for method in ("GET", "DELETE", "PUT"):
        answer = merchant.api.http.request(method, path)
        check_problem(answer, 405, "method_not_allowed")
        assert answer.headers["Allow"] == "POST"
    request = f"TRACE {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answer = send(merchant.stack.url, request.encode())
    check_problem(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "POST"


def filled(lines: list[Line], size: int) -> bytes:
    """The lines with blanks in front of some, so that they come to `size` bytes."""
    parts = [json.dumps(line).encode() + b"\n" for line in lines]
    missing = size - sum(map(len, parts))
    for number, part in enumerate(parts):
        blanks = min(missing, 60_000)
        parts[number], missing = b" " * blanks + part, missing - blanks
    return b"".join(parts)


def test_the_largest_batch(merchant: Merchant) -> None:
    """A thousand lines, and a mebibyte; the same again is the same."""
    lines = keyed([ORDER] * MOST)
    content = filled(lines, MEBIBYTE)
    assert len(content) == MEBIBYTE
    first = expect(post(merchant, content))
    assert (first["stored"], first["replayed"], first["failed"]) == (MOST, 0, 0)
    again = expect(post(merchant, content))
    assert (again["stored"], again["replayed"], again["failed"]) == (0, MOST, 0)
    stored = ids(merchant, lines)
    for line, one, other in zip(lines, first["data"], again["data"], strict=True):
        assert one["order"]["id"] == other["order"]["id"] == stored[line["idempotency_key"]]


def test_twins_of_batches_and_of_single_orders(merchant: Merchant) -> None:
    """All at the same instant, over both workers: one order for each key, and everybody is told the same."""
    lines = keyed([ORDER] * 60)
    keys = [line["idempotency_key"] for line in lines]
    with ThreadPoolExecutor(20) as pool:
        batches = [pool.submit(post, merchant, ndjson(random.sample(lines, len(lines)))) for _ in range(8)]
        alone = {key: pool.submit(merchant.api.post_order, ORDER, key) for key in keys[::5]}
    stored = ids(merchant, lines)
    assert set(stored) == set(keys)
    told = set(stored.values())
    first = 0
    for answer in (batch.result() for batch in batches):
        assert answer.status_code in (200, 503)
        for result in answer.json().get("data", []):
            assert result["status"] in (201, 503)
            first += result.get("replayed") is False
            assert result["status"] == 503 or result["order"]["id"] in told
    for key, single in alone.items():
        answer = single.result()
        assert answer.status_code in (201, 503)
        if answer.status_code == 201:
            first += "Idempotent-Replayed" not in answer.headers
            assert answer.json()["order"]["id"] == stored[key]
    assert first <= len(lines)
    again = results(merchant, lines)
    assert [(r["status"], r["replayed"], r["order"]["id"]) for r in again] == [(201, True, stored[key]) for key in keys]


def in_the_end(merchant: Merchant, lines: list[Line]) -> list[Any]:
    """As a client who is told to try again does."""

    def told() -> list[Any]:
        found = results(merchant, lines)
        assert 503 not in {result["status"] for result in found}
        return found

    return eventually(told)


def killed_in_the_middle(merchant: Merchant, lines: list[Line]) -> tuple[int, Future[httpx.Response]]:
    """Kills both workers as soon as the ledger has a part of the lines; how many it has, and the answer."""
    stack = merchant.stack
    pids = [stack.pid(part) for part in ("worker-1", "worker-2")]
    last = {"m": merchant.id, "idem": f"orders/{lines[0]['idempotency_key']}"}
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(post, merchant, ndjson(lines))
        eventually(lambda: answer.done() or stack.mongo.takings.ledger.find_one(last), step_s=0.0)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
    stored = len(ids(merchant, lines))
    for part in ("worker-1", "worker-2"):
        stack.up(part)
    return stored, answer


def test_a_worker_that_dies_in_the_middle_loses_and_doubles_nothing(merchant: Merchant) -> None:
    parts = []
    for _ in range(sized(2, 30)):
        lines = keyed([ORDER] * MOST)
        stored, answer = killed_in_the_middle(merchant, lines)
        parts.append(stored)
        again = in_the_end(merchant, lines)
        assert {result["status"] for result in again} == {201}
        by_key = ids(merchant, lines)
        told = {line["idempotency_key"]: r["order"]["id"] for line, r in zip(lines, again, strict=True)}
        assert told == by_key and len(by_key) == MOST
        try:
            answered = answer.result()
        except httpx.RemoteProtocolError:
            continue  # it broke off, and says so
        if answered.status_code == 200:
            first = [result for result in answered.json()["data"] if result["status"] == 201]
            assert {result["order"]["id"] for result in first} <= set(by_key.values())
        else:
            check_problem(answered, 503, "unavailable")
    assert any(0 < stored < MOST for stored in parts), parts
