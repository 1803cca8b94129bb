"""The entries behind a figure: all of them, of one instant, and a check of their sum that can fail."""

from __future__ import annotations

import csv
import io
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Route

from browser.conftest import DeskFactory
from browser.desk import Desk, money
from browser.shop import TEA, cells, now, sell, yesterday_at
from support.api import expect
from support.browser import add_user
from support.merchant import Merchant
from support.poll import eventually
from support.stack import Stack

CURSOR_KEY = "tk:cursor_key"


def trace(desk: Desk, query: str) -> None:
    """Opens the page and waits for its entries."""
    desk.page.goto(f"/trace.html?{query}")
    drawn(desk)


def drawn(desk: Desk) -> None:
    desk.page.locator("#entries:is([data-state=ready], [data-state=empty])").wait_for()


def verdict(desk: Desk) -> str:
    return desk.page.locator("#verdict").inner_text()


def rows(desk: Desk) -> list[list[str]]:
    """Value and running sum, behind the entry's id."""
    return [row[2:] for row in cells(desk.page.locator("#entry-rows tr"))]


def test_a_figure_is_what_its_entries_come_to(desk: Desk, merchant: Merchant) -> None:
    at = yesterday_at(merchant, 9)
    order = merchant.order(TEA | {"placed_at": at.isoformat()})["order"]["id"]
    other = merchant.order(TEA | {"placed_at": at.replace(hour=14).isoformat(), "discount": 100})["order"]["id"]
    back = {"lines": [{"line": 1, "quantity": 1}], "refunded_at": at.replace(hour=15).isoformat()}
    refund = merchant.refund(order, back)["refund"]["id"]
    merchant.settled()
    trace(desk, f"merchant={merchant.id}&currency=EUR&range=yesterday&metric=net_sales")
    # 3 x 4.35 - 0.10; 1.00 less for the order; a third of 12.95 comes back, rounded down
    assert rows(desk) == [[order, "12.95", "12.95"], [other, "11.95", "24.90"], [refund, "-4.31", "20.59"]]
    [summary] = expect(merchant.api.summary(range="yesterday", currency="EUR", metrics="net_sales"))["data"]
    assert summary["metrics"]["net_sales"] == 2059
    assert desk.page.locator("#figure-value").inner_text() == "20.59"
    assert desk.page.locator("#figure-currency").inner_text() == "EUR"
    assert verdict(desk) == "✓ Sum matches. The 3 entries listed come to 20.59, added up on this page."
    title = desk.page.locator("#figure-title").inner_text()
    assert title == f"Net sales, {at:%A}, {at.day} {at:%B %Y}" or title == f"Net sales, {at:%A} {at.day} {at:%B %Y}"
    kinds = [row[1] for row in cells(desk.page.locator("#entry-rows tr"))]
    assert kinds == ["Order", "Order", "Refund"]
    assert "Exact as of" in desk.page.locator("#figure-as-of").inner_text()
    desk.page.locator("#entry-rows a").last.click()
    desk.page.wait_for_url(f"**/order.html?merchant={merchant.id}&id={order}#{refund}")


def test_what_a_figure_is_made_of_leads_on(desk: Desk, merchant: Merchant) -> None:
    merchant.order(TEA)
    merchant.settled()
    trace(desk, f"merchant={merchant.id}&currency=EUR&range=today&metric=net_sales")
    desk.page.get_by_role("link", name="discounts").click()
    desk.page.get_by_role("heading", name="Discounts,").wait_for()
    drawn(desk)
    assert desk.page.locator("#figure-value").inner_text() == "0.10"
    assert verdict(desk) == "✓ Sum matches. The one entry listed comes to 0.10, added up on this page."


def test_an_average_offers_what_it_is_made_of(desk: Desk, merchant: Merchant) -> None:
    sell(merchant, [1000, 500, 501])
    trace(desk, f"merchant={merchant.id}&currency=EUR&range=today&metric=average_order_value")
    assert desk.page.locator("#figure-value").inner_text() == "6.67"
    assert "20.01 divided by 3" in desk.page.locator("#average-words").inner_text()
    parts = cells(desk.page.locator("#average-parts tr"))
    assert parts == [["Gross sales", "20.01"], ["Discounts", "− 0.00"], ["Orders", "÷ 3"]]
    desk.page.get_by_role("link", name="Orders", exact=True).last.click()
    desk.page.get_by_role("heading", name="Orders,").wait_for()
    drawn(desk)
    assert [row[1:] for row in rows(desk)] == [["1", "1"], ["1", "2"], ["1", "3"]]


