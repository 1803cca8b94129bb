"""Computing all figures anew from the ledger, against one bare `$group` over the same orders.

A rebuild reads the ledger at pinned times in pieces, sums by merchant, currency and quarter of an hour, makes hours and
days of them by each merchant's zone, and writes them to Redis; the `$group` sums by merchant, currency and day.
"""

from __future__ import annotations

import subprocess
import time
from typing import Any

from stack import programs

from .result import Result
from .stage import Stage

NAME = "rebuild"
AIM = 0.8
SUMS = ("units", "gross", "discounts", "goods", "tax", "shipping", "total")
PIPELINE: list[dict[str, Any]] = [
    {
        "$group": {
            "_id": {"m": "$m", "currency": "$currency", "day": {"$dateTrunc": {"date": "$at", "unit": "day"}}},
            "entries": {"$sum": 1},
            **{name: {"$sum": f"${name}"} for name in SUMS},
        }
    }
]


def measure(stage: Stage) -> list[Result]:
    orders = stage.database["ledger"].count_documents({})
    rounds = [(orders / _rebuild_s(stage), orders / _group_s(stage)) for _ in range(stage.size.rounds)]
    return [Result.of_rounds(NAME, "orders/s", AIM, rounds)]


def _rebuild_s(stage: Stage) -> float:
    """From asking for a rebuild until every merchant has its new figures."""
    command = [programs.program(stage.settings, "takings-batch"), "rebuild", "--config", str(stage.layout.config)]
    begun = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stage.settle()  # what asked for it is in no checkpoint before all is done
    return time.monotonic() - begun


def _group_s(stage: Stage) -> float:
    begun = time.monotonic()
    for _ in stage.database["ledger"].aggregate(PIPELINE, allowDiskUse=True):
        pass
    return time.monotonic() - begun
