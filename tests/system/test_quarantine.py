"""A ledger key that no program of ours wrote is counted and kept for a person to look at; it is in no figure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

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


SMALL_LETTERS = "01jdk3y4qv0000000000000000"


@pytest.mark.parametrize("key", ["not-a-ulid", "", SMALL_LETTERS], ids=["words", "nothing", "small letters"])
def test_a_foreign_key_is_counted_and_everything_else_goes_on(
    stack: Stack, add_merchant: Callable[..., Merchant], key: str
) -> None:
    merchant, other = add_merchant(), add_merchant()
    merchant.order(BODY)
    ledger = stack.mongo.takings.ledger
    stored = ledger.find_one({"m": merchant.id})
    assert stored is not None
    foreign = stored | {"_id": f"{merchant.id}/{key}", "idem": "orders/foreign"}
    ledger.insert_one(foreign, bypass_document_validation=True)
    eventually(lambda: quarantined(merchant) == 1)
    assert quarantined(other) == 0
    for each in (merchant, other):
        each.order(BODY)
        each.settled()
        each.check_all(Range(today(each), today(each) + timedelta(days=1)))
        assert expect(each.api.status())["data"]["parked"] == []
        stack.batch("verify", "--merchant", each.id)
    assert len(expect(merchant.api.get("/orders"))["data"]) == 2
    cut_anew(stack, merchant)
