"""Whoever posts an order and asks for figures after its position finds it counted, every time."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

from oracle.answers import Range
from support.api import expect
from support.bodies import order_body
from support.histories import today
from support.load import meanwhile
from support.merchant import Merchant
from support.sizes import sized

TIMES = sized(quick=200, full=1_000)
INTO_CLOSED_HOURS = TIMES // 10
OTHER_TRAFFIC_PER_S = 20


@contextmanager
def other_traffic(merchant: Merchant) -> Iterator[None]:
    """Orders of another merchant at a steady pace."""
    rng = random.Random(8)
    sources = 2
    with ExitStack() as running:
        for _ in range(sources):
            step = meanwhile(lambda: merchant.order(order_body(rng, "EUR")), every_s=sources / OTHER_TRAFFIC_PER_S)
            running.enter_context(step)
        yield


def orders_counted(merchant: Merchant, within: Range, position: str) -> int:
    """Of an answer that must not be older than the position, nor 503."""
    answer = expect(merchant.api.summary(**within.parameters(), after=position))
    assert answer["meta"]["position"] >= position  # fixed width: the order of texts is theirs
    return answer["data"][0]["metrics"]["orders"]


def test_every_order_is_in_the_next_answer(add_merchant: Callable[..., Merchant]) -> None:
    merchant, other = add_merchant(), add_merchant()
    rng = random.Random(8)
    day = today(merchant)
    within = Range(day - timedelta(days=60), day + timedelta(days=2))
    closed = set(rng.sample(range(TIMES), INTO_CLOSED_HOURS))
    with other_traffic(other):
        for number in range(TIMES):
            receipt = merchant.order(next_body(merchant, rng, number in closed))
            assert orders_counted(merchant, within, receipt["position"]) == number + 1
    merchant.check_all(within)


def next_body(merchant: Merchant, rng: random.Random, into_closed_hour: bool) -> dict[str, Any]:
    at_ms = None
    if into_closed_hour:
        at_ms = 1000 * merchant.shop.zone.day_start(today(merchant) - timedelta(days=50))
        at_ms += rng.randrange(45 * 86_400_000)
    return order_body(rng, "EUR", at_ms)
