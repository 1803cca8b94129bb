"""Everybody asks for everything in every way: nobody sees, hears or feels anything of another merchant."""

from __future__ import annotations

import os
import random
import re
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from support.canaries import ANYWHERE, IN_DATA, Shop, build_shops
from support.deeds import Route, told_routes
from support.isolation import Line, bounds, surely_apart_ms, run, timed_pair
from support.matrix import Asking, Group, sample
from support.scrape import Scrape
from support.sizes import sized
from support.stack import ROOT, Stack
from support.stack import run as run_command

SHOPS = sized(quick=3, full=50)
PROBES = sized(quick=4_000, full=200_000)
LINES = 12
SEED = int(os.environ.get("TAKINGS_SEED", "5"))
PLAIN = Path(os.environ.get("TAKINGS_BIN", ROOT / "build" / "obj"))
ABLE = ("role owner", "key all")
WITHOUT_GATE = "tests/worker/worker-without-gate"


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has the programs, of which one can be exchanged."""
    folder = tmp_path_factory.mktemp("programs")
    for name in ("takings", "takings-batch", "takings-push", "takings-tailer", "takings-worker", "site"):
        (folder / name).symlink_to(PLAIN / name)
    return folder


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, programs: Path) -> Iterator[Stack]:
    raised = ("--set", "limits.logins_per_minute=10000", "--set", "limits.recuts_per_minute=10000")
    stack = Stack.start(tmp_path_factory.mktemp("stack") / "s", "--bin", str(programs), *raised)
    try:
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def routes() -> list[Route]:
    return told_routes(PLAIN)


@pytest.fixture(scope="module")
def shops(stack: Stack) -> list[Shop]:
    return build_shops(stack, SHOPS)


def test_nobody_gets_anything_of_another_merchant(stack: Stack, shops: list[Shop], routes: list[Route]) -> None:
    """Nor an answer other than docs/api.md says, nor one by which foreign and absent could be told apart."""
    count, complaints = run(stack.url, sample(routes, shops, PROBES, random.Random(SEED)), LINES)
    assert [str(complaint) for complaint in complaints[:10]] == [], f"{len(complaints)} of {count} probes"
    assert count >= PROBES


def test_nothing_of_a_merchant_is_in_a_log(stack: Stack, shops: list[Shop]) -> None:
    """Of nginx, worker, tailer and batch, nor among what is counted; nor is a secret of anybody."""
    logs = {path.name: path.read_bytes() for path in (stack.folder / "log").iterdir() if is_ours(path.name)}
    for command in (("close", "hour"), ("close", "day"), ("verify",)):
        done = stack.try_batch(*command)
        logs[" ".join(command)] = (done.stdout + done.stderr).encode()
        assert done.returncode == 0, done.stderr
    assert {"access.log", "nginx.log", "worker-1.log", "worker-2.log", "tailer.log"} <= logs.keys()
    logs["/metrics"] = Scrape(stack).text.encode()
    hidden = {login.token for shop in shops for login in shop.logins.values()}
    hidden |= {login.csrf for shop in shops for login in shop.logins.values()}
    hidden |= {secret.removeprefix("tk_live_") for shop in shops for secret in shop.keys.values()}
    for name, text in logs.items():
        found = IN_DATA.search(text)
        assert found is None, f"{name}: {text[found.start() - 300 : found.end() + 100]!r}"
        words = {word.decode() for word in re.findall(rb"[A-Za-z0-9_-]{43,64}", text)}
        assert not words & hidden, name


def test_nothing_was_written_to_another_merchant(stack: Stack, shops: list[Shop]) -> None:
    """What the probes sent says whose it is, and stands nowhere else; but for keys that are another's, too."""
    mongo = stack.mongo
    kept = {
        "ledger": (mongo.takings.ledger, "m"),
        "merchants": (mongo.takings.merchants, "_id"),
        "keys": (mongo.takings_people.api_keys, "m"),
        "users": (mongo.takings_people.users, "memberships.0.m"),
    }
    for name, (collection, place) in kept.items():
        for shop in shops:
            documents = list(collection.find({place: shop.id}))
            assert documents, name
            for document in documents:
                document.pop("idem", None)
                canaries = {int(number) for number in ANYWHERE.findall(str(document).encode())}
                assert canaries == {shop.number}, (name, document)


