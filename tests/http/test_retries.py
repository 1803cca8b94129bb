"""Clients that ask again under the same key, while workers are killed under them: one order, the same answer."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx

from support.api import Body, expect, new_key
from support.load import all_at_once, meanwhile
from support.merchant import Merchant
from support.names import new_merchant_id
from support.poll import eventually
from support.sizes import sized
from support.stack import Stack

ORDER: Body = {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 2, "unit_price": 500}]}
WORKERS = ("worker-1", "worker-2")
CLIENTS = 20
KEYS = sized(quick=4, full=50)  # of each client, at least
TORN = sized(quick=3, full=50)  # answers that were lost with a worker, at least


@dataclass
class Till:
    merchant: Merchant
    number: int
    ids: dict[str, str] = field(default_factory=dict)  # by key
    torn: int = 0

    def body(self) -> Body:
        return ORDER | {"reference": f"till-{self.number}"}

    def post(self, key: str) -> httpx.Response | None:
        """None: not known what became of it."""
        try:
            answer = self.merchant.api.post_order(self.body(), key)
        except httpx.TransportError:
            answer = None
        if answer is None or answer.status_code == 503:
            self.torn += 1
            return None
        return answer

    def work(self, enough: threading.Event) -> None:
        while len(self.ids) < KEYS or not enough.is_set():
            key = new_key()
            receipt = expect(eventually(lambda: self.post(key), limit_s=60), 201)
            self.ids[key] = receipt["order"]["id"]


def kill_in_turn(stack: Stack, tills: list[Till], enough: threading.Event) -> None:
    """One worker and then the other, until enough answers have been lost; one at least is always there."""
    for part in WORKERS:
        stack.kill(part)
        stack.up(part)
    if sum(till.torn for till in tills) >= TORN:
        enough.set()


def worker_of(stack: Stack, answer: httpx.Response) -> str | None:
    """Which worker answered, by its log."""
    line = re.compile(rf" event=request request_id={answer.headers['Request-Id']} ")
    return next((part for part in WORKERS if line.search(stack.log(part))), None)


def test_retries_while_workers_are_killed(module_stack: Stack) -> None:
    merchant = Merchant.add(module_stack, new_merchant_id(), "UTC", ["EUR"])
    tills, enough = [Till(merchant, number) for number in range(CLIENTS)], threading.Event()
    with meanwhile(lambda: kill_in_turn(module_stack, tills, enough)):
        all_at_once([lambda till=till: till.work(enough) for till in tills], CLIENTS)
    ledger = module_stack.mongo.takings.ledger
    keys = {key: till for till in tills for key in till.ids}
    assert ledger.count_documents({"m": merchant.id}) == len(keys)
    for key, till in list(keys.items())[:: max(len(keys) // 50, 1)]:
        again = merchant.api.post_order(till.body(), key)
        assert expect(again, 201)["order"]["id"] == till.ids[key]
        assert again.headers["Idempotent-Replayed"] == "true"
    assert ledger.count_documents({"m": merchant.id}) == len(keys)


def test_a_retry_at_the_other_worker(module_stack: Stack) -> None:
    """Each answers for what the other has stored. Only many at once are spread over both."""
    merchant = Merchant.add(module_stack, new_merchant_id(), "UTC", ["EUR"])
    key = new_key()
    first = merchant.api.post_order(ORDER, key)
    order_id, asked = expect(first, 201)["order"]["id"], {worker_of(module_stack, first)}

    def both_have_answered() -> bool:
        with ThreadPoolExecutor(CLIENTS) as pool:
            answers = list(pool.map(lambda _: merchant.api.post_order(ORDER, key), range(CLIENTS)))
        for again in (answer for answer in answers if answer.status_code != 503):
            assert expect(again, 201)["order"]["id"] == order_id and again.headers["Idempotent-Replayed"] == "true"
            asked.add(worker_of(module_stack, again))
        return asked >= set(WORKERS)

    eventually(both_have_answered)
    assert module_stack.mongo.takings.ledger.count_documents({"m": merchant.id}) == 1
