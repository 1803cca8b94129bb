"""Who belongs to a merchant, in which role: added, changed and removed by owners, of whom one always stays."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from support.api import expect
from support.browser import PASSWORD, Browser, add_user
from support.merchant import Merchant
from support.names import new_email
from support.problems import check_problem, pointers
from support.sizes import sized

ABSENT_USER = "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.fixture(scope="module")
def shop(add_merchant: Callable[..., Merchant]) -> Merchant:
    return add_merchant()


@pytest.fixture(scope="module")
def owner(shop: Merchant) -> Iterator[Browser]:
    with Browser.of_new_user(shop.stack, shop.id, "owner") as browser:
        yield browser


@pytest.fixture
def only_owner(merchant: Merchant) -> Iterator[Browser]:
    """Of a merchant that nobody else belongs to."""
    with Browser.of_new_user(merchant.stack, merchant.id, "owner") as browser:
        yield browser


def members(browser: Browser, merchant: Merchant) -> dict[str, dict[str, Any]]:
    """By e-mail address: all of them, of whom there may be a hundred."""
    answer = expect(browser.get(f"{merchant.api.base}/members", limit=200))
    assert (set(answer), answer["has_more"], answer["next_cursor"]) == (
        {"data", "has_more", "next_cursor"},
        False,
        None,
    )
    return {member["email"]: member for member in answer["data"]}


def add(owner: Browser, merchant: Merchant, **body: Any) -> dict[str, Any]:
    answer = owner.send("POST", f"{merchant.api.base}/members", body)
    added: dict[str, Any] = expect(answer, 201)
    assert set(added) == {"member", "password"} and set(added["member"]) == {"user", "email", "role"}
    assert ("no-store" in answer.headers["Cache-Control"]) == (added["password"] is not None)
    return added


def set_role(browser: Browser, merchant: Merchant, user: str, role: str) -> httpx.Response:
    return browser.send("PATCH", f"{merchant.api.base}/members/{user}", {"role": role})


def test_the_life_of_a_member(shop: Merchant, owner: Browser) -> None:
    email = new_email()
    added = add(owner, shop, email=email.upper(), role="analyst")
    member = added["member"]
    assert (member["email"], member["role"], len(added["password"])) == (email, "analyst", 20)
    assert members(owner, shop)[email] == member
    with Browser(shop.stack) as person:
        expect(person.log_in(email, added["password"]))
        expect(person.get(f"{shop.api.base}/metrics/summary", range="today"))
        changed = expect(set_role(owner, shop, member["user"], "clerk"))
        assert changed == {"member": member | {"role": "clerk"}}
        check_problem(person.get("/v1/session"), 401, "unauthenticated")
        expect(person.log_in(email, added["password"]))
        check_problem(person.get(f"{shop.api.base}/metrics/summary", range="today"), 403, "forbidden")
        assert expect(set_role(owner, shop, member["user"], "clerk")) == changed  # no change: they stay in
        expect(person.get("/v1/session"))
        address = f"{shop.api.base}/members/{member['user']}"
        assert owner.send("DELETE", address).status_code == 204
        check_problem(person.get("/v1/session"), 401, "unauthenticated")
        assert expect(person.log_in(email, added["password"]))["merchants"] == []
        check_problem(person.get(f"{shop.api.base}/orders"), 404, "not_found")
        check_problem(owner.send("DELETE", address), 404, "not_found")
    assert email not in members(owner, shop)
    expect(owner.get("/v1/session"))


def test_a_new_member_with_a_password(shop: Merchant, owner: Browser) -> None:
    email = new_email()
    assert add(owner, shop, email=email, role="clerk", password=PASSWORD)["password"] is None
    with Browser(shop.stack) as person:
        expect(person.log_in(email))


@pytest.mark.parametrize("password", ["tab\tline\nend\x7f\u0085", " " * 10, "\U0001f511" * 10])
def test_a_first_password_is_of_any_kind(shop: Merchant, owner: Browser, password: str) -> None:
    """As log-in and a later change take it."""
    email = new_email()
    add(owner, shop, email=email, role="clerk", password=password)
    with Browser(shop.stack) as person:
        expect(person.log_in(email, password))
        assert person.set_password(password, password + "\r").status_code == 204
        expect(person.log_in(email, password + "\r"))


@pytest.fixture
def other(add_merchant: Callable[..., Merchant]) -> Merchant:
    return add_merchant()


@pytest.fixture
def chain_owner(shop: Merchant, other: Merchant) -> Iterator[Browser]:
    """Of both merchants."""
    email = add_user(shop.stack, shop.id, "owner")
    add_user(shop.stack, other.id, "owner", email)
    with Browser(shop.stack) as browser:
        expect(browser.log_in(email))
        yield browser


@pytest.mark.parametrize("password", [None, "quite another secret"])
def test_somebody_who_is_known_keeps_their_password(
    shop: Merchant, other: Merchant, chain_owner: Browser, password: str | None
) -> None:
    """Whether a password is sent or not; and what they are elsewhere is nobody's business."""
    email = add_user(shop.stack, other.id, "owner")
    body = {"email": email, "role": "analyst"} | ({"password": password} if password else {})
    added = add(chain_owner, shop, **body)
    assert (added["password"], added["member"]["role"]) == (None, "analyst")
    with Browser(shop.stack) as person:
        check_problem(person.log_in(email, "quite another secret"), 401, "unauthenticated")
        session = expect(person.log_in(email))
        assert {mine["id"]: mine["role"] for mine in session["merchants"]}[shop.id] == "analyst"
        member = f"{shop.api.base}/members/{added['member']['user']}"
        assert chain_owner.send("DELETE", member).status_code == 204
        assert [mine["role"] for mine in expect(person.log_in(email))["merchants"]] == ["owner"]