def is_ours(name: str) -> bool:
    return name.endswith(".log") and not name.startswith(("mongod", "redis"))


def ended(routes: list[Route], shop: Shop, foreign: Shop, *ends: str) -> list[Group]:
    """The groups with such names of one shop's callers."""
    return [group for group in Asking(routes, shop, foreign).groups() if group[0].name.endswith(ends)]


def test_what_is_foreign_takes_as_long_as_what_is_absent(stack: Stack, shops: list[Shop], routes: list[Route]) -> None:
    """Merchants and ids, asked for by those who might ask for their own; a quick run looks at some. And addresses, of
    which a password is checked, which takes long."""
    rng, line = random.Random(SEED), Line(stack.url)
    merchants = ended(routes, *shops[:2], *(f" by {name}: foreign merchant in path" for name in ABLE))
    ids = ended(routes, *shops[:2], *(f" by {name}: foreign id in path" for name in ABLE))
    ids = [group for group in ids if group[0].status == 404]
    addresses = ended(routes, *shops[:2], "POST /v1/session by nobody: foreign email in body")
    assert len(ids) >= 6 and len(merchants) > 40 and len(addresses) == 1
    found = sized(quick=[*rng.sample(ids, 3), *rng.sample(merchants, 3)], full=[*ids, *merchants, *addresses])
    differences = {
        group[0].name: surely_apart_ms(
            partial(timed_pair, line, group, rng), most=1_000 if group in addresses else sized(quick=300, full=20_000)
        )
        for group in found
    }
    assert {name: ms for name, ms in differences.items() if ms > 1.0} == {}


def test_a_millisecond_and_a_half_would_be_seen() -> None:
    """Also in the noise of a busy machine, which adds 5 ms on average, or much more, to either side; half a millisecond passes."""
    rng = random.Random(SEED)
    for real_ms, seen in ((1.5, True), (-1.5, True), (0.5, False), (0.0, False)):

        def noisy(real_ms: float = real_ms) -> float:
            return real_ms + rng.expovariate(0.2) - rng.expovariate(0.2)

        assert (surely_apart_ms(noisy, most=20_000) > 1.0) == seen, real_ms
    low, high = bounds([float(n) for n in range(1001)])
    assert low < 500 < high and high - low < 120


def test_a_route_that_the_matrix_cannot_fill_fails(shops: list[Shop], routes: list[Route]) -> None:
    new = Route("GET", "/v1/merchants/{merchant}/novelties", frozenset())
    with pytest.raises(AssertionError, match="GET /v1/merchants/{merchant}/novelties"):
        list(sample([*routes, new], shops, 100, random.Random(SEED)))


def test_the_matrix_fails_without_the_merchant_gate(
    stack: Stack, programs: Path, shops: list[Shop], routes: list[Route]
) -> None:
    """The last one, for the workers of this stack then let everybody in everywhere."""
    built = Path(run_command([ROOT / "scripts" / "build", "--only", WITHOUT_GATE], limit_s=600).splitlines()[-1])
    (programs / "takings-worker").unlink()
    (programs / "takings-worker").symlink_to(built / WITHOUT_GATE)
    for part in ("worker-1", "worker-2"):
        stack.kill(part, signal.SIGTERM)
        stack.up(part)
    found = ended(routes, *shops[:2], *(f" by {name}: foreign merchant in path" for name in ABLE))
    found = [group for group in found if group[0].method == "GET"]
    _, complaints = run(stack.url, found, lines=2, patience_s=0)  # an absent merchant has no figures
    for caller in ABLE:
        for kind in ("status", "leak", "twins"):
            assert any(each.kind == kind and f" by {caller}:" in each.what for each in complaints), (caller, kind)
