"""The simulation: seeded schedules of the protocol's own code over stores that lose, lag and die.

TAKINGS_SIM names the program, TAKINGS_FULL=1 asks for the full number of schedules. A failure prints its seed:
`sim --replay SEED` shows that schedule step by step.
"""

from __future__ import annotations

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

PROGRAM = os.environ["TAKINGS_SIM"]
FULL = os.environ.get("TAKINGS_FULL", "0") == "1"
SCHEDULES = 300_000 if FULL else 20_000
WORKERS = os.cpu_count() or 1
PARTS = 2 * WORKERS
PART_SCHEDULES = -(-SCHEDULES // PARTS)  # rounded up: never fewer in all
MUTANTS_AT_LEAST = 8
# Far more than any mutant has needed; the simulation stops at the first schedule that catches it.
MUTANT_SCHEDULES = 100_000
FIRST_SEED = 1
# Faults that few schedules notice are looked for, at the small size, not far before one that does. Should the
# schedules be others one day, it only takes longer.
NEAR = {} if FULL else {"flush-trusts-recuts": 11_500, "rebuild-opens-late": 12_300}


def sim(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run((PROGRAM, *arguments), capture_output=True, text=True, check=False)


def mutants() -> list[str]:
    return sim("--list-mutants").stdout.split()


def run_part(part: int) -> subprocess.CompletedProcess[str]:
    return sim("--schedules", str(PART_SCHEDULES), "--seed", str(FIRST_SEED + part * PART_SCHEDULES))


def schedules_of(said: str) -> int:
    match = re.match(r"(\d+) schedules, ", said)
    assert match, said
    return int(match[1])


def test_the_invariant_holds_in_every_schedule() -> None:
    with ThreadPoolExecutor(WORKERS) as pool:
        runs = list(pool.map(run_part, range(PARTS)))
    for run in runs:
        print(run.stdout, end="")
    assert all(run.returncode == 0 for run in runs)
    assert sum(schedules_of(run.stdout) for run in runs) >= SCHEDULES


def test_there_are_faults_to_be_caught() -> None:
    """By name; were the list empty, no test of one would fail."""
    assert len(set(mutants())) >= MUTANTS_AT_LEAST


@pytest.mark.parametrize("mutant", mutants())
def test_a_planted_fault_is_caught(mutant: str) -> None:
    first = str(NEAR.get(mutant, FIRST_SEED))
    run = sim("--mutant", mutant, "--schedules", str(MUTANT_SCHEDULES), "--seed", first)
    print(run.stdout, end="")
    assert run.returncode == 0, f"{MUTANT_SCHEDULES} schedules did not notice {mutant}"


def test_a_failure_can_be_replayed() -> None:
    caught = sim("--mutant", "flush-ignores-to", "--schedules", "1000").stdout
    match = re.match(r"seed (\d+) \(schedule \d+\): (.*)", caught)
    assert match, caught
    replayed = sim("--mutant", "flush-ignores-to", "--replay", match[1])
    assert f"seed {match[1]}: {match[2]}" in replayed.stdout
