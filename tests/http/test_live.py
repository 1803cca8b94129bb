"""The stream that tells at once that figures changed: what it says, to whom, and when it ends."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from bson import Int64
from conftest import RAISED_LIMITS, running
from oracle.shop import position_number
from support.api import expect
from support.browser import PASSWORD, Browser
from support.live import Stream, comes_again, listening, push_address, straight
from support.merchant import Merchant
from support.poll import eventually
from support.problems import check_problem
from support.scrape import Scrape
from support.sizes import FULL
from support.stack import Stack

pytestmark = pytest.mark.long

ORDER = {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 1, "unit_price": 500}]}
END = {"whole"}  # a stream that was ended, not cut
STREAMS = 12
STREAM_S = 3
BUFFER = 16384


@pytest.fixture(scope="module")
def shop(add_merchant: Callable[..., Merchant]) -> Merchant:
    return add_merchant()


@pytest.fixture(scope="module")
def owner(shop: Merchant) -> Iterator[Browser]:
    with Browser.of_new_user(shop.stack, shop.id, "owner") as browser:
        yield browser


def listen(merchant: Merchant, **more: str) -> Stream:
    """With a key of its own."""
    secret = merchant.new_key("metrics:read")["secret"]
    return Stream.of(merchant.stack, merchant.id, secret=secret, **more)


def hour_of(receipt: dict[str, Any]) -> int:
    start = datetime.fromisoformat(receipt["bucket"]["hour_start"])
    return int(start.timestamp())


def publish(stack: Stack, merchant: str, message: str | bytes) -> None:
    assert stack.redis.publish(f"tk:{{{merchant}}}:changed", message) >= 1


# ---- what it says ----


def test_an_order_is_told_at_once(shop: Merchant) -> None:
    with listening(listen(shop)) as (stream,):
        assert stream.changes[0] == {"position": stream.changes[0]["position"], "all": True}
        receipt = shop.order(ORDER)
        change = stream.hears_of(hour_of(receipt))
        assert position_number(change["position"]) >= position_number(receipt["position"])
        assert change["more"] is False
        event = next(event for event in stream.events if event.data == change)
        assert event.id == change["position"]
        # and the figures are there to be asked for
        answer = expect(shop.api.summary(range="today"))
        assert position_number(answer["meta"]["position"]) >= position_number(change["position"])


def test_a_heartbeat_comes_every_second(shop: Merchant) -> None:
    with listening(listen(shop)) as (stream,):
        first, second, third, *_ = stream.hears("heartbeat", 3)
        assert [beat.data for beat in (first, second, third)] == [{}, {}, {}]
        assert third.at - first.at > 1.5  # two waits of a second, whatever the machine does to one


def test_who_has_the_newest_is_not_told_to_look(shop: Merchant) -> None:
    with listening(listen(shop)) as (stream,):
        oldest = stream.hears_of(hour_of(shop.order(ORDER)))["position"]
        shop.order(ORDER)
        positions = eventually(lambda: [event.id for event in stream.of_kind("changed") if (event.id or "") > oldest])
        newest = positions[-1]
    with listen(shop, last_id=newest) as again:
        again.hears("heartbeat", 1)
        assert again.changes == []
        assert again.hears_of(hour_of(shop.order(ORDER)))["position"] != newest
    with listen(shop, last_id=newest) as late:
        assert late.hears("changed")[0].data["all"] is True


def test_a_merchant_hears_nothing_of_another(shop: Merchant, add_merchant: Callable[..., Merchant]) -> None:
    other = add_merchant()
    with listening(listen(shop), listen(other)) as (here, there):
        before = len(here.changes)
        for _ in range(3):
            receipt = other.order(ORDER)
            there.hears_of(hour_of(receipt))
        publish(shop.stack, other.id, '{"position":"p1_6b0967b800000003","hours":[424242],"more":false}')
        there.hears_of(424242)
        publish(shop.stack, shop.id, '{"position":"p1_6b0967b800000003","hours":[535353],"more":false}')
        here.hears_of(535353)
        assert [change.get("hours") for change in here.changes[before:]] == [[535353]]
        assert all(535353 not in change.get("hours", []) for change in there.changes)


NOT_OURS: list[str | bytes] = [
    "",
    "{}",
    "null",
    '{"position":"p1_6b0967b800000003","all":true}\n\nevent: changed\ndata: {"figure":1}',
    '{"position":"p1_6b0967b800000003","hours":[1],"more":false,"total":5}',
    '{"position":"<b>","all":true}',
    b"\xff\xfe\x00",
    "x" * 1_000_000,
]


def test_what_nobody_of_ours_published_is_not_passed_on(shop: Merchant) -> None:
    """But may mean that something changed."""
    with listening(listen(shop)) as (stream,):
        for message in NOT_OURS:
            before = len(stream.changes)
            publish(shop.stack, shop.id, message)
            stream.hears("changed", before + 1)
            assert stream.changes[before:] == [{"position": None, "all": True}]
        assert {event.kind for event in stream.events} <= {"changed", "heartbeat"}


# ---- to whom ----


def test_who_may_not_listen_gets_a_problem(shop: Merchant, owner: Browser) -> None:
    url, path = shop.stack.url, f"{shop.api.base}/live"

    def get(where: str = path, method: str = "GET", accept: str = "text/event-stream", **who: str) -> httpx.Response:
        return httpx.request(method, url + where, headers={"Accept": accept} | who, timeout=15.0)

    def key(*scopes: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {shop.new_key(*scopes)['secret']}"}

    check_problem(get(), 401, "unauthenticated")
    check_problem(get(Cookie="takings=" + 43 * "x"), 401, "unauthenticated")
    check_problem(get(**key("orders:read")), 403, "forbidden")
    check_problem(get("/v1/merchants/no-such-shop/live", **key("metrics:read")), 404, "not_found")
    reader = key("metrics:read")
    check_problem(get(path + "?since=1", **reader), 400, "unknown_parameter")
    check_problem(get(accept="application/json", **reader), 406, "not_acceptable")
    check_problem(get(method="POST", **reader), 405, "method_not_allowed")
    assert get(method="HEAD", **reader).headers["Content-Type"] == "text/event-stream"
    with Browser.of_new_user(shop.stack, shop.id, "clerk") as clerk:
        check_problem(get(Cookie=f"takings={clerk.token}"), 403, "forbidden")
    with Browser.of_new_user(shop.stack, shop.id, "analyst") as analyst:
        Stream.of(shop.stack, shop.id, token=analyst.token).close()


def test_nobody_comes_to_push_but_through_the_worker(shop: Merchant) -> None:
    """Neither to nginx's inner address, nor past it with an address that the worker would not make."""
    for path in ("/.live", "/.live" + push_address(shop.id).removeprefix("/live"), "/.problem/live_away"):
        check_problem(httpx.get(shop.stack.url + path), 404, "not_found")
    good = push_address(shop.id)
    bad = ["/", "/live", "/live?", good.replace("merchant=", "m="), good.replace(shop.id, "A%00B"), good + "x"]
    bad += [good.replace("asked=", "asked=x"), re.sub(r"lasts=\d+", "lasts=99999999999999999999", good)]
    bad += [good.replace("key=", "user="), good.replace("/live?", "/live?merchant=A&")]
    transport = httpx.HTTPTransport(uds=str(shop.stack.socket("push")))
    with httpx.Client(transport=transport, base_url="http://live", timeout=15.0) as client:
        for address in bad:
            assert client.get(address).status_code == 400, address
        # too old to be on its way still, and ahead of now
        for asked in (1, 10**15):
            assert client.get(re.sub(r"asked=\d+", f"asked={asked}", good)).status_code == 503
        assert client.post(good).status_code == 501 or client.post(good).status_code == 405


