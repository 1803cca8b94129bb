"""Listening to what takings-push tells, as a browser's EventSource does, but without coming again by itself."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from support.contract import contract
from support.poll import eventually
from support.stack import Stack

ANY_KEY = "key_01ARZ3NDEKTSV4RRFFQ69G5FAV"


@dataclass(frozen=True)
class Event:
    kind: str
    data: Any
    id: str | None
    at: float  # time.monotonic()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("live", timeout=60.0)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class Stream:
    """One answer, read by a thread until it ends."""

    def __init__(self, connection: http.client.HTTPConnection, target: str, headers: dict[str, str]) -> None:
        self.connection = connection
        connection.request("GET", target, headers={"Accept": "text/event-stream"} | headers)
        self.answer = connection.getresponse()
        self.status = self.answer.status
        self.events: list[Event] = []
        self.comments = 0
        self.ended: str | None = None  # "whole" or "broken"
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    @classmethod
    def of(cls, stack: Stack, merchant: str, last_id: str | None = None, **who: str) -> Self:
        """`secret`: a key's; `token`: a session's. What comes must be a stream, as the document has it."""
        headers = {"Authorization": f"Bearer {who['secret']}"} if "secret" in who else {}
        headers |= {"Cookie": f"takings={who['token']}"} if "token" in who else {}
        headers |= {"Last-Event-ID": last_id} if last_id is not None else {}
        path = f"/v1/merchants/{merchant}/live"
        stream = cls(http.client.HTTPConnection(urlsplit(stack.url).netloc, timeout=60.0), path, headers)
        assert stream.status == 200, stream.answer.read()
        contract().check("GET", path, 200, {name.lower(): value for name, value in stream.answer.getheaders()}, b"")
        return stream

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self.connection.sock is not None:
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        elif self.answer.fp is not None:  # http.client has given the socket to an answer that ends the connection
            self.answer.fp.raw._sock.shutdown(socket.SHUT_RDWR)  # type: ignore[attr-defined]
        self.thread.join(10)

    def _read(self) -> None:
        fields: dict[str, str] = {}
        try:
            while line := self.answer.readline():
                fields = self._take(line.decode().rstrip("\n"), fields)
            self.ended = "whole"
        except (http.client.HTTPException, OSError, ValueError, AttributeError):
            self.ended = "broken"

    def _take(self, line: str, fields: dict[str, str]) -> dict[str, str]:
        """One line, as the HTML standard has it."""
        name, _, value = line.partition(":")
        if line == "":
            if "data" in fields:
                kind, data = fields.get("event", "message"), json.loads(fields["data"])
                self.events.append(Event(kind, data, fields.get("id"), time.monotonic()))
            return {}
        if name == "":
            self.comments += 1
            return fields
        return fields | {name: value.removeprefix(" ")}

    # ---- what was heard ----

    def of_kind(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.kind == kind]

    @property
    def changes(self) -> list[Any]:
        return [event.data for event in self.of_kind("changed")]

    def hears(self, kind: str, count: int = 1, limit_s: float = 10.0) -> list[Event]:
        """As many events of the kind, at least."""
        eventually(lambda: len(self.of_kind(kind)) >= count, limit_s, step_s=0.01)
        return self.of_kind(kind)

    def hears_of(self, hour: int, limit_s: float = 20.0) -> Any:
        """A change that names this hour."""

        def found() -> list[Any]:
            return [change for change in self.changes if hour in change.get("hours", [])]

        return eventually(found, limit_s, step_s=0.01)[0]

    def ends(self, limit_s: float = 10.0) -> str:
        return eventually(lambda: self.ended, limit_s, step_s=0.01) or ""


def push_address(merchant: str, key: str = ANY_KEY, lasts_ms: int = 3_600_000) -> str:
    """What the worker has nginx ask, for somebody whom it has let in just now."""
    asked = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000_000
    return "/live?" + urlencode({"merchant": merchant, "asked": asked, "lasts": lasts_ms, "key": key})


def straight(stack: Stack, merchant: str, **more: Any) -> Stream:
    """Past worker and nginx."""
    return Stream(UnixConnection(stack.socket("push")), push_address(merchant, **more), {})


@contextmanager
def listening(*streams: Stream) -> Iterator[tuple[Stream, ...]]:
    """Each has its first hint."""
    try:
        for stream in streams:
            stream.hears("changed")
        yield streams
    finally:
        for stream in streams:
            stream.close()


def comes_again(open_one: Callable[[], Stream], limit_s: float = 15.0) -> Stream:
    """As a browser does after a stream ended or was refused."""

    def attempt() -> Stream | None:
        try:
            return open_one()
        except (AssertionError, OSError, http.client.HTTPException):
            return None

    stream = eventually(attempt, limit_s, step_s=0.1)
    assert stream is not None
    return stream
