"""Log-in, cookies, CSRF, roles and the limit on attempts."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from support.api import Body, expect
from support.browser import PASSWORD, Browser, add_user
from support.merchant import Merchant
from support.names import new_email
from support.poll import eventually
from support.problems import check_problem, nothing_stored
from support.stack import Stack

ORDER: Body = {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 1, "unit_price": 500}]}


@pytest.fixture(scope="module")
def merchant(add_merchant: Callable[..., Merchant]) -> Merchant:
    return add_merchant("Europe/Berlin", "EUR", "JPY")


@pytest.fixture
def owner(merchant: Merchant) -> Iterator[Browser]:
    with Browser.of_new_user(merchant.stack, merchant.id, "owner") as browser:
        yield browser


def test_log_in(merchant: Merchant) -> None:
    email = add_user(merchant.stack, merchant.id, "analyst")
    with Browser(merchant.stack) as browser:
        answer = browser.log_in(email)
        session = expect(answer)
        assert session["user"] == {"email": email} and session["csrf"]
        [mine] = session["merchants"]
        assert (mine["id"], mine["role"], mine["timezone"]) == (merchant.id, "analyst", "Europe/Berlin")
        assert mine["currencies"] == ["EUR", "JPY"] or [c["code"] for c in mine["currencies"]] == ["EUR", "JPY"]
        check_cookie(answer)
        again = expect(browser.get("/v1/session"))
        assert (again["user"], again["merchants"]) == (session["user"], session["merchants"])
        assert expect(browser.get("/v1/merchants"))["data"] == session["merchants"]


def check_cookie(answer: httpx.Response) -> None:
    """On loopback http the plain name, and no Secure."""
    [cookie] = answer.headers.get_list("Set-Cookie")
    value, *attributes = [part.strip() for part in cookie.split(";")]
    name, _, token = value.partition("=")
    assert name == "takings" and len(token) >= 43  # 256 bits in base64
    assert "HttpOnly" in attributes and "SameSite=Lax" in attributes and "Path=/" in attributes


def test_the_token_is_new_at_each_log_in_and_stored_as_a_hash(merchant: Merchant) -> None:
    email = add_user(merchant.stack, merchant.id, "owner")
    with Browser(merchant.stack) as browser:
        tokens = []
        for _ in range(2):
            expect(browser.log_in(email))
            tokens.append(dict(browser.http.cookies)["takings"])
        assert tokens[0] != tokens[1]
    for name in merchant.stack.redis.scan_iter(match="tk:session:*", count=10_000):
        assert not any(token.encode() in name for token in tokens)


@pytest.mark.parametrize(
    ("email_known", "password"),
    [(True, "wrong"), (True, ""), (True, PASSWORD + "x"), (True, PASSWORD.upper()), (False, PASSWORD)],
)
def test_wrong_log_ins_look_alike(merchant: Merchant, email_known: bool, password: str) -> None:
    email = add_user(merchant.stack, merchant.id, "owner") if email_known else new_email()
    with Browser(merchant.stack) as browser:
        answer = browser.log_in(email, password)
    problem = check_problem(answer, 401, "unauthenticated")
    assert "Set-Cookie" not in answer.headers
    assert problem["detail"] == "E-mail address and password do not belong together."


def test_no_session(merchant: Merchant) -> None:
    with Browser(merchant.stack) as nobody:
        for path in ("/v1/session", "/v1/merchants", f"{merchant.api.base}/orders"):
            check_problem(nobody.get(path), 401, "unauthenticated")


@pytest.mark.parametrize("change", ["cut", "forged", "empty", "long"])
def test_cookies_that_are_not_ours(merchant: Merchant, owner: Browser, change: str) -> None:
    token = dict(owner.http.cookies)["takings"]
    wrong = {"cut": token[:-1], "forged": secrets.token_urlsafe(32), "empty": "", "long": token * 20}[change]
    answer = httpx.get(f"{owner.origin}/v1/session", headers={"Cookie": f"takings={wrong}"})
    check_problem(answer, 401, "unauthenticated")


def session_keys(stack: Stack) -> set[bytes]:
    return set(stack.redis.scan_iter(match="tk:session:*", count=10_000))


def test_a_session_ends_after_half_an_hour_of_silence(merchant: Merchant) -> None:
    """Redis lets it go."""
    stack = merchant.stack
    before = session_keys(stack)
    with Browser.of_new_user(stack, merchant.id, "owner") as browser:
        [key] = session_keys(stack) - before
        assert 1700 < stack.redis.ttl(key) <= 1800
        expect(browser.get("/v1/session"))
        stack.redis.pexpire(key, 1)
        eventually(lambda: not stack.redis.exists(key))
        check_problem(browser.get("/v1/session"), 401, "unauthenticated")


def test_a_session_ends_after_twelve_hours_whatever_its_use(merchant: Merchant) -> None:
    """The record is made older, which no client can: it is in use until the last millisecond."""
    stack = merchant.stack
    before = session_keys(stack)
    with Browser.of_new_user(stack, merchant.id, "owner") as browser:
        [key] = session_keys(stack) - before
        user, csrf, _, _, *rest = stack.redis.get(key).split()
        now_ms = int(time.time() * 1000)
        for age_s, status in ((12 * 3600 - 60, 200), (12 * 3600 + 1, 401)):
            record = b" ".join([user, csrf, str(now_ms - age_s * 1000).encode(), str(now_ms).encode(), *rest])
            stack.redis.set(key, record, ex=1800)
            assert browser.get("/v1/session").status_code == status


def test_a_token_known_before_the_log_in_is_worth_nothing_after_it(merchant: Merchant) -> None:
    """Nobody can plant a cookie and then be in when its bearer has logged in."""
    with Browser.of_new_user(merchant.stack, merchant.id, "owner") as browser:
        planted, email = browser.token, expect(browser.get("/v1/session"))["user"]["email"]
        expect(browser.log_in(email))
        assert browser.token != planted
        answer = httpx.get(f"{browser.origin}/v1/session", headers={"Cookie": f"takings={planted}"})
        check_problem(answer, 401, "unauthenticated")


def test_log_out_everywhere(merchant: Merchant, owner: Browser) -> None:
    email = add_user(merchant.stack, merchant.id, "owner")
    with Browser(merchant.stack) as one, Browser(merchant.stack) as two:
        for browser in (one, two):
            expect(browser.log_in(email))
        headers = {name: value for name, value in one.headers().items() if name != "X-CSRF-Token"}
        check_problem(one.http.delete("/v1/sessions", headers=headers), 403, "csrf")
        expect(one.get("/v1/session"))
        answer = one.log_out_everywhere()
        assert (answer.status_code, answer.content) == (204, b"")
        assert "Max-Age=0" in answer.headers["Set-Cookie"]
        check_problem(two.get("/v1/session"), 401, "unauthenticated")
        check_problem(one.log_out_everywhere(), 401, "unauthenticated")
        expect(two.log_in(email))
    expect(owner.get("/v1/session"))


def test_what_redis_brings_back_revives_no_session(merchant: Merchant) -> None:
    """As after a loss of its last writes: the ended session's record is there again, and the user's mirror is not."""
    stack = merchant.stack
    before = session_keys(stack)
    with Browser.of_new_user(stack, merchant.id, "owner") as browser:
        [key] = session_keys(stack) - before
        record, cookies = stack.redis.get(key), {"Cookie": f"takings={browser.token}"}
        browser.log_out_everywhere()
        stack.redis.set(key, record, ex=1800)
        stack.redis.delete(b"tk:member:" + record.split()[0])
        answer = httpx.get(f"{browser.origin}/v1/session", headers=cookies)
        check_problem(answer, 401, "unauthenticated")


def test_keys_have_no_sessions(merchant: Merchant) -> None:
    check_problem(merchant.api.http.delete("/v1/sessions"), 403, "forbidden")


def audit(stack: Stack, merchant: str) -> list[dict[str, Any]]:
    """The merchant's records about sessions and passwords, oldest first."""
    wanted = {"m": merchant, "action": {"$regex": "^(session|password)"}}
    return list(stack.mongo["takings_people"]["audit"].find(wanted).sort("_id"))


