"""Posting orders through nginx and worker, against inserting the same documents by libmongoc alone.

Both store into the ledger, with its indexes and its validator. What differs is HTTP, FastCGI, the API key, the check of the
body, and making the document. Once with the tailer stopped, which is the way in alone, and once while the figures are
computed: the batch takes what the processors have left, and bare inserts leave it less.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bson.raw_bson import RawBSONDocument
from stack import process, programs

from .result import Result
from .stage import SHOPS, Stage

NAME = "order_insert"
AIM = 0.9
CLIENTS = 8


def measure(stage: Stage) -> list[Result]:
    _post(stage, 1.0)  # warm, and there is an order of each shop
    documents = _documents(stage)
    with _stopped_tailer(stage):
        alone = [_round(stage, documents) for _ in range(stage.size.rounds)]
    counted = [_round(stage, documents) for _ in range(stage.size.rounds)]
    stage.settle()
    return [
        Result.of_rounds(NAME, "1/s", AIM, alone),
        Result.of_rounds(f"{NAME}_and_count", "1/s", AIM, counted),
    ]


@contextmanager
def _stopped_tailer(stage: Stage) -> Iterator[None]:
    process.kill(stage.layout, programs.TAILER, signal.SIGSTOP)
    try:
        yield
    finally:
        process.kill(stage.layout, programs.TAILER, signal.SIGCONT)
        stage.settle()


def _round(stage: Stage, documents: Path) -> tuple[float, float]:
    """Orders a second through the worker, and without it."""
    return _post(stage, stage.size.round_s), _insert(stage, documents)


def _post(stage: Stage, seconds: float) -> float:
    files = ("--targets", stage.targets("order.targets", "/orders", SHOPS), "--body", stage.body())
    plan = ("--clients", CLIENTS, "--seconds", seconds)
    return stage.run("load", "--port", stage.settings.port, *files, *plan)["per_second"]


def _insert(stage: Stage, documents: Path) -> float:
    plan = ("--clients", CLIENTS, "--seconds", stage.size.round_s)
    return stage.run("bare_insert", "--config", stage.layout.config, "--documents", documents, *plan)["per_second"]


def _documents(stage: Stage) -> Path:
    """A file with the last order of each shop as the worker stored it."""
    ledger = stage.database.get_collection(
        "ledger", codec_options=stage.database.codec_options.with_options(document_class=RawBSONDocument)
    )
    found = (ledger.find_one({"m": shop}, sort=[("_id", -1)]) for shop in SHOPS)
    file = stage.layout.dir / "documents"
    file.write_bytes(b"".join(document.raw for document in found if document is not None))
    return file
