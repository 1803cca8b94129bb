"""scripts/stack with the stores and nginx only: life, death and life side by side."""

import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from pymongo import MongoClient
from stack import control, env, process
from stack.layout import ROOT, Layout, Settings, StackError

STACK = ROOT / "scripts" / "stack"


def stores_only(**settings: object) -> Settings:
    return Settings(takings=False, **settings)  # type: ignore[arg-type]


def sourced(layout: Layout) -> dict[str, str]:
    """What a shell finds in env, which starts nothing and says nothing."""
    script = f"set -eu; set -a; . {layout.env}; set +a; jobs; exec /usr/bin/env -0"
    done = subprocess.run(["/bin/sh", "-c", script], env={}, capture_output=True, text=True, timeout=10)
    assert (done.returncode, done.stderr) == (0, "")
    found = dict(line.split("=", 1) for line in done.stdout.split("\0")[:-1])
    return {name: value for name, value in found.items() if name.startswith(("TAKINGS_", "MONGO_", "REDIS_", "STACK_"))}


def test_only_what_a_shell_would_take_apart_is_quoted(tmp_path: Path) -> None:
    values = {"A": "http://127.0.0.1:8080", "B": "mongodb://u:p%20w@h:1,h:2/?a=b&c=d", "C": "tk_live_0f", "D": "it's"}
    env.write(tmp_path / "env", values)
    plain = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
    assert {name: plain[name] for name in "AC"} == {name: values[name] for name in "AC"}
    assert env.read(tmp_path / "env") == values


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    found = Layout(tmp_path / "stack")
    yield found
    if found.state.exists():
        control.stop(found, found.load())
    found.remove_sockets()  # a test that only makes the folders has nothing to stop


def test_start_serves_and_stop_leaves_nothing(layout: Layout) -> None:
    settings = stores_only()
    control.start(layout, settings)
    pids = control.status(layout, settings)
    assert set(pids) == {"mongod-1", "redis", "nginx"} and None not in pids.values()
    values = env.read(layout.env)
    with MongoClient(values["MONGO_ADMIN_URI"]) as client:
        assert client.admin.command("hello")["isWritablePrimary"]
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{values['TAKINGS_URL']}/no-such-page")
    assert caught.value.code == 404

    assert sourced(layout) == values

    control.stop(layout, settings)
    assert set(control.status(layout, settings).values()) == {None}
    for pid in pids.values():
        assert not Path(f"/proc/{pid}/exe").exists()


def test_data_and_address_stay_over_stop_and_up(layout: Layout) -> None:
    settings = stores_only()
    control.start(layout, settings)
    values = env.read(layout.env)
    with MongoClient(values["MONGO_ADMIN_URI"]) as client:
        client.kept.things.insert_one({"_id": 1})
    control.stop(layout, settings)
    control.up(layout, layout.load(), None)
    assert env.read(layout.env) == values
    with MongoClient(values["MONGO_ADMIN_URI"]) as client:
        assert client.kept.things.count_documents({}) == 1


def test_a_killed_part_is_gone_and_can_come_back(layout: Layout) -> None:
    settings = stores_only()
    control.start(layout, settings)
    control.kill(layout, settings, "redis", signal.SIGKILL)
    assert control.status(layout, settings)["redis"] is None
    with pytest.raises(StackError, match="redis does not run"):
        control.kill(layout, settings, "redis", signal.SIGKILL)
    control.up(layout, settings, "redis")
    with pytest.raises(StackError, match="redis runs already"):
        control.up(layout, settings, "redis")


def test_stop_ends_a_paused_part(layout: Layout) -> None:
    settings = stores_only()
    control.start(layout, settings)
    control.kill(layout, settings, "mongod-1", signal.SIGSTOP)
    control.stop(layout, settings)
    assert set(control.status(layout, settings).values()) == {None}


def test_a_failed_start_names_the_part_and_leaves_nothing(layout: Layout) -> None:
    with pytest.raises(StackError, match=r"nginx ended while it started; the end of its log:\n(.|\n)*invalid"):
        control.start(layout, stores_only(nginx={"LISTEN": "nowhere:at:all"}))
    assert set(control.status(layout, layout.load()).values()) == {None}


def test_a_deep_folder_gets_short_socket_paths(tmp_path: Path) -> None:
    layout = Layout(tmp_path / ("deep" * 20) / "stack")
    settings = stores_only()
    control.start(layout, settings)
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(env.read(layout.env)["REDIS_SOCKET"])
    finally:
        control.stop(layout, settings)
    assert not layout.sockets.exists()


def test_a_pid_that_another_process_has_now_is_left_alone(layout: Layout) -> None:
    layout.make()
    process.spawn(layout, "sleeper", ["sleep", "60"])
    pid = process.pid_of(layout, "sleeper")
    assert pid is not None
    (layout.pids / "sleeper.pid").write_text(f"{pid} 1\n")
    process.stop(layout, "sleeper")
    os.kill(pid, signal.SIGKILL)  # raises if it was ended all the same
    os.waitpid(pid, 0)


def test_three_nodes_outlive_their_primary(layout: Layout) -> None:
    settings = stores_only(nodes=3)
    control.start(layout, settings)
    control.kill(layout, settings, "mongod-1", signal.SIGKILL)
    with MongoClient(env.read(layout.env)["MONGO_ADMIN_URI"], timeoutMS=60000) as client:
        client.kept.things.insert_one({"_id": 1})
    control.up(layout, settings, "mongod-1")


def test_two_stacks_start_side_by_side(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    try:
        starts = [
            subprocess.Popen([STACK, "start", "--dir", folder, "--no-takings"], stdout=subprocess.DEVNULL)
            for folder in folders
        ]
        assert [start.wait(60) for start in starts] == [0, 0]
        assert len({env.read(Layout(folder).env)["TAKINGS_URL"] for folder in folders}) == 2
    finally:
        for folder in folders:
            subprocess.run([STACK, "stop", "--dir", folder], check=True)


def test_commands_say_what_is_wrong(tmp_path: Path) -> None:
    done = subprocess.run([STACK, "stop", "--dir", tmp_path], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, f"stack: there is no stack in {tmp_path}\n")
    done = subprocess.run([STACK, "start", "--dir", tmp_path, "--set", "nonsense"], capture_output=True, text=True)
    assert done.returncode == 2 and "'nonsense' is not NAME=VALUE" in done.stderr