def test_the_audit_tells_of_log_ins(stack: Stack, add_merchant: Callable[..., Merchant]) -> None:
    merchant = add_merchant()
    with Browser.of_new_user(stack, merchant.id, "owner") as browser:
        email = expect(browser.get("/v1/session"))["user"]["email"]
        user = stack.mongo["takings_people"]["users"].find_one({"email": email})["_id"]
        failed = browser.log_in(email, "wrong")
        browser.log_out_everywhere()
        told = [(r["action"], r["who"], r["subject"], r.get("detail")) for r in audit(stack, merchant.id)]
        assert told == [
            ("session.start", user, user, "127.0.0.1"),
            ("session.fail", "nobody", user, "127.0.0.1"),
            ("sessions.end", user, user, None),
        ]
        assert audit(stack, merchant.id)[1]["request_id"] == failed.headers["Request-Id"]


def test_log_out_ends_the_session(owner: Browser) -> None:
    cookies = dict(owner.http.cookies)
    assert owner.log_out().status_code in (200, 204)
    answer = httpx.get(f"{owner.origin}/v1/session", headers={"Cookie": f"takings={cookies['takings']}"})
    check_problem(answer, 401, "unauthenticated")


def test_another_role_ends_the_sessions(merchant: Merchant) -> None:
    """Everywhere and at once; whoever is in elsewhere, and the same role once more, stay as they are."""
    stack, email = merchant.stack, new_email()
    add_user(stack, merchant.id, "owner", email)
    with Browser(stack) as one, Browser(stack) as two, Browser.of_new_user(stack, merchant.id, "owner") as other:
        for browser in (one, two):
            expect(browser.log_in(email))
        add_user(stack, merchant.id, "owner", email)
        expect(one.get("/v1/session"))
        add_user(stack, merchant.id, "clerk", email)
        for browser in (one, two):
            check_problem(browser.get("/v1/session"), 401, "unauthenticated")
        expect(other.get("/v1/session"))
        expect(one.log_in(email))
        assert expect(one.get("/v1/session"))["merchants"][0]["role"] == "clerk"


