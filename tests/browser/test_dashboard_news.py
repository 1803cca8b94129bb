"""The dashboard while the world goes on: news come by themselves, or are asked for, and no more than is needed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Request, Route

from browser.conftest import DeskFactory
from browser.desk import Desk, money
from browser.test_dashboard import days_ago, tea
from support.browser import add_user
from support.merchant import Merchant
from support.poll import eventually, wait_out_the_hour
from support.stack import Stack


@pytest.fixture
def live(desk: Desk) -> Desk:
    """At today's figures, to which news come by themselves."""
    desk.dashboard("/?range=today")
    desk.page.locator("#latest-live", has_text="live").wait_for()
    return desk


def asked(desk: Desk, part: str) -> list[float]:
    """When the browser sent requests, from now on, whose address has `part`: in seconds, by its own clock."""
    times: list[float] = []

    def note(request: Request) -> None:
        if part in request.url:
            times.append(request.timing["startTime"] / 1000)

    desk.page.on("requestfinished", note)
    return times


def test_a_new_order_is_shown_on_top_and_counted(live: Desk, merchant: Merchant) -> None:
    lines = [{"product_id": f"P{n}", "name": f"Tea <b>{n}</b>", "quantity": n, "unit_price": 100} for n in (1, 2, 3, 4)]
    merchant.order(tea(placed_at=days_ago(1)))
    order = merchant.order(tea(lines=lines, shipping=0, reference="R-7"))["order"]
    eventually(lambda: len(live.latest()) == 2)
    row = eventually(lambda: live.latest()[0][4] == "counted" and live.latest()[0])
    assert row[1:] == [
        f"ord_\u2026{order['id'][-6:]}",
        "Tea <b>1</b> \u00b7 2 \u00d7 Tea <b>2</b> and 2 more \u00b7 R-7",
        "10.00 EUR",
        "counted",
    ]
    link = live.page.locator("#latest-rows a").first
    assert link.get_attribute("href") == f"/order.html?merchant={merchant.id}&id={order['id']}"
    assert [root.get_attribute("class") for root in live.page.locator("#latest-rows tr").all()] == ["fresh", "fresh"]
    eventually(lambda: live.card("orders") == "1")


