"""More than can be served, and clients that take for ever: others are served, or told at once that they are not.

nginx has the product's own limits. What is asserted are answers, deadlines that the product has itself, and memory; how
fast the machine was is printed."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

import httpx
import pytest
from conftest import running
from support.api import Api, expect, new_key
from support.flood import Answer, Connection, Flood, Request, answer_to_slow, closed_loop, drip, open_loop, percentile
from support.ledger import public_id, stored_ids
from support.load import meanwhile
from support.merchant import Merchant
from support.names import new_merchant_id
from support.poll import eventually
from support.problems import check_problem
from support.sizes import sized
from support.stack import Stack, children

ORDER = {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 1, "unit_price": 995}]}
ORDER_BYTES = json.dumps(ORDER).encode()
WORKERS = ("worker-1", "worker-2")
THREADS = 4  # of each
KEYS = sized(quick=10, full=16)
SLOW = sized(quick=120, full=500)
SLOW_S = sized(quick=1.5, full=40.0)
SLOW_BYTES = sized(quick=3, full=25)
SLOW_ADDRESSES = "127.0.3"
SUSTAINED_S = sized(quick=1.0, full=10.0)
FLOOD_S = sized(quick=2.0, full=30.0)
WAITING = 511  # at the workers' socket
CONNECTIONS = 800  # more than that, and than threads
IN_A_ROW = 20
RECOVERY_S = 5.0
BUSY_S = 10.0  # until this process comes to what has arrived
NGINX_READS_S = 10.0  # so long it waits for a worker's answer
NGINX_PATIENCE_S = NGINX_READS_S + 2.0  # and so long for its socket
KIB, MIB = 1 << 10, 1 << 20


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """With fewer threads, so that ten times what they sustain can be asked by one process on the same machine."""
    yield from running(tmp_path_factory.mktemp("stack") / "s", "--limits", "--set", f"worker.threads={THREADS}")


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Iterator[Merchant]:
    merchant = Merchant.add(stack, new_merchant_id(), "UTC", ["EUR"])
    yield merchant
    merchant.api.close()


@pytest.fixture(scope="module")
def secrets(shop: Merchant) -> list[str]:
    with ThreadPoolExecutor(4) as pool:
        made = pool.map(lambda _: shop.new_key("orders:write", "orders:read", "metrics:read"), range(KEYS))
    return [key["secret"] for key in made]


# ---- who asks ----


def order_request(shop: Merchant, secret: str) -> Request:
    key = new_key()
    head = (
        f"POST {shop.api.base}/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n"
        f"Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {len(ORDER_BYTES)}\r\n\r\n"
    )
    return key, head.encode() + ORDER_BYTES


class Normal:
    """A client from an address of its own that waits for each answer, and remembers what it was."""

    def __init__(self, stack: Stack, shop: Merchant, address: str) -> None:
        self.api = Api(stack.url, shop.id, shop.new_key("orders:write", "metrics:read")["secret"])
        transport = httpx.HTTPTransport(local_address=address)
        headers = self.api.http.headers
        self.api.http.close()
        self.api.http = httpx.Client(base_url=stack.url, transport=transport, headers=headers, timeout=30.0)
        self.stored: set[str] = set()
        self.asked: list[tuple[float, httpx.Response, float]] = []  # when, the answer, and when it came

    def step(self) -> None:
        for ask in (partial(self.api.post_order, ORDER), partial(self.api.summary, range="today")):
            began = time.monotonic()
            answer = ask()
            self.asked.append((began, answer, time.monotonic()))
            if answer.status_code == 201:
                self.stored.add(answer.json()["order"]["id"])

    @property
    def answers(self) -> list[httpx.Response]:
        return [answer for _, answer, _ in self.asked]

    @property
    def seconds(self) -> list[float]:
        return [came - began for began, _, came in self.asked]

    def served_from(self, after: float) -> float | None:
        """When the first came of as many good answers in a row as prove that it is served again."""
        in_a_row: list[float] = []
        for _, answer, came in self.asked:
            good = came > after and answer.status_code in (200, 201)
            in_a_row = [*in_a_row, came] if good else []
            if len(in_a_row) == IN_A_ROW:
                return in_a_row[0]
        return None


def say(what: str, seconds: list[float]) -> None:
    p50, p99 = percentile(seconds, 0.5) * 1000, percentile(seconds, 0.99) * 1000
    longest = max(seconds, default=0.0)
    print(f"{what}: {len(seconds)} answers, p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {longest:.2f} s")


# ---- memory ----


def processes(stack: Stack) -> dict[str, int]:
    found = {part: stack.pid(part) for part in (*WORKERS, "tailer")}
    found |= {f"nginx-{number}": pid for number, pid in enumerate(children(stack.pid("nginx")), 1)}
    return found | {"batch": children(stack.pid("tailer"))[0]}


class Memory:
    """Resident bytes of each of the product's processes: before, and the most in between."""

    # What may be more than before. Each of a worker's threads may keep 4 MiB that were once needed (fcgi/main.c). Batch
    # and tailer hold one flush, of some thousand small entries. nginx' workers hold of each connection its buffers: of
    # headers and a short body some KiB, of an answer that is not fetched 512 at most.
    ROOM = {
        "worker": THREADS * 4 * MIB,
        "nginx": (SLOW + CONNECTIONS) * 16 * KIB + SLOW // 3 * 512 * KIB,
        "tailer": 8 * MIB,
        "batch": 16 * MIB,
    }

    def __init__(self, stack: Stack) -> None:
        self.pids = processes(stack)
        self.before, self.most = self.now(), self.now()

    def now(self) -> dict[str, int]:
        page = resource.getpagesize()
        return {part: int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page for part, pid in self.pids.items()}

    def look(self) -> None:
        self.most = {part: max(size, self.most[part]) for part, size in self.now().items()}

    def check(self) -> None:
        self.look()
        after = self.now()
        for part, before in self.before.items():
            print(f"{part}: {before / MIB:.1f} MiB, {self.most[part] / MIB:.1f} at most, {after[part] / MIB:.1f} after")
        grown = {part: most - self.before[part] for part, most in self.most.items()}
        assert {part: by for part, by in grown.items() if by > self.ROOM[part.partition("-")[0]]} == {}


