"""scripts/demo as a visitor uses it, in a folder of its own."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from stack import control
from stack import env as env_file
from stack.layout import ROOT, Layout
from support.sizes import FULL

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
FRESH_LIMIT_S = 1500  # with everything to be installed and built


def demo(folder: Path, *options: str) -> str:
    done = subprocess.run([DEMO, "--dir", folder, *options], capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def env_of(folder: Path) -> dict[str, str]:
    return env_file.read(folder / "env")


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


def as_the_readme_says(folder: Path) -> str:
    """Loads the environment and proves the figures by the very commands of the README; what they print."""
    commands = re.findall(r"`([^`\n]*(?:build/demo/env|TAKINGS_BIN)[^`\n]*)`", (ROOT / "README.md").read_text())
    assert len(commands) == 2, commands
    script = "\n".join(commands).replace("build/demo", str(folder))
    bare = {name: value for name, value in os.environ.items() if not name.startswith("TAKINGS_")}
    done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, timeout=LIMIT_S, env=bare)
    assert done.returncode == 0, done.stderr
    return done.stdout


def hops(output: str) -> list[float]:
    """Milliseconds of the four hops of the proved order, which are told in the order of their times."""
    found = re.findall(r"^  (?:accepted|seen by the tailer|computed|readable) +([\d.]+)$", output, re.MULTILINE)
    assert len(found) == 4, output
    times = [float(milliseconds) for milliseconds in found]
    assert times == sorted(times), output
    return times


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
    assert "0 differ" in as_the_readme_says(folder)
    demo(folder, "--stop")
    layout = Layout(folder)
    assert set(control.status(layout, layout.load()).values()) == {None}


@pytest.mark.skipif(not FULL, reason="at full size only")
def test_three_nodes(folder: Path) -> None:
    hops(demo(folder, "--nodes", "3", "--empty", "--detach"))
    env = env_of(folder)
    assert summary(env, env["TAKINGS_MERCHANT"], "range=today")[0]["metrics"]["orders"] == 1
    with MongoClient(env["MONGO_ADMIN_URI"]) as client:
        members = client.admin.command("replSetGetStatus")["members"]
    assert sorted(member["stateStr"] for member in members) == ["PRIMARY", "SECONDARY", "SECONDARY"]


@pytest.mark.skipif(not FULL, reason="at full size only")
def test_two_fresh_clones_run_side_by_side(tmp_path: Path) -> None:
    """Each by its one command, both at once: they install, build, prove their order and stop without the other."""
    clones = [tmp_path / "one", tmp_path / "two"]
    for clone in clones:
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = ["scripts/demo", "--empty", "--detach"]
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    runs = [subprocess.Popen(command, cwd=clone, env=environment, **output) for clone in clones]
    try:
        said = [run.communicate(timeout=FRESH_LIMIT_S)[0] for run in runs]
        assert [run.returncode for run in runs] == [0, 0], said
        for text in said:
            hops(text)
        one, other = (env_of(clone / "build" / "demo") for clone in clones)
        assert one["TAKINGS_URL"] != other["TAKINGS_URL"]
        for env in (one, other):
            assert summary(env, env["TAKINGS_MERCHANT"], "range=today")[0]["metrics"]["orders"] == 1
        stop_clone(clones[0], environment)
        assert summary(other, other["TAKINGS_MERCHANT"], "range=today")[0]["metrics"]["orders"] == 1
    finally:
        for run in runs:
            run.kill()
        for clone in clones:
            stop_clone(clone, environment)


def stop_clone(clone: Path, environment: dict[str, str]) -> None:
    """Also one that was stopped before, or never ran."""
    subprocess.run(["scripts/demo", "--stop"], cwd=clone, env=environment, check=True)
    layout = Layout(clone / "build" / "demo")
    if layout.state.exists():
        assert set(control.status(layout, layout.load()).values()) == {None}


def test_ctrl_c_stops_everything(folder: Path) -> None:
    command = [DEMO, "--dir", folder, "--empty"]
    # what a shell starts in the background ignores Ctrl-C, and so would all that comes from it
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=heed
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if "Ctrl-C" in line:
                break
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 0
    layout = Layout(folder)
    assert set(control.status(layout, layout.load()).values()) == {None}


@pytest.mark.parametrize("words", [("--bogus",), ("--stop", "--nodes", "2"), ("--stop", "bogus")])
def test_a_wrong_call_is_refused(words: tuple[str, ...]) -> None:
    done = subprocess.run([DEMO, *words], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (64, "")
    assert "scripts/demo: " in done.stderr


def test_it_clears_no_folder_that_is_not_a_demos(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    done = subprocess.run([DEMO, "--dir", tmp_path, "--detach"], capture_output=True, text=True)
    assert done.returncode == 1 and "holds something other than a demo" in done.stderr
    assert (tmp_path / "precious").read_text() == "kept"
