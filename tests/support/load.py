"""Work done by several threads at once, whose failures are the test's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


def all_at_once(jobs: Sequence[Callable[[], object]], threads: int) -> None:
    """Runs every job; raises the first failure after all have ended."""
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(job) for job in jobs]
    for future in futures:
        future.result()


@contextmanager
def meanwhile(step: Callable[[], object], every_s: float = 0.0) -> Iterator[None]:
    """Repeats `step` in a thread of its own until the block ends; a failure of it fails the block."""

    def repeat(stop: threading.Event) -> None:
        while not stop.wait(every_s):
            step()

    with _beside(repeat):
        yield


@contextmanager
def on_schedule(step: Callable[[], object], every_s: float, first_s: float = 0.0) -> Iterator[None]:
    """The same, but `step` is due at fixed times, however long it takes: the pace is not slowed by latency.

    It may begin late by less than one turn; turns that were missed altogether are not made up for, so that an outage
    is not followed by a burst.
    """

    def keep_to_it(stop: threading.Event) -> None:
        due = time.monotonic() + first_s
        while not stop.wait(max(due - time.monotonic(), 0.0)):
            step()
            late_s = time.monotonic() - due
            due += every_s * max(int(late_s / every_s), 1)

    with _beside(keep_to_it):
        yield


@contextmanager
def _beside(work: Callable[[threading.Event], None]) -> Iterator[None]:
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work, stop)
        try:
            yield
        finally:
            stop.set()
            future.result()  # says more than what its failure led to in the block
