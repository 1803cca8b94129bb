"""The examples of docs/api.md run as they stand, in their order, in one shell."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.browser import PASSWORD, add_user
from support.merchant import Merchant
from support.stack import ROOT

TEXT = (ROOT / "docs" / "api.md").read_text()
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# the demo, which the first block starts: it is there already
DEMO = "scripts/demo"
# curl as it is, but each answer's status is noted, and curl's complaints too
CURL = """#!/bin/sh
echo "curl" >>{log}
exec {curl} "$@" --write-out '%{{stderr}}\\nstatus %{{http_code}} %{{method}} %{{url_effective}}\\n' 2>>{log}
"""
LIMIT_S = 120


@dataclass(frozen=True)
class Example:
    heading: str
    lines: str

    def allowed(self) -> set[int]:
        """A comment such as `# 422` names a status beside those of success."""
        return {int(status) for status in re.findall(r"#\s*(\d{3})\b", self.lines)}


@dataclass
class Run:
    """What became of one example."""

    example: Example
    output: str = ""
    calls: int = 0
    statuses: list[tuple[int, str]] = field(default_factory=list)
    complaints: str = ""


def examples() -> list[Example]:
    found = []
    for block in BLOCK.finditer(TEXT):
        headings = re.findall(r"^##+ (.*)$", TEXT[: block.start()], re.MULTILINE)
        found.append(Example(headings[-1] if headings else "", block[1]))
    return found


def write_program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def prepare(folder: Path, merchant: Merchant) -> Path:
    """What the first block finds where the demo would have left it; the log that curl writes."""
    curl = shutil.which("curl")
    assert curl is not None
    log = folder / "log"
    write_program(folder / "bin" / "curl", CURL.format(log=shlex.quote(str(log)), curl=curl))
    write_program(folder / DEMO, "#!/bin/sh\n")
    values = {
        "TAKINGS_URL": merchant.stack.url,
        "TAKINGS_MERCHANT": merchant.id,
        "TAKINGS_KEY": merchant.new_key("orders:write", "orders:read", "refunds:write", "metrics:read")["secret"],
        "TAKINGS_OWNER_EMAIL": add_user(merchant.stack, merchant.id, "owner"),
        "TAKINGS_OWNER_PASSWORD": PASSWORD,
    }
    env = folder / "build" / "demo" / "env"
    env.parent.mkdir(parents=True)
    env.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items()))
    return log


def script(all_of_them: list[Example]) -> str:
    """One shell for all, since they build upon each other; it ends where one fails."""
    parts = (f"echo '== {number}'; echo '== {number}' >>log\n{one.lines}" for number, one in enumerate(all_of_them))
    return "set -euo pipefail\n" + "".join(parts)


def by_number(text: str) -> dict[int, str]:
    parts = re.split(r"^== (\d+)\n", text, flags=re.MULTILINE)
    return {int(number): part for number, part in zip(parts[1::2], parts[2::2], strict=True)}


@pytest.fixture(scope="module")
def merchant_of_two(add_merchant: Callable[..., Merchant]) -> Merchant:
    """As the demo's shop: Berlin, in two currencies."""
    return add_merchant("Europe/Berlin", "EUR", "USD")


@pytest.fixture(scope="module")
def runs(merchant_of_two: Merchant, tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """All examples, run; those behind one that failed are missing."""
    folder = tmp_path_factory.mktemp("examples")
    log = prepare(folder, merchant_of_two)
    environment = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    environment["TMPDIR"] = str(folder)
    done = subprocess.run(
        ["bash", "-c", script(examples())],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    noted, printed = by_number(log.read_text()), by_number(done.stdout)
    found = []
    for number, example in enumerate(examples()):
        if number in noted:
            statuses = re.findall(r"^status (\d+) (.*)$", noted[number], re.MULTILINE)
            calls = len(re.findall(r"^curl$", noted[number], re.MULTILINE))
            found.append(Run(example, printed.get(number, ""), calls, [(int(s), call) for s, call in statuses]))
    found[-1].complaints = "" if done.returncode == 0 else f"{noted[len(found) - 1]}\n{done.stderr}"
    return found


def test_every_example_ends_well(runs: list[Run]) -> None:
    assert [f"{run.example.heading}: {run.complaints}" for run in runs if run.complaints] == []
    assert len(runs) == len(examples()) > 10


def test_every_call_of_an_example_succeeds(runs: list[Run]) -> None:
    for run in runs:
        assert len(run.statuses) == run.calls, run
        wrong = [call for status, call in run.statuses if status // 100 != 2 and status not in run.example.allowed()]
        assert wrong == [], f"{run.example.heading}: {run.statuses}\n{run.output[:1000]}"
        assert run.example.allowed() <= {status for status, _ in run.statuses}, run.example.heading


def test_a_first_figure_takes_less_than_ten_lines(runs: list[Run]) -> None:
    start = next(run for run in runs if run.example.heading == "Quick start")
    assert start.example.lines.count("\n") < 10
    assert '"net_sales":' in start.output
