"""Whole answers for a history small enough to add up by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from oracle import answers
from oracle.answers import Range
from oracle.shop import Shop, instant_ms, position_number


def order_body(price: int, currency: str = "EUR") -> dict[str, Any]:
    return {"currency": currency, "lines": [{"product_id": "a", "name": "A", "quantity": 1, "unit_price": price}]}


def order_receipt(identity: str, placed_at: str, position: int) -> dict[str, Any]:
    return {"order": {"id": identity, "placed_at": placed_at}, "position": f"p1_{position:016x}"}


@pytest.fixture
def shop() -> Shop:
    """Two orders in the two hours named 02 of a Berlin night, a refund the next day."""
    shop = Shop("Europe/Berlin", ["EUR", "JPY"])
    shop.accept_order(order_body(100), order_receipt("ord_1", "2026-10-25T00:59:59.999Z", 1))
    shop.accept_order(order_body(201), order_receipt("ord_2", "2026-10-25T01:00:00.000Z", 2))
    refund = {"refund": {"id": "rfd_1", "refunded_at": "2026-10-26T12:00:00.000Z"}, "position": "p1_0000000000000003"}
    shop.accept_refund("ord_2", {"goods": 50}, refund)
    return shop


def test_summary_has_every_currency(shop: Shop) -> None:
    euro, yen = answers.summary(shop, Range(date(2026, 10, 25), date(2026, 10, 27)))
    assert (euro["exponent"], yen["exponent"]) == (2, 0)
    assert euro["metrics"]["net_sales"] == 251
    assert euro["metrics"]["average_order_value"] == {"value": 150, "numerator": 301, "denominator": 2}
    assert yen["metrics"]["orders"] == 0 and yen["metrics"]["average_order_value"] is None


def test_summary_at_a_position(shop: Shop) -> None:
    euro, _ = answers.summary(shop, Range(date(2026, 10, 25), date(2026, 10, 27)), position=1)
    assert (euro["metrics"]["orders"], euro["metrics"]["total_sales"]) == (1, 100)


def test_series_by_hour_shows_the_repeated_hour_twice(shop: Shop) -> None:
    data = answers.series(shop, Range(date(2026, 10, 25), date(2026, 10, 26)), "hour", "EUR")
    assert len(data["start"]) == 25
    assert data["values"]["gross_sales"] == [0, 0, 100, 201] + [0] * 21


def test_series_by_day(shop: Shop) -> None:
    data = answers.series(shop, Range(date(2026, 10, 24), date(2026, 10, 27)), "day", "EUR")
    assert data["values"]["total_sales"] == [0, 301, -50]
    assert data["start"] == [instant_ms(f"2026-10-{day}Z") // 1000 for day in ("23T22:00", "24T22:00", "25T23:00")]


def test_series_by_week_and_month(shop: Shop) -> None:
    """25 October 2026 is a Sunday: the week ends with it."""
    within = Range(date(2026, 10, 20), date(2026, 11, 3))
    weeks = answers.series(shop, within, "week", "EUR")
    assert weeks["values"]["total_sales"] == [301, -50, 0]
    starts = ("19T22:00", "25T23:00", "01T23:00")
    months = ("10", "10", "11")
    assert weeks["start"] == [instant_ms(f"2026-{m}-{day}Z") // 1000 for m, day in zip(months, starts)]
    by_month = answers.series(shop, within, "month", "EUR")
    assert by_month["values"]["total_sales"] == [251, 0]
    assert by_month["start"] == [instant_ms(f"2026-10-{day}Z") // 1000 for day in ("19T22:00", "31T23:00")]


@pytest.mark.parametrize(("days", "interval"), [(1, "hour"), (3, "hour"), (4, "day"), (100, "day"), (101, "week")])
def test_usual_intervals(days: int, interval: str) -> None:
    assert answers.usual_interval(days) == interval
    assert (answers.usual_interval(366), answers.usual_interval(367)) == ("week", "month")


def test_a_parked_hour_is_unknown_and_so_are_its_day_and_total(shop: Shop) -> None:
    within = Range(date(2026, 10, 25), date(2026, 10, 27))
    parked = {shop.zone.hour_at(instant_ms("2026-10-25T00:30Z") // 1000)}
    by_hour = answers.series(shop, within, "hour", "EUR", parked=parked)
    by_day = answers.series(shop, within, "day", "EUR", parked=parked)
    assert by_hour["values"]["orders"][2:4] == [None, 1]
    assert by_day["values"]["orders"] == [None, 0]
    assert set(answers.summary(shop, within, parked=parked)[0]["metrics"].values()) == {None}


def test_a_range_of_dates_has_the_hours_of_its_days_only() -> None:
    st_johns = Shop("America/St_Johns", ["EUR"]).zone
    hours = Range(date(2009, 11, 1), date(2009, 11, 2)).hours(st_johns)
    assert {hour.date for hour in hours} == {date(2009, 11, 1)} and len(hours) == 25


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("today", date(2026, 3, 1), date(2026, 3, 2)),
        ("yesterday", date(2026, 2, 28), date(2026, 3, 1)),
        ("last_7d", date(2026, 2, 22), date(2026, 3, 1)),
        ("last_28d", date(2026, 2, 1), date(2026, 3, 1)),
        ("last_30d", date(2026, 1, 30), date(2026, 3, 1)),
        ("mtd", date(2026, 3, 1), date(2026, 3, 2)),
        ("last_month", date(2026, 2, 1), date(2026, 3, 1)),
        ("qtd", date(2026, 1, 1), date(2026, 3, 2)),
        ("ytd", date(2026, 1, 1), date(2026, 3, 2)),
        ("last_12mo", date(2025, 3, 1), date(2026, 3, 1)),
    ],
)
def test_presets(name: str, start: date, end: date) -> None:
    assert answers.preset(name, date(2026, 3, 1)) == Range(start, end)


def test_positions_order_like_cluster_times() -> None:
    assert position_number("p1_6922f3d000000002") == (0x6922F3D0 << 32) + 2
    with pytest.raises(ValueError):
        position_number("p2_6922f3d000000002")
