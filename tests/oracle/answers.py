"""What summary and series must answer for a history, at a position."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

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


def parameter(bound: date | int) -> str:
    if isinstance(bound, date):
        return bound.isoformat()
    return (EPOCH + timedelta(seconds=bound)).strftime("%Y-%m-%dT%H:%M:%SZ")


def preset(name: str, today: date) -> Range:
    """The ranges with a name; last_Nd are N full days before today."""
    day = timedelta(days=1)
    if name == "today":
        return Range(today, today + day)
    if name == "yesterday":
        return Range(today - day, today)
    full_days = {"last_7d": 7, "last_30d": 30}[name]
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
    shop: Shop, within: Range, position: int = LATEST, parked: Collection[LocalHour] = ()
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


def series(
    shop: Shop, within: Range, interval: str, currency: str, position: int = LATEST, parked: Collection[LocalHour] = ()
) -> dict[str, Any]:
    """`data` of a series by hour or by day: every bucket of the range, in order."""
    if interval == "hour":
        rows = shop.hours(currency, position)
        cells = [(hour.start, rows.get(hour, zero()), hour in parked) for hour in within.hours(shop.zone)]
    else:
        days = shop.days(currency, position)
        lost = {hour.date for hour in parked}
        cells = [(shop.zone.day_start(day), days.get(day, zero()), day in lost) for day in within.days(shop.zone)]
    columns = [values(shop, row, unknown) for _, row, unknown in cells]
    return {
        "currency": currency,
        "exponent": EXPONENTS[currency],
        "interval": interval,
        "start": [start for start, _, _ in cells],
        "values": {name: [column[name] for column in columns] for name in values(shop, zero())},
    }
