"""The tailer, its batch and cron's commands of a build with failpoints, started so that one of these is met."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from support.poll import eventually
from support.stack import Stack, children, is_alive

END_LIMIT_S = 15.0  # the tailer waits 5 s for its batch


@dataclass(frozen=True)
class Met:
    """A failpoint and what happens there: `kill`, or `pause` until somebody says go on."""

    point: str
    action: str
    nth: int = 1

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"TAKINGS_FAILPOINT": f"{self.point}:{self.nth}:{self.action}"}

    @property
    def program(self) -> str:
        return self.point.partition(".")[0]

    def is_told(self, log: str) -> bool:
        return f" event=failpoint name={self.point} action={self.action}" in log


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


class Command:
    """One of cron's commands, or verify, under way."""

    def __init__(self, stack: Stack, programs: Path, met: Met, *words: str) -> None:
        self.met = met
        self.process = subprocess.Popen(
            [programs / "takings-batch", *words, "--config", stack.env["TAKINGS_CONFIG"]],
            env=met.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ended(self) -> int:
        """The status of the command, which must have met its failpoint."""
        _, log = self.process.communicate(timeout=60)
        assert self.met.is_told(log), log
        return self.process.returncode

    def paused(self) -> None:
        eventually(lambda: is_stopped(self.process.pid))

    def go_on(self) -> int:
        self.process.send_signal(signal.SIGCONT)
        return self.ended()


class Tailer:
    """A tailer and its batch, which both log to one file."""

    def __init__(self, stack: Stack, programs: Path, met: Met | None = None) -> None:
        self.met = met
        self.path = stack.folder / "log" / f"tailer-{met.point if met else 'plain'}.log"
        with open(self.path, "w") as log:
            self.process = subprocess.Popen(
                [programs / "takings-tailer", "--config", stack.env["TAKINGS_CONFIG"]],
                env=met.environment if met else None,
                stdin=subprocess.DEVNULL,
                stderr=log,
            )

    def __enter__(self) -> Tailer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Killed, for that is quick; its batch goes when it sees that nobody is left to ask it anything."""
        if self.process.poll() is None:
            self.go_on()
            self.process.kill()
            self.process.wait()

    @property
    def log(self) -> str:
        return self.path.read_text()

    def died(self) -> None:
        """Waits until the failpoint has ended the tailer, or its batch, so that it had to start another."""
        assert self.met is not None
        if self.met.program == "tailer":
            assert self.process.wait(END_LIMIT_S) == -signal.SIGKILL
        else:
            eventually(lambda: self.log.count(" event=batch_started ") > 1)
        assert self.met.is_told(self.log)

    def paused(self) -> None:
        """Waits until the failpoint has stopped the tailer or its batch."""
        assert self.met is not None
        if self.met.program == "tailer":
            eventually(lambda: is_stopped(self.process.pid))
        else:
            eventually(lambda: any(map(is_stopped, children(self.process.pid))))
        assert self.met.is_told(self.log)

    def go_on(self) -> None:
        for pid in (self.process.pid, *children(self.process.pid)):
            with suppress(ProcessLookupError):  # a batch that is being killed again and again
                os.kill(pid, signal.SIGCONT)

    def end(self) -> None:
        """As asked to, after the batch has finished what it was at."""
        family = children(self.process.pid)
        self.process.terminate()
        assert self.process.wait(END_LIMIT_S) == 0
        assert not any(map(is_alive, family))
