"""Posting orders through nginx and worker, against inserting the same documents by libmongoc alone.

Both store into the ledger, so that indexes, journal, tailer and batch have the same to do; what differs is HTTP, FastCGI,
the API key, the check of the body, and making the document.
"""

from __future__ import annotations

from pathlib import Path

from bson.raw_bson import RawBSONDocument

from .result import Result
from .stage import SHOPS, Stage

NAME = "order_insert"
AIM = 0.9
CLIENTS = 8


def measure(stage: Stage) -> list[Result]:
    targets, body = stage.targets("order.targets", "/orders", SHOPS), stage.body()

    def orders_per_second(seconds: float) -> float:
        plan = ("--clients", CLIENTS, "--seconds", seconds)
        report = stage.run("load", "--port", stage.settings.port, "--targets", targets, "--body", body, *plan)
        stage.settle()
        return report["per_second"]

    orders_per_second(1.0)  # warm, and there is an order of each shop
    documents = _documents(stage)

    def inserts_per_second() -> float:
        plan = ("--clients", CLIENTS, "--seconds", stage.size.round_s)
        report = stage.run("bare_insert", "--config", stage.layout.config, "--documents", documents, *plan)
        stage.settle()
        return report["per_second"]

    rounds = [(orders_per_second(stage.size.round_s), inserts_per_second()) for _ in range(stage.size.rounds)]
    return [Result.of_rounds(NAME, "1/s", AIM, rounds)]


def _documents(stage: Stage) -> Path:
    """A file with the last order of each shop as the worker stored it."""
    ledger = stage.database.get_collection(
        "ledger", codec_options=stage.database.codec_options.with_options(document_class=RawBSONDocument)
    )
    found = (ledger.find_one({"m": shop}, sort=[("_id", -1)]) for shop in SHOPS)
    file = stage.layout.dir / "documents"
    file.write_bytes(b"".join(document.raw for document in found if document is not None))
    return file
