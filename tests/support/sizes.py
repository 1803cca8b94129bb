"""Quick sizes for every run, the whole size under TAKINGS_FULL=1."""

from __future__ import annotations

import os
from typing import TypeVar

Size = TypeVar("Size")

FULL = os.environ.get("TAKINGS_FULL") == "1"


def sized(quick: Size, full: Size) -> Size:
    return full if FULL else quick
