"""A metric more in the table: the product backfills it while it serves, and nobody's figures are wrong meanwhile."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oracle.metrics import ADDITIVE, WITH_EXTRA
from support.api import expect
from support.histories import PLACES, Story
from support.load import meanwhile
from support.merchant import Merchant
from support.names import new_merchant_id
from support.poll import eventually
from support.sizes import sized
from support.stack import ROOT, Stack, run

PLAIN = Path(os.environ.get("TAKINGS_BIN", ROOT / "build" / "obj"))
PLACE = PLACES[0]


@pytest.fixture(scope="module")
def with_extra_metric() -> Path:
    """The programs of a build whose table has one line more."""
    folder = run([ROOT / "scripts" / "build", "--variant", "extra-metric", "--enable-extra-metric"], limit_s=600)
    return Path(folder.splitlines()[-1])


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


def answered(merchant: Merchant, answer: Any) -> tuple[str, ...]:
    """The additive metrics of an answer, which is old or new and never in between."""
    columns = tuple(name for name in WITH_EXTRA if name in answer["data"][0]["metrics"])
    assert columns in (ADDITIVE, WITH_EXTRA)
    return columns


def test_a_metric_is_backfilled_while_serving(stack: Stack, programs: Path, with_extra_metric: Path) -> None:
    merchant = Merchant.add(stack, new_merchant_id(), PLACE.zone, PLACE.currencies)
    story = Story(merchant, PLACE, seed=9)
    for _ in range(sized(quick=150, full=3_000)):
        story.step()
    merchant.settled()
    merchant.check_all(PLACE.range)
    seen = []

    def look() -> None:
        answer = merchant.api.summary(**PLACE.range.parameters())
        assert answer.status_code in (200, 503), answer.text
        if answer.status_code == 200:
            seen.append(answered(merchant, answer.json()))

    with meanwhile(look), meanwhile(story.step):
        upgrade(stack, programs, with_extra_metric)
        eventually(lambda: seen[-1] == WITH_EXTRA, limit_s=30)
    merchant.shop.columns = WITH_EXTRA
    merchant.settled()
    assert expect(merchant.api.summary(**PLACE.range.parameters()))["data"][0]["metrics"]["tax_refunded"] > 0
    merchant.check_all(PLACE.range)
    merchant.check_stored()
    stack.batch("verify")
    merchant.api.close()
