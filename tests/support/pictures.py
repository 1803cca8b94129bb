"""One merchant's stored rows at one instant, and how they differ from the oracle's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from oracle.metrics import Row, zero
from oracle.rows import HEAD_KEY, Card, Head, Keys, StoredRow, card_key, decode_dense, decode_parked
from oracle.shop import Shop
from oracle.zones import LocalHour

ANY = "***"  # parked in every currency
CLOSE_AFTER = 2 * 3600 + 5 * 60  # seconds after its end, by cluster time


@dataclass(frozen=True)
class Picture:
    """What one MGET returned; keys that were read and absent are in `rows` with None."""

    head: Head
    card: Card
    keys: Keys
    parked: set[tuple[int, str]]
    rows: dict[str, bytes | None]
    days: frozenset[date] | None  # what was read; None: everything there is

    def covers(self, day: date) -> bool:
        return self.days is None or day in self.days

    def is_parked(self, hour_start: int, currency: str) -> bool:
        return not self.parked.isdisjoint({(hour_start, currency), (hour_start, ANY)})

    @property
    def position(self) -> int:
        return max(self.head.ck or 0, self.card.base)

    def slots(self, key: str) -> dict[int, StoredRow]:
        dense = self.rows.get(key)
        return decode_dense(dense, self.card.columns) if dense else {}


def keys_of_days(shop: Shop, keys: Keys, days: Iterable[date]) -> set[str]:
    """Every row key that could hold something of these dates."""
    names = set()
    for day in days:
        for currency in shop.currencies:
            names |= {keys.days(currency, day.year), keys.hours(currency, day)}
            names |= {keys.minutes(currency, hour.start) for hour in shop.zone.hours_of(day)}
    return names


def stored_keys(server: Any, keys: Keys) -> set[str]:
    """Every row key that exists now."""
    found = {name.decode() for name in server.scan_iter(match=keys.all_rows + "*", count=10_000)}
    return found - {keys.parked}


class NoPicture(Exception):
    """There is no head, no card, or a card of another epoch: nothing is known."""


def take_picture(server: Any, shop: Shop, merchant: str, days: Iterable[date] | None = None) -> Picture:
    """Rows, head, card and parked list of one instant: of these dates, or everything there is."""
    days = None if days is None else frozenset(days)
    while True:
        before = server.get(card_key(merchant))
        if before is None:
            raise NoPicture("no card")
        keys = Keys(merchant, Card.decode(before).prefix)
        names = sorted(stored_keys(server, keys) if days is None else keys_of_days(shop, keys, days))
        head, card, parked, *rows = server.mget([HEAD_KEY, card_key(merchant), keys.parked, *names])
        if card == before:
            known = _head_of_the_card(head, Card.decode(card))
            return Picture(known, Card.decode(card), keys, decode_parked(parked), dict(zip(names, rows)), days)


def _head_of_the_card(text: bytes | None, card: Card) -> Head:
    head = Head.decode(text) if text else None
    if head is None or head.epoch != card.epoch:
        raise NoPicture("no head, or another epoch")
    return head


def differences(shop: Shop, picture: Picture) -> list[str]:
    """Each cell, as text, that is not the oracle's at the picture's own position; and what a card or key misnames."""
    found = _card_differences(shop, picture) + _rows_of_no_currency(shop, picture)
    for currency in shop.currencies:
        found += _hour_differences(shop, picture, currency)
        found += _day_differences(shop, picture, currency)
        found += _minute_differences(shop, picture, currency)
    return found


def _card_differences(shop: Shop, picture: Picture) -> list[str]:
    card = picture.card
    pairs = (("columns", card.columns, shop.columns), ("currencies", card.currencies, shop.currencies))
    return [f"{what} of the card: {stored}, oracle {wanted}" for what, stored, wanted in pairs if stored != wanted]


def _rows_of_no_currency(shop: Shop, picture: Picture) -> list[str]:
    """Of a currency that the merchant does not sell in; they are in a picture of everything only."""
    begin = picture.keys.all_rows
    stored = {key: key.removeprefix(begin).split(":")[1] for key, dense in picture.rows.items() if dense}
    return [f"{key}: rows of {currency}" for key, currency in stored.items() if currency not in shop.currencies]


def _compare(picture: Picture, bucket: str, start: int, stored: StoredRow | None, wanted: Row) -> list[str]:
    row = stored.row if stored else zero()
    wrong = [name for name in picture.card.columns if row[name] != wanted[name]]
    found = [f"{bucket} {name}: stored {row[name]}, oracle {wanted[name]}" for name in wrong]
    if stored and stored.start != start:
        found.append(f"{bucket} starts at {stored.start}, oracle {start}")
    return found


def _hour_differences(shop: Shop, picture: Picture, currency: str) -> list[str]:
    wanted = shop.hours(currency, picture.position)
    dates = {hour.date for hour in wanted} | _stored_dates(picture, currency)
    found = []
    for day in filter(picture.covers, sorted(dates)):
        slots = picture.slots(picture.keys.hours(currency, day))
        hours = shop.zone.hours_of(day)
        found += [f"{currency} {day} has no hour {slot}" for slot in slots if slot >= len(hours)]
        for slot, hour in enumerate(hours):
            if not picture.is_parked(hour.start, currency):
                bucket = f"{currency} hour {hour}"
                found += _compare(picture, bucket, hour.start, slots.get(slot), wanted.get(hour, zero()))
    return found


def _stored_dates(picture: Picture, currency: str) -> set[date]:
    begin = f"{picture.keys.all_rows}h:{currency}:"
    texts = [key.removeprefix(begin) for key in picture.rows if key.startswith(begin)]
    return {date(int(text[:4]), int(text[4:6]), int(text[6:])) for text in texts}


def _day_differences(shop: Shop, picture: Picture, currency: str) -> list[str]:
    wanted = shop.days(currency, picture.position)
    parked_days = {shop.zone.hour_at(start).date for start, code in picture.parked if code in (currency, ANY)}
    begin = f"{picture.keys.all_rows}d:{currency}:"
    years = {int(key.removeprefix(begin)) for key in picture.rows if key.startswith(begin)}
    found = []
    for year in sorted(years | {day.year for day in wanted}):
        slots = picture.slots(picture.keys.days(currency, year))
        for slot in sorted(set(slots) | {day.timetuple().tm_yday - 1 for day in wanted if day.year == year}):
            day = date.fromordinal(date(year, 1, 1).toordinal() + slot)
            if picture.covers(day) and day not in parked_days:
                start = shop.zone.day_start(day)
                found += _compare(picture, f"{currency} day {day}", start, slots.get(slot), wanted.get(day, zero()))
    return found


def _minute_differences(shop: Shop, picture: Picture, currency: str) -> list[str]:
    """Minutes of an open hour are all there; those of a closed one are gone, or still right."""
    wanted: dict[LocalHour, dict[int, Row]] = {}
    for (hour, slot), row in shop.minutes(currency, picture.position).items():
        wanted.setdefault(hour, {})[slot] = row
    stored = {shop.zone.hour_at(start) for start in _stored_minute_hours(picture, currency)}
    found = []
    open_hours = {hour for hour in wanted if is_open(hour, picture.position) and picture.covers(hour.date)}
    for hour in sorted(stored | open_hours):
        slots = picture.slots(picture.keys.minutes(currency, hour.start))
        rows = wanted.get(hour, {})
        for slot in sorted(set(slots) | set(rows)):
            bucket = f"{currency} minute {slot} of {hour}"
            if not picture.is_parked(hour.start, currency):
                found += _compare(picture, bucket, hour.start + 60 * slot, slots.get(slot), rows.get(slot, zero()))
    return found


def _stored_minute_hours(picture: Picture, currency: str) -> set[int]:
    begin = f"{picture.keys.all_rows}m:{currency}:"
    return {int(key.removeprefix(begin)) for key, dense in picture.rows.items() if key.startswith(begin) and dense}


def is_open(hour: LocalHour, position: int) -> bool:
    return hour.end + CLOSE_AFTER > position >> 32
