"""A new merchant is readable at once; a new zone cuts the whole history anew while orders come in."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from oracle import answers
from oracle.answers import Range
from oracle.shop import position_number
from oracle.zones import Zone
from support.api import Api, expect
from support.histories import Place, Story, today
from support.load import meanwhile
from support.merchant import Merchant
from support.names import new_merchant_id
from support.poll import eventually
from support.sizes import sized
from support.stack import Stack

ZONES = ("Asia/Kathmandu", "America/St_Johns", "Pacific/Apia")
SYSEXITS_OF_BAD_INPUT = (os.EX_USAGE, os.EX_DATAERR)
PLACE = Place("Europe/Berlin", date(2026, 3, 27), date(2026, 4, 1))
OLD_DAYS = PLACE.range


def test_a_new_merchant_is_readable_within_a_second(stack: Stack) -> None:
    """With zeros; until its card is cut the answer is 503, never 404."""
    merchant = new_merchant_id()
    stack.cli("merchant", "add", merchant, "--zone", "Europe/Berlin", "--currency", "EUR,JPY")
    deadline = time.monotonic() + 1.0
    key = stack.cli("key", "add", "--merchant", merchant, "--scopes", "metrics:read")
    api = Api(stack.url, merchant, key["secret"])
    seen = []

    def readable() -> bool:
        answer = api.summary(range="last_7d")
        seen.append(answer.status_code)
        return answer.status_code == 200

    eventually(readable, limit_s=max(deadline - time.monotonic(), 0.0), step_s=0.01)
    assert set(seen) <= {200, 503}
    data = expect(api.summary(range="last_7d"))["data"]
    assert [(element["currency"], element["metrics"]["orders"]) for element in data] == [("EUR", 0), ("JPY", 0)]
    assert data[0]["metrics"]["average_order_value"] is None


def test_a_merchant_that_exists_is_not_added_twice(stack: Stack, merchant: Merchant) -> None:
    before = stack.cli("merchant", "list")
    done = stack.try_cli("merchant", "add", merchant.id, "--zone", "UTC", "--currency", "USD")
    assert done.returncode != 0 and merchant.id in done.stderr
    assert stack.cli("merchant", "list") == before


def test_an_unknown_zone_is_refused(stack: Stack) -> None:
    for zone in ("Europe/Atlantis", "../../etc/passwd", "/etc/localtime", ""):
        merchant = new_merchant_id()
        done = stack.try_cli("merchant", "add", merchant, "--zone", zone, "--currency", "EUR")
        assert done.returncode in SYSEXITS_OF_BAD_INPUT, (zone, done)
        assert merchant not in str(stack.cli("merchant", "list"))


class Watcher:
    """Reads the old days all the time; every answer must be right for the zone that it names."""

    def __init__(self, merchant: Merchant) -> None:
        self.merchant = merchant
        self.answers: list[dict[str, Any]] = []

    def look(self) -> None:
        answer = self.merchant.api.series(**OLD_DAYS.parameters(), interval="hour", currency="EUR")
        self.answers.append(expect(answer))

    def shows(self, zone: str) -> bool:
        return bool(self.answers) and self.answers[-1]["meta"]["timezone"] == zone

    def judge(self) -> set[str]:
        """The zones seen."""
        shop = self.merchant.shop
        for answer in self.answers:
            shop.zone = Zone(answer["meta"]["timezone"])
            position = position_number(answer["meta"]["position"])
            assert answer["data"] == answers.series(shop, OLD_DAYS, "hour", "EUR", position)
        return {answer["meta"]["timezone"] for answer in self.answers}


def test_set_zone_recuts_the_history_while_orders_come_in(stack: Stack, add_merchant: Callable[..., Merchant]) -> None:
    merchant = add_merchant(PLACE.zone)
    story = Story(merchant, PLACE, seed=6)
    for _ in range(sized(quick=100, full=2_000)):
        story.step()
    watcher = Watcher(merchant)
    with meanwhile(watcher.look), meanwhile(story.step):
        for zone in ZONES:
            stack.cli("merchant", "set-zone", merchant.id, zone)
            eventually(partial(watcher.shows, zone))
    assert watcher.judge() == {"Europe/Berlin", *ZONES}
    merchant.shop.set_zone(ZONES[-1])
    merchant.settled()
    merchant.check_all(OLD_DAYS)
    stack.batch("verify", "--merchant", merchant.id)


def test_other_merchants_keep_their_rows_when_one_moves(stack: Stack, add_merchant: Callable[..., Merchant]) -> None:
    moving, other = add_merchant(), add_merchant()
    body = {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 2, "unit_price": 350}]}
    for merchant in (moving, other):
        merchant.order(body)
    stack.cli("merchant", "set-zone", moving.id, "Asia/Tokyo")
    eventually(lambda: expect(moving.api.summary(range="today"))["meta"]["timezone"] == "Asia/Tokyo")
    moving.shop.set_zone("Asia/Tokyo")
    for merchant in (moving, other):
        merchant.settled()
        merchant.check_all(one_day(today(merchant)))
    assert expect(other.api.summary(range="today"))["meta"]["timezone"] == "Europe/Berlin"


def one_day(day: date) -> Range:
    return Range(day, date.fromordinal(day.toordinal() + 1))
