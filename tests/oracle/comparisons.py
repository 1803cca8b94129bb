"""What `comparison` must answer: which hours stand against a range, and which of them while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from oracle.answers import Range, parameter
from oracle.zones import LocalHour, Zone

DAY = timedelta(days=1)
UNITS = {"mtd": 1, "last_month": 1, "qtd": 3, "ytd": 12, "last_12mo": 12}  # months


@dataclass(frozen=True)
class Part:
    """Some hours of a range."""

    kept: tuple[LocalHour, ...]

    def hours(self, zone: Zone) -> list[LocalHour]:
        return sorted(self.kept)


@dataclass(frozen=True)
class Rule:
    """The parameters compare and match, and range where one was asked for by name."""

    compare: str
    match: str | None = None
    preset: str | None = None

    def parameters(self) -> dict[str, str]:
        return {"compare": self.compare} | ({"match": self.match} if self.match else {})

    def shift(self, day: date) -> date:
        """The date of the year before that stands against a date."""
        if self.match != "date":
            return day - 52 * timedelta(weeks=1)
        try:
            return day.replace(year=day.year - 1)
        except ValueError:  # 29 February
            return date(day.year - 1, 2, 28)


def month_before(first: date, months: int) -> date:
    for _ in range(months):
        first = (first - DAY).replace(day=1)
    return first


def as_dates(within: Range, zone: Zone) -> Range | None:
    """The range by dates, where it begins and ends with local days."""
    if isinstance(within.start, date):
        return within
    assert isinstance(within.end, int)
    first, end = (zone.local(at).date() for at in (within.start, within.end))
    return Range(first, end) if (zone.day_start(first), zone.day_start(end)) == (within.start, within.end) else None


def against_dates(first: date, end: date, rule: Rule) -> Range:
    if rule.compare == "previous_year":
        return Range(rule.shift(first), rule.shift(end - DAY) + DAY)
    if rule.preset not in UNITS:
        return Range(first - (end - first), first)
    before = month_before(first, UNITS[rule.preset])
    if rule.preset.startswith("last_"):
        return Range(before, first)
    return Range(before, min(before + (end - first), first))


def earlier(zone: Zone, start: int, count: int) -> list[LocalHour]:
    """So many hours before an instant, in order."""
    found: list[LocalHour] = []
    while len(found) < count:
        found.insert(0, zone.hour_at((found[0].start if found else start) - 1))
    return found


def clock_hour(zone: Zone, hour: LocalHour) -> int:
    return zone.local(hour.start).hour


def before_same_clock(zone: Zone, point: LocalHour, day: date) -> tuple[LocalHour, ...]:
    """The hours of a date before the clock time at which `point` begins."""
    own = zone.hours_of(point.date)
    hours = zone.hours_of(day)
    if point == own[0]:
        return ()
    shown = clock_hour(zone, point)
    repeats = sum(clock_hour(zone, hour) == shown for hour in own[: own.index(point)])
    same = [n for n, hour in enumerate(hours) if clock_hour(zone, hour) == shown]
    later = [n for n, hour in enumerate(hours) if clock_hour(zone, hour) > shown]
    if same:
        return hours[: same[min(repeats, len(same) - 1)]]
    return hours[: later[0]] if later else hours


@dataclass(frozen=True)
class Sides:
    """`start` and `end` as the answer tells them; `through` None: the range is over."""

    start: int
    end: int
    through: int | None
    comparison: Part
    current: Part


def _sides_of_dates(asked: Range, dates: Range, rule: Rule, zone: Zone, through: int | None) -> Sides:
    assert isinstance(dates.start, date) and isinstance(dates.end, date)
    against = against_dates(dates.start, dates.end, rule)
    assert isinstance(against.start, date) and isinstance(against.end, date)
    start, end = zone.day_start(against.start), zone.day_start(against.end)
    whole = tuple(against.hours(zone))
    if through is None:
        return Sides(start, end, None, Part(whole), Part(()))
    current = Part(tuple(hour for hour in asked.hours(zone) if hour.end <= through))
    point = zone.hour_at(through)
    if through == zone.day_start(dates.start):
        return Sides(start, end, through, Part(()), current)
    if rule.compare == "previous_year":
        matching = rule.shift(point.date)
    else:
        matching = against.start + (point.date - dates.start)
    if matching >= against.end:
        return Sides(start, end, through, Part(whole), current)
    kept = [hour for hour in whole if hour.date < matching]
    return Sides(start, end, through, Part((*kept, *before_same_clock(zone, point, matching))), current)


def _sides_of_hours(asked: Range, rule: Rule, zone: Zone, through: int | None) -> Sides:
    assert isinstance(asked.start, int) and isinstance(asked.end, int)
    hours = asked.hours(zone)
    done = tuple(hour for hour in hours if through is None or hour.end <= through)
    current = Part(() if through is None else done)
    if rule.compare == "previous_period":
        against = earlier(zone, asked.start, len(hours))
        return Sides(against[0].start, asked.start, through, Part(tuple(against[: len(done)])), current)
    first = zone.hour_at(asked.start)
    back = first.date - rule.shift(first.date)

    def matching(instant: int) -> int:
        point = zone.hour_at(instant)
        day = point.date - back
        before = before_same_clock(zone, point, day)
        return before[-1].end if before else zone.day_start(day)

    start, end = matching(asked.start), matching(asked.end)
    limit = end if through is None else start if through <= asked.start else matching(through)
    return Sides(start, end, through, Part(tuple(zone.hours_between(start, limit)) if limit > start else ()), current)


def sides(asked: Range, rule: Rule, zone: Zone, as_of: int) -> Sides:
    """`as_of` in seconds."""
    dates = as_dates(asked, zone)
    if dates is None:
        assert isinstance(asked.start, int) and isinstance(asked.end, int)
        start, end = asked.start, asked.end
    else:
        assert isinstance(dates.start, date) and isinstance(dates.end, date)
        start, end = zone.day_start(dates.start), zone.day_start(dates.end)
    through = max(start, zone.hour_at(as_of).start) if end > as_of else None
    if dates is None:
        return _sides_of_hours(asked, rule, zone, through)
    return _sides_of_dates(asked, dates, rule, zone, through)


def comparison(found: Sides, data_of: Callable[[Part], Any]) -> dict[str, Any]:
    """The answer's member, its data made by `data_of`."""
    return {
        "from": parameter(found.start),
        "to": parameter(found.end),
        "through": None if found.through is None else parameter(found.through),
        "data": data_of(found.comparison),
        "current": None if found.through is None else data_of(found.current),
    }
