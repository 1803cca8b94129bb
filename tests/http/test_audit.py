"""Who may administer a merchant, and that everything they do is written down, once and for good."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote_plus, urlsplit

import httpx
import pymongo
import pytest
from pymongo.errors import OperationFailure
from support.api import expect
from support.browser import Browser, add_user
from support.merchant import Merchant
from support.names import new_email, new_merchant_id
from support.problems import check_problem

ABSENT = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
ROUTES: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/keys", None),
    ("POST", "/keys", {"scopes": ["orders:read"]}),
    ("DELETE", f"/keys/key_{ABSENT}", None),
    ("GET", "/members", None),
    ("POST", "/members", {"email": "nobody@example.org", "role": "owner"}),
    ("PATCH", f"/members/usr_{ABSENT}", {"role": "owner"}),
    ("DELETE", f"/members/usr_{ABSENT}", None),
    ("GET", "/settings", None),
    ("PATCH", "/settings", {"name": "Ours now"}),
    ("GET", "/audit", None),
)
by_route = pytest.mark.parametrize(("method", "path", "body"), ROUTES, ids=[f"{m} {p[:12]}" for m, p, _ in ROUTES])


@pytest.fixture(scope="module")
def shared(add_merchant: Callable[..., Merchant]) -> Merchant:
    return add_merchant()


@pytest.fixture(scope="module")
def browsers(shared: Merchant, add_merchant: Callable[..., Merchant]) -> Iterator[dict[str, Browser]]:
    """Logged in: one of each role, and another merchant's owner."""
    places = {"owner": shared, "analyst": shared, "clerk": shared, "stranger": add_merchant()}
    found = {
        name: Browser.of_new_user(shared.stack, place.id, "owner" if name == "stranger" else name)
        for name, place in places.items()
    }
    yield found
    for browser in found.values():
        browser.http.close()


def state(merchant: Merchant) -> list[Any]:
    """All that the routes could change."""
    people = merchant.stack.mongo.takings_people
    return [
        merchant.stack.mongo.takings.merchants.find_one({"_id": merchant.id}),
        list(people.api_keys.find({"m": merchant.id})),
        list(people.users.find({"memberships.m": merchant.id})),
        list(people.audit.find({"m": merchant.id})),
    ]


@by_route
def test_only_owners_may(shared: Merchant, browsers: dict[str, Browser], method: str, path: str, body: Any) -> None:
    before = state(shared)
    address = f"{shared.api.base}{path}"
    for role in ("analyst", "clerk"):
        check_problem(browsers[role].send(method, address, body), 403, "forbidden")
    check_problem(shared.api.http.request(method, address, json=body), 403, "forbidden")  # a key with all scopes
    check_problem(httpx.request(method, f"{shared.stack.url}{address}", json=body), 401, "unauthenticated")
    to_foreign = browsers["stranger"].send(method, address, body)
    to_absent = browsers["stranger"].send(method, f"/v1/merchants/{new_merchant_id()}{path}", body)
    check_problem(to_foreign, 404, "not_found")
    assert without_id(to_foreign) == without_id(to_absent)
    assert state(shared) == before


def without_id(answer: httpx.Response) -> bytes:
    return answer.content.replace(answer.headers["Request-Id"].encode(), b"")


@by_route
def test_only_our_own_page_may_change(
    shared: Merchant, browsers: dict[str, Browser], method: str, path: str, body: Any
) -> None:
    owner, address = browsers["owner"], f"{shared.api.base}{path}"
    if method == "GET":
        expect(owner.get(address))
        return
    before = state(shared)
    for missing in ("X-CSRF-Token", "Origin"):
        headers = {name: value for name, value in owner.headers().items() if name != missing}
        check_problem(owner.send(method, address, body, headers), 403, "csrf")
    headers = owner.headers() | {"Origin": "http://evil.example"}
    check_problem(owner.send(method, address, body, headers), 403, "csrf")
    check_problem(owner.send(method, address, body, browsers["clerk"].headers()), 403, "csrf")
    assert state(shared) == before


