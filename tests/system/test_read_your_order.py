"""Whoever posts an order and asks for figures after its position finds it counted, every time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from oracle.answers import Range
from support.api import expect
from support.bodies import order_body
from support.histories import today
from support.load import on_schedule
from support.merchant import Merchant
from support.sizes import sized

TIMES = sized(quick=200, full=1_000)
INTO_CLOSED_HOURS = TIMES // 10
OTHER_TRAFFIC_PER_S = 20
LEAST_SHARE = 0.5  # of that pace: fewer would be no load to speak of, whatever else the machine does


@contextmanager
def other_traffic(merchant: Merchant) -> Iterator[None]:
    """Orders of another merchant at a steady pace, which must have been kept up."""
    sources = 2
    every_s = sources / OTHER_TRAFFIC_PER_S
    began = time.monotonic()
    with ExitStack() as running:
        for source in range(sources):
            rng = random.Random(f"8/{source}")
            step = partial(post_one, merchant, rng)
            running.enter_context(on_schedule(step, every_s, first_s=source / OTHER_TRAFFIC_PER_S))
        yield
        posted, seconds = len(merchant.shop.orders), time.monotonic() - began
    assert posted >= LEAST_SHARE * OTHER_TRAFFIC_PER_S * seconds, f"{posted} orders in {seconds:.1f} s"


def post_one(merchant: Merchant, rng: random.Random) -> None:
    merchant.order(order_body(rng, "EUR"))


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
