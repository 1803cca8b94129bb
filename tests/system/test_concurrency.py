"""Thirty-two clients at once, with repeats and twins, while two crons run their commands in a loop each."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice, product

import pytest

from oracle.rows import HEAD_KEY, Card, Head, Keys, card_key
from support.api import expect
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
CRON_LOOPS = 2
LATE_SHARE = 0.25
HOUR_MS = 3_600_000
LATE_HOURS = (4, 30)  # so long ago: past the age at which an hour is closed, today and yesterday
CLOSED = re.compile(r"(\d+) hours closed, (\d+) differ")


@dataclass
class Run:
    """Of one of cron's commands."""

    command: tuple[str, ...]
    began: float
    ended: float
    said: str

    def overlaps(self, other: Run) -> bool:
        return self.command == other.command and self.began < other.ended and other.began < self.ended


@dataclass
class Aftermath:
    merchants: list[tuple[Merchant, Register]]
    checkpoints: list[int]
    runs: list[list[Run]]  # of each of cron's loops


def sometimes_late(rng: random.Random) -> int | None:
    if rng.random() >= LATE_SHARE:
        return None
    return int(time.time() * 1000) - rng.randint(LATE_HOURS[0] * HOUR_MS, LATE_HOURS[1] * HOUR_MS)


def cron(stack: Stack, runs: list[Run], command: tuple[str, ...]) -> None:
    began = time.monotonic()
    said = stack.batch(*command)
    runs.append(Run(command, began, time.monotonic(), said))


def cron_beside_itself(stack: Stack, loops: list[list[Run]], commands: Iterator[tuple[str, ...]]) -> None:
    command = next(commands)
    all_at_once([partial(cron, stack, runs, command) for runs in loops], len(loops))


def let_an_hour_age(stack: Stack, merchant: Merchant, rng: random.Random) -> None:
    """Gives an hour that entries still come into the minutes that it has until cron closes it.

    No test waits for the two hours in which minutes age. Nobody reads those of a closed hour, so they may be empty.
    """
    card = Card.decode(stack.redis.get(card_key(merchant.id)))
    hour = merchant.shop.zone.hour_at(int(time.time()) - rng.randrange(*LATE_HOURS) * 3600)
    stack.redis.set(Keys(merchant.id, card.prefix).minutes(rng.choice(merchant.shop.currencies), hour.start), b"")


@pytest.fixture(scope="module")
def aftermath(module_stack: Stack) -> Aftermath:
    """On a stack of its own, so that cron's commands have only this to do."""
    stack = module_stack
    merchants = [
        (Merchant.add(stack, new_merchant_id(), "America/New_York", ["USD", "JPY"]), Register())
        for _ in range(MERCHANTS)
    ]
    tills = [
        Client(merchant, register, seed=f"till {number}", placed=sometimes_late)
        for number, (merchant, register) in enumerate(islice(cycle(merchants), CLIENTS))
    ]
    result = Aftermath(merchants, [], [[] for _ in range(CRON_LOOPS)])
    rng, commands = random.Random("age"), cycle(CRON)

    def work(till: Client) -> None:
        for _ in range(POSTS // CLIENTS):
            till.step()

    def watch() -> None:
        result.checkpoints.append(Head.decode(stack.redis.get(HEAD_KEY)).ck or 0)

    with ExitStack() as running:
        running.enter_context(meanwhile(partial(cron_beside_itself, stack, result.runs, commands)))
        running.enter_context(meanwhile(watch, every_s=0.02))
        running.enter_context(meanwhile(lambda: let_an_hour_age(stack, rng.choice(merchants)[0], rng), every_s=0.02))
        all_at_once([partial(work, till) for till in tills], CLIENTS)
    while len(result.runs[0]) < len(CRON):  # the orders were quicker than cron
        cron_beside_itself(stack, result.runs, commands)
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


def test_many_orders_came_late(aftermath: Aftermath) -> None:
    """An entry is late when its hour was closed before it came."""
    for merchant, register in aftermath.merchants:
        late = [accepted for accepted in register.orders.values() if "placed_at" in accepted.body]
        assert len(late) > len(register.orders) * LATE_SHARE / 2
        assert expect(merchant.api.status())["data"]["late_entries"] == len(late)


def test_runs_that_overlap_are_harmless(module_stack: Stack, aftermath: Aftermath) -> None:
    """None has failed, each command has overlapped itself, and hours were closed without a difference."""
    one, other = aftermath.runs
    overlapped = {a.command for a, b in product(one, other) if a.overlaps(b)}
    assert overlapped == set(CRON)
    reports = [CLOSED.findall(run.said) for run in one + other if run.command == ("close", "hour")]
    assert all(len(report) == MERCHANTS for report in reports)
    closed, differing = (sum(int(line[column]) for report in reports for line in report) for column in (0, 1))
    assert closed >= 20 and differing == 0
    module_stack.batch("verify")
