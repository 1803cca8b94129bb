"""The dashboard: its figures are the API's, its state stands in the address, and it says when something is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Route

from browser.conftest import DeskFactory
from browser.desk import Desk, money
from support.api import Body, expect
from support.browser import add_user
from support.merchant import Merchant
from support.poll import eventually
from support.stack import Stack

ADDITIVE = ("gross_sales", "discounts", "returns", "net_sales", "taxes", "shipping", "total_sales")


def tea(**more: Any) -> Body:
    line = {"product_id": "TEA-1", "name": "First flush", "quantity": 3, "unit_price": 435, "discount": 5, "tax": 260}
    return {"currency": "EUR", "lines": [line], "shipping": 490} | more


def days_ago(days: int, zone: str = "Europe/Berlin") -> str:
    """Noon of that day."""
    noon = datetime.now(ZoneInfo(zone)).replace(hour=12, minute=0, second=0, microsecond=0)
    return (noon - timedelta(days=days)).isoformat()


@pytest.fixture
def sold(merchant: Merchant) -> Merchant:
    """Three orders in the last days, one of them partly taken back."""
    receipts = [merchant.order(tea(placed_at=days_ago(days))) for days in (1, 2, 4)]
    merchant.refund(receipts[0]["order"]["id"], {"lines": [{"line": 1, "quantity": 1}]})
    merchant.settled()
    return merchant


def test_cards_and_statement_are_the_apis(sold: Merchant, desk: Desk) -> None:
    desk.dashboard("/?range=last_7d")
    [data] = expect(sold.api.summary(range="last_7d"))["data"]
    metrics = data["metrics"]
    assert metrics["orders"] == 3
    assert desk.card("orders") == "3"
    assert desk.card("average_order_value") == money(metrics["average_order_value"]["value"])
    for metric in ("total_sales", "net_sales", "returns"):
        assert desk.card(metric) == money(metrics[metric])
    for metric in ADDITIVE:
        assert desk.statement(metric) == money(metrics[metric])


def test_the_table_is_the_apis_series(sold: Merchant, desk: Desk) -> None:
    desk.dashboard("/?range=last_7d")
    desk.page.keyboard.press("t")
    desk.page.locator("#table-box tfoot").wait_for()
    columns = ("orders", *ADDITIVE)
    series = expect(sold.api.series(range="last_7d", interval="day", currency="EUR", metrics=",".join(columns)))["data"]
    rows = desk.table()
    assert len(rows) == 7 + 1
    for i, row in enumerate(rows[:7]):
        values = [series["values"][metric][i] for metric in columns]
        assert row[1:] == [str(values[0]), *map(money, values[1:])]
        day = datetime.fromtimestamp(series["start"][i], ZoneInfo("Europe/Berlin"))
        assert row[0].replace("Sept ", "Sep ") == f"{day:%a, }{day.day} {day:%b %Y}"


def test_buckets_are_named_in_the_merchants_zone(
    open_desk: DeskFactory, add_merchant: Callable[..., Merchant], stack: Stack
) -> None:
    merchant = add_merchant("Asia/Kathmandu", "EUR")
    desk = open_desk(zone="America/Los_Angeles").logged_in(add_user(stack, merchant.id, "owner"))
    desk.dashboard("/?range=yesterday&as=table")
    assert [row[0] for row in desk.table()[:24]] == [f"{h:02}:00\u2013{(h + 1) % 24:02}:00" for h in range(24)]


def test_the_night_of_25_hours_names_both_hours(desk: Desk) -> None:
    desk.dashboard("/?from=2026-10-25&to=2026-10-26&as=table")
    names = [row[0] for row in desk.table()[:-1]]
    assert len(names) == 25
    assert names[2:4] == ["02:00\u201302:00 GMT+2", "02:00\u201303:00 GMT+1"]


def test_hours_to_come_are_not_shown(desk: Desk) -> None:
    desk.dashboard("/?range=today&as=table")
    names = [row[0] for row in desk.table()[:-1]]
    assert len(names) == datetime.now(ZoneInfo("Europe/Berlin")).hour + 1
    assert names[-1].endswith("(unfinished)")


def test_a_new_order_changes_the_figures_without_a_reload(desk: Desk, merchant: Merchant) -> None:
    desk.dashboard("/")
    assert desk.card("total_sales") == "0.00"
    assert desk.page.get_by_text("No order has been recorded yet.").is_visible()
    merchant.order(tea())
    eventually(lambda: desk.card("total_sales") == money(1305 - 5 + 260 + 490))
    assert desk.card("orders") == "1"
    assert not desk.page.get_by_text("No order has been recorded yet.").is_visible()
    desk.page.keyboard.press("ArrowLeft")
    desk.page.get_by_text("No orders in this range.").wait_for()


def test_the_words_in_an_empty_chart_leave_its_axis_free(open_desk: DeskFactory, owner: str) -> None:
    """Numbers up to "10" and the blanks beside them take 37 pixels on the left, and the days' names 28 below."""
    desk = open_desk(width=360).logged_in(owner)
    desk.dashboard("/?range=last_7d")
    words, chart = desk.page.locator("#sentence").bounding_box(), desk.page.locator("#chart").bounding_box()
    assert words is not None and chart is not None
    assert words["x"] >= chart["x"] + 37
    assert chart["y"] < words["y"] < words["y"] + words["height"] < chart["y"] + chart["height"] - 28