# ---- the audit ----


def audit(browser: Browser, merchant: Merchant, **params: Any) -> dict[str, Any]:
    answer: dict[str, Any] = expect(browser.get(f"{merchant.api.base}/audit", **params))
    assert set(answer) == {"data", "has_more", "next_cursor"}
    for entry in answer["data"]:
        assert set(entry) == {"id", "at", "who", "email", "action", "subject", "detail", "request_id"}
    return answer


def told(entry: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(entry[name] for name in ("who", "action", "subject", "detail", "request_id"))


def test_every_change_is_written_down_once(merchant: Merchant) -> None:
    """By people and by the command line; what was refused, and what changed nothing, is not."""
    stack, base = merchant.stack, merchant.api.base
    email = add_user(stack, merchant.id, "owner")
    with Browser(stack) as owner:
        expect(owner.log_in(email))
        [me] = [m["user"] for m in expect(owner.get(f"{base}/members"))["data"]]
        wanted: list[tuple[Any, ...]] = []

        def did(action: str, answer: httpx.Response, subject: str, detail: str | None = None) -> None:
            assert answer.is_success, answer.text
            wanted.append((me, action, subject, detail, answer.headers["Request-Id"]))

        before = len(audit(owner, merchant)["data"])
        made = owner.send("POST", f"{base}/keys", {"scopes": ["orders:write", "orders:read"], "name": "Kasse"})
        key = made.json()["key"]["id"]
        did("key.create", made, key, "orders:write,orders:read")
        did("key.revoke", owner.send("DELETE", f"{base}/keys/{key}"), key)
        assert owner.send("DELETE", f"{base}/keys/{key}").status_code == 204
        added = owner.send("POST", f"{base}/members", {"email": new_email(), "role": "clerk"})
        user = added.json()["member"]["user"]
        did("member.add", added, user, "clerk")
        did("member.role", owner.send("PATCH", f"{base}/members/{user}", {"role": "analyst"}), user, "analyst")
        expect(owner.send("PATCH", f"{base}/members/{user}", {"role": "analyst"}))
        did("member.remove", owner.send("DELETE", f"{base}/members/{user}"), user)
        changes = {"name": "Teeladen", "timezone": "UTC", "currencies": ["EUR", "USD"], "locale": "de-DE"}
        changed = owner.send("PATCH", f"{base}/settings", changes)
        did("settings.change", changed, merchant.id, "name, timezone UTC, locale de-DE, currencies EUR,USD")
        expect(owner.send("PATCH", f"{base}/settings", changes))
        assert owner.send("PATCH", f"{base}/members/{me}", {"role": "clerk"}).status_code == 422
        assert owner.send("POST", f"{base}/keys", {"scopes": []}).status_code == 422
        by_cli = stack.cli("key", "add", "--merchant", merchant.id, "--scopes", "orders:read")["id"]
        stack.cli("key", "revoke", "--merchant", merchant.id, by_cli)
        other = add_user(stack, merchant.id, "analyst")
        add_user(stack, merchant.id, "clerk", other)
        stack.cli("merchant", "set-zone", merchant.id, "Asia/Tokyo")
        stack.cli("merchant", "set-locale", merchant.id, "none")
        other_id = next(m["user"] for m in expect(owner.get(f"{base}/members"))["data"] if m["email"] == other)
        wanted += [
            ("cli", "key.create", by_cli, "orders:read", None),
            ("cli", "key.revoke", by_cli, None, None),
            ("cli", "member.add", other_id, "analyst", None),
            ("cli", "member.role", other_id, "clerk", None),
            ("cli", "settings.change", merchant.id, "timezone Asia/Tokyo", None),
            ("cli", "settings.change", merchant.id, "locale none", None),
        ]
        entries = audit(owner, merchant)["data"]
        entries = entries[: len(entries) - before]
        assert [told(entry) for entry in reversed(entries)] == wanted
        assert {entry["email"] for entry in entries} == {email, None}
        assert all((entry["email"] is None) == (entry["who"] == "cli") for entry in entries)
        times = [entry["at"] for entry in entries]
        assert times == sorted(times, reverse=True)


def test_pages_stay_while_more_is_written(merchant: Merchant) -> None:
    with Browser.of_new_user(merchant.stack, merchant.id, "owner") as owner:
        rename = [owner.send("PATCH", f"{merchant.api.base}/settings", {"name": f"n{i}"}) for i in range(5)]
        assert all(answer.is_success for answer in rename)
        whole = audit(owner, merchant, limit=200)
        assert (whole["has_more"], whole["next_cursor"]) == (False, None)
        expected = [entry["id"] for entry in whole["data"]]
        seen: list[str] = []
        page = audit(owner, merchant, limit=2)
        while True:
            seen += [entry["id"] for entry in page["data"]]
            expect(owner.send("PATCH", f"{merchant.api.base}/settings", {"name": f"m{len(seen)}"}))
            if not page["has_more"]:
                break
            page = audit(owner, merchant, limit=2, cursor=page["next_cursor"])
        assert seen == expected


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=0", 422, "out_of_range"),
        ("limit=201", 422, "out_of_range"),
        ("limit=x", 422, "invalid_field"),
        ("cursor=x", 400, "invalid_cursor"),
        ("cursor=", 400, "invalid_cursor"),
        ("cursor=aud_01ARZ3NDEKTSV4RRFFQ69G5FAV", 400, "invalid_cursor"),
        ("action=key.create", 400, "unknown_parameter"),
    ],
)
def test_pages_that_there_are_not(
    shared: Merchant, browsers: dict[str, Browser], query: str, status: int, code: str
) -> None:
    check_problem(browsers["owner"].http.get(f"{shared.api.base}/audit?{query}"), status, code)


