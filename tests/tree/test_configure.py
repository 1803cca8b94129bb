"""configure names the Debian packages of what is missing."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = {"libglib2.0-dev", "libmongoc-dev", "libhiredis-dev", "libjson-c-dev", "libsodium-dev", "libevent-dev", "libfcgi-dev"}
# clang as it is where its runtime library for fuzzing is not installed
CLANG_ALONE = """#!/bin/sh
case "$*" in *-fsanitize=*fuzzer*) exit 1 ;; esac
exec clang "$@"
"""


def named(folder: Path, *options: str, **environment: str) -> set[str]:
    """The packages that configure asks for in its last words."""
    command = [ROOT / "configure", "--quiet", *options]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode != 0, done.stdout
    [packages] = re.findall(r"^configure: error: .*on Debian: apt-get install (.*)$", done.stderr, re.MULTILINE)
    return set(packages.split())


def test_every_missing_library_is_named_at_once(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    assert LIBRARIES <= named(tmp_path, PKG_CONFIG_LIBDIR=str(nothing), PKG_CONFIG_PATH=str(nothing))


@pytest.mark.parametrize(("compiler", "package"), [("no-gcc", "build-essential"), ("clang-none", "clang")])
def test_a_missing_compiler_is_named(tmp_path: Path, compiler: str, package: str) -> None:
    assert named(tmp_path, CC=compiler) == {package}


def test_no_compiler_at_all(tmp_path: Path) -> None:
    """With nothing but what every system has."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in os.listdir("/usr/bin"):
        if not re.search(r"gcc|^cc$|^c[89]9|clang", name):
            (tools / name).symlink_to(f"/usr/bin/{name}")
    assert named(tmp_path, PATH=str(tools)) == {"build-essential"}


def test_the_fuzz_targets_want_clang(tmp_path: Path) -> None:
    assert named(tmp_path, "--enable-fuzz", CC="gcc") == {"clang", "libclang-rt-14-dev"}


def test_the_fuzz_targets_want_clangs_runtime(tmp_path: Path) -> None:
    clang = tmp_path / "clang"
    clang.write_text(CLANG_ALONE)
    clang.chmod(0o755)
    missing = named(tmp_path, "--enable-fuzz", CC=str(clang), PKG_CONFIG_LIBDIR=str(tmp_path))
    assert missing == {"libclang-rt-14-dev", *LIBRARIES}
