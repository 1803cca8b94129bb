"""nginx as the product configures it, under https: limits on requests, connections and slowness, TLS, security headers.

A limit lets a second's worth pass at once and then its rate. So from N requests in T seconds at most rate x (1 + T), and one
for rounding, may pass, however slow the machine is; the tests ask for more than that. Each has an address of its own, or a
session or key, so that none spends another's room."""

from __future__ import annotations

import itertools
import re
import secrets
import signal
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from conftest import start_options
from support import fastcgi
from support.api import expect
from support.browser import PASSWORD, add_user
from support.names import new_merchant_id
from support.poll import eventually
from support.problems import check_problem
from support.raw import RawAnswer, parse, read_all
from support.sizes import FULL
from support.stack import Stack

AT_ONCE = 100  # requests that one connection sends before it reads
CEILING = 600  # of one address over all that it shows; the product's is 1000, which a slow machine does not reach
CONNECTIONS = 100  # of one address, at a time
addresses = (f"127.0.1.{host}" for host in itertools.count(1))

SECURITY_HEADERS = {
    "Strict-Transport-Security": "max-age=63072000",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
DOCUMENT_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack") / "s"
    options = ["--limits", "--tls", "--nginx-set", f"CEILING_RATE={CEILING}"]
    stack = Stack.start(folder, *start_options(options))
    try:
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def shop(door: Stack) -> str:
    merchant = new_merchant_id()
    door.cli("merchant", "add", merchant, "--zone", "UTC", "--currency", "EUR")
    return merchant


def trust(stack: Stack) -> ssl.SSLContext:
    """Only the stack's own certificate."""
    return ssl.create_default_context(cafile=str(stack.folder / "data" / "nginx" / "certificate.pem"))


def connect(stack: Stack, address: str) -> ssl.SSLSocket:
    parts = urlsplit(stack.url)
    plain = socket.create_connection((parts.hostname, parts.port), timeout=30.0, source_address=(address, 0))
    return trust(stack).wrap_socket(plain, server_hostname=parts.hostname)


def client(stack: Stack, address: str) -> httpx.Client:
    transport = httpx.HTTPTransport(local_address=address, verify=trust(stack))
    return httpx.Client(base_url=stack.url, transport=transport, headers={"Origin": stack.url}, timeout=30.0)


@dataclass
class Outcome:
    passed: list[RawAnswer]
    refused: list[RawAnswer]

    def check(self, rate: int, seconds: float) -> None:
        assert rate <= len(self.passed) <= rate * (1 + seconds) + 1, f"{len(self.passed)} in {seconds} s"
        assert self.refused


def ask(stack: Stack, address: str, count: int, path: str, header: Callable[[int], str]) -> tuple[Outcome, float]:
    """So many GETs as fast as they go, and the seconds they took."""
    answers: list[RawAnswer] = []
    began = time.monotonic()
    for first in range(0, count, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, count))
        request = "".join(f"GET {path} HTTP/1.1\r\nHost: x\r\n{header(number)}\r\n\r\n" for number in numbers)
        with connect(stack, address) as peer:
            peer.sendall(request[:-2].encode() + b"Connection: close\r\n\r\n")
            received = read_all(peer)
        starts = [found.start() for found in re.finditer(rb"HTTP/1\.1 \d{3} ", received)]
        answers += [parse(received[at:end]) for at, end in zip(starts, [*starts[1:], len(received)], strict=True)]
    seconds = time.monotonic() - began
    assert len(answers) == count
    return (
        Outcome(
            [answer for answer in answers if answer.status_code != 429],
            [answer for answer in answers if answer.status_code == 429],
        ),
        seconds,
    )


def check_refused(answer: RawAnswer, policy: str, rate: int) -> None:
    check_problem(answer, 429, "rate_limited")
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["RateLimit"] == f'"{policy}";r=0;t=1'
    assert answer.headers["RateLimit-Policy"] == f'"{policy}";q={rate};w=1'


def cookie(stack: Stack, shop: str) -> str:
    with client(stack, next(addresses)) as browser:
        expect(browser.post("/v1/session", json={"email": add_user(stack, shop, "owner"), "password": PASSWORD}))
        return f"__Host-takings={dict(browser.cookies)['__Host-takings']}"


