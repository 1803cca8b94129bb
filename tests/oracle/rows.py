"""Reading what Redis holds, from the description of the stored bytes alone."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import date

from oracle.metrics import Row, zero


@dataclass(frozen=True)
class StoredRow:
    start: int
    row: Row


def decode_dense(dense: bytes, columns: tuple[str, ...]) -> dict[int, StoredRow]:
    """The written slots of a dense string; a slot that is all zero was never written."""
    slots = struct.Struct(f"<{1 + len(columns)}q")
    if len(dense) % slots.size:
        raise ValueError(f"{len(dense)} bytes are no whole slots of {slots.size}")
    found = {}
    for slot, (start, *cells) in enumerate(slots.iter_unpack(dense)):
        if start or any(cells):
            found[slot] = StoredRow(start, zero() | dict(zip(columns, cells)))
    return found


@dataclass(frozen=True)
class Keys:
    """The names of one merchant's keys under one row prefix."""

    merchant: str
    prefix: str

    @property
    def all_rows(self) -> str:
        return f"tk:{{{self.merchant}}}:{self.prefix}:"

    @property
    def parked(self) -> str:
        return self.all_rows + "parked"

    def minutes(self, currency: str, hour_start: int) -> str:
        return f"{self.all_rows}m:{currency}:{hour_start}"

    def hours(self, currency: str, day: date) -> str:
        return f"{self.all_rows}h:{currency}:{day:%Y%m%d}"

    def days(self, currency: str, year: int) -> str:
        return f"{self.all_rows}d:{currency}:{year:04d}"


HEAD_KEY = "tk:head"


def card_key(merchant: str) -> str:
    return f"tk:{{{merchant}}}:card"


@dataclass(frozen=True)
class Head:
    """How far all rows are true; `ck` is None until the first rebuild is done."""

    epoch: str
    ck: int | None
    rebuilding: bool

    @classmethod
    def decode(cls, text: bytes) -> Head:
        version, epoch, ck, _wall, _token, _pipeline, mark, _mark_token = text.decode().split(" ")
        if version != "h1":
            raise ValueError(f"not a head: {text!r}")
        return cls(epoch, None if ck == "-" else int(ck, 16), mark != "-")


@dataclass(frozen=True)
class Card:
    """What one merchant's rows are made of, and the cluster time that they were cut at."""

    epoch: str
    prefix: str
    base: int
    zone: str
    columns: tuple[str, ...]
    currencies: tuple[str, ...]
    cut: bool

    @classmethod
    def decode(cls, text: bytes) -> Card:
        version, epoch, prefix, base, zone, _rules, _table, columns, currencies, _recut, cut = text.decode().split(" ")
        if version != "c1":
            raise ValueError(f"not a card: {text!r}")
        _definitions_version, _, names = columns.partition(":")
        return cls(
            epoch=epoch,
            prefix=prefix,
            base=int(base, 16),
            zone=zone,
            columns=tuple(names.split(",")),
            currencies=tuple(currencies.split(",")),
            cut=cut == "cut",
        )


def decode_parked(text: bytes | None) -> set[tuple[int, str]]:
    """The parked hours' UTC starts and their currencies."""
    version, *items = (text or b"p1").decode().split(" ")
    if version != "p1":
        raise ValueError(f"not a list of parked hours: {text!r}")
    found = set()
    for item in items:
        start, _end, currency, _at = item.split(":")
        found.add((int(start), currency))
    return found