def test_answer_tells_nothing_of_the_way(shop: Merchant) -> None:
    with listening(listen(shop)) as (stream,):
        names = {name.lower() for name, _ in stream.answer.getheaders()}
        assert not names & {"x-accel-redirect", "set-cookie", "content-length"}
        assert stream.answer.getheader("Content-Type") == "text/event-stream"
        assert "no-cache" in (stream.answer.getheader("Cache-Control") or "")


# ---- when it ends ----


def end_by_log_out(person: Browser, owner: Browser, shop: Merchant) -> None:
    assert person.log_out().status_code == 204


def end_by_log_out_everywhere(person: Browser, owner: Browser, shop: Merchant) -> None:
    assert person.log_out_everywhere().status_code == 204


def end_by_password(person: Browser, owner: Browser, shop: Merchant) -> None:
    assert person.set_password(PASSWORD, PASSWORD + "!").status_code == 204


def member_path(person: Browser, owner: Browser, shop: Merchant) -> str:
    email = expect(person.get("/v1/session"))["user"]["email"]
    members = expect(owner.get(f"{shop.api.base}/members"))["data"]
    [user] = [member["user"] for member in members if member["email"] == email]
    return f"{shop.api.base}/members/{user}"


def end_by_role(person: Browser, owner: Browser, shop: Merchant) -> None:
    expect(owner.send("PATCH", member_path(person, owner, shop), {"role": "clerk"}))