@contextmanager
def memory_flat(stack: Stack) -> Iterator[None]:
    memory = Memory(stack)
    with meanwhile(memory.look, every_s=0.2):
        yield
    memory.check()


# ---- slow clients ----


class Slow:
    """A third send their headers a byte a second, a third the end of a body, a third so read a long answer; again and
    again, because nginx has not got patience with all of them."""

    def __init__(self, stack: Stack, shop: Merchant, secrets: list[str], ended: Callable[[], bool]) -> None:
        self.stack, self.shop, self.secrets, self.ended = stack, shop, secrets, ended
        self.answers: dict[str, Answer] = {}

    def all_at_once(self) -> None:
        async def start() -> None:
            kinds = itertools.cycle((self.head, self.body, self.read))
            await asyncio.gather(*(kind(number) for number, kind in zip(range(SLOW), kinds, strict=False)))

        asyncio.run(start())

    def connection(self, number: int, *, narrow: bool = False) -> Connection:
        return Connection(self.stack.url, f"{SLOW_ADDRESSES}.{1 + number // 20}", narrow=narrow)

    async def head(self, number: int) -> None:
        while not self.ended():
            _, order = order_request(self.shop, self.secrets[number % KEYS])
            await drip(self.connection(number), order[:40], order[40:], 1.0, self.ended)

    async def body(self, number: int) -> None:
        while not self.ended():
            key, order = order_request(self.shop, self.secrets[number % KEYS])
            first, slowly = order[:-SLOW_BYTES], order[-SLOW_BYTES:]
            self.answers[key] = await answer_to_slow(self.connection(number), first, slowly, 1.0)

    async def read(self, number: int) -> None:
        day = datetime.now(UTC).date()
        query = f"from={day - timedelta(days=90)}&to={day}&interval=hour&currency=EUR"
        head = f"GET {self.shop.api.base}/metrics/series?{query} HTTP/1.1\r\nHost: x\r\n"
        request = f"{head}Authorization: Bearer {self.secrets[number % KEYS]}\r\n\r\n".encode()
        while not self.ended():
            received = await drip(self.connection(number, narrow=True), request, b"", 1.0, self.ended)
            assert b"HTTP/1.1 200 OK".startswith(received[:15])


