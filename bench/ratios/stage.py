"""The stack that is measured: history to read and to fold, and shops that take orders."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pymongo
from demo.api import Api, ApiError
from demo.generate_shop import SEED, ZONE, Body, make_order, stamp
from demo.tool import Tool
from stack import control, mongo, process
from stack.layout import Layout, Settings, StackError

HISTORIES = tuple(f"history-{number}" for number in range(1, 5))
HISTORY_DAYS = 60
YEAR = "year"
YEAR_DAYS = 400  # with the hundred days around any change of clocks
SHOPS = tuple(f"shop-{number:02}" for number in range(1, 21))
CURRENCIES = ("EUR", "USD")
SETTLE_LIMIT_S = 300.0
POLL_S = 0.02


@dataclass(frozen=True)
class Size:
    """How much is measured for how long."""

    history_orders: int
    rounds: int
    round_s: float
    stream_s: float  # how long orders come in steadily


QUICK = Size(history_orders=20_000, rounds=2, round_s=1.5, stream_s=5.0)
FULL = Size(history_orders=200_000, rounds=5, round_s=5.0, stream_s=60.0)


class Stage:
    """A running stack; leave it with `stop`."""

    def __init__(self, folder: Path, size: Size) -> None:
        self.size = size
        self.layout = Layout(folder)
        self.settings = Settings(config={"limits.logins_per_minute": "10000"})
        self.keys: dict[str, str] = {}
        _clear(self.layout)
        control.start(self.layout, self.settings)

    def stop(self) -> None:
        control.stop(self.layout, self.settings)

    def fill(self) -> None:
        """Adds all merchants and imports the histories."""
        tool = self.tool
        merchants = (*HISTORIES, YEAR, *SHOPS)
        with ThreadPoolExecutor(4) as pool:  # each command spends its time on logging in
            list(pool.map(lambda merchant: tool.add_merchant(merchant, merchant, ZONE, CURRENCIES), merchants))
            self.keys = dict(zip(merchants, pool.map(tool.add_key, merchants), strict=True))
        chance = random.Random(SEED)
        until = datetime.now(UTC)
        for merchant in (*HISTORIES, YEAR):
            file = self.layout.dir / f"{merchant}.ndjson"
            since = until - timedelta(days=YEAR_DAYS if merchant == YEAR else HISTORY_DAYS)
            _write_history(file, chance, since, until, self.size.history_orders // len(HISTORIES))
            tool.run("import", "--merchant", merchant, "--format", "ndjson", str(file))
            file.unlink()
        self.settle()

    @cached_property
    def tool(self) -> Tool:
        return Tool(self.layout, self.settings)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    @cached_property
    def database(self) -> pymongo.database.Database[Any]:
        client: pymongo.MongoClient[Any] = pymongo.MongoClient(mongo.admin_uri(self.layout, self.settings))
        return client["takings"]

    def api(self, merchant: str) -> Api:
        return Api(self.url, merchant, self.keys[merchant])

    def program(self, name: str) -> str:
        """A program of bench."""
        return str(Path(self.settings.bin) / "bench" / name)

    def run(self, name: str, *arguments: object) -> dict[str, float]:
        """Runs a program of bench to its end; what it printed. Nothing may have failed in it."""
        done = subprocess.run(
            [self.program(name), *map(str, arguments)], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise StackError(f"{name} ended with status {done.returncode}: {done.stdout}{done.stderr}")
        found: dict[str, float] = json.loads(done.stdout)
        return found

    def targets(self, name: str, path: str, merchants: tuple[str, ...]) -> Path:
        """A file of targets for `load`."""
        file = self.layout.dir / name
        file.write_text("".join(f"/v1/merchants/{m}{path} {self.keys[m]}\n" for m in merchants))
        return file

    def body(self) -> Path:
        """The order that is posted again and again: three lines, with discount, tax and shipping."""
        names = ("Earl Grey, 100 g", "Glass pot, 1 l", "Pair of cups")
        lines = [
            {"product_id": f"product-{i}", "name": name, "quantity": i, "unit_price": 1490, "tax": 97 * i}
            for i, name in enumerate(names, 1)
        ]
        order = {"currency": "EUR", "lines": lines, "discount": 500, "shipping": 490, "customer_id": "c0001"}
        file = self.layout.dir / "order.json"
        file.write_text(json.dumps(order, separators=(",", ":")))
        return file

    def settle(self) -> None:
        """Waits until the figures include all that is stored, so that nobody pays for what somebody else left."""
        at = self.database.command("ping")["operationTime"]
        for merchant in self.keys:
            _wait_for(self.api(merchant), f"p1_{at.time:08x}{at.inc:08x}")


def _wait_for(api: Api, position: str) -> None:
    deadline = time.monotonic() + SETTLE_LIMIT_S
    while _position(api) < position:
        if time.monotonic() > deadline:
            raise StackError(f"the figures do not reach {position}")
        time.sleep(POLL_S)


def _position(api: Api) -> str:
    """What the merchant's figures include; "" while it has none."""
    try:
        return str(api.get("/metrics/summary", range="today")["meta"]["position"])
    except ApiError:
        return ""


def _write_history(file: Path, chance: random.Random, since: datetime, until: datetime, count: int) -> None:
    """Orders evenly over that time."""
    step = (until - since) / count
    with open(file, "w", encoding="utf-8") as out:
        for number in range(count):
            order: Body = make_order(chance)
            order["reference"] = f"r-{number:07}"
            order["placed_at"] = stamp(since + step * number)
            out.write(json.dumps(order, separators=(",", ":")) + "\n")


def _clear(layout: Layout) -> None:
    """Ends and removes what an earlier run left, and never anything else."""
    if layout.state.exists():
        control.stop(layout, layout.load())
        shutil.rmtree(layout.dir)
    elif layout.dir.exists() and any(layout.dir.iterdir()):
        raise StackError(f"{layout.dir} holds something other than a benchmark")


def spawn(layout: Layout, part: str, command: list[str], stdin: int | None = None) -> None:
    """Starts a part and waits until its log says that it is ready."""
    process.spawn(layout, part, command, stdin)
    log = layout.log / f"{part}.log"
    process.wait_ready(layout, part, lambda: log.read_bytes().startswith(b"ready\n"), 10.0)
