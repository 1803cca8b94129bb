"""Takings' own programs: `takings setup`, the workers, push and the tailer."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from . import listener, process
from .layout import Layout, Settings, StackError

PUSH = "push"
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
        _start(layout, settings, part, "takings-worker", "worker_started", shared)
    finally:
        os.close(shared)


def start_push(layout: Layout, settings: Settings) -> None:
    _start(layout, settings, PUSH, "takings-push", "push_started")


def start_tailer(layout: Layout, settings: Settings) -> None:
    _start(layout, settings, TAILER, "takings-tailer", "started")


def _start(layout: Layout, settings: Settings, part: str, name: str, event: str, stdin: int | None = None) -> None:
    """Starts a program and waits until it logs that it has begun."""
    before = process.log_size(layout, part)
    process.spawn(layout, part, [program(settings, name), "--config", str(layout.config)], stdin)
    process.wait_ready(layout, part, lambda: process.has_logged(layout, part, event, before), START_LIMIT_S)


def program(settings: Settings, name: str) -> str:
    path = Path(settings.bin) / name
    if not os.access(path, os.X_OK):
        raise StackError(f"there is no {path}: run scripts/build")
    return str(path)
