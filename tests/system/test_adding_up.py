"""Hours add up to days, every answer obeys the balance law, and an entry that breaks it is parked."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import pytest
from bson import Int64

from oracle.answers import Range
from oracle.metrics import ADDITIVE, balanced
from oracle.shop import instant_ms
from support.api import expect
from support.histories import Place, Story, today
from support.ledger import new_ulid
from support.merchant import Merchant
from support.poll import eventually
from support.stack import Stack
from support.stored_rows import StoredRows

SPRING_AND_AUTUMN = (
    Place("Europe/Berlin", date(2025, 10, 25), date(2025, 10, 28), ("EUR", "JPY")),
    Place("America/New_York", date(2026, 3, 7), date(2026, 3, 10), ("USD",)),
    Place("Australia/Lord_Howe", date(2026, 4, 4), date(2026, 4, 7), ("KWD",)),
    Place("America/St_Johns", date(2009, 10, 30), date(2009, 11, 3)),
)


@pytest.fixture(scope="module", params=SPRING_AND_AUTUMN, ids=lambda place: place.zone)
def story(request: pytest.FixtureRequest, add_merchant: Callable[..., Merchant]) -> Story:
    place = request.param
    story = Story(add_merchant(place.zone, *place.currencies), place, seed=4)
    for _ in range(40):
        story.step()
    story.merchant.settled()
    return story


def series(merchant: Merchant, within: Range, interval: str, currency: str) -> dict[str, Any]:
    return expect(merchant.api.series(**within.parameters(), interval=interval, currency=currency))["data"]


def test_the_hours_of_each_day_sum_to_the_day(story: Story) -> None:
    for currency in story.place.currencies:
        days = series(story.merchant, story.place.range, "day", currency)
        for number, day in enumerate(story.place.range.days(story.merchant.shop.zone)):
            hours = series(story.merchant, Range(day, day + timedelta(days=1)), "hour", currency)
            for name in ADDITIVE:
                assert sum(hours["values"][name]) == days["values"][name][number], (day, name)


def test_every_hour_and_every_total_is_balanced(story: Story) -> None:
    answer = expect(story.merchant.api.summary(**story.place.range.parameters()))
    rows = [element["metrics"] for element in answer["data"]]
    for currency in story.place.currencies:
        values = series(story.merchant, story.place.range, "hour", currency)["values"]
        rows += [dict(zip(values, cells)) for cells in zip(*values.values())]
    assert any(row["total_sales"] for row in rows)
    assert all(balanced(row) for row in rows)


BODY = {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 1, "unit_price": 700}]}
ONE_TOO_MANY, TEXT, FRACTION = Int64(701), "700", 700.0


def plant(stack: Stack, merchant: Merchant, order_id: str, total: object) -> str:
    """A copy of an order of 700 with another stored total, past the validator; its key."""
    ledger = stack.mongo.takings.ledger
    stored = ledger.find_one({"_id": f"{merchant.id}/{order_id.removeprefix('ord_')}"})
    assert stored is not None
    planted = deepcopy(stored)
    planted["_id"] = f"{merchant.id}/{new_ulid(at_ms=int(stored['at'].timestamp() * 1000))}"
    planted["idem"] = "orders/planted"
    planted["total"] = total
    ledger.insert_one(planted, bypass_document_validation=True)
    return str(planted["_id"])


@pytest.mark.parametrize("late", [False, True], ids=["open hour", "closed hour"])
@pytest.mark.parametrize("total", [ONE_TOO_MANY, TEXT, FRACTION], ids=["one too many", "text", "fraction"])
def test_a_planted_break_of_the_balance_law_is_parked(
    stack: Stack, add_merchant: Callable[..., Merchant], late: bool, total: object
) -> None:
    merchant, other = add_merchant(), add_merchant()
    day = today(merchant) - timedelta(days=3) if late else today(merchant)
    placed_at = {"placed_at": f"{day}T12:30:00Z"} if late else {}
    receipt = merchant.order(BODY | placed_at)
    merchant.settled()

    plant(stack, merchant, receipt["order"]["id"], total)
    eventually(lambda: expect(merchant.api.status())["data"]["parked"])

    check_shown_as_unknown(merchant, day, receipt["bucket"]["hour_start"])
    check_proved_up_to(merchant, receipt["bucket"]["hour_start"])
    check_others_go_on(merchant, other)


def check_shown_as_unknown(merchant: Merchant, day: date, hour_start: str) -> None:
    """The hour, its day and every total over it are null, with a warning; the day before is known."""
    within = Range(day - timedelta(days=1), day + timedelta(days=1))
    parked = expect(merchant.api.status())["data"]["parked"]
    assert [hour["from"] for hour in parked] == [hour_start]
    assert parked[0]["currency"] in ("EUR", None)  # an entry that cannot be read at all spoils every currency
    by_hour = expect(merchant.api.series(**within.parameters(), interval="hour", currency="EUR"))
    unknown = [
        start for start, orders in zip(by_hour["data"]["start"], by_hour["data"]["values"]["orders"]) if orders is None
    ]
    assert len(unknown) == 1
    assert by_hour["meta"]["complete"] is False and by_hour["meta"]["warnings"]
    by_day = expect(merchant.api.series(**within.parameters(), interval="day", currency="EUR"))
    assert by_day["data"]["values"]["total_sales"] == [0, None]
    summary = expect(merchant.api.summary(**within.parameters()))
    assert set(summary["data"][0]["metrics"].values()) == {None}
    assert summary["meta"]["warnings"]


def check_proved_up_to(merchant: Merchant, hour_start: str) -> None:
    """All before the hour is proved, and nothing from it on: nobody knows whether it equals the ledger."""
    merchant.stack.batch("verify", "--merchant", merchant.id)
    assert expect(merchant.api.status())["data"]["verified_through"] == hour_start


def check_others_go_on(merchant: Merchant, other: Merchant) -> None:
    """New orders of this merchant in other hours, and of others, are in the figures as ever."""
    elsewhere = today(merchant) - timedelta(days=10)
    merchant.order(BODY | {"placed_at": f"{elsewhere}T12:00:00Z"})
    merchant.settled()
    merchant.check_all(Range(elsewhere, elsewhere + timedelta(days=2)))
    other.order(BODY)
    other.settled()
    day = today(other)
    other.check_all(Range(day, day + timedelta(days=1)))


def parked_of(merchant: Merchant) -> list[dict[str, Any]]:
    return expect(merchant.api.status())["data"]["parked"]


def test_an_entry_mended_by_the_operator_unparks_its_hour(stack: Stack, merchant: Merchant) -> None:
    day = today(merchant) - timedelta(days=3)
    receipt = merchant.order(BODY | {"placed_at": f"{day}T12:30:00Z"})
    merchant.settled()
    planted = plant(stack, merchant, receipt["order"]["id"], ONE_TOO_MANY)
    eventually(lambda: parked_of(merchant))
    stack.batch("close", "hour", "--merchant", merchant.id)
    assert parked_of(merchant)  # cron cannot read it either
    stack.mongo.takings.ledger.delete_one({"_id": planted})
    eventually(lambda: parked_of(merchant) == [])
    merchant.check_all(Range(day, day + timedelta(days=1)))
    stack.batch("verify", "--merchant", merchant.id)


@pytest.mark.parametrize("currency", ["EUR", "***"])
def test_cron_unparks_an_hour_that_can_be_read_again(stack: Stack, merchant: Merchant, currency: str) -> None:
    """One parked while it was open and mended by then: its minutes were folded anew, the whole hour was not."""
    day = today(merchant) - timedelta(days=3)
    merchant.order(BODY | {"placed_at": f"{day}T12:30:00Z"})
    merchant.settled()
    rows = StoredRows(merchant)
    hour = merchant.shop.zone.hour_at(instant_ms(f"{day}T12:30:00Z") // 1000)
    rows.redis.set(rows.keys.parked, f"p1 {hour.start}:{hour.end}:{currency}:{stack.cluster_time():016x}")
    check_shown_as_unknown(merchant, day, f"{day}T12:00:00Z")
    stack.batch("close", "hour", "--merchant", merchant.id)
    assert parked_of(merchant) == []
    merchant.check_all(Range(day, day + timedelta(days=1)))
    merchant.check_stored()
    stack.batch("verify", "--merchant", merchant.id)