def end_by_removal(person: Browser, owner: Browser, shop: Merchant) -> None:
    assert owner.send("DELETE", member_path(person, owner, shop)).status_code == 204


def end_by_tool(person: Browser, owner: Browser, shop: Merchant) -> None:
    email = expect(person.get("/v1/session"))["user"]["email"]
    shop.stack.cli("user", "set-password", email, "--generate-password")


@pytest.mark.parametrize(
    "end",
    [end_by_log_out, end_by_log_out_everywhere, end_by_password, end_by_role, end_by_removal, end_by_tool],
    ids=lambda end: end.__name__.removeprefix("end_by_"),
)
def test_a_persons_stream_ends_at_once(
    shop: Merchant, owner: Browser, end: Callable[[Browser, Browser, Merchant], None]
) -> None:
    """And nobody else's; who comes again is judged anew."""
    stack = shop.stack
    with Browser.of_new_user(stack, shop.id, "analyst") as person:
        token = person.token
        mine, elses = Stream.of(stack, shop.id, token=token), Stream.of(stack, shop.id, token=owner.token)
        with listening(mine, elses, listen(shop)) as (_, _, with_key):
            end(person, owner, shop)
            assert mine.ends() in END
            answer = httpx.get(f"{stack.url}{shop.api.base}/live", headers={"Cookie": f"takings={token}"})
            check_problem(answer, 401, "unauthenticated")
            beats = [len(stream.of_kind("heartbeat")) for stream in (elses, with_key)]
            for stream, count in zip((elses, with_key), beats, strict=True):
                stream.hears("heartbeat", count + 1)


def test_the_role_that_somebody_has_ends_no_stream(shop: Merchant, owner: Browser) -> None:
    """It would end them at every merchant, with no record of it. Unless it was set by a change that got no further."""
    stack = shop.stack
    with Browser.of_new_user(stack, shop.id, "analyst") as person:
        path = member_path(person, owner, shop)
        with listening(Stream.of(stack, shop.id, token=person.token)) as (mine,):
            for _ in range(3):
                expect(owner.send("PATCH", path, {"role": "analyst"}))
            mine.hears("heartbeat", len(mine.of_kind("heartbeat")) + 2)
            assert mine.ended is None
            here = {"_id": path.rpartition("/")[2], "memberships.m": shop.id}
            change = {"$set": {"memberships.$.role": "clerk"}, "$inc": {"sessions": Int64(1)}}
            assert stack.mongo.takings_people.users.update_one(here, change).modified_count == 1
            expect(owner.send("PATCH", path, {"role": "clerk"}))
            assert mine.ends() in END


@pytest.mark.parametrize("way", ["api", "tool"])
def test_a_keys_stream_ends_at_once(shop: Merchant, owner: Browser, way: str) -> None:
    stack, key = shop.stack, shop.new_key("metrics:read")
    with listening(Stream.of(stack, shop.id, secret=key["secret"]), listen(shop)) as (mine, elses):
        if way == "api":
            assert owner.send("DELETE", f"{shop.api.base}/keys/{key['id']}").status_code == 204
        else:
            stack.cli("key", "revoke", "--merchant", shop.id, key["id"])
        assert mine.ends() in END
        elses.hears("heartbeat", len(elses.of_kind("heartbeat")) + 1)


