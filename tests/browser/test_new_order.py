"""The order form: one form, one order, whatever happens on the way; and what was typed is never lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route

from browser.conftest import DeskFactory
from browser.desk import Desk
from support.api import expect
from support.browser import add_user
from support.merchant import Merchant
from support.poll import eventually
from support.stack import Stack

TEA = {"product_id": "TEA-1", "name": "First flush", "quantity": "3", "unit_price": "4.35"}


def orders(merchant: Merchant) -> list[dict[str, Any]]:
    stored: list[dict[str, Any]] = expect(merchant.api.get("/orders"))["data"]
    return stored


def totals(desk: Desk) -> dict[str, str]:
    cells = desk.page.locator("[data-total]")
    return dict(cells.evaluate_all("cells => cells.map(cell => [cell.dataset.total, cell.textContent])"))


def test_an_order_placed_by_keyboard_is_counted_and_seen(desk: Desk, merchant: Merchant) -> None:
    desk.dashboard("/")
    assert desk.card("orders") == "0"
    desk.page.keyboard.press("n")
    desk.page.locator("#order").wait_for()
    for text in TEA.values():
        desk.page.keyboard.type(text)
        desk.page.keyboard.press("Tab")
    desk.page.keyboard.press("Control+Enter")
    identity = desk.receipt()
    [order] = orders(merchant)
    assert order["id"] == identity
    assert order["request_id"] == desk.page.locator("#request-id").inner_text()
    assert re.search(r"readable [\d.]+ m?s after it was accepted$", desk.page.locator("#counted").inner_text())
    link = desk.page.locator("#order-id").get_attribute("href")
    assert link == f"/order.html?merchant={merchant.id}&id={identity}"
    desk.page.get_by_role("link", name="See that day's sales").click()
    desk.settled()
    assert (desk.card("orders"), desk.card("total_sales")) == ("1", "13.05")


def test_totals_are_of_what_stands_there(desk: Desk) -> None:
    desk.expect("ERR_FAILED")
    asked: list[Route] = []
    of_the_new_price: list[Route] = []

    def fail_then_hold(route: Route) -> None:
        asked.append(route)
        if "500" in (route.request.post_data or ""):
            of_the_new_price.append(route)
        elif len(asked) == 1:
            route.abort()
        elif len(asked) > 2:
            route.continue_()

    with desk.intercepted("**/orders?dry_run=true", fail_then_hold):
        desk.order_form()
        desk.fill_line(TEA)
        eventually(lambda: len(asked) >= 2 or desk.page.wait_for_timeout(20))
        desk.page.evaluate("window.dispatchEvent(new Event('online'))")  # while the second is on its way
        eventually(lambda: totals(desk)["total"] == "13.05")
        desk.fill_line({"unit_price": "5.00"})
        asked[1].continue_()
        eventually(lambda: of_the_new_price or desk.page.wait_for_timeout(20))
        desk.page.wait_for_timeout(100)
        assert desk.page.locator("#totals").get_attribute("data-state") == "stale"
        of_the_new_price[0].continue_()
        eventually(lambda: totals(desk)["total"] == "15.00")


def test_a_skeleton_as_high_holds_the_forms_place(desk: Desk) -> None:
    held: list[Route] = []
    desk.page.route("**/v1/session", lambda route: held.append(route))
    for width in (1280, 900, 360):
        desk.page.set_viewport_size({"width": width, "height": 800})
        desk.page.goto("/new-order.html")
        desk.page.locator(".waiting #skeleton .bone").first.wait_for()
        skeleton = height(desk, "#skeleton")
        eventually(lambda: held or desk.page.wait_for_timeout(20))
        held.pop().continue_()
        desk.page.locator("#order").wait_for()
        assert not desk.page.locator("#skeleton").count()
        assert abs(height(desk, "#order") - skeleton) <= 24, width  # a line more or less of what is below the time
        assert desk.shifts() == [], width


def height(desk: Desk, selector: str) -> float:
    return float(desk.page.locator(selector).evaluate("box => box.getBoundingClientRect().height"))


def test_totals_are_the_servers(desk: Desk) -> None:
    desk.order_form()
    desk.fill_line(TEA | {"discount": "0.05", "tax": "0.65"})
    desk.page.get_by_role("button", name="Add a line").click()
    desk.fill_line({"product_id": "JAR", "name": "Jar", "quantity": "1", "unit_price": "10"}, number=2)
    desk.fill_whole({"discount": "1", "shipping": "4.90", "tax": "0.35"})
    desk.page.locator("#totals[data-state=ready]").wait_for()
    # 13.05 - 0.05 + 0.65 + 10 - 1 + 4.90 + 0.35
    assert totals(desk) == {"gross": "23.05", "discounts": "1.05", "tax": "1.00", "shipping": "4.90", "total": "27.90"}


def test_a_double_click_gives_one_order(desk: Desk, merchant: Merchant) -> None:
    desk.order_form()
    desk.fill_line(TEA)
    desk.page.locator("#send").dblclick()
    identity = desk.receipt()
    assert [order["id"] for order in orders(merchant)] == [identity]


@pytest.mark.parametrize("body", [None, "{}"], ids=["lost", "senseless"])
def test_an_unknown_outcome_is_checked_and_not_doubled(
    desk: Desk, merchant: Merchant, owner: str, body: str | None
) -> None:
    def lose_the_answer(route: Route) -> None:
        route.fetch()
        if body is None:
            route.abort()
        else:
            route.fulfill(status=201, content_type="application/json", body=body)

    desk.expect("ERR_FAILED", "Cannot read properties", 401)
    desk.order_form()
    desk.fill_line(TEA)
    desk.page.route("**/orders", lose_the_answer, times=1)
    desk.page.keyboard.press("Control+Enter")
    desk.page.get_by_role("heading", name="It is not known whether this order was stored").wait_for()
    assert desk.page.evaluate("document.activeElement.id") == "unknown"
    if body is None:
        desk.page.reload()
    else:  # whoever logs out takes along what was typed, but for this
        desk.page.locator("#account-name").click()
        desk.page.get_by_role("button", name="Log out", exact=True).click()
        desk.page.get_by_text("You are logged out.").wait_for()
        desk.log_in(owner)
    desk.page.get_by_role("button", name="Check").click()
    identity = desk.receipt()
    assert desk.page.get_by_role("heading", name="The order had been stored the first time").is_visible()
    assert [order["id"] for order in orders(merchant)] == [identity]


def test_a_request_that_never_arrived_is_not_sent_again_unasked(desk: Desk, merchant: Merchant) -> None:
    desk.expect("ERR_FAILED")
    desk.order_form()
    desk.fill_line(TEA)
    desk.page.route("**/orders", lambda route: route.abort(), times=1)
    desk.page.keyboard.press("Control+Enter")
    desk.page.get_by_role("button", name="Check").click()
    desk.page.get_by_role("heading", name="This order has not been stored").wait_for()
    assert desk.page.evaluate("document.activeElement.id") == "absent"
    assert orders(merchant) == []
    desk.page.get_by_role("button", name="Record it now").click()
    identity = desk.receipt()
    assert desk.page.get_by_role("heading", name="The order is stored").is_visible()
    assert [order["id"] for order in orders(merchant)] == [identity]


def test_enter_goes_from_line_to_line(desk: Desk, merchant: Merchant) -> None:
    """As at a till: it makes the next line, and leaves the lines from one that is empty."""
    desk.order_form()
    lines = desk.page.locator("#lines fieldset")
    for row, code in enumerate(("TEA-1", "JAR")):
        for text in (code, "A thing", "1", "4.35"):
            desk.page.keyboard.type(text)
            desk.page.keyboard.press("Tab")
        desk.page.keyboard.press("Enter")
        assert lines.count() == row + 2
    desk.page.keyboard.press("Enter")
    assert lines.count() == 3
    assert desk.page.locator("#whole [data-name=discount]:focus").count() == 1
    assert orders(merchant) == []
    lines.nth(0).locator("[data-name=tax]").press("Enter")
    assert desk.page.evaluate("document.activeElement.value") == "JAR"
    desk.page.keyboard.press("Control+Enter")
    desk.receipt()
    [order] = orders(merchant)
    assert [line["product_id"] for line in order["lines"]] == ["TEA-1", "JAR"]


def test_a_complaint_finds_its_line_behind_an_empty_one(desk: Desk) -> None:
    desk.expect(422)
    desk.order_form()
    desk.page.get_by_role("button", name="Add a line").click()
    desk.fill_line(TEA | {"discount": "13.06"}, number=2)
    desk.page.keyboard.press("Control+Enter")
    assert desk.page.locator("#summary li").inner_text().startswith("Line 2, discount: ")
    assert desk.page.locator("#lines fieldset").nth(1).locator("[aria-invalid=true]").count() == 1


def test_everything_that_can_be_told_of_an_order_is_stored(desk: Desk, merchant: Merchant) -> None:
    told = {"customer_id": "C-17", "channel": "till", "payment_method": "card", "reference": "2026-1107"}
    smile = "\U0001f642"
    desk.order_form()
    desk.fill_line(TEA)
    desk.fill_whole(told | {"note": smile * 501})
    desk.page.keyboard.press("Control+Enter")
    assert desk.page.locator("#summary li").inner_text() == "Note: At most 500 characters; these are 501."
    desk.fill_whole({"note": f"Two\nlines, {smile * 489}"})
    desk.page.keyboard.press("Control+Enter")
    desk.receipt()
    [order] = orders(merchant)
    assert {name: order[name] for name in told} == told
    assert order["note"] == f"Two lines, {smile * 489}"


def test_each_form_has_its_own_key(desk: Desk, merchant: Merchant) -> None:
    desk.order_form()
    for _ in range(2):
        desk.fill_line(TEA)
        desk.page.keyboard.press("Control+Enter")
        desk.receipt()
        desk.page.get_by_role("button", name="Enter another order").click()
    assert len(orders(merchant)) == 2


def test_what_was_typed_outlives_a_reload_with_its_key(desk: Desk) -> None:
    desk.order_form()
    desk.fill_line(TEA)
    desk.fill_whole({"note": "Gift <b>wrap</b>"})
    stored = desk.draft()
    desk.page.reload()
    desk.page.locator("#order").wait_for()
    assert desk.page.locator("[data-name=unit_price]").input_value() == "4.35"
    assert desk.page.locator("[data-name=note]").input_value() == "Gift <b>wrap</b>"
    assert desk.draft() == stored


def test_a_duplicated_tab_has_an_order_of_its_own(desk: Desk, merchant: Merchant) -> None:
    """A tab that opens another, or is duplicated, gives it a copy of all that it stored."""
    desk.order_form()
    desk.fill_line(TEA)
    key = desk.draft()["key"]
    with desk.context.expect_page() as opening:
        desk.page.evaluate("void window.open(location.href)")
    other = opening.value
    other.locator("#order").wait_for()
    assert [other.locator(f"[data-name={name}]").first.input_value() for name in TEA] == [""] * 4
    for name, text in TEA.items():
        other.locator(f"#lines [data-name={name}]").fill(text)
    assert key not in other.evaluate("Object.values(sessionStorage).join()")
    for page in (other, desk.page):
        page.keyboard.press("Control+Enter")
        page.locator("#counted", has_text="readable").wait_for()
    assert len(orders(merchant)) == 2


def test_drafts_are_few_and_foreign_ones_are_left_alone(desk: Desk, merchant: Merchant) -> None:
    desk.order_form()
    desk.fill_line(TEA)
    draft = desk.draft()
    script = "drafts => drafts.forEach(([name, draft]) => sessionStorage.setItem(name, JSON.stringify(draft)))"
    others = [(f"takings.order.m{i}", draft | {"saved": i, "sent": "{}" if i == 0 else None}) for i in range(20)]
    desk.page.evaluate(script, others)
    desk.fill_line({"name": "Second flush"})
    names = sorted(desk.page.evaluate("Object.keys(sessionStorage).filter(name => name.startsWith('takings.order.'))"))
    assert names == sorted([f"takings.order.{merchant.id}", *(f"takings.order.m{i}" for i in (0, *range(14, 20)))])
    for strange in (draft | {"version": 0}, draft | {"texts": {"lines": 1}}, draft | {"key": "x"}, [], 7):
        desk.page.evaluate(script, [(f"takings.order.{merchant.id}", strange)])
        desk.order_form()
        assert desk.page.locator("#lines [data-name=name]").input_value() == ""


def test_what_the_server_refuses_is_said_beside_the_field(desk: Desk, merchant: Merchant) -> None:
    desk.expect(422)
    desk.order_form()
    desk.fill_line(TEA | {"discount": "13.06"})
    desk.fill_whole({"reference": "two words"})
    desk.page.keyboard.press("Control+Enter")
    desk.page.locator("#summary li").nth(1).wait_for()
    assert desk.page.evaluate("document.activeElement.id") == "summary"
    wrong = desk.page.locator("[aria-invalid=true]")
    assert sorted(wrong.evaluate_all("fields => fields.map(field => field.dataset.name)")) == ["discount", "reference"]
    desk.page.locator("#summary a").first.click()
    assert desk.page.evaluate("document.activeElement.dataset.name") == "discount"
    assert desk.page.locator("[data-name=name]").input_value() == "First flush"
    assert orders(merchant) == []
    desk.fill_line({"discount": "13.05"})
    desk.fill_whole({"reference": "two-words"})
    desk.page.keyboard.press("Control+Enter")
    desk.receipt()


def test_what_cannot_be_read_is_not_sent(desk: Desk) -> None:
    sent: list[str] = []
    desk.order_form()
    desk.page.on("request", lambda request: sent.append(request.url))
    desk.fill_line({"product_id": "TEA-1", "quantity": "3", "unit_price": "4.355"})
    desk.page.keyboard.press("Control+Enter")
    items = desk.page.locator("#summary li").all_inner_texts()
    assert items == ["Line 1, name: Please fill this in.", "Line 1, price each: At most 2 decimals."]
    assert sent == []


def test_the_summary_goes_as_its_fields_are_mended(desk: Desk) -> None:
    desk.order_form()
    note, entries = desk.page.locator("#totals-note"), desk.page.locator("#summary li")
    desk.fill_line({"product_id": "TEA-1", "quantity": "3"})
    assert note.inner_text() == "Shown once the lines are filled in."
    desk.fill_line({"unit_price": "4.355"})
    assert note.inner_text() == "Shown once the marked fields are mended."
    desk.page.get_by_role("button", name="Add a line").click()
    desk.fill_line(TEA | {"quantity": "none"}, number=2)
    desk.page.keyboard.press("Control+Enter")
    named = ["Line 1, name", "Line 1, price each", "Line 2, quantity"]
    assert [entry.partition(":")[0] for entry in entries.all_inner_texts()] == named
    desk.fill_line({"name": "First flush"})
    assert [entry.partition(":")[0] for entry in entries.all_inner_texts()] == named[1:]
    desk.page.get_by_role("button", name="Remove line 2").click()
    assert [entry.partition(":")[0] for entry in entries.all_inner_texts()] == named[1:2]
    desk.fill_line({"unit_price": "4.35"})
    assert not desk.page.locator("#summary").is_visible()
    desk.page.keyboard.press("Control+Enter")
    desk.receipt()


def test_the_currency_sets_the_decimals(
    open_desk: DeskFactory, add_merchant: Callable[..., Merchant], stack: Stack
) -> None:
    prices = {"JPY": ("1200", 1200, "1,200"), "KWD": ("1.005", 1005, "1.005"), "EUR": ("9.9", 990, "9.90")}
    merchant = add_merchant("Asia/Tokyo", "USD", *prices)
    desk = open_desk().logged_in(add_user(stack, merchant.id, "owner"))
    desk.order_form()
    for currency, (price, minor, shown) in prices.items():
        desk.page.get_by_label("Currency").select_option(currency)
        desk.fill_line(TEA | {"quantity": "1", "unit_price": price})
        desk.page.keyboard.press("Control+Enter")
        desk.receipt()
        newest = orders(merchant)[0]
        assert (newest["currency"], newest["totals"]["total"]) == (currency, minor)
        assert desk.page.get_by_text(f"{shown} {currency}").is_visible()
        desk.page.get_by_role("button", name="Enter another order").click()


def test_the_time_is_the_merchants(desk: Desk, merchant: Merchant) -> None:
    desk.order_form()
    desk.fill_line(TEA)
    desk.fill_whole({"placed_at": "2026-11-01T10:30:00"})
    desk.page.keyboard.press("Control+Enter")
    desk.receipt()
    [order] = orders(merchant)
    assert order["placed_at"] == "2026-11-01T09:30:00.000Z"  # Berlin is an hour ahead of UTC in November


def test_an_hour_that_comes_twice_is_chosen(desk: Desk, merchant: Merchant) -> None:
    which = desk.page.locator("[data-name=which]")
    for choice, instant in (("The first: 02:30 GMT+2", "00:30"), ("The second: 02:30 GMT+1", "01:30")):
        desk.order_form()
        desk.fill_line(TEA)
        assert not which.is_visible()
        desk.fill_whole({"placed_at": "2026-10-25T02:30:00"})
        desk.page.keyboard.press("Control+Enter")
        words = "Which of the two: The clock went back: this time comes twice."
        assert desk.page.locator("#summary li").inner_text() == words
        desk.page.locator("#summary a").click()
        assert desk.page.evaluate("document.activeElement.dataset.name") == "which"
        which.select_option(choice)
        desk.page.reload()
        desk.page.locator("#order").wait_for()
        desk.page.keyboard.press("Control+Enter")
        desk.receipt()
        assert orders(merchant)[0]["placed_at"] == f"2026-10-25T{instant}:00.000Z"
        desk.page.get_by_role("button", name="Enter another order").click()


def test_an_ended_session_keeps_what_was_typed(desk: Desk, owner: str, merchant: Merchant) -> None:
    desk.expect(401)
    desk.order_form()
    desk.fill_line(TEA)
    desk.context.clear_cookies()
    desk.page.keyboard.press("Control+Enter")
    desk.page.wait_for_url("**/login.html?next=**")
    desk.log_in(owner)
    desk.page.wait_for_url("**/new-order.html**")
    desk.page.locator("[data-name=unit_price]").wait_for()
    assert desk.page.locator("[data-name=unit_price]").input_value() == "4.35"
    assert orders(merchant) == []


def test_a_clerk_records_orders_and_sees_no_figures(open_desk: DeskFactory, stack: Stack, merchant: Merchant) -> None:
    desk = open_desk()
    desk.expect(401)
    email = add_user(stack, merchant.id, "clerk")
    desk.page.goto("/")
    desk.page.wait_for_url("**/login.html?next=**")
    desk.log_in(email)
    desk.page.wait_for_url(f"**/new-order.html?merchant={merchant.id}")
    desk.fill_line(TEA)
    desk.page.keyboard.press("Control+Enter")
    desk.page.get_by_role("heading", name="The order is stored").wait_for()
    desk.page.get_by_role("link", name="Takings").click()
    desk.page.wait_for_url(f"**/new-order.html?merchant={merchant.id}")
    assert not desk.page.locator("#page-trouble").is_visible()
    assert len(orders(merchant)) == 1


def test_an_analyst_is_told_that_the_form_is_not_for_them(
    open_desk: DeskFactory, stack: Stack, merchant: Merchant
) -> None:
    desk = open_desk().logged_in(add_user(stack, merchant.id, "analyst"))
    desk.dashboard("/")
    assert not desk.page.get_by_role("link", name="New order").is_visible()
    desk.page.get_by_text("No order has been recorded yet.").first.wait_for()
    desk.page.keyboard.press("n")
    desk.page.keyboard.press("w")
    assert "range=last_7d" in desk.address()
    desk.page.goto("/new-order.html")
    desk.page.get_by_text("Your role does not allow this").wait_for()
    assert not desk.page.locator("#order").is_visible()
