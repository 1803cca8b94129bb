"""Which hours stand against a range: cases found with a calendar and a table of changes of clocks."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from oracle.answers import Range
from oracle.comparisons import Rule, Sides, sides
from oracle.shop import instant_ms
from oracle.zones import Zone

BERLIN = Zone("Europe/Berlin")
PERIOD = Rule("previous_period")
WEEKDAY = Rule("previous_year")
DATE = Rule("previous_year", "date")
OVER = 4_000_000_000


def preset(name: str) -> Rule:
    return Rule("previous_period", preset=name)


def utc(text: str) -> int:
    return instant_ms(text + "Z") // 1000


def one_day(day: date) -> Range:
    return Range(day, day + timedelta(days=1))


def dates_of(found: Sides) -> list[date]:
    return sorted({hour.date for hour in found.comparison.kept})


@pytest.mark.parametrize(
    ("rule", "first", "last", "against_first", "against_last"),
    [
        (PERIOD, date(2024, 3, 1), date(2024, 3, 30), date(2024, 1, 31), date(2024, 2, 29)),
        (WEEKDAY, date(2024, 2, 29), date(2024, 2, 29), date(2023, 3, 2), date(2023, 3, 2)),
        (DATE, date(2024, 2, 29), date(2024, 2, 29), date(2023, 2, 28), date(2023, 2, 28)),
        (DATE, date(2024, 2, 28), date(2024, 2, 28), date(2023, 2, 28), date(2023, 2, 28)),
        (DATE, date(2025, 2, 28), date(2025, 3, 1), date(2024, 2, 28), date(2024, 3, 1)),
        (preset("mtd"), date(2026, 3, 1), date(2026, 3, 31), date(2026, 2, 1), date(2026, 2, 28)),
        (preset("qtd"), date(2026, 4, 1), date(2026, 5, 2), date(2026, 1, 1), date(2026, 2, 1)),
        (preset("ytd"), date(2025, 1, 1), date(2025, 3, 1), date(2024, 1, 1), date(2024, 2, 29)),
        (preset("last_month"), date(2024, 2, 1), date(2024, 2, 29), date(2024, 1, 1), date(2024, 1, 31)),
        (preset("last_12mo"), date(2024, 3, 1), date(2025, 2, 28), date(2023, 3, 1), date(2024, 2, 29)),
    ],
)
def test_dates(rule: Rule, first: date, last: date, against_first: date, against_last: date) -> None:
    found = sides(Range(first, last + timedelta(days=1)), rule, BERLIN, OVER)
    assert (dates_of(found)[0], dates_of(found)[-1]) == (against_first, against_last)
    assert found.through is None
    assert found.start == BERLIN.day_start(against_first)
    assert found.end == BERLIN.day_start(against_last + timedelta(days=1))


@pytest.mark.parametrize(
    ("rule", "day", "as_of", "current_hours", "comparison_hours"),
    [
        (PERIOD, date(2026, 6, 2), "2026-06-02T10:59", 12, 12),  # 12:59
        (PERIOD, date(2026, 6, 2), "2026-06-01T22:59", 0, 0),
        (PERIOD, date(2026, 6, 2), "2026-06-01T20:00", 0, 0),
        (PERIOD, date(2026, 3, 30), "2026-03-30T10:00", 12, 11),
        (PERIOD, date(2026, 3, 29), "2026-03-29T10:00", 11, 12),
        (PERIOD, date(2026, 10, 26), "2026-10-26T01:30", 2, 2),  # 02:30; the day before had two such
        (PERIOD, date(2026, 10, 26), "2026-10-26T02:30", 3, 4),
        (WEEKDAY, date(2026, 10, 25), "2026-10-25T01:30", 3, 3),  # the second 02:30, on both
        (DATE, date(2026, 10, 25), "2026-10-25T01:30", 3, 2),
    ],
)
def test_days_that_run(rule: Rule, day: date, as_of: str, current_hours: int, comparison_hours: int) -> None:
    found = sides(one_day(day), rule, BERLIN, utc(as_of))
    assert (len(found.current.kept), len(found.comparison.kept)) == (current_hours, comparison_hours)


def test_hours() -> None:
    asked = Range(utc("2026-03-29T02:00"), utc("2026-03-29T05:00"))  # 04:00 to 07:00
    before = sides(asked, PERIOD, BERLIN, OVER)
    assert (before.start, before.end) == (utc("2026-03-28T23:00"), utc("2026-03-29T02:00"))
    running = sides(asked, PERIOD, BERLIN, utc("2026-03-29T03:30"))
    assert [hour.start for hour in running.comparison.kept] == [utc("2026-03-28T23:00")]
    year = sides(asked, DATE, BERLIN, utc("2026-03-29T03:30"))
    assert (year.start, year.end) == (utc("2025-03-29T03:00"), utc("2025-03-29T06:00"))
    assert [hour.start for hour in year.comparison.kept] == [utc("2025-03-29T03:00")]


def test_a_skipped_date_is_empty() -> None:
    found = sides(one_day(date(2011, 12, 31)), PERIOD, Zone("Pacific/Apia"), OVER)
    assert (found.comparison.kept, found.start) == ((), found.end)
