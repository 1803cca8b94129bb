"""Logging in and out, and the way back to the address that was wanted."""

from __future__ import annotations

from browser.conftest import DeskFactory
from browser.desk import Desk
from support.merchant import Merchant


def test_a_wrong_password_is_told_and_the_right_one_leads_on(
    open_desk: DeskFactory, merchant: Merchant, owner: str
) -> None:
    desk = open_desk()
    desk.expect(401)
    desk.page.goto(f"/?merchant={merchant.id}&currency=EUR&range=last_7d")
    desk.page.wait_for_url("**/login.html?next=**")
    desk.log_in(owner, "not the password")
    desk.page.get_by_text("The email or the password is wrong.").wait_for()
    desk.log_in(owner)
    desk.settled()
    assert desk.address().endswith(f"/?merchant={merchant.id}&currency=EUR&range=last_7d")


def test_a_missing_entry_is_told_without_asking_the_server(open_desk: DeskFactory) -> None:
    desk = open_desk()
    desk.page.goto("/login.html")
    desk.page.keyboard.press("Enter")
    desk.page.get_by_text("The email is missing.").wait_for()
    desk.page.get_by_label("Email").fill("somebody@example.org")
    desk.page.keyboard.press("Enter")
    desk.page.get_by_text("The password is missing.").wait_for()
    assert desk.page.evaluate("document.activeElement.id") == "password"


def test_the_way_back_never_leaves_the_site(open_desk: DeskFactory, owner: str) -> None:
    desk = open_desk()
    desk.page.goto("/login.html?next=//elsewhere.example/")
    desk.log_in(owner)
    desk.settled()


def test_an_ended_session_leads_to_the_log_in_and_back(desk: Desk, owner: str) -> None:
    desk.expect(401)
    desk.dashboard("/?range=yesterday")
    desk.context.clear_cookies()
    desk.page.wait_for_url("**/login.html?next=**")
    desk.log_in(owner)
    desk.settled()
    assert "range=yesterday" in desk.address()


def test_logging_out_ends_the_session(desk: Desk) -> None:
    desk.expect(401)
    desk.dashboard()
    desk.page.locator("#account-name").click()
    desk.page.get_by_role("button", name="Log out").click()
    desk.page.wait_for_url("**/login.html?next=**")
    desk.page.goto("/")
    desk.page.wait_for_url("**/login.html?next=**")
