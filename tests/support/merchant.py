"""A merchant of the stack together with the oracle's copy of its history."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from oracle import answers
from oracle.answers import Range
from oracle.shop import Shop, position_number
from support.api import ALL_SCOPES, Api, Body, expect
from support.pictures import differences, take_picture
from support.poll import eventually
from support.stack import Stack


class Merchant:
    """Posts through the API; tells the oracle what was accepted; compares answers with it."""

    def __init__(self, stack: Stack, identity: str, zone: str, currencies: Iterable[str]) -> None:
        self.stack = stack
        self.id = identity
        self.shop = Shop(zone, currencies)
        self.api = Api(stack.url, identity, self.new_key(*ALL_SCOPES)["secret"])

    @classmethod
    def add(cls, stack: Stack, identity: str, zone: str, currencies: Iterable[str]) -> Merchant:
        """A new merchant, readable."""
        stack.cli("merchant", "add", identity, "--zone", zone, "--currency", ",".join(currencies))
        merchant = cls(stack, identity, zone, currencies)
        eventually(lambda: merchant.api.summary(range="today").status_code == 200)
        return merchant

    def new_key(self, *scopes: str) -> dict[str, Any]:
        return self.stack.cli("key", "add", "--merchant", self.id, "--scopes", ",".join(scopes))

    def order(self, body: Body, key: str | None = None) -> dict[str, Any]:
        """Posts an order that must be accepted, and its totals must be the oracle's; the receipt."""
        receipt = expect(self.api.post_order(body, key), 201)
        money = self.shop.accept_order(body, receipt)
        totals = vars(money) | {}
        del totals["goods"]
        assert receipt["order"]["totals"] == totals
        return receipt

    def refund(self, order_id: str, body: Body, key: str | None = None) -> dict[str, Any]:
        """Posts a refund that must be accepted; the receipt."""
        receipt = expect(self.api.post_refund(order_id, body, key), 201)
        money = self.shop.accept_refund(order_id, body, receipt)
        totals = {name: getattr(money, name) for name in ("units", "goods", "tax", "shipping", "total")}
        assert receipt["refund"]["totals"] == totals
        return receipt

    def batch(self, lines: Sequence[Body]) -> list[dict[str, Any]]:
        """Posts orders with their keys in one batch, again as long as a line is told to try again; all lines' results.

        The oracle is not told of them.
        """
        content = "".join(f"{json.dumps(line)}\n" for line in lines)
        headers = {"Content-Type": "application/x-ndjson"}

        def stored() -> list[dict[str, Any]]:
            answer = expect(self.api.http.post(f"{self.api.base}/orders/batch", content=content, headers=headers))
            results: list[dict[str, Any]] = answer["data"]
            assert [result["status"] for result in results] == [201] * len(lines)
            return results

        return eventually(stored, limit_s=30)

    def imported(self, file: Path, *options: str) -> dict[str, Any]:
        """Imports a file with the people's tool and waits until the figures include it; the tool's report."""
        report = self.stack.cli("import", "--merchant", self.id, *options, file, limit_s=600)
        self.settled()
        return report

    def settled(self) -> None:
        """Waits until the figures include everything that the ledger holds now."""
        now = self.stack.cluster_time()

        def caught_up() -> bool:
            answer = self.api.summary(range="today")
            return answer.status_code == 200 and position_number(answer.json()["meta"]["position"]) >= now

        eventually(caught_up, limit_s=60)

    def check_stored(self) -> None:
        """Every stored row is the oracle's at the rows' own position."""
        assert differences(self.shop, take_picture(self.stack.redis, self.shop, self.id)) == []

    def check_summary(self, within: Range) -> None:
        answer = expect(self.api.summary(**within.parameters()))
        position = position_number(answer["meta"]["position"])
        assert answer["data"] == answers.summary(self.shop, within, position)

    def check_series(self, within: Range, interval: str, currency: str) -> None:
        answer = expect(self.api.series(**within.parameters(), interval=interval, currency=currency))
        position = position_number(answer["meta"]["position"])
        assert answer["data"] == answers.series(self.shop, within, interval, currency, position)

    def check_all(self, within: Range) -> None:
        """Summary and both series of every currency."""
        self.check_summary(within)
        for currency in self.shop.currencies:
            self.check_series(within, "hour", currency)
            if isinstance(within.start, date):
                self.check_series(within, "day", currency)