def test_slow_clients_hold_up_nobody(stack: Stack, shop: Merchant, secrets: list[str]) -> None:
    """Not even each other: what a slow client has sent in full is answered."""
    ended = threading.Event()
    slow = Slow(stack, shop, secrets, ended.is_set)
    normal = [Normal(stack, shop, f"127.0.2.{1 + number}") for number in range(3)]
    for each in normal:
        each.step()
    with memory_flat(stack), ThreadPoolExecutor(1) as pool:
        dawdling = pool.submit(slow.all_at_once)
        until = time.monotonic() + SLOW_S
        try:
            with meanwhile(normal[1].step), meanwhile(normal[2].step):
                while time.monotonic() < until:
                    normal[0].step()
        finally:
            ended.set()
            dawdling.result()
    for each in normal:
        assert {answer.status_code for answer in each.answers} == {200, 201}
    say(f"beside {SLOW} slow clients", [second for each in normal for second in each.seconds])
    assert {answer.status for answer in slow.answers.values()} == {201} and len(slow.answers) >= SLOW // 3
    for kind in ("POST", "GET"):
        waited = seconds_without_worker(stack, kind)
        assert len(waited) >= SLOW // 3 and median(waited) >= 1.0, waited


def seconds_without_worker(stack: Stack, method: str) -> list[float]:
    """How long nginx was busy with each request of slow clients that was answered, but for what a worker took."""
    line = rf"address={SLOW_ADDRESSES}\.\d+ method={method} .* status=20[01] .* seconds=(\S+) worker_seconds=([0-9.]+)$"
    found = re.findall(line, stack.log("access"), re.MULTILINE)
    return [float(seconds) - float(worker) for seconds, worker in found]


# ---- more than can be served ----


def connections(stack: Stack, count: int) -> list[Connection]:
    """From as many addresses as there are keys, none with more than the hundred that an address may have."""
    return [Connection(stack.url, f"127.0.4.{1 + number % KEYS}") for number in range(count)]


def check_answer(answer: Answer) -> None:
    """201, or too many, or overloaded; the last two say when to come again."""
    body = json.loads(answer.body)
    if answer.status == 201:
        assert body["order"]["totals"]["total"] == 995
        return
    assert (answer.status, body["code"]) in ((429, "rate_limited"), (503, "unavailable")), answer
    assert int(answer.headers["retry-after"]) >= 1 and answer.headers["ratelimit-policy"] == '"key";q=500;w=1'
    assert answer.status != 429 or answer.headers["ratelimit"] == '"key";r=0;t=1'


def check_stored(shop: Merchant, before: set[str], answers: dict[str, Answer], others: set[str]) -> None:
    """What was acknowledged is stored once; what is stored besides was asked for, and its answer was 503."""
    found = list(shop.stack.mongo.takings.ledger.find({"m": shop.id}, {"idem": 1}))
    stored = {entry["idem"].partition("/")[2]: public_id(entry["_id"], "order") for entry in found}
    assert len(stored) == len(found)
    taken = {key: json.loads(each.body)["order"]["id"] for key, each in answers.items() if each.status == 201}
    assert {key: stored.get(key) for key in taken} == taken
    unclear = {key for key, each in answers.items() if each.status == 503}
    new = {key: identity for key, identity in stored.items() if identity not in before | others}
    assert new.keys() - taken.keys() <= unclear


