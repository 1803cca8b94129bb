"""Every part is killed at random moments under load, and Redis emptied: nothing is lost, nothing is wrong."""

from __future__ import annotations

import os
import random
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
import redis

from oracle import answers
from oracle.answers import Range
from oracle.shop import position_number
from support.crowd import Client, Register
from support.histories import today
from support.ledger import positions_by_id, stored_ids
from support.load import meanwhile, on_schedule
from support.merchant import Merchant
from support.mishaps import Mishaps, Span
from support.names import new_merchant_id
from support.pictures import NoPicture, Picture, differences, take_picture
from support.poll import eventually
from support.sizes import sized
from support.stack import Stack

ROUNDS = sized(quick=1, full=10)
MERCHANTS = 5
CLIENTS = 20
ORDERS_PER_S = 100
LEAST_SHARE = 0.5  # of that rate, while no part is down: fewer would be no load, whatever else the machine does
LOOK_EVERY_S = 0.25
LONG_GAP_S = 2.0  # between two mishaps: then something must have been readable
LEAST_BEFORE_THE_END = 20
# A round's seed names it: TAKINGS_SEED of that number is that round again.
SEED = int(os.environ.get("TAKINGS_SEED") or sized(quick=12, full=secrets.randbelow(10**9)))
DIFFERS = 1  # what verify exits with, other than with what keeps it from comparing


@dataclass
class Till:
    """A merchant, what its clients know to be stored, and what could be read, each with the time."""

    merchant: Merchant
    register: Register = field(default_factory=Register)
    pictures: list[tuple[float, Picture]] = field(default_factory=list)
    summaries: list[tuple[float, Range, dict[str, Any]]] = field(default_factory=list)

    def within(self) -> Range:
        day = today(self.merchant)
        return Range(day - timedelta(days=1), day + timedelta(days=2))

    def look(self) -> None:
        """Keeps what can be read now; nothing to be read is an honest answer too."""
        within = self.within()
        shop, server = self.merchant.shop, self.merchant.stack.redis
        try:
            picture = take_picture(server, shop, self.merchant.id, within.days(shop.zone))
            self.pictures.append((time.monotonic(), picture))
        except (NoPicture, redis.RedisError):
            pass
        try:
            answer = self.merchant.api.summary(**within.parameters())
        except httpx.TransportError:
            return
        assert answer.status_code in (200, 502, 503, 504), answer.text
        if answer.status_code == 200:
            self.summaries.append((time.monotonic(), within, answer.json()))


@dataclass
class Round:
    """What was seen of one round: every mishap once, under load."""

    tills: list[Till]
    load: Span
    mishaps: Mishaps


@pytest.fixture
def tills(own_stack: Stack) -> Iterator[list[Till]]:
    made = [Till(Merchant.add(own_stack, new_merchant_id(), "Europe/Berlin", ["EUR", "JPY"])) for _ in range(MERCHANTS)]
    yield made
    for till in made:
        till.merchant.api.close()


@pytest.mark.parametrize("seed", range(SEED, SEED + ROUNDS), ids=lambda seed: f"TAKINGS_SEED={seed}")
def test_nothing_is_lost_and_nothing_is_wrong(
    own_stack: Stack, tills: list[Till], seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print(f"\nTAKINGS_SEED={seed}", flush=True)
    seen = befall(own_stack, tills, seed)
    eventually(partial(verified, own_stack), limit_s=30)
    check_the_load_was_kept_up(seen)
    for till in tills:
        check_acknowledged_is_stored_once(own_stack, till)
        till.register.tell(till.merchant, positions_by_id(own_stack.mongo, till.merchant.id))
        check_nothing_read_was_ahead_of_the_truth(till)
        till.merchant.settled()
        till.merchant.check_all(till.within())
        till.merchant.check_stored()
    check_there_was_something_to_read(seen)


def befall(stack: Stack, tills: list[Till], seed: int) -> Round:
    """Every mishap in random order, under load."""
    rng = random.Random(seed)
    mishaps = Mishaps(stack, rng)
    every_s = CLIENTS / ORDERS_PER_S
    with ExitStack() as running:
        for number in range(CLIENTS):
            till = tills[number % MERCHANTS]
            client = Client(till.merchant, till.register, seed=f"{seed}/{number}")
            running.enter_context(on_schedule(client.serve, every_s, first_s=number / ORDERS_PER_S))
        for till in tills:
            running.enter_context(meanwhile(till.look, every_s=LOOK_EVERY_S))
        began = time.monotonic()
        for mishap in rng.sample(mishaps.all(), len(mishaps.all())):
            mishaps.pause(3.0)
            mishaps.befall(mishap)
        mishaps.pause(1.0)
        return Round(tills, Span(began, time.monotonic()), mishaps)


def verified(stack: Stack) -> bool:
    """False while it cannot be told; a difference is one for good."""
    done = stack.try_batch("verify", limit_s=30)
    if done.returncode == DIFFERS:
        pytest.fail(f"verify found figures that differ:\n{done.stdout}{done.stderr}")
    assert done.returncode == 0, done.stderr
    return True


def check_the_load_was_kept_up(seen: Round) -> None:
    """Every client insisted until it was answered, so that what it asked for is what was acknowledged."""
    down = seen.mishaps.spans
    up_s = seen.load.seconds - sum(span.seconds for span in down)
    asked = [accepted.asked for till in seen.tills for accepted in till.register.orders.values()]
    while_up = [at for at in asked if seen.load.holds(at) and not any(span.holds(at) for span in down)]
    assert len(while_up) >= LEAST_SHARE * ORDERS_PER_S * up_s, f"{len(while_up)} orders in {up_s:.1f} s"


def check_acknowledged_is_stored_once(stack: Stack, till: Till) -> None:
    """Every client insisted until it was answered, so nothing else may be there either."""
    assert stored_ids(stack.mongo, till.merchant.id) == till.register.ids()


def check_nothing_read_was_ahead_of_the_truth(till: Till) -> None:
    """Every picture and answer of the bad times is the fold at the position that it claims."""
    shop = till.merchant.shop
    for _, picture in till.pictures:
        assert differences(shop, picture) == [], (picture.head, picture.card)
    for _, within, answer in till.summaries:
        assert answer["data"] == answers.summary(shop, within, position_number(answer["meta"]["position"]))


def check_there_was_something_to_read(seen: Round) -> None:
    """Otherwise nothing would have been compared: in each long gap, and at positions that later entries follow."""
    shops = [till.merchant.shop for till in seen.tills]
    pictures = [[(at, picture.position) for at, picture in till.pictures] for till in seen.tills]
    summaries = [
        [(at, position_number(answer["meta"]["position"])) for at, _, answer in till.summaries] for till in seen.tills
    ]
    for looks in (pictures, summaries):
        times = [at for of_till in looks for at, _ in of_till]
        for gap in seen.mishaps.gaps():
            assert gap.seconds < LONG_GAP_S or any(gap.holds(at) for at in times), gap
        for shop, of_till in zip(shops, looks, strict=True):
            last = max(entry.position for entry in shop.entries)
            assert len({position for _, position in of_till if position < last}) >= LEAST_BEFORE_THE_END
