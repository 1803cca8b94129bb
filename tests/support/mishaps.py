"""What befalls a stack, one thing at a time. What ended is started again, as a supervisor would, and that is all."""

from __future__ import annotations

import math
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from support.poll import eventually
from support.stack import Stack, children

KILLED = ("worker-1", "worker-2", "tailer", "redis", "mongod-1")


@dataclass(frozen=True)
class Span:
    """A stretch of the monotonic clock."""

    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    def holds(self, moment: float) -> bool:
        return self.began <= moment < self.ended


class Mishaps:
    def __init__(self, stack: Stack, rng: random.Random) -> None:
        self.stack = stack
        self.rng = rng
        self.spans: list[Span] = []  # in each of them a part was down, or Redis emptied

    def all(self) -> list[Callable[[], None]]:
        kills = [partial(self.kill, part) for part in KILLED]
        return [*kills, self.kill_batch, self.lose_suffix, self.flush]

    def befall(self, mishap: Callable[[], None]) -> None:
        began = time.monotonic()
        mishap()
        self.spans.append(Span(began, time.monotonic()))

    def gaps(self) -> list[Span]:
        """Between one mishap and the next."""
        return [Span(one.ended, next_one.began) for one, next_one in zip(self.spans, self.spans[1:])]

    def kill(self, part: str) -> None:
        self.stack.kill(part, signal.SIGKILL)
        self.pause(1.0)
        self.stack.up(part)

    def kill_batch(self) -> None:
        """The tailer starts another."""
        tailer = self.stack.pid("tailer")
        [batch] = eventually(lambda: children(tailer))
        os.kill(batch, signal.SIGKILL)
        eventually(lambda: set(children(tailer)) - {batch})

    def lose_suffix(self) -> None:
        """Redis dies with its machine, and what it wrote last was not on the disk yet."""
        assert self.stack.redis.config_get("aof-load-truncated") == {"aof-load-truncated": "yes"}
        self.stack.kill("redis", signal.SIGKILL)
        log = newest_log(self.stack)
        size = log.stat().st_size
        # a byte or everything: the small losses are as likely as the large ones
        os.truncate(log, size - int(math.exp(self.rng.uniform(0.0, math.log(size)))))
        self.stack.up("redis")

    def flush(self) -> None:
        self.stack.redis.flushall()

    def pause(self, longest_s: float) -> None:
        """A random moment is the point here, not a wait for something."""
        time.sleep(self.rng.uniform(0.0, longest_s))


def newest_log(stack: Stack) -> Path:
    """The file that Redis appended to: of several that its manifest names, the last one of type i."""
    folder = stack.folder / "data" / "redis" / "appendonlydir"
    lines = (folder / "appendonly.aof.manifest").read_text().splitlines()
    names = [line.split()[1] for line in lines if line.split()[-1] == "i"]
    return folder / names[-1]
