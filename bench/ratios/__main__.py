"""The command line of bench/run."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from demo.api import ApiError
from stack.layout import BUILD, StackError

from . import metric_read, order_insert, order_to_readable, order_to_screen, page_views, rebuild
from .result import Result, write
from .stage import FULL, QUICK, Stage

# The rebuild comes first: the others add orders to the ledger.
MODULES = (rebuild, metric_read, page_views, order_to_readable, order_to_screen, order_insert)
MEASUREMENTS = {module.NAME: module.measure for module in MODULES}


def main() -> int:
    options = _parser().parse_args()
    try:
        results = _measure(options)
    except (StackError, ApiError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if options.json:
        write(results, options.json)
    return 0


def _measure(options: argparse.Namespace) -> list[Result]:
    begun = time.monotonic()
    stage = Stage(options.dir, QUICK if options.quick else FULL)
    results: list[Result] = []
    try:
        stage.fill()
        print(f"started and filled in {time.monotonic() - begun:.0f} s", file=sys.stderr)
        for name, measure in MEASUREMENTS.items():
            if name in (options.measurements or MEASUREMENTS):
                found = measure(stage)
                print("\n".join(result.line() for result in found), flush=True)
                results += found
    finally:
        stage.stop()
    return results


def _measurement(name: str) -> str:
    if name not in MEASUREMENTS:
        raise argparse.ArgumentTypeError(f"there is no {name}; there are {', '.join(MEASUREMENTS)}")
    return name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench/run")
    parser.add_argument("measurements", nargs="*", type=_measurement, metavar="MEASUREMENT")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--dir", type=Path, default=BUILD / "bench")
    return parser


if __name__ == "__main__":
    sys.exit(main())