@pytest.mark.parametrize("of", ["the command line", "an owner", "an owner, and gone"])
def test_an_owner_adds_nobody_who_is_known_at_another_merchant(
    shop: Merchant, other: Merchant, owner: Browser, of: str
) -> None:
    """An address proves nothing: whoever made the account could be let in with the password that they know."""
    users = shop.stack.mongo.takings_people.users
    with Browser.of_new_user(shop.stack, other.id, "owner") as stranger:
        if of == "the command line":
            email = add_user(shop.stack, other.id, "clerk")
        else:
            email = new_email()
            made = add(stranger, other, email=email, role="clerk", password=PASSWORD)["member"]["user"]
        if of.endswith("gone"):
            assert stranger.send("DELETE", f"{other.api.base}/members/{made}").status_code == 204
        before = users.find_one({"email": email})
        answer = owner.send("POST", f"{shop.api.base}/members", {"role": "clerk", "email": email})
        problem = check_problem(answer, 422, "invalid_field")
        assert pointers(problem) == {"/email": "invalid_field"}
        assert "ask whoever runs this server" in problem["errors"][0]["detail"]
        assert users.find_one({"email": email}) == before
        if of.endswith("gone"):
            assert add(stranger, other, email=email, role="clerk")["password"] is None


def test_who_runs_the_server_adds_anybody_and_is_told_who_made_them(
    shop: Merchant, other: Merchant, owner: Browser
) -> None:
    email = new_email()
    add(owner, shop, email=email, role="clerk")
    added = shop.stack.cli("user", "add", email, "--merchant", other.id, "--role", "analyst")
    assert (added["password_kept"], added["made_by"]) == (True, shop.id)
    assert members(owner, shop)[email]["role"] == "clerk"


def test_a_member_is_not_added_twice(shop: Merchant, owner: Browser) -> None:
    email = add_user(shop.stack, shop.id, "clerk")
    before = members(owner, shop)
    answer = owner.send("POST", f"{shop.api.base}/members", {"role": "owner", "email": email})
    assert pointers(check_problem(answer, 422, "invalid_field")) == {"/email": "invalid_field"}
    assert members(owner, shop) == before


def plant_members(merchant: Merchant, count: int) -> list[str]:
    """As if they had been added one after the other; the newest first."""
    names = [f"usr_{number:026d}" for number in range(count)]
    merchant.stack.mongo.takings_people.users.insert_many(
        {
            "_id": name,
            "email": f"{name.lower()}@example.org",
            "password": "$argon2id$none",
            "memberships": [{"m": merchant.id, "role": "clerk"}],
            "created_at": datetime.now(UTC),
        }
        for name in names
    )
    return names[::-1]


def test_a_merchant_has_a_hundred_members_in_pages(merchant: Merchant, only_owner: Browser) -> None:
    """Whoever is more is added at the command line."""
    [mine] = members(only_owner, merchant).values()
    planted = plant_members(merchant, 98)
    address = f"{merchant.api.base}/members"
    try:
        last = add(only_owner, merchant, email=new_email(), role="clerk")["member"]["user"]
        body = {"email": new_email(), "role": "clerk"}
        check_problem(only_owner.send("POST", address, body), 422, "too_many_items")
        found: list[list[str]] = []
        page = expect(only_owner.get(address))
        while page["has_more"]:
            found.append([member["user"] for member in page["data"]])
            page = expect(only_owner.get(address, limit=33, cursor=page["next_cursor"]))
        found.append([member["user"] for member in page["data"]])
        assert sum(found, []) == [last, mine["user"], *planted]
        assert [len(part) for part in found] == [50, 33, 17]
        add_user(merchant.stack, merchant.id, "clerk")
        check_problem(only_owner.send("POST", address, body), 422, "too_many_items")
        for gone in planted[:2]:
            assert only_owner.send("DELETE", f"{address}/{gone}").status_code == 204
        add(only_owner, merchant, **body)
    finally:
        merchant.stack.mongo.takings_people.users.delete_many({"_id": {"$in": planted}})


