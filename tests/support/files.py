"""What files the tree consists of: those under version control, or, unpacked from a tarball, all that are not made."""

from __future__ import annotations

import os
import subprocess

from support.stack import ROOT

MADE = {"Makefile.in", "aclocal.m4", "autom4te.cache", "build", "build-aux", "config.h.in", "configure", "configure~"}
MADE |= {"__pycache__", ".pytest_cache", "node_modules"}


def files_of_the_tree() -> list[str]:
    """Their names from the root of the tree, with slashes."""
    if (ROOT / ".git").exists():
        return subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines()
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(set(folders) - MADE)
        place = os.path.relpath(folder, ROOT)
        found += [os.path.normpath(os.path.join(place, name)) for name in sorted(set(names) - MADE)]
    return found
