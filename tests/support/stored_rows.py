"""Changing and forging a merchant's stored rows, as a faulty program or a person with a Redis client might."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from oracle.metrics import Row, zero
from oracle.rows import Card, Keys, card_key
from support.merchant import Merchant

WORD = 8


class StoredRows:
    """The rows that the merchant's card names at the moment of making this."""

    def __init__(self, merchant: Merchant) -> None:
        self.redis: Any = merchant.stack.redis
        self.merchant = merchant.id
        self.card = Card.decode(self.redis.get(card_key(merchant.id)))
        self.keys = Keys(merchant.id, self.card.prefix)
        self.slot_size = WORD * (1 + len(self.card.columns))

    def everything(self) -> dict[bytes, bytes]:
        """Every key of the merchant but the record of what was proved."""
        names = [name for name in self.redis.scan_iter(match=f"tk:{{{self.merchant}}}:*") if name[-6:] != b":proof"]
        return {name: self.redis.get(name) for name in names}

    def restore(self, before: Mapping[bytes, bytes]) -> None:
        for name in self.everything().keys() - before.keys():
            self.redis.delete(name)
        for name, value in before.items():
            self.redis.set(name, value)

    def put_cell(self, key: str, slot: int, metric: str, value: int) -> None:
        at = slot * self.slot_size + WORD * (1 + self.card.columns.index(metric))
        self.redis.setrange(key, at, struct.pack("<q", value))

    def put_row(self, key: str, slot: int, start: int, row: Row) -> None:
        cells = [(zero() | row)[name] for name in self.card.columns]
        self.redis.setrange(key, slot * self.slot_size, struct.pack(f"<{1 + len(cells)}q", start, *cells))