def test_the_view_stands_in_the_address(desk: Desk, merchant: Merchant) -> None:
    desk.dashboard("/")
    start = f"/?merchant={merchant.id}&currency=EUR&range=today"
    assert desk.address().endswith(start)
    desk.page.get_by_role("link", name="7 days").click()
    desk.page.locator("#cards").get_by_role("button", name=re.compile("^Orders")).click()
    desk.page.keyboard.press("t")
    wanted = f"/?merchant={merchant.id}&currency=EUR&range=last_7d&metric=orders&as=table"
    assert desk.address().endswith(wanted)
    desk.page.reload()
    desk.settled()
    assert desk.address().endswith(wanted)
    assert desk.page.get_by_role("heading", name="Orders by day").count() == 1
    assert len(desk.table()) == 7 + 1
    for _ in range(3):
        desk.page.go_back()
    desk.settled()
    assert desk.address().endswith(start)
    assert desk.page.get_by_role("heading", name="Total sales by hour").count() == 1
    desk.page.go_forward()
    desk.page.get_by_role("heading", name="Total sales by day").wait_for(state="attached")


def test_any_range_by_its_dates(desk: Desk) -> None:
    desk.dashboard("/")
    desk.page.locator("#dates-shown").click()
    desk.page.get_by_label("From").fill("2026-03-20")
    desk.page.get_by_label("Through").fill("2026-03-19")
    desk.page.get_by_role("button", name="Show").click()
    desk.page.get_by_text("The last day is before the first.").wait_for()
    desk.page.get_by_label("Through").fill("2026-03-31")
    desk.page.get_by_role("button", name="Show").click()
    assert "from=2026-03-20&to=2026-04-01" in desk.address()
    assert re.fullmatch("20\\s*\u2013\\s*31 Mar 2026", desk.page.locator("#dates-shown").inner_text())


def test_keys_work_and_stay_silent_while_typing(desk: Desk) -> None:
    desk.dashboard("/")
    press = desk.page.keyboard.press
    press("w")
    assert "range=last_7d" in desk.address()
    press("d")
    press("ArrowLeft")
    assert "range=yesterday" in desk.address()
    press("i")
    assert "interval=day" in desk.address()
    press("?")
    assert desk.page.get_by_role("dialog").is_visible()
    press("Escape")
    desk.page.locator("#dates-shown").click()
    desk.page.get_by_label("From").focus()
    address = desk.address()
    press("w")
    assert desk.address() == address


def test_the_chart_is_read_by_arrow_keys(desk: Desk, sold: Merchant) -> None:
    desk.dashboard("/?range=last_7d")
    chart = desk.page.get_by_role("slider")
    chart.focus()
    desk.page.keyboard.press("End")
    assert desk.page.locator("#chart canvas").is_visible()
    said = chart.get_attribute("aria-valuetext")
    [*_, last] = expect(sold.api.series(range="last_7d", interval="day", currency="EUR", metrics="total_sales"))[
        "data"
    ]["values"]["total_sales"]
    assert said is not None
    assert said.endswith(f": {money(last)}")
    desk.page.keyboard.press("ArrowLeft")
    assert chart.get_attribute("aria-valuetext") != said
    assert "range=last_7d" in desk.address()


