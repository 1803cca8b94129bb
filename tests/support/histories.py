"""Seeded random histories over zones whose clocks do odd things."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime

from oracle.answers import Range
from support.bodies import order_body, refund_body
from support.merchant import Merchant

EVERY_CURRENCY = ("EUR", "JPY", "KWD")


@dataclass(frozen=True)
class Place:
    """A zone, what is sold there in, and the dates in which its history falls."""

    zone: str
    first: date
    end: date
    currencies: tuple[str, ...] = ("EUR",)

    @property
    def range(self) -> Range:
        return Range(self.first, self.end)


PLACES = (
    # nights in which clocks move by an hour
    Place("Europe/Berlin", date(2026, 3, 28), date(2026, 3, 31), EVERY_CURRENCY),
    Place("Europe/Berlin", date(2025, 10, 25), date(2025, 10, 28)),
    Place("Europe/Dublin", date(2026, 3, 28), date(2026, 3, 31)),
    Place("America/New_York", date(2026, 3, 7), date(2026, 3, 10), ("USD",)),
    Place("America/New_York", date(2025, 11, 1), date(2025, 11, 4), ("USD", "CLF")),
    Place("America/Sao_Paulo", date(2018, 11, 3), date(2018, 11, 6)),
    Place("America/Sao_Paulo", date(2018, 2, 17), date(2018, 2, 19)),
    Place("America/Havana", date(2025, 11, 1), date(2025, 11, 4)),
    Place("America/Santiago", date(2026, 4, 4), date(2026, 4, 6), ("CLF",)),
    Place("Asia/Beirut", date(2025, 3, 29), date(2025, 4, 1)),
    Place("Africa/Cairo", date(2025, 10, 30), date(2025, 11, 2)),
    Place("Africa/Casablanca", date(2025, 2, 22), date(2025, 2, 25)),
    Place("Australia/Sydney", date(2026, 4, 4), date(2026, 4, 7)),
    Place("Pacific/Auckland", date(2026, 4, 4), date(2026, 4, 7)),
    # by half an hour, by two hours, once and for all
    Place("Australia/Lord_Howe", date(2026, 4, 4), date(2026, 4, 7)),
    Place("Australia/Lord_Howe", date(2025, 10, 4), date(2025, 10, 7), ("EUR", "JPY")),
    Place("Antarctica/Troll", date(2026, 3, 28), date(2026, 3, 31)),
    Place("America/Caracas", date(2016, 4, 30), date(2016, 5, 3)),
    Place("Asia/Pyongyang", date(2018, 5, 4), date(2018, 5, 6)),
    Place("Europe/Moscow", date(2014, 10, 25), date(2014, 10, 28)),
    Place("Asia/Colombo", date(1996, 10, 25), date(1996, 10, 28)),
    # offsets of 30 and 45 minutes
    Place("Asia/Kolkata", date(2026, 6, 1), date(2026, 6, 3), ("KWD",)),
    Place("Asia/Kathmandu", date(2026, 6, 1), date(2026, 6, 3), ("JPY", "EUR")),
    Place("Asia/Kathmandu", date(1985, 12, 31), date(1986, 1, 3)),
    Place("Australia/Eucla", date(2026, 6, 1), date(2026, 6, 3)),
    Place("Pacific/Chatham", date(2026, 4, 4), date(2026, 4, 7)),
    Place("Pacific/Marquesas", date(2026, 6, 1), date(2026, 6, 3)),
    # skipped dates, dates whose hours are not one stretch, offsets with seconds
    Place("Pacific/Apia", date(2011, 12, 28), date(2012, 1, 2), EVERY_CURRENCY),
    Place("Pacific/Kwajalein", date(1993, 8, 20), date(1993, 8, 24)),
    Place("Pacific/Kiritimati", date(1994, 12, 30), date(1995, 1, 3)),
    Place("America/St_Johns", date(2009, 10, 30), date(2009, 11, 3)),
    Place("America/St_Johns", date(2010, 3, 13), date(2010, 3, 16)),
    Place("Africa/Monrovia", date(1972, 1, 5), date(1972, 1, 9)),
    # quiet ones
    Place("UTC", date(2026, 2, 27), date(2026, 3, 2), EVERY_CURRENCY),
    Place("Asia/Tokyo", date(1970, 1, 2), date(1970, 1, 5), ("JPY",)),
)


class Story:
    """Posts one merchant's random history, step by step; half of it now, half of it in its past.

    A history of long ago has no other half: the decades between would be verified hour by hour.
    """

    def __init__(self, merchant: Merchant, place: Place, seed: int) -> None:
        self.merchant = merchant
        self.place = place
        self.rng = random.Random(f"{seed}/{place.zone}/{place.first}")
        self._past = 0.5 if place.first.year >= 2009 else 1.0
        self._orders: list[tuple[str, int | None]] = []  # id, and when in the past

    def step(self) -> None:
        """One accepted order or refund."""
        if self._orders and self.rng.random() < 0.35 and self._refund():
            return
        at_ms = self._moment(self._first_ms) if self.rng.random() < self._past else None
        body = order_body(self.rng, self.rng.choice(self.place.currencies), at_ms)
        receipt = self.merchant.order(body)
        self._orders.append((receipt["order"]["id"], at_ms))

    def _refund(self) -> bool:
        order_id, placed_ms = self.rng.choice(self._orders)
        in_past = placed_ms is not None and self.rng.random() < max(self._past, 0.7)
        at_ms = self._moment(placed_ms) if in_past and placed_ms is not None else None
        body = refund_body(self.rng, self.merchant.shop.orders[order_id], at_ms)
        if body is not None:
            self.merchant.refund(order_id, body)
        return body is not None

    @property
    def _first_ms(self) -> int:
        return 1000 * self.merchant.shop.zone.day_start(self.place.first)

    def _moment(self, not_before_ms: int) -> int:
        """Any millisecond of the place's dates, often at the very edge of a local hour."""
        zone = self.merchant.shop.zone
        at_ms = self.rng.randint(not_before_ms, 1000 * zone.day_start(self.place.end) - 1)
        if self.rng.random() < 0.5:
            return at_ms
        hour = zone.hour_at(at_ms // 1000)
        edge_ms = self.rng.choice((hour.start * 1000, hour.end * 1000 - 1))
        return max(edge_ms, not_before_ms)


def today(merchant: Merchant) -> date:
    return merchant.shop.zone.local(int(datetime.now(UTC).timestamp())).date()
