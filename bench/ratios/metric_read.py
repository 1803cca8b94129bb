"""Reading 30 days of hours, against a worker that knows the answer already, behind the same nginx configuration."""

from __future__ import annotations

import os
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack import ports, process, web
from stack.layout import Layout, Settings

from .result import Result
from .stage import HISTORIES, Stage

NAME = "metric_read"
AIM = 0.6
QUERY = "/metrics/series?range=last_30d&interval=hour&currency=EUR"
CLIENTS = 8
THREADS = 8
# what the worker sends; nginx adds the others
HEADERS = ("Cache-Control", "Content-Type", "Content-Length", "ETag")


def measure(stage: Stage) -> list[Result]:
    targets = stage.targets("read.targets", QUERY, HISTORIES[:1])
    with _null_front(stage, _answer(stage)) as null_port:

        def reads_per_second(port: int) -> float:
            options = ("--port", port, "--targets", targets, "--clients", CLIENTS, "--seconds", stage.size.round_s)
            return stage.run("load", *options)["per_second"]

        reads_per_second(stage.settings.port), reads_per_second(null_port)  # warm
        rounds = [
            (reads_per_second(stage.settings.port), reads_per_second(null_port)) for _ in range(stage.size.rounds)
        ]
    return [Result.of_rounds(NAME, "1/s", AIM, rounds)]


def _answer(stage: Stage) -> Path:
    """A file with what the worker answers now, as FastCGI wants it."""
    merchant = HISTORIES[0]
    request = urllib.request.Request(
        f"{stage.url}/v1/merchants/{merchant}{QUERY}", headers={"Authorization": f"Bearer {stage.keys[merchant]}"}
    )
    with urllib.request.urlopen(request) as answer:
        lines = [f"{name}: {answer.headers[name]}" for name in HEADERS]
        body: bytes = answer.read()
    file = stage.layout.dir / "answer"
    file.write_bytes("\r\n".join(["Status: 200 OK", *lines, "", ""]).encode() + body)
    return file


@contextmanager
def _null_front(stage: Stage, answer: Path) -> Iterator[int]:
    """As many null workers as the stack has workers, behind an nginx of their own; its port."""
    layout = Layout(stage.layout.dir / "null")
    layout.make()
    path = layout.socket("worker")
    nginx = {"WORKER_SOCKET": str(path), "ACCESS_LOG": f"{layout.log}/access.log"}
    port, metrics_port = ports.free_ports(2)
    settings = Settings(takings=False, port=port, metrics_port=metrics_port, nginx=nginx)
    workers = [f"null-{number}" for number in range(1, stage.settings.workers + 1)]
    path.unlink(missing_ok=True)  # of a run that was killed
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.fspath(path))
        listening.listen(511)
        try:
            for worker in workers:
                command = [stage.program("null_worker"), str(answer), str(THREADS)]
                process.spawn(layout, worker, command, listening.fileno())
            web.start(layout, settings)
            yield settings.port
        finally:
            for part in (web.PART, *workers):
                process.stop(layout, part)
            layout.remove_sockets()
