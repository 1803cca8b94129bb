"""Takings' own programs: `takings setup`, the workers and the tailer."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from . import listener, process
from .layout import Layout, Settings, StackError

TAILER = "tailer"
START_LIMIT_S = 30.0
SETUP_LIMIT_S = 60.0


def workers(settings: Settings) -> list[str]:
    return [f"worker-{number}" for number in range(1, settings.workers + 1)]


def setup(layout: Layout, settings: Settings) -> None:
    """Runs `takings setup`: indexes, validators and users of both databases."""
    command = [program(settings, "takings"), "setup", "--config", str(layout.config)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SETUP_LIMIT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise StackError(f"takings setup has not ended after {SETUP_LIMIT_S:g} s") from error
    (layout.log / "setup.log").write_text(done.stdout + done.stderr)
    if done.returncode != 0:
        raise StackError(f"takings setup failed with status {done.returncode}:\n{process.log_tail(layout, 'setup')}")


def start_worker(layout: Layout, settings: Settings, part: str) -> None:
    shared = listener.borrow(layout)
    try:
        process.spawn(layout, part, [program(settings, "takings-worker"), "--config", str(layout.config)], shared)
    finally:
        os.close(shared)


def start_tailer(layout: Layout, settings: Settings) -> None:
    process.spawn(layout, TAILER, [program(settings, "takings-tailer"), "--config", str(layout.config)])


def program(settings: Settings, name: str) -> str:
    path = Path(settings.bin) / name
    if not os.access(path, os.X_OK):
        raise StackError(f"there is no {path}: run scripts/build")
    return str(path)