def test_after_midnight_an_order_of_the_day_before_says_its_day(live: Desk, merchant: Merchant) -> None:
    def tomorrow(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        as_of = datetime.fromisoformat(body["meta"]["as_of"]) + timedelta(days=1)
        route.fulfill(response=answer, json=body | {"meta": body["meta"] | {"as_of": as_of.isoformat()}})

    merchant.order(tea())
    row = eventually(lambda: live.latest() and live.latest()[0])
    assert re.fullmatch(r"\d\d:\d\d:\d\d", row[0])
    live.page.route("**/metrics/summary?**", tomorrow)
    with live.page.expect_response("**/metrics/summary?**"):
        live.page.keyboard.press("d")
    merchant.order(tea())
    eventually(lambda: ["," in row[0] for row in live.latest()] == [True, True], limit_s=30)


def test_news_of_other_days_leave_the_figures_on_show_alone(desk: Desk, sold_yesterday: Merchant) -> None:
    """They are asked for when news begin to come, and every 10 s for their stamp."""
    desk.dashboard("/?range=yesterday")
    desk.page.locator("#latest-live", has_text="live").wait_for()  # before, they are asked for every 2 s
    times = asked(desk, "/metrics/series")
    begun = time.monotonic()
    for count in range(2, 8):
        sold_yesterday.order(tea())
        eventually(lambda count=count: len(desk.latest()) == count)  # type: ignore[misc]
    eventually(lambda: [row[4] for row in desk.latest()] == ["counted"] * 7)
    assert len(times) <= 2 + (time.monotonic() - begun) / 10


@pytest.fixture
def sold_yesterday(merchant: Merchant) -> Merchant:
    merchant.order(tea(placed_at=days_ago(1)))
    merchant.settled()
    return merchant


def test_many_orders_at_once_are_asked_for_twice_in_a_second(live: Desk, merchant: Merchant) -> None:
    times = asked(live, "/metrics/series")
    for _ in range(30):
        merchant.order(tea())
    eventually(lambda: live.card("total_sales") == money(30 * 2050))
    eventually(lambda: len(live.latest()) == 8)
    assert len(times) <= 2 * (max(times) - min(times)) + 6  # of which 4 may be asked ahead


def test_not_counted_yet_is_what_was_recorded_after_the_figures(desk: Desk, merchant: Merchant) -> None:
    as_of, before = merchant.order(tea())["order"]["recorded_at"], "p1_" + 16 * "0"
    merchant.order(tea())

    def of_then(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        route.fulfill(response=answer, json=body | {"meta": body["meta"] | {"as_of": as_of, "position": before}})

    desk.expect("ERR_FAILED")
    with desk.intercepted("**/live", lambda route: route.abort()):
        with desk.intercepted("**/metrics/summary?**", of_then):
            desk.dashboard("/?range=today")
            eventually(lambda: [row[4] for row in desk.latest()] == ["not counted yet", ""])
        eventually(lambda: [row[4] for row in desk.latest()] == ["counted", "counted"])


def test_without_news_by_themselves_they_are_asked_for(desk: Desk, merchant: Merchant) -> None:
    desk.expect("ERR_FAILED")
    with desk.intercepted("**/live", lambda route: route.abort()):
        desk.dashboard("/?range=today")
        desk.page.locator("#latest-live", has_text="asked every 2 s").wait_for()
        merchant.order(tea())
        eventually(lambda: desk.card("total_sales") == money(2050))
        eventually(lambda: [row[4] for row in desk.latest()] == ["counted"])
    desk.page.locator("#latest-live", has_text="live").wait_for()


def test_an_unchanged_series_is_not_sent_again(desk: Desk, merchant: Merchant) -> None:
    desk.expect("ERR_FAILED")
    desk.page.route("**/live", lambda route: route.abort())
    statuses: list[int] = []
    desk.page.on("response", lambda answer: statuses.append(answer.status) if "/metrics/series" in answer.url else None)
    desk.dashboard("/?range=yesterday")
    # the browser's events come in while it is asked something
    eventually(lambda: desk.card("orders") == "0" and len(statuses) >= 2, limit_s=30)
    assert set(statuses[1:]) == {304}


def test_focus_stays_in_the_table_when_news_come(live: Desk, merchant: Merchant) -> None:
    wait_out_the_hour()  # both orders are in the last row
    merchant.order(tea())
    with live.page.expect_response("**/metrics/series?**"):
        live.page.keyboard.press("t")
    eventually(lambda: live.card("total_sales") == money(2050))
    live.settled()
    link = live.page.locator("#table-box tbody tr:last-child a").first
    link.focus()
    merchant.order(tea())
    eventually(lambda: link.inner_text() == money(2 * 2050))
    assert link.evaluate("link => link === document.activeElement")


def test_offline_is_said_and_over_by_itself(desk: Desk, sold_yesterday: Merchant) -> None:
    desk.expect("ERR_INTERNET_DISCONNECTED", "ERR_FAILED")
    desk.dashboard("/?range=yesterday")
    desk.context.set_offline(True)
    desk.page.locator("#latest-live", has_text="not refreshed").wait_for()
    desk.page.locator("#stamp.amber", has_text="not refreshed: you are offline").wait_for()
    assert desk.card("orders") == "1"
    desk.page.keyboard.press("d")
    desk.page.locator("#cards").get_by_text("You are offline").wait_for()
    desk.context.set_offline(False)
    desk.settled()
    desk.page.locator("#stamp:not(.amber)").wait_for()
    assert desk.card("orders") == "0"
    desk.page.locator("#latest-live", has_text="live").wait_for()


def test_the_latest_orders_are_those_of_every_currency(
    open_desk: DeskFactory, add_merchant: Callable[..., Merchant], stack: Stack
) -> None:
    merchant = add_merchant("Asia/Tokyo", "JPY", "KWD")
    for currency in ("JPY", "KWD"):
        merchant.order(tea(currency=currency))
    merchant.settled()
    desk = open_desk().logged_in(add_user(stack, merchant.id, "analyst"))
    desk.dashboard("/?currency=KWD&range=today")
    eventually(lambda: sorted(row[3] for row in desk.latest()) == ["2,050 JPY", "2.050 KWD"])
    assert desk.card("total_sales") == "2.050"


def test_one_list_that_fails_leaves_the_figures_alone(desk: Desk, sold_yesterday: Merchant) -> None:
    problem = '{"title": "Something broke", "status": 500, "code": "internal", "request_id": "abc123"}'
    fault = ["an order"]

    def fail(route: Route) -> None:
        if fault == ["the list"]:
            route.fulfill(status=500, content_type="application/problem+json", body=problem)
            return
        answer = route.fetch()
        body = answer.json()
        spoilt = {"data": [], "meta": body["meta"] | {"unreadable": 1}} if fault else {}
        route.fulfill(response=answer, json=body | spoilt)

    desk.expect(500)
    desk.page.route("**/orders?**", fail)
    desk.dashboard("/?range=yesterday")
    desk.page.locator("#latest[data-state=ready] .panel-note", has_text="One order here cannot be read").wait_for()
    fault[:] = ["the list"]
    desk.page.reload()
    latest = desk.page.locator("#latest")
    latest.get_by_text("abc123").wait_for()
    eventually(lambda: desk.card("orders") == "1")
    with desk.page.expect_request("**/orders?**"):
        latest.get_by_role("button", name="Try again").click()
    assert desk.page.locator("#latest-live").inner_text() == "not refreshed"
    fault.clear()
    eventually(lambda: len(desk.latest()) == 1, limit_s=20)  # it asks more slowly while it fails
