"""No warning from the other compiler either: clang builds the programs, and those of tests and benchmarks."""

from __future__ import annotations

import os
import subprocess

from support.stack import ROOT


def test_clang_warns_of_nothing() -> None:
    """Without optimisation, which clang's warnings do not wait for."""
    command = [ROOT / "scripts" / "build", "--variant", "clang", "--only", "everything"]
    environment = os.environ | {"CC": "clang", "CFLAGS": "-O0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
