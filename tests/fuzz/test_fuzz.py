"""The fuzz targets: each finds its planted faults within its time, then runs clean.

TAKINGS_FUZZ_BIN names the folder of the targets, TAKINGS_FUZZ_SECONDS how long each runs clean.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

PROGRAMS = Path(os.environ["TAKINGS_FUZZ_BIN"])
SECONDS = int(os.environ.get("TAKINGS_FUZZ_SECONDS", "5"))
PLANTED_SECONDS = 120  # on a busy machine; most are found in one or two

# Each target with the faults that are planted in its code (base/mutant.h).
TARGETS = {
    "cookies": ("cookie-name-only-begins", "csrf-only-as-long"),
    "fastcgi_records": ("body-believes-its-length", "body-has-no-end"),
    "hints": ("hint-ends-early", "hint-names-any-number", "hint-takes-leading-zeros"),
    "import_rows": ("import-drops-remainder", "import-joins-strangers", "import-reads-beyond"),
    "json_scan": ("json-scan-reads-beyond", "json-scan-forgets-short-names"),
    "order_body": ("order-believes-totals", "refund-forgets-earlier"),
    "query": ("percent-reads-beyond", "percent-takes-any-bytes", "query-takes-the-first"),
    "redis_replies": ("mget-believes-the-count", "text-fields-take-any-moment"),
    "row_codec": ("row-codec-ignores-start", "row-codec-reads-beyond"),
    "session_record": ("session-never-over", "text-fields-take-any-bytes"),
}
PLANTED = [(target, fault) for target, faults in TARGETS.items() for fault in faults]

HERE = Path(__file__).parent


def fuzz(target: str, seconds: int, folder: Path, fault: str = "") -> subprocess.CompletedProcess[str]:
    """libFuzzer from the target's seeds and words, if it has any, and the same random seed each time. The folder keeps
    what it finds."""
    corpus = folder / "corpus"
    corpus.mkdir()
    options = [f"-max_total_time={seconds}", "-seed=4", "-len_control=0", "-max_len=4096"]
    if (words := HERE / "words" / target).exists():
        options.append(f"-dict={words}")
    seeds = [HERE / "seeds" / target] if (HERE / "seeds" / target).exists() else []
    if not seeds:
        options.append("-use_value_profile=1")  # numbers are found byte by byte; texts only get slower by it
    environment = os.environ | ({"TAKINGS_MUTANT": fault} if fault else {})
    command = (PROGRAMS / target, f"-artifact_prefix={folder}/", *options, corpus, *seeds)
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds + 60, check=False)


@pytest.mark.parametrize(("target", "fault"), PLANTED)
def test_finds_the_planted_fault(target: str, fault: str, tmp_path: Path) -> None:
    found = fuzz(target, PLANTED_SECONDS, tmp_path, fault)
    assert found.returncode != 0 and list(tmp_path.glob("crash-*")), found.stderr[-2000:]


@pytest.mark.parametrize("target", TARGETS)
def test_runs_clean(target: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    clean = fuzz(target, SECONDS, tmp_path)
    assert clean.returncode == 0, clean.stderr[-4000:]
    edges = re.findall(r" cov: (\d+) ", clean.stderr)[-1]
    record_property("edges", edges)
    print(f"{target}: {edges} edges covered")
