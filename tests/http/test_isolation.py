"""Another merchant's anything is absent, to the byte; keys do what their scopes say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from support.api import ALL_SCOPES, Api, Body, expect, new_key
from support.merchant import Merchant
from support.names import new_merchant_id
from support.poll import eventually
from support.problems import check_problem, nothing_stored

ORDER: Body = {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 1, "unit_price": 500}]}
ABSENT_ORDER = "ord_01ARZ3NDEKTSV4RRFFQ69G5FAV"
ROUTES: tuple[tuple[str, str, Body | None, str], ...] = (
    ("POST", "/orders", ORDER, "orders:write"),
    ("GET", "/orders", None, "orders:read"),
    ("GET", f"/orders/{ABSENT_ORDER}", None, "orders:read"),
    ("POST", f"/orders/{ABSENT_ORDER}/refunds", {"goods": 1}, "refunds:write"),
    ("GET", "/metrics/summary?range=today", None, "metrics:read"),
    ("GET", "/metrics/series?range=today", None, "metrics:read"),
    ("GET", "/metrics/export.csv?range=today", None, "metrics:read"),
    ("GET", "/metrics/trace?range=today&metric=orders", None, "orders:read"),
    ("GET", "/metrics/definitions", None, "metrics:read"),
    ("POST", "/orders/batch", ORDER | {"idempotency_key": "a"}, "orders:write"),
    ("GET", "/restatements", None, "metrics:read"),
    ("GET", "/status", None, "metrics:read"),
)
ROUTE_NAMES = [f"{method} {path[:20]}" for method, path, *_ in ROUTES]
by_route = pytest.mark.parametrize(("method", "path", "body", "scope"), ROUTES, ids=ROUTE_NAMES)


@pytest.fixture(scope="module")
def mine(add_merchant: Callable[..., Merchant]) -> Merchant:
    return add_merchant()


@pytest.fixture(scope="module")
def foreign(add_merchant: Callable[..., Merchant]) -> Merchant:
    return add_merchant()


def call(api: Api, merchant: str, method: str, path: str, body: Body | None) -> httpx.Response:
    headers = {"Idempotency-Key": new_key()} if method == "POST" else {}
    if path == "/orders/batch":  # one line of NDJSON
        headers = {"Content-Type": "application/x-ndjson"}
    return api.http.request(method, f"/v1/merchants/{merchant}{path}", json=body, headers=headers)


def visible(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    """All that a caller can tell answers apart by, without request id and date."""
    request_id = answer.headers["Request-Id"]
    headers = {name: value for name, value in answer.headers.items() if name not in ("request-id", "date")}
    return answer.status_code, headers, answer.content.replace(request_id.encode(), b"")


@by_route
def test_a_foreign_merchant_is_absent(
    mine: Merchant, foreign: Merchant, method: str, path: str, body: Body | None, scope: str
) -> None:
    with nothing_stored(foreign):
        to_foreign = call(mine.api, foreign.id, method, path, body)
        to_absent = call(mine.api, new_merchant_id(), method, path, body)
    check_problem(to_foreign, 404, "not_found")
    assert visible(to_foreign) == visible(to_absent)


def test_a_foreign_order_is_absent(mine: Merchant, foreign: Merchant) -> None:
    order_id = foreign.order(ORDER)["order"]["id"]
    for method, path, body in (("GET", "", None), ("POST", "/refunds", {"goods": 1})):
        with nothing_stored(foreign):
            to_foreign = call(mine.api, mine.id, method, f"/orders/{order_id}{path}", body)
            to_absent = call(mine.api, mine.id, method, f"/orders/{ABSENT_ORDER}{path}", body)
        check_problem(to_foreign, 404, "not_found")
        assert visible(to_foreign) == visible(to_absent)


@pytest.mark.parametrize("merchant", ["..", "%2e%2e", "A-Shop", "x", "m" * 33, "m*", "m%0a", "{m}"])
def test_names_that_no_merchant_has(mine: Merchant, merchant: str) -> None:
    answer = mine.api.http.get(f"/v1/merchants/{merchant}/metrics/summary", params={"range": "today"})
    check_problem(answer, 404, "not_found")


@by_route
def test_without_credentials(mine: Merchant, method: str, path: str, body: Body | None, scope: str) -> None:
    with nothing_stored(mine):
        answer = call(Api(mine.stack.url, mine.id, None), mine.id, method, path, body)
    check_problem(answer, 401, "unauthenticated")


@by_route
def test_each_route_asks_for_its_scope(mine: Merchant, method: str, path: str, body: Body | None, scope: str) -> None:
    """Every other scope together is not enough; it alone is."""
    others = [name for name in ALL_SCOPES if name != scope]
    without = Api(mine.stack.url, mine.id, mine.new_key(*others)["secret"])
    with nothing_stored(mine):
        check_problem(call(without, mine.id, method, path, body), 403, "forbidden")
    alone = Api(mine.stack.url, mine.id, mine.new_key(scope)["secret"])
    assert call(alone, mine.id, method, path, body).status_code in (200, 201, 404)


@pytest.mark.parametrize(
    "header",
    ["Bearer tk_live_0", "Bearer", "Basic dGs6dGs=", "tk_live_x", "Bearer tk_live_" + "a" * 64],
)
def test_forged_keys(mine: Merchant, header: str) -> None:
    answer = httpx.get(f"{mine.stack.url}{mine.api.base}/orders", headers={"Authorization": header})
    check_problem(answer, 401, "unauthenticated")


def test_a_key_cut_or_changed_by_a_letter(mine: Merchant) -> None:
    secret = mine.new_key("orders:read")["secret"]
    other_letter = "a" if secret[-1] != "a" else "b"
    for wrong in (secret[:-1], secret[:-1] + other_letter, secret + "a"):
        check_problem(Api(mine.stack.url, mine.id, wrong).get("/orders"), 401, "unauthenticated")


def test_a_revoked_key(mine: Merchant) -> None:
    """Revoked at once, though it was in use and mirrored."""
    key = mine.new_key("orders:read", "metrics:read")
    api = Api(mine.stack.url, mine.id, key["secret"])
    expect(api.get("/orders"))
    mine.stack.cli("key", "revoke", key["id"], "--merchant", mine.id)
    check_problem(api.get("/orders"), 401, "unauthenticated")
    check_problem(api.summary(range="today"), 401, "unauthenticated")


def test_a_key_that_expires(mine: Merchant) -> None:
    """It works until its time, also once it is mirrored; one that has expired already cannot be made."""
    key_add = ("key", "add", "--merchant", mine.id, "--scopes", "orders:read", "--expires")
    assert mine.stack.try_cli(*key_add, "2020-01-01T00:00:00Z").returncode != 0
    expires = (datetime.now(UTC) + timedelta(seconds=4)).isoformat(timespec="seconds")
    api = Api(mine.stack.url, mine.id, mine.stack.cli(*key_add, expires)["secret"])
    expect(api.get("/orders"))
    eventually(lambda: api.get("/orders").status_code == 401, limit_s=8)
    check_problem(api.get("/orders"), 401, "unauthenticated")


def test_secrets_are_stored_nowhere(mine: Merchant) -> None:
    """Only a hash, in MongoDB as in Redis."""
    secret = mine.new_key("metrics:read")["secret"]
    expect(Api(mine.stack.url, mine.id, secret).summary(range="today"))
    stored = str(list(mine.stack.mongo.takings_people.api_keys.find()))
    assert stored and secret not in stored
    server = mine.stack.redis
    for name in server.scan_iter(match="tk:*", count=10_000):
        assert secret.encode() not in name
        if server.type(name) == b"string":
            assert secret.encode() not in (server.get(name) or b"")


def test_keys_are_listed_without_secrets(mine: Merchant) -> None:
    key = mine.new_key("orders:read")
    listed: Any = mine.stack.cli("key", "list", "--merchant", mine.id)
    assert key["id"] in str(listed) and key["secret"] not in str(listed)


def test_a_key_cannot_be_admin(mine: Merchant) -> None:
    for scopes in ("admin", "orders:read,admin", "orders:everything", ""):
        done = mine.stack.try_cli("key", "add", "--merchant", mine.id, "--scopes", scopes)
        assert done.returncode != 0


def test_one_worker_learns_of_a_revocation_by_another(mine: Merchant) -> None:
    key = mine.new_key("orders:read")
    api = Api(mine.stack.url, mine.id, key["secret"])
    eventually(lambda: all(api.get("/orders").status_code == 200 for _ in range(10)))
    mine.stack.cli("key", "revoke", key["id"], "--merchant", mine.id)
    assert {api.get("/orders").status_code for _ in range(20)} == {401}
