"""The documents: what they point to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.files import files_of_the_tree
from support.stack import ROOT

DOCUMENTS = [name for name in files_of_the_tree() if name.endswith(".md")]
LINK = re.compile(r"\]\(([^)#\s]*)(#[^)\s]*)?\)")
HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)
# a word in backticks that can only be a file of this tree
FILE = re.compile(r"`((?:lib|fcgi|batch|cli|etc|htdocs|scripts|tests|bench|docs)/[\w./@-]+)`")


def anchor_of(heading: str) -> str:
    """As code hosts make it: lower case, without punctuation, blanks as hyphens."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(path: Path) -> set[str]:
    return {anchor_of(heading) for heading in HEADING.findall(path.read_text())}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    here = ROOT / document
    wrong = []
    for target, anchor in LINK.findall(here.read_text()):
        if "://" in target or target.startswith("mailto:"):
            continue
        path = (here.parent / target).resolve() if target else here
        if not path.exists() or (anchor and anchor[1:] not in anchors(path)):
            wrong.append(target + anchor)
    assert wrong == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_that_are_named_exist(document: str) -> None:
    named = FILE.findall((ROOT / document).read_text())
    assert [name for name in named if not any(ROOT.glob(name.rstrip("/")))] == []


def test_the_failpoints_are_those_of_the_code() -> None:
    sources = [ROOT / name for name in files_of_the_tree() if name.endswith(".c")]
    planted = [name for path in sources for name in re.findall(r'\bFAILPOINT\("([^"]*)"\)', path.read_text())]
    section = (ROOT / "docs" / "protocol.md").read_text().partition("\n## Failpoints\n")[2].partition("\n## ")[0]
    table = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert sorted(planted) == sorted(re.findall(r"`([^`]*)`", " ".join(table)))
