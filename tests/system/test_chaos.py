"""Every part is killed at random moments under load, and Redis emptied: nothing is lost, nothing is wrong."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
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
from support.load import meanwhile
from support.merchant import Merchant
from support.names import new_merchant_id
from support.pictures import NoPicture, Picture, differences, take_picture
from support.poll import eventually
from support.sizes import sized
from support.stack import Stack, children

ROUNDS = sized(quick=1, full=10)
MERCHANTS = 5
CLIENTS = 20
ORDERS_PER_S = 100
LOOK_EVERY_S = sized(quick=0.2, full=1.0)  # each look is compared with the whole history up to it
SEED = int(os.environ.get("TAKINGS_SEED", "12"))


@dataclass
class Till:
    merchant: Merchant
    register: Register = field(default_factory=Register)
    pictures: list[Picture] = field(default_factory=list)
    summaries: list[tuple[Range, dict[str, Any]]] = field(default_factory=list)

    def within(self) -> Range:
        day = today(self.merchant)
        return Range(day - timedelta(days=1), day + timedelta(days=2))

    def look(self) -> None:
        """Keeps what can be read now; nothing to be read is an honest answer too."""
        within = self.within()
        shop, server = self.merchant.shop, self.merchant.stack.redis
        try:
            self.pictures.append(take_picture(server, shop, self.merchant.id, within.days(shop.zone)))
        except (NoPicture, redis.RedisError):
            pass
        try:
            answer = self.merchant.api.summary(**within.parameters())
        except httpx.TransportError:
            return
        assert answer.status_code in (200, 502, 503, 504), answer.text
        if answer.status_code == 200:
            self.summaries.append((within, answer.json()))


class Mishaps:
    """What befalls the stack, one thing at a time; a supervisor restarts what ended, and does nothing else."""

    def __init__(self, stack: Stack, rng: random.Random) -> None:
        self.stack = stack
        self.rng = rng

    def all(self) -> list[Callable[[], None]]:
        parts = ("worker-1", "worker-2", "tailer", "redis", "mongod-1")
        kills = [partial(self.kill, part) for part in parts]
        return [*kills, self.kill_batch, self.flush]

    def kill(self, part: str) -> None:
        self.stack.kill(part, signal.SIGKILL)
        self.pause(1.0)
        self.stack.up(part)

    def kill_batch(self) -> None:
        """The tailer starts another."""
        [batch] = eventually(lambda: children(self.stack.pid("tailer")))
        os.kill(batch, signal.SIGKILL)

    def flush(self) -> None:
        self.stack.redis.flushall()

    def pause(self, longest_s: float) -> None:
        """A random moment is the point here, not a wait for something."""
        time.sleep(self.rng.uniform(0.0, longest_s))


@pytest.fixture
def tills(own_stack: Stack) -> Iterator[list[Till]]:
    made = [Till(Merchant.add(own_stack, new_merchant_id(), "Europe/Berlin", ["EUR", "JPY"])) for _ in range(MERCHANTS)]
    yield made
    for till in made:
        till.merchant.api.close()


def test_nothing_is_lost_and_nothing_is_wrong(own_stack: Stack, tills: list[Till]) -> None:
    rng = random.Random(SEED)
    befall(own_stack, tills, rng)
    eventually(partial(verified, own_stack), limit_s=30)
    for till in tills:
        check_acknowledged_is_stored_once(own_stack, till)
        till.register.tell(till.merchant, positions_by_id(own_stack.mongo, till.merchant.id))
        check_nothing_read_was_ahead_of_the_truth(till)
        till.merchant.settled()
        till.merchant.check_all(till.within())
        till.merchant.check_stored()


def verified(stack: Stack) -> bool:
    """Fails with what verify said."""
    stack.batch("verify", limit_s=30)
    return True


def befall(stack: Stack, tills: list[Till], rng: random.Random) -> None:
    """Every mishap in random order, under load."""
    mishaps = Mishaps(stack, rng)
    order = [mishap for _ in range(ROUNDS) for mishap in rng.sample(mishaps.all(), len(mishaps.all()))]
    with ExitStack() as running:
        for number in range(CLIENTS):
            till = tills[number % MERCHANTS]
            client = Client(till.merchant, till.register, seed=f"{SEED}/{number}")
            running.enter_context(meanwhile(client.step, every_s=CLIENTS / ORDERS_PER_S))
        for till in tills:
            running.enter_context(meanwhile(till.look, every_s=LOOK_EVERY_S))
        for mishap in order:
            mishaps.pause(3.0)
            mishap()
        mishaps.pause(1.0)


def check_acknowledged_is_stored_once(stack: Stack, till: Till) -> None:
    """Every client insisted until it was answered, so nothing else may be there either."""
    assert stored_ids(stack.mongo, till.merchant.id) == till.register.ids()
    assert len(till.register.orders) > 20


def check_nothing_read_was_ahead_of_the_truth(till: Till) -> None:
    """Every picture and answer of the bad times is the fold at the position that it claims."""
    shop = till.merchant.shop
    assert till.pictures and till.summaries
    for picture in till.pictures:
        assert differences(shop, picture) == [], (picture.head, picture.card)
    for within, answer in till.summaries:
        assert answer["data"] == answers.summary(shop, within, position_number(answer["meta"]["position"]))