def test_an_owner_posts_with_token_and_origin(merchant: Merchant, owner: Browser) -> None:
    expect(owner.post_order(merchant.id, ORDER), 201)


@pytest.mark.parametrize(
    ("removed", "added"),
    [
        ("X-CSRF-Token", {}),
        ("X-CSRF-Token", {"X-CSRF-Token": ""}),
        ("X-CSRF-Token", {"X-CSRF-Token": secrets.token_urlsafe(32)}),
        ("Origin", {}),
        ("Origin", {"Origin": "http://evil.example"}),
        ("Origin", {"Origin": "null"}),
        ("Origin", {"Origin": "http://127.0.0.1"}),
    ],
)
def test_requests_that_another_site_could_make(
    merchant: Merchant, owner: Browser, removed: str, added: dict[str, str]
) -> None:
    headers = {name: value for name, value in owner.headers().items() if name != removed} | added
    with nothing_stored(merchant):
        check_problem(owner.post_order(merchant.id, ORDER, headers), 403, "csrf")
    check_problem(owner.http.delete("/v1/session", headers=headers), 403, "csrf")
    expect(owner.get("/v1/session"))


def test_the_token_of_another_session_does_not_do(merchant: Merchant, owner: Browser) -> None:
    with Browser.of_new_user(merchant.stack, merchant.id, "owner") as other, nothing_stored(merchant):
        check_problem(owner.post_order(merchant.id, ORDER, other.headers()), 403, "csrf")


@pytest.mark.parametrize(
    ("role", "metrics", "list_orders", "post", "refund"),
    [("owner", 200, 200, 201, 404), ("analyst", 200, 200, 403, 403), ("clerk", 403, 200, 201, 403)],
)
def test_roles(merchant: Merchant, role: str, metrics: int, list_orders: int, post: int, refund: int) -> None:
    with Browser.of_new_user(merchant.stack, merchant.id, role) as browser:
        assert browser.get(f"{merchant.api.base}/metrics/summary", range="today").status_code == metrics
        assert browser.get(f"{merchant.api.base}/orders").status_code == list_orders
        assert browser.post_order(merchant.id, ORDER).status_code == post
        path = f"{merchant.api.base}/orders/ord_01ARZ3NDEKTSV4RRFFQ69G5FAV/refunds"
        headers = browser.headers() | {"Idempotency-Key": "refund"}
        assert browser.http.post(path, json={"goods": 1}, headers=headers).status_code == refund


def test_membership_decides_what_exists(
    merchant: Merchant, owner: Browser, add_merchant: Callable[..., Merchant]
) -> None:
    foreign = add_merchant()
    for path in ("/orders", "/metrics/summary?range=today", "/status"):
        check_problem(owner.get(f"/v1/merchants/{foreign.id}{path}"), 404, "not_found")
    check_problem(owner.post_order(foreign.id, ORDER), 404, "not_found")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"email": "a@example.org"}, 422, "invalid_field"),
        ({"email": 1, "password": "x"}, 422, "invalid_field"),
        ({"email": {"$ne": ""}, "password": "x"}, 422, "invalid_field"),
        ({"email": "a@example.org", "password": "x", "role": "owner"}, 422, "unknown_field"),
        ([], 400, "malformed_json"),
    ],
)
def test_log_ins_that_are_not_one(stack: Stack, body: object, status: int, code: str) -> None:
    answer = httpx.post(f"{stack.url}/v1/session", json=body, headers={"Origin": stack.url})
    check_problem(answer, status, code)