def test_nobody_sees_what_others_did(shared: Merchant, merchant: Merchant, browsers: dict[str, Browser]) -> None:
    with Browser.of_new_user(merchant.stack, merchant.id, "owner") as owner:
        expect(owner.send("PATCH", f"{merchant.api.base}/settings", {"name": "Canary"}))
        mine = {entry["id"] for entry in audit(owner, merchant, limit=200)["data"]}
        cursor = audit(owner, merchant, limit=1)["next_cursor"]
    theirs = audit(browsers["owner"], shared, limit=200)["data"]
    assert mine and not mine & {entry["id"] for entry in theirs}
    assert cursor
    check_problem(browsers["owner"].get(f"{shared.api.base}/audit", cursor=cursor), 400, "invalid_cursor")


def test_a_record_is_for_good(shared: Merchant) -> None:
    """The worker's own user may neither change nor remove one, nor the collection that holds them."""
    stack = shared.stack
    admin = urlsplit(stack.env["MONGO_ADMIN_URI"])
    password = (stack.folder / "secrets" / "mongo-worker").read_text().splitlines()[0]
    address = f"mongodb://takings-worker:{quote_plus(password)}@{admin.netloc.rpartition('@')[2]}/?{admin.query}"
    with pymongo.MongoClient[dict[str, Any]](address) as client:
        records = client.takings_people.audit
        assert records.find_one({"m": shared.id}) is not None
        for forbidden in (
            lambda: records.update_one({"m": shared.id}, {"$set": {"who": "nobody"}}),
            lambda: records.replace_one({"m": shared.id}, {}),
            lambda: records.delete_one({"m": shared.id}),
            lambda: records.drop(),
            lambda: records.rename("other"),
            lambda: client.takings_people.users.delete_one({}),
            lambda: client.takings_people.api_keys.delete_one({}),
            lambda: client.takings.merchants.delete_one({}),
            lambda: client.takings.merchants.insert_one({"_id": "x"}),
        ):
            with pytest.raises(OperationFailure) as refused:
                forbidden()
            assert refused.value.code == 13, refused.value