def test_a_long_list_stays_of_one_instant(desk: Desk, merchant: Merchant) -> None:
    amounts = list(range(101, 222))
    ids = sell(merchant, amounts, yesterday_at(merchant, 8))
    trace(desk, f"merchant={merchant.id}&currency=EUR&range=yesterday&metric=gross_sales")
    total, shown = money(sum(amounts)), money(sum(amounts[:100]))
    assert verdict(desk) == f"… The 100 entries listed come to {shown}, added up on this page so far; more follow."
    sell(merchant, [9999], yesterday_at(merchant, 20))
    desk.page.get_by_role("button", name="More").click()
    eventually(lambda: "Sum matches" in verdict(desk))
    assert verdict(desk) == f"✓ Sum matches. The 121 entries listed come to {total}, added up on this page."
    assert desk.page.locator("#figure-value").inner_text() == total
    assert [row[0] for row in rows(desk)] == ids
    sums = [money(sum(amounts[: i + 1])) for i in range(len(amounts))]
    assert [row[1:] for row in rows(desk)] == [[money(a), s] for a, s in zip(amounts, sums, strict=True)]
    assert not desk.page.get_by_role("button", name="More").is_visible()


def test_both_panels_begin_the_list_once(desk: Desk, merchant: Merchant) -> None:
    desk.expect("ERR_FAILED")
    sell(merchant, [100], yesterday_at(merchant, 8))
    asked: list[Route] = []

    def count(route: Route) -> None:
        asked.append(route)
        route.continue_()

    with desk.intercepted("**/trace?**", lambda route: route.abort()):
        desk.page.goto(f"/trace.html?merchant={merchant.id}&currency=EUR&range=yesterday&metric=orders")
        desk.page.get_by_role("button", name="Try again").nth(1).wait_for()
    with desk.intercepted("**/trace?**", count):
        desk.page.evaluate("window.dispatchEvent(new Event('online'))")
        eventually(lambda: "Sum matches" in verdict(desk))
        desk.page.wait_for_timeout(200)
    assert len(asked) == 1


