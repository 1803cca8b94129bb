"""Programs end when asked to, within ten seconds, whatever they are doing; workers take the socket they are given."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from support.api import expect
from support.live import ANY_KEY, listening, straight
from support.load import meanwhile
from support.merchant import Merchant
from support.names import new_merchant_id
from support.poll import eventually
from support.stack import SCRIPT, Stack, children, is_alive, run

LIMIT_S = 10.0
BODY = {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 1, "unit_price": 100}]}


@pytest.fixture
def merchant(module_stack: Stack) -> Iterator[Merchant]:
    """Of a stack that is whole again after each test."""
    merchant = Merchant.add(module_stack, new_merchant_id(), "Europe/Berlin", ["EUR"])
    yield merchant
    merchant.api.close()
    run([SCRIPT, "up", "--dir", module_stack.folder])


def ends(stack: Stack, part: str) -> float:
    """Seconds from SIGTERM to the end of the part and of its children."""
    pid = stack.pid(part)
    family = [pid, *children(pid)]
    before = time.monotonic()
    stack.kill(part, signal.SIGTERM)
    eventually(lambda: not any(map(is_alive, family)), limit_s=LIMIT_S)
    return time.monotonic() - before


def test_idle_programs_end(merchant: Merchant) -> None:
    for part in ("worker-1", "worker-2", "push", "tailer"):
        assert ends(merchant.stack, part) < LIMIT_S


def test_push_ends_with_listeners_of_every_kind(merchant: Merchant) -> None:
    """One who hears something, one who has left, one who is told to go; the sanitizers look at what is left of each."""
    stack, key = merchant.stack, merchant.new_key("metrics:read")
    with listening(*(straight(stack, merchant.id, key=key_id) for key_id in (ANY_KEY, ANY_KEY, key["id"]))) as heard:
        stays, leaves, told = heard
        leaves.close()
        stack.cli("key", "revoke", "--merchant", merchant.id, key["id"])
        told.ends()
        expect(merchant.api.post_order(BODY), 201)
        stays.hears("changed", 2, limit_s=20)
        assert ends(stack, "push") < LIMIT_S
        stays.ends()


def test_the_tailer_ends_with_its_child_and_comes_back(merchant: Merchant) -> None:
    stack = merchant.stack
    assert children(stack.pid("tailer")), "the tailer runs no batch"
    ends(stack, "tailer")
    expect(merchant.api.post_order(BODY), 201)
    stack.up("tailer")
    merchant.settled()
    assert expect(merchant.api.summary(range="today"))["data"][0]["metrics"]["orders"] == 1


@pytest.mark.parametrize("store", ["mongod-1", "redis"])
def test_programs_end_while_a_store_is_stalled(merchant: Merchant, store: str) -> None:
    stack = merchant.stack
    expect(merchant.api.post_order(BODY), 201)
    stack.kill(store, signal.SIGSTOP)
    try:
        for part in ("tailer", "worker-1"):  # the tailer in the first of the two tries that a call has
            assert ends(stack, part) < LIMIT_S
    finally:
        stack.kill(store, signal.SIGCONT)


def test_busy_programs_end(merchant: Merchant) -> None:
    stack = merchant.stack

    def post() -> None:
        assert merchant.api.post_order(BODY).status_code in (201, 503)

    with meanwhile(post), meanwhile(post):
        for part in ("tailer", "worker-1"):
            assert ends(stack, part) < LIMIT_S


# ---- where a worker listens ----


def shared_socket(stack: Stack) -> socket.socket:
    """The listening socket that nginx connects to, which the stack holds for its workers."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(Path(stack.env["REDIS_SOCKET"]).with_name("listener.sock")))
        return socket.socket(fileno=socket.recv_fds(connection, 1, 1)[1][0])


def start_as_systemd_does(stack: Stack, third: int, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    """A worker that is told that `third`, as its file descriptor 3, is a socket for it."""
    script = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" --config "$1" 3<&"$2"'
    command = ["bash", "-c", script, stack.program("takings-worker"), stack.env["TAKINGS_CONFIG"], str(third)]
    return subprocess.Popen(command, pass_fds=[third], stdin=stdin, stderr=subprocess.PIPE, text=True)


def test_a_worker_serves_the_socket_that_systemd_hands_over(merchant: Merchant) -> None:
    stack = merchant.stack
    with closing(shared_socket(stack)) as shared:
        for part in ("worker-1", "worker-2"):
            stack.kill(part, signal.SIGTERM)
        worker = start_as_systemd_does(stack, shared.fileno())
    try:
        expect(merchant.api.post_order(BODY), 201)
    finally:
        worker.terminate()
        _, log = worker.communicate(timeout=LIMIT_S)
    assert worker.returncode == 0, log


def test_a_worker_that_misses_its_socket_does_not_start(merchant: Merchant) -> None:
    """Not even where it could listen elsewhere: on the socket that is its standard input."""
    with open(os.devnull) as nothing, closing(shared_socket(merchant.stack)) as shared:
        worker = start_as_systemd_does(merchant.stack, nothing.fileno(), stdin=shared.fileno())
    try:
        _, log = worker.communicate(timeout=LIMIT_S)
    finally:
        worker.kill()
    assert worker.returncode == os.EX_CONFIG
    assert "LISTEN_FDS=1, but file descriptor 3 is not a listening socket" in log
