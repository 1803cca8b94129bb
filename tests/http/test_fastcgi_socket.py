"""Straight to the workers' socket, past nginx: records that lie, break off or are of no use.

Nothing is stored unless it came whole, and the workers go on.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Iterator

import pytest

from support.api import ALL_SCOPES
from support.bad_inputs import ORDER
from support.fastcgi import (
    ABORT,
    AUTHORIZER,
    BEGIN,
    CANT_MULTIPLEX,
    DATA,
    END,
    FILTER,
    GET_VALUES,
    GET_VALUES_RESULT,
    KEEP_CONNECTION,
    PARAMS,
    STDIN,
    UNKNOWN_TYPE,
    Params,
    Peer,
    answer_of,
    ask,
    begin,
    length,
    pairs,
    record,
    request,
    stream,
    talk,
)
from support.merchant import Merchant
from support.poll import eventually
from support.problems import check_problem, nothing_stored
from support.raw import RawAnswer

BODY = json.dumps(ORDER).encode()
HEALTH: Params = [(b"REQUEST_METHOD", b"GET"), (b"REQUEST_URI", b"/healthz")]


@pytest.fixture(scope="module")
def merchant(add_merchant: Callable[..., Merchant]) -> Merchant:
    return add_merchant()


@pytest.fixture(scope="module")
def path(merchant: Merchant) -> str:
    return str(merchant.stack.socket("worker"))


@pytest.fixture(scope="module")
def authorization(merchant: Merchant) -> bytes:
    return b"Bearer " + merchant.new_key(*ALL_SCOPES)["secret"].encode()


class Order:
    """The parameters of an order with a key of its own, some of them changed; None leaves one out."""

    def __init__(self, merchant: Merchant, authorization: bytes) -> None:
        self.params: dict[bytes, bytes | None] = {
            b"REQUEST_METHOD": b"POST",
            b"REQUEST_URI": f"{merchant.api.base}/orders".encode(),
            b"QUERY_STRING": b"",
            b"REMOTE_ADDR": b"127.0.0.1",
            b"CONTENT_TYPE": b"application/json",
            b"CONTENT_LENGTH": b"%d" % len(BODY),
            b"HTTP_AUTHORIZATION": authorization,
            b"HTTP_IDEMPOTENCY_KEY": os.urandom(8).hex().encode(),
        }

    def but(self, changes: dict[bytes, bytes | None] | None = None) -> Params:
        return [(name, value) for name, value in (self.params | (changes or {})).items() if value is not None]


@pytest.fixture
def order(merchant: Merchant, authorization: bytes) -> Order:
    return Order(merchant, authorization)


@pytest.fixture(autouse=True)
def the_workers_go_on(merchant: Merchant, path: str) -> Iterator[None]:
    """Whatever they were told, they are the same processes, and each still answers."""
    workers = [merchant.stack.pid(part) for part in ("worker-1", "worker-2")]
    yield
    for _ in range(10):
        assert ask(path, HEALTH).status_code == 200
    assert [merchant.stack.pid(part) for part in ("worker-1", "worker-2")] == workers
    for pid in workers:
        os.kill(pid, 0)


def answered(path: str, said: bytes) -> RawAnswer:
    answer = answer_of(talk(path, said))
    assert answer is not None
    return answer


# ---- what is well-formed passes, or the refusals below would prove nothing ----


@pytest.mark.parametrize("piece", [0xFFFF, 8, 1])
def test_an_order_in_pieces(path: str, order: Order, piece: int) -> None:
    assert answered(path, request(order.but(), BODY, piece=piece)).status_code == 201


def test_padding(path: str, order: Order) -> None:
    params = record(PARAMS, pairs(order.but()), padding=255) + record(PARAMS)
    body = record(STDIN, BODY, padding=1) + record(STDIN)
    assert answered(path, begin() + params + body).status_code == 201


def test_a_connection_is_not_kept(merchant: Merchant, path: str, order: Order) -> None:
    """Also when that is asked for: it would hold a thread. What comes behind is not heard."""
    with nothing_stored(merchant):
        heard = talk(path, request(HEALTH, flags=KEEP_CONNECTION) + request(order.but(), BODY))
    answer = answer_of(heard)
    assert answer is not None and answer.status_code == 200
    assert [record.kind for record in heard].count(END) == 1
    with Peer(path) as peer:
        peer.say(request(HEALTH, flags=KEEP_CONNECTION))
        assert answer_of(peer.heard()) is not None  # up to the end of the connection


def refused(answer: RawAnswer | None) -> bool:
    """By hanging up, or by a problem."""
    if answer is not None:
        check_problem(answer, 400, json.loads(answer.content)["code"])
    return True


# ---- lengths that lie ----


@pytest.mark.parametrize("told", [0, 1, len(BODY) - 1, len(BODY) + 1, 60_000])
def test_a_length_that_is_not_the_bodys(merchant: Merchant, path: str, order: Order, told: int) -> None:
    with nothing_stored(merchant):
        answer = answered(path, request(order.but({b"CONTENT_LENGTH": b"%d" % told}), BODY))
        check_problem(answer, 400, "truncated_body")


@pytest.mark.parametrize("told", [b"-1", b"+5", b"5x", b" 5", b"5,5", b"0x5", b"1e2", b"1" * 20, b"\xef\xbc\x95"])
def test_a_length_that_is_none(merchant: Merchant, path: str, order: Order, told: bytes) -> None:
    with nothing_stored(merchant):
        check_problem(answered(path, request(order.but({b"CONTENT_LENGTH": told}), BODY)), 400, "malformed_request")


@pytest.mark.parametrize("told", [None, b""])
def test_no_length(merchant: Merchant, path: str, order: Order, told: bytes | None) -> None:
    with nothing_stored(merchant):
        check_problem(answered(path, request(order.but({b"CONTENT_LENGTH": told}), BODY)), 411, "length_required")


@pytest.mark.parametrize("told", [65_537, 10**9, 10**17])
def test_a_length_beyond_the_limit_is_refused_unread(merchant: Merchant, path: str, order: Order, told: int) -> None:
    with nothing_stored(merchant):
        answer = answered(path, request(order.but({b"CONTENT_LENGTH": b"%d" % told}), BODY))
        check_problem(answer, 413, "payload_too_large")


@pytest.mark.parametrize(
    "said",
    [
        record(PARAMS, length(200) + length(5) + b"SHORT"),
        record(PARAMS, length(3) + length(1000) + b"ABC="),
        record(PARAMS, b"\xff\xff\xff\xff\x01A"),
        record(PARAMS, b"\x81"),
        struct.pack(">BBHHBB", 1, PARAMS, 1, 0xFFFF, 0, 0) + b"x" * 10,
    ],
    ids=["name", "value", "2 GiB", "half a length", "record"],
)
def test_lengths_within_parameters_that_lie(merchant: Merchant, path: str, said: bytes) -> None:
    """Such a request cannot be read, so there is nobody to answer to."""
    with nothing_stored(merchant):
        assert answer_of(talk(path, begin() + said + record(PARAMS) + record(STDIN))) is None


# ---- parameters ----


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        (b"REQUEST_METHOD", 405, "method_not_allowed"),
        (b"REQUEST_URI", 400, "malformed_request"),
        (b"CONTENT_TYPE", 415, "unsupported_media_type"),
        (b"HTTP_AUTHORIZATION", 401, "unauthenticated"),
        (b"HTTP_IDEMPOTENCY_KEY", 400, "idempotency_key_missing"),
    ],
)
def test_a_parameter_that_is_missing(
    merchant: Merchant, path: str, order: Order, name: bytes, status: int, code: str
) -> None:
    with nothing_stored(merchant):
        check_problem(answered(path, request(order.but({name: None}), BODY)), status, code)


@pytest.mark.parametrize("name", [b"CONTENT_LENGTH", b"CONTENT_TYPE", b"HTTP_AUTHORIZATION", b"HTTP_COOKIE"])
def test_a_parameter_that_decides_twice(merchant: Merchant, path: str, order: Order, name: bytes) -> None:
    twice = [*order.but(), (name, b"1"), (name, b"1")]
    with nothing_stored(merchant):
        check_problem(answered(path, request(twice, BODY)), 400, "malformed_request")


@pytest.mark.parametrize("uri", [b"", b"v1/merchants", b"*", b"http://x/v1/merchants", b"\x00", b"/\xff", b"/%"])
def test_an_address_that_is_none(merchant: Merchant, path: str, order: Order, uri: bytes) -> None:
    with nothing_stored(merchant):
        check_problem(answered(path, request(order.but({b"REQUEST_URI": uri}), BODY)), 400, "malformed_request")


def test_no_parameters_at_all(path: str) -> None:
    check_problem(answered(path, request([])), 400, "malformed_request")


@pytest.mark.parametrize("request_id", [b"", b"x", b"a" * 500, b"id\r\nSet-Cookie: a=b", b'"},{"', b"0123456789abcdeg"])
def test_a_request_id_of_another_form_is_replaced(path: str, request_id: bytes) -> None:
    answer = answered(path, request([*HEALTH, (b"REQUEST_ID", request_id)]))
    assert answer.status_code == 200 and "Set-Cookie" not in answer.headers
    assert answer.headers["Request-Id"] != request_id.decode() and len(answer.headers["Request-Id"]) == 32


def test_names_that_are_none_are_ignored(path: str, order: Order) -> None:
    strange = [(b"", b""), (b"=", b"="), (b"A\x00B", b"C\x00D"), (b"\xff", b"\xff"), (b"HTTP_", b"x")]
    assert answered(path, request([*order.but(), *strange], BODY)).status_code == 201


def test_a_value_with_nul_ends_there(merchant: Merchant, path: str, order: Order, authorization: bytes) -> None:
    """As C reads it; nothing behind it is believed, and nothing before it says more than it would alone."""
    cut = {b"HTTP_AUTHORIZATION": authorization[:-1] + b"\x00" + authorization[-1:]}
    with nothing_stored(merchant):
        check_problem(answered(path, request(order.but(cut), BODY)), 401, "unauthenticated")


def test_much_more_than_nginx_would_send(path: str, order: Order) -> None:
    """A million bytes of parameters, in thousands and in one."""
    many = [(b"HTTP_X_%d" % number, b"x" * 200) for number in range(5000)]
    assert answered(path, request([*many, *order.but()], BODY)).status_code == 201
    answer = answered(path, request([*HEALTH, (b"HTTP_X_LARGE", b"x" * 1_000_000)]))
    assert answer.status_code == 200


# ---- the order of records ----


def test_a_request_that_is_aborted(merchant: Merchant, path: str, order: Order) -> None:
    """Before its parameters are there, behind them, and in its body."""
    params = stream(PARAMS, pairs(order.but()))
    with nothing_stored(merchant):
        assert refused(answer_of(talk(path, begin() + record(ABORT))))
        assert refused(answer_of(talk(path, begin() + record(PARAMS, pairs(order.but())) + record(ABORT))))
        assert refused(answer_of(talk(path, begin() + params + record(STDIN, BODY[:20]) + record(ABORT))))


def test_a_request_that_breaks_off(merchant: Merchant, path: str, order: Order) -> None:
    """Wherever it does: in a record's head, in its content, between records, before the end of the body is told."""
    whole = request(order.but(), BODY)
    body_at = len(whole) - len(BODY) - 16
    with nothing_stored(merchant):
        for end in (1, 7, 8, 15, 16, 20, 100, body_at - 8, body_at, body_at + 8, len(whole) - 9, len(whole) - 8):
            assert refused(answer_of(talk(path, whole[:end]))), end