def test_one_panels_failure_leaves_the_others_alone(desk: Desk) -> None:
    problem = {"title": "Something broke", "status": 500, "code": "internal", "request_id": "abc123", "errors": []}

    def fail(route: Route) -> None:
        route.fulfill(status=500, content_type="application/problem+json", body=json.dumps(problem))

    desk.expect(500)
    desk.page.route("**/metrics/series?**", fail)
    desk.page.goto("/")
    sales = desk.page.locator("#sales")
    sales.get_by_text("Something broke").wait_for()
    assert sales.get_by_text("abc123").is_visible()
    assert desk.card("orders") == "0"
    desk.page.unroute("**/metrics/series?**")
    sales.get_by_role("button", name="Try again").click()
    desk.settled()


def test_figures_stay_and_the_stamp_warns_while_the_server_is_away(desk: Desk, sold: Merchant) -> None:
    desk.expect("ERR_FAILED")
    desk.dashboard("/?range=last_7d")
    stamp = desk.page.locator("#stamp")
    assert stamp.inner_text().startswith("exact as of ")
    assert "behind" in stamp.inner_text()
    desk.page.route("**/metrics/**", lambda route: route.abort())
    desk.page.get_by_text("not refreshed: the server cannot be reached").wait_for()
    assert "exact as of" in stamp.inner_text()
    assert "behind" not in stamp.inner_text()  # of figures that stand still it is more with every second
    assert desk.card("orders") == "3"
    desk.page.unroute("**/metrics/**")
    eventually(lambda: stamp.inner_text().startswith("exact as of "), limit_s=15)


def test_unknown_is_never_shown_as_a_number(desk: Desk) -> None:
    def park(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        [data] = body["data"]
        data["metrics"] = dict.fromkeys(data["metrics"])
        body["meta"]["warnings"] = [{"code": "parked", "detail": "figures unknown for 13:00-14:00"}]
        route.fulfill(response=answer, json=body)

    desk.page.route("**/metrics/summary?**", park)
    desk.dashboard("/")
    assert desk.card("total_sales") == "unknown"
    assert desk.statement("net_sales") == "unknown"
    assert desk.page.locator("#stamp.amber", has_text="figures unknown for 13:00-14:00").is_visible()


def test_an_address_with_a_foreign_merchant_offers_ones_own(desk: Desk, merchant: Merchant) -> None:
    desk.page.goto("/?merchant=nobody-here")
    desk.page.get_by_text("This account has no such merchant").wait_for()
    chooser = desk.page.get_by_label("Merchant")
    assert chooser.locator("option:checked").inner_text() == "Choose a merchant"
    assert not desk.page.get_by_label("Currency").is_visible()
    chooser.select_option(merchant.id)
    desk.settled()
    assert desk.page.get_by_label("Currency").input_value() == "EUR"


def test_a_switch_of_merchant_and_currency(
    open_desk: DeskFactory, add_merchant: Callable[..., Merchant], stack: Stack
) -> None:
    first, second = add_merchant("Europe/Berlin", "EUR"), add_merchant("Asia/Tokyo", "JPY", "USD")
    email = add_user(stack, first.id, "owner")
    add_user(stack, second.id, "owner", email)
    desk = open_desk().logged_in(email)
    desk.dashboard(f"/?merchant={first.id}")
    desk.page.get_by_label("Merchant").select_option(second.id)
    desk.page.wait_for_url(f"**/?merchant={second.id}&currency=JPY&**")
    desk.settled()
    desk.page.get_by_label("Currency").select_option("USD")
    desk.settled()
    assert f"merchant={second.id}&currency=USD" in desk.address()
    desk.page.go_back()
    desk.page.go_back()
    desk.settled()
    assert f"merchant={first.id}&currency=EUR" in desk.address()
    assert desk.page.get_by_label("Merchant").input_value() == first.id
