"""The tailer, the batch and cron's commands, killed or put to sleep at each failpoint while orders come in: afterwards
every acknowledged order is counted, every row is the oracle's, and verify finds no difference."""

from __future__ import annotations

import os
import re
import signal
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oracle.answers import Range
from oracle.rows import HEAD_KEY
from oracle.zones import LocalHour
from support.bodies import order_body
from support.failpoints import Command, Met, Tailer
from support.histories import Place, Story, today
from support.ledger import stored_ids
from support.load import meanwhile
from support.merchant import Merchant
from support.names import new_merchant_id
from support.pictures import Picture, take_picture
from support.sizes import sized
from support.stack import ROOT, Stack, run

PLAIN = os.environ.get("TAKINGS_BIN", str(ROOT / "build" / "obj"))
LATER = sized(quick=(), full=(2, 7))  # which time that a program comes to a place, besides the first
POST_EVERY_S = 0.05

FOLLOWING = (
    "tailer.before_open",
    "tailer.before_flush",
    "tailer.after_reply",
    "batch.flush_before_fold",
    "batch.flush_after_fold",
    "batch.flush_after_watch",
    "batch.flush_before_exec",
    "batch.flush_after_commit",
    "batch.before_reply",
)
CUTTING = (
    "batch.flush_before_recut",
    "batch.recut_after_chunk",
    "batch.recut_after_watch",
    "batch.recut_before_exec",
    "batch.recut_after_exec",
)
REBUILDING = (
    "tailer.before_rebuild",
    "batch.rebuild_before_mark",
    "batch.rebuild_before_merchant",
    "batch.rebuild_before_finish",
)
CLOSING = ("batch.close_after_fold", "batch.close_before_exec")
SWEEPING = ("batch.sweep_before_exec",)
VERIFYING = ("batch.verify_after_read", "batch.verify_before_record", "batch.verify_after_record")


@pytest.fixture(scope="module")
def programs() -> Path:
    """The tailer and the batch of a build with failpoints; what else there is has none."""
    targets = ("--only", "takings-tailer", "--only", "takings-batch")
    options = ("--variant", "failpoints", *targets, "--enable-failpoints", "CFLAGS=-O0")
    return Path(run([ROOT / "scripts" / "build", *options], limit_s=600).splitlines()[-1])


@dataclass
class Scene:
    """A stack without a tailer, and merchants who sell in it."""

    stack: Stack
    programs: Path
    stories: list[Story]

    @property
    def merchants(self) -> list[Merchant]:
        return [story.merchant for story in self.stories]

    def tailer(self, met: Met | None = None) -> Tailer:
        return Tailer(self.stack, self.programs, met)

    def command(self, met: Met, *words: str) -> Command:
        return Command(self.stack, self.programs, met, *words)

    def sell(self) -> None:
        for story in self.stories:
            story.step()

    @contextmanager
    def selling(self) -> Iterator[None]:
        """Something is to be counted when the block begins, and more comes all the time."""
        self.sell()
        with meanwhile(self.sell, every_s=POST_EVERY_S):
            yield

    def settled(self) -> None:
        for merchant in self.merchants:
            merchant.settled()

    def check(self) -> None:
        """Under a tailer that nothing happens to."""
        self.settled()
        for merchant in self.merchants:
            assert {entry.id for entry in merchant.shop.entries} == stored_ids(self.stack.mongo, merchant.id)
            day = today(merchant)
            merchant.check_all(Range(day - timedelta(days=4), day + timedelta(days=2)))
            merchant.check_stored()
        self.stack.batch("verify")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, programs: Path) -> Iterator[Scene]:
    """Two merchants with orders of now and of the days before, for all tests of this file."""
    options = ("--no-tailer", "--bin", PLAIN, "--set", f"tailer.batch_program={programs / 'takings-batch'}")
    stack = Stack.start(tmp_path_factory.mktemp("stack") / "s", *options)
    now = datetime.now(UTC).date()
    place = Place("Europe/Berlin", now - timedelta(days=2), now, ("EUR", "JPY"))
    try:
        with Tailer(stack, programs):
            merchants = [Merchant.add(stack, new_merchant_id(), place.zone, place.currencies) for _ in range(2)]
        scene = Scene(stack, programs, [Story(merchant, place, seed) for seed, merchant in enumerate(merchants)])
        for _ in range(10):
            scene.sell()
        yield scene
        for merchant in merchants:
            merchant.api.close()
    finally:
        stack.stop()


