"""Waiting for a state, with a limit, instead of sleeping for a guess."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

HOUR_S = 3600


def eventually(check: Callable[[], Found], limit_s: float = 10.0, step_s: float = 0.05) -> Found:
    """The first truthy result of `check`; after the limit, fails with the last one.

    An AssertionError of `check` counts as not yet, and is raised when time is up.
    """
    deadline = time.monotonic() + limit_s
    while True:
        late = time.monotonic() >= deadline
        try:
            found = check()
        except AssertionError:
            if late:
                raise
        else:
            if found:
                return found
            assert not late, f"still {found!r} after {limit_s} s"
        time.sleep(step_s)


def wait_out_the_hour(needed_s: float = 30.0) -> None:
    """Until the next one begins, unless so much of this one is left: for what has to be done within one."""
    left_s = HOUR_S - time.time() % HOUR_S
    if left_s < needed_s:
        time.sleep(left_s + 0.1)
