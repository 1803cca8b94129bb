"""Batches that are refused whole, and lines that are refused while their batch is not."""

from __future__ import annotations

import gzip
import json
from typing import Any

from support.bad_inputs import BAD_INPUTS, GOOD, MARK, ORDER, ORDERS, Bad, post

BATCH = ORDERS + "/batch"
NDJSON = {"Content-Type": "application/x-ndjson", "Idempotency-Key": ""}
KEYED = json.dumps(ORDER | {"idempotency_key": "bad-line"}).encode()


def batch(status: int, code: str, body: bytes, headers: dict[str, str] | None = None, query: str = "") -> Bad:
    return post(status, code, body, NDJSON | (headers or {}), BATCH + query)


def of_type(value: str) -> Bad:
    return batch(415, "unsupported_media_type", KEYED, {"Content-Type": value})


BAD_BATCHES: dict[str, Bad] = {
    "a batch of nothing": batch(400, "malformed_json", b""),
    "a batch of 1,001 lines": batch(422, "too_many_items", (KEYED + b"\n") * 1001),
    "a batch of 1,001 lines without an end": batch(422, "too_many_items", b"\n".join([KEYED] * 1001)),
    "a batch of a good line and 1,000 blank ones": batch(422, "too_many_items", KEYED + b"\n" * 1001),
    "a batch of line feeds": batch(422, "too_many_items", b"\n" * 2**20),
    "a batch above a mebibyte": batch(413, "payload_too_large", KEYED + b" " * 2**20),
    "a batch with dry_run of yes": batch(422, "invalid_field", KEYED, query="?dry_run=yes"),
    "a batch with an unknown parameter": batch(400, "unknown_parameter", KEYED, query="?atomic=true"),
    "a batch for a table": batch(406, "not_acceptable", KEYED, {"Accept": "application/x-ndjson"}),
    "a packed batch": batch(415, "unsupported_media_type", gzip.compress(KEYED), {"Content-Encoding": "gzip"}),
    "a batch of JSON": of_type("application/json"),
    "a batch of no type": of_type(""),
    "a batch of a type's sister": of_type("application/ndjson"),
    "a batch of JSON lines": of_type("application/jsonl"),
    "a batch in UTF-16": of_type("application/x-ndjson; charset=utf-16"),
    "a batch of nobody": Bad(401, "unauthenticated", "POST", BATCH, dict(NDJSON), KEYED, known=False),
    "a batch of a session without a token": Bad(
        403, "csrf", "POST", BATCH, NDJSON | {"X-CSRF-Token": "A" * 43}, KEYED, owner=True
    ),
}


def as_line(bad: Bad) -> bytes:
    """The body of a refused order as a line; one that can be read gets a key, which does not make it any better."""
    assert bad.body is not None
    if bad.status == 400:
        return bad.body
    return json.dumps(json.loads(bad.body) | {"idempotency_key": "bad-line"}).encode()


# name: status, code, the line
Lines = dict[str, tuple[int, str, bytes]]


def single_orders() -> Lines:
    """Every order that the table of single ones has refused for its body."""
    bodies = ("malformed_json", "duplicate_member")
    found = {
        name: (bad.status, bad.code, as_line(bad))
        for name, bad in BAD_INPUTS.items()
        if bad.method == "POST" and bad.target == ORDERS and (bad.status == 422 or bad.code in bodies)
    }
    return {name: line for name, line in found.items() if b"\n" not in line[2]}


def with_key(key: Any) -> bytes:
    return json.dumps(ORDER | {"idempotency_key": key}).encode()


BAD_LINES: Lines = {
    **{
        f"framing: {name}": (400, "malformed_json", line)
        for name, line in {
            "nothing": b"",
            "blanks": b"  \t ",
            "a carriage return": b"\r",
            "a record separator before, as of JSON text sequences": b"\x1e" + KEYED,
            "a byte order mark": b"\xef\xbb\xbf" + KEYED,
            "two orders": KEYED + KEYED,
            "two orders and a comma": KEYED + b"," + KEYED,
            "two orders and a carriage return": KEYED + b"\r" + KEYED,
            "a comma at the end": KEYED + b",",
            "a list's beginning": b"[" + KEYED + b",",
            "a list": b"[" + KEYED + b"]",
            "null": b"null",
            "a text": b'"' + MARK.encode() + b'"',
            "half of it": KEYED[:40],
            "the other half": KEYED[40:],
            "NUL behind": KEYED + b"\0",
            "NUL in the key": KEYED.replace(b"bad-line", b"bad\\u0000line"),
            "no UTF-8 in the key": KEYED.replace(b"bad-line", b"bad\xff"),
            "a comment": KEYED + b" # " + MARK.encode(),
        }.items()
    },
    "above 64 KiB": (413, "payload_too_large", KEYED + b" " * 65_536),
    "no key": (400, "idempotency_key_missing", GOOD.encode()),
    **{
        f"key {name}": (400, "idempotency_key_invalid", with_key(key))
        for name, key in {
            "empty": "",
            "null": None,
            "a number": 1,
            "true": True,
            "a list": ["a"],
            "an object": {"$gt": ""},
            "of 256": "k" * 256,
            "with a blank": "a b",
            "with a line end": "a\n",
            "with DEL": "a\x7f",
            "in Latin-1": "caf\u00e9",
            "with a mark of direction": "a\u202eb",
        }.items()
    },
    "key twice": (400, "duplicate_member", KEYED.replace(b"{", b'{"idempotency_key": "another", ', 1)),
    "key in capitals": (
        422,
        "unknown_field",
        json.dumps(ORDER | {"Idempotency_Key": "a", "idempotency_key": "b"}).encode(),
    ),
    "a refund": (422, "unknown_field", b'{"idempotency_key": "a", "goods": 1, "order": "x"}'),
    "a merchant of its own": (422, "unknown_field", json.dumps({"merchant": MARK} | json.loads(KEYED)).encode()),
    "a dry_run of its own": (422, "unknown_field", json.dumps({"dry_run": True} | json.loads(KEYED)).encode()),
    **single_orders(),
}
