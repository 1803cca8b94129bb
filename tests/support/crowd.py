"""Clients that post at the same time, repeat themselves, give up waiting and ask again.

They keep what was acknowledged outside of the stack, to be compared with it afterwards.
"""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from oracle.entries import Order
from support.api import Body, new_key
from support.bodies import order_body, refund_body
from support.merchant import Merchant

# Other refunds came between: more is asked than is left, or what a line is due by now comes to nothing.
TOO_LITTLE_LEFT = {"refund_too_large", "out_of_range"}
AGAIN = {429, 502, 503, 504}
REFUNDS = 0.3
Post = Callable[[], httpx.Response]


@dataclass
class Accepted:
    body: Body
    receipt: dict[str, Any]
    asked: float = 0.0  # when it was posted first, by the monotonic clock


@dataclass
class Register:
    """What one merchant's clients know to be stored."""

    orders: dict[str, Accepted] = field(default_factory=dict)
    refunds: dict[str, dict[int, Accepted]] = field(default_factory=lambda: defaultdict(dict))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take_order(self, body: Body, receipt: dict[str, Any], asked: float) -> None:
        with self.lock:
            self.orders[receipt["order"]["id"]] = Accepted(body, receipt, asked)

    def take_refund(self, body: Body, receipt: dict[str, Any]) -> None:
        refund = receipt["refund"]
        with self.lock:
            known = self.refunds[refund["order_id"]].setdefault(refund["number"], Accepted(body, receipt))
        assert known.receipt["refund"]["id"] == refund["id"], "two refunds of an order with one number"

    def ids(self) -> set[str]:
        refunds = (refund for by_number in self.refunds.values() for refund in by_number.values())
        return set(self.orders) | {refund.receipt["refund"]["id"] for refund in refunds}

    def some_order(self, rng: random.Random) -> tuple[str, Body] | None:
        with self.lock:
            if not self.orders:
                return None
            order_id = rng.choice(list(self.orders))
            return order_id, self.orders[order_id].body

    def tell(self, merchant: Merchant, positions: dict[str, int] | None = None) -> None:
        """Gives everything to the oracle, an order's refunds by number; positions by id where known better."""
        for order_id, accepted in self.orders.items():
            merchant.shop.accept_order(accepted.body, placed(accepted.receipt, order_id, positions))
            for _, refund in sorted(self.refunds[order_id].items()):
                refund_id = refund.receipt["refund"]["id"]
                merchant.shop.accept_refund(order_id, refund.body, placed(refund.receipt, refund_id, positions))


def placed(receipt: dict[str, Any], identity: str, positions: dict[str, int] | None) -> dict[str, Any]:
    if positions is None:
        return receipt
    return receipt | {"position": f"p1_{positions[identity]:016x}"}


class Client:
    """One till of a merchant; every post is repeated with its key until it is answered for good.

    `placed` draws when an order was placed; None stands for now.
    """

    def __init__(
        self,
        merchant: Merchant,
        register: Register,
        seed: str,
        placed: Callable[[random.Random], int | None] = lambda _: None,
        patience_s: float = 60.0,
    ) -> None:
        self.api = merchant.api
        self.currencies = merchant.shop.currencies
        self.register = register
        self.rng = random.Random(seed)
        self.placed = placed
        self.patience_s = patience_s
        self.twins = ThreadPoolExecutor(2)

    def step(self) -> None:
        """An order or a refund; now and then the same twice, or twice at once."""
        known = self.register.some_order(self.rng)
        if known is not None and self.rng.random() < REFUNDS:
            self.refund(*known)
        else:
            self.order()

    def serve(self) -> None:
        """An order, and now and then a refund besides."""
        self.order()
        known = self.register.some_order(self.rng)
        if known is not None and self.rng.random() < REFUNDS:
            self.refund(*known)

    def order(self) -> None:
        body = order_body(self.rng, self.rng.choice(self.currencies), self.placed(self.rng))
        key, asked = new_key(), time.monotonic()
        receipt = self._insist(lambda: self.api.post_order(body, key))
        assert receipt is not None, body
        self.register.take_order(body, receipt, asked)

    def refund(self, order_id: str, order: Body) -> None:
        """A refund that would fit an untouched order; another may have taken it all."""
        body = refund_body(self.rng, Order.from_body(order))
        if body is None:
            return
        key = new_key()
        receipt = self._insist(lambda: self.api.post_refund(order_id, body, key))
        if receipt is not None:
            self.register.take_refund(body, receipt)

    def _insist(self, post: Post) -> dict[str, Any] | None:
        """The receipt, the same in every answer; None when refused because too little is left."""
        shape = self.rng.random()
        if shape < 0.1:
            answers = [self._answered(post), self._answered(post)]
        elif shape < 0.2:
            answers = [future.result() for future in [self.twins.submit(self._answered, post) for _ in range(2)]]
        else:
            answers = [self._answered(post)]
        bodies = [receipt_of(answer) for answer in answers]
        assert len({identity(body) for body in bodies}) == 1, bodies
        return bodies[0]

    def _answered(self, post: Post) -> httpx.Response:
        deadline = time.monotonic() + self.patience_s
        while True:
            try:
                answer = post()
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code not in AGAIN:
                return answer
            assert time.monotonic() < deadline, f"no answer in {self.patience_s} s, last {answer}"
            time.sleep(0.02)  # a client's own pause before it asks again


def receipt_of(answer: httpx.Response) -> dict[str, Any] | None:
    if answer.status_code == 422:
        assert answer.json()["code"] in TOO_LITTLE_LEFT, answer.text
        return None
    assert answer.status_code == 201, answer.text
    return answer.json()


def identity(receipt: dict[str, Any] | None) -> str | None:
    """The id of what was stored; of a refused refund, None."""
    if receipt is None:
        return None
    return (receipt.get("order") or receipt["refund"])["id"]
