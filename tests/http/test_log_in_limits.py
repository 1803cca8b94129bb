"""How often a password may be tried, and a merchant cut anew, with the limits that the product comes with. Each test has addresses and accounts of
its own, so that none waits for another's minute."""

from __future__ import annotations

import httpx
import pytest
from bson import Timestamp
from support.api import expect
from support.browser import PASSWORD, Browser, add_user
from support.names import new_email, new_merchant_id
from support.poll import eventually
from support.problems import check_problem
from support.stack import Stack


@pytest.fixture(scope="module")
def shop(default_stack: Stack) -> str:
    merchant = new_merchant_id()
    default_stack.cli("merchant", "add", merchant, "--zone", "UTC", "--currency", "EUR")
    return merchant


def check_limited(answer: httpx.Response, name: str, most: int) -> None:
    check_problem(answer, 429, "rate_limited")
    wait = int(answer.headers["Retry-After"])
    assert 0 < wait <= 60
    assert answer.headers["RateLimit"] == f'"{name}";r=0;t={wait}'
    assert f'"{name}";q={most};w=60' in answer.headers["RateLimit-Policy"]


def test_the_sixth_attempt_of_an_address_is_refused(default_stack: Stack, shop: str) -> None:
    """Whatever the account, the right password too; a forged X-Forwarded-For is no other address."""
    email = add_user(default_stack, shop, "owner")
    with Browser(default_stack, "127.0.0.11") as browser, Browser(default_stack, "127.0.0.12") as elsewhere:
        for number in range(5):
            browser.http.headers["X-Forwarded-For"] = f"203.0.113.{number}"
            browser.http.headers["Forwarded"] = f"for=203.0.113.{number}"
            check_problem(browser.log_in(email, "wrong"), 401, "unauthenticated")
        check_limited(browser.log_in(email), "login-address", 5)
        check_limited(browser.log_in(new_email(), "wrong"), "login-address", 5)
        expect(elsewhere.log_in(email))


def test_the_minute_slides(default_stack: Stack) -> None:
    """Each attempt is forgotten by itself, at most a minute after it, and makes room for one."""
    with Browser(default_stack, "127.0.0.21") as browser:
        for _ in range(5):
            check_problem(browser.log_in(new_email(), "wrong"), 401, "unauthenticated")
        slots = list(default_stack.redis.scan_iter(match="tk:login:address:127.0.0.21:*", count=10_000))
        assert len(slots) == 5
        assert all(0 < default_stack.redis.pttl(slot) <= 60_000 for slot in slots)
        for _ in range(2):
            check_limited(browser.log_in(new_email(), "wrong"), "login-address", 5)
        default_stack.redis.pexpire(slots[0], 1)
        eventually(lambda: not default_stack.redis.exists(slots[0]))
        check_problem(browser.log_in(new_email(), "wrong"), 401, "unauthenticated")
        check_limited(browser.log_in(new_email(), "wrong"), "login-address", 5)


def test_strangers_lock_nobody_out_where_they_were_before(default_stack: Stack, shop: str) -> None:
    """Four addresses may try five times each, and then no strange address may any more; the owner's own may."""
    email = add_user(default_stack, shop, "owner")
    with Browser(default_stack, "127.0.0.31") as home, Browser(default_stack, "127.0.0.32") as abroad:
        expect(home.log_in(email))  # counts as the first of the account's twenty
        for host in range(4):
            with Browser(default_stack, f"127.0.0.{40 + host}") as stranger:
                for _ in range(5 if host < 3 else 4):
                    check_problem(stranger.log_in(email, "wrong"), 401, "unauthenticated")
        with Browser(default_stack, "127.0.0.44") as stranger:
            check_limited(stranger.log_in(email.upper(), "wrong"), "login-account", 20)
        check_limited(abroad.log_in(email), "login-account", 20)
        expect(home.log_in(email))
    wanted = {"action": "session.fail", "m": shop, "detail": {"$regex": "^127.0.0.4"}}
    assert default_stack.mongo["takings_people"]["audit"].count_documents(wanted) == 5  # of 19


def test_changing_a_password_counts(default_stack: Stack, shop: str) -> None:
    """Nobody guesses a password through a session that was left open."""
    email = add_user(default_stack, shop, "owner")
    with Browser(default_stack, "127.0.0.51") as browser:
        expect(browser.log_in(email))
        for _ in range(4):
            check_problem(browser.set_password("wrong", PASSWORD), 422, "invalid_field")
        check_limited(browser.set_password(PASSWORD, PASSWORD + "!"), "login-address", 5)
        expect(browser.get("/v1/session"))


def test_a_merchant_is_cut_anew_once_a_minute(default_stack: Stack) -> None:
    """By another zone or a retry of the quarantine; what changes nothing is free, and so is the command line."""
    merchants = [new_merchant_id() for _ in range(2)]
    for merchant in merchants:
        default_stack.cli("merchant", "add", merchant, "--zone", "UTC", "--currency", "EUR")
        note = {"_id": f"{merchant}/x", "why": "planted", "at": Timestamp(1, 1)}
        default_stack.mongo.takings_people.quarantine.insert_one(note)
    one, other = (f"/v1/merchants/{merchant}" for merchant in merchants)
    email = add_user(default_stack, merchants[0], "owner")
    add_user(default_stack, merchants[1], "owner", email)
    with Browser(default_stack, "127.0.0.61") as owner:
        expect(owner.log_in(email))
        [entry] = expect(owner.get(f"{one}/quarantine"))["data"]
        retry = f"{one}/quarantine/{entry['id']}/retry"

        def set_zone(base: str, zone: str) -> httpx.Response:
            return owner.send("PATCH", f"{base}/settings", {"timezone": zone})

        expect(set_zone(one, "UTC"))
        check_problem(owner.send("POST", f"{one}/quarantine/qua_{'0' * 32}/retry"), 404, "not_found")
        expect(set_zone(one, "Asia/Tokyo"))
        check_limited(set_zone(one, "UTC"), "recut", 1)
        check_limited(owner.send("POST", retry), "recut", 1)
        expect(set_zone(one, "Asia/Tokyo"))
        expect(owner.send("PATCH", f"{one}/settings", {"name": "Teas"}))
        expect(set_zone(other, "Asia/Tokyo"))
        default_stack.cli("merchant", "set-zone", merchants[0], "America/Lima")
        assert expect(owner.get(f"{one}/settings"))["merchant"]["timezone"] == "America/Lima"
        [slot] = default_stack.redis.scan_iter(match=f"tk:login:recut:{merchants[0]}:*", count=10_000)
        assert 0 < default_stack.redis.pttl(slot) <= 60_000
        default_stack.redis.delete(slot)
        expect(owner.send("POST", retry), 202)
        check_limited(set_zone(one, "UTC"), "recut", 1)
