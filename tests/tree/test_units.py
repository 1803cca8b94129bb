"""The systemd units: each lets its program see no secret but its own."""

from __future__ import annotations

import re

import pytest

from support.stack import ROOT

UNITS = ROOT / "etc" / "systemd"
# whose secrets the processes of a unit read; the tailer starts the batch
OWN = {
    "takings-push.service": {"push"},
    "takings-tailer.service": {"tailer", "batch"},
    "takings-worker@.service": {"worker"},
}


def secrets() -> set[str]:
    """The files that the documentation has people make."""
    text = (ROOT / "docs" / "operations.md").read_text()
    [names] = re.findall(r"for name in ([a-z ]+); do\n[^\n]*>/etc/takings/secrets/\$name\)", text)
    assert len(names.split()) >= 5
    return {f"/etc/takings/secrets/{name}" for name in names.split()}


def hidden(unit: str) -> set[str]:
    lines = re.findall(r"^InaccessiblePaths=(.*)$", (UNITS / unit).read_text(), re.MULTILINE)
    return {path.removeprefix("-") for line in lines for path in line.split()}


def test_every_service_is_looked_at() -> None:
    assert {path.name for path in UNITS.glob("*.service")} == set(OWN)


@pytest.mark.parametrize("unit", OWN)
def test_a_program_sees_no_secret_but_its_own(unit: str) -> None:
    own = {f"/etc/takings/secrets/{name}" for name in OWN[unit]}
    assert hidden(unit) == secrets() - own
