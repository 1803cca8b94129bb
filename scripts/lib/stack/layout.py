"""Where a stack keeps its files, and what it remembers between two commands."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / "build"

# A unix socket's path has at most 107 bytes; the longest name here takes 15 of them.
LONGEST_RUN_DIR = 85


class StackError(Exception):
    """What went wrong, in words for the person who runs the command."""


@dataclass
class Settings:
    """What `start` was asked for and what it chose; kept in stack.json."""

    nodes: int = 1
    workers: int = 2
    tailer: bool = True
    takings: bool = True
    bin: str = str(BUILD / "obj")
    port: int = 0
    metrics_port: int = 0
    mongo_ports: list[int] = field(default_factory=list)
    config: dict[str, str] = field(default_factory=dict)
    nginx: dict[str, str] = field(default_factory=dict)
    limits: bool = False
    tls: bool = False


class Layout:
    """The folders and files of one stack."""

    def __init__(self, folder: str | Path) -> None:
        self.dir = Path(folder).resolve()
        self.log = self.dir / "log"
        self.data = self.dir / "data"
        self.counters = self.data / "counters"
        self.secrets = self.dir / "secrets"
        self.pids = self.dir / "run"
        self.sockets = self._socket_dir()
        self.state = self.dir / "stack.json"
        self.env = self.dir / "env"
        self.config = self.dir / "takings.conf"

    def _socket_dir(self) -> Path:
        if len(str(self.pids)) <= LONGEST_RUN_DIR:
            return self.pids
        name = hashlib.sha256(str(self.dir).encode()).hexdigest()[:12]
        return Path("/tmp") / f"takings-{os.getuid()}-{name}"

    def socket(self, name: str) -> Path:
        return self.sockets / f"{name}.sock"

    def make(self) -> None:
        """Makes the folders; only their owner may look into them."""
        for folder in (self.dir, self.log, self.data, self.counters, self.secrets, self.pids, self.sockets):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def remove_sockets(self) -> None:
        """Where they have a folder of their own, outside of the stack's."""
        if self.sockets != self.pids:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def secret(self, name: str) -> str:
        """The secret of that name, made up at its first use and kept in a file of mode 0600."""
        path = self.secrets / name
        if not path.exists():
            write_private(path, secrets.token_hex(24))
        return path.read_text()

    def save(self, settings: Settings) -> None:
        self.state.write_text(json.dumps(asdict(settings), indent=2) + "\n")

    def load(self) -> Settings:
        if not self.state.exists():
            raise StackError(f"there is no stack in {self.dir}")
        return Settings(**json.loads(self.state.read_text()))


def write_private(path: Path, text: str) -> None:
    """Writes a file that nobody but its owner may read, not even for a moment."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
