"""The table of bad inputs, through the front door and straight to the worker: each is refused and stores nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from support import fastcgi
from support.api import ALL_SCOPES, expect
from support.bad_batches import BAD_BATCHES, BAD_LINES, KEYED, batch
from support.bad_inputs import BAD_INPUTS, MARK, MERCHANT, ORDER, ORDER_ID, Bad
from support.bad_owner_inputs import BAD_OWNER_INPUTS, KEY_ID, OWNER_ID, PASSWORD_OF_OWNER
from support.browser import PASSWORD, Browser
from support.merchant import Merchant
from support.problems import Answer, check_problem, nothing_stored
from support.raw import send


EVERY = BAD_INPUTS | BAD_BATCHES | BAD_OWNER_INPUTS


@pytest.fixture(scope="module")
def merchant(add_merchant: Callable[..., Merchant]) -> Iterator[Merchant]:
    """With one order, which is still the only one when everything has been refused, and nothing of it refunded."""
    merchant = add_merchant("Europe/Berlin", "EUR", "JPY")
    order_id = merchant.order(ORDER)["order"]["id"]
    yield merchant
    assert [order["id"] for order in expect(merchant.api.get("/orders"))["data"]] == [order_id]
    assert expect(merchant.api.get(f"/orders/{order_id}"))["refunds"] == []


class Sender:
    """With a till's key, which may not import, or the session of the only owner."""

    def __init__(self, merchant: Merchant, browser: Browser) -> None:
        self.stack = merchant.stack
        self.base = f"/v1/merchants/{merchant.id}"
        key = merchant.new_key(*(scope for scope in ALL_SCOPES if scope != "orders:import"))
        self.authorization = f"Bearer {key['secret']}"
        self.session = {"Cookie": f"takings={browser.token}", **browser.headers()}
        [owner] = expect(browser.get(f"{self.base}/members"))["data"]
        order = next(iter(merchant.shop.orders))
        self.places = {MERCHANT: self.base, ORDER_ID: order, OWNER_ID: owner["user"], KEY_ID: key["id"]}

    def target(self, bad: Bad) -> str:
        target = bad.target
        for place, value in self.places.items():
            target = target.replace(place, value)
        return target

    def body(self, bad: Bad) -> bytes | None:
        return bad.body and bad.body.replace(PASSWORD_OF_OWNER.encode(), PASSWORD.encode())

    def headers(self, bad: Bad) -> list[tuple[str, str]]:
        body, given = self.body(bad), bad.header_lines()
        own = self.session if bad.owner else {"Authorization": self.authorization} if bad.known else {}
        replaced = {name for name, _ in given} if bad.owner else set()
        length = [("Content-Length", str(len(body)))] if body is not None else []
        return [(name, value) for name, value in own.items() if name not in replaced] + length + given

    def over_http(self, bad: Bad) -> Answer:
        lines = [f"{bad.method} {self.target(bad)} HTTP/1.1", "Host: localhost", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in self.headers(bad)]
        head = "\r\n".join(lines).encode("latin-1")
        return send(self.stack.url, head + b"\r\n\r\n" + (self.body(bad) or b""))

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
        return fastcgi.ask(str(self.stack.socket("worker")), pairs, self.body(bad) or b"")


def cgi_name(name: str) -> str:
    upper = name.upper().replace("-", "_")
    return upper if upper in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{upper}"


def people_of(merchant: Merchant) -> list[list[dict[str, Any]]]:
    """Everything that the administration's routes could change, as it is stored."""
    takings, people = merchant.stack.mongo.takings, merchant.stack.mongo.takings_people
    return [
        list(takings.merchants.find({"_id": merchant.id})),
        list(people.api_keys.find({"m": merchant.id}).sort("_id")),
        list(people.users.find({"memberships.m": merchant.id}).sort("_id")),
        list(people.users.find({"email": {"$regex": MARK}})),
        list(people.audit.find({"m": merchant.id, "action": {"$ne": "session.fail"}}).sort("_id")),
    ]


@pytest.fixture(scope="module")
def sender(merchant: Merchant) -> Iterator[Sender]:
    """Whose people, keys and settings are the same ones when everything has been refused; and the owner is still in."""
    with Browser.of_new_user(merchant.stack, merchant.id, "owner") as browser:
        sender = Sender(merchant, browser)
        before = people_of(merchant)
        yield sender
        assert people_of(merchant) == before
        expect(browser.get("/v1/session"))


