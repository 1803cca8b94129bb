"""What Redis wrote to its log it must read back: a restart shows the same picture, or an older true one."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator

import pytest

from support.bodies import order_body
from support.merchant import Merchant
from support.names import new_merchant_id
from support.pictures import differences, take_picture
from support.stack import Stack


@pytest.fixture
def merchant(own_stack: Stack) -> Iterator[Merchant]:
    """With a few counted orders, and the tailer stopped, so that nothing repairs what a restart loses."""
    merchant = Merchant.add(own_stack, new_merchant_id(), "Europe/Berlin", ["EUR"])
    rng = random.Random(5)
    for _ in range(20):
        merchant.order(order_body(rng, "EUR"))
    merchant.settled()
    own_stack.kill("tailer", signal.SIGTERM)
    yield merchant
    merchant.api.close()


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL], ids=["ended", "killed"])
def test_a_restart_keeps_head_card_and_rows_together(merchant: Merchant, by: signal.Signals) -> None:
    stack = merchant.stack
    before = take_picture(stack.redis, merchant.shop, merchant.id)
    stack.kill("redis", by)
    stack.up("redis")
    after = take_picture(stack.redis, merchant.shop, merchant.id)
    assert differences(merchant.shop, after) == []
    if by == signal.SIGTERM:  # written to the disk before the end
        assert (after.head, after.rows) == (before.head, before.rows)
    assert "AOF-loading-client" not in stack.log("redis")  # how Redis tells of commands that it refused to replay
