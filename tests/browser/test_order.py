"""One order: all that is known of it, whether the figures hold it, and what was given back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Route

from browser.conftest import DeskFactory
from browser.desk import Desk
from browser.shop import TEA, cells, facts, now, yesterday_at
from support.browser import add_user
from support.merchant import Merchant
from support.poll import eventually
from support.stack import Stack

TEXTS = {
    "reference": "2026-1107",
    "customer_id": "c-17",
    "channel": "till",
    "payment_method": "card",
    "note": "Gift <b>wrap</b> 🎁",
}


def open_order(desk: Desk, merchant: Merchant, order: str) -> None:
    desk.page.goto(f"/order.html?merchant={merchant.id}&id={order}")
    desk.page.locator("#lines[data-state=ready]").wait_for()


def told(desk: Desk) -> dict[str, str]:
    return facts(desk.page.locator("#fact-list"))


def totals(desk: Desk) -> list[str]:
    return [row[1] for row in cells(desk.page.locator("#totals tr"))]


def test_all_of_an_order(desk: Desk, merchant: Merchant) -> None:
    at = yesterday_at(merchant, 9)
    lines = [*TEA["lines"], {"product_id": "JAR", "name": "Jar", "quantity": 1, "unit_price": 1000}]
    body = TEA | TEXTS | {"lines": lines, "discount": 100, "tax": 35, "placed_at": at.isoformat()}
    order = merchant.order(body)["order"]
    open_order(desk, merchant, order["id"])
    assert desk.page.locator("h1").inner_text() == "Order 2026-1107"
    minutes = [f"Read at {now(merchant) - timedelta(minutes=ago):%H:%M}:" for ago in range(2)]
    assert desk.page.locator("#read-at").inner_text().startswith(tuple(minutes))
    # of the 1.00 off the order 0.56 fall to the tea, worth 12.95, and 0.44 to the jar, worth 10.00
    assert cells(desk.page.locator("#line-rows tr")) == [
        ["First flush TEA-1", "3", "4.35", "0.10", "0.65", "3 for 12.39 and 0.65 tax"],
        ["Jar JAR", "1", "10.00", "–", "–", "1 for 9.56"],
    ]
    # 13.05 + 10.00; 0.10 + 1.00; 0.65 + 0.35; 4.90
    assert totals(desk) == ["23.05", "1.10", "1.00", "4.90", "27.85"]
    known = told(desk)
    expected = ("2026-1107", "c-17", "till", "card", "Gift <b>wrap</b> 🎁")
    assert (*(known[name] for name in ("Reference", "Customer", "Channel", "Payment", "Note")),) == expected
    assert known["Order id"].startswith(order["id"])
    assert known["Request id"].startswith(order["request_id"])
    assert known["Placed"].replace("Sept ", "Sep ").endswith(f"{at.day} {at:%b %Y}, 09:05:07")
    assert "late" in known["Recorded"]
    left = "Nothing was given back. Left: 4 units, goods 21.95 EUR, tax 1.00 EUR, shipping 4.90 EUR."
    assert desk.page.locator("#left").inner_text() == left
    eventually(lambda: told(desk)["Counted"] == f"on {at:%a}, {at.day} {at:%b %Y}")
    desk.page.locator("#order-counted a").click()
    desk.settled()
    assert (desk.card("orders"), desk.card("total_sales")) == ("1", "27.85")


def test_an_order_is_counted_in_the_end(desk: Desk, merchant: Merchant) -> None:
    said: dict[str, object] = {"warnings": [{"code": "rebuilding", "detail": "of an earlier time"}]}

    def otherwise(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        route.fulfill(response=answer, json=body | {"meta": body["meta"] | said})

    at = yesterday_at(merchant, 9)
    order = merchant.order(TEA | {"placed_at": at.isoformat()})["order"]
    day = f"on {at:%a}, {at.day} {at:%b %Y}"
    with desk.intercepted("**/metrics/summary?*", otherwise):
        open_order(desk, merchant, order["id"])
        counted = desk.page.locator("#order-counted")
        counted.get_by_text(f"{day}; not known yet: the figures are being rebuilt", exact=True).wait_for()
        hour = {"from": "2026-03-28T12:00:00Z", "to": "2026-03-28T13:00:00Z"}
        said["warnings"] = [{"code": "parked", "detail": "at 2026-03-28T12:00:00Z"} | hour]
        counted.get_by_text(f"{day}; figures unknown for Sat 28 Mar").wait_for()
        said |= {"warnings": [], "lag_ms": 3_600_000, "as_of": order["recorded_at"]}
        counted.get_by_text(f"{day}; not known yet: the figures are 60 min behind", exact=True).wait_for()
        said["as_of"] = "2020-01-01T00:00:00.000Z"
        counted.get_by_text(f"{day}, but not yet: the figures are 60 min behind", exact=True).wait_for()
    eventually(lambda: told(desk)["Counted"] == day)


def test_what_was_given_back(desk: Desk, merchant: Merchant) -> None:
    order = merchant.order(TEA)["order"]["id"]
    merchant.refund(order, {"lines": [{"line": 1, "quantity": 2}], "reason": "broken"})
    refund = merchant.refund(order, {"goods": 32, "shipping": 90})["refund"]["id"]
    open_order(desk, merchant, order)
    by_lines, by_amount = cells(desk.page.locator("#refund-table tbody tr"))
    # two thirds of 12.95 and 0.65, rounded down
    assert by_lines[2:] == ["8.63", "0.43", "–", "9.06 EUR"]
    assert by_lines[1].startswith("broken2 × First flushrfd_")
    assert by_amount[2:] == ["0.32", "–", "0.90", "1.22 EUR"]
    assert by_amount[1].startswith(f"by amount{refund}")
    assert desk.page.locator("#given-back").inner_text() == "given back in part"
    assert desk.page.locator("#left").inner_text() == "Left: 1 unit, goods 4.00 EUR, tax 0.22 EUR, shipping 4.00 EUR."


def test_an_order_that_is_not_there(
    desk: Desk, merchant: Merchant, add_merchant: Callable[..., Merchant]
) -> None:
    desk.expect(404)
    foreign = add_merchant().order(TEA)["order"]["id"]
    for identity in (foreign, "ord_01M84DWF65QWP15XHMM3FMJFBB", "nonsense", "%3Cb%3E", ""):
        desk.page.goto(f"/order.html?merchant={merchant.id}&id={identity}")
        desk.page.get_by_text("There is no such order").wait_for()
        assert not desk.page.locator("#lines").is_visible()


def test_an_id_is_copied(desk: Desk, merchant: Merchant) -> None:
    order = merchant.order(TEA)["order"]["id"]
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_order(desk, merchant, order)
    desk.page.get_by_role("button", name="Copy the order id").click()
    desk.page.get_by_text("Copied").wait_for()
    assert desk.page.evaluate("navigator.clipboard.readText()") == order


def test_a_clerk_sees_an_order_and_gives_nothing_back(
    open_desk: DeskFactory, stack: Stack, merchant: Merchant
) -> None:
    order = merchant.order(TEA)["order"]["id"]
    desk = open_desk().logged_in(add_user(stack, merchant.id, "clerk"))
    open_order(desk, merchant, order)
    assert totals(desk)[-1] == "18.50"
    assert told(desk)["Counted"].startswith("on ")
    assert not desk.page.get_by_role("button", name="Give back…").is_visible()
    assert desk.page.locator("#facts a").count() == 0
