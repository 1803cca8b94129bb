"""Figures come from Redis alone; each store can be away, and the other's work goes on."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import httpx
import pytest

from oracle.rows import HEAD_KEY, card_key
from support.api import Api, expect, new_key
from support.browser import Browser
from support.load import meanwhile
from support.merchant import Merchant
from support.names import new_merchant_id
from support.poll import eventually
from support.problems import check_problem
from support.stack import Stack

pytestmark = pytest.mark.long

BODY = {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 1, "unit_price": 995}]}
READS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/metrics/summary", {"range": "today"}),
    ("/metrics/summary", {"range": "last_30d"}),
    ("/metrics/series", {"range": "last_7d", "interval": "hour"}),
    ("/metrics/series", {"range": "last_30d", "interval": "day"}),
    ("/metrics/definitions", {}),
)


def read_all(merchant: Merchant) -> None:
    for path, params in READS:
        expect(merchant.api.get(path, **params))


@contextmanager
def profiled(stack: Stack) -> Iterator[None]:
    """mongod records every operation of the block."""
    database = stack.mongo.takings
    database.command({"profile": 0})
    database.drop_collection("system.profile")
    database.command({"profile": 2})
    try:
        yield
    finally:
        database.command({"profile": 0})


def worker_operations(stack: Stack) -> list[dict[str, Any]]:
    """What the worker's user did with the ledger."""
    query = {"ns": "takings.ledger", "user": "takings-worker@admin"}
    return list(stack.mongo.takings["system.profile"].find(query))


@pytest.fixture
def lone(module_stack: Stack) -> Iterator[Merchant]:
    """A merchant with one counted order on a stack that is broken and whole again after each test."""
    merchant = Merchant.add(module_stack, new_merchant_id(), "Europe/Berlin", ["EUR"])
    merchant.order(BODY)
    merchant.settled()
    yield merchant
    merchant.api.close()


def test_metric_reads_ask_the_ledger_nothing(lone: Merchant) -> None:
    with profiled(lone.stack):
        expect(lone.api.get("/orders"))
    assert worker_operations(lone.stack), "the profiler does not even see a listing"
    with profiled(lone.stack):
        for _ in range(20):
            read_all(lone)
    assert worker_operations(lone.stack) == []


@pytest.fixture
def browser(lone: Merchant) -> Iterator[Browser]:
    """The owner, logged in."""
    with Browser.of_new_user(lone.stack, lone.id, "owner") as browser:
        yield browser


@contextmanager
def mongod_away(stack: Stack, by: signal.Signals) -> Iterator[None]:
    stack.kill("mongod-1", by)
    try:
        yield
    finally:
        if by == signal.SIGSTOP:
            stack.kill("mongod-1", signal.SIGCONT)
        else:
            stack.up("mongod-1")


@pytest.mark.parametrize("by", [signal.SIGSTOP, signal.SIGTERM], ids=["stalled", "ended"])
def test_without_mongod_metric_reads_go_on(lone: Merchant, browser: Browser, by: signal.Signals) -> None:
    read_all(lone)
    with mongod_away(lone.stack, by):
        for _ in range(5):
            for path, params in READS:
                before = time.monotonic()
                by_key = expect(lone.api.get(path, **params))
                by_session = expect(browser.get(lone.api.base + path, **params))
                assert time.monotonic() - before < 1.0
                assert by_key["data"] == by_session["data"]
        summary = expect(lone.api.summary(range="today"))
        assert summary["data"][0]["metrics"]["orders"] == 1
        refused = lone.api.post_order(BODY)
        assert refused.status_code == 503 and refused.json()["code"] == "unavailable"
        assert int(refused.headers["Retry-After"]) >= 1
    check_orders_count_again(lone)


@pytest.mark.parametrize("by", [signal.SIGSTOP, signal.SIGTERM], ids=["stalled", "ended"])
def test_those_who_wait_for_mongod_do_not_hold_up_figures(lone: Merchant, by: signal.Signals) -> None:
    """More of them than the workers have threads: keys nobody knows yet, which only MongoDB could tell, and orders.
    Until it is noticed that MongoDB does not answer, figures may have to wait, but they come."""
    strangers = [Api(lone.stack.url, lone.id, f"tk_live_{number:043d}") for number in range(20)]
    read_all(lone)
    with mongod_away(lone.stack, by), ExitStack() as crowd:
        for stranger in strangers:
            crowd.enter_context(meanwhile(partial(stranger.summary, range="today"), every_s=0.01))
            crowd.enter_context(meanwhile(partial(lone.api.post_order, BODY), every_s=0.01))
        noticed = time.monotonic() + 5.0
        while time.monotonic() < noticed:
            read_all(lone)
        for _ in range(4):
            for path, params in READS:
                before = time.monotonic()
                expect(lone.api.get(path, **params))
                assert time.monotonic() - before < 2.0  # less than any of MongoDB's time-outs
    for stranger in strangers:
        stranger.close()
    check_orders_count_again(lone)


