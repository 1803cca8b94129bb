"""What befalls the servers behind the pages: real faults, each ended by leaving the `with`."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.poll import eventually
from support.stack import Stack

WORKERS = ("worker-1", "worker-2")


@contextmanager
def away(stack: Stack, part: str) -> Iterator[None]:
    """Killed, as by a crash."""
    stack.kill(part, signal.SIGKILL)
    try:
        yield
    finally:
        stack.up(part)


@contextmanager
def workers_hang(stack: Stack) -> Iterator[None]:
    """They take connections and requests, and answer none until they go on."""
    for worker in WORKERS:
        stack.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        for worker in WORKERS:
            stack.kill(worker, signal.SIGCONT)


@contextmanager
def merchant_corrupt(stack: Stack, merchant: str) -> Iterator[None]:
    """The merchant's document is one that Takings would never have written: what needs it answers 500."""
    documents = stack.mongo["takings"]["merchants"]
    found = documents.find_one({"_id": merchant})
    assert found is not None

    def put(currencies: object) -> None:
        change = {"$set": {"currencies": currencies}}
        documents.update_one({"_id": merchant}, change, bypass_document_validation=True)
        stack.redis.delete(f"tk:terms:{merchant}")

    put(7)
    try:
        yield
    finally:
        put(found["currencies"])


@contextmanager
def one_request_a_minute(stack: Stack) -> Iterator[None]:
    """nginx lets one session's request through, and the next ones only a minute later."""
    file = Path(stack.folder) / "data" / "nginx" / "takings.conf"
    before = file.read_text()
    strict = re.sub(r"(zone=takings_loopback_session:1m rate=)\S+;", r"\g<1>1r/m;", before)
    strict, changed = re.subn(
        r"limit_req zone=takings_loopback_session burst=\d+ nodelay;",
        "limit_req zone=takings_loopback_session;",
        strict,
    )
    assert changed == 1 and strict != before
    use(stack, file, strict)
    try:
        yield
    finally:
        use(stack, file, before)


def use(stack: Stack, file: Path, text: str) -> None:
    """nginx reads its configuration anew, and its old process takes no more connections."""
    old = workers_of_nginx(stack)
    file.write_text(text)
    stack.kill("nginx", signal.SIGHUP)
    eventually(lambda: not old & workers_of_nginx(stack))


def workers_of_nginx(stack: Stack) -> set[int]:
    master = stack.pid("nginx")
    found = Path(f"/proc/{master}/task/{master}/children").read_text()
    return {int(pid) for pid in found.split()}


def end_sessions(stack: Stack) -> None:
    """As if their time had run out."""
    for name in stack.redis.scan_iter("tk:session:*"):
        stack.redis.delete(name)
