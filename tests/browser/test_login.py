"""Logging in and out, and the way back to the address that was wanted."""

from __future__ import annotations

from browser.conftest import DeskFactory
from browser.desk import Desk
from browser.shop import TEA
from support.browser import add_user
from support.merchant import Merchant
from support.stack import Stack


def test_a_wrong_password_is_told_and_the_right_one_leads_on(
    open_desk: DeskFactory, merchant: Merchant, owner: str
) -> None:
    desk = open_desk()
    desk.expect(401)
    desk.page.goto(f"/?merchant={merchant.id}&currency=EUR&range=last_7d")
    desk.page.wait_for_url("**/login.html?next=**")
    desk.log_in(owner, "not the password")
    desk.page.get_by_text("The email or the password is wrong.").wait_for()
    chosen = "(({id, selectionStart, selectionEnd}) => [id, selectionStart, selectionEnd])(document.activeElement)"
    assert desk.page.evaluate(chosen) == ["password", 0, len("not the password")]
    desk.log_in(owner)
    desk.settled()
    assert desk.address().endswith(f"/?merchant={merchant.id}&currency=EUR&range=last_7d")


def test_a_missing_entry_is_told_without_asking_the_server(open_desk: DeskFactory) -> None:
    desk = open_desk()
    desk.page.goto("/login.html")
    desk.page.locator("#email:focus").wait_for()
    desk.page.keyboard.press("Enter")
    desk.page.get_by_text("The email is missing.").wait_for()
    desk.page.get_by_label("Email").fill("somebody@example.org")
    desk.page.keyboard.press("Enter")
    desk.page.get_by_text("The password is missing.").wait_for()
    assert desk.page.evaluate("document.activeElement.id") == "password"


def test_a_password_never_stands_in_an_address(open_desk: DeskFactory, owner: str) -> None:
    """The page's script has not come: the browser sends the form by itself."""
    desk = open_desk()
    desk.expect("ERR_FAILED", 405)
    desk.page.route("**/*.js", lambda route: route.abort())
    desk.page.goto("/login.html")
    with desk.page.expect_navigation():
        desk.log_in(owner)
    assert "password" not in desk.address()


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
    desk.expect(401, "ERR_FAILED")
    desk.dashboard()
    desk.page.locator("#account-name").click()
    desk.page.route("**/v1/session", lambda route: route.abort(), times=1)
    button = desk.page.get_by_role("button", name="Log out")
    button.click()
    desk.page.locator("#account-trouble", has_text="It is not known whether you are logged out: try again.").wait_for()
    button.click()
    desk.page.wait_for_url("**/login.html?next=**")
    desk.page.goto("/")
    desk.page.wait_for_url("**/login.html?next=**")


def test_logging_out_takes_along_what_was_typed_in_every_tab(desk: Desk, owner: str) -> None:
    desk.expect(401)
    other = desk.another_window()
    for window in (desk, other):
        window.order_form()
        window.fill_line({"name": "First flush"})
        assert window.draft() is not None
    desk.page.locator("#account-name").click()
    desk.page.get_by_role("button", name="Log out").click()
    for window in (desk, other):
        window.page.get_by_text("You are logged out.").wait_for()
    assert desk.draft() is None
    desk.log_in(owner)
    desk.page.wait_for_url("**/new-order.html**")
    other.order_form()
    for window in (desk, other):
        name = window.page.locator("#lines [data-name=name]")
        name.wait_for()
        assert name.input_value() == ""


def test_a_session_that_ended_by_itself_is_told_and_what_was_typed_is_kept(desk: Desk, owner: str) -> None:
    desk.expect(401)
    desk.order_form()
    desk.fill_line({"name": "First flush"})
    desk.context.clear_cookies()
    desk.page.locator("#lines [data-name=quantity]").fill("3")  # whose totals are asked for
    desk.page.locator("#lines [data-name=product_id]").fill("TEA-1")
    desk.page.locator("#lines [data-name=unit_price]").fill("4.35")
    desk.page.wait_for_url("**/login.html?next=**")
    desk.page.get_by_text("You were logged out. What you typed on the order form is kept.").wait_for()
    desk.log_in(owner)
    desk.page.locator("#lines [data-name=name]").wait_for()
    assert desk.page.locator("#lines [data-name=name]").input_value() == "First flush"


