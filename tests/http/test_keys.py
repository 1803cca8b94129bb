"""API keys made, listed and ended by owners; their last use; their secrets, shown once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from support.api import Api, expect
from support.browser import Browser
from support.merchant import Merchant
from support.poll import eventually
from support.problems import check_problem, pointers
from support.raw import RawAnswer, connect, parse, read_all

ABSENT_KEY = "key_01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.fixture(scope="module")
def merchant(add_merchant: Callable[..., Merchant]) -> Merchant:
    return add_merchant()


@pytest.fixture(scope="module")
def owner(merchant: Merchant) -> Iterator[Browser]:
    with Browser.of_new_user(merchant.stack, merchant.id, "owner") as browser:
        yield browser


def in_days(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def make_key(owner: Browser, merchant: Merchant, **body: Any) -> dict[str, Any]:
    answer = owner.send("POST", f"{merchant.api.base}/keys", {"scopes": ["orders:read"]} | body)
    made: dict[str, Any] = expect(answer, 201)
    assert answer.headers["Location"] == f"{merchant.api.base}/keys/{made['key']['id']}"
    assert answer.headers["Cache-Control"] == "no-store"
    return made


def listed(owner: Browser, merchant: Merchant, key_id: str) -> dict[str, Any]:
    answer = expect(owner.get(f"{merchant.api.base}/keys"))
    assert set(answer) == {"data", "has_more", "next_cursor"}
    assert (answer["has_more"], answer["next_cursor"]) == (False, None)
    [key] = [key for key in answer["data"] if key["id"] == key_id]
    return key


def use(merchant: Merchant, secret: str, path: str = "/orders") -> httpx.Response:
    """Each time over a connection of its own."""
    return httpx.get(
        f"{merchant.stack.url}{merchant.api.base}{path}", headers={"Authorization": f"Bearer {secret}"}, timeout=15.0
    )


def test_the_life_of_a_key(merchant: Merchant, owner: Browser) -> None:
    expires = in_days(30)
    before = datetime.now(UTC)
    made = make_key(owner, merchant, name="Kasse 7 ☕", scopes=["metrics:read", "orders:read"], expires_at=expires)
    key, secret = made["key"], made["secret"]
    assert set(made) == {"key", "secret"} and secret.startswith("tk_live_") and len(secret) == 72
    assert key | {"created_at": ""} == {
        "id": key["id"],
        "name": "Kasse 7 ☕",
        "scopes": ["orders:read", "metrics:read"],
        "created_at": "",
        "expires_at": expires,
        "last_used_at": None,
        "revoked_at": None,
    }
    assert listed(owner, merchant, key["id"]) == key
    expect(use(merchant, secret))
    check_problem(use(merchant, secret, "/keys"), 403, "forbidden")
    used = listed(owner, merchant, key["id"])
    assert used | {"last_used_at": None} == key
    assert before - timedelta(seconds=1) < datetime.fromisoformat(used["last_used_at"]) <= datetime.now(UTC)
    address = f"{merchant.api.base}/keys/{key['id']}"
    for _ in range(2):
        answer = owner.send("DELETE", address)
        assert (answer.status_code, answer.content) == (204, b"")
        check_problem(use(merchant, secret), 401, "unauthenticated")
    ended = listed(owner, merchant, key["id"])
    assert ended | {"revoked_at": None} == used
    assert before - timedelta(seconds=1) < datetime.fromisoformat(ended["revoked_at"]) <= datetime.now(UTC)


def test_a_key_with_scopes_alone(merchant: Merchant, owner: Browser) -> None:
    key = make_key(owner, merchant)["key"]
    assert (key["name"], key["expires_at"], key["scopes"]) == (None, None, ["orders:read"])


def test_a_revoked_key_is_refused_by_every_worker_at_once(merchant: Merchant, owner: Browser) -> None:
    made = make_key(owner, merchant, scopes=["metrics:read"])
    before = by_both_workers(merchant, made["secret"])
    assert owner.send("DELETE", f"{merchant.api.base}/keys/{made['key']['id']}").status_code == 204
    after = by_both_workers(merchant, made["secret"])
    assert {answer.status_code for answer in before} == {200}
    assert {answer.status_code for answer in after} == {401}


def by_both_workers(merchant: Merchant, secret: str) -> list[RawAnswer]:
    """More uses at once than a worker has threads, until each worker has decided one (a 503 decides nothing)."""
    answers: list[RawAnswer] = []

    def both_have_answered() -> bool:
        answers.extend(answer for answer in burst(merchant, secret) if answer.status_code != 503)
        logs = [merchant.stack.log(worker) for worker in ("worker-1", "worker-2")]
        return all(any(answer.headers["Request-Id"] in log for answer in answers) for log in logs)

    eventually(both_have_answered)
    return answers


def burst(merchant: Merchant, secret: str) -> list[RawAnswer]:
    series = f"{merchant.api.base}/metrics/series?range=last_30d&interval=hour"
    lines = (f"GET {series} HTTP/1.1", "Host: x", f"Authorization: Bearer {secret}", "Connection: close")
    request = "".join(f"{line}\r\n" for line in (*lines, "")).encode()
    with ExitStack() as open_ones:
        peers = [open_ones.enter_context(connect(merchant.stack.url)) for _ in range(32)]
        for peer in peers:
            peer.sendall(request)
        return [parse(read_all(peer)) for peer in peers]


def test_keys_of_others_and_of_nobody(
    merchant: Merchant, owner: Browser, add_merchant: Callable[..., Merchant]
) -> None:
    other = add_merchant()
    with Browser.of_new_user(merchant.stack, other.id, "owner") as stranger:
        theirs = make_key(stranger, other)
        to_theirs = owner.send("DELETE", f"{merchant.api.base}/keys/{theirs['key']['id']}")
        to_nobodys = owner.send("DELETE", f"{merchant.api.base}/keys/{ABSENT_KEY}")
        for answer in (to_theirs, to_nobodys, owner.send("DELETE", f"{merchant.api.base}/keys/{'x' * 200}")):
            check_problem(answer, 404, "not_found")
        assert without_id(to_theirs) == without_id(to_nobodys)
        expect(use(other, theirs["secret"]))
        assert all(key["id"] != theirs["key"]["id"] for key in expect(owner.get(f"{merchant.api.base}/keys"))["data"])


def without_id(answer: httpx.Response) -> bytes:
    return answer.content.replace(answer.headers["Request-Id"].encode(), b"")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, {"/scopes": "invalid_field"}),
        ({"scopes": []}, {"/scopes": "invalid_field"}),
        ({"scopes": "orders:read"}, {"/scopes": "invalid_field"}),
        ({"scopes": ["orders:read"] * 6}, {"/scopes": "too_many_items"}),
        ({"scopes": ["orders:read", "orders:read"]}, {"/scopes/1": "invalid_field"}),
        ({"scopes": ["admin"]}, {"/scopes/0": "invalid_field"}),
        ({"scopes": ["orders:read,metrics:read"]}, {"/scopes/0": "invalid_field"}),
        ({"scopes": [{"": "orders:read"}, None]}, {"/scopes/0": "invalid_field", "/scopes/1": "invalid_field"}),
        ({"scopes": ["orders:read"], "name": ""}, {"/name": "invalid_field"}),
        ({"scopes": ["orders:read"], "name": "x" * 101}, {"/name": "invalid_field"}),
        ({"scopes": ["orders:read"], "name": "a\tb"}, {"/name": "invalid_field"}),
        ({"scopes": ["orders:read"], "name": None}, {"/name": "invalid_field"}),
        ({"scopes": ["orders:read"], "expires_at": "2020-01-01T00:00:00Z"}, {"/expires_at": "invalid_timestamp"}),
        ({"scopes": ["orders:read"], "expires_at": "2099-01-01T00:00:00Z"}, {"/expires_at": "invalid_timestamp"}),
        ({"scopes": ["orders:read"], "expires_at": "tomorrow"}, {"/expires_at": "invalid_timestamp"}),
        ({"scopes": ["orders:read"], "expires_at": 0}, {"/expires_at": "invalid_timestamp"}),
        (
            {"secret": "x", "name": "", "scopes": ["no:such"]},
            {"/secret": "unknown_field", "/name": "invalid_field", "/scopes/0": "invalid_field"},
        ),
    ],
    ids=str,
)
def test_bodies_that_make_no_key(
    merchant: Merchant, owner: Browser, body: dict[str, Any], where: dict[str, str]
) -> None:
    before = expect(owner.get(f"{merchant.api.base}/keys"))
    problem = check_problem(owner.send("POST", f"{merchant.api.base}/keys", body), 422, next(iter(where.values())))
    assert pointers(problem) == where
    assert list(pointers(problem)) == list(where)  # in the order of the body
    assert expect(owner.get(f"{merchant.api.base}/keys")) == before


def test_a_secret_is_nowhere_but_in_its_answer(merchant: Merchant, owner: Browser) -> None:
    made = make_key(owner, merchant, name="once")
    secret = made["secret"]
    expect(use(merchant, secret))
    assert owner.send("DELETE", f"{merchant.api.base}/keys/{made['key']['id']}").status_code == 204
    check_problem(use(merchant, secret), 401, "unauthenticated")
    assert secret not in owner.get(f"{merchant.api.base}/keys").text
    assert secret not in owner.get(f"{merchant.api.base}/audit").text
    stack = merchant.stack
    for log in (stack.folder / "log").iterdir():
        assert secret.removeprefix("tk_live_") not in log.read_text(errors="replace"), log
    for name in ("api_keys", "audit"):
        assert not any(secret in str(document) for document in stack.mongo.takings_people[name].find())
    for key in stack.redis.scan_iter(match="tk:[ku]*", count=10_000):
        assert secret.encode() not in key + (stack.redis.get(key) or b"")


def plant_keys(merchant: Merchant, count: int) -> list[str]:
    """As if they had been made one after the other; the newest first."""
    names = [f"key_{number:026d}" for number in range(count)]
    merchant.stack.mongo.takings_people.api_keys.insert_many(
        {
            "_id": name,
            "m": merchant.id,
            "hash": os.urandom(32),
            "scopes": "orders:read",
            "created_at": datetime.now(UTC),
        }
        for name in names
    )
    return names[::-1]


def test_pages_stay_while_keys_are_made(add_merchant: Callable[..., Merchant]) -> None:
    merchant = add_merchant()
    keys = merchant.stack.mongo.takings_people.api_keys
    keys.delete_many({"m": merchant.id})
    planted = plant_keys(merchant, 7)
    address = f"{merchant.api.base}/keys"
    with Browser.of_new_user(merchant.stack, merchant.id, "owner") as owner:
        whole = expect(owner.get(address))
        assert [key["id"] for key in whole["data"]] == planted and not whole["has_more"]
        found: list[str] = []
        page = expect(owner.get(address, limit=3))
        while page["has_more"]:
            assert len(page["data"]) == 3
            found += [key["id"] for key in page["data"]]
            make_key(owner, merchant)  # newer: does not disturb what is behind
            page = expect(owner.get(address, limit=3, cursor=page["next_cursor"]))
        assert found + [key["id"] for key in page["data"]] == planted
        cursor = expect(owner.get(address, limit=1))["next_cursor"]
        check_problem(owner.get(f"{merchant.api.base}/members", cursor=cursor), 400, "invalid_cursor")
    keys.delete_many({"_id": {"$in": planted}})


def test_a_merchant_has_a_hundred_keys_that_can_be_used(add_merchant: Callable[..., Merchant]) -> None:
    """Those that are revoked or expired do not count; the command line goes on."""
    merchant = add_merchant()
    keys = merchant.stack.mongo.takings_people.api_keys
    keys.delete_many({"m": merchant.id})
    planted = plant_keys(merchant, 101)
    keys.update_one({"_id": planted[0]}, {"$set": {"revoked": True, "revoked_at": datetime.now(UTC)}})
    past, ahead = datetime.now(UTC) - timedelta(seconds=1), datetime.now(UTC) + timedelta(days=1)
    keys.update_one({"_id": planted[1]}, {"$set": {"expires_at": past}})
    keys.update_one({"_id": planted[2]}, {"$set": {"expires_at": ahead}})
    with Browser.of_new_user(merchant.stack, merchant.id, "owner") as owner:
        address, body = f"{merchant.api.base}/keys", {"scopes": ["orders:read"]}
        hundredth = make_key(owner, merchant)["key"]["id"]
        check_problem(owner.send("POST", address, body), 422, "too_many_items")
        assert expect(owner.get(address, limit=1))["data"][0]["id"] == hundredth
        merchant.new_key("orders:read")
        check_problem(owner.send("POST", address, body), 422, "too_many_items")
        for gone in (hundredth, planted[2]):
            assert owner.send("DELETE", f"{address}/{gone}").status_code == 204
        make_key(owner, merchant)
    keys.delete_many({"_id": {"$in": planted}})


def test_the_command_line_sees_them_too(merchant: Merchant, owner: Browser) -> None:
    made = make_key(owner, merchant)
    merchant.stack.cli("key", "revoke", "--merchant", merchant.id, made["key"]["id"])
    check_problem(use(merchant, made["secret"]), 401, "unauthenticated")
    assert listed(owner, merchant, made["key"]["id"])["revoked_at"] is not None
    theirs = Api(merchant.stack.url, merchant.id, merchant.new_key("orders:read")["secret"])
    expect(theirs.get("/orders"))
    theirs.close()
