"""Rebuild: the old, dated picture is served until the new one is in place, and both are right."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from oracle import answers
from oracle.rows import Card, card_key
from oracle.shop import position_number
from support.api import expect
from support.bodies import order_body
from support.histories import Place, Story
from support.load import meanwhile
from support.merchant import Merchant
from support.names import new_merchant_id
from support.poll import eventually
from support.sizes import sized
from support.stack import Stack

PLACE = Place("Europe/Berlin", date(2026, 3, 20), date(2026, 4, 10), ("EUR", "JPY"))
ORDERS = sized(quick=3_000, full=50_000)
TIMES = 3  # a re-cut takes so little time that one alone may fall between two answers


def card_of(merchant: Merchant) -> Card:
    return Card.decode(merchant.stack.redis.get(card_key(merchant.id)))


def history(merchant: Merchant, folder: Path) -> None:
    """Imports thousands of orders, each dated into the place's days, and tells the oracle."""
    rng = random.Random(8)
    zone = merchant.shop.zone
    first_ms, end_ms = (1000 * zone.day_start(day) for day in (PLACE.first, PLACE.end))
    bodies = [
        order_body(rng, rng.choice(PLACE.currencies), rng.randrange(first_ms, end_ms)) | {"reference": f"r-{number}"}
        for number in range(ORDERS)
    ]
    file = folder / "orders.ndjson"
    file.write_text("".join(json.dumps(body) + "\n" for body in bodies))
    report = merchant.imported(file, "--format", "ndjson")
    for body in bodies:
        order = {"id": body["reference"], "placed_at": body["placed_at"]}
        merchant.shop.accept_order(body, {"order": order, "position": report["position"]})


@pytest.fixture(scope="module")
def large(add_merchant: Callable[..., Merchant], tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    merchant = add_merchant(PLACE.zone, *PLACE.currencies)
    history(merchant, tmp_path_factory.mktemp("history"))
    return merchant


class Watcher:
    """Reads all the time; there must always be an answer, and it must be right for the position that it names."""

    def __init__(self, merchant: Merchant) -> None:
        self.merchant = merchant
        self.seen: dict[int, list[Any]] = {}

    def look(self) -> None:
        answer = expect(self.merchant.api.summary(**PLACE.range.parameters()))
        self.seen.setdefault(position_number(answer["meta"]["position"]), []).append(answer["data"])

    def has_seen(self, position: int) -> bool:
        return any(seen >= position for seen in list(self.seen))

    def judge(self) -> None:
        for position, found in self.seen.items():
            wanted = answers.summary(self.merchant.shop, PLACE.range, position)
            assert all(data == wanted for data in found)


def rebuild(large: Merchant, *words: str) -> Card:
    """The card of the new picture, which is in place then."""
    before = card_of(large)
    large.stack.batch("rebuild", *words)
    eventually(lambda: card_of(large).prefix != before.prefix, limit_s=60)
    after = card_of(large)
    assert after.base > before.base and after.epoch == before.epoch
    return after


@pytest.mark.parametrize("of_all", [False, True], ids=["one merchant", "everybody"])
def test_rebuild_serves_the_old_picture_until_the_new_one_is_there(
    stack: Stack, large: Merchant, merchant: Merchant, of_all: bool
) -> None:
    others = card_of(merchant)
    story = Story(large, PLACE, seed=11)
    watcher = Watcher(large)
    with meanwhile(watcher.look), meanwhile(watcher.look), meanwhile(story.step):
        eventually(lambda: watcher.seen)
        for _ in range(TIMES):
            after = rebuild(large, *(() if of_all else ("--merchant", large.id)))
            eventually(partial(watcher.has_seen, after.base))
            assert min(watcher.seen) < after.base  # both pictures were watched
    watcher.judge()
    if of_all:
        eventually(lambda: card_of(merchant).prefix != others.prefix, limit_s=60)
    assert (card_of(merchant).prefix != others.prefix) == of_all
    large.settled()
    large.check_all(PLACE.range)
    stack.batch("verify", "--merchant", large.id)


def test_who_has_no_card_is_cut_when_the_batch_starts_anew(own_stack: Stack) -> None:
    """As one that was given up has none; nobody waits for an order of theirs."""
    merchant = Merchant.add(own_stack, new_merchant_id(), PLACE.zone, ["EUR"])
    try:
        merchant.order(order_body(random.Random(9), "EUR"))
        merchant.settled()
        own_stack.redis.delete(card_key(merchant.id))
        expect(merchant.api.summary(range="today"), 503)
        own_stack.kill("tailer", signal.SIGTERM)
        own_stack.up("tailer")
        eventually(lambda: expect(merchant.api.summary(range="today"))["data"][0]["metrics"]["orders"] == 1)
    finally:
        merchant.api.close()
