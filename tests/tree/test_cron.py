"""The cron file: every line names a program that is installed, with words and options that it knows."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILT = Path(os.environ.get("TAKINGS_BIN", ROOT / "build" / "obj"))
VARIABLE = re.compile(r"^[A-Z]+=")
TIME_FIELDS = 5


def jobs() -> list[tuple[str, list[str]]]:
    """The user and the command of each line."""
    lines = (ROOT / "etc" / "cron.d" / "takings").read_text().splitlines()
    wanted = [line for line in lines if line.strip() and not line.startswith("#") and not VARIABLE.match(line)]
    fields = [line.split(maxsplit=TIME_FIELDS + 1) for line in wanted]
    return [(field[TIME_FIELDS], shlex.split(field[TIME_FIELDS + 1])) for field in fields]


def installed() -> str:
    """What the makefiles say of programs that are installed."""
    rooms = (path.read_text() for path in ROOT.glob("*/Makefile.inc"))
    return " ".join(line for text in rooms for line in text.splitlines() if re.match(r"s?bin_PROGRAMS \+=", line))


def test_cron_closes_and_verifies() -> None:
    commands = [" ".join(word for word in command if word[0] != "-") for _, command in jobs()]
    assert sorted(commands) == ["takings-batch close day", "takings-batch close hour", "takings-batch verify"]


@pytest.mark.parametrize(("user", "command"), jobs(), ids=lambda part: part if isinstance(part, str) else part[-2])
def test_a_line_can_be_run(user: str, command: list[str]) -> None:
    program, *arguments = command
    assert re.search(rf"\b{program}\b", installed())
    assert re.search(rf"^u {user}\b", (ROOT / "etc" / "sysusers.d" / "takings.conf").read_text(), re.MULTILINE)
    told = subprocess.run([BUILT / program, "--help"], capture_output=True, text=True, check=True).stdout
    usages = [line.split("...] ")[-1] for line in told.splitlines() if "[OPTION...] " in line]
    assert " ".join(word for word in arguments if word[0] != "-") in usages
    for option in (word for word in arguments if word[0] == "-"):
        assert re.search(rf"(^|[ ,]){option}\b", told), f"{program} has no {option}"
