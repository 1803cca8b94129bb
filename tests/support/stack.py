"""One private stack of real servers, driven through scripts/stack."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pymongo
import redis

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "stack"


def attempt(command: Sequence[str | Path], limit_s: float = 300.0) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=limit_s, check=False)


def succeeded(done: subprocess.CompletedProcess[str]) -> str:
    """Standard output of a command that must have succeeded."""
    assert done.returncode == 0, f"{done.args} exited {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def run(command: Sequence[str | Path], limit_s: float = 300.0) -> str:
    return succeeded(attempt(command, limit_s))


def read_env(path: Path) -> dict[str, str]:
    """Lines NAME=value, quoted as for a shell where they must be."""
    lines = (line.partition("=") for line in path.read_text().splitlines())
    return {name: "".join(shlex.split(value)) for name, _, value in lines}


class Stack:
    """A started stack; every part can be killed and brought back by its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = read_env(folder / "env")
        self.url = self.env["TAKINGS_URL"]

    @classmethod
    def start(cls, folder: Path, *options: str) -> Stack:
        run([SCRIPT, "start", "--dir", folder, *options])
        return cls(folder)

    def stop(self) -> None:
        for client in ("mongo", "redis"):
            if client in self.__dict__:
                self.__dict__[client].close()
        run([SCRIPT, "stop", "--dir", self.folder])

    def kill(self, part: str, number: signal.Signals = signal.SIGKILL) -> None:
        run([SCRIPT, "kill", "--dir", self.folder, part, number.name.removeprefix("SIG")])

    def up(self, part: str) -> None:
        run([SCRIPT, "up", "--dir", self.folder, part])

    def pid(self, part: str) -> int:
        return int((self.folder / "run" / f"{part}.pid").read_text().split()[0])

    def log(self, part: str) -> str:
        return (self.folder / "log" / f"{part}.log").read_text(errors="replace")

    def socket(self, part: str) -> Path:
        """The unix socket on which Redis or the workers listen."""
        return Path(self.env["REDIS_SOCKET"]).with_name(f"{part}.sock")

    def program(self, name: str) -> Path:
        return Path(self.env["TAKINGS_BIN"]) / name

    def try_cli(self, *arguments: str | Path, limit_s: float = 300.0) -> subprocess.CompletedProcess[str]:
        """Runs the people's tool, whatever comes of it."""
        command = [self.program("takings"), *arguments, "--config", self.env["TAKINGS_CONFIG"], "--json"]
        return attempt(command, limit_s)

    def cli(self, *arguments: str | Path, limit_s: float = 300.0) -> Any:
        """Runs the people's tool, which must succeed; its JSON answer."""
        return json.loads(succeeded(self.try_cli(*arguments, limit_s=limit_s)))

    def try_batch(self, *arguments: str, limit_s: float = 300.0) -> subprocess.CompletedProcess[str]:
        """Runs one of cron's commands, or verify or rebuild, whatever comes of it."""
        return attempt([self.program("takings-batch"), *arguments, "--config", self.env["TAKINGS_CONFIG"]], limit_s)

    def batch(self, *arguments: str, limit_s: float = 300.0) -> str:
        """The same, which must succeed; what it printed."""
        return succeeded(self.try_batch(*arguments, limit_s=limit_s))

    @cached_property
    def mongo(self) -> pymongo.MongoClient[dict[str, Any]]:
        return pymongo.MongoClient(self.env["MONGO_ADMIN_URI"], tz_aware=True)

    def cluster_time(self) -> int:
        """Everything acknowledged before the call is at or before it."""
        time = self.mongo.admin.command("ping")["operationTime"]
        return time.time << 32 | time.inc

    @cached_property
    def redis(self) -> Any:
        """A client that answers in bytes; its own type would leave open whether in text."""
        return redis.Redis(
            unix_socket_path=self.env["REDIS_SOCKET"],
            username="admin",
            password=self.env["REDIS_ADMIN_PASSWORD"],
        )


def children(pid: int) -> list[int]:
    """Processes whose parent is `pid`."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in found.split()]


def is_alive(pid: int) -> bool:
    """A zombie counts as gone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
