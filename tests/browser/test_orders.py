"""The list of orders: what the API has, page by page, by filter, and what is new."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import APIResponse, Route

from browser.conftest import DeskFactory
from browser.desk import Desk, money
from browser.shop import TEA, cells, sell, yesterday_at
from support.api import expect
from support.browser import add_user
from support.merchant import Merchant
from support.poll import eventually
from support.stack import Stack

DRAWN = "#orders:is([data-state=ready], [data-state=empty])"


def open_list(desk: Desk, query: str = "") -> None:
    desk.page.goto(f"/orders.html?{query}")
    desk.page.locator(DRAWN).wait_for()


def rows(desk: Desk) -> list[list[str]]:
    return cells(desk.page.locator("#order-table tr.order"))


def ids(desk: Desk) -> list[str]:
    return [row[2] for row in rows(desk)]


def shows(desk: Desk, expected: list[str]) -> None:
    eventually(lambda: ids(desk) == expected)


def test_orders_stand_newest_first_under_their_days(desk: Desk, merchant: Merchant) -> None:
    at = yesterday_at(merchant, 13)
    lines = [*TEA["lines"], *({"product_id": p, "name": p, "quantity": 1, "unit_price": 1} for p in "abc")]
    old = merchant.order(TEA | {"lines": lines, "placed_at": at.isoformat(), "reference": "R-1", "customer_id": "c-9"})
    new = merchant.order(TEA)
    open_list(desk, f"merchant={merchant.id}")
    newest, oldest = rows(desk)
    assert newest[2:] == [new["order"]["id"], "3 × First flush", "", "18.50 EUR"]
    assert oldest == [
        "13:05:07 late",
        "R-1",
        old["order"]["id"],
        "3 × First flush · a · b and 1 more",
        "c-9",
        "18.53 EUR",
    ]
    days = desk.page.locator("#order-table th[scope=rowgroup]").all_inner_texts()
    assert len(days) == 2 and f"{at.day} {at:%B %Y}" in days[1]
    desk.page.locator("tr.order").last.get_by_role("link").click()
    desk.page.wait_for_url(f"**/order.html?merchant={merchant.id}&id={old['order']['id']}")
    desk.page.get_by_role("link", name="Orders").first.click()
    desk.page.locator(DRAWN).wait_for()
    assert len(rows(desk)) == 2


def test_older_and_newer_and_the_browsers_own_way_back(desk: Desk, merchant: Merchant) -> None:
    sold = list(reversed(sell(merchant, range(1, 121), yesterday_at(merchant, 6))))
    desk.expect("ERR_INTERNET_DISCONNECTED", "ERR_FAILED")
    open_list(desk, f"merchant={merchant.id}&currency=EUR")
    shows(desk, sold[:50])
    assert not desk.page.get_by_role("link", name="Newer").is_visible()
    desk.context.set_offline(True)
    desk.page.get_by_role("link", name="Older").click()
    desk.page.get_by_text("It is asked again as soon as the connection is back.").wait_for()
    desk.context.set_offline(False)
    shows(desk, sold[50:100])
    second = desk.address()
    reference = desk.page.get_by_label("Reference", exact=True)
    reference.fill("R-1")
    desk.page.get_by_role("link", name="Older").click()
    shows(desk, sold[100:])
    assert reference.input_value() == "R-1"  # typed, and not asked for yet
    assert not desk.page.get_by_role("link", name="Older").is_visible()
    desk.page.get_by_role("link", name="Newer").click()
    shows(desk, sold[50:100])
    desk.page.go_back()
    shows(desk, sold[100:])
    desk.page.reload()
    shows(desk, sold[100:])
    desk.page.get_by_role("link", name="Newer").click()
    shows(desk, sold[50:100])
    desk.page.get_by_role("link", name="Newest").click()
    shows(desk, sold[:50])
    # a copied address knows its page, but not the way that led there
    desk.page.goto(second)
    desk.page.locator(DRAWN).wait_for()
    shows(desk, sold[50:100])
    assert not desk.page.get_by_role("link", name="Newer").is_visible()
    assert desk.page.get_by_role("link", name="Newest").is_visible()


def test_filters_stand_in_the_address(
    open_desk: DeskFactory, add_merchant: Callable[..., Merchant], stack: Stack
) -> None:
    merchant = add_merchant("Europe/Berlin", "EUR", "JPY")
    desk = open_desk().logged_in(add_user(stack, merchant.id, "analyst"))
    at = yesterday_at(merchant, 23)
    late = merchant.order(TEA | {"placed_at": at.isoformat(), "reference": "R-7"})["order"]["id"]
    yen = merchant.order(TEA | {"currency": "JPY"})["order"]["id"]
    euro = merchant.order(TEA)["order"]["id"]
    open_list(desk, f"merchant={merchant.id}")
    shows(desk, [euro, yen, late])
    desk.page.keyboard.press("/")
    assert desk.page.evaluate("document.activeElement.id") == "from"
    desk.page.locator("#from").fill(at.strftime("%Y-%m-%d"))
    desk.page.locator("#through").fill(at.strftime("%Y-%m-%d"))
    desk.page.keyboard.press("Enter")
    shows(desk, [late])
    assert f"from={at:%Y-%m-%d}&to=" in desk.address()
    desk.page.get_by_role("button", name="Clear").click()
    shows(desk, [euro, yen, late])
    desk.page.get_by_label("Currency").select_option("JPY")
    desk.page.get_by_role("button", name="Show", exact=True).click()
    shows(desk, [yen])
    assert [row[5] for row in rows(desk)] == ["1,850 JPY"]
    desk.page.go_back()
    shows(desk, [euro, yen, late])
    assert desk.page.get_by_label("Currency").input_value() == ""
    desk.page.get_by_label("Reference", exact=True).fill("R-7")
    desk.page.keyboard.press("Enter")
    shows(desk, [late])
    assert desk.page.locator("#orders-title").inner_text() == "Orders with reference R-7"


def test_what_cannot_be_is_said_beside_the_field(desk: Desk, merchant: Merchant) -> None:
    desk.expect(422)
    merchant.order(TEA)
    open_list(desk, f"merchant={merchant.id}")
    desk.page.get_by_label("Reference", exact=True).fill("two words")
    desk.page.keyboard.press("Enter")
    desk.page.locator("#reference[aria-invalid=true]").wait_for()
    assert "letters, digits" in desk.page.locator("#reference-trouble").inner_text()
    desk.page.locator("#orders[data-state=failed]").wait_for()
    assert "Request" in desk.page.locator("#orders .panel-notice").inner_text()
    desk.page.get_by_label("Reference", exact=True).fill("")
    assert desk.page.locator("#reference-trouble").inner_text() == ""
    desk.page.locator("#from").fill("2026-11-20")
    desk.page.locator("#through").fill("2026-11-19")
    desk.page.keyboard.press("Enter")
    assert desk.page.locator("#through-trouble").inner_text() == "This is before the first day."
    assert desk.page.evaluate("document.activeElement.id") == "through"


def test_no_order_ever_is_not_none_in_range(desk: Desk, merchant: Merchant) -> None:
    open_list(desk, f"merchant={merchant.id}&from=2026-01-01&to=2026-01-02")
    desk.page.get_by_text("No order has been recorded yet.").wait_for()
    assert desk.page.get_by_role("link", name="Enter the first one").is_visible()
    order = merchant.order(TEA)["order"]["id"]
    desk.page.reload()
    desk.page.get_by_text("No order matches.").wait_for()
    desk.page.get_by_role("button", name="Clear").click()
    shows(desk, [order])


def test_new_orders_wait_to_be_shown(desk: Desk, merchant: Merchant) -> None:
    first = merchant.order(TEA)["order"]["id"]
    open_list(desk, f"merchant={merchant.id}")
    shows(desk, [first])
    more = [merchant.order(TEA)["order"]["id"] for _ in range(3)]
    news = desk.page.locator("#news", has_text="3 new orders")
    news.wait_for()
    assert ids(desk) == [first]
    news.click()
    shows(desk, [*reversed(more), first])
    assert desk.page.locator("tr.new").count() == 3
    assert not news.is_visible()


LIST = re.compile(r"/v1/merchants/[^/]+/orders(\?|$)")


def test_the_links_of_the_list_before_lead_nowhere(desk: Desk, merchant: Merchant) -> None:
    sold = list(reversed(sell(merchant, range(1, 121), yesterday_at(merchant, 6))))
    held: list[Route] = []
    open_list(desk, f"merchant={merchant.id}")
    shows(desk, sold[:50])
    older, page = desk.page.locator("#older"), re.compile(r"/orders\?.*cursor=")
    with desk.intercepted(page, lambda route: route.continue_() if held else held.append(route)):
        older.click()
        eventually(lambda: held or desk.page.wait_for_timeout(20))
        older.click()
        held[0].continue_()
        shows(desk, sold[50:100])
    desk.page.locator("#newer").click()
    shows(desk, sold[:50])
    assert "cursor" not in desk.page.url


class HoldTheFirst:
    """Has the first of the requests answered by the server, and its answer only given when it is released."""

    def __init__(self) -> None:
        self.held: list[tuple[Route, APIResponse]] = []
        self.later: list[Route] = []

    def __call__(self, route: Route) -> None:
        if self.held:
            self.later.append(route)
            route.continue_()
        else:
            self.held.append((route, route.fetch()))

    def release(self) -> None:
        route, answer = self.held[0]
        route.fulfill(response=answer)


def test_what_came_while_the_list_was_read_is_told(desk: Desk, merchant: Merchant) -> None:
    hold = HoldTheFirst()
    first = merchant.order(TEA)["order"]["id"]
    open_list(desk, f"merchant={merchant.id}")
    shows(desk, [first])
    with desk.intercepted(re.compile(r"/orders\?.*from="), hold):
        desk.page.locator("#from").fill(yesterday_at(merchant, 6).strftime("%Y-%m-%d"))
        desk.page.keyboard.press("Enter")
        eventually(lambda: hold.held or desk.page.wait_for_timeout(20))
        second = merchant.order(TEA)["order"]["id"]
        merchant.settled()
        desk.page.wait_for_timeout(500)
        hold.release()
        shows(desk, [first])
    desk.page.locator("#news", has_text="1 new order").click()
    shows(desk, [second, first])


def test_a_look_that_ends_after_the_list_was_drawn_anew_tells_no_order_twice(desk: Desk, merchant: Merchant) -> None:
    hold = HoldTheFirst()
    first = merchant.order(TEA)["order"]["id"]
    open_list(desk, f"merchant={merchant.id}")
    shows(desk, [first])
    second = merchant.order(TEA)["order"]["id"]
    news = desk.page.locator("#news")
    news.filter(has_text="1 new order").wait_for()
    with desk.intercepted(LIST, hold):
        third = merchant.order(TEA)["order"]["id"]
        eventually(lambda: hold.held or desk.page.wait_for_timeout(20))
        news.click()
        shows(desk, [third, second, first])
        hold.later.clear()
        hold.release()
        eventually(lambda: hold.later or desk.page.wait_for_timeout(20))
    assert not news.is_visible()


def test_what_is_wrong_with_the_list_is_said_line_by_line(desk: Desk, merchant: Merchant) -> None:
    def spoil(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        route.fulfill(response=answer, json=body | {"meta": body["meta"] | {"unreadable": 1}})

    desk.expect("ERR_FAILED")
    merchant.order(TEA)
    notes = desk.page.locator("#orders .panel-note")
    with desk.intercepted(LIST, spoil):
        open_list(desk, f"merchant={merchant.id}")
        notes.filter(has_text="One order here cannot be read").wait_for()
    with desk.intercepted(LIST, lambda route: route.abort()):
        merchant.order(TEA)
        notes.filter(has_text="New orders are not shown: the server cannot be reached.").wait_for()
        assert notes.filter(has_text="One order here cannot be read").is_visible()
    merchant.order(TEA)
    desk.page.locator("#news", has_text="2 new orders").click()
    shows(desk, [order["id"] for order in expect(merchant.api.get("/orders"))["data"]])
    assert notes.count() == 0


def test_the_first_order_comes_by_itself(desk: Desk, merchant: Merchant) -> None:
    open_list(desk, f"merchant={merchant.id}")
    desk.page.get_by_text("No order has been recorded yet.").wait_for()
    order = merchant.order(TEA)["order"]["id"]
    shows(desk, [order])


def test_a_clerk_sees_the_orders(open_desk: DeskFactory, stack: Stack, merchant: Merchant) -> None:
    order = merchant.order(TEA)["order"]["id"]
    desk = open_desk().logged_in(add_user(stack, merchant.id, "clerk"))
    open_list(desk, f"merchant={merchant.id}")
    shows(desk, [order])
    newer = merchant.order(TEA)["order"]["id"]
    desk.page.locator("#news", has_text="1 new order").click()
    shows(desk, [newer, order])


def test_whoever_has_gone_on_is_not_told_of_the_page_before(desk: Desk, merchant: Merchant) -> None:
    desk.expect(400)
    merchant.order(TEA)
    order = merchant.order(TEA | {"reference": "R-9"})["order"]["id"]
    asked: list[Route] = []

    def hold_the_second(route: Route) -> None:
        asked.append(route)
        if len(asked) != 2:
            route.continue_()

    with desk.intercepted(LIST, hold_the_second):
        desk.page.goto(f"/orders.html?merchant={merchant.id}&cursor=another")
        eventually(lambda: len(asked) == 2 or desk.page.wait_for_timeout(20))
        desk.page.get_by_label("Reference", exact=True).fill("R-9")
        desk.page.keyboard.press("Enter")
        shows(desk, [order])
    assert desk.page.locator("#orders .panel-note").count() == 0


def test_a_page_of_another_list_leads_to_the_newest(desk: Desk, merchant: Merchant) -> None:
    desk.expect(400)
    sold = list(reversed(sell(merchant, range(1, 52), yesterday_at(merchant, 6))))
    cursor = expect(merchant.api.get("/orders", limit=50))["next_cursor"]
    open_list(desk, f"merchant={merchant.id}&currency=EUR&cursor={cursor}")
    desk.page.get_by_text("does not belong to this list").wait_for()
    shows(desk, sold[:50])
    assert rows(desk)[0][5] == f"{money(51)} EUR"
