"""`js/live.js` on the real stack: one stream for all tabs of a browser, which outlives each of them."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from browser.desk import Desk
from support.browser import add_user
from support.merchant import Merchant
from support.poll import eventually
from support.scrape import Scrape
from support.stack import ROOT

ORDER = {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 1, "unit_price": 500}]}
# the module as it is written, at an address of the site
MODULE = "/js/live-alone.js"
LISTEN = f"""async (merchant) => {{
  const {{ Live }} = await import("{MODULE}");
  Object.assign(window, {{ states: [], hints: [] }});
  window.live = new Live(merchant, {{
    changed: (hint) => window.hints.push(hint),
    state: (up) => window.states.push(up),
  }});
}}"""
NO_LOCKS = "navigator.locks.request = async () => { throw new DOMException('', 'SecurityError'); };"


@pytest.fixture
def context(desk: Desk) -> BrowserContext:
    source = (ROOT / "htdocs" / "js" / "live.js").read_text()
    desk.context.route(f"**{MODULE}", lambda route: route.fulfill(body=source, content_type="application/javascript"))
    return desk.context


@pytest.fixture
def open_tab(context: BrowserContext, merchant: Merchant) -> Callable[[], Page]:
    """A page of the site that listens to the merchant, and knows that changes will come."""

    def open_one() -> Page:
        page = context.new_page()
        page.goto("/problems/")
        page.evaluate(LISTEN, merchant.id)
        eventually(lambda: up(page))
        return page

    return open_one


def states(page: Page) -> Any:
    return page.evaluate("window.states")


def up(page: Page) -> Any:
    """What was told last, which is all that counts: a stall of the machine says false and true in between."""
    return page.evaluate("window.states.at(-1)")


def looks(page: Page) -> int:
    """How often it was told to look at everything."""
    return int(page.evaluate("window.hints.filter(hint => hint.all).length"))


def hours(page: Page) -> set[int]:
    return {hour for hint in page.evaluate("window.hints") for hour in hint.get("hours", [])}


def streams(merchant: Merchant) -> float:
    return Scrape(merchant.stack).count("takings_push_streams")


def sell(merchant: Merchant, placed_at: str) -> int:
    """The start of the hour that the order is counted in."""
    receipt = merchant.order(ORDER | {"placed_at": placed_at})
    return int(datetime.fromisoformat(receipt["bucket"]["hour_start"]).timestamp())


def test_tabs_share_a_stream_which_outlives_each(open_tab: Callable[[], Page], merchant: Merchant) -> None:
    before = streams(merchant)
    tabs = [open_tab() for _ in range(8)]  # more than a browser has connections
    assert streams(merchant) == before + 1
    hour = sell(merchant, "2026-03-01T10:30:00Z")
    eventually(lambda: all(hour in hours(tab) for tab in tabs))
    for number, tab in enumerate(tabs[:2]):
        looked = looks(tabs[-1])  # with which the next stream begins
        tab.close() if number else tab.evaluate("window.live.close()")
        eventually(lambda: looks(tabs[-1]) > looked)  # noqa: B023
        eventually(lambda: streams(merchant) == before + 1)
        hour = sell(merchant, f"2026-03-02T{10 + number}:30:00Z")
        eventually(lambda: all(hour in hours(left) for left in tabs[number + 1 :]), limit_s=20)  # noqa: B023
    for tab in tabs[2:]:
        tab.close()
    eventually(lambda: streams(merchant) == before)


def test_tabs_of_many_merchants_leave_the_browser_connections(
    context: BrowserContext, merchant: Merchant, add_merchant: Callable[[], Merchant], owner: str
) -> None:
    """Streams of all but three merchants wait until another one's is closed."""
    shops = [merchant, *(add_merchant() for _ in range(4))]
    for shop in shops[1:]:
        add_user(merchant.stack, shop.id, "owner", owner)
    before = streams(merchant)
    tabs = [context.new_page() for _ in shops]
    for tab, shop in zip(tabs, shops, strict=True):
        tab.goto("/problems/")
        tab.evaluate(LISTEN, shop.id)
    for waiting in (2, 1, 0):
        eventually(lambda: [states(tab) for tab in tabs].count([]) == waiting)  # noqa: B023
        eventually(lambda: streams(merchant) == before + 3)
        last = eventually(lambda: next((tab for tab in tabs if up(tab)), None))
        assert last is not None
        last.close()
        tabs.remove(last)


def test_without_locks_each_tab_has_its_own(
    context: BrowserContext, open_tab: Callable[[], Page], merchant: Merchant
) -> None:
    context.add_init_script(NO_LOCKS)
    before = streams(merchant)
    tabs = [open_tab(), open_tab()]
    assert streams(merchant) == before + 2
    hour = sell(merchant, "2026-03-01T10:30:00Z")
    eventually(lambda: all(hour in hours(tab) for tab in tabs))


def test_it_says_when_nothing_is_known_to_come(open_tab: Callable[[], Page], merchant: Merchant) -> None:
    """Push is killed and comes back, silent and alive again: each tab knows, and is told to look at everything."""
    stack, tabs = merchant.stack, [open_tab(), open_tab()]
    stack.kill("push", signal.SIGKILL)
    try:
        eventually(lambda: all(up(tab) is False for tab in tabs))
    finally:
        stack.up("push")
    eventually(lambda: all(up(tab) for tab in tabs), limit_s=30)
    assert all(tab.evaluate("window.hints.at(-1).all") is True for tab in tabs)
    stack.kill("push", signal.SIGSTOP)
    try:
        eventually(lambda: all(up(tab) is False for tab in tabs))
    finally:
        stack.kill("push", signal.SIGCONT)
    eventually(lambda: all(up(tab) for tab in tabs), limit_s=30)


def test_after_a_log_out_it_stays_silent(desk: Desk, open_tab: Callable[[], Page], merchant: Merchant) -> None:
    tab = open_tab()
    csrf = desk.context.request.get("/v1/session").json()["csrf"]
    headers = {"Origin": desk.origin, "X-CSRF-Token": csrf}
    assert desk.context.request.delete("/v1/session", headers=headers).status == 204
    eventually(lambda: up(tab) is False)
    sell(merchant, "2026-03-01T10:30:00Z")
    assert hours(tab) == set()


def test_what_does_not_read_may_be_anything(open_tab: Callable[[], Page], merchant: Merchant) -> None:
    tab = open_tab()
    merchant.stack.redis.publish(f"tk:{{{merchant.id}}}:changed", '{"hours":["<b>"],"figure":1}')
    eventually(lambda: tab.evaluate("window.hints.length") >= 2)
    assert tab.evaluate("window.hints.at(-1)") == {"position": None, "all": True}
