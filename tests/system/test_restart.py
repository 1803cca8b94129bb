"""Two workers on one socket, restarted in turn under load: nobody notices."""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from support.api import expect
from support.bodies import order_body
from support.ledger import stored_ids
from support.load import meanwhile
from support.merchant import Merchant
from support.names import new_merchant_id
from support.poll import eventually
from support.sizes import sized
from support.stack import Stack

CLIENTS = 6
TURNS = sized(quick=4, full=40)
BETWEEN = 60  # answers between two restarts


class Counter:
    """Answers given; any failed request fails the client's thread, and with it the test."""

    def __init__(self, merchant: Merchant) -> None:
        self.merchant = merchant
        self.ids: list[str] = []
        self.lock = threading.Lock()
        self.rng = random.Random(7)

    def step(self) -> None:
        with self.lock:
            body = order_body(self.rng, "EUR")
        receipt = expect(self.merchant.api.post_order(body), 201)
        expect(self.merchant.api.summary(range="today"))
        with self.lock:
            self.ids.append(receipt["order"]["id"])

    def more(self, count: int) -> None:
        """Waits for so many further answers."""
        wanted = len(self.ids) + count
        eventually(lambda: len(self.ids) >= wanted, limit_s=60)


@pytest.fixture
def merchant_of_own(own_stack: Stack) -> Iterator[Merchant]:
    merchant = Merchant.add(own_stack, new_merchant_id(), "Europe/Berlin", ["EUR"])
    yield merchant
    merchant.api.close()


def test_workers_restarted_in_turn_lose_no_request(merchant_of_own: Merchant) -> None:
    stack = merchant_of_own.stack
    counter = Counter(merchant_of_own)
    pids = {stack.pid("worker-1"), stack.pid("worker-2")}
    with ExitStack() as load:
        for _ in range(CLIENTS):
            load.enter_context(meanwhile(counter.step))
        for turn in range(TURNS):
            part = f"worker-{1 + turn % 2}"
            stack.kill(part, signal.SIGTERM)
            stack.up(part)
            counter.more(BETWEEN)
    assert pids.isdisjoint({stack.pid("worker-1"), stack.pid("worker-2")})
    assert stored_ids(stack.mongo, merchant_of_own.id) == set(counter.ids)
