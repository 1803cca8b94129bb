"""What tests put into and read from the ledger behind the product's back."""

from __future__ import annotations

import secrets
import time
from datetime import UTC
from typing import Any

import pymongo
from bson import Int64

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_ulid(at_ms: int | None = None) -> str:
    """48 bits of time and 80 of chance, in Crockford's base 32."""
    number = (int(time.time() * 1000) if at_ms is None else at_ms) << 80 | secrets.randbits(80)
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def stored_ids(mongo: pymongo.MongoClient[dict[str, Any]], merchant: str) -> set[str]:
    """The public ids of everything that the ledger holds of a merchant."""
    found = mongo.takings.ledger.find({"m": merchant}, {"kind": 1})
    return {public_id(entry["_id"], entry["kind"]) for entry in found}


def plant_refunds(mongo: pymongo.MongoClient[dict[str, Any]], merchant: str, order_id: str, upto: int) -> None:
    """Copies of an order's first refund, as if it had been given that many times."""
    refund = mongo.takings.ledger.find_one({"m": merchant, "order": order_id.removeprefix("ord_"), "n": 1})
    assert refund is not None
    at_ms = int(refund["at"].replace(tzinfo=UTC).timestamp() * 1000)
    mongo.takings.ledger.insert_many(
        refund | {"_id": f"{merchant}/{new_ulid(at_ms)}", "idem": f"refunds/{order_id} {number}", "n": Int64(number)}
        for number in range(2, upto + 1)
    )


def public_id(ledger_id: str, kind: str) -> str:
    return {"order": "ord_", "refund": "rfd_"}[kind] + ledger_id.partition("/")[2]


def positions_by_id(mongo: pymongo.MongoClient[dict[str, Any]], merchant: str) -> dict[str, int]:
    """When each entry came into the ledger, from the oplog: exact where a repeated answer's position is not."""
    query = {"ns": "takings.ledger", "op": "i", "o.m": merchant}
    fields = {"ts": 1, "o._id": 1, "o.kind": 1}
    return {
        public_id(write["o"]["_id"], write["o"]["kind"]): write["ts"].time << 32 | write["ts"].inc
        for write in mongo.local["oplog.rs"].find(query, fields)
    }
