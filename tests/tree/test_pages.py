"""The pages' sources: typed, installed, without markup made from text and without inline script or style."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILT = Path(os.environ.get("TAKINGS_BIN", ROOT / "build" / "obj"))
PAGES = ROOT / "htdocs"
MOST_BYTES = 60_000
SUFFIXES = (".html", ".css", ".js", ".svg")
SOURCES = [path for path in sorted(PAGES.rglob("*")) if path.suffix in SUFFIXES]
HTML = [path for path in SOURCES if path.suffix == ".html"]
MODULES = [path for path in SOURCES if path.suffix == ".js"]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_modules_types_hold() -> None:
    compiler = ROOT / "build" / "npm" / "node_modules" / "typescript" / "bin" / "tsc"
    command = ["node", compiler, "--project", ROOT / "tests" / "browser" / "jsconfig.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert done.returncode == 0, done.stderr


def test_every_page_is_built_and_every_script_and_style_is_some_pages() -> None:
    makefile = (PAGES / "Makefile.inc").read_text()
    pages = [path for path in HTML if path.parent == PAGES]
    assert [relative(page) for page in pages if f"\t{relative(page)}" not in makefile] == []
    used = {(BUILT / name).resolve() for name in (BUILT / "site.d").read_text().split("\n", 1)[0].split()[1:]}
    rest = [path for path in SOURCES if path not in used and path not in pages]
    assert [relative(path) for path in rest] == []


def test_the_linter_finds_nothing() -> None:
    linter = ROOT / "build" / "npm" / "node_modules" / "eslint" / "bin" / "eslint.js"
    command = ["node", linter, "--config", ROOT / "eslint.config.mjs", PAGES / "js"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout == ""
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", [path for path in HTML if path.parent == PAGES], ids=relative)
def test_all_that_a_page_may_ask_for_is_light(page: Path) -> None:
    text = (BUILT / "site" / page.name).read_text()
    assets = set(re.findall(r"/assets/[^\"]+", text))
    assert any(asset.endswith(".js") for asset in assets)
    assert any(asset.endswith(".css") for asset in assets)
    assert sum((BUILT / "site" / f"{asset[1:]}.gz").stat().st_size for asset in assets) < MOST_BYTES


@pytest.mark.parametrize("page", HTML, ids=relative)
def test_a_page_has_no_inline_script_or_style(page: Path) -> None:
    text = page.read_text()
    assert re.findall(r"<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle=|\son\w+=", text) == []


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_a_module_makes_no_markup_of_text(module: Path) -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function|parseFloat"
    assert re.findall(forbidden, module.read_text()) == []
