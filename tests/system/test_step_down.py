"""Another MongoDB server becomes the primary while orders come in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import running

from support.ledger import stored_ids
from support.load import all_at_once
from support.merchant import Merchant
from support.names import new_merchant_id
from support.poll import eventually
from support.sizes import FULL
from support.stack import Stack

pytestmark = pytest.mark.skipif(not FULL, reason="three servers and their elections take long")

CLIENTS = 4  # fewer than one worker lets into MongoDB, all of whom wait for the next primary
BODY = {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 1, "unit_price": 995}]}


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Stack]:
    yield from running(tmp_path / "s", "--nodes", "3")


def primary(stack: Stack) -> str | None:
    return stack.mongo.admin.command("hello").get("primary")


def test_no_order_is_refused(three: Stack) -> None:
    """What comes in between waits for the next primary, while there is time, and each order is stored once."""
    merchant = Merchant.add(three, new_merchant_id(), "UTC", ["EUR"])
    taken: list[str] = []
    ended = threading.Event()

    def post() -> None:
        while not ended.is_set():
            answer = merchant.api.post_order(BODY)
            assert answer.status_code == 201, answer.text
            taken.append(answer.json()["order"]["id"])

    def step_down() -> None:
        try:
            eventually(lambda: len(taken) >= 50)
            before = primary(three)
            three.mongo.admin.command({"replSetStepDown": 5, "secondaryCatchUpPeriodSecs": 4})
            eventually(lambda: primary(three) not in (None, before))
            seen = len(taken)
            eventually(lambda: len(taken) >= seen + 50)
        finally:
            ended.set()

    all_at_once([step_down, *[post] * CLIENTS], threads=1 + CLIENTS)
    assert len(set(taken)) == len(taken)
    assert stored_ids(three.mongo, merchant.id) == set(taken)
