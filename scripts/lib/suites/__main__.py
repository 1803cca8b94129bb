"""Runs suites one after another: python -m suites [--full] [SUITE...].

A suite is an executable scripts/suites/NN-NAME, NN its place in the order. It finds in its environment
TAKINGS_TEST_DIR, a new folder for whatever it writes (result files in its folder `results` are counted), and
TAKINGS_FULL, 1 with --full and else 0. It fails by a failed test, or by its status if it counts no failed test.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from stack import control
from stack.layout import BUILD, ROOT, Layout

from .results import Outcome, Result, count, read

SUITES = ROOT / "scripts" / "suites"
LIMIT_S = {False: 15 * 60, True: 60 * 60}


def main() -> int:
    suites = {path.name.partition("-")[2]: path for path in sorted(SUITES.iterdir())}
    parser = argparse.ArgumentParser(prog="scripts/test")
    parser.add_argument("--full", action="store_true", help="at full size, each suite within an hour")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(suites)}; without any, all")
    options = parser.parse_args()
    unknown = [name for name in options.suites if name not in suites]
    if unknown:
        parser.error(f"there is no suite {', '.join(unknown)}; there are {', '.join(suites)}")

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that it takes the suite with it
    outcomes: list[Outcome] = []
    times: list[str] = []
    for name in options.suites or suites:
        print(f"== {name}", flush=True)
        started = time.monotonic()
        found = _run(name, suites[name], options.full)
        times.append(f"{name:<12} {time.monotonic() - started:6.1f} s   {count(found)}")
        outcomes += found
    _report(outcomes, times)
    return 1 if any(outcome.result is Result.FAILED for outcome in outcomes) else 0


def _run(name: str, program: Path, full: bool) -> list[Outcome]:
    folder = BUILD / "test" / name
    _stop_stacks(folder)
    shutil.rmtree(folder, ignore_errors=True)
    results = folder / "results"
    results.mkdir(parents=True)
    environment = os.environ | {"TAKINGS_TEST_DIR": str(folder), "TAKINGS_FULL": str(int(full))}
    try:
        complaint = _execute(program, environment, LIMIT_S[full])
    finally:
        _stop_stacks(folder)
    outcomes = read(results)
    if not complaint and not outcomes:
        complaint = "ran no test"
    if complaint and not any(outcome.result is Result.FAILED for outcome in outcomes):
        outcomes.append(Outcome(f"the suite {name}", Result.FAILED, complaint))
    if not any(outcome.result is Result.FAILED for outcome in outcomes):
        _keep_only(results)
    return outcomes


def _keep_only(results: Path) -> None:
    """Of a suite that has passed nobody needs the stores: at full size they are 20 GB."""
    for path in results.parent.iterdir():
        if path.is_dir() and not path.is_symlink() and path != results:
            shutil.rmtree(path, ignore_errors=True)


def _execute(program: Path, environment: dict[str, str], limit_s: float) -> str:
    """Runs a suite to its end or its limit; what is wrong with it, or nothing."""
    with subprocess.Popen([program], cwd=ROOT, env=environment, start_new_session=True) as process:
        try:
            status = process.wait(limit_s)
        except BaseException as error:  # the limit, or an interrupt from the keyboard
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                return f"has not ended after {limit_s:g} s"
            raise
    return f"ended with status {status}" if status else ""


def _stop_stacks(folder: Path) -> None:
    """Ends the servers that a suite which was cut short left behind."""
    for state in folder.rglob("stack.json"):
        layout = Layout(state.parent)
        control.stop(layout, layout.load())


def _report(outcomes: list[Outcome], times: list[str]) -> None:
    print()
    for result, heading in ((Result.SKIPPED, "skipped"), (Result.FAILED, "FAILED")):
        for outcome in outcomes:
            if outcome.result is result:
                print(f"{heading}: {outcome.test}: {outcome.why}")
    print()
    for line in times:
        print(line)
    print()
    print(count(outcomes))


if __name__ == "__main__":
    sys.exit(main())
