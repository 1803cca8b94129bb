"""The fuzz targets: each finds its planted faults within its time, then runs clean.

TAKINGS_FUZZ_BIN names the folder of the targets, TAKINGS_FUZZ_SECONDS how long each runs clean.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

PROGRAMS = Path(os.environ["TAKINGS_FUZZ_BIN"])
CLEAN_SECONDS = int(os.environ.get("TAKINGS_FUZZ_SECONDS", "10"))
PLANTED_SECONDS = 60

# Each target with the faults that are planted in its code (base/mutant.h).
TARGETS = {
    "import_rows": ("import-drops-remainder", "import-joins-strangers", "import-reads-beyond"),
    "query": ("percent-reads-beyond", "percent-takes-any-bytes", "query-takes-the-first"),
    "row_codec": ("row-codec-ignores-start", "row-codec-reads-beyond"),
}
PLANTED = [(target, fault) for target, faults in TARGETS.items() for fault in faults]


def fuzz(target: str, seconds: int, folder: Path, fault: str = "") -> subprocess.CompletedProcess[str]:
    """libFuzzer without a corpus; the same seed each time. What it finds is kept in the folder."""
    options = (f"-max_total_time={seconds}", "-seed=4", "-len_control=0", "-max_len=4096", "-use_value_profile=1")
    environment = os.environ | ({"TAKINGS_MUTANT": fault} if fault else {})
    command = (PROGRAMS / target, f"-artifact_prefix={folder}/", *options)
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds + 60, check=False)


@pytest.mark.parametrize(("target", "fault"), PLANTED)
def test_finds_the_planted_fault(target: str, fault: str, tmp_path: Path) -> None:
    found = fuzz(target, PLANTED_SECONDS, tmp_path, fault)
    assert found.returncode != 0 and list(tmp_path.glob("crash-*")), found.stderr[-2000:]


@pytest.mark.parametrize("target", TARGETS)
def test_runs_clean(target: str, tmp_path: Path) -> None:
    clean = fuzz(target, CLEAN_SECONDS, tmp_path)
    assert clean.returncode == 0, clean.stderr[-4000:]
