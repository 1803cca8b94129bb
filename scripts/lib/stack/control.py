"""What the commands do: parts are started in order, stopped in reverse, each known by its name."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from . import conf, kv, listener, mongo, ports, process, programs, web
from .layout import Layout, Settings, StackError

READY_LIMIT_S = 60.0


def parts(settings: Settings) -> list[str]:
    """All parts of this stack in the order in which they start."""
    names = [*mongo.parts(settings), kv.PART]
    if settings.takings:
        names += [listener.PART, *programs.workers(settings), programs.PUSH]
        names += [programs.TAILER] if settings.tailer else []
    return [*names, web.PART]


def start(layout: Layout, settings: Settings) -> None:
    """Makes a new stack and waits until it serves; nothing is left running if that fails."""
    if layout.state.exists():
        raise StackError(f"{layout.dir} holds a stack already: use `up`, or stop it and remove the folder")
    layout.make()
    nodes = 0 if mongo.external_uri() else settings.nodes
    settings.port, settings.metrics_port, *settings.mongo_ports = ports.free_ports(2 + nodes)
    layout.save(settings)
    with _stopped_on_failure(layout, settings):
        _start_stores(layout, settings)
        conf.write(layout, settings)
        if settings.takings:
            programs.setup(layout, settings)
        _start_parts(layout, settings, [part for part in parts(settings) if not _is_store(part)])


def up(layout: Layout, settings: Settings, part: str | None) -> None:
    """Starts a part that was stopped, or all that do not run."""
    layout.make()
    if part is not None:
        _check_part(settings, part)
        if process.pid_of(layout, part) is not None:
            raise StackError(f"{part} runs already")
        _starter(layout, settings, part)()
        if part.startswith("mongod-") and _majority_runs(layout, settings):
            mongo.wait_member(settings, part)
        return
    with _stopped_on_failure(layout, settings):
        absent = [name for name in parts(settings) if process.pid_of(layout, name) is None]
        _start_parts(layout, settings, absent)


def stop(layout: Layout, settings: Settings) -> None:
    """Ends all parts, and first what somebody else started in this stack with `process.spawn`."""
    names = parts(settings)
    others = sorted(path.stem for path in layout.pids.glob("*.pid") if path.stem not in names)
    for part in [*others, *reversed(names)]:
        process.stop(layout, part)
    layout.remove_sockets()


def kill(layout: Layout, settings: Settings, part: str, number: signal.Signals) -> None:
    _check_part(settings, part)
    process.kill(layout, part, number)


def status(layout: Layout, settings: Settings) -> dict[str, int | None]:
    """Each part's pid, None for one that does not run."""
    return {part: process.pid_of(layout, part) for part in parts(settings)}


@contextmanager
def _stopped_on_failure(layout: Layout, settings: Settings) -> Iterator[None]:
    try:
        yield
    except BaseException:  # an interrupt from the keyboard too
        stop(layout, settings)
        raise


def _start_stores(layout: Layout, settings: Settings) -> None:
    for part in filter(_is_store, parts(settings)):
        _starter(layout, settings, part)()
    if settings.mongo_ports:
        mongo.make_replica_set(layout, settings)
        # one that still copies its first data counts for no majority
        for part in mongo.parts(settings):
            mongo.wait_member(settings, part)
    mongo.wait_primary(layout, settings)


def _start_parts(layout: Layout, settings: Settings, names: list[str]) -> None:
    for part in names:
        _starter(layout, settings, part)()
    mongo.wait_primary(layout, settings)
    if settings.takings:
        _wait_serving(layout, settings)


def _wait_serving(layout: Layout, settings: Settings) -> None:
    """Waits until figures can be read: the worker has both stores and the tailer has made its first checkpoint."""
    path = "/readyz" if settings.tailer else "/healthz"
    try:
        process.wait_until(
            lambda: web.status(settings, path) == 200 or _gone(layout, settings) is not None,
            READY_LIMIT_S,
            f"{path} is not 200 after {READY_LIMIT_S:g} s",
        )
        gone = _gone(layout, settings)
        if gone is not None:
            raise StackError(f"{gone} ended while it started")
    except StackError as error:
        logs = (f"the end of {part}'s log:\n{process.log_tail(layout, part)}" for part in ("worker-1", programs.TAILER))
        raise StackError("\n".join([str(error), *logs])) from None


def _gone(layout: Layout, settings: Settings) -> str | None:
    return next((part for part, pid in status(layout, settings).items() if pid is None), None)


def _starter(layout: Layout, settings: Settings, part: str) -> Callable[[], None]:
    if part.startswith("mongod-"):
        return lambda: mongo.start_node(layout, settings, part)
    if part.startswith("worker-"):
        return lambda: programs.start_worker(layout, settings, part)
    return {
        kv.PART: lambda: kv.start(layout),
        listener.PART: lambda: listener.start(layout),
        programs.PUSH: lambda: programs.start_push(layout, settings),
        programs.TAILER: lambda: programs.start_tailer(layout, settings),
        web.PART: lambda: web.start(layout, settings),
    }[part]


def _is_store(part: str) -> bool:
    return part == kv.PART or part.startswith("mongod-")


def _majority_runs(layout: Layout, settings: Settings) -> bool:
    running = [part for part in mongo.parts(settings) if process.pid_of(layout, part) is not None]
    return 2 * len(running) > settings.nodes


def _check_part(settings: Settings, part: str) -> None:
    if part not in parts(settings):
        raise StackError(f"there is no part {part}; there are {', '.join(parts(settings))}")
