"""Work done by several threads at once, whose failures are the test's."""

from __future__ import annotations

import threading
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
    stop = threading.Event()

    def repeat() -> None:
        while not stop.wait(every_s):
            step()

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(repeat)
        try:
            yield
        finally:
            stop.set()
            future.result()  # says more than what its failure led to in the block
