"""scripts/build: what is in a build follows what is installed."""

import os
import shutil
import subprocess
from pathlib import Path

from stack.layout import ROOT

VARIANT = "without-cmocka"
# what `make check` would run
LIST_TESTS = ["make", "--no-print-directory", "--eval=list-tests: ; @echo $(TESTS)", "list-tests"]


def unit_tests(environment: dict[str, str]) -> list[str]:
    command = [ROOT / "scripts" / "build", "--variant", VARIANT, "--only", "config.h"]
    built = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=300)
    folder = built.stdout.splitlines()[-1]
    listed = subprocess.run([*LIST_TESTS, "-C", folder], check=True, capture_output=True, text=True, timeout=60)
    return [test for test in listed.stdout.split() if test.startswith("tests/unit/")]


def test_the_unit_tests_come_with_cmocka(tmp_path: Path) -> None:
    """As when `scripts/demo` has built on a bare machine, and `scripts/test` installs what the tests need."""
    without = tmp_path / "pkg-config"
    without.write_text('#!/bin/sh\ncase "$*" in *cmocka*) exit 1 ;; esac\nexec pkg-config "$@"\n')
    without.chmod(0o755)
    try:
        assert unit_tests(os.environ | {"PKG_CONFIG": str(without)}) == []
        assert "tests/unit/test_money" in unit_tests(dict(os.environ))
    finally:
        shutil.rmtree(ROOT / "build" / f"obj-{VARIANT}", ignore_errors=True)
