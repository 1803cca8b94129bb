"""Changing one's own password, and the command line that changes somebody's."""

from __future__ import annotations

from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from support.api import expect
from support.browser import PASSWORD, Browser, add_user
from support.merchant import Merchant
from support.names import new_email
from support.problems import check_problem

NEW = "a quite different passphrase"


def test_a_new_password_ends_the_other_sessions_and_renews_this_one(merchant: Merchant) -> None:
    email = add_user(merchant.stack, merchant.id, "analyst")
    with Browser(merchant.stack) as mine, Browser(merchant.stack) as stolen:
        for browser in (mine, stolen):
            expect(browser.log_in(email))
        before, csrf = mine.token, mine.csrf
        answer = mine.set_password(PASSWORD, NEW)
        assert (answer.status_code, answer.content) == (204, b"")
        assert "HttpOnly" in answer.headers["Set-Cookie"] and mine.token != before
        session = expect(mine.get("/v1/session"))
        assert session["user"] == {"email": email} and session["csrf"] != csrf
        check_problem(stolen.get("/v1/session"), 401, "unauthenticated")
        old = httpx.get(f"{mine.origin}/v1/session", headers={"Cookie": f"takings={before}"})
        check_problem(old, 401, "unauthenticated")
        check_problem(stolen.log_in(email), 401, "unauthenticated")
        expect(stolen.log_in(email, NEW))


@pytest.mark.parametrize(
    ("current", "new", "pointer"),
    [
        ("not my password", NEW, "/current"),
        ("", NEW, "/current"),
        (PASSWORD, "9 letters", "/new"),
        (PASSWORD, "x" * 1025, "/new"),
        (PASSWORD, None, "/new"),
        (["a"], NEW, "/current"),
    ],
)
def test_refused_changes_change_nothing(merchant: Merchant, current: Any, new: Any, pointer: str) -> None:
    with Browser.of_new_user(merchant.stack, merchant.id, "owner") as browser:
        email, token = expect(browser.get("/v1/session"))["user"]["email"], browser.token
        problem = check_problem(browser.set_password(current, new), 422, "invalid_field")
        assert [error["pointer"] for error in problem["errors"]] == [pointer]
        expect(browser.get("/v1/session"))
        assert browser.token == token
        expect(browser.log_in(email))


def test_another_site_changes_no_password(merchant: Merchant) -> None:
    with Browser.of_new_user(merchant.stack, merchant.id, "owner") as browser:
        email = expect(browser.get("/v1/session"))["user"]["email"]
        body = {"current": PASSWORD, "new": NEW}
        for missing in ("Origin", "X-CSRF-Token"):
            headers = {name: value for name, value in browser.headers().items() if name != missing}
            check_problem(browser.http.put("/v1/me/password", json=body, headers=headers), 403, "csrf")
        check_problem(merchant.api.http.put("/v1/me/password", json=body), 403, "forbidden")
        answer = httpx.put(f"{browser.origin}/v1/me/password", json=body, headers=browser.headers())
        check_problem(answer, 401, "unauthenticated")
        expect(browser.log_in(email))


def test_of_two_changes_at_once_one_counts(merchant: Merchant) -> None:
    """Both may find the present password right; the one that comes second must not win."""
    email = add_user(merchant.stack, merchant.id, "owner")
    statuses: dict[str, int] = {}
    with Browser(merchant.stack) as one, Browser(merchant.stack) as two:

        def change(browser: Browser, new: str) -> None:
            statuses[new] = browser.set_password(PASSWORD, new).status_code

        for browser in (one, two):
            expect(browser.log_in(email))
        threads = [Thread(target=change, args=(browser, f"{NEW} {browser.token}")) for browser in (one, two)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        accepted = [new for new, status in statuses.items() if status == 204]
        works = [new for new in statuses if one.log_in(email, new).status_code == 200]
        assert len(works) == 1 and accepted == works, statuses


@pytest.mark.parametrize("way", ["log in", "ask again"])
def test_a_change_that_got_no_further_than_mongodb_is_carried_to_its_end(merchant: Merchant, way: str) -> None:
    """A worker that died behind its commit: Redis still tells of the sessions as they were."""
    email = add_user(merchant.stack, merchant.id, "analyst")
    user = merchant.stack.mongo.takings_people.users.find_one({"email": email})["_id"]
    mirror = f"tk:member:{user}"
    with Browser(merchant.stack) as mine, Browser(merchant.stack) as stolen:
        for browser in (mine, stolen):
            expect(browser.log_in(email))
            expect(browser.get("/v1/session"))
        before = merchant.stack.redis.get(mirror)
        assert before is not None
        assert mine.set_password(PASSWORD, NEW).status_code == 204
        merchant.stack.redis.set(mirror, before)
        expect(stolen.get("/v1/session"))
        if way == "log in":
            expect(mine.log_in(email, NEW))
            expect(mine.get("/v1/session"))
        else:
            problem = check_problem(stolen.set_password(PASSWORD, NEW), 422, "invalid_field")
            assert [error["pointer"] for error in problem["errors"]] == ["/current"]
        check_problem(stolen.get("/v1/session"), 401, "unauthenticated")


def test_the_audit_tells_of_a_change_without_the_password(merchant: Merchant) -> None:
    stack = merchant.stack
    with Browser.of_new_user(stack, merchant.id, "owner") as browser:
        answer = browser.set_password(PASSWORD, NEW)
        wanted = {"m": merchant.id, "action": "password.change"}
        [record] = stack.mongo["takings_people"]["audit"].find(wanted)
        assert record["who"] == record["subject"] and record["request_id"] == answer.headers["Request-Id"]
        assert NEW not in str(record) and PASSWORD not in str(record)
    for part in ("worker-1", "worker-2", "nginx"):
        assert NEW not in stack.log(part) and PASSWORD not in stack.log(part)


def test_the_command_line_sets_a_password_and_ends_all_sessions(merchant: Merchant, tmp_path: Path) -> None:
    stack = merchant.stack
    file = tmp_path / "password"
    file.write_text(NEW)
    email = add_user(stack, merchant.id, "owner")
    with Browser(stack) as browser:
        expect(browser.log_in(email))
        assert stack.cli("user", "set-password", email, "--password-file", file) == {"email": email}
        check_problem(browser.get("/v1/session"), 401, "unauthenticated")
        check_problem(browser.log_in(email), 401, "unauthenticated")
        expect(browser.log_in(email, NEW))
        made = stack.cli("user", "set-password", email.upper(), "--generate-password")["password"]
        expect(browser.log_in(email, made))
    [first, _] = stack.mongo["takings_people"]["audit"].find({"m": merchant.id, "action": "password.change"})
    assert first["who"] == "cli"


def test_the_command_line_knows_whom_it_does_not_know(merchant: Merchant, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("short")
    email = add_user(merchant.stack, merchant.id, "owner")
    stack = merchant.stack
    assert stack.try_cli("user", "set-password", new_email(), "-g").returncode == 66
    assert stack.try_cli("user", "set-password", email, "-p", file).returncode == 65
    assert stack.try_cli("user", "set-password").returncode == 64
