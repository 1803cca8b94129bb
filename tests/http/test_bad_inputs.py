"""The table of bad inputs, through the front door and straight to the worker: each is refused and stores nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from support import fastcgi
from support.api import ALL_SCOPES, expect
from support.bad_inputs import BAD_INPUTS, MARK, MERCHANT, ORDER, ORDER_ID, Bad
from support.merchant import Merchant
from support.problems import Answer, check_problem, nothing_stored
from support.raw import send


@pytest.fixture(scope="module")
def secret(merchant: Merchant) -> str:
    """Of a till's key, which may not import."""
    scopes = [scope for scope in ALL_SCOPES if scope != "orders:import"]
    return str(merchant.new_key(*scopes)["secret"])


@pytest.fixture(scope="module")
def merchant(add_merchant: Callable[..., Merchant]) -> Iterator[Merchant]:
    """With one order, which is still the only one when everything has been refused, and nothing of it refunded."""
    merchant = add_merchant("Europe/Berlin", "EUR", "JPY")
    order_id = merchant.order(ORDER)["order"]["id"]
    yield merchant
    assert [order["id"] for order in expect(merchant.api.get("/orders"))["data"]] == [order_id]
    assert expect(merchant.api.get(f"/orders/{order_id}"))["refunds"] == []


class Sender:
    def __init__(self, merchant: Merchant, secret: str) -> None:
        self.stack = merchant.stack
        self.base = f"/v1/merchants/{merchant.id}"
        self.order_id = next(iter(merchant.shop.orders))
        self.authorization = f"Bearer {secret}"

    def target(self, bad: Bad) -> str:
        return bad.target.replace(MERCHANT, self.base).replace(ORDER_ID, self.order_id)

    def headers(self, bad: Bad) -> list[tuple[str, str]]:
        own = [("Authorization", self.authorization)] if bad.known else []
        length = [("Content-Length", str(len(bad.body)))] if bad.body is not None else []
        return own + length + bad.header_lines()

    def over_http(self, bad: Bad) -> Answer:
        lines = [f"{bad.method} {self.target(bad)} HTTP/1.1", "Host: localhost", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in self.headers(bad)]
        head = "\r\n".join(lines).encode("latin-1")
        return send(self.stack.url, head + b"\r\n\r\n" + (bad.body or b""))

    def over_fastcgi(self, bad: Bad) -> Answer:
        target = self.target(bad)
        params = [
            ("REQUEST_METHOD", bad.method),
            ("REQUEST_URI", target),
            ("QUERY_STRING", urlsplit(target).query),
            ("REMOTE_ADDR", "127.0.0.1"),
        ]
        params += [(cgi_name(name), value) for name, value in self.headers(bad)]
        pairs = [(name.encode(), value.encode("latin-1")) for name, value in params]
        return fastcgi.ask(str(self.stack.socket("worker")), pairs, bad.body or b"")


def cgi_name(name: str) -> str:
    upper = name.upper().replace("-", "_")
    return upper if upper in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{upper}"


@pytest.fixture(scope="module")
def sender(merchant: Merchant, secret: str) -> Sender:
    return Sender(merchant, secret)


def check(answer: Answer, bad: Bad) -> None:
    if bad.method == "HEAD":
        assert answer.status_code == bad.status and answer.content == b""
        return
    check_problem(answer, bad.status, bad.code)
    assert MARK.encode() not in answer.content
    if bad.status == 405:
        assert answer.headers["Allow"]


@pytest.mark.parametrize("bad", BAD_INPUTS.values(), ids=BAD_INPUTS.keys())
def test_through_the_front_door(merchant: Merchant, sender: Sender, bad: Bad) -> None:
    with nothing_stored(merchant):
        check(sender.over_http(bad), bad)


@pytest.mark.parametrize("bad", BAD_INPUTS.values(), ids=BAD_INPUTS.keys())
def test_straight_to_the_worker(merchant: Merchant, sender: Sender, bad: Bad) -> None:
    with nothing_stored(merchant):
        check(sender.over_fastcgi(bad), bad)