def test_two_bodies(merchant: Merchant, path: str, order: Order) -> None:
    """What comes behind the end of the first belongs to nobody; as one body they are longer than was told."""
    ended = begin() + stream(PARAMS, pairs(order.but())) + stream(STDIN, BODY) + stream(STDIN, BODY)
    answer = answered(path, ended)
    assert answer.status_code == 201
    with nothing_stored(merchant):
        params = stream(PARAMS, pairs(order.but({b"HTTP_IDEMPOTENCY_KEY": b"two-bodies"})))
        joined = begin() + params + record(STDIN, BODY) + record(STDIN, BODY) + record(STDIN)
        check_problem(answered(path, joined), 400, "truncated_body")


def test_parameters_behind_the_body(merchant: Merchant, path: str, order: Order) -> None:
    with nothing_stored(merchant):
        said = begin() + stream(STDIN, BODY) + stream(PARAMS, pairs(order.but()))
        assert refused(answer_of(talk(path, said)))


def test_a_second_request_before_the_first_has_ended(merchant: Merchant, path: str, order: Order) -> None:
    """Requests do not share a connection at the same time."""
    params = pairs(order.but())
    with nothing_stored(merchant):
        second = begin(request=2) + stream(PARAMS, params, request=2) + stream(STDIN, BODY, request=2)
        heard = talk(path, begin(request=1) + second)
    [end] = [record for record in heard if record.request == 2]
    assert end.kind == END and end.content[4] == CANT_MULTIPLEX
    assert refused(answer_of(heard))


