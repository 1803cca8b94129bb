"""The command line of scripts/demo."""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from stack import control, env, process
from stack.layout import BUILD, Layout, Settings, StackError, write_private
from stack.web import origin

from . import load, proof, trickle
from .api import ApiError
from .load import Merchant
from .tool import Tool

OWNER = "owner@example.com"
PASSWORD = "owner-password"


class Demo:
    """One run of the demo, from nothing to a stack that serves orders."""

    def __init__(self, layout: Layout, settings: Settings, empty: bool) -> None:
        self.layout = layout
        self.settings = settings
        self.empty = empty
        self.merchant = load.EMPTY_MERCHANT if empty else load.SHOP_MERCHANT

    def run(self) -> None:
        self._step("starting the stack", lambda: control.start(self.layout, self.settings))
        self.tool = Tool(self.layout, self.settings)
        self.url = origin(self.settings)
        self.password = secrets.token_urlsafe(9)
        write_private(self.layout.secrets / PASSWORD, self.password)
        self.key = self._add(self.merchant)
        if not self.empty:
            self._add(load.CDNOW_MERCHANT)
            self._step("importing 69,659 purchases of 1997 and 1998", lambda: load.load_cdnow(self.tool))
            self._step("importing and refunding a made-up year", self._load_shop)
            self._step("recomputing every figure from the orders", lambda: self.tool.run("verify"))
        self._write_env()
        print(proof.prove(self.layout, self.url, self.merchant, self.key))
        if not self.empty:
            self._start_trickle()
        print(f"\nopen     {self.url}/\nlog in   {OWNER}\npassword {self.password}")

    def _add(self, merchant: Merchant) -> str:
        """Makes a merchant, its owner and a key with all scopes; returns the key."""
        self.tool.add_merchant(merchant.id, merchant.name, merchant.zone, merchant.currencies, merchant.locale)
        self.tool.add_owner(OWNER, merchant.id, self.layout.secrets / PASSWORD)
        return self.tool.add_key(merchant.id)

    def _load_shop(self) -> None:
        load.load_shop(self.tool, self.url, self.key, self.layout.dir / "shop")

    def _start_trickle(self) -> None:
        key_file = self.layout.secrets / "trickle-key"
        write_private(key_file, self.key)
        command = [sys.executable, "-m", "demo.trickle", self.url, self.merchant.id, str(key_file)]
        process.spawn(self.layout, trickle.PART, command)

    def _write_env(self) -> None:
        values = {
            "TAKINGS_MERCHANT": self.merchant.id,
            "TAKINGS_KEY": self.key,
            "TAKINGS_OWNER_EMAIL": OWNER,
            "TAKINGS_OWNER_PASSWORD": self.password,
        }
        env.write(self.layout.env, env.read(self.layout.env) | values)

    def _step(self, what: str, work: Callable[[], None]) -> None:
        print(f"{what} ...", end=" ", flush=True)
        started = time.monotonic()
        work()
        print(f"{time.monotonic() - started:.1f} s", flush=True)


def stop(layout: Layout) -> None:
    """Ends a demo that runs; nothing to end is no error."""
    if layout.state.exists():
        control.stop(layout, layout.load())


def _clear(layout: Layout) -> None:
    """Removes what an earlier demo left, and never anything else."""
    if layout.state.exists():
        shutil.rmtree(layout.dir)
    elif layout.dir.exists() and any(layout.dir.iterdir()):
        raise StackError(f"{layout.dir} holds something other than a demo")


class Parser(argparse.ArgumentParser):
    """Ends as every program here does when it is called wrongly."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(os.EX_USAGE, f"{self.prog}: {message}\n")


def main() -> int:
    parser = Parser(prog="scripts/demo")
    parser.add_argument("--detach", action="store_true")
    parser.add_argument("--stop", action="store_true")
    parser.add_argument("--empty", action="store_true")
    parser.add_argument("--nodes", type=int, choices=(1, 3), default=1)
    parser.add_argument("--dir", type=Path, default=BUILD / "demo")
    options = parser.parse_args()
    layout = Layout(options.dir)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that it cleans up as for Ctrl-C
    stop(layout)
    if options.stop:
        return 0
    try:
        _clear(layout)
        Demo(layout, Settings(nodes=options.nodes), options.empty).run()
        if options.detach:
            return 0
        print("\nCtrl-C ends the demo", flush=True)
        while True:
            signal.pause()
    except (StackError, ApiError) as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        stop(layout)
        return 1
    except KeyboardInterrupt:
        print("\nstopping")
        stop(layout)
        return 0


if __name__ == "__main__":
    sys.exit(main())
