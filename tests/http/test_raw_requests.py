"""Requests that break HTTP itself: each is refused as a problem, and stores nothing."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable

import pytest
from support.api import ALL_SCOPES
from support.merchant import Merchant
from support.poll import eventually
from support.problems import check_problem, nothing_stored
from support.raw import RawAnswer, connect, send
from support.stack import Stack

BODY = json.dumps(
    {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 1, "unit_price": 100}]}
).encode()
CHUNKED_BODY = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
LENGTH = b"Content-Length: %d" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked"
JSON = b"Content-Type: application/json"
HOST = b"Host: localhost"
LARGE = 70_000


@pytest.fixture(scope="module")
def merchant(add_merchant: Callable[..., Merchant]) -> Merchant:
    return add_merchant()


@pytest.fixture(scope="module")
def credentials(merchant: Merchant) -> bytes:
    return b"Authorization: Bearer " + merchant.new_key(*ALL_SCOPES)["secret"].encode()


class Sender:
    """Sends an order with a good key, the rest as told."""

    def __init__(self, merchant: Merchant, credentials: bytes) -> None:
        self.url = merchant.stack.url
        self.orders = f"/v1/merchants/{merchant.id}/orders".encode()
        self.credentials = credentials

    def bytes_of(
        self,
        *headers: bytes,
        method: bytes = b"POST",
        target: bytes | None = None,
        version: bytes = b"HTTP/1.1",
        body: bytes = BODY,
        host: bytes | None = HOST,
    ) -> bytes:
        line = b"%s %s %s" % (method, target or self.orders, version)
        fixed = [self.credentials, b"Idempotency-Key: raw", b"Connection: close"]
        lines = [line, *([host] if host else []), *fixed, *headers]
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

    def send(self, *headers: bytes, **parts: bytes | None) -> RawAnswer:
        return send(self.url, self.bytes_of(*headers, **parts))  # type: ignore[arg-type]


@pytest.fixture
def sender(merchant: Merchant, credentials: bytes) -> Sender:
    return Sender(merchant, credentials)


@pytest.mark.parametrize(
    "headers",
    [
        (LENGTH, CHUNKED),
        (LENGTH, LENGTH),
        (LENGTH, b"Content-Length: 3"),
        (b"Content-Length: -1",),
        (b"Content-Length: +5",),
        (b"Content-Length: 5x",),
        (b"Content-Length: 12345678901234567890",),
        (LENGTH, b"X-Nul: a\x00b"),
        (LENGTH, b"X-Space : a"),
        (LENGTH, b"Content-Length : 5"),
        (b"Content-Length:",),
        (b"Content-Length: 5,5",),
        (b"Content-Length: 5 5",),
        (b"Content-Length: 0x62",),
        (b"Content-Length: 98.0",),
        (b"Content-Length: 9223372036854775808",),
        (CHUNKED, LENGTH),
        (CHUNKED, CHUNKED),
        (LENGTH, b"X-Return: a\rb"),
        (LENGTH, b"X-Nul\x00: a"),
        (LENGTH, b" folded: a"),
        (LENGTH, b"\tfolded"),
        (LENGTH, b"X Blank: a"),
        (LENGTH, b"no colon at all"),
        (LENGTH, b": no name"),
    ],
    ids=lambda headers: headers[-1].decode(),
)
def test_malformed_headers(merchant: Merchant, sender: Sender, headers: tuple[bytes, ...]) -> None:
    with nothing_stored(merchant):
        check_problem(sender.send(JSON, *headers), 400, "malformed_request")


@pytest.mark.parametrize(
    "coding", [b"gzip", b"identity", b"deflate", b"gzip, chunked", b"chunked, gzip", b"xchunked", b"chunked;q=1", b""]
)
def test_other_transfer_codings(merchant: Merchant, sender: Sender, coding: bytes) -> None:
    with nothing_stored(merchant):
        check_problem(sender.send(JSON, b"Transfer-Encoding: " + coding), 501, "not_implemented")


def test_hosts(merchant: Merchant, sender: Sender) -> None:
    with nothing_stored(merchant):
        check_problem(sender.send(JSON, LENGTH, host=None), 400, "malformed_request")
        check_problem(sender.send(JSON, LENGTH, HOST), 400, "malformed_request")
    old = send(sender.url, b"GET /healthz HTTP/1.0\r\n\r\n")
    assert old.status_code == 200


@pytest.mark.parametrize(
    "end", [b"/%00", b"/%zz", b"%", b"/%1", b"/%0", b"/%ff", b"/%c0%af", b"/\x00", b"/\x01", b"/\x7f"]
)
def test_malformed_paths(merchant: Merchant, sender: Sender, end: bytes) -> None:
    with nothing_stored(merchant):
        check_problem(sender.send(JSON, LENGTH, target=sender.orders + end), 400, "malformed_request")


@pytest.mark.parametrize("host", [b"", b"a b", b"/etc", b"a\x00b", b"a/b", b".."])
def test_hosts_that_are_none(merchant: Merchant, sender: Sender, host: bytes) -> None:
    with nothing_stored(merchant):
        check_problem(sender.send(JSON, LENGTH, host=b"Host: " + host), 400, "malformed_request")


LINES = {
    "no slash": (b"v1/session", b"HTTP/1.1"),
    "a star": (b"*", b"HTTP/1.1"),
    "nothing": (b"", b"HTTP/1.1"),
    "up from the root": (b"/../../etc/passwd", b"HTTP/1.1"),
    "escaped up from the root": (b"/%2e%2e/%2e%2e/etc/passwd", b"HTTP/1.1"),
    "another protocol": (b"/v1/session", b"XTTP/1.1"),
    "small letters": (b"/v1/session", b"http/1.1"),
    "a version with a letter": (b"/v1/session", b"HTTP/1.x"),
}


@pytest.mark.parametrize(("target", "version"), LINES.values(), ids=LINES.keys())
def test_lines_that_ask_for_nothing(sender: Sender, target: bytes, version: bytes) -> None:
    line = b"GET %s %s\r\nHost: localhost\r\nConnection: close\r\n\r\n" % (target, version)
    check_problem(send(sender.url, line), 400, "malformed_request")


@pytest.mark.parametrize("version", [b"HTTP/3.0", b"HTTP/2.0", b"HTTP/9.9", b"HTTP/10.0", b"HTTP/11"])
def test_other_versions(merchant: Merchant, sender: Sender, version: bytes) -> None:
    with nothing_stored(merchant):
        check_problem(sender.send(JSON, LENGTH, version=version), 505, "version_not_supported")


@pytest.mark.parametrize("method", [b"post", b"P\x00ST", b"PO ST", b"POST\t", b"(POST)"])
def test_methods_that_are_no_words(merchant: Merchant, sender: Sender, method: bytes) -> None:
    with nothing_stored(merchant):
        check_problem(sender.send(JSON, LENGTH, method=method), 400, "malformed_request")


def test_many_headers(merchant: Merchant, sender: Sender) -> None:
    many = [b"X-%d: %s" % (number, b"a" * 1000) for number in range(40)]
    with nothing_stored(merchant):
        check_problem(sender.send(JSON, LENGTH, *many), 400, "header_too_large")


def test_long_header_and_long_address(merchant: Merchant, sender: Sender) -> None:
    with nothing_stored(merchant):
        check_problem(sender.send(JSON, LENGTH, b"X-Long: " + b"a" * 9000), 400, "header_too_large")
        check_problem(sender.send(JSON, LENGTH, target=sender.orders + b"?a=" + b"a" * 9000), 414, "uri_too_long")


def test_large_bodies(merchant: Merchant, sender: Sender) -> None:
    large = BODY[:-1] + b',"note":"' + b"a" * LARGE + b'"}'
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(large), large)
    with nothing_stored(merchant):
        by_length = sender.send(JSON, b"Content-Length: %d" % len(large), body=large)
        check_problem(by_length, 413, "payload_too_large")
        check_problem(sender.send(JSON, CHUNKED, body=chunked), 413, "payload_too_large")


def test_versions_and_methods(merchant: Merchant, sender: Sender) -> None:
    with nothing_stored(merchant):
        check_problem(sender.send(JSON, LENGTH, version=b"HTTP/3.0"), 505, "version_not_supported")
        foo = sender.send(JSON, LENGTH, method=b"FOO")
        check_problem(foo, 405, "method_not_allowed")
        assert {"GET", "POST"} <= set(foo.headers["Allow"].replace(" ", "").split(","))
        check_problem(sender.send(method=b"TRACE", body=b""), 405, "method_not_allowed")
        on_order = sender.orders + b"/ord_01ARZ3NDEKTSV4RRFFQ69G5FAV"
        check_problem(sender.send(method=b"DELETE", target=on_order, body=b""), 405, "method_not_allowed")


ROUTES = (
    "/healthz",
    "/v1/session",
    "/v1/merchants",
    "/v1/merchants/m/orders",
    "/v1/merchants/m/orders?limit=1",
    "/v1/merchants/m/orders/ord_01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "/v1/merchants/m/orders/ord_01ARZ3NDEKTSV4RRFFQ69G5FAV/refunds",
    "/v1/merchants/m/orders/batch",
    "/v1/merchants/m/metrics/summary",
    "/v1/merchants/m/keys",
    "/v1/merchants/m/keys/key_01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "/v1/merchants/m/members",
    "/v1/merchants/m/members/usr_01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "/v1/merchants/m/settings",
    "/v1/merchants/m/audit",
    "/v1/merchants/m/restatements",
    "/v1/merchants/m/quarantine",
    "/v1/merchants/m/quarantine/qua_0/retry",
)


@pytest.mark.parametrize("route", ROUTES)
def test_methods_that_nginx_refuses_itself(sender: Sender, route: str) -> None:
    """The front door names the same methods for an address as the worker behind it."""
    by_worker = check_allowed(sender.send(method=b"FOO", target=route.encode(), body=b""))
    for method in (b"TRACE", b"CONNECT"):
        assert check_allowed(sender.send(method=method, target=route.encode(), body=b"")) == by_worker


def check_allowed(answer: RawAnswer) -> set[str]:
    problem = check_problem(answer, 405, "method_not_allowed")
    assert "Allow" in problem["detail"] and "Pages" not in problem["detail"]
    return set(answer.headers["Allow"].replace(" ", "").split(","))


def test_pages_are_only_read(sender: Sender) -> None:
    assert check_allowed(sender.send(method=b"TRACE", target=b"/index.html", body=b"")) == {"GET", "HEAD"}
    assert check_allowed(sender.send(LENGTH, target=b"/index.html")) == {"GET", "HEAD"}


def test_conditions_and_parts_of_pages(sender: Sender) -> None:
    """A condition that fails is a problem as any other; parts are not served, so that none can be missing."""
    other_tag = sender.send(b'If-Match: "x"', method=b"GET", target=b"/", body=b"")
    check_problem(other_tag, 412, "precondition_failed")
    too_new = sender.send(b"If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT", method=b"GET", target=b"/", body=b"")
    check_problem(too_new, 412, "precondition_failed")
    whole = sender.send(method=b"GET", target=b"/", body=b"")
    for part in (b"bytes=0-9", b"bytes=99999999-", b"bytes=0-1,4-5"):
        answer = sender.send(b"Range: " + part, method=b"GET", target=b"/", body=b"")
        assert (answer.status_code, answer.content) == (200, whole.content)


def test_no_length(merchant: Merchant, sender: Sender) -> None:
    with nothing_stored(merchant):
        check_problem(sender.send(JSON, body=b""), 411, "length_required")


@pytest.mark.parametrize(
    "content_type",
    [
        (),
        (b"Content-Type: application/x-www-form-urlencoded",),
        (b"Content-Type: text/plain",),
        (b"Content-Type: application/json; charset=latin1",),
    ],
)
def test_other_content_types(merchant: Merchant, sender: Sender, content_type: tuple[bytes, ...]) -> None:
    with nothing_stored(merchant):
        check_problem(sender.send(*content_type, LENGTH), 415, "unsupported_media_type")


def test_an_image_is_not_acceptable(merchant: Merchant, sender: Sender) -> None:
    with nothing_stored(merchant):
        check_problem(sender.send(JSON, LENGTH, b"Accept: image/png"), 406, "not_acceptable")


def test_dots_do_not_climb_out_of_a_route(merchant: Merchant, sender: Sender) -> None:
    target = f"/v1/merchants/{merchant.id}/metrics/../admin".encode()
    check_problem(sender.send(method=b"GET", target=target, body=b""), 404, "not_found")


CUT = {
    "in the head": lambda whole: whole[:40],
    "behind the head": lambda whole: whole[: whole.index(b"\r\n\r\n") + 4],
    "in the body": lambda whole: whole[:-10],
    "by its last byte": lambda whole: whole[:-1],
}


@pytest.mark.parametrize("cut", CUT.values(), ids=CUT.keys())
def test_a_request_cut_off_is_not_stored(
    stack: Stack, merchant: Merchant, sender: Sender, cut: Callable[[bytes], bytes]
) -> None:
    with nothing_stored(merchant):
        with connect(sender.url) as peer:
            peer.sendall(cut(sender.bytes_of(JSON, LENGTH)))
            peer.shutdown(socket.SHUT_RDWR)
        eventually(lambda: merchant.api.get("/orders").status_code == 200)


CHUNKED_BADLY = {
    "a size that is none": b"zz\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a negative size": b"-5\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a size with 0x": b"0x62\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a size above 2^64": b"f" * 17 + b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a chunk longer than its size": b"5\r\n" + BODY + b"\r\n0\r\n\r\n",
    "no line break behind a chunk": b"%x\r\n%s0\r\n\r\n" % (len(BODY), BODY),
}


@pytest.mark.parametrize("body", CHUNKED_BADLY.values(), ids=CHUNKED_BADLY.keys())
def test_chunks_that_are_none(merchant: Merchant, sender: Sender, body: bytes) -> None:
    with nothing_stored(merchant):
        check_problem(sender.send(JSON, CHUNKED, body=body), 400, "malformed_request")


def test_what_is_well_formed_passes(sender: Sender) -> None:
    """Or all the refusals above would prove nothing; a Proxy header and a chunked body are harmless."""
    utf8 = b"Content-Type: application/json; charset=UTF-8"
    assert sender.send(utf8, CHUNKED, b"Proxy: http://127.0.0.1:1/", body=CHUNKED_BODY).status_code == 201
