"""Sends the probes of the matrix, and judges what comes back."""

from __future__ import annotations

import http.client
import json
import random
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import ceil, sqrt
from urllib.parse import urlsplit

from support.canaries import ANYWHERE
from support.matrix import Group, Probe

IDS = re.compile(rb"\b(?:ord|rfd|key|usr|aud|qua|imp)_[0-9A-Za-z]{20,40}")
DECIDES_NOTHING = (429, 503)
PATIENCE_S = 60.0
CHANGES_ALONE = ("date", "request-id", "connection")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    @property
    def text(self) -> bytes:
        """All of it."""
        return b"\n".join([*(f"{name}: {value}".encode("latin-1") for name, value in self.headers), self.body])

    def visible(self, sent: str) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
        """All that a caller can tell answers apart by: without request id and date, what they sent themselves, and, of
        a good answer, how fresh it is."""
        body = self.body.replace(self.header("request-id").encode() or b"\0", b"")
        if sent:
            body = body.replace(sent.encode(), b"")
        if self.status < 400 and body.startswith(b"{"):
            value = json.loads(body)
            value.pop("meta", None)
            body = json.dumps(value).encode()
        headers = tuple(each for each in self.headers if each[0] not in CHANGES_ALONE)
        return self.status, headers, body


class Line:
    """A connection that is kept."""

    def __init__(self, url: str, patience_s: float = PATIENCE_S) -> None:
        self.patience_s = patience_s
        self.http = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30.0)

    def once(self, probe: Probe) -> Answer:
        for attempt in (True, False):
            try:
                self.http.request(probe.method, probe.target, probe.body, probe.headers)
                got = self.http.getresponse()
                headers = tuple((name.lower(), value) for name, value in got.getheaders())
                return Answer(got.status, headers, self._body(probe, got))
            except (http.client.RemoteDisconnected, ConnectionError):
                self.http.close()  # nginx ends a connection after so many requests
                if not attempt:
                    raise
        raise AssertionError

    def _body(self, probe: Probe, got: http.client.HTTPResponse) -> bytes:
        """All of it; of a stream, which goes on and on, what it begins with."""
        if probe.method == "HEAD" or got.getheader("content-type") != "text/event-stream":
            return got.read()
        text = b""
        while text.count(b"\n\n") < 2:
            text += got.read1()
        self.http.close()
        return text

    def answer(self, probe: Probe) -> Answer:
        deadline = time.monotonic() + self.patience_s
        while True:
            answer = self.once(probe)
            if answer.status not in DECIDES_NOTHING or time.monotonic() > deadline:
                return answer
            time.sleep(0.02)  # a client's own pause before it asks again


# which problems a refusal may tell of
CODES = {
    400: ("unknown_parameter", "invalid_cursor"),
    401: ("unauthenticated",),
    403: ("forbidden", "csrf"),
    404: ("not_found",),
    405: ("method_not_allowed",),
    422: ("invalid_field", "unknown_field"),
}


def is_told(probe: Probe, answer: Answer) -> bool:
    """A refusal says why."""
    if answer.status not in CODES or probe.method == "HEAD":
        return answer.status < 400 or probe.method == "HEAD"
    is_problem = answer.header("content-type").split(";")[0] == "application/problem+json"
    return is_problem and json.loads(answer.body)["code"] in CODES[answer.status]


@dataclass(frozen=True)
class Complaint:
    kind: str  # status, leak, twins
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


@dataclass
class Judge:
    """Whose each id is that was ever seen; one that two merchants see is a leak."""

    owners: dict[bytes, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def judge(self, group: Group, answers: list[Answer]) -> Iterator[Complaint]:
        for probe, answer in zip(group, answers, strict=True):
            told = f"{probe.name} ({probe.method} {probe.target}): {answer.status} {answer.text[:1500]!r}"
            if answer.status != probe.status or not is_told(probe, answer):
                yield Complaint("status", f"not {probe.status}: {told}")
            if self._leaks(probe, answer):
                yield Complaint("leak", told)
        seen = [answer.visible(probe.sent) for probe, answer in zip(group, answers, strict=True)]
        if len(seen) == 2 and seen[0] != seen[1] and not self._new_each_time(answers):
            yield Complaint("twins", f"{group[0].name}: {seen}")

    @staticmethod
    def _new_each_time(answers: list[Answer]) -> bool:
        """Both did as asked, which was to make something."""
        return all(answer.status in (200, 201) and b'"position":' in answer.body for answer in answers)

    def _leaks(self, probe: Probe, answer: Answer) -> bool:
        """In a good answer only what is of the caller's merchant; in a refusal nothing, not even what was sent."""
        text = answer.text.replace(probe.sent.encode(), b"") if probe.sent else answer.text
        canaries = {int(number) for number in ANYWHERE.findall(text)}
        if answer.status >= 400:
            return bool(canaries)
        with self.lock:
            owners = {self.owners.setdefault(each, probe.sees) for each in IDS.findall(text)}
        return not (canaries | owners) <= {probe.sees}


def run(url: str, groups: Iterable[Group], lines: int, patience_s: float = PATIENCE_S) -> tuple[int, list[Complaint]]:
    """How many probes were sent, over so many connections at once, and what is wrong with their answers."""
    local, judge = threading.local(), Judge()

    def send(group: Group) -> tuple[int, list[Complaint]]:
        if not hasattr(local, "line"):
            local.line = Line(url, patience_s)
        answers = [local.line.answer(probe) for probe in group]
        return len(group), list(judge.judge(group, answers))

    with ThreadPoolExecutor(lines) as pool:
        done = list(pool.map(send, groups))
    return sum(count for count, _ in done), [complaint for _, complaints in done for complaint in complaints]


# ---- alike in time ----


def bounds(differences: list[float]) -> tuple[float, float]:
    """Between which the median of all such differences is, with 99.9 % certainty, whatever their distribution: ranks of
    the sign test."""
    ordered, count = sorted(differences), len(differences)
    off = ceil(3.3 * sqrt(count) / 2)
    low, high = count // 2 - off, count // 2 + off
    return (ordered[low], ordered[high]) if low >= 0 and high < count else (float("-inf"), float("inf"))


def surely_apart_ms(pair: Callable[[], float], most: int, wanted_ms: float = 1.0) -> float:
    """By how much the median of differences is off zero for certain; 0: it may be none.

    So many pairs are taken as it needs to know on which side of the wanted difference it is, and `most` at most. What
    a busy machine adds hits both sides of a pair alike; so it costs pairs, and does not decide.
    """
    differences: list[float] = []
    low, high = bounds(differences)
    while len(differences) < most:
        differences.append(pair())
        if len(differences) >= 40 and len(differences) % 20 == 0:
            low, high = bounds(differences)
            if (-wanted_ms <= low and high <= wanted_ms) or low > wanted_ms or high < -wanted_ms:
                break
    return max(low, -high, 0.0)


def timed_pair(line: Line, group: Group, rng: random.Random) -> float:
    """How much longer the first takes than the second, asked one after the other in either order."""
    took = {}
    for index in rng.sample((0, 1), 2):
        started = time.perf_counter()
        line.answer(group[index])
        took[index] = (time.perf_counter() - started) * 1000
    return took[0] - took[1]
