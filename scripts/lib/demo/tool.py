"""Calls `takings`, the people's tool, and reads what it prints for scripts."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from stack import programs
from stack.layout import Layout, Settings, StackError

SCOPES = ("orders:write", "orders:read", "refunds:write", "metrics:read", "orders:import")


class Tool:
    def __init__(self, layout: Layout, settings: Settings) -> None:
        self._program = programs.program(settings, "takings")
        self._config = str(layout.config)

    def run(self, *arguments: str) -> dict[str, Any]:
        command = [self._program, *arguments, "--config", self._config, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise StackError(f"takings {arguments[0]} failed with status {done.returncode}: {done.stderr.strip()}")
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def add_merchant(
        self, merchant: str, name: str, zone: str, currencies: tuple[str, ...], locale: str | None = None
    ) -> None:
        codes = ",".join(currencies)
        written = ("--locale", locale) if locale else ()
        self.run("merchant", "add", merchant, "--name", name, "--zone", zone, "--currency", codes, *written)

    def add_owner(self, email: str, merchant: str, password_file: Path) -> None:
        self.run("user", "add", email, "--merchant", merchant, "--role", "owner", "--password-file", str(password_file))

    def add_key(self, merchant: str) -> str:
        return str(self.run("key", "add", "--merchant", merchant, "--scopes", ",".join(SCOPES))["secret"])
