"""Local hours and local days of an IANA zone.

A local hour is a run of instants with the same local date, hour and offset, known by
its UTC start. A local day is all hours with its date; where clocks went back just after
midnight (America/St_Johns until 2011) these are not one stretch of time.
Instants are seconds since the epoch, UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = 3600
DAY = 86400


@dataclass(frozen=True, order=True)
class LocalHour:
    start: int
    end: int
    date: date
    offset: int

    def minute_slot(self, instant: int) -> int:
        """Minutes count from the hour's start, which a change of offset may have moved."""
        return (instant - self.start) // 60


def first_true(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The first instant in (low, high] where `holds` turns true; it is false at low, true at high."""
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high


class Zone:
    def __init__(self, name: str) -> None:
        self.name = name
        self._info = ZoneInfo(name)
        # both are asked again and again for the same entries
        self.hours_of = lru_cache(maxsize=None)(self._hours_of)
        self.hour_at = lru_cache(maxsize=None)(self._hour_at)

    def local(self, instant: int) -> datetime:
        return (EPOCH + timedelta(seconds=instant)).astimezone(self._info)

    def offset(self, instant: int) -> int:
        offset = self.local(instant).utcoffset()
        assert offset is not None
        return int(offset.total_seconds())

    def _hour_at(self, instant: int) -> LocalHour:
        """The hour that holds the instant; a change of offset inside a clock hour ends or begins it."""
        offset = self.offset(instant)
        start = instant - (instant + offset) % HOUR
        end = start + HOUR
        if self.offset(start) != offset:
            start = first_true(start, instant, lambda t: self.offset(t) == offset)
        if self.offset(end - 1) != offset:
            end = first_true(instant, end - 1, lambda t: self.offset(t) != offset)
        return LocalHour(start, end, self.local(instant).date(), offset)

    def hours_between(self, start: int, end: int) -> Iterator[LocalHour]:
        """Every hour that begins in [start, end)."""
        hour = self.hour_at(start)
        if hour.start < start:
            hour = self.hour_at(hour.end)
        while hour.start < end:
            yield hour
            hour = self.hour_at(hour.end)

    def _hours_of(self, day: date) -> tuple[LocalHour, ...]:
        """The hours of a date by UTC start; none for a date that the zone skipped."""
        noon_utc = (day - EPOCH.date()).days * DAY + DAY // 2
        window = self.hours_between(noon_utc - 2 * DAY, noon_utc + 2 * DAY)
        return tuple(hour for hour in window if hour.date == day)

    def slot(self, hour: LocalHour) -> int:
        """The hour's ordinal within its date."""
        return self.hours_of(hour.date).index(hour)

    def day_start(self, day: date) -> int:
        """The first instant of the date, or of the next one that exists."""
        while not self.hours_of(day):
            day += timedelta(days=1)
        return self.hours_of(day)[0].start

    def days_between(self, first: date, end: date) -> list[date]:
        """Every existing date in [first, end)."""
        days = (first + timedelta(days=n) for n in range((end - first).days))
        return [day for day in days if self.hours_of(day)]
