"""Keys that are forged, ended or over open nothing, and their secrets are stored nowhere.

Who may do what, and what anybody learns of another merchant: test_isolation_matrix.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from support.api import Api, expect
from support.merchant import Merchant
from support.poll import eventually
from support.problems import check_problem


@pytest.fixture(scope="module")
def mine(add_merchant: Callable[..., Merchant]) -> Merchant:
    return add_merchant()


@pytest.mark.parametrize("merchant", ["..", "%2e%2e", "A-Shop", "x", "m" * 33, "m*", "m%0a", "{m}"])
def test_names_that_no_merchant_has(mine: Merchant, merchant: str) -> None:
    answer = mine.api.http.get(f"/v1/merchants/{merchant}/metrics/summary", params={"range": "today"})
    check_problem(answer, 404, "not_found")


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