def test_every_failpoint_that_is_documented_is_met_here() -> None:
    page = (ROOT / "docs" / "protocol.md").read_text().partition("## Failpoints")[2]
    named = re.findall(r"`((?:tailer|batch)\.\w+)`", page)
    met = (*FOLLOWING, *CUTTING, *REBUILDING, *CLOSING, *SWEEPING, *VERIFYING)
    assert sorted(named) == sorted(met)


# ---- what the tailer and its batch do all the time ----


def picture_of(merchant: Merchant) -> Picture:
    return take_picture(merchant.stack.redis, merchant.shop, merchant.id)


def prepare(scene: Scene, point: str) -> None:
    """Sees to it that the next tailer comes to the point."""
    if point in CUTTING:
        scene.stack.batch("rebuild")
    if point in REBUILDING:
        scene.stack.redis.delete(HEAD_KEY)


KILLS = [(point, 1) for point in (*FOLLOWING, *CUTTING, *REBUILDING)]
KILLS += [(point, nth) for point in FOLLOWING if point != "tailer.before_open" for nth in LATER]


@pytest.mark.parametrize(("point", "nth"), KILLS)
def test_killed(scene: Scene, point: str, nth: int) -> None:
    prepare(scene, point)
    with ExitStack() as recovery:
        with scene.selling():
            with scene.tailer(Met(point, "kill", nth)) as doomed:
                doomed.died()
            recovery.enter_context(scene.tailer())
            scene.settled()
        scene.check()


SLEEPS = ("tailer.before_flush", "batch.flush_before_exec", "batch.recut_before_exec", "batch.rebuild_before_finish")
ALL_SLEEPS = (*FOLLOWING, *CUTTING, *REBUILDING)


@pytest.mark.parametrize("point", sized(quick=SLEEPS, full=ALL_SLEEPS))
def test_asleep_while_another_tailer_goes_on(scene: Scene, point: str) -> None:
    """What it would write when it wakes up is of long ago. Nobody is left then who would put it right."""
    prepare(scene, point)
    with scene.tailer(Met(point, "pause")) as sleeper:
        with scene.selling():
            sleeper.paused()
            with scene.tailer():
                scene.settled()
        before = [picture_of(merchant).position for merchant in scene.merchants]
        sleeper.go_on()
        sleeper.end()
        for merchant, position in zip(scene.merchants, before):
            assert picture_of(merchant).position >= position
            merchant.check_stored()
    with scene.tailer():
        scene.check()


# ---- what cron does ----


def minutes_of(merchant: Merchant, currency: str, hour: LocalHour, columns: tuple[str, ...]) -> bytes:
    """The minute rows of an hour, as they are while it is open."""
    rows = merchant.shop.minutes(currency)
    slots = struct.Struct(f"<{1 + len(columns)}q")
    dense = bytearray(60 * slots.size)
    for slot in range(60):
        if row := rows.get((hour, slot)):
            start = hour.start + 60 * slot
            slots.pack_into(dense, slot * slots.size, start, *(row[name] for name in columns))
    return bytes(dense)


def order_of_an_old_hour(story: Story) -> LocalHour:
    """In an hour before all others of the story."""
    merchant = story.merchant
    start = merchant.shop.zone.day_start(story.place.first) - 12 * 3600
    merchant.order(order_body(story.rng, "EUR", start * 1000))
    merchant.settled()
    return merchant.shop.zone.hour_at(start)


def leave_to_be_closed(story: Story) -> LocalHour:
    """An hour whose minutes are still there, as if it had been open until now."""
    merchant, hour = story.merchant, order_of_an_old_hour(story)
    picture = picture_of(merchant)
    key = picture.keys.minutes("EUR", hour.start)
    merchant.stack.redis.set(key, minutes_of(merchant, "EUR", hour, picture.card.columns))
    return hour


def minutes_are_there(merchant: Merchant, hour: LocalHour) -> bool:
    return merchant.stack.redis.exists(picture_of(merchant).keys.minutes("EUR", hour.start)) == 1