@pytest.mark.parametrize("role", [0, 4, 0xFFFF])
def test_a_role_that_nobody_has(merchant: Merchant, path: str, order: Order, role: int) -> None:
    with nothing_stored(merchant):
        assert answer_of(talk(path, begin(role) + request(order.but(), BODY)[16:])) is None


@pytest.mark.parametrize("role", [AUTHORIZER, FILTER])
def test_a_role_that_is_not_ours(merchant: Merchant, path: str, order: Order, role: int) -> None:
    """A worker answers requests; it authorises nothing for others and filters no files."""
    said = begin(role) + request(order.but(), BODY)[16:] + (stream(DATA, b"file") if role == FILTER else b"")
    with nothing_stored(merchant):
        assert answer_of(talk(path, said)) is None


def test_another_version(merchant: Merchant, path: str, order: Order) -> None:
    with nothing_stored(merchant):
        for version in (0, 2, 255):
            said = record(BEGIN, struct.pack(">HB5x", 1, 0), version=version) + request(order.but(), BODY)[16:]
            assert answer_of(talk(path, said)) is None


def test_management_records(path: str) -> None:
    """Asked for its limits a worker tells them; what it does not know it says so."""
    names = pairs([(b"FCGI_MAX_CONNS", b""), (b"FCGI_MPXS_CONNS", b"")])
    heard = talk(path, record(GET_VALUES, names, request=0) + record(99, b"12345678", request=0))
    assert [record.kind for record in heard] == [GET_VALUES_RESULT, UNKNOWN_TYPE] and heard[1].content[0] == 99


@pytest.mark.parametrize(
    "said", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x00" * 4096, b"\xff" * 4096, b"{}", b"\x16\x03\x01"]
)
def test_what_is_no_fastcgi(merchant: Merchant, path: str, said: bytes) -> None:
    with nothing_stored(merchant):
        assert answer_of(talk(path, said)) is None


def test_peers_that_say_nothing_and_leave(path: str) -> None:
    for _ in range(50):
        with Peer(path):
            pass
    eventually(lambda: ask(path, HEALTH).status_code == 200)