def answers_at_once(jobs: list[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(lambda job: job(), jobs))


def milliseconds(stack: Stack, request_id: str) -> int:
    """How long a worker says that it had the request."""
    said = rf"event=request request_id={request_id} .* ms=(\d+)$"
    [ms] = re.findall(said, stack.log("worker-1") + stack.log("worker-2"), re.MULTILINE)
    return int(ms)


def test_a_worker_gives_up_before_nginx_does(lone: Merchant, browser: Browser) -> None:
    """It has 8 s, in which the driver tries calls that timed out a second time; and it says itself what is wrong."""
    order_id = lone.order(BODY)["order"]["id"]
    lines = "".join(json.dumps(BODY | {"idempotency_key": new_key()}) + "\n" for _ in range(3))
    ndjson = {"Content-Type": "application/x-ndjson"}
    jobs: list[Callable[[], httpx.Response]] = [
        lambda: lone.api.post_order(BODY),
        lambda: lone.api.post_refund(order_id, {"amount": 995}),
        lambda: lone.api.http.post(f"{lone.api.base}/orders/batch", content=lines, headers=ndjson),
        lambda: lone.api.get("/orders"),
        lambda: browser.send("POST", f"{lone.api.base}/keys", {"scopes": ["metrics:read"]}),
    ]
    answers_at_once(jobs * 2)  # so that each worker has connections, which is where the hanging is noticed last
    with mongod_away(lone.stack, signal.SIGSTOP):
        refused = answers_at_once(jobs * 2)
    for answer in refused:
        problem = check_problem(answer, 503, "unavailable")
        assert problem["detail"] == "A part of the service is away. Try again."
    longest = max(milliseconds(lone.stack, answer.headers["Request-Id"]) for answer in refused)
    assert 2_500 < longest <= 8_000  # at least one was let hang
    check_orders_count_again(lone)


def check_orders_count_again(lone: Merchant) -> None:
    """After an outage, with nobody's help, new orders are accepted and counted."""
    eventually(lambda: lone.api.post_order(BODY).status_code == 201, limit_s=30)
    eventually(lambda: expect(lone.api.summary(range="today"))["data"][0]["metrics"]["orders"] >= 2, limit_s=30)


def stamp_older_than(merchant: Merchant, lag_ms: int) -> dict[str, Any] | None:
    meta = expect(merchant.api.summary(range="today"))["meta"]
    return meta if meta["lag_ms"] > lag_ms else None


def stands_still(merchant: Merchant) -> bool:
    """Whether the picture stays the same while it grows a second older."""
    first = expect(merchant.api.summary(range="today"))["meta"]
    later = eventually(partial(stamp_older_than, merchant, first["lag_ms"] + 1_000))
    return bool(later["position"] == first["position"])


def test_as_of_stands_still_without_mongod(lone: Merchant) -> None:
    """Old figures are dated, not passed off as new ones."""
    with mongod_away(lone.stack, signal.SIGTERM):
        eventually(lambda: stands_still(lone), limit_s=30)  # what was under way when mongod ended still counts
        stale = lone.api.summary(range="today", max_staleness="500ms")
        assert stale.status_code == 503 and stale.json()["code"] == "too_stale"


@pytest.mark.parametrize("lost", ["head", "card", "everything"])
def test_without_head_or_card_figures_are_unknown_never_zero(lone: Merchant, lost: str) -> None:
    """503 until the merchant is cut anew: by the tailer, or, where a hand took the card, by rebuild."""
    stack = lone.stack
    stack.kill("tailer", signal.SIGTERM)
    if lost == "everything":
        stack.redis.flushall()
    else:
        stack.redis.delete(HEAD_KEY if lost == "head" else card_key(lone.id))
    for path, params in READS[:-1]:
        check_problem(lone.api.get(path, **params), 503, "rebuilding")
    stack.up("tailer")
    if lost == "card":
        stack.batch("rebuild", "--merchant", lone.id)
    eventually(lambda: lone.api.summary(range="today").status_code == 200, limit_s=30)
    lone.settled()
    assert expect(lone.api.summary(range="today"))["data"][0]["metrics"]["orders"] == 1


@contextmanager
def redis_away(stack: Stack, by: signal.Signals) -> Iterator[None]:
    stack.kill("redis", by)
    try:
        yield
    finally:
        if by == signal.SIGSTOP:
            stack.kill("redis", signal.SIGCONT)
        else:
            stack.up("redis")


@pytest.mark.parametrize("by", [signal.SIGSTOP, signal.SIGTERM], ids=["stalled", "ended"])
def test_without_redis_figures_are_503_at_once_and_orders_are_accepted(lone: Merchant, by: signal.Signals) -> None:
    with redis_away(lone.stack, by):
        for path, params in READS[:-1]:
            before = time.monotonic()
            answer = lone.api.get(path, **params)
            assert time.monotonic() - before < 0.5
            assert answer.status_code == 503 and answer.json()["code"] == "unavailable"
            assert int(answer.headers["Retry-After"]) >= 1
        receipt = expect(lone.api.post_order(BODY), 201)
        expect(lone.api.get(f"/orders/{receipt['order']['id']}"))
    lone.settled()
    assert expect(lone.api.summary(range="today"))["data"][0]["metrics"]["orders"] == 2