def check_repeats(shop: Merchant, normal: Normal, keys: list[str]) -> None:
    """Who was sent away and comes again with the same key is served, and has one order."""
    for key in keys[:: max(len(keys) // 20, 1)]:
        receipt = expect(normal.api.post_order(ORDER, key), 201)
        [stored] = shop.stack.mongo.takings.ledger.find({"m": shop.id, "idem": f"orders/{key}"}, {"_id": 1})
        assert receipt["order"]["id"] == public_id(stored["_id"], "order")


def flood_requests(shop: Merchant, secrets: list[str]) -> Iterator[Request]:
    """Every other with the same key, which is far too much for it; the others evenly with all the others."""
    fair = itertools.cycle(secrets[1:])
    for number in itertools.count():
        yield order_request(shop, secrets[0] if number % 2 else next(fair))


def test_ten_times_too_much(stack: Stack, shop: Merchant, secrets: list[str]) -> None:
    before = stored_ids(stack.mongo, shop.id)
    normal = Normal(stack, shop, "127.0.2.9")
    fair = (order_request(shop, secret) for secret in itertools.cycle(secrets[1:]))
    sustained = asyncio.run(closed_loop(connections(stack, 32), fair, SUSTAINED_S))
    assert sustained.statuses.keys() == {201} and not sustained.failures
    rate = len(sustained.answers) / sustained.seconds

    requests = flood_requests(shop, secrets)

    def pour() -> Flood:
        return asyncio.run(open_loop(connections(stack, CONNECTIONS), requests, 10 * rate, enough))

    def enough(flood: Flood, seconds: float) -> bool:
        """Where the machine is busy, it takes longer until there is too much of everything."""
        return seconds > (FLOOD_S if {429, 503} <= flood.statuses.keys() else 10 * FLOOD_S)

    with memory_flat(stack), meanwhile(normal.step):
        flood = pour()
        recovered = eventually(lambda: normal.served_from(flood.ended), limit_s=30.0) - flood.ended
    due, sent = flood.due / flood.seconds, len(flood.answers) / flood.seconds
    print(f"sustained {rate:.0f}/s; {due:.0f}/s fell due, {sent:.0f}/s were sent: {dict(flood.statuses)}")
    print(f"  served again {recovered:.2f} s after the end")
    for status in flood.statuses:
        say(f"  {status}", [answer.seconds for answer in flood.answers.values() if answer.status == status])
    say("  a normal client", normal.seconds)
    assert not flood.failures
    for answer in flood.answers.values():
        check_answer(answer)
        assert answer.seconds < NGINX_PATIENCE_S + BUSY_S
    assert flood.statuses.keys() == {201, 429, 503} and recovered < RECOVERY_S
    for response in normal.answers:
        assert response.status_code in (200, 201) or check_problem(response, 503, "unavailable")
    check_stored(shop, before, sustained.answers | flood.answers, normal.stored)
    check_repeats(shop, normal, [key for key, answer in flood.answers.items() if answer.status != 201])
    shop.settled()
    stack.batch("verify", "--merchant", shop.id)


# ---- at the workers' door ----


@contextmanager
def stopped(stack: Stack) -> Iterator[None]:
    pids = [stack.pid(part) for part in WORKERS]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_who_finds_no_place_to_wait_is_told_at_once(stack: Stack, shop: Merchant, secrets: list[str]) -> None:
    """The workers' socket has 511 of them. Those who have one are served when the workers can."""
    count = WAITING + 50
    asked = [order_request(shop, secret) for secret in itertools.islice(itertools.cycle(secrets), count)]
    flood, before = Flood(), stored_ids(stack.mongo, shop.id)

    async def all_at_once() -> None:
        await asyncio.gather(*map(flood.send, connections(stack, count), asked))

    with ThreadPoolExecutor(1) as pool:
        with stopped(stack):
            sent = pool.submit(asyncio.run, all_at_once())
            eventually(lambda: len(flood.answers) >= 30)
            early = dict(flood.answers)
        sent.result()
    assert {answer.status for answer in early.values()} == {503} and len(early) < len(asked)
    for answer in flood.answers.values():
        check_answer(answer)
    assert not flood.failures and len(flood.answers) == len(asked)
    assert max(answer.seconds for answer in early.values()) < NGINX_PATIENCE_S
    check_stored(shop, before, flood.answers, set())
    expect(shop.api.post_order(ORDER), 201)


def take_descriptors(pids: list[int]) -> None:
    """They may have those that they have, and no more."""
    for pid in pids:
        taken = {int(entry.name) for entry in Path(f"/proc/{pid}/fd").iterdir()}
        lowest = next(number for number in itertools.count() if number not in taken)
        _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (lowest, hard))


def test_a_worker_without_descriptors_says_so_at_once(stack: Stack, shop: Merchant) -> None:
    """Before nginx loses patience, again and again, and goes on by itself when there are some."""
    pids = [stack.pid(part) for part in WORKERS]
    limits = [resource.prlimit(pid, resource.RLIMIT_NOFILE) for pid in pids]
    asks = [partial(shop.api.post_order, ORDER), partial(shop.api.summary, range="today")]

    def refused() -> bool:
        take_descriptors(pids)  # again, if there was a connection that has ended since
        return all(ask().status_code == 503 for ask in asks)

    try:
        eventually(refused)
        for ask in asks * 4:
            began = time.monotonic()
            check_problem(ask(), 503, "unavailable")
            assert time.monotonic() - began < NGINX_READS_S
    finally:
        for pid, limit in zip(pids, limits, strict=True):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limit)
    expect(shop.api.post_order(ORDER), 201)
    expect(shop.api.summary(range="today"))
