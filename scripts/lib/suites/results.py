"""Reads what test runners leave behind: JUnit's XML (pytest) and automake's .trs files (make check)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from xml.etree import ElementTree


class Result(Enum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Outcome:
    """One test; `why` is the reason of a skip or the first line of a failure."""

    test: str
    result: Result
    why: str = ""


# An expected failure is a test that held; one that passed all the same is wrong about itself.
TRS_RESULTS = {
    "PASS": Result.PASSED,
    "XFAIL": Result.PASSED,
    "SKIP": Result.SKIPPED,
    "FAIL": Result.FAILED,
    "XPASS": Result.FAILED,
    "ERROR": Result.FAILED,
}
TRS_LINE = re.compile(r"^:test-result: *(\w+)", re.MULTILINE)


def read(folder: Path) -> list[Outcome]:
    """The outcomes of all result files in a folder and below, in the order of the files' names."""
    outcomes: list[Outcome] = []
    for path in sorted(folder.rglob("*.xml")):
        outcomes += junit(path)
    for path in sorted(folder.rglob("*.trs")):
        outcomes += trs(path)
    return outcomes


def junit(path: Path) -> Iterator[Outcome]:
    for case in ElementTree.parse(path).iter("testcase"):
        name = f"{case.get('classname', '')}::{case.get('name', '')}"
        bad = next((child for kind in ("failure", "error") for child in case.iter(kind)), None)
        skipped = next(case.iter("skipped"), None)
        if bad is not None:
            yield Outcome(name, Result.FAILED, _first_line(bad.get("message") or bad.text))
        elif skipped is not None:
            yield Outcome(name, Result.SKIPPED, _first_line(skipped.get("message")))
        else:
            yield Outcome(name, Result.PASSED)


def trs(path: Path) -> Iterator[Outcome]:
    """automake's file has no names, so a test is known by its number in the program."""
    for number, word in enumerate(TRS_LINE.findall(path.read_text()), start=1):
        yield Outcome(f"{path.stem} {number}", TRS_RESULTS[word], "" if word == "PASS" else word)


def count(outcomes: list[Outcome]) -> str:
    """The line that closes a run."""
    numbers = Counter(outcome.result for outcome in outcomes)
    return ", ".join(f"{numbers[result]} {result.value}" for result in Result)


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]
