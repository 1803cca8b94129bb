"""What summary and series must answer for a history, at a position."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from oracle.metrics import DERIVED, Row, add, average_order_value, net_sales, zero
from oracle.shop import LATEST, Shop
from oracle.zones import EPOCH, LocalHour, Zone

EXPONENTS = {"JPY": 0, "EUR": 2, "USD": 2, "KWD": 3, "CLF": 4}


@dataclass(frozen=True)
class Range:
    """[from, to), both local dates or both instants (seconds) on a boundary of local hours."""

    start: date | int
    end: date | int

    def parameters(self) -> dict[str, str]:
        return {"from": parameter(self.start), "to": parameter(self.end)}

    def hours(self, zone: Zone) -> list[LocalHour]:
        """A range of dates has the hours of its days; where a date's hours are not one stretch, only those."""
        if isinstance(self.start, int) and isinstance(self.end, int):
            return list(zone.hours_between(self.start, self.end))
        return sorted(hour for day in self.days(zone) for hour in zone.hours_of(day))

    def days(self, zone: Zone) -> list[date]:
        assert isinstance(self.start, date) and isinstance(self.end, date)
        return zone.days_between(self.start, self.end)


class Stretch(Protocol):
    """Whatever has hours of a zone, in order."""

    def hours(self, zone: Zone) -> list[LocalHour]: ...


def parameter(bound: date | int) -> str:
    if isinstance(bound, date):
        return bound.isoformat()
    return (EPOCH + timedelta(seconds=bound)).strftime("%Y-%m-%dT%H:%M:%SZ")


QUARTERS = (1, 4, 7, 10)  # the months that begin them


def preset(name: str, today: date) -> Range:
    """The ranges with a name; last_Nd are N full days before today, the calendar's include it where they run."""
    day = timedelta(days=1)
    month = today.replace(day=1)
    match name:
        case "today" | "mtd" | "qtd" | "ytd":
            quarter = today.replace(month=max(m for m in QUARTERS if m <= today.month), day=1)
            starts = {"today": today, "mtd": month, "qtd": quarter, "ytd": today.replace(month=1, day=1)}
            return Range(starts[name], today + day)
        case "yesterday":
            return Range(today - day, today)
        case "last_month":
            return Range((month - day).replace(day=1), month)
        case "last_12mo":
            return Range(month.replace(year=month.year - 1), month)
    full_days = {"last_7d": 7, "last_28d": 28, "last_30d": 30}[name]
    return Range(today - full_days * day, today)


def local_today(zone: Zone, now: datetime) -> date:
    return zone.local(int(now.timestamp())).date()


def values(shop: Shop, row: Row, unknown: bool = False) -> dict[str, Any]:
    """Every metric of one bucket or range; null where it is unknown or undefined."""
    if unknown:
        return dict.fromkeys((*shop.columns, *DERIVED))
    derived = {"net_sales": net_sales(row), "average_order_value": average_order_value(row)}
    return {name: row[name] for name in shop.columns} | derived


def total(rows: Iterable[Row]) -> Row:
    whole = zero()
    for row in rows:
        add(whole, row)
    return whole


def summary(
    shop: Shop, within: Stretch, position: int = LATEST, parked: Collection[LocalHour] = ()
) -> list[dict[str, Any]]:
    """`data` of a summary without `currency`: one element for each currency of the merchant."""
    wanted = within.hours(shop.zone)
    unknown = any(hour in parked for hour in wanted)
    answer = []
    for currency in shop.currencies:
        rows = shop.hours(currency, position)
        row = total(rows[hour] for hour in wanted if hour in rows)
        metrics = values(shop, row, unknown)
        answer.append({"currency": currency, "exponent": EXPONENTS[currency], "metrics": metrics})
    return answer


def bucket_of(hour: LocalHour, interval: str) -> tuple[int, ...]:
    """What the hours of one bucket have in common."""
    year, week, _ = hour.date.isocalendar()
    match interval:
        case "hour":
            return (hour.start,)
        case "day":
            return (hour.date.toordinal(),)
        case "week":
            return (year, week)
        case "month":
            return (hour.date.year, hour.date.month)
    raise ValueError(interval)


def usual_interval(days: int) -> str:
    """Of a range of whole days when none is given."""
    return next(name for name, most in (("hour", 3), ("day", 100), ("week", 366), ("month", days)) if days <= most)


def series(
    shop: Shop,
    within: Stretch,
    interval: str,
    currency: str,
    position: int = LATEST,
    parked: Collection[LocalHour] = (),
) -> dict[str, Any]:
    """`data` of a series: every bucket with an hour in the range, in order."""
    rows = shop.hours(currency, position)
    buckets: dict[tuple[int, ...], list[LocalHour]] = {}
    for hour in within.hours(shop.zone):
        buckets.setdefault(bucket_of(hour, interval), []).append(hour)
    cells = sorted(buckets.values(), key=lambda hours: hours[0].start)
    columns = [
        values(shop, total(rows[hour] for hour in hours if hour in rows), any(hour in parked for hour in hours))
        for hours in cells
    ]
    return {
        "currency": currency,
        "exponent": EXPONENTS[currency],
        "interval": interval,
        "start": [hours[0].start for hours in cells],
        "values": {name: [column[name] for column in columns] for name in values(shop, zero())},
    }
