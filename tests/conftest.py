"""Stacks, merchants and clients for the suites on real servers.

A stack is expensive: suites that leave it as they found it share one; those that kill
its parts have their own. TAKINGS_BIN names the programs to test (default: the build tree),
TAKINGS_STACK the folder of a running stack to be shared instead of a new one.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from support.merchant import Merchant
from support.names import new_merchant_id
from support.stack import Stack

StackFactory = Callable[..., Stack]
MerchantFactory = Callable[..., Merchant]

# Suites log in more often than a person, and change zones to and fro.
RAISED_LIMITS = ("--set", "limits.logins_per_minute=10000", "--set", "limits.recuts_per_minute=10000")
# Other stacks at times leave MongoDB neither processor nor disk for as long as a worker waits for it.
PATIENT = ("--set", "mongo.pool_wait_ms=5000")


def start_options(options: Sequence[str]) -> list[str]:
    programs = os.environ.get("TAKINGS_BIN")
    return [*(("--bin", programs) if programs else ()), *options]


def running(folder: Path, *options: str) -> Iterator[Stack]:
    stack = Stack.start(folder, *start_options(options))
    try:
        yield stack
    finally:
        stack.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that are marked as long begin first, or the last of them would be waited for alone; then those of many tests.

    What loads a machine has few, so that it has the end for itself."""
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.get_closest_marker("long") is None, -tests[item.path]))


@pytest.fixture(scope="session")
def patience() -> Sequence[str]:
    """Options of a suite that takes the processors for longer than a program waits for a store."""
    return ()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, patience: Sequence[str]) -> Iterator[Stack]:
    """Two workers, one mongod; for tests that break nothing."""
    if "TAKINGS_STACK" in os.environ:
        yield Stack(Path(os.environ["TAKINGS_STACK"]))
        return
    yield from running(tmp_path_factory.mktemp("stack") / "s", *RAISED_LIMITS, *PATIENT, *patience)


@pytest.fixture(scope="module")
def module_stack(tmp_path_factory: pytest.TempPathFactory, patience: Sequence[str]) -> Iterator[Stack]:
    """A stack that one file has to itself."""
    yield from running(tmp_path_factory.mktemp("stack") / "s", *RAISED_LIMITS, *patience)


@pytest.fixture
def own_stack(tmp_path: Path, patience: Sequence[str]) -> Iterator[Stack]:
    """A stack for one test, which may break it."""
    yield from running(tmp_path / "s", *RAISED_LIMITS, *patience)


@pytest.fixture(scope="module")
def default_stack(tmp_path_factory: pytest.TempPathFactory, patience: Sequence[str]) -> Iterator[Stack]:
    """A stack with the limits that the product comes with."""
    yield from running(tmp_path_factory.mktemp("stack") / "s", *patience)


def adding_merchants(stack: Stack) -> Iterator[MerchantFactory]:
    """add(zone, *currencies): a new, readable merchant of the stack. For a fixture, which ends what they use."""
    made: list[Merchant] = []

    def add(zone: str = "Europe/Berlin", *currencies: str) -> Merchant:
        made.append(Merchant.add(stack, new_merchant_id(), zone, currencies or ("EUR",)))
        return made[-1]

    yield add
    for merchant in made:
        merchant.api.close()


@pytest.fixture(scope="session")
def add_merchant(stack: Stack) -> Iterator[MerchantFactory]:
    """add_merchant(zone, *currencies): a new, readable merchant of the shared stack."""
    yield from adding_merchants(stack)


@pytest.fixture
def merchant(add_merchant: MerchantFactory) -> Merchant:
    """A new merchant in Berlin that sells in EUR."""
    return add_merchant()
