"""A ledger key that no program of ours wrote is counted and kept for a person to look at; it is in no figure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from pymongo.errors import WriteError

from oracle.answers import Range
from support.api import expect
from support.histories import today
from support.merchant import Merchant
from support.poll import eventually
from support.stack import Stack

BODY = {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 1, "unit_price": 700}]}


def quarantined(merchant: Merchant) -> int:
    return expect(merchant.api.status())["data"]["quarantine"]


def cut_anew(stack: Stack, merchant: Merchant) -> None:
    """All of it, from the first entry to the last."""
    stack.cli("merchant", "set-zone", merchant.id, "Asia/Tokyo")
    merchant.shop.set_zone("Asia/Tokyo")
    eventually(lambda: expect(merchant.api.summary(range="today"))["meta"]["timezone"] == "Asia/Tokyo")
    merchant.check_stored()


def foreign_keys(ulid: str) -> list[str]:
    """None is a ULID: before all of them, behind them, and beside one of this hour."""
    far = ["", "not-a-ulid", "01jdk3y4qv0000000000000000"]
    hour = ulid[:12]
    return [*far, ulid[:-1] + "U", ulid[:-1], ulid + "0", ulid + "\n", f"{hour}/{ulid}", hour + "u" * 14]


def traced(merchant: Merchant) -> list[str]:
    """Today's orders, which come to the figure."""
    page = expect(merchant.api.trace(range="today", metric="orders"))
    assert page["figure"] == len(page["data"])
    return [item["entry"] for item in page["data"]]


def test_foreign_keys_are_counted_and_everything_else_goes_on(
    stack: Stack, add_merchant: Callable[..., Merchant]
) -> None:
    """MongoDB refuses them; this is about those that came in past its validator, or before it had one."""
    merchant, other = add_merchant(), add_merchant()
    merchant.order(BODY)
    ledger = stack.mongo.takings.ledger
    stored = ledger.find_one({"m": merchant.id})
    assert stored is not None
    keys = foreign_keys(stored["_id"].removeprefix(f"{merchant.id}/"))
    for key in keys:
        foreign = stored | {"_id": f"{merchant.id}/{key}", "idem": f"orders/foreign-{key}", "late": True}
        with pytest.raises(WriteError, match="failed validation"):
            ledger.insert_one(foreign)
        ledger.insert_one(foreign, bypass_document_validation=True)
    eventually(lambda: quarantined(merchant) == len(keys))
    assert quarantined(other) == 0
    for each in (merchant, other):
        each.order(BODY)
        each.settled()
        each.check_all(Range(today(each), today(each) + timedelta(days=1)))
        status = expect(each.api.status())["data"]
        assert (status["parked"], status["late_entries"]) == ([], 0)
        assert expect(each.api.get("/restatements"))["data"] == []
        stack.batch("verify", "--merchant", each.id)
        assert sorted(traced(each)) == sorted(each.shop.orders)
    assert len(expect(merchant.api.get("/orders"))["data"]) == 2
    cut_anew(stack, merchant)