def test_a_stream_ends_with_its_key(shop: Merchant, owner: Browser) -> None:
    expires = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
    body = {"scopes": ["metrics:read"], "expires_at": expires}
    secret = expect(owner.send("POST", f"{shop.api.base}/keys", body), 201)["secret"]
    with Stream.of(shop.stack, shop.id, secret=secret) as stream:
        assert stream.ends() in END


# ---- bounds, and the death of parts ----


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that is broken and mended again, with room for few, and every change told by itself."""
    settings = {"streams": STREAMS, "stream_s": 600, "stream_buffer_bytes": BUFFER, "gather_ms": 0}
    options = [part for name, value in settings.items() for part in ("--set", f"push.{name}={value}")]
    yield from running(tmp_path_factory.mktemp("fragile") / "s", *RAISED_LIMITS, *options, "--workers", "1")


def redis_failures(stack: Stack) -> float:
    return Scrape(stack).count("takings_redis_failures_total", program="push")


@contextmanager
def short_streams(stack: Stack) -> Iterator[None]:
    """Another push, whose streams live for STREAM_S."""
    path = Path(stack.env["TAKINGS_CONFIG"])
    before = path.read_text()
    for text in (before.replace("stream_s=600", f"stream_s={STREAM_S}"), before):
        stack.kill("push", signal.SIGTERM)
        path.write_text(text)
        stack.up("push")
        if text != before:
            yield


@pytest.fixture(scope="module")
def there(fragile: Stack) -> Merchant:
    return Merchant.add(fragile, "there", "Europe/Berlin", ["EUR"])


def resident_kib(stack: Stack) -> int:
    text = Path(f"/proc/{stack.pid('push')}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0])


def ended_by(stack: Stack, reason: str) -> float:
    return Scrape(stack).count("takings_push_streams_ended_total", reason=reason)


def test_a_stream_ends_by_age_and_the_next_goes_on(fragile: Stack, there: Merchant) -> None:
    before = ended_by(fragile, "age")
    with short_streams(fragile), listening(comes_again(lambda: listen(there))) as (stream,):
        assert stream.ends() in END
        assert len(stream.of_kind("heartbeat")) >= 1
    assert ended_by(fragile, "age") == before + 1
    with comes_again(lambda: listen(there)) as again:
        again.hears_of(hour_of(there.order(ORDER)))


def test_beyond_the_bound_nobody_is_admitted(fragile: Stack, there: Merchant) -> None:
    eventually(lambda: Scrape(fragile).count("takings_push_streams") == 0, limit_s=10.0)
    streams = [straight(fragile, there.id) for _ in range(STREAMS)]
    secret = there.new_key("metrics:read")["secret"]
    try:
        assert {stream.status for stream in streams} == {200}
        assert Scrape(fragile).count("takings_push_streams") == STREAMS
        headers = {"Authorization": f"Bearer {secret}"}
        problem = check_problem(httpx.get(f"{fragile.url}{there.api.base}/live", headers=headers), 503, "unavailable")
        assert "figures can be asked for" in problem["detail"]
    finally:
        for stream in streams:
            stream.close()
    comes_again(lambda: Stream.of(fragile, there.id, secret=secret)).close()


def test_a_client_that_does_not_read_is_dropped(fragile: Stack, there: Merchant) -> None:
    """Its memory is bounded meanwhile, and those who read miss nothing."""
    message = '{"position":"p1_6b0967b800000003","hours":[' + ",".join(["1795777200"] * 50) + '],"more":false}'
    before, memory = ended_by(fragile, "slow"), resident_kib(fragile)
    with listening(listen(there)) as (stream,), socket.socket(socket.AF_UNIX) as deaf:
        deaf.connect(str(fragile.socket("push")))
        deaf.sendall(f"GET {push_address(there.id)} HTTP/1.1\r\nHost: live\r\n\r\n".encode())
        eventually(lambda: Scrape(fragile).count("takings_push_streams") == 2)
        sent = 0
        while ended_by(fragile, "slow") == before and sent < 5000:
            for _ in range(50):
                publish(fragile, there.id, message)
            sent += 50
        assert ended_by(fragile, "slow") == before + 1
        publish(fragile, there.id, '{"position":"p1_6b0967b800000004","hours":[646464],"more":false}')
        stream.hears_of(646464)
    assert resident_kib(fragile) < memory + 2048


def test_who_comes_and_goes_leaves_no_memory_behind(fragile: Stack, there: Merchant) -> None:
    def come_and_go(times: int) -> None:
        for _ in range(times):
            with socket.socket(socket.AF_UNIX) as visitor:
                visitor.connect(str(fragile.socket("push")))
                visitor.sendall(f"GET {push_address(there.id)} HTTP/1.1\r\nHost: live\r\n\r\n".encode())
                assert visitor.recv(4096).startswith(b"HTTP/1.1 ")
        eventually(lambda: Scrape(fragile).count("takings_push_streams") == 0)

    come_and_go(500)
    before = resident_kib(fragile)
    come_and_go(4000)
    assert resident_kib(fragile) < before + 1024


def test_sigterm_lets_streams_end(fragile: Stack, there: Merchant) -> None:
    streams = [listen(there) for _ in range(5)]
    with listening(*streams):
        before = time.monotonic()
        fragile.kill("push", signal.SIGTERM)
        assert {stream.ends() for stream in streams} == END
        assert time.monotonic() - before < 8.0
    assert "event=push_stopped" in fragile.log("push").splitlines()[-1]
    answer = httpx.get(f"{fragile.url}{there.api.base}/live", headers=dict(there.api.http.headers))
    check_problem(answer, 503, "unavailable")
    expect(there.api.summary(range="today"))  # the rest goes on
    fragile.up("push")
    comes_again(lambda: listen(there)).close()


def test_push_is_killed_and_comes_back(fragile: Stack, there: Merchant) -> None:
    with listening(listen(there)) as (stream,):
        fragile.kill("push", signal.SIGKILL)
        stream.ends()
        receipt = there.order(ORDER)
        fragile.up("push")
        with comes_again(lambda: listen(there)) as again:
            assert again.hears("changed")[0].data["all"] is True  # the order of meanwhile is in it
            there.settled()
            assert position_number(receipt["position"]) > 0
            again.hears_of(hour_of(there.order(ORDER)))


def test_without_redis_there_is_no_heartbeat_and_all_may_have_changed(fragile: Stack, there: Merchant) -> None:
    """Stopped for a while, it is silent; streams live on, and hear that all may have changed."""
    with listening(straight(fragile, there.id)) as (stream,):
        stream.hears("heartbeat")
        fragile.kill("redis", signal.SIGSTOP)
        eventually(lambda: stream.comments >= 2)
        beats = len(stream.of_kind("heartbeat"))
        eventually(lambda: "no sign of life" in fragile.log("push").splitlines()[-1])
        assert len(stream.of_kind("heartbeat")) == beats
        before = len(stream.changes)
        fragile.kill("redis", signal.SIGCONT)
        stream.hears("changed", before + 1)
        assert stream.changes[before] == {"position": None, "all": True}
        stream.hears("heartbeat", beats + 1)


def test_redis_is_started_again(fragile: Stack, there: Merchant) -> None:
    with listening(straight(fragile, there.id)) as (stream,):
        before, lines = len(stream.changes), len(fragile.log("push").splitlines())
        failed = redis_failures(fragile)
        fragile.kill("redis", signal.SIGTERM)
        eventually(lambda: redis_failures(fragile) >= failed + 5)
        fragile.up("redis")
        stream.hears("changed", before + 1)
        assert stream.changes[before]["all"] is True
        told = fragile.log("push").splitlines()[lines:]
        down = [line.partition(" why=")[2] for line in told if " event=feed_down " in line]
        [up] = [int(line.partition(" failures=")[2]) for line in told if " event=feed_up " in line]
        assert 1 <= len(down) == len(set(down)) < 5 <= up  # each reason once, however often it was tried
    with comes_again(lambda: listen(there)) as again:
        again.hears_of(hour_of(there.order(ORDER)))


def test_a_session_that_ends_on_the_way_gets_no_stream(fragile: Stack, there: Merchant) -> None:
    """The worker let somebody in, and they logged out before nginx came to push."""
    address = push_address(there.id)
    key = there.new_key("metrics:read")
    late = address.replace("key_01ARZ3NDEKTSV4RRFFQ69G5FAV", key["id"])
    fragile.cli("key", "revoke", "--merchant", there.id, key["id"])
    transport = httpx.HTTPTransport(uds=str(fragile.socket("push")))
    with httpx.Client(transport=transport, base_url="http://live", timeout=15.0) as client:
        eventually(lambda: client.get(late).status_code == 503)


def test_an_end_that_cannot_be_told_is_counted(fragile: Stack, there: Merchant) -> None:
    """The log-out is done all the same."""
    with Browser.of_new_user(fragile, there.id, "analyst") as person:
        before = Scrape(fragile).count("takings_ended_untold_total", kind="session")
        fragile.redis.execute_command("ACL", "SETUSER", "takings-worker", "-publish")
        try:
            assert person.log_out().status_code == 204
        finally:
            fragile.redis.execute_command("ACL", "SETUSER", "takings-worker", "+publish")
    assert Scrape(fragile).count("takings_ended_untold_total", kind="session") == before + 1
    assert "event=ended_untold kind=session" in fragile.log("worker-1")


class Crowd:
    """Idle listeners through nginx, in a loop of their own; they read and count."""

    def __init__(self, stack: Stack, merchant: Merchant, size: int) -> None:
        secret = merchant.new_key("metrics:read")["secret"]
        self.request = f"GET {merchant.api.base}/live HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {secret}\r\n\r\n"
        self.address = urlsplit(stack.url)
        self.size = size
        self.heartbeats = self.changes = self.lost = 0

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Let in, with the first hint behind it."""
        reader, writer = await asyncio.open_connection(self.address.hostname, self.address.port)
        writer.write(self.request.encode())
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        await reader.readuntil(b'"all":true}\n\n')
        return reader, writer

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while text := await reader.read(65536):
            self.heartbeats += text.count(b"event: heartbeat")
            self.changes += text.count(b"event: changed")
        self.lost += 1
        writer.close()

    async def stay(self, seconds: int, each_second: Callable[[], None]) -> None:
        """They come by twenties: more at once than a socket's backlog would be told to come later."""
        listeners: list[asyncio.Task[None]] = []
        while len(listeners) < self.size:
            opened = await asyncio.gather(*(self._open() for _ in range(20)))
            listeners += [asyncio.create_task(self._listen(*ends)) for ends in opened]
        self.heartbeats = self.changes = 0
        for _ in range(seconds):
            each_second()
            await asyncio.sleep(1)
        for listener in listeners:
            listener.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)


