"""The command line of scripts/stack."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import TYPE_CHECKING

from . import control
from .layout import Layout, Settings, StackError

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    layout = Layout(options.dir)
    try:
        if options.command == "start":
            control.start(layout, _settings(options))
            print(layout.env.read_text(), end="")
            return 0
        return _on_existing(options, layout, layout.load())
    except StackError as error:
        print(f"stack: {error}", file=sys.stderr)
        return 1


def _on_existing(options: argparse.Namespace, layout: Layout, settings: Settings) -> int:
    if options.command == "stop":
        control.stop(layout, settings)
    elif options.command == "up":
        control.up(layout, settings, options.part)
    elif options.command == "kill":
        control.kill(layout, settings, options.part, options.signal)
    else:
        pids = control.status(layout, settings)
        for part, pid in pids.items():
            print(f"{part:<10} {'stopped' if pid is None else pid}")
        return 0 if None not in pids.values() else 1
    return 0


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        nodes=options.nodes,
        workers=options.workers,
        tailer=not options.no_tailer,
        takings=not options.no_takings,
        bin=os.path.abspath(options.bin),
        config=dict(options.set),
        nginx=dict(options.nginx_set),
        limits=options.limits,
        tls=options.tls,
    )


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _signal(text: str) -> signal.Signals:
    name = text.upper().removeprefix("SIG")
    try:
        return signal.Signals(int(name)) if name.isdigit() else signal.Signals[f"SIG{name}"]
    except (KeyError, ValueError):
        raise argparse.ArgumentTypeError(f"there is no signal {text}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/stack",
        description="A private Takings stack in a folder: MongoDB, Redis, workers, push, tailer and nginx.",
        epilog="Parts: mongod-1.., redis, listener (holds the workers' socket), worker-1.., push, tailer, nginx. "
        "DIR/env has the addresses, DIR/log/PART.log what a part said, DIR/run/PART.pid its pid and start time.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    start = _command(commands, "start", "make a new stack and wait until it serves; prints DIR/env")
    start.add_argument("--nodes", type=int, choices=(1, 3), default=1, help="MongoDB servers (default 1)")
    start.add_argument("--workers", type=int, default=Settings.workers, help="worker processes (default 2)")
    start.add_argument(
        "--set",
        action="append",
        default=[],
        type=_assignment,
        metavar="GROUP.KEY=VALUE",
        help="a setting of takings.conf; can be repeated",
    )
    start.add_argument(
        "--nginx-set",
        action="append",
        default=[],
        type=_assignment,
        metavar="NAME=VALUE",
        help="a value of etc/nginx/defaults; can be repeated",
    )
    start.add_argument(
        "--limits", action="store_true", help="nginx with the product's limits on requests, not raised ones"
    )
    start.add_argument("--tls", action="store_true", help="https, with a certificate made for it (DIR/data/nginx)")
    start.add_argument("--bin", default=Settings.bin, metavar="DIR", help="where the programs are (default build/obj)")
    start.add_argument("--no-tailer", action="store_true", help="nothing computes figures")
    start.add_argument("--no-takings", action="store_true", help="the stores and nginx only")
    _command(commands, "stop", "stop all parts; the data stay")
    _command(commands, "status", "each part and its pid; status 1 if one does not run")
    up = _command(commands, "up", "start a part again, or all that do not run")
    up.add_argument("part", nargs="?", metavar="PART")
    kill = _command(commands, "kill", "send a part a signal, and wait for its end if that ends it")
    kill.add_argument("part", metavar="PART")
    kill.add_argument("signal", nargs="?", type=_signal, default=signal.SIGTERM, metavar="SIGNAL")
    return parser


def _command(commands: Commands, name: str, text: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text.capitalize() + ".")
    command.add_argument("--dir", required=True, help="the stack's folder")
    return command


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
