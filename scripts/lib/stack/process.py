"""Starting, watching and ending the processes of a stack, each known by the pid in its pid file."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from .layout import Layout, StackError

STOP_LIMIT_S = 15.0
LOG_LINES_SHOWN = 15


def spawn(layout: Layout, part: str, command: list[str], stdin: int | None = None) -> None:
    """Starts a part in a session of its own, with its log in log/PART.log and its pid in run/PART.pid."""
    with open(layout.log / f"{part}.log", "ab") as log:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=log,
                stderr=log,
                cwd=layout.dir,
                start_new_session=True,
            )
        except OSError as error:
            raise StackError(f"{part} cannot be started: {error}") from error
    _pid_file(layout, part).write_text(f"{process.pid} {_start_time(process.pid)}\n")


def pid_of(layout: Layout, part: str) -> int | None:
    """The part's pid, or None if it does not run."""
    try:
        pid, started = _pid_file(layout, part).read_text().split()
    except (FileNotFoundError, ValueError):
        return None
    # the kernel may have given the number to another process since
    return int(pid) if _start_time(int(pid)) == started else None


def kill(layout: Layout, part: str, number: signal.Signals) -> None:
    """Sends a signal; after one that ends a process, waits until the part is gone."""
    pid = pid_of(layout, part)
    if pid is None:
        raise StackError(f"{part} does not run")
    os.kill(pid, number)
    if number in (signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGQUIT):
        wait_until(lambda: pid_of(layout, part) is None, STOP_LIMIT_S, f"{part} is still there after {number.name}")


def stop(layout: Layout, part: str) -> None:
    """Ends a part: SIGTERM, and SIGKILL for one that does not heed it. A part that does not run is no error."""
    pid = pid_of(layout, part)
    if pid is not None:
        os.kill(pid, signal.SIGCONT)
        try:
            kill(layout, part, signal.SIGTERM)
        except StackError:
            kill(layout, part, signal.SIGKILL)
    _pid_file(layout, part).unlink(missing_ok=True)


def wait_ready(layout: Layout, part: str, ready: Callable[[], bool], limit_s: float) -> None:
    """Waits until `ready` holds; a part that ends or takes too long is an error that shows the end of its log."""

    def ready_or_gone() -> bool:
        return ready() or pid_of(layout, part) is None

    try:
        wait_until(ready_or_gone, limit_s, f"{part} is not ready after {limit_s:g} s")
        if pid_of(layout, part) is None:
            raise StackError(f"{part} ended while it started")
    except StackError as error:
        raise StackError(f"{error}; the end of its log:\n{log_tail(layout, part)}") from None


def wait_until(holds: Callable[[], bool], limit_s: float, complaint: str) -> None:
    deadline = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > deadline:
            raise StackError(complaint)
        time.sleep(0.02)


def log_size(layout: Layout, part: str) -> int:
    path = layout.log / f"{part}.log"
    return path.stat().st_size if path.exists() else 0


def has_logged(layout: Layout, part: str, event: str, since: int) -> bool:
    """Whether an event stands in the part's log beyond the first `since` bytes."""
    with open(layout.log / f"{part}.log", "rb") as log:
        log.seek(since)
        return f" event={event} ".encode() in log.read()


def log_tail(layout: Layout, part: str) -> str:
    path = layout.log / f"{part}.log"
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    return "\n".join(f"  {line}" for line in lines[-LOG_LINES_SHOWN:]) or "  (empty)"


def accepts(path: Path) -> bool:
    """Whether somebody listens on a unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _pid_file(layout: Layout, part: str) -> Path:
    return layout.pids / f"{part}.pid"


def _start_time(pid: int) -> str | None:
    """The process's start in clock ticks since boot; None for one that is gone or only waits to be reaped."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]
