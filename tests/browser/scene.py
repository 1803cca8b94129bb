"""A stack and three shops by whom every state of the pages can be seen, and the faults that bring states about.

Faults are of the stack itself: a server that is stopped, a store that is lost, an entry that nobody can read.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from support.api import expect, new_key
from support.browser import add_user
from support.failpoints import Met, Tailer
from support.ledger import new_ulid
from support.merchant import Merchant
from support.poll import eventually
from support.stack import ROOT, Stack, children, run

HERE, ELSEWHERE = "Europe/Berlin", "America/New_York"
STALE_S = 10  # from then on the pages say so
PEOPLE = {"owner": "anna@example.org", "analyst": "ben@example.org", "clerk": "cleo@example.org"}
REFUNDS = 25
BEFORE_EACH_MERCHANT = Met("batch.rebuild_before_merchant", "pause")


def zone_of_day() -> str:
    """Where no midnight comes between the orders of today and the page that shows today's."""
    return HERE if 1 <= datetime.now(ZoneInfo(HERE)).hour < 22 else ELSEWHERE


def failpoint_programs() -> Path:
    """The tailer and the batch of a build with failpoints."""
    targets = ("--only", "takings-tailer", "--only", "takings-batch")
    options = ("--variant", "failpoints", *targets, "--enable-failpoints", "CFLAGS=-O0")
    return Path(run([ROOT / "scripts" / "build", *options], limit_s=600).splitlines()[-1])


def stack_options(programs: Path) -> tuple[str, ...]:
    """With which the stack of a scene is started."""
    return ("--set", f"tailer.batch_program={programs / 'takings-batch'}")


