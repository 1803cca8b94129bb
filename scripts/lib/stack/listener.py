"""Holds the workers' listening socket, as systemd's socket unit does, so that workers come and go under load.

The part `listener` runs this module. It hands a copy of the socket to whoever connects to its second socket.
"""

from __future__ import annotations

import os
import socket
import sys

from . import process
from .layout import Layout

PART = "listener"
START_LIMIT_S = 10.0
BACKLOG = 511


def start(layout: Layout) -> None:
    command = [sys.executable, "-m", "stack.listener", str(layout.socket("worker")), str(layout.socket(PART))]
    process.spawn(layout, PART, command)
    process.wait_ready(layout, PART, lambda: process.accepts(layout.socket(PART)), START_LIMIT_S)


def borrow(layout: Layout) -> int:
    """A descriptor of the listening socket; the caller closes it."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(layout.socket(PART)))
        return socket.recv_fds(connection, 1, 1)[1][0]


def _listen(path: str) -> socket.socket:
    if os.path.exists(path):
        os.unlink(path)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen(BACKLOG)
    return listening


def _serve(shared_path: str, own_path: str) -> None:
    shared, own = _listen(shared_path), _listen(own_path)
    while True:
        connection, _ = own.accept()
        with connection:
            try:
                socket.send_fds(connection, [b"s"], [shared.fileno()])
            except BrokenPipeError:
                continue  # it only looked whether anybody listens


if __name__ == "__main__":
    _serve(*sys.argv[1:])