def check(answer: Answer, bad: Bad) -> None:
    if bad.method == "HEAD":
        assert answer.status_code == bad.status and answer.content == b""
        return
    check_problem(answer, bad.status, bad.code)
    assert MARK.encode() not in answer.content
    if bad.status == 405:
        assert answer.headers["Allow"]


@pytest.mark.parametrize("bad", EVERY.values(), ids=EVERY.keys())
def test_through_the_front_door(merchant: Merchant, sender: Sender, bad: Bad) -> None:
    with nothing_stored(merchant):
        check(sender.over_http(bad), bad)


@pytest.mark.parametrize("bad", EVERY.values(), ids=EVERY.keys())
def test_straight_to_the_worker(merchant: Merchant, sender: Sender, bad: Bad) -> None:
    with nothing_stored(merchant):
        check(sender.over_fastcgi(bad), bad)


# ---- lines of a batch, which are refused one by one ----


@pytest.fixture(params=["nginx", "socket"])
def sent(request: pytest.FixtureRequest, sender: Sender) -> Callable[[Bad], Answer]:
    return sender.over_http if request.param == "nginx" else sender.over_fastcgi


def in_chunks(sender: Sender, query: str, *chunks: bytes, whole: bool = True) -> Answer:
    """The batch without a length, as nginx alone may get it; not whole: it breaks off behind the last chunk."""
    lines = [f"POST {sender.base}/orders/batch{query} HTTP/1.1", "Host: localhost", "Connection: close"]
    lines += [f"Authorization: {sender.authorization}", "Content-Type: application/x-ndjson"]
    head = "\r\n".join([*lines, "Transfer-Encoding: chunked", "", ""]).encode()
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return send(sender.stack.url, head + body + (b"0\r\n\r\n" if whole else b"x"))


def test_a_batch_in_chunks(merchant: Merchant, sender: Sender) -> None:
    """Lines do not end where chunks do; the limits are those of other batches; and a part of one is none."""
    half = len(KEYED) // 2
    with nothing_stored(merchant):
        answer = in_chunks(sender, "?dry_run=true", KEYED[:half], KEYED[half:] + b"\n" + KEYED[:half], KEYED[half:])
        assert [result["status"] for result in json.loads(answer.content)["data"]] == [200, 200]
        check_problem(in_chunks(sender, "", *[KEYED + b"\n"] * 1001), 422, "too_many_items")
        check_problem(in_chunks(sender, "", *[b" " * 2**19] * 3), 413, "payload_too_large")
        check_problem(in_chunks(sender, "", KEYED + b"\n", whole=False), 400, "malformed_request")


def test_bad_lines(merchant: Merchant, sent: Callable[[Bad], Answer]) -> None:
    """All in one batch; none is stored, and each gets what it would get alone."""
    lines = [line for _, _, line in BAD_LINES.values()]
    with nothing_stored(merchant):
        answer = sent(batch(200, "", b"\n".join(lines) + b"\n"))
    assert answer.status_code == 200 and MARK.encode() not in answer.content
    found = json.loads(answer.content)
    got = {
        name: (result["status"], result["problem"]["code"])
        for name, result in zip(BAD_LINES, found["data"], strict=True)
    }
    assert got == {name: (status, code) for name, (status, code, _) in BAD_LINES.items()}
    assert [result["line"] for result in found["data"]] == list(range(1, len(lines) + 1))
    assert (found["stored"], found["replayed"], found["failed"]) == (0, 0, len(lines))


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b" \t\r\n"], ids=["none", "LF", "CRLF", "blanks"])
def test_ends_of_lines_that_are_none_of_ours(merchant: Merchant, sent: Callable[[Bad], Answer], end: bytes) -> None:
    """Or the lines above would prove nothing: JSON may have blanks behind it, and a carriage return is one."""
    body = (end or b"\n").join([KEYED, KEYED.replace(b"bad-line", b"another")]) + end
    with nothing_stored(merchant):
        answer = sent(batch(200, "", body, query="?dry_run=true"))
    assert [result["status"] for result in json.loads(answer.content)["data"]] == [200, 200]
