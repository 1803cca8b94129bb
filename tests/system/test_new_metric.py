"""A metric more in the table: the product backfills it while it serves, and nobody's figures are wrong meanwhile."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oracle import answers
from oracle.metrics import WITH_EXTRA
from oracle.shop import position_number
from support.api import expect
from support.histories import PLACES, Story
from support.load import meanwhile
from support.merchant import Merchant
from support.names import new_merchant_id
from support.poll import eventually
from support.sizes import sized
from support.stack import ROOT, Stack, run

pytestmark = pytest.mark.long

PLAIN = Path(os.environ.get("TAKINGS_BIN", ROOT / "build" / "obj"))
PLACE = PLACES[0]
NEW = WITH_EXTRA[-1]


@pytest.fixture(scope="module")
def with_extra_metric() -> Path:
    """The programs of a build whose table has one line more."""
    options = ("--variant", "extra-metric", "--enable-extra-metric", "CFLAGS=-O0")
    return Path(run([ROOT / "scripts" / "build", *options], limit_s=600).splitlines()[-1])


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder that holds the programs, to be changed for others as an upgrade does."""
    link = tmp_path / "programs"
    link.symlink_to(PLAIN)
    return link


@pytest.fixture
def stack(tmp_path: Path, programs: Path) -> Iterator[Stack]:
    stack = Stack.start(tmp_path / "s", "--bin", str(programs))
    try:
        yield stack
    finally:
        stack.stop()


def upgrade(stack: Stack, programs: Path, to: Path) -> None:
    """Part by part, under load."""
    programs.unlink()
    programs.symlink_to(to)
    for part in ("tailer", "worker-1", "worker-2"):
        stack.kill(part, signal.SIGTERM)
        stack.up(part)


class Watcher:
    """Reads all the time; the new metric is absent, then unknown, then right; the others are always right."""

    def __init__(self, merchant: Merchant) -> None:
        self.merchant = merchant
        self.answers: list[dict[str, Any]] = []

    def look(self) -> None:
        self.answers.append(expect(self.merchant.api.summary(**PLACE.range.parameters())))

    def sees_it(self) -> bool:
        return bool(self.answers[-1]["data"][0]["metrics"].get(NEW))

    def judge(self) -> None:
        shop = self.merchant.shop
        shop.columns = WITH_EXTRA
        for answer in self.answers:
            wanted = answers.summary(shop, PLACE.range, position_number(answer["meta"]["position"]))
            for element, right in zip(answer["data"], wanted, strict=True):
                new = element["metrics"].pop(NEW, None)
                assert new in (None, right["metrics"].pop(NEW))
                assert element == right


def test_a_metric_is_backfilled_while_serving(stack: Stack, programs: Path, with_extra_metric: Path) -> None:
    merchant = Merchant.add(stack, new_merchant_id(), PLACE.zone, PLACE.currencies)
    story = Story(merchant, PLACE, seed=9)
    for _ in range(sized(quick=150, full=3_000)):
        story.step()
    merchant.settled()
    merchant.check_all(PLACE.range)
    watcher = Watcher(merchant)
    with meanwhile(watcher.look), meanwhile(story.step):
        upgrade(stack, programs, with_extra_metric)
        eventually(watcher.sees_it, limit_s=30)
    watcher.judge()
    merchant.settled()
    merchant.check_all(PLACE.range)
    merchant.check_stored()
    stack.batch("verify")
    merchant.api.close()
