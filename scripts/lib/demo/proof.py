"""Follows one order into the figures and says when it reached each station."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stack import process
from stack.layout import Layout, StackError
from stack.programs import TAILER

from .api import Api, Json
from .load import Merchant

# The batch's line about a flush, written when its commit is acknowledged; it began `ms` before.
FLUSH = re.compile(
    r"^ts=(?P<ts>\S+) .*event=flush outcome=done "
    r"from=(?P<begin>[0-9a-f]{16}) to=(?P<end>[0-9a-f]{16}) .* ms=(?P<ms>\d+)"
)
LOG_LIMIT_S = 5.0


@dataclass(frozen=True)
class Flush:
    """When the tailer handed it over and when it was committed, in seconds since the epoch."""

    begun: float
    committed: float


def prove(layout: Layout, url: str, merchant: Merchant, key: str) -> str:
    """Posts an order, waits until the figures have it, checks them; the report. A wrong figure is an error."""
    api = Api(url, merchant.id, key)
    currency = merchant.currencies[0]
    before = _today(api, currency)
    posted = time.time()
    receipt = api.post("/orders", _order(currency))
    accepted = time.time()
    after = _today(api, currency, after=receipt["position"])
    readable = time.time()
    total = receipt["order"]["totals"]["total"]
    if (after["orders"], after["total_sales"]) != (before["orders"] + 1, before["total_sales"] + total):
        raise StackError(f"today's figures are wrong: {before} before an order of {total}, {after} after it")
    flush = _flush_with(layout.log / f"{TAILER}.log", receipt["position"])
    hops = {"accepted": accepted, "seen by the tailer": flush.begun, "computed": flush.committed, "readable": readable}
    lines = [f"\norder {receipt['order']['id']} on its way, ms after it was sent (accepted: its answer was here):"]
    # The tailer may see an order before its answer has come back to the sender.
    in_turn = sorted(hops.items(), key=lambda hop: hop[1])
    lines += [f"  {hop:<19}{(at - posted) * 1000:7.1f}" for hop, at in in_turn]
    lines += [
        f"  today's orders {before['orders']} -> {after['orders']}, total sales {before['total_sales']} + {total}"
        f" = {after['total_sales']} ({currency}, minor units)"
    ]
    return "\n".join(lines)


def _order(currency: str) -> Json:
    line = {"product_id": "proof", "name": "One proof", "quantity": 2, "unit_price": 1250, "discount": 100, "tax": 456}
    return {"currency": currency, "lines": [line], "shipping": 490}


def _today(api: Api, currency: str, **query: str) -> Json:
    answer = api.get("/metrics/summary", range="today", currency=currency, **query)
    metrics: Json = answer["data"][0]["metrics"]
    return metrics


def _flush_with(log: Path, position: str) -> Flush:
    """The flush that brought a position, as soon as the log tells of it."""
    found: list[Flush] = []

    def is_found() -> bool:
        found.extend(_flushes(log, position.removeprefix("p1_")))
        return bool(found)

    process.wait_until(is_found, LOG_LIMIT_S, f"{log} tells of no flush with {position}")
    return found[0]


def _flushes(log: Path, at: str) -> list[Flush]:
    """Times of one length compare as text."""
    flushes = []
    for line in log.read_text(errors="replace").splitlines():
        match = FLUSH.match(line)
        if match and match["begin"] < at <= match["end"]:
            committed = datetime.fromisoformat(match["ts"]).timestamp()
            flushes.append(Flush(committed - int(match["ms"]) / 1000, committed))
    return flushes
