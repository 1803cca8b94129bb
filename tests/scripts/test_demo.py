"""scripts/demo as a visitor uses it, in a folder of its own."""

import json
import re
import signal
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from stack import control
from stack.layout import ROOT, Layout

DEMO = ROOT / "scripts" / "demo"
NAMES = {
    "TAKINGS_URL",
    "TAKINGS_CONFIG",
    "TAKINGS_MERCHANT",
    "TAKINGS_KEY",
    "TAKINGS_OWNER_EMAIL",
    "TAKINGS_OWNER_PASSWORD",
    "TAKINGS_BIN",
}
LIMIT_S = 300


def demo(folder: Path, *options: str) -> str:
    done = subprocess.run([DEMO, "--dir", folder, *options], capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def env_of(folder: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in (folder / "env").read_text().splitlines())


def ask(env: dict[str, str], path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(env["TAKINGS_URL"] + path, data, {"Content-Type": "application/json"} | headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def summary(env: dict[str, str], merchant: str, query: str) -> list[dict[str, Any]]:
    authorization = {"Authorization": f"Bearer {env['TAKINGS_KEY']}"}
    return ask(env, f"/v1/merchants/{merchant}/metrics/summary?{query}", **authorization)["data"]


def log_in(env: dict[str, str]) -> Any:
    body = {"email": env["TAKINGS_OWNER_EMAIL"], "password": env["TAKINGS_OWNER_PASSWORD"]}
    return ask(env, "/v1/session", body, Origin=env["TAKINGS_URL"])


def hops(output: str) -> list[float]:
    """Milliseconds of the four hops of the proved order."""
    found = re.findall(r"^  (?:accepted|seen by the tailer|computed|readable) +([\d.]+)$", output, re.MULTILINE)
    assert len(found) == 4, output
    return [float(milliseconds) for milliseconds in found]


@pytest.fixture
def folder(tmp_path: Path):
    yield tmp_path / "demo"
    demo(tmp_path / "demo", "--stop")


def test_full_demo_has_both_merchants_and_moves(folder: Path) -> None:
    times = hops(demo(folder, "--detach"))
    assert all(0 < milliseconds < 5000 for milliseconds in times)
    env = env_of(folder)
    assert env.keys() >= NAMES
    assert {merchant["id"] for merchant in log_in(env)["merchants"]} == {"cdnow", "teahouse"}

    def orders_today() -> int:
        return sum(element["metrics"]["orders"] for element in summary(env, env["TAKINGS_MERCHANT"], "range=today"))

    before, deadline = orders_today(), time.monotonic() + 30
    while orders_today() <= before:
        assert time.monotonic() < deadline, "no new order came"
        time.sleep(0.5)


def test_empty_demo_twice_then_stopped(folder: Path) -> None:
    for _ in range(2):
        hops(demo(folder, "--detach", "--empty"))
        env = env_of(folder)
        assert summary(env, env["TAKINGS_MERCHANT"], "range=today")[0]["metrics"]["orders"] == 1
    demo(folder, "--stop")
    layout = Layout(folder)
    assert set(control.status(layout, layout.load()).values()) == {None}


def test_ctrl_c_stops_everything(folder: Path) -> None:
    command = [DEMO, "--dir", folder, "--empty"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if "Ctrl-C" in line:
                break
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 0
    layout = Layout(folder)
    assert set(control.status(layout, layout.load()).values()) == {None}


def test_it_clears_no_folder_that_is_not_a_demos(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    done = subprocess.run([DEMO, "--dir", tmp_path, "--detach"], capture_output=True, text=True)
    assert done.returncode == 1 and "holds something other than a demo" in done.stderr
    assert (tmp_path / "precious").read_text() == "kept"