def test_a_session_may_ask_fifty_times_a_second(door: Stack, shop: str) -> None:
    mine, other, address = cookie(door, shop), cookie(door, shop), next(addresses)
    outcome, seconds = ask(door, address, 300, "/v1/session", lambda _: f"Cookie: a=b; {mine}; c=d")
    outcome.check(50, seconds)
    assert {answer.status_code for answer in outcome.passed} == {200}
    check_refused(outcome.refused[0], "session", 50)
    mine = cookie(door, shop)

    def hidden(_: int) -> str:
        """Among others, of which the worker takes no notice."""
        made_up = secrets.token_urlsafe(32)
        return f"Cookie: takings={made_up};; x__Host-takings={made_up} ; \t{mine}; __Host-takings={made_up}"

    outcome, seconds = ask(door, address, 300, "/v1/session", hidden)
    outcome.check(50, seconds)
    assert {answer.status_code for answer in outcome.passed} == {200}
    others, _ = ask(door, address, 40, "/v1/session", lambda _: f"Cookie: {other}")
    assert [answer.status_code for answer in others.passed] == [200] * 40
    assert others.passed[0].headers["RateLimit-Policy"] == '"session";q=50;w=1' and "RateLimit" not in others.passed[0].headers


def test_whoever_shows_nothing_may_ask_twenty_times_a_second(door: Stack) -> None:
    """By address, whatever the request says of it, and whatever else it shows."""
    for forged in (
        "X-Forwarded-For: 203.0.113.{}",
        "Forwarded: for=203.0.113.{}",
        "X-Real-IP: 203.0.113.{}",
        "Authorization: Bearer tk_test_{}",
        "Cookie: takings=short{}",
    ):
        outcome, seconds = ask(door, next(addresses), 100, "/v1/merchants", lambda number: forged.format(number))
        outcome.check(20, seconds)
        assert {answer.status_code for answer in outcome.passed} == {401}
        check_refused(outcome.refused[0], "address", 20)


def test_a_key_may_ask_five_hundred_times_a_second(door: Stack, shop: str) -> None:
    """A cookie beside it is no second source."""
    secret = door.cli("key", "add", "--merchant", shop, "--scopes", "metrics:read")["secret"]

    def header(_: int) -> str:
        return f"Authorization: Bearer {secret}\r\nCookie: __Host-takings={secrets.token_urlsafe(32)}"

    outcome, seconds = ask(door, next(addresses), 2500, "/v1/merchants", header)
    outcome.check(500, seconds)
    assert {answer.status_code for answer in outcome.passed} == {200}
    check_refused(outcome.refused[0], "key", 500)


def test_made_up_sessions_have_a_ceiling_in_common(door: Stack) -> None:
    def header(_: int) -> str:
        return f"Cookie: __Host-takings={secrets.token_urlsafe(32)}"

    outcome, seconds = ask(door, next(addresses), 2500, "/v1/session", header)
    outcome.check(CEILING, seconds)
    assert {answer.status_code for answer in outcome.passed} == {401}


def held_up(stack: Stack, address: str) -> ssl.SSLSocket:
    """A client that says that a body will follow, and then falls silent."""
    peer = connect(stack, address)
    cookie = f"Cookie: __Host-takings={secrets.token_urlsafe(32)}"
    peer.sendall(f"POST /v1/session HTTP/1.1\r\nHost: x\r\n{cookie}\r\nContent-Length: 9\r\n\r\n".encode())
    return peer


def test_slow_clients_keep_out_only_themselves(door: Stack) -> None:
    """An address has so many requests at a time, and a slow one costs nothing of the worker."""
    slow, address = [], next(addresses)
    with client(door, address) as same, client(door, next(addresses)) as other:
        cookies = {"Cookie": f"__Host-takings={secrets.token_urlsafe(32)}"}
        try:
            slow = [held_up(door, address) for _ in range(CONNECTIONS)]
            refused = eventually(lambda: (a := same.get("/readyz", headers=cookies)).status_code == 429 and a)
            check_problem(refused, 429, "rate_limited")
            assert "RateLimit" not in refused.headers  # a wait is not what helps
            expect(other.get("/readyz"))
        finally:
            for peer in slow:
                peer.close()
        eventually(lambda: same.get("/readyz", headers=cookies).status_code == 200)