def test_a_list_that_is_too_old_begins_again(desk: Desk, merchant: Merchant, stack: Stack) -> None:
    desk.expect(400)
    sell(merchant, [100] * 101, yesterday_at(merchant, 8))
    trace(desk, f"merchant={merchant.id}&currency=EUR&range=yesterday&metric=orders")
    sell(merchant, [100], yesterday_at(merchant, 20))
    # cursors of another key are as those of another time
    stack.redis.set(CURSOR_KEY, secrets.token_hex(len(stack.redis.get(CURSOR_KEY)) // 2))
    desk.page.get_by_role("button", name="More").click()
    desk.page.get_by_text("This list is too old to go on").wait_for()
    assert desk.page.evaluate("document.activeElement.id") == "begin-again"
    assert len(rows(desk)) == 100
    desk.page.keyboard.press("Enter")
    eventually(lambda: desk.page.locator("#figure-value").inner_text() == "102")
    desk.page.get_by_role("button", name="More").click()
    eventually(lambda: "Sum matches. The 102 entries" in verdict(desk))


def test_an_unknown_figure_is_compared_with_nothing(desk: Desk, merchant: Merchant) -> None:
    merchant.order(TEA)
    merchant.settled()
    ledger = merchant.stack.mongo.takings.ledger
    entry = ledger.find_one({"m": merchant.id})
    assert entry is not None
    spoilt = entry | {"_id": entry["_id"][:-1] + ("A" if entry["_id"][-1] != "A" else "B"), "total": "7.00"}
    ledger.insert_one(spoilt | {"idem": "orders/spoilt"}, bypass_document_validation=True)
    eventually(lambda: expect(merchant.api.status())["data"]["parked"])
    trace(desk, f"merchant={merchant.id}&currency=EUR&range=today&metric=total_sales")
    assert desk.page.locator("#figure-value").inner_text() == "unknown"
    words = "The one entry listed comes to 18.50, added up on this page. The figure is unknown"
    assert words in verdict(desk)
    hour = r"Figures unknown for \w{3} \d{1,2} \w{3,4}, \d\d:00\u2013\d\d:00: an entry cannot be read"
    note = desk.page.locator("#figure .panel-note").inner_text()
    assert re.match(hour, note)
    assert note.endswith("too large to be exact. 1 entry of this page cannot be read and is not listed.")


def test_nothing_sold_is_a_sum_that_matches(desk: Desk, merchant: Merchant) -> None:
    trace(desk, f"merchant={merchant.id}&currency=EUR&range=last_month&metric=returns")
    assert desk.page.locator("#figure-value").inner_text() == "0.00"
    assert verdict(desk) == "✓ Sum matches: no entry adds to this figure."
    assert desk.page.get_by_text("No entry adds to this figure.", exact=True).is_visible()


def test_the_way_back_is_the_view_it_came_from(desk: Desk, merchant: Merchant) -> None:
    view = f"/?merchant={merchant.id}&currency=EUR&range=last_7d&interval=day&as=table"
    desk.dashboard(view)
    desk.page.locator("#statement a").first.click()
    desk.page.wait_for_url("**/trace.html**metric=gross_sales")
    drawn(desk)
    desk.page.reload()
    drawn(desk)
    desk.page.get_by_role("link", name="Back to the dashboard").click()
    desk.settled()
    assert desk.address().endswith(view)


def test_the_list_as_a_table(desk: Desk, merchant: Merchant, tmp_path: Path) -> None:
    ids = sell(merchant, [1250, 300], yesterday_at(merchant, 9))
    trace(desk, f"merchant={merchant.id}&currency=EUR&range=yesterday&metric=gross_sales")
    with desk.page.expect_download() as waiting:
        desk.page.get_by_role("link", name="CSV").click()
    waiting.value.save_as(tmp_path / "trace.csv")
    lines = list(csv.DictReader(io.StringIO((tmp_path / "trace.csv").read_text())))
    assert [(line["entry"], line["value"], line["running_sum"]) for line in lines] == [
        (ids[0], "12.50", "12.50"),
        (ids[1], "3.00", "15.50"),
    ]


def test_a_figure_of_an_hour(desk: Desk, merchant: Merchant) -> None:
    at = yesterday_at(merchant, 9)
    sell(merchant, [100], at)
    start = at.replace(minute=0, second=0)
    query = urlencode({"from": start.isoformat(), "to": start.replace(hour=10).isoformat()})
    trace(desk, f"merchant={merchant.id}&currency=EUR&{query}&metric=orders")
    assert desk.page.locator("#figure-title").inner_text().endswith(", 09:00–10:00")
    assert len(rows(desk)) == 1


def test_a_clerk_may_not_see_figures(open_desk: DeskFactory, stack: Stack, merchant: Merchant) -> None:
    desk = open_desk().logged_in(add_user(stack, merchant.id, "clerk"))
    desk.page.goto(f"/trace.html?merchant={merchant.id}&currency=EUR&range=today&metric=orders")
    desk.page.get_by_text("Your role does not allow this").wait_for()
    assert not desk.page.get_by_role("button", name="Try again").first.is_visible()
    assert not desk.page.locator("#back").is_visible()  # the dashboard is not for them either


@pytest.mark.parametrize(
    ("values", "sums", "figure", "more", "found"),
    [
        ([5, -3], [5, 2], 2, False, {"state": "matches", "sum": 2}),
        ([], [], 0, False, {"state": "matches", "sum": 0}),
        ([5, -3], [5, 2], 3, False, {"state": "differs", "sum": 2, "by": -1}),
        ([5, -3], [5, 2], 1, False, {"state": "differs", "sum": 2, "by": 1}),
        ([5, 4], [5, 9], 2, True, {"state": "open", "sum": 9}),
        ([5, -3], [5, 2], None, False, {"state": "unknown", "sum": 2}),
        # an entry was changed, left out, or put in: the server's own running sums tell
        ([6, -3], [5, 2], 2, False, {"state": "broken", "sum": 3, "at": 1}),
        ([-3], [2], 2, False, {"state": "broken", "sum": -3, "at": 1}),
        ([5, 1, -3], [5, 5, 2], 2, True, {"state": "broken", "sum": 3, "at": 2}),
        # 2^53 - 1 and back, exactly
        ([2**53 - 1, 1 - 2**53, 1], [2**53 - 1, 0, 1], 1, False, {"state": "matches", "sum": 1}),
    ],
)
def test_the_check_can_fail(
    modules: Callable[..., Any], values: list[int], sums: list[int], figure: int | None, more: bool, found: object
) -> None:
    entries = [{"value": value, "running_sum": total} for value, total in zip(values, sums, strict=True)]
    assert modules("trace/check.js", "checkSum", entries, figure, more) == found


def test_today_is_named_as_one_day(desk: Desk, merchant: Merchant) -> None:
    trace(desk, f"merchant={merchant.id}&currency=EUR&range=today&metric=orders")
    title = desk.page.locator("#figure-title").inner_text()
    today = now(merchant)
    assert title.endswith(f"{today.day} {today:%B %Y}")
