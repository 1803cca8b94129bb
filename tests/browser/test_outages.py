"""Status, settings and log-in while something is away or refuses: what is told, and that nothing is lost by it.

The stack has the limits that the product comes with, so that these tests log in seldom.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from browser.desk import Desk
from browser.faults import away, merchant_corrupt
from conftest import MerchantFactory, adding_merchants
from support.merchant import Merchant
from support.poll import eventually
from support.stack import Stack

pytestmark = pytest.mark.long

BROKEN = (500, 503, 429, 401, 504, "ERR_")


@pytest.fixture(scope="module")
def stack(default_stack: Stack) -> Stack:
    return default_stack


@pytest.fixture(scope="module")
def add_merchant(stack: Stack) -> Iterator[MerchantFactory]:
    yield from adding_merchants(stack)


def test_the_status_says_what_can_be_said_and_finds_back(desk: Desk, merchant: Merchant, stack: Stack) -> None:
    desk.expect(*BROKEN)
    page = desk.page
    page.goto(f"/status.html?merchant={merchant.id}")
    page.locator("#standing[data-state=ready]").wait_for()
    page.locator("#late[data-state=empty]").wait_for()
    with away(stack, "redis"):
        # without Redis nobody knows who asks: what was told stays, with its time
        for panel in ("standing", "parked", "late", "quarantine"):
            page.locator(f"#{panel} .panel-note", has_text="Not refreshed since ").wait_for()
        assert page.locator("#headline").inner_text().startswith("Everything is counted")
    eventually(lambda: page.locator(".panel-note").count() == 0, 30.0)
    with away(stack, "mongod-1"):
        page.locator("#facts dd", has_text="not known just now").first.wait_for()
        page.locator("#details", has_text="to be cut anew is not known just now").wait_for()
        page.locator("#quarantine:is([data-state=ready], [data-state=empty], [data-state=failed])").wait_for()
    page.locator("#facts dd", has_text="nothing yet").wait_for()
    with away(stack, "tailer"):
        page.locator("#standing.amber #headline", has_text="The newest orders are not counted yet.").wait_for()
    page.locator("#headline", has_text="Everything is counted").wait_for()


def test_a_panel_that_fails_leaves_the_others(desk: Desk, merchant: Merchant, stack: Stack) -> None:
    """The merchant's document is broken: the settings are not to be had, keys, members and one's password are."""
    desk.expect(*BROKEN)
    page = desk.page
    page.goto(f"/settings.html?merchant={merchant.id}")
    page.locator("#keys[data-state=ready]").wait_for()
    page.get_by_label("Add currencies").fill("JPY")
    with merchant_corrupt(stack, merchant.id):
        page.locator("#shop").get_by_role("button", name="Save").click()
        page.locator("#shop-summary", has_text="It is not known whether this was done").wait_for()
        page.locator("#shop-summary", has_text=re.compile("Request [0-9a-f]{32}")).wait_for()
        assert page.get_by_label("Add currencies").input_value() == "JPY"
    page.locator("#shop").get_by_role("button", name="Save").click()
    page.locator("#shop-done", has_text="Saved.").wait_for()
    with away(stack, "mongod-1"):
        page.get_by_role("button", name="Make a key").click()
        form = page.locator("dialog.ask")
        form.get_by_label("Name").fill("Scanner")
        form.get_by_role("checkbox", name="Read figures").check()
        form.get_by_role("button", name="Make the key").click()
        form.get_by_text("It is not known whether this was done").wait_for()
        form.get_by_text("revoke a key whose secret you have not seen").wait_for()
        assert form.get_by_label("Name").input_value() == "Scanner"
    form.get_by_role("button", name="Make the key").click()
    form.get_by_label("Secret").wait_for()


def test_logging_in_while_nobody_answers_can_be_tried_again(desk: Desk, owner: str, stack: Stack) -> None:
    desk.expect(*BROKEN)
    desk.context.clear_cookies()
    page = desk.page
    page.goto("/login.html")
    with away(stack, "redis"):
        desk.log_in(owner)
        page.locator("#login-trouble", has_text="Logging in is not possible just now.").wait_for()
        page.locator("#login-trouble", has_text=re.compile("Request [0-9a-f]{32}")).wait_for()
    page.get_by_role("button", name="Log in").click()
    desk.settled()


def test_too_many_attempts_wait_as_long_as_the_server_says(desk: Desk, owner: str, stack: Stack) -> None:
    """The button counts the seconds down, and the form works again behind them."""
    desk.expect(*BROKEN)
    desk.context.clear_cookies()
    page = desk.page
    page.clock.install()
    page.goto("/login.html")
    told = page.locator("#login-trouble")
    for _ in range(6):
        desk.log_in(owner, "not the password")
        told.filter(has_text=".").wait_for()
        if "Too many" in told.inner_text():
            break
    [seconds] = re.findall(r"^Too many attempts. Try again in (\d+) seconds?.$", told.inner_text())
    assert 0 < int(seconds) <= 60
    button = page.locator("#log-in")
    assert re.fullmatch(r"Log in, in \d+ s", button.inner_text())
    assert button.get_attribute("aria-disabled") == "true"
    for slot in stack.redis.scan_iter(match="tk:login:*", count=10_000):
        stack.redis.delete(slot)
    page.clock.fast_forward(int(seconds) * 1000)
    page.locator("#log-in:not([aria-disabled])", has_text="Log in").wait_for()
    assert told.inner_text() == ""
    desk.log_in(owner)
    desk.settled()
    eventually(lambda: desk.address().startswith(stack.url))