@pytest.mark.parametrize(
    ("header", "body"),
    [("Content-Length: 100", b"x" * 100), ("Content-Length: 1", b""), ("Transfer-Encoding: chunked", b"")],
)
def test_nobody_holds_the_place_of_a_stream_by_a_body(door: Stack, shop: str, header: str, body: bytes) -> None:
    """An address has more of these places than of others."""
    with connect(door, next(addresses)) as peer:
        peer.settimeout(5.0)  # a body is waited for for ten seconds
        peer.sendall(f"GET /v1/merchants/{shop}/live HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode() + body)
        check_problem(read_answer(peer), 413, "payload_too_large")


@pytest.mark.skipif(not FULL, reason="takes as long as nginx has patience")
def test_a_header_that_does_not_end_is_not_waited_for(door: Stack) -> None:
    """A byte now and then keeps nobody waiting: ten seconds are for the whole header."""
    with connect(door, next(addresses)) as peer:
        peer.sendall(b"GET /v1/session HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        peer.settimeout(0.5)

        def ended() -> bool:
            try:
                peer.sendall(b"x")
                return peer.recv(1024) == b""
            except TimeoutError:
                return False
            except OSError:
                return True

        eventually(ended, limit_s=30.0)


# ---- TLS ----


def handshake(stack: Stack, context: ssl.SSLContext, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
    parts = urlsplit(stack.url)
    plain = socket.create_connection((parts.hostname, parts.port), timeout=15.0)
    return context.wrap_socket(plain, server_hostname=parts.hostname, session=session)


@pytest.mark.parametrize(
    ("version", "spoken"),
    [("TLSv1", False), ("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_versions_of_tls(door: Stack, version: str, spoken: bool) -> None:
    context = trust(door)
    context.set_ciphers("ALL:@SECLEVEL=0")  # else the client itself would not speak the old ones
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    if spoken:
        with handshake(door, context) as peer:
            assert peer.version() == version.replace("_", ".")
    else:
        with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
            handshake(door, context)


@pytest.mark.parametrize(
    ("cipher", "spoken"),
    [
        ("ECDHE-ECDSA-AES128-GCM-SHA256", True),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", True),
        ("ECDHE-ECDSA-AES128-SHA", False),
        ("ECDHE-ECDSA-AES256-SHA384", False),
        ("AES128-GCM-SHA256", False),
        ("ECDHE-ECDSA-NULL-SHA", False),
    ],
)
def test_ciphers(door: Stack, cipher: str, spoken: bool) -> None:
    """Without forward secrecy or authenticated encryption there is no connection."""
    context = trust(door)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{cipher}:@SECLEVEL=0")
    if spoken:
        with handshake(door, context) as peer:
            assert peer.cipher() == (cipher, "TLSv1.2", 128 if "128" in cipher else 256)
    else:
        with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
            handshake(door, context)


def test_sessions_are_resumed_without_tickets(door: Stack) -> None:
    context = trust(door)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with handshake(door, context) as first:
        assert first.session is not None and not first.session.has_ticket and not first.session_reused
        with handshake(door, context, first.session) as second:
            assert second.session_reused


def test_browsers_get_http_2(door: Stack) -> None:
    context = trust(door)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with handshake(door, context) as peer:
        assert peer.selected_alpn_protocol() == "h2"


def test_without_tls_one_is_sent_here_and_nowhere_else(door: Stack) -> None:
    """Whatever the request says of the host."""
    port = urlsplit(door.url).port
    answer = httpx.get(f"http://127.0.0.3:{port}/orders?a=1", headers={"Host": "evil.example"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{door.url}/orders?a=1")


def test_the_cookie_is_bound_to_this_host_and_to_tls(door: Stack, shop: str) -> None:
    email = add_user(door, shop, "owner")
    with client(door, next(addresses)) as browser:
        answer = browser.post("/v1/session", json={"email": email, "password": PASSWORD})
        name, *attributes = re.split("[=;] ?", answer.headers["Set-Cookie"])
        assert name == "__Host-takings" and {"Secure", "HttpOnly", "SameSite", "Path"} <= set(attributes)
        assert "Domain" not in attributes
        expect(browser.get("/v1/session"))
        token = dict(browser.cookies)["__Host-takings"]
    with client(door, next(addresses)) as other:
        plain = other.get("/v1/session", headers={"Cookie": f"takings={token}"})
        check_problem(plain, 401, "unauthenticated")  # a name that any page of the domain could set


# ---- headers ----


def read_answer(peer: socket.socket) -> RawAnswer:
    """One answer, without waiting for the end of the connection: nginx waits for the body that it refused."""
    received = b""
    while chunk := peer.recv(65536):
        received += chunk
        if b"\r\n\r\n" in received:
            answer = parse(received)
            if len(answer.content) >= int(answer.headers["Content-Length"]):
                return answer
    raise AssertionError(received)


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET /", 200),
        ("GET /login.html", 200),
        ("GET SCRIPT", 200),
        ("GET /nothing", 404),
        ("GET /assets/nothing.js", 404),
        ("POST /", 405),
        ("GET /healthz", 200),
        ("GET /v1/session", 401),
        ("GET /v1/nothing", 404),
        ("PUT /v1/session", 405),
        ("TRACE /v1/sessions", 405),
        ("GET /%", 400),
        (f"GET /{'x' * 9000}", 414),
        ("GET /\r\nX: " + "x" * 9000, 400),
        ("POST /v1/session\r\nContent-Length: 70000", 413),
    ],
    ids=lambda value: value[:30] if type(value) is str else None,
)
def test_security_headers_stand_on_every_answer(door: Stack, request_line: str, status: int) -> None:
    """Those for documents on all but scripts and styles, which come by the dozen."""
    wanted = SECURITY_HEADERS | DOCUMENT_HEADERS
    if "SCRIPT" in request_line:
        wanted = SECURITY_HEADERS | dict.fromkeys(DOCUMENT_HEADERS)
        script, *_ = re.findall(r"/assets/[^\"]+\.js", httpx.get(f"{door.url}/", verify=False).text)
        request_line = request_line.replace("SCRIPT", script)
    line, _, more = request_line.partition("\r\n")
    with connect(door, next(addresses)) as peer:
        fields = ["Host: x", "Connection: close", *([more] if more else [])]
        peer.sendall("\r\n".join([f"{line} HTTP/1.1", *fields, "", ""]).encode())
        answer = read_answer(peer)
    assert answer.status_code == status
    for name, value in wanted.items():
        assert answer.headers.get_all(name) == (value and [value]), name
    assert answer.headers["Request-Id"]
    assert answer.headers["Server"] == "nginx"
    limited = line.split()[1].startswith("/v1/")
    assert answer.headers.get_all("RateLimit-Policy", []) == (['"address";q=20;w=1'] if limited else [])


# ---- answers that break off ----

GOOD_END = fastcgi.record(fastcgi.STDOUT) + fastcgi.record(fastcgi.END, bytes(8))


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_what_a_dying_worker_had_said_is_not_taken_for_its_whole_answer(door: Stack, coding: str) -> None:
    """Of neither does a header tell the length."""
    rows = "".join(f"{number},1295\r\n" for number in range(5000)).encode()
    head = b"Status: 200 OK\r\nContent-Type: text/csv\r\n\r\n"
    part = fastcgi.record(fastcgi.STDOUT, head + rows[:30_000])
    rest = fastcgi.record(fastcgi.STDOUT, rows[30_000:])

    def export() -> bytes:
        url, headers = "/v1/merchants/shop/metrics/export.csv", {"Accept-Encoding": coding}
        with client(door, next(addresses)) as caller, caller.stream("GET", url, headers=headers) as answer:
            return answer.read()

    workers = door.socket("worker")
    with fastcgi.in_place_of_workers(workers, part + rest + GOOD_END):
        assert export() == rows
    with fastcgi.in_place_of_workers(workers, part), pytest.raises(httpx.RemoteProtocolError):
        export()
    assert b"unauthenticated" in export()


def test_a_monitoring_system_does_not_take_a_part_for_the_whole_either(door: Stack) -> None:
    part = fastcgi.record(fastcgi.STDOUT, b"Status: 200 OK\r\nContent-Type: text/plain\r\n\r\na_total 1\n")
    url = door.env["TAKINGS_METRICS_URL"]
    with fastcgi.in_place_of_workers(door.socket("worker"), part + GOOD_END):
        assert httpx.get(url).text == "a_total 1\n"
    with fastcgi.in_place_of_workers(door.socket("worker"), part), pytest.raises(httpx.RemoteProtocolError):
        httpx.get(url)


def test_a_server_in_front_tells_the_address(door: Stack) -> None:
    """With real_ip_header, as docs/operations.md has it; then a client is its IPv4 address, or its /64 of IPv6."""
    file = door.folder / "data" / "nginx" / "takings.conf"
    trusting = "server_name _;\n  set_real_ip_from 127.0.0.0/8;\n  real_ip_header X-Forwarded-For;\n"
    file.write_text(file.read_text().replace("server_name _;\n", trusting, 1))
    door.kill("nginx", signal.SIGHUP)
    address = next(addresses)

    def count_refused(client_address: str) -> int:
        forwarded = client_address.format
        outcome, _ = ask(door, address, 100, "/v1/merchants", lambda number: f"X-Forwarded-For: {forwarded(number)}")
        return len(outcome.refused)

    eventually(lambda: count_refused("203.0.113.{}") == 0)
    assert count_refused("2001:db8:{}::1") == 0
    assert count_refused("::ffff:203.0.113.{}") == 0
    assert count_refused("2001:db8:1:2:{}::1") > 0


def test_the_samples_are_filled_in(door: Stack) -> None:
    samples = list((Path(door.env["TAKINGS_BIN"]) / "etc" / "nginx").glob("*.conf"))
    assert {"takings.conf", "takings-tls.conf", "takings-redirect.conf"} <= {sample.name for sample in samples}
    for sample in samples:
        assert not re.search("@[A-Z]", sample.read_text()), sample
