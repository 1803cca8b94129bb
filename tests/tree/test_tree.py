"""The tree itself: layers, headers, and what must not stand in it."""

from __future__ import annotations

import re
import subprocess
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from support.files import files_of_the_tree
from support.stack import ROOT

TRACKED = [ROOT / name for name in files_of_the_tree()]
SOURCES = [path for path in TRACKED if path.suffix in (".c", ".h") and path.exists()]
HEADERS = [path for path in SOURCES if path.suffix == ".h"]

# A room may use itself and the rooms before it. The programs are equals: none uses another.
LAYERS = ("lib/base", "lib/domain", "lib/translation", "lib/stores")
PROGRAMS = ("fcgi", "batch", "push", "cli")
NETWORK_LIBRARIES = ("mongoc/", "mongoc.h", "hiredis/", "fcgiapp.h", "fcgi_stdio.h")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)


def room_of(path: Path) -> str:
    name = str(path.relative_to(ROOT))
    return next((room for room in (*LAYERS, *PROGRAMS) if name.startswith(f"{room}/")), "")


def includes(path: Path) -> list[str]:
    return [name for _, name in INCLUDE.findall(path.read_text())]


def own_includes(path: Path) -> list[Path]:
    """The files of this tree that a file includes."""
    places = (ROOT / "lib", ROOT)
    found = (next((place / name for place in places if (place / name).exists()), None) for name in includes(path))
    return [file for file in found if file is not None]


def allowed_rooms(room: str) -> tuple[str, ...]:
    return LAYERS[: LAYERS.index(room) + 1] if room in LAYERS else (*LAYERS, room)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_file_includes_upward_or_sideways() -> None:
    wrong = [
        f"{relative(path)} includes {relative(included)}"
        for path in SOURCES
        if room_of(path)
        for included in own_includes(path)
        if room_of(included) not in allowed_rooms(room_of(path))
    ]
    assert wrong == []


def test_the_domain_knows_no_network_library() -> None:
    wrong = [
        f"{relative(path)} includes {name}"
        for path in SOURCES
        if room_of(path) in ("lib/base", "lib/domain")
        for name in includes(path)
        if name.startswith(NETWORK_LIBRARIES)
    ]
    assert wrong == []


def test_only_the_stores_call_a_database() -> None:
    """A network is touched by lib/stores alone; the bench's bare programs measure against it, tests look behind it."""
    call = re.compile(r"\b(?:mongoc_\w+|redis(?:[A-Z]\w*|vAppendCommand|vCommand))\s*\(")
    callers = {relative(path.parent) for path in SOURCES if call.search(path.read_text())}
    assert "lib/stores" in callers
    assert [room for room in sorted(callers) if not room.startswith(("lib/stores", "bench", "tests/"))] == []


def test_the_headers_include_each_other_in_no_circle() -> None:
    graph = {header: set(own_includes(header)) & set(HEADERS) for header in HEADERS}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(relative(path) for path in error.args[1]))


@pytest.mark.parametrize("header", HEADERS, ids=relative)
def test_header_compiles_alone(header: Path) -> None:
    modules = "glib-2.0 libmongoc-1.0 hiredis json-c libsodium libevent fcgi"
    flags = subprocess.check_output(["pkg-config", "--cflags", *modules.split()], text=True).split()
    command = ["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", *flags]
    done = subprocess.run(
        [*command, f"-I{ROOT}/lib", f"-I{ROOT}", "-xc", "-"],
        input=f'#include "{header}"\n',
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_tree_names_no_machine() -> None:
    """Folders of one developer's machine, and addresses of package registries."""
    # put together here, so that this file does not find itself
    strange = re.compile(
        "|".join([r"/wo" + r"rk/", r"/ro" + r"ot/", r"/ho" + r"me/[a-z]", r"regis" + r"try\.", r"py" + r"pi\.org"])
    )
    wrong = []
    for path in TRACKED:
        if path.is_file() and path.suffix not in (".png", ".ico", ".woff2"):
            lines = path.read_text(errors="replace").splitlines()
            wrong += [
                f"{relative(path)}:{n}: {line.strip()}" for n, line in enumerate(lines, 1) if strange.search(line)
            ]
    assert wrong == []


def test_shellcheck_finds_nothing_in_the_shell_scripts() -> None:
    scripts = [
        path
        for path in TRACKED
        if path.is_file()
        and (path.suffix == ".sh" or path.read_bytes().startswith((b"#!/usr/bin/env bash", b"#!/bin/sh")))
    ]
    assert ROOT / "scripts" / "test" in scripts
    command = ["shellcheck", "--external-sources", "--source-path=SCRIPTDIR", f"--source-path={ROOT}/scripts/lib"]
    done = subprocess.run([*command, *scripts], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_clang_format_changes_nothing() -> None:
    done = subprocess.run(["clang-format", "--dry-run", "--Werror", *SOURCES], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
