"""The comparison of stored rows: silent when they are right, and loud about each way to be wrong."""

from __future__ import annotations

import fnmatch
import struct
from collections.abc import Callable, Iterator
from datetime import date

import pytest

from oracle.metrics import ADDITIVE, zero
from oracle.rows import HEAD_KEY, Keys, card_key
from oracle.shop import Shop, instant_ms
from support.pictures import NoPicture, differences, take_picture

EPOCH = "00000000000000aa"
MERCHANT = "shop-1"
KEYS = Keys(MERCHANT, "00000000000000cc")
HOUR = instant_ms("2026-11-23T13:00:00Z") // 1000
DAY = date(2026, 11, 23)
DAY_START = instant_ms("2026-11-22T23:00:00Z") // 1000  # Berlin's
COLUMNS = "1:" + ",".join(ADDITIVE)
SLOT = 8 * (1 + len(ADDITIVE))
OPEN_AT = HOUR + 2400 << 32
CLOSED_AT = HOUR + 3600 + 7500 << 32


class Server:
    """As much of a Redis client as reading needs."""

    def __init__(self) -> None:
        self.keys: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self.keys.get(key)

    def mget(self, keys: list[str]) -> list[bytes | None]:
        return [self.keys.get(key) for key in keys]

    def scan_iter(self, match: str, count: int) -> Iterator[bytes]:
        return (key.encode() for key in fnmatch.filter(self.keys, match))


def dense(slot: int, start: int, **columns: int) -> bytes:
    """A dense string in which that slot alone is written."""
    row = zero() | columns
    return bytes(slot * SLOT) + struct.pack(f"<{1 + len(ADDITIVE)}q", start, *(row[name] for name in ADDITIVE))


SOLD = {"orders": 1, "units_sold": 2, "gross_sales": 1000, "total_sales": 1000}


@pytest.fixture
def shop() -> Shop:
    """One order at 13:05:07 UTC, 14:05:07 in Berlin."""
    shop = Shop("Europe/Berlin", ["EUR"])
    body = {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 2, "unit_price": 500}]}
    order = {"id": "ord_1", "placed_at": "2026-11-23T13:05:07.000Z"}
    shop.accept_order(body, {"order": order, "position": f"p1_{HOUR + 308 << 32:016x}"})
    return shop


@pytest.fixture
def server() -> Server:
    """The right rows of that order, in an open hour."""
    server = Server()
    stand_at(server, OPEN_AT)
    server.keys |= {
        card_key(MERCHANT): f"c1 {EPOCH} {KEYS.prefix} {1:016x} Europe/Berlin 0a 0b {COLUMNS} EUR 0 cut".encode(),
        KEYS.minutes("EUR", HOUR): dense(5, HOUR + 300, **SOLD),
        KEYS.hours("EUR", DAY): dense(14, HOUR, **SOLD),
        KEYS.days("EUR", 2026): dense(326, DAY_START, **SOLD),
    }
    return server


def stand_at(server: Server, position: int) -> None:
    server.keys[HEAD_KEY] = f"h1 {EPOCH} {position:016x} 0 dA== 00000000000000bb - -".encode()


def found(shop: Shop, server: Server) -> list[str]:
    return differences(shop, take_picture(server, shop, MERCHANT))


def test_right_rows_do_not_differ(shop: Shop, server: Server) -> None:
    assert found(shop, server) == []
    assert differences(shop, take_picture(server, shop, MERCHANT, [DAY])) == []


def test_minutes_of_a_closed_hour_may_be_gone(shop: Shop, server: Server) -> None:
    stand_at(server, CLOSED_AT)
    assert found(shop, server) == []
    del server.keys[KEYS.minutes("EUR", HOUR)]
    assert found(shop, server) == []


def wrong_cell(server: Server) -> None:
    server.keys[KEYS.hours("EUR", DAY)] = dense(14, HOUR, **SOLD | {"total_sales": 1001})


def wrong_day(server: Server) -> None:
    server.keys[KEYS.days("EUR", 2026)] = dense(326, DAY_START, **SOLD | {"orders": 2})


def wrong_slot(server: Server) -> None:
    server.keys[KEYS.hours("EUR", DAY)] = dense(13, HOUR, **SOLD)


def wrong_start(server: Server) -> None:
    server.keys[KEYS.minutes("EUR", HOUR)] = dense(5, HOUR + 360, **SOLD)


def no_minutes(server: Server) -> None:
    del server.keys[KEYS.minutes("EUR", HOUR)]


def no_hour(server: Server) -> None:
    del server.keys[KEYS.hours("EUR", DAY)]


def row_of_another_day(server: Server) -> None:
    server.keys[KEYS.hours("EUR", date(2026, 11, 20))] = dense(3, HOUR, **SOLD)


def counted_too_early(server: Server) -> None:
    stand_at(server, (HOUR + 308 << 32) - 1)


def rows_of_another_currency(server: Server) -> None:
    server.keys[KEYS.days("JPY", 2026)] = dense(326, DAY_START, **SOLD)


def change_card(server: Server, old: str, new: str) -> None:
    text = server.keys[card_key(MERCHANT)].decode()
    assert old in text
    server.keys[card_key(MERCHANT)] = text.replace(old, new).encode()


def card_without_a_column(server: Server) -> None:
    """The last column is zero in every row, so that only the card tells."""
    change_card(server, f",{ADDITIVE[-1]} ", " ")
    for key in (KEYS.minutes("EUR", HOUR), KEYS.hours("EUR", DAY), KEYS.days("EUR", 2026)):
        slots = [server.keys[key][at : at + SLOT] for at in range(0, len(server.keys[key]), SLOT)]
        server.keys[key] = b"".join(slot[:-8] for slot in slots)


def card_with_another_currency(server: Server) -> None:
    change_card(server, " EUR ", " EUR,JPY ")


def card_without_the_currency(server: Server) -> None:
    change_card(server, " EUR ", " JPY ")


WRONG = [
    wrong_cell,
    wrong_day,
    wrong_slot,
    wrong_start,
    no_minutes,
    no_hour,
    row_of_another_day,
    counted_too_early,
    rows_of_another_currency,
    card_without_a_column,
    card_with_another_currency,
    card_without_the_currency,
]


@pytest.mark.parametrize("spoil", WRONG)
def test_wrong_rows_are_found(shop: Shop, server: Server, spoil: Callable[[Server], None]) -> None:
    spoil(server)
    assert found(shop, server) != []


def test_a_parked_hour_is_not_compared(shop: Shop, server: Server) -> None:
    wrong_cell(server)
    no_minutes(server)
    wrong_day(server)
    server.keys[KEYS.parked] = f"p1 {HOUR}:{HOUR + 3600}:EUR:{1:016x}".encode()
    assert found(shop, server) == []


def test_a_card_of_another_epoch_is_no_picture(shop: Shop, server: Server) -> None:
    server.keys[HEAD_KEY] = server.keys[HEAD_KEY].replace(b"aa", b"ab")
    with pytest.raises(NoPicture):
        found(shop, server)
