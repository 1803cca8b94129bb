"""Thirty-two clients at once, with repeats and twins, while cron's commands run in a loop."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice

import pytest

from oracle.rows import HEAD_KEY, Head
from support.crowd import Client, Register
from support.ledger import stored_ids
from support.load import all_at_once, meanwhile
from support.merchant import Merchant
from support.names import new_merchant_id
from support.sizes import sized
from support.stack import Stack

CLIENTS = 32
POSTS = sized(quick=1_600, full=20_000)
MERCHANTS = 4
CRON = (("close", "hour"), ("close", "day"), ("verify",))


@dataclass
class Aftermath:
    merchants: list[tuple[Merchant, Register]]
    checkpoints: list[int]
    commands_run: int


@pytest.fixture(scope="module")
def aftermath(module_stack: Stack) -> Aftermath:
    """On a stack of its own, so that cron's commands have only this to do."""
    stack = module_stack
    merchants = [
        (Merchant.add(stack, new_merchant_id(), "America/New_York", ["USD", "JPY"]), Register())
        for _ in range(MERCHANTS)
    ]
    tills = [
        Client(merchant, register, seed=f"till {number}")
        for number, (merchant, register) in enumerate(islice(cycle(merchants), CLIENTS))
    ]
    result = Aftermath(merchants, [], 0)
    commands = cycle(CRON)

    def work(till: Client) -> None:
        for _ in range(POSTS // CLIENTS):
            till.step()

    def cron() -> None:
        stack.batch(*next(commands))
        result.commands_run += 1

    def watch() -> None:
        result.checkpoints.append(Head.decode(stack.redis.get(HEAD_KEY)).ck or 0)

    with meanwhile(cron), meanwhile(watch, every_s=0.02):
        all_at_once([partial(work, till) for till in tills], CLIENTS)
    for merchant, register in merchants:
        register.tell(merchant)
        merchant.settled()
    return result


def test_the_ledger_is_what_was_acknowledged(module_stack: Stack, aftermath: Aftermath) -> None:
    for merchant, register in aftermath.merchants:
        assert stored_ids(module_stack.mongo, merchant.id) == register.ids()
        assert len(register.orders) > POSTS // MERCHANTS // 3


def test_no_refund_goes_beyond_its_order(aftermath: Aftermath) -> None:
    refunds = 0
    for merchant, register in aftermath.merchants:
        refunds += sum(map(len, register.refunds.values()))
        for order in merchant.shop.orders.values():
            assert min(vars(order.remaining()).values()) >= 0
            assert all(line.quantity_refunded <= line.quantity for line in order.lines)
            assert all(line.goods_refunded <= line.goods for line in order.lines)
    assert refunds > POSTS // 20


def test_the_refunds_of_an_order_are_numbered_without_a_gap(aftermath: Aftermath) -> None:
    for _, register in aftermath.merchants:
        for by_number in register.refunds.values():
            assert sorted(by_number) == list(range(1, len(by_number) + 1))


def test_the_checkpoint_never_went_back(aftermath: Aftermath) -> None:
    assert len(set(aftermath.checkpoints)) > 5
    assert aftermath.checkpoints == sorted(aftermath.checkpoints)


def test_every_row_is_the_oracles(aftermath: Aftermath) -> None:
    for merchant, _ in aftermath.merchants:
        merchant.check_stored()


def test_verify_finds_no_difference(module_stack: Stack, aftermath: Aftermath) -> None:
    assert aftermath.commands_run >= len(CRON)
    module_stack.batch("verify")