class Scene:
    """`shop` sells since some weeks, `fresh` has never sold, `spoilt` sold today and has an entry that cannot be read.

    PEOPLE are members of all three. A market stall of the owner's has nothing, no key either.
    """

    def __init__(self, stack: Stack, programs: Path, days: int = 40) -> None:
        self.stack = stack
        self.programs = programs
        self.zone = zone_of_day()
        self.shop = self._shop("teahouse", "Tea house", "EUR", "USD")
        self.fresh = self._shop("corner-shop", "Corner shop", "EUR")
        self.spoilt = self._shop("book-shop", "Book shop", "EUR")
        self._stall("market-stall", "Market stall")
        self._sell(days)
        self.refunded = self._refunded_order()
        self.unknown = self._order_in_an_unknown_hour()
        self.shop.settled()
        self.stack.batch("verify", "--merchant", self.shop.id)

    def _shop(self, identity: str, name: str, *currencies: str) -> Merchant:
        words = ("--zone", self.zone, "--currency", ",".join(currencies), "--name", name)
        self.stack.cli("merchant", "add", identity, *words)
        merchant = Merchant(self.stack, identity, self.zone, currencies)
        eventually(lambda: merchant.api.summary(range="today").status_code == 200)
        for role, email in PEOPLE.items():
            add_user(self.stack, identity, role, email)
        return merchant

    def _stall(self, identity: str, name: str) -> None:
        self.stack.cli("merchant", "add", identity, "--zone", self.zone, "--currency", "EUR", "--name", name)
        add_user(self.stack, identity, "owner", PEOPLE["owner"])

    def _sell(self, days: int) -> None:
        folder = self.stack.folder / "history"
        command = [sys.executable, "-m", "demo.generate_shop", "--days", str(days), str(folder)]
        environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts" / "lib")}
        subprocess.run(command, env=environment, check=True)
        self.shop.imported(folder / "orders.ndjson", "--format", "ndjson")
        for line in (folder / "refunds.ndjson").read_text().splitlines()[-REFUNDS:]:
            refund = json.loads(line)
            [order] = expect(self.shop.api.get("/orders", reference=refund["reference"]))["data"]
            expect(self.shop.api.post_refund(order["id"], refund["body"]), 201)

    def _refunded_order(self) -> str:
        """The id of an order of today, partly taken back."""
        merchant = self.shop
        lines = [
            {"product_id": "tea-assam", "name": "Assam, 250 g", "quantity": 3, "unit_price": 1490, "tax": 313},
            {"product_id": "pot-glass", "name": "Glass pot, 1 l", "quantity": 1, "unit_price": 3490, "tax": 557},
        ]
        body = {"currency": "EUR", "lines": lines, "shipping": 490, "reference": "till-7-0412"}
        order: str = expect(merchant.api.post_order(body), 201)["order"]["id"]
        back = {"lines": [{"line": 1, "quantity": 1}], "reason": "damaged"}
        expect(merchant.api.post_refund(order, back), 201)
        return order

    def _order_in_an_unknown_hour(self) -> str:
        """The id of an order of which there is a copy, with a total that is no number, written past the product."""
        line = {"product_id": "novel", "name": "A novel", "quantity": 1, "unit_price": 1200}
        order: str = expect(self.spoilt.api.post_order({"currency": "EUR", "lines": [line]}), 201)["order"]["id"]
        ledger = self.stack.mongo.takings.ledger
        stored = ledger.find_one({"_id": f"{self.spoilt.id}/{order.removeprefix('ord_')}"})
        assert stored is not None
        key = f"{self.spoilt.id}/{new_ulid(at_ms=int(stored['at'].timestamp() * 1000))}"
        planted = {"_id": key, "idem": f"orders/{new_key()}", "total": "many"}
        ledger.insert_one(stored | planted, bypass_document_validation=True)
        eventually(lambda: expect(self.spoilt.api.status())["data"]["parked"])
        return order

    # Faults. Each is undone when its block ends.

    @contextmanager
    def stopped(self, *parts: str) -> Iterator[None]:
        """These processes stand still, and answer nobody."""
        pids = [pid for part in parts for pid in self._family(part)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in reversed(pids):
                os.kill(pid, signal.SIGCONT)

    def _family(self, part: str) -> Sequence[int]:
        pid = self.stack.pid(part)
        return (pid, *children(pid)) if part == "tailer" else (pid,)

    @contextmanager
    def mute(self) -> Iterator[None]:
        """No request is answered."""
        with self.stopped("worker-1", "worker-2"):
            yield

    @contextmanager
    def stale(self) -> Iterator[None]:
        """Nothing is counted any more, for longer than the pages find ordinary."""
        with self.stopped("tailer"):
            since = datetime.now(UTC)
            old = timedelta(seconds=STALE_S)
            eventually(lambda: datetime.now(UTC) - since > old, limit_s=STALE_S + 5, step_s=0.2)
            yield
        self._caught_up()

    @contextmanager
    def without(self, part: str) -> Iterator[None]:
        """A server is gone."""
        self.stack.kill(part)
        try:
            yield
        finally:
            self.stack.up(part)
            self._caught_up()

    @contextmanager
    def rebuilding(self) -> Iterator[None]:
        """All figures are being made anew, and the old ones are shown: somebody renamed a collection for a moment."""
        self.stack.kill("tailer", signal.SIGTERM)
        database = self.stack.mongo.takings
        try:
            with Tailer(self.stack, self.programs, BEFORE_EACH_MERCHANT) as tailer:
                eventually(lambda: " event=started " in tailer.log)
                database.merchants.rename("merchants-away")
                database["merchants-away"].rename("merchants")
                tailer.paused()
                yield
                tailer.go_on()
                self._caught_up()
        finally:
            self.stack.up("tailer")
        self._caught_up()

    @contextmanager
    def lost(self) -> Iterator[None]:
        """Redis has lost everything, and nobody makes it anew yet. Everybody is logged out by it."""
        with self.stopped("tailer"):
            self.stack.redis.flushall()
            yield
        self._caught_up()

    def _caught_up(self) -> None:
        for shop in (self.shop, self.fresh, self.spoilt):
            eventually(lambda: shop.api.summary(range="today").status_code == 200, limit_s=60)  # noqa: B023
            shop.settled()