def test_members_of_others_and_nobody(
    shop: Merchant, owner: Browser, add_merchant: Callable[..., Merchant]
) -> None:
    foreign = add_merchant()
    with Browser.of_new_user(shop.stack, foreign.id, "owner") as stranger:
        [theirs] = members(stranger, foreign).values()
        for user in (theirs["user"], ABSENT_USER, "usr_x", "x" * 200):
            check_problem(set_role(owner, shop, user, "clerk"), 404, "not_found")
            check_problem(owner.send("DELETE", f"{shop.api.base}/members/{user}"), 404, "not_found")
        expect(stranger.get("/v1/session"))
        assert members(stranger, foreign) == {theirs["email"]: theirs}


def test_the_last_owner_stays(merchant: Merchant, only_owner: Browser) -> None:
    [mine] = members(only_owner, merchant).values()
    add_user(merchant.stack, merchant.id, "clerk")
    demoted = check_problem(set_role(only_owner, merchant, mine["user"], "analyst"), 422, "invalid_field")
    assert pointers(demoted) == {"/role": "invalid_field"}
    address = f"{merchant.api.base}/members/{mine['user']}"
    check_problem(only_owner.send("DELETE", address), 422, "invalid_field")
    expect(set_role(only_owner, merchant, mine["user"], "owner"))
    with Browser.of_new_user(merchant.stack, merchant.id, "owner") as second:
        assert only_owner.send("DELETE", address).status_code == 204
        check_problem(only_owner.get("/v1/session"), 401, "unauthenticated")
        assert [member["role"] for member in members(second, merchant).values()].count("owner") == 1


def test_two_owners_who_remove_each_other(merchant: Merchant, only_owner: Browser) -> None:
    """At the same instant; one of them stays."""
    [mine] = members(only_owner, merchant).values()
    for _ in range(sized(3, 50)):
        with Browser.of_new_user(merchant.stack, merchant.id, "owner") as second:
            [other] = [m for m in members(only_owner, merchant).values() if m["role"] == "owner" and m != mine]
            together = threading.Barrier(2)

            def demote(browser: Browser, user: str, together: threading.Barrier = together) -> int:
                together.wait(10)
                return set_role(browser, merchant, user, "clerk").status_code

            with ThreadPoolExecutor(2) as pool:
                statuses = list(pool.map(demote, (only_owner, second), (other["user"], mine["user"])))
            # the slower one is the last owner by then, or is logged out already, or an owner no more
            assert statuses.count(200) == 1 and set(statuses) <= {200, 401, 403, 422}, statuses
            left = second if statuses[1] == 200 else only_owner
            assert [m["role"] for m in members(left, merchant).values()].count("owner") == 1
            if left is second:  # begin again from where we were
                expect(set_role(second, merchant, mine["user"], "owner"))
                expect(only_owner.log_in(mine["email"]))
                expect(set_role(only_owner, merchant, other["user"], "clerk"))


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, {"/email": "invalid_field", "/role": "invalid_field"}),
        ({"email": "nobody", "role": "owner"}, {"/email": "invalid_field"}),
        ({"email": "a@b@c", "role": "owner"}, {"/email": "invalid_field"}),
        ({"email": "a\u202eb@c.example", "role": "owner"}, {"/email": "invalid_field"}),
        ({"email": f"{'a' * 251}@b.c", "role": "owner"}, {"/email": "invalid_field"}),
        ({"email": {"$ne": ""}, "role": ["owner"]}, {"/email": "invalid_field", "/role": "invalid_field"}),
        ({"email": "a@b.example", "role": "king"}, {"/role": "invalid_field"}),
        ({"email": "a@b.example", "role": "owner", "password": "short"}, {"/password": "invalid_field"}),
        ({"email": "a@b.example", "role": "owner", "password": "é" * 600}, {"/password": "invalid_field"}),
        ({"email": "a@b.example", "role": "owner", "merchant": "m"}, {"/merchant": "unknown_field"}),
    ],
    ids=str,
)
def test_bodies_that_add_nobody(
    shop: Merchant, owner: Browser, body: dict[str, Any], where: dict[str, str]
) -> None:
    before = members(owner, shop)
    problem = check_problem(owner.send("POST", f"{shop.api.base}/members", body), 422, next(iter(where.values())))
    assert pointers(problem) == where
    assert members(owner, shop) == before


@pytest.mark.parametrize(
    "body", [{}, {"role": "king"}, {"role": None}, {"role": "owner", "email": "a@b.example"}], ids=str
)
def test_bodies_that_change_no_role(shop: Merchant, owner: Browser, body: dict[str, Any]) -> None:
    mine = next(member for member in members(owner, shop).values() if member["role"] == "owner")
    answer = owner.send("PATCH", f"{shop.api.base}/members/{mine['user']}", body)
    assert answer.status_code == 422, answer.text
    assert members(owner, shop)[mine["email"]] == mine
