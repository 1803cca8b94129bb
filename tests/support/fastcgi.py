"""FastCGI record by record, for what nginx would never say to a worker."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from support.raw import RawAnswer, parse, read_all

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA = 1, 2, 3, 4, 5, 6, 7, 8
GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = 9, 10, 11
RESPONDER, AUTHORIZER, FILTER = 1, 2, 3
KEEP_CONNECTION = 1
CANT_MULTIPLEX = 1  # the status of an END
Params = Sequence[tuple[bytes, bytes]]


def record(kind: int, content: bytes = b"", request: int = 1, version: int = 1, padding: int = 0) -> bytes:
    head = struct.pack(">BBHHBB", version, kind, request, len(content), padding, 0)
    return head + content + bytes(padding)


def begin(role: int = RESPONDER, flags: int = 0, request: int = 1) -> bytes:
    return record(BEGIN, struct.pack(">HB5x", role, flags), request)


def length(number: int) -> bytes:
    return bytes([number]) if number < 0x80 else struct.pack(">I", 0x80000000 | number)


def pairs(params: Params) -> bytes:
    return b"".join(length(len(name)) + length(len(value)) + name + value for name, value in params)


def stream(kind: int, content: bytes, piece: int = 0xFFFF, request: int = 1) -> bytes:
    """A stream in records of so many bytes, and its end."""
    pieces = (content[at : at + piece] for at in range(0, len(content), piece))
    return b"".join(record(kind, part, request) for part in pieces) + record(kind, b"", request)


def request(params: Params, body: bytes = b"", flags: int = 0, piece: int = 0xFFFF) -> bytes:
    return begin(flags=flags) + stream(PARAMS, pairs(params), piece) + stream(STDIN, body, piece)


@dataclass(frozen=True)
class Record:
    kind: int
    request: int
    content: bytes


def records(received: bytes) -> list[Record]:
    """All must be whole."""
    found = []
    while received:
        version, kind, number, size, padding, _ = struct.unpack(">BBHHBB", received[:8])
        assert version == 1 and len(received) >= 8 + size + padding, received
        found.append(Record(kind, number, received[8 : 8 + size]))
        received = received[8 + size + padding :]
    return found


def answer_of(found: Iterable[Record]) -> RawAnswer | None:
    """What came on standard output; None: nothing."""
    text = b"".join(record.content for record in found if record.kind == STDOUT)
    if not text:
        return None
    status, _, rest = text.partition(b"\r\n")
    assert status.startswith(b"Status: "), text
    return parse(b"HTTP/1.1 " + status.removeprefix(b"Status: ") + b"\r\n" + rest)


class Peer:
    """A connection to a worker's socket."""

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(15.0)
        self.socket.connect(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def say(self, said: bytes) -> None:
        try:
            self.socket.sendall(said)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has heard enough: what it said is there to be read

    def heard(self) -> list[Record]:
        """All records until the worker hangs up."""
        return records(read_all(self.socket))


def talk(path: str, said: bytes) -> list[Record]:
    """Says it, and no more; what came back."""
    with Peer(path) as peer:
        peer.say(said)
        peer.socket.shutdown(socket.SHUT_WR)
        return peer.heard()


def ask(path: str, params: Params, body: bytes = b"") -> RawAnswer:
    with Peer(path) as peer:
        peer.say(request(params, body))
        answer = answer_of(peer.heard())
    assert answer is not None
    return answer


@contextmanager
def in_place_of_workers(path: Path, said: bytes) -> Iterator[None]:
    """Meanwhile whoever connects to the workers' socket hears `said`, whatever they ask, and that is all."""
    kept = path.with_suffix(".kept")
    path.rename(kept)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        thread = threading.Thread(target=say_to_all, args=(listening, said))
        thread.start()
        try:
            yield
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            kept.rename(path)


def say_to_all(listening: socket.socket, said: bytes) -> None:
    while True:
        try:
            peer, _ = listening.accept()
        except OSError:
            return  # nobody listens any more
        with peer:
            peer.sendall(said)
            peer.shutdown(socket.SHUT_WR)
            read_all(peer)
