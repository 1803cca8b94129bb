"""scripts/test: what a suite must do to pass, with suites made up for it."""

import sys
from pathlib import Path

import pytest
from suites import __main__ as runner

PASSES = """printf '<testsuite><testcase classname="t" name="a"/></testsuite>' >"$TAKINGS_TEST_DIR/results/a.xml" """
FAILS = PASSES.replace('name="a"/>', 'name="a"><failure message="1 is not 2"/></testcase>')


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """run(suites, *arguments): the status and what is printed, for suites given as {file name: shell command}."""
    monkeypatch.setattr(runner, "SUITES", tmp_path / "suites")
    monkeypatch.setattr(runner, "BUILD", tmp_path / "build")
    monkeypatch.setattr(runner, "LIMIT_S", {False: 2, True: 4})

    def run(suites: dict[str, str], *arguments: str) -> tuple[int, list[str]]:
        runner.SUITES.mkdir()
        for name, command in suites.items():
            path = runner.SUITES / name
            path.write_text(f"#!/bin/sh\n{command}\n")
            path.chmod(0o755)
        monkeypatch.setattr(sys, "argv", ["scripts/test", *arguments])
        status = runner.main()
        return status, capsys.readouterr().out.splitlines()

    return run


def test_all_suites_in_order_and_one_closing_line(run) -> None:
    status, lines = run({"20-later": PASSES, "10-first": PASSES})
    assert status == 0
    assert [line for line in lines if line.startswith("==")] == ["== first", "== later"]
    assert lines[-1] == "2 passed, 0 failed, 0 skipped"


def test_only_the_named_suites(run) -> None:
    status, lines = run({"10-first": "exit 1", "20-later": PASSES}, "later")
    assert (status, lines[-1]) == (0, "1 passed, 0 failed, 0 skipped")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (FAILS + "; exit 1", "FAILED: t::a: 1 is not 2"),
        (PASSES + "; exit 3", "FAILED: the suite bad: ended with status 3"),
        ("true", "FAILED: the suite bad: ran no test"),
        ("sleep 60 & sleep 60", "FAILED: the suite bad: has not ended after 2 s"),
    ],
)
def test_what_fails_is_named(run, command: str, told: str) -> None:
    status, lines = run({"10-bad": command})
    assert status == 1
    assert told in lines
    assert ", 1 failed, 0 skipped" in lines[-1]


def test_full_size_is_told_to_the_suites(run) -> None:
    status, _ = run({"10-sized": f'[ "$TAKINGS_FULL" = 1 ] && {PASSES}'}, "--full")
    assert status == 0


@pytest.mark.parametrize(("command", "kept"), [(PASSES, ["results"]), (FAILS, ["results", "stack"])])
def test_what_a_suite_wrote_is_kept_where_it_failed(run, tmp_path: Path, command: str, kept: list[str]) -> None:
    run({"10-writes": f'mkdir "$TAKINGS_TEST_DIR/stack"; {command}'})
    assert sorted(path.name for path in (tmp_path / "build" / "test" / "writes").iterdir()) == kept


def test_an_unknown_suite_is_refused(run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run({"10-first": PASSES}, "frist")
    assert "there is no suite frist; there are first" in capsys.readouterr().err
