"""One merchant's accepted history and its fold at any position."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from oracle.entries import Body, Money, Order, order_row, refund_row
from oracle.metrics import ADDITIVE, Row, add, zero
from oracle.zones import EPOCH, LocalHour, Zone

Bucket = TypeVar("Bucket", bound=Hashable)

LATEST = 2**64


def position_number(text: str) -> int:
    """`p1_` and 16 hex digits: seconds and increment of a cluster time."""
    if not text.startswith("p1_") or len(text) != 19:
        raise ValueError(f"not a position: {text!r}")
    return int(text[3:], 16)


def instant_ms(text: str) -> int:
    """Milliseconds since the epoch of an RFC 3339 instant."""
    since = datetime.fromisoformat(text) - EPOCH
    return (since.days * 86400 + since.seconds) * 1000 + since.microseconds // 1000


@dataclass(frozen=True)
class Entry:
    """One accepted order or refund, as it counts from its position on."""

    id: str
    currency: str
    at_ms: int
    position: int
    row: Row

    @property
    def at(self) -> int:
        return self.at_ms // 1000


class Shop:
    """Fed from any thread with accepted bodies and their receipts; folds on demand."""

    def __init__(self, zone: str, currencies: Iterable[str]) -> None:
        self.zone = Zone(zone)
        self.currencies = tuple(currencies)
        self.columns: tuple[str, ...] = ADDITIVE
        self.entries: list[Entry] = []
        self.orders: dict[str, Order] = {}
        self._lock = threading.Lock()

    def set_zone(self, zone: str) -> None:
        self.zone = Zone(zone)

    def accept_order(self, body: Body, receipt: dict[str, Any]) -> Money:
        stored = receipt["order"]
        order = Order.from_body(body)
        entry = Entry(
            stored["id"],
            body["currency"],
            instant_ms(stored["placed_at"]),
            position_number(receipt["position"]),
            order_row(order.money),
        )
        with self._lock:
            self.orders[entry.id] = order
            self.entries.append(entry)
        return order.money

    def accept_refund(self, order_id: str, body: Body, receipt: dict[str, Any]) -> Money:
        """Refunds of one order are to be told in the order of their numbers."""
        stored = receipt["refund"]
        with self._lock:
            order = self.orders[order_id]
            money = order.refund(body)
            self.entries.append(
                Entry(
                    stored["id"],
                    order.currency,
                    instant_ms(stored["refunded_at"]),
                    position_number(receipt["position"]),
                    refund_row(money),
                )
            )
        return money

    def fold(self, bucket_of: Callable[[Entry], Bucket], currency: str, position: int = LATEST) -> dict[Bucket, Row]:
        """One row for every bucket with an entry up to and with the position."""
        rows: dict[Bucket, Row] = defaultdict(zero)
        with self._lock:
            entries = list(self.entries)
        for entry in entries:
            if entry.currency == currency and entry.position <= position:
                add(rows[bucket_of(entry)], entry.row)
        return dict(rows)

    def minutes(self, currency: str, position: int = LATEST) -> dict[tuple[LocalHour, int], Row]:
        """Rows by local hour and minute of that hour."""

        def minute(entry: Entry) -> tuple[LocalHour, int]:
            hour = self.zone.hour_at(entry.at)
            return hour, hour.minute_slot(entry.at)

        return self.fold(minute, currency, position)

    def hours(self, currency: str, position: int = LATEST) -> dict[LocalHour, Row]:
        return self.fold(lambda entry: self.zone.hour_at(entry.at), currency, position)

    def days(self, currency: str, position: int = LATEST) -> dict[date, Row]:
        return self.fold(lambda entry: self.zone.hour_at(entry.at).date, currency, position)

    def total(self, currency: str, start: int, end: int, position: int = LATEST) -> Row:
        """The fold of [start, end), seconds since the epoch."""
        inside = self.fold(lambda entry: start <= entry.at < end, currency, position)
        return inside.get(True, zero())
