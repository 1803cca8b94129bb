"""Many HTTP clients in one thread: those who ask faster than they are answered, and those who dawdle."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Request = tuple[str, bytes]  # its key, and its bytes


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float = 0.0


class Connection:
    """To nginx, from an address of one's own; opened again when nginx has ended it, as it does now and then."""

    def __init__(self, url: str, address: str, *, narrow: bool = False) -> None:
        """A narrow one holds little that nobody has read yet, and neither does nginx' end of it."""
        parts = urlsplit(url)
        self.server = (str(parts.hostname), int(parts.port or 80))
        self.address = address
        self.narrow = narrow
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.streams is None or self.streams[0].at_eof():
            await self.close()
            peer = socket.socket()
            if self.narrow:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
            peer.setblocking(False)
            peer.bind((self.address, 0))
            await asyncio.get_running_loop().sock_connect(peer, self.server)
            self.streams = await asyncio.open_connection(sock=peer, limit=1 if self.narrow else 1 << 16)
        return self.streams

    async def close(self) -> None:
        if self.streams is not None:
            self.streams[1].close()
            with suppress(OSError):
                await self.streams[1].wait_closed()
        self.streams = None

    async def ask(self, request: bytes) -> Answer:
        began = time.monotonic()
        reader, writer = await self.open()
        writer.write(request)
        answer = await read_answer(reader)
        answer.seconds = time.monotonic() - began
        if answer.headers.get("connection") == "close":
            await self.close()
        return answer


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *fields = head.rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in fields)}
    return Answer(int(line.split()[1]), headers, await reader.readexactly(int(headers["content-length"])))


@dataclass
class Flood:
    """What came of requests that were sent at a fixed pace."""

    answers: dict[str, Answer] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)  # of them
    failures: Counter[str] = field(default_factory=Counter)
    due: int = 0
    seconds: float = 0.0
    ended: float = 0.0  # when the last was sent, by the monotonic clock

    async def send(self, connection: Connection, request: Request) -> None:
        key, content = request
        try:
            answer = self.answers[key] = await connection.ask(content)
            self.statuses[answer.status] += 1
        except (OSError, asyncio.IncompleteReadError) as failure:
            self.failures[repr(failure)] += 1
            await connection.close()


async def closed_loop(connections: Iterable[Connection], requests: Iterator[Request], seconds: float) -> Flood:
    """Each connection asks as soon as it is answered."""
    flood, began = Flood(), time.monotonic()

    async def go_on(connection: Connection) -> None:
        while time.monotonic() < began + seconds:
            flood.due += 1
            await flood.send(connection, next(requests))

    await asyncio.gather(*map(go_on, connections))
    flood.ended = time.monotonic()
    flood.seconds = flood.ended - began
    return flood


async def open_loop(
    connections: Sequence[Connection],
    requests: Iterator[Request],
    rate: float,
    enough: Callable[[Flood, float], bool],
    step_s: float = 0.01,
) -> Flood:
    """`rate` requests fall due each second, whether others have been answered or not, until `enough` says so.

    It is told what came and how many seconds have passed. A request that finds no connection free is not sent.
    """
    flood, free, busy = Flood(), list(connections), set[asyncio.Task[None]]()

    async def send(connection: Connection) -> None:
        await flood.send(connection, next(requests))
        free.append(connection)

    await asyncio.gather(*(connection.open() for connection in connections))
    began = time.monotonic()
    while not enough(flood, now := time.monotonic() - began):
        more, flood.due = int(now * rate) - flood.due, int(now * rate)
        for _ in range(min(more, len(free))):
            task = asyncio.create_task(send(free.pop(0)))
            busy.add(task)
            task.add_done_callback(busy.discard)
        await asyncio.sleep(step_s)
    flood.ended = time.monotonic()
    flood.seconds = flood.ended - began
    await asyncio.gather(*busy)
    return flood


async def drip(connection: Connection, first: bytes, slowly: bytes, pause_s: float, until: Callable[[], bool]) -> bytes:
    """Sends `first` at once and `slowly` byte by byte, and so reads too, until one side has enough; what was read."""
    reader, writer = await connection.open()
    received, rest = b"", list(slowly)
    with suppress(OSError):
        writer.write(first)
        while not until():
            if rest:
                writer.write(bytes([rest.pop(0)]))
            with suppress(TimeoutError):
                byte = await asyncio.wait_for(reader.read(1), pause_s)
                if byte == b"":
                    break
                received += byte
                await asyncio.sleep(pause_s)
    await connection.close()
    return received


async def answer_to_slow(connection: Connection, first: bytes, slowly: bytes, pause_s: float) -> Answer:
    """The same for one who reads as fast as others do."""
    _, writer = await connection.open()
    writer.write(first)
    for byte in slowly[:-1]:
        writer.write(bytes([byte]))
        await asyncio.sleep(pause_s)
    return await connection.ask(slowly[-1:])


def percentile(seconds: Iterable[float], share: float) -> float:
    ordered = sorted(seconds)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0
