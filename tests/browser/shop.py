"""What the tests of lists have sold: orders by their amounts, and what a list on a page says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator

from support.api import Body, expect, new_key
from support.merchant import Merchant

# Worth 13.05 with 0.10 off: goods 12.95, tax 0.65, shipping 4.90, total 18.50.
TEA: Body = {
    "currency": "EUR",
    "lines": [
        {"product_id": "TEA-1", "name": "First flush", "quantity": 3, "unit_price": 435, "discount": 10, "tax": 65}
    ],
    "shipping": 490,
}


def now(merchant: Merchant) -> datetime:
    """As the merchant's clocks show it."""
    return datetime.now(ZoneInfo(merchant.shop.zone.name))


def yesterday_at(merchant: Merchant, hour: int) -> datetime:
    return (now(merchant) - timedelta(days=1)).replace(hour=hour, minute=5, second=7, microsecond=0)


def sell(merchant: Merchant, amounts: Sequence[int], at: datetime | None = None, step_s: int = 1) -> list[str]:
    """One order of each amount in EUR, a second after the other if `at` says when the first was; their ids."""
    lines = []
    for i, amount in enumerate(amounts):
        body = {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 1, "unit_price": amount}]}
        placed = {} if at is None else {"placed_at": (at + timedelta(seconds=i * step_s)).isoformat()}
        lines.append({"idempotency_key": new_key(), **body, **placed})
    results = merchant.batch(lines)
    merchant.settled()
    return [result["order"]["id"] for result in results]


def cells(rows: Locator) -> list[list[str]]:
    """Rows of a table as texts."""
    script = "rows => rows.map(row => [...row.cells].map(cell => cell.textContent.trim()))"
    texts: list[list[str]] = rows.evaluate_all(script)
    return texts


def facts(place: Locator) -> dict[str, str]:
    """A list of facts as texts."""
    script = "dl => [...dl.querySelectorAll('dt')].map(dt => [dt.textContent, dt.nextElementSibling.textContent])"
    return dict(place.evaluate(script))


def stored(merchant: Merchant, order: str) -> dict[str, Any]:
    body: dict[str, Any] = expect(merchant.api.get(f"/orders/{order}"))
    return body
