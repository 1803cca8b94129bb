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
FILE = re.compile(r"`((?:lib|fcgi|batch|push|cli|etc|htdocs|scripts|tests|bench|docs)/[\w./@-]+)`")


def anchor_of(heading: str) -> str:
    """As code hosts make it: lower case, without punctuation, blanks as hyphens."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(path: Path) -> set[str]:
    return {anchor_of(heading) for heading in HEADING.findall(path.read_text())}


# a line of the table in lib/base/conf.c: TEXT("mongo", "uri", mongo_uri, "mongodb://...")
KEY = re.compile(r'^    (?:TEXT|FILENAME|NUMBER)\("(\w+)", "(\w+)", \w+, "([^"]*)"', re.MULTILINE)
PROGRAMS = ("worker", "tailer", "batch", "cli", "admin")
CREDENTIALS = ("mongo_user", "mongo_password_file", "redis_user", "redis_password_file")

# group and key to the default
Keys = dict[tuple[str, str], str]


def keys_of_the_program() -> Keys:
    found = {(group, key): default for group, key, default in KEY.findall((ROOT / "lib/base/conf.c").read_text())}
    assert len(found) > 20
    return found


def keys_of_the_sample() -> Keys:
    found, group = {}, ""
    for line in (ROOT / "etc/takings.conf").read_text().splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            group = heading[1]
        elif pair := re.fullmatch(r"#(\w+)=(.*)", line):
            found[group, pair[1]] = pair[2]
    return found


def keys_of_the_manual() -> Keys:
    """`.It Li name No = Li default , Li name No = 1`, below `.Ss [group]`."""
    found, group = {}, ""
    for line in (ROOT / "docs/man/takings.conf.5").read_text().splitlines():
        if heading := re.fullmatch(r"\.Ss \[(\w+)\]", line):
            group = heading[1]
        for name, default in re.findall(r"Li (\w+) No = (?:Li |Pa )?(\S+)", line):
            found[group, name] = default
    return found


def test_the_configuration_is_told_as_it_is() -> None:
    """Every key with its default, in the sample file and on the manual page, and no other."""
    keys = keys_of_the_program()
    assert keys_of_the_manual() == keys
    credentials = {(program, name): "" for program in PROGRAMS for name in CREDENTIALS}
    credentials |= {("push", name): "" for name in CREDENTIALS if name.startswith("redis")}
    assert keys_of_the_sample() == keys | credentials


@pytest.mark.parametrize("room", ["fcgi", "batch", "push", "lib/stores"])
def test_the_map_shows_every_file(room: str) -> None:
    shown = set(re.findall(r"`(?:[\w/]+/)?(\w+\.c)`", (ROOT / "docs/map.md").read_text()))
    assert {path.name for path in (ROOT / room).glob("*.c")} - shown == set()


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