def test_going_back_after_logging_out_shows_nothing_to_the_next_reader(desk: Desk, merchant: Merchant) -> None:
    desk.expect(401)
    order = merchant.order(TEA)["order"]["id"]
    desk.page.goto(f"/order.html?merchant={merchant.id}&id={order}")
    desk.page.locator("#lines[data-state=ready]").wait_for()
    desk.page.locator("#account-name").click()
    desk.page.get_by_role("button", name="Log out", exact=True).click()
    desk.page.wait_for_url("**/login.html?next=**")
    desk.page.go_back()
    desk.page.wait_for_url("**/login.html?next=**")
    assert not desk.page.get_by_text("First flush").is_visible()


def test_nothing_is_done_in_the_name_of_another_who_logged_in_meanwhile(
    desk: Desk, merchant: Merchant, stack: Stack, owner: str
) -> None:
    """In another tab of the same browser: the settings on show are the first one's, the cookie is the second one's."""
    desk.expect(403)
    desk.page.goto(f"/settings.html?merchant={merchant.id}")
    desk.page.locator("#keys[data-state=ready]").wait_for()
    second = add_user(stack, merchant.id, "owner")
    desk.logged_in(second)
    desk.page.locator("#keys").get_by_role("button", name="Revoke").first.click()
    desk.page.locator("dialog.ask").get_by_role("button", name="Revoke it").click()
    desk.page.locator("#account-email", has_text=second).wait_for(state="attached")
    keys = merchant.stack.mongo.takings_people.api_keys
    assert keys.count_documents({"m": merchant.id, "revoked_at": None}) == keys.count_documents({"m": merchant.id}) > 0


def test_logging_out_is_told_as_what_it_was(desk: Desk, merchant: Merchant) -> None:
    desk.expect(401)
    desk.page.goto(f"/settings.html?merchant={merchant.id}#password")
    desk.page.locator("#account-name").click()
    desk.page.get_by_role("button", name="Log out", exact=True).click()
    desk.page.get_by_text("You are logged out.").wait_for()
    assert "settings.html%3Fmerchant%3D" in desk.address() and "%23password" in desk.address()


def test_nobody_is_told_of_a_session_that_they_never_had(open_desk: DeskFactory) -> None:
    desk = open_desk()
    desk.expect(401)
    desk.page.goto("/")
    desk.page.wait_for_url("**/login.html?next=**")
    desk.page.get_by_label("Email").wait_for()
    assert not desk.page.locator("#arrival").is_visible()


def test_the_password_can_be_looked_at(open_desk: DeskFactory) -> None:
    desk = open_desk()
    desk.page.goto("/login.html")
    desk.page.locator("#email:focus").wait_for()
    password = desk.page.get_by_label("Password")
    password.fill("a secret")
    desk.page.get_by_role("button", name="Show").click()
    assert (password.get_attribute("type"), password.input_value()) == ("text", "a secret")
    desk.page.get_by_role("button", name="Hide").click()
    assert password.get_attribute("type") == "password"
    assert [field.get_attribute("autocomplete") for field in (desk.page.get_by_label("Email"), password)] == [
        "username",
        "current-password",
    ]


def test_without_a_connection_it_says_so_and_the_form_goes_on(open_desk: DeskFactory, owner: str) -> None:
    desk = open_desk()
    desk.expect("ERR_INTERNET_DISCONNECTED")
    desk.page.goto("/login.html")
    desk.context.set_offline(True)
    desk.log_in(owner)
    desk.page.get_by_text("You are offline; try again when the connection is back.").wait_for()
    desk.context.set_offline(False)
    desk.page.keyboard.press("Enter")  # what was typed stands, and is sent again
    desk.settled()