@pytest.mark.parametrize("point", CLOSING)
def test_closing_an_hour_is_killed(scene: Scene, point: str) -> None:
    merchant = scene.merchants[0]
    with scene.tailer():
        hour = leave_to_be_closed(scene.stories[0])
        with scene.selling():
            assert scene.command(Met(point, "kill"), "close", "hour").ended() == -signal.SIGKILL
        assert minutes_are_there(merchant, hour)
        merchant.check_stored()
        scene.stack.batch("close", "hour")
        assert not minutes_are_there(merchant, hour)
        scene.check()


@pytest.mark.parametrize("point", CLOSING)
def test_closing_an_hour_sleeps_while_an_order_comes_into_it(scene: Scene, point: str) -> None:
    """The order must not be overwritten by a row that was folded before it."""
    with scene.tailer():
        leave_to_be_closed(scene.stories[0])
        command = scene.command(Met(point, "pause"), "close", "hour")
        command.paused()
        order_of_an_old_hour(scene.stories[0])
        assert command.go_on() == 0
        scene.check()


def age_unnamed(merchant: Merchant) -> list[bytes]:
    """Makes the rows that no card names old enough to be deleted; their keys."""
    server = merchant.stack.redis
    key = f"tk:{{{merchant.id}}}:unnamed"
    version, *unnamed = server.get(key).decode().split(" ")
    prefixes = [item.partition(":")[0] for item in unnamed]
    long_ago = int((time.time() - 2 * 3600) * 1000)
    server.set(key, " ".join([version, *(f"{prefix}:{long_ago}" for prefix in prefixes)]))
    return [row for prefix in prefixes for row in server.scan_iter(match=f"tk:{{{merchant.id}}}:{prefix}:*", count=10_000)]


@pytest.mark.parametrize("point", SWEEPING)
def test_sweeping_is_killed(scene: Scene, point: str) -> None:
    stack, merchant = scene.stack, scene.merchants[0]
    stack.batch("rebuild")
    with scene.tailer():
        scene.settled()
        stack.batch("close", "hour")
        assert (unnamed := age_unnamed(merchant))
        with scene.selling():
            assert scene.command(Met(point, "kill"), "close", "hour").ended() == -signal.SIGKILL
        assert stack.redis.exists(*unnamed) > 0
        stack.batch("close", "hour")
        assert stack.redis.exists(*unnamed) == 0
        scene.check()


@pytest.mark.parametrize("point", VERIFYING)
def test_verifying_is_killed(scene: Scene, point: str) -> None:
    with scene.tailer():
        with scene.selling():
            assert scene.command(Met(point, "kill"), "verify").ended() == -signal.SIGKILL
        scene.check()


@pytest.mark.parametrize("point", VERIFYING)
def test_verifying_sleeps_while_figures_change(scene: Scene, point: str) -> None:
    """It compares what was read with the ledger at that time, and records that it was equal."""
    with scene.tailer():
        with scene.selling():
            command = scene.command(Met(point, "pause"), "verify")
            command.paused()
            scene.sell()
            scene.settled()
            scene.stack.batch("verify")
            assert command.go_on() == 0
        scene.check()


# ---- the variable itself ----


@pytest.mark.parametrize("program", ["takings-tailer", "takings-batch"])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("batch.before_reply", "is not name:nth:action"),
        ("batch.before_reply:1", "is not name:nth:action"),
        (":1:kill", "is not name:nth:action"),
        ("batch.before_reply:1:kill:2", "is not name:nth:action"),
        ("batch.before_reply:1:kill,", "is not name:nth:action"),
        ("batch.before_reply:0:kill", "does not count from 1"),
        ("batch.before_reply:first:kill", "does not count from 1"),
        ("batch.before_reply:1:fail", "is neither kill nor pause"),
    ],
)
def test_a_malformed_variable_is_an_error_at_the_start(programs: Path, program: str, text: str, told: str) -> None:
    words = ["verify"] if program == "takings-batch" else []
    done = subprocess.run(
        [programs / program, *words, "--config", "none.conf"],
        env=os.environ | {"TAKINGS_FAILPOINT": text},
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    assert done.returncode == os.EX_CONFIG
    assert "TAKINGS_FAILPOINT" in done.stderr and told in done.stderr
