"""What every refusal must look like, and that it left no trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from support.merchant import Merchant
from support.raw import RawAnswer

Answer = httpx.Response | RawAnswer


def check_problem(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """The problem, which is complete and has this status and code."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"].split(";")[0] == "application/problem+json"
    problem = json.loads(answer.content)
    assert problem["code"] == code, problem
    assert problem["status"] == status and problem["type"] == f"/problems/{code}" and problem["title"]
    assert problem["request_id"] == answer.headers["Request-Id"]
    if status in (429, 503):
        assert int(answer.headers["Retry-After"]) >= 1
    return problem


def pointers(problem: dict[str, Any]) -> dict[str, str]:
    """The code of each violation by the place it names."""
    places = ("pointer", "parameter", "header")
    return {next(error[place] for place in places if place in error): error["code"] for error in problem["errors"]}


@contextmanager
def nothing_stored(merchant: Merchant) -> Iterator[None]:
    """Whatever the block sends, the ledger does not grow."""
    ledger = merchant.stack.mongo.takings.ledger
    before = ledger.estimated_document_count()  # exact, unless mongod was killed: then the difference still is
    yield
    assert ledger.estimated_document_count() == before
