"""Fifty clients refund one order at once, in random parts: never more than there is, and every answer is right."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from oracle.entries import Order
from support.api import Body, expect, new_key
from support.bodies import refund_body
from support.crowd import TOO_LITTLE_LEFT
from support.ledger import plant_refunds
from support.load import all_at_once
from support.merchant import Merchant
from support.poll import eventually
from support.problems import check_problem, nothing_stored
from support.sizes import sized

CLIENTS = 50
MOST = 1000
RACERS = 6
ROUNDS = sized(quick=1, full=20)
ORDER: Body = {
    "currency": "EUR",
    "lines": [
        {"product_id": "a", "name": "A", "quantity": 7, "unit_price": 1000, "tax": 1330},
        {"product_id": "b", "name": "B", "quantity": 30, "unit_price": 33, "discount": 100},
    ],
    "discount": 77,
    "shipping": 490,
    "tax": 93,
}


@dataclass
class Asked:
    """One client's refund: when it was asked for and answered for good, and how."""

    body: Body
    sent: float
    answered: float
    receipt: Body | None  # None: refused because it was too much


@pytest.fixture(scope="module")
def merchant(add_merchant: Callable[..., Merchant]) -> Merchant:
    return add_merchant()


def ask(merchant: Merchant, order_id: str, body: Body, start: threading.Barrier) -> Asked:
    """Insists until it is answered for good: who contends for too long is told to ask again."""
    key = new_key()
    start.wait()
    sent = time.monotonic()
    answer = eventually(lambda: settled(merchant, order_id, body, key), limit_s=60)
    if answer.status_code == 422:
        assert answer.json()["code"] in TOO_LITTLE_LEFT, answer.text
        return Asked(body, sent, time.monotonic(), None)
    return Asked(body, sent, time.monotonic(), expect(answer, 201))


def settled(merchant: Merchant, order_id: str, body: Body, key: str) -> httpx.Response | None:
    answer = merchant.api.post_refund(order_id, body, key)
    return answer if answer.status_code != 503 else None


def race(merchant: Merchant, order_id: str, bodies: list[Body]) -> list[Asked]:
    start = threading.Barrier(len(bodies))
    asked: list[Asked] = []
    all_at_once([lambda body=body: asked.append(ask(merchant, order_id, body, start)) for body in bodies], len(bodies))
    return asked


def in_order(asked: list[Asked]) -> list[Asked]:
    """Those that were accepted, by the numbers that they got, which have no gap."""
    accepted = [one for one in asked if one.receipt is not None]
    accepted.sort(key=lambda one: one.receipt["refund"]["number"])  # type: ignore[index]
    assert [one.receipt["refund"]["number"] for one in accepted if one.receipt] == list(range(1, len(accepted) + 1))
    return accepted


def check_left(merchant: Merchant, order_id: str) -> None:
    """What the product says is left is what the oracle, told of every receipt, has left: nothing below zero."""
    stored = expect(merchant.api.get(f"/orders/{order_id}"))
    left = merchant.shop.orders[order_id].remaining()
    remaining = {name: stored["remaining"][name] for name in ("goods", "tax", "shipping")}
    assert remaining == {name: getattr(left, name) for name in remaining}
    assert min(remaining.values()) >= 0


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_random_parts(merchant: Merchant, seed: int) -> None:
    rng = random.Random(f"refunds {seed}")
    order_id = merchant.order(ORDER)["order"]["id"]
    whole = Order.from_body(ORDER)
    bodies = [body for body in (refund_body(rng, whole) for _ in range(3 * CLIENTS)) if body is not None][:CLIENTS]
    assert len(bodies) == CLIENTS
    accepted = in_order(race(merchant, order_id, bodies))
    assert accepted
    for one in accepted:  # the oracle refuses what goes beyond the order
        assert one.receipt is not None
        merchant.shop.accept_refund(order_id, one.body, one.receipt)
    check_left(merchant, order_id)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_every_refusal_was_too_much_when_it_was_given(merchant: Merchant, seed: int) -> None:
    """Of goods alone, by amounts: when it was answered, all that had been asked for by then left less than that."""
    rng = random.Random(f"amounts {seed}")
    order_id = merchant.order(ORDER)["order"]["id"]
    goods = Order.from_body(ORDER).remaining().goods
    asked = race(merchant, order_id, [{"goods": rng.randint(1, goods // 10)} for _ in range(CLIENTS)])
    accepted = in_order(asked)
    for one in accepted:
        assert one.receipt is not None
        merchant.shop.accept_refund(order_id, one.body, one.receipt)
    check_left(merchant, order_id)
    refusals = [one for one in asked if one.receipt is None]
    assert refusals and len(accepted) + len(refusals) == CLIENTS
    for refusal in refusals:
        before = sum(one.body["goods"] for one in accepted if one.sent < refusal.answered)
        assert refusal.body["goods"] > goods - before


def test_parts_that_fit_are_all_accepted(merchant: Merchant) -> None:
    """Fifty parts that come to the order exactly: none is refused, and nothing is left."""
    order_id = merchant.order({"currency": "EUR", "lines": [ORDER["lines"][0] | {"unit_price": 100, "tax": 0}]})[
        "order"
    ]["id"]
    asked = race(merchant, order_id, [{"goods": 700 // CLIENTS}] * CLIENTS)
    assert len(in_order(asked)) == CLIENTS
    stored = expect(merchant.api.get(f"/orders/{order_id}"))
    assert (stored["remaining"]["goods"], len(stored["refunds"])) == (0, CLIENTS)


def test_of_many_at_once_only_the_last_that_may_be_is_stored(merchant: Merchant) -> None:
    """An order has a thousand refunds at most, though more is left of it."""
    order_id = merchant.order(ORDER)["order"]["id"]
    first = merchant.refund(order_id, {"goods": 1})
    plant_refunds(merchant.stack.mongo, merchant.id, order_id, MOST - 1)
    start = threading.Barrier(RACERS)
    answers: list[tuple[str, httpx.Response]] = []

    def post() -> None:
        key = new_key()
        start.wait()
        answers.append((key, eventually(lambda: settled(merchant, order_id, {"goods": 1}, key), limit_s=60)))

    all_at_once([post] * RACERS, RACERS)
    [(key, stored)] = [(key, answer) for key, answer in answers if answer.status_code == 201]
    assert stored.json()["refund"]["number"] == MOST
    for _, answer in answers:
        if answer is not stored:
            check_problem(answer, 422, "too_many_items")
    with nothing_stored(merchant):
        check_problem(merchant.api.post_refund(order_id, {"goods": 1}), 422, "too_many_items")
        check_problem(merchant.api.post_refund(order_id, {"goods": 1}, dry_run="true"), 422, "too_many_items")
        again = expect(merchant.api.post_refund(order_id, {"goods": 1}, key), 201)
    assert again["refund"] == stored.json()["refund"]
    refunds = expect(merchant.api.get(f"/orders/{order_id}"))["refunds"]
    assert [refund["number"] for refund in refunds] == list(range(1, MOST + 1))
    assert refunds[0] == first["refund"]
