"""The decoder against bytes written by hand."""

from __future__ import annotations

from datetime import date

import pytest

from oracle.metrics import ADDITIVE, zero
from oracle.rows import Card, Head, Keys, StoredRow, decode_dense, decode_parked

EMPTY_SLOT = bytes(96)
# start 3600; two orders, returns of -1 (every byte ff), the last column 258 = 0x0102
WRITTEN_SLOT = (
    b"\x10\x0e" + bytes(6) + b"\x02" + bytes(7) + bytes(32) + b"\xff" * 8 + bytes(32) + b"\x02\x01" + bytes(6)
)


def test_dense() -> None:
    row = zero() | {"orders": 2, "returns": -1, "refunded": 258}
    assert decode_dense(EMPTY_SLOT + WRITTEN_SLOT, ADDITIVE) == {1: StoredRow(3600, row)}
    assert decode_dense(b"", ADDITIVE) == {}


def test_dense_of_a_broken_length() -> None:
    with pytest.raises(ValueError):
        decode_dense(EMPTY_SLOT + b"\x00", ADDITIVE)


def test_keys() -> None:
    keys = Keys("shop-1", "00ff")
    assert keys.minutes("EUR", 1795446000) == "tk:{shop-1}:00ff:m:EUR:1795446000"
    assert keys.hours("EUR", date(2026, 11, 3)) == "tk:{shop-1}:00ff:h:EUR:20261103"
    assert keys.days("EUR", 2026) == "tk:{shop-1}:00ff:d:EUR:2026"
    assert keys.parked == "tk:{shop-1}:00ff:parked"


def test_head() -> None:
    done = b"h1 00000000000000aa 6922f3d000000002 1763898320123 dG9rZW4= 00000000000000bb - -"
    assert Head.decode(done) == Head("00000000000000aa", 0x6922F3D0_00000002, False)
    begun = b"h1 00000000000000aa - - - - 6922f3d000000002 dG9rZW4="
    assert Head.decode(begun) == Head("00000000000000aa", None, True)


def test_card() -> None:
    text = b"c1 00000000000000aa 00000000000000cc 6922f3d000000001 Europe/Berlin 0a 0b 1:orders,returns EUR,JPY 3 cut"
    assert Card.decode(text) == Card(
        epoch="00000000000000aa",
        prefix="00000000000000cc",
        base=0x6922F3D0_00000001,
        zone="Europe/Berlin",
        columns=("orders", "returns"),
        currencies=("EUR", "JPY"),
        cut=True,
    )


def test_parked() -> None:
    assert decode_parked(None) == decode_parked(b"p1") == set()
    assert decode_parked(b"p1 3600:7200:EUR:6922f3d000000001 7200:10800:***:6922f3d000000001") == {
        (3600, "EUR"),
        (7200, "***"),
    }
