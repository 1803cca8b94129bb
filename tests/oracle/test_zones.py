"""The oracle's hours and days against published changes of clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from oracle.zones import LocalHour, Zone


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("zone", "day", "hours", "seconds"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23, 23 * 3600),
        ("Europe/Berlin", date(2026, 10, 25), 25, 25 * 3600),
        ("Europe/Berlin", date(2026, 7, 1), 24, 24 * 3600),
        ("Asia/Kathmandu", date(2026, 7, 1), 24, 24 * 3600),
        # 02:00 became 02:30, and 02:00 became 01:30: half an hour's run on each side
        ("Australia/Lord_Howe", date(2026, 10, 4), 24, 23 * 3600 + 1800),
        ("Australia/Lord_Howe", date(2026, 4, 5), 25, 24 * 3600 + 1800),
        # 00:01 became 23:01 of the day before
        ("America/St_Johns", date(2009, 11, 1), 25, 24 * 3600 + 60),
        ("America/St_Johns", date(2009, 10, 31), 25, 24 * 3600 + 59 * 60),
        # midnight became 01:00
        ("America/Sao_Paulo", date(2018, 11, 4), 23, 23 * 3600),
        # -00:44:30 became UTC at midnight
        ("Africa/Monrovia", date(1972, 1, 7), 24, 24 * 3600 - 2670),
        ("Pacific/Apia", date(2011, 12, 30), 0, 0),
    ],
)
def test_days(zone: str, day: date, hours: int, seconds: int) -> None:
    found = Zone(zone).hours_of(day)
    assert (len(found), sum(hour.end - hour.start for hour in found)) == (hours, seconds)


def test_a_repeated_hour_is_two_hours() -> None:
    zone = Zone("Europe/Berlin")
    first, second = utc("2026-10-25T00:30"), utc("2026-10-25T01:30")
    day = date(2026, 10, 25)
    assert zone.hour_at(first) == LocalHour(first - 1800, first + 1800, day, 7200)
    assert zone.hour_at(second) == LocalHour(second - 1800, second + 1800, day, 3600)
    assert (zone.slot(zone.hour_at(first)), zone.slot(zone.hour_at(second))) == (2, 3)


def test_an_hour_that_clocks_cut() -> None:
    zone = Zone("America/St_Johns")
    cut = utc("2009-11-01T02:31")  # 00:01 NDT, from then on 23:01 NST
    after = zone.hour_at(cut)
    assert zone.hour_at(cut - 1) == LocalHour(cut - 60, cut, date(2009, 11, 1), -9000)
    assert after == LocalHour(cut, cut + 59 * 60, date(2009, 10, 31), -12600)
    assert (after.minute_slot(cut), after.minute_slot(cut + 60), zone.slot(after)) == (0, 1, 24)


def test_minutes_of_an_hour_that_begins_on_a_half_minute() -> None:
    zone = Zone("Africa/Monrovia")
    start = utc("1971-06-01T00:44:30")
    hour = zone.hour_at(start)
    assert (hour.start, hour.minute_slot(start + 59), hour.minute_slot(start + 60)) == (start, 0, 1)


def test_a_skipped_date_begins_with_the_next() -> None:
    zone = Zone("Pacific/Apia")
    assert zone.day_start(date(2011, 12, 30)) == zone.day_start(date(2011, 12, 31)) == utc("2011-12-30T10:00")
    assert zone.days_between(date(2011, 12, 29), date(2012, 1, 1)) == [date(2011, 12, 29), date(2011, 12, 31)]


def test_hours_between_leaves_out_an_hour_that_began_before() -> None:
    zone = Zone("Asia/Kathmandu")
    hours = list(zone.hours_between(utc("2026-07-01T00:00"), utc("2026-07-01T03:00")))
    assert [hour.start for hour in hours] == [utc("2026-07-01T00:15") + n * 3600 for n in range(3)]