@pytest.fixture
def long_lived(tmp_path: Path) -> Iterator[Merchant]:
    """Streams live as long as the product's; one merchant may have all of them."""
    for stack in running(tmp_path / "s", *RAISED_LIMITS, "--set", "push.streams_of_merchant=4000"):
        yield Merchant.add(stack, "crowded", "Europe/Berlin", ["EUR"])


@pytest.mark.skipif(not FULL, reason="takes minutes")
def test_thousands_of_idle_listeners_cost_flat_memory(long_lived: Merchant) -> None:
    """2,000 on one takings-push, for minutes of heartbeats and of an event each second; none is lost."""
    stack, crowd = long_lived.stack, Crowd(long_lived.stack, long_lived, 2000)
    memory: list[int] = []
    hours = ",".join(str(1795777200 + 3600 * number) for number in range(50))

    def each_second() -> None:
        memory.append(resident_kib(stack))
        publish(stack, "crowded", f'{{"position":"p1_6b0967b8{len(memory):08x}","hours":[{hours}],"more":false}}')

    asyncio.run(crowd.stay(180, each_second))
    warm, end = memory[30], memory[-1]
    print(f"\nRSS of takings-push with {crowd.size} listeners: {memory[0]} KiB, {warm} after 30 s, {end} at the end")
    assert crowd.lost == 0
    assert crowd.heartbeats >= 0.9 * 180 * crowd.size
    assert crowd.changes >= 0.9 * 180 * crowd.size
    assert end <= warm * 1.02 + 256
    assert end < 64 * 1024
