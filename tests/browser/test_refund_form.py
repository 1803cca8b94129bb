"""Giving back: what the server computes, once whatever happens, and on the figures of its own date."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Route

from browser.conftest import DeskFactory
from browser.desk import Desk
from browser.shop import TEA, cells, facts, now, stored, yesterday_at
from support.api import expect
from support.ledger import plant_refunds
from support.merchant import Merchant
from support.poll import eventually


@pytest.fixture
def order(merchant: Merchant) -> str:
    """Of yesterday: three units worth 12.95, tax 0.65, shipping 4.90."""
    identity: str = merchant.order(TEA | {"placed_at": yesterday_at(merchant, 9).isoformat()})["order"]["id"]
    return identity


def open_form(desk: Desk, merchant: Merchant, order: str) -> None:
    desk.page.goto(f"/order.html?merchant={merchant.id}&id={order}")
    desk.page.get_by_role("button", name="Give back…").click()
    desk.page.locator("#refund").wait_for()


def fill(desk: Desk, **texts: str) -> None:
    for name, text in texts.items():
        desk.page.locator(f"#refund-fields [data-name={name}]").fill(text)


def preview(desk: Desk, *figures: str) -> None:
    """Waits until the server computed these: units, goods, tax, shipping, total."""
    eventually(lambda: tuple(row[1] for row in cells(desk.page.locator("#preview tr"))) == figures)


def refunds(merchant: Merchant, order: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stored(merchant, order)["refunds"]
    return found


def receipt(desk: Desk) -> dict[str, str]:
    """Once the figures hold the refund."""
    desk.page.locator("#counted", has_text="readable").wait_for()
    return facts(desk.page.locator("#receipt dl"))


def test_units_of_a_line_by_keyboard(desk: Desk, merchant: Merchant, order: str) -> None:
    desk.page.goto(f"/order.html?merchant={merchant.id}&id={order}")
    button = desk.page.get_by_role("button", name="Give back…")
    button.wait_for()
    button.press("Enter")
    desk.page.keyboard.type("1")
    # a third of 12.95 and of 0.65, rounded down
    preview(desk, "1", "4.31", "0.21", "0.00", "4.52")
    assert refunds(merchant, order) == []
    for _ in range(3):
        desk.page.keyboard.press("Tab")
    desk.page.keyboard.type("broken")
    desk.page.keyboard.press("Enter")
    known = receipt(desk)
    [refund] = refunds(merchant, order)
    assert (refund["totals"]["total"], refund["reason"]) == (452, "broken")
    assert known["Given back"] == "4.52 EUR"
    assert (known["Refund"], known["Request"]) == (refund["id"], refund["request_id"])
    assert "ms after it was accepted" in known["Counted"] or " s after it was accepted" in known["Counted"]
    # the page tells of the order as it is by now
    eventually(lambda: desk.page.locator("#left").inner_text().startswith("Left: 2 units, goods 8.64 EUR"))
    desk.page.get_by_role("button", name="Make another refund").click()
    assert desk.page.locator("#quantities .hint").inner_text() == "of 2"
    assert desk.page.locator("#quantities input").input_value() == ""


def test_an_amount_counts_on_its_own_date(desk: Desk, merchant: Merchant, order: str) -> None:
    at = yesterday_at(merchant, 17)
    open_form(desk, merchant, order)
    desk.page.get_by_label("By amount").check()
    fill(desk, goods="2.95", tax="0.15", shipping="0.90", refunded_at=at.strftime("%Y-%m-%dT%H:%M:%S"))
    preview(desk, "0", "2.95", "0.15", "0.90", "4.00")
    assert "17:00–18:00" in desk.page.locator("#preview-note").inner_text()
    desk.page.get_by_role("button", name="Record refund").click()
    receipt(desk)
    desk.page.get_by_role("link", name="See what was refunded then").click()
    desk.page.get_by_role("heading", name="Refunded,").wait_for()
    eventually(lambda: "Sum matches" in desk.page.locator("#verdict").inner_text())
    assert desk.page.locator("#figure-value").inner_text() == "4.00"
    for day, goods in ((at.date(), 295), (now(merchant).date(), 0)):
        [summary] = expect(merchant.api.summary(range="yesterday" if day == at.date() else "today"))["data"]
        assert summary["metrics"]["returns"] == goods
    desk.page.go_back()
    desk.page.get_by_role("link", name="See that day's sales").click()
    desk.settled()
    assert desk.card("returns") == "2.95"
    # 18.50 sold less 4.00 given back, both yesterday
    assert desk.card("total_sales") == "14.50"


def test_too_much_is_said_beside_the_field(desk: Desk, merchant: Merchant, order: str) -> None:
    desk.expect(422)
    open_form(desk, merchant, order)
    desk.page.locator("#quantities input").fill("4")
    trouble = desk.page.locator("#quantities .trouble")
    eventually(lambda: trouble.inner_text() == "Only 3 left.")
    desk.page.get_by_label("By amount").check()
    fill(desk, goods="12.96", shipping="5")
    desk.page.keyboard.press("Enter")
    desk.page.locator("#summary li").nth(1).wait_for()
    assert desk.page.evaluate("document.activeElement.id") == "summary"
    items = desk.page.locator("#summary li").all_inner_texts()
    assert items == ["Goods: Only 12.95 left.", "Shipping: Only 4.90 left."]
    desk.page.locator("#summary a").first.click()
    assert desk.page.evaluate("document.activeElement.dataset.name") == "goods"
    assert refunds(merchant, order) == []
    fill(desk, goods="12.95", shipping="4.90")
    desk.page.keyboard.press("Enter")
    receipt(desk)
    assert [refund["totals"]["total"] for refund in refunds(merchant, order)] == [1785]


def test_an_order_with_all_the_refunds_that_it_may_have(desk: Desk, merchant: Merchant, order: str) -> None:
    desk.expect(422)
    merchant.refund(order, {"goods": 1})
    plant_refunds(merchant.stack.mongo, merchant.id, order, 1000)
    open_form(desk, merchant, order)
    desk.page.locator("#quantities input").fill("1")
    desk.page.locator("#preview-note", has_text="Not computed: ").wait_for()
    desk.page.keyboard.press("Enter")
    desk.page.locator("#summary li").wait_for()
    assert desk.page.locator("#summary li").all_inner_texts() == ["An order has at most 1,000 refunds."]
    assert len(refunds(merchant, order)) == 1000


def test_nothing_is_not_sent(desk: Desk, merchant: Merchant, order: str) -> None:
    sent: list[str] = []
    open_form(desk, merchant, order)
    desk.page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    desk.page.get_by_role("button", name="Record refund").click()
    assert desk.page.locator("#summary li").all_inner_texts() == ["Say how much is given back."]
    desk.page.locator("#quantities input").fill("1.5")
    desk.page.keyboard.press("Enter")
    assert desk.page.locator("#summary li").all_inner_texts() == ["First flush: A whole number, please."]
    assert sent == []


def test_all_that_is_left(desk: Desk, merchant: Merchant, order: str) -> None:
    open_form(desk, merchant, order)
    desk.page.get_by_role("button", name="All that is left").click()
    preview(desk, "3", "12.95", "0.65", "4.90", "18.50")
    desk.page.get_by_role("button", name="Record refund").click()
    receipt(desk)
    eventually(lambda: desk.page.locator("#given-back").inner_text() == "given back as a whole")
    assert desk.page.locator("#left").inner_text() == "Nothing is left to give back."
    desk.page.goto(f"/order.html?merchant={merchant.id}&id={order}")
    desk.page.locator("#refunds[data-state=ready]").wait_for()
    assert not desk.page.get_by_role("button", name="Give back…").is_visible()


def test_what_is_left_of_the_whole_orders_tax_is_said_to_be_left_out(desk: Desk, merchant: Merchant) -> None:
    order = merchant.order(TEA | {"tax": 35})["order"]["id"]
    merchant.refund(order, {"lines": [{"line": 1, "quantity": 1}]})
    open_form(desk, merchant, order)
    desk.page.get_by_role("button", name="All that is left").click()
    # of the lines: 12.95 - 4.31, 0.65 - 0.21
    preview(desk, "2", "8.64", "0.44", "4.90", "13.98")
    # 0.65 + 0.35 - 0.21
    words = "At most 0.79, including the tax of the lines. What of it is the whole order's is not filled in for you."
    assert desk.page.locator("#refund-fields .tax .hint").inner_text() == words
    desk.page.get_by_label("By amount").check()
    desk.page.get_by_role("button", name="All that is left").click()
    preview(desk, "0", "8.64", "0.79", "4.90", "14.33")


def test_a_double_click_gives_one_refund(desk: Desk, merchant: Merchant, order: str) -> None:
    """The panels failed before, and each of them was told to try again."""
    desk.expect("ERR_FAILED")
    desk.page.route(f"**/orders/{order}", lambda route: route.abort(), times=1)
    desk.page.goto(f"/order.html?merchant={merchant.id}&id={order}")
    again = desk.page.get_by_role("button", name="Try again")
    again.nth(2).wait_for()
    again.evaluate_all("buttons => buttons.forEach(button => button.click())")
    desk.page.get_by_role("button", name="Give back…").click()
    desk.page.locator("#quantities input").fill("1")
    desk.page.locator("#send").dblclick()
    identity = receipt(desk)["Refund"]
    assert [refund["id"] for refund in refunds(merchant, order)] == [identity]


@pytest.mark.parametrize("arrived", [True, False], ids=["stored", "lost"])
def test_a_reload_while_sending_gives_one_refund(
    desk: Desk, merchant: Merchant, order: str, arrived: bool
) -> None:
    def lose_the_answer(route: Route) -> None:
        if arrived:
            route.fetch()
        desk.page.evaluate("location.reload()")

    desk.expect("ERR_FAILED", "ERR_ABORTED")
    open_form(desk, merchant, order)
    desk.page.locator("#quantities input").fill("2")
    preview(desk, "2", "8.63", "0.43", "0.00", "9.06")
    desk.page.route("**/refunds", lose_the_answer, times=1)
    desk.page.locator("#send").click()
    desk.page.get_by_role("heading", name="It is not known whether this refund was stored").wait_for()
    assert desk.page.locator("#quantities input").input_value() == "2"
    assert desk.page.locator("#quantities input").is_disabled()
    desk.page.get_by_role("button", name="Check").click()
    identity = receipt(desk)["Refund"]
    heading = "The refund had been stored the first time" if arrived else "The refund is stored"
    assert desk.page.get_by_role("heading", name=heading).is_visible()
    assert [(refund["id"], refund["totals"]["units"]) for refund in refunds(merchant, order)] == [(identity, 2)]


def test_what_was_typed_outlives_a_reload_and_belongs_to_its_order(
    desk: Desk, merchant: Merchant, order: str
) -> None:
    other = merchant.order(TEA)["order"]["id"]
    open_form(desk, merchant, order)
    desk.page.locator("#quantities input").fill("1")
    fill(desk, reason="Too <b>dark</b>")
    desk.page.reload()
    desk.page.locator("#refund").wait_for()
    assert desk.page.locator("#quantities input").input_value() == "1"
    assert desk.page.locator("[data-name=reason]").input_value() == "Too <b>dark</b>"
    open_form(desk, merchant, other)
    assert desk.page.locator("#quantities input").input_value() == ""


def test_what_was_begun_before_somebody_else_gave_it_back(desk: Desk, merchant: Merchant, order: str) -> None:
    desk.expect(422)
    open_form(desk, merchant, order)
    desk.page.locator("#quantities input").fill("3")
    preview(desk, "3", "12.95", "0.65", "0.00", "13.60")
    merchant.refund(order, {"lines": [{"line": 1, "quantity": 2}]})
    desk.page.locator("#send").click()
    desk.page.locator("#summary").wait_for()
    assert desk.page.locator("#summary li").all_inner_texts() == ["First flush: Only 1 left."]
    assert len(refunds(merchant, order)) == 1
    # the form is made anew by what has happened, and what was said of it stays until the field is changed
    desk.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    eventually(lambda: desk.page.locator("#quantities .hint").inner_text() == "of 1")
    assert desk.page.locator("#summary li").all_inner_texts() == ["First flush: Only 1 left."]
    desk.page.locator("#summary a").click()
    desk.page.locator("#quantities input:focus").fill("1")
    assert desk.page.locator("#summary").count() == 0


def test_what_has_happened_since_is_read_as_soon_as_it_can_be(desk: Desk, merchant: Merchant, order: str) -> None:
    desk.expect(503)
    open_form(desk, merchant, order)
    fill(desk, reason="mine")
    merchant.refund(order, {"lines": [{"line": 1, "quantity": 2}]})
    notes = desk.page.locator(".panel-note:visible")
    with desk.intercepted(f"**/orders/{order}", lambda route: route.fulfill(status=503, json={})):
        desk.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as if one came back to it
        notes.nth(2).wait_for()
        words = "What has happened since, like a new refund, is not listed yet. It is tried again by itself."
        assert all(note.endswith(words) for note in notes.all_inner_texts())
    eventually(lambda: desk.page.locator("#quantities .hint").inner_text() == "of 1")
    assert notes.count() == 0
    assert desk.page.locator("[data-name=reason]:focus").input_value() == "mine"


def test_amounts_have_the_currencys_decimals(open_desk: DeskFactory, add_merchant: Any, stack: Any) -> None:
    from support.browser import add_user

    merchant = add_merchant("Asia/Tokyo", "KWD")
    body = TEA | {"currency": "KWD"}
    identity = merchant.order(body)["order"]["id"]
    desk = open_desk().logged_in(add_user(stack, merchant.id, "owner"))
    open_form(desk, merchant, identity)
    desk.page.get_by_label("By amount").check()
    desk.page.get_by_role("button", name="All that is left").click()
    preview(desk, "0", "1.295", "0.065", "0.490", "1.850")
    assert desk.page.locator("[data-name=goods]").input_value() == "1.295"
