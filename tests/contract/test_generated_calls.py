"""Calls that schemathesis makes up out of the document that is served: with a key, with a session, with nothing."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from support.contract import contract
from support.sizes import FULL, sized
from support.stack import ROOT, Stack

SEED = int(os.environ.get("TAKINGS_SEED") or sized(quick=20261127, full=secrets.randbelow(10**9)))
# coverage, the edges of every schema, is thousands of calls
PHASES = sized(quick="examples,fuzzing", full="examples,coverage,fuzzing")
LIMIT_S = sized(quick=300, full=2400)
# An answer that has no end cannot be waited for; tests/http/test_live.py asks for it in every way.
ENDLESS = "listen"
# a part that must be right among the calls that the schema allows and that show what the operation asks for; the quick run
# makes so few of some operations that a part of them says nothing
GOOD = 1 / 5
JUDGED = sized(quick=10, full=1)


@dataclass(frozen=True)
class Caller:
    name: str
    examples: int  # of an operation at most
    least: int  # calls


CALLERS = sized(
    quick=(Caller("key", 20, 300), Caller("session", 20, 300), Caller("nobody", 5, 100)),
    full=(Caller("key", 500, 8000), Caller("session", 500, 8000), Caller("nobody", 200, 4000)),
)


def make_calls(stack: Stack, caller: Caller, folder: Path) -> Counter[str]:
    """How many calls of each operation had which kind of answer; fails with schemathesis' report."""
    document, counts = folder / "openapi.json", folder / "counts.json"
    document.write_bytes(httpx.get(f"{stack.url}/v1/openapi.json").content)
    environment = os.environ | {
        "PYTHONPATH": str(ROOT / "tests"),
        "SCHEMATHESIS_HOOKS": "support.generated_calls",
        "TAKINGS_CALLER": caller.name,
        "TAKINGS_COUNTS": str(counts),
        "TAKINGS_SEED": str(SEED),
        "TAKINGS_STACK_DIR": str(stack.folder),
    }
    options = ["--url", stack.url, "--phases", PHASES, "--max-examples", str(caller.examples), "--seed", str(SEED)]
    command = [sys.executable, "-m", "schemathesis.cli", "run", str(document), *options]
    command += ["--exclude-operation-id", ENDLESS]
    command += ["--generation-database", "none", "--no-color", "--warnings", "off"]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert done.returncode == 0, f"TAKINGS_SEED={SEED}\n{done.stdout[-20000:]}\n{done.stderr[-5000:]}"
    return Counter(json.loads(counts.read_text()))


def too_few(counts: Counter[str]) -> dict[str, str]:
    """The operations of whose authorised calls too few had a good answer."""
    found = {}
    for operation in {name.split()[0] for name in counts if " authorised " in name}:
        good = counts[f"{operation} authorised 2xx"]
        whole = sum(number for name, number in counts.items() if name.startswith(f"{operation} authorised "))
        if whole >= JUDGED and good < whole * GOOD:
            found[operation] = f"{good} of {whole}"
    return found


def operations_of(caller: Caller) -> set[str]:
    """What somebody like that may call at all, by the document."""
    found = set()
    for path in contract().document["paths"].values():
        for operation in path.values():
            schemes = {scheme for one in operation["security"] for scheme in one}
            if not schemes or caller.name in schemes:
                found.add(operation["operationId"])
    return found - {ENDLESS}


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_every_answer_is_one_that_the_document_promises(
    stack: Stack, caller: Caller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        if FULL:
            print(f"\nTAKINGS_SEED={SEED}", flush=True)
    counts = make_calls(stack, caller, tmp_path)
    assert counts.total() >= caller.least
    assert {name: number for name, number in counts.items() if name.endswith(("5xx", " 429"))} == {}
    authorised = {name.split()[0] for name in counts if " authorised " in name}
    assert authorised == operations_of(caller)
    assert too_few(counts) == {}
