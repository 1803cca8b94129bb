"""The file env: lines NAME=value that a shell can source and a program can read."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from .layout import write_private


def write(path: Path, values: Mapping[str, object]) -> None:
    """A value is quoted only where a shell would take it apart, so that what reads plain lines can go on doing so."""
    write_private(path, "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in values.items()))


def read(path: Path) -> dict[str, str]:
    lines = (line.partition("=") for line in path.read_text().splitlines())
    return {name: "".join(shlex.split(value)) for name, _, value in lines}
