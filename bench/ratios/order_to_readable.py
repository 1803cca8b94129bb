"""From sending an order until its figures can be read, against a bare change stream that sees the same order.

While orders come in steadily, one program follows the stream and another reads the checkpoint in Redis again and again.
An order is readable at the first checkpoint at or past its position.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack import process
from stack.layout import StackError

from .result import Result
from .stage import SHOPS, Stage, spawn

NAME = "order_to_readable"
AIMS = {50: 2.0, 99: 3.0}
RATE = 100
CLIENTS = 8
OBSERVERS = {"readable": "watch_head", "seen": "bare_stream"}


def measure(stage: Stage) -> list[Result]:
    with _observers(stage):
        sent = _send(stage)
        stage.settle()
    found = {name: delays_ms(sent, _observations(stage, name)) for name in OBSERVERS}
    return [
        Result.of_rounds(
            f"{NAME}_p{share}",
            "ms",
            aim,
            [(percentile(found["readable"], share), percentile(found["seen"], share))],
        )
        for share, aim in AIMS.items()
    ]


@contextmanager
def _observers(stage: Stage) -> Iterator[None]:
    try:
        for name, program in OBSERVERS.items():
            spawn(stage.layout, name, [stage.program(program), str(stage.layout.config)])
        yield
    finally:
        for name in OBSERVERS:
            process.stop(stage.layout, name)


def _send(stage: Stage) -> list[tuple[int, int]]:
    """Sends orders; when each was sent, in ns, and its position."""
    times = stage.layout.dir / "sent"
    options = ("--targets", stage.targets("order.targets", "/orders", SHOPS), "--body", stage.body(), "--times", times)
    plan = ("--clients", CLIENTS, "--rate", RATE, "--seconds", stage.size.stream_s)
    stage.run("load", "--port", stage.settings.port, *options, *plan)
    return read_times(times)


def _observations(stage: Stage, name: str) -> list[tuple[int, int]]:
    """When each position was observed, in ns, and the position."""
    return read_times(stage.layout.log / f"{name}.log")


def read_times(path: Path, target: str = "") -> list[tuple[int, int]]:
    """Of the lines that end so: when, in ns, and the position."""
    lines = (line for line in path.read_text().splitlines() if line != "ready" and line.endswith(target))
    return [(int(ns), int(position, 16)) for ns, position, *_ in map(str.split, lines)]


def delays_ms(sent: list[tuple[int, int]], observed: list[tuple[int, int]]) -> list[float]:
    positions = [position for _, position in observed]
    firsts = [bisect_left(positions, position) for _, position in sent]
    if not sent or max(firsts) == len(observed):
        raise StackError("an order was stored and never observed")
    return sorted((observed[first][0] - ns) / 1e6 for (ns, _), first in zip(sent, firsts, strict=True))


def percentile(ascending: list[float], share: int) -> float:
    return ascending[round(share / 100 * (len(ascending) - 1))]
