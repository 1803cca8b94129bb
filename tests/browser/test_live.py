"""The dashboard stays right whatever happens to the stream that tells it of news: 3 seconds after an order can be read
it is on the screen, with the stream cut, started anew, silent, or refused; in many tabs as in one."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from browser.conftest import DeskFactory
from browser.desk import Desk
from support.api import Body
from support.browser import Browser, add_user
from support.merchant import Merchant
from support.names import new_merchant_id
from support.poll import eventually
from support.stack import Stack

LIMIT_S = 3.0
TABS = 8  # more than the six connections that a browser has to a server over HTTP/1.1
TEA: Body = {"currency": "EUR", "lines": [{"product_id": "t", "name": "Tea", "quantity": 1, "unit_price": 435}]}
COUNT = "#cards [data-metric=orders]"
LIVE = "#latest-live"


@pytest.fixture(scope="module")
def shop(module_stack: Stack) -> Iterator[Merchant]:
    merchant = Merchant.add(module_stack, new_merchant_id(), "Europe/Berlin", ["EUR"])
    yield merchant
    merchant.api.close()


@pytest.fixture
def email(module_stack: Stack, shop: Merchant) -> str:
    return add_user(module_stack, shop.id, "owner")


@pytest.fixture
def watching(open_desk: DeskFactory, module_stack: Stack, shop: Merchant, email: str) -> Desk:
    """Somebody at a dashboard that is told of news."""
    desk = open_desk(at=module_stack).logged_in(email)
    watch(desk, shop)
    return desk


def watch(desk: Desk, shop: Merchant) -> None:
    desk.dashboard(f"/?merchant={shop.id}&currency=EUR&range=today")
    desk.page.locator(LIVE, has_text="live").wait_for()


def sell_and_see(shop: Merchant, *pages: Page) -> None:
    """A further order, which must be on all these screens soon after it can be read."""
    wanted = str(int(pages[0].locator(COUNT).inner_text()) + 1)
    shop.order(TEA)
    shop.settled()
    for page in pages:
        eventually(lambda: page.locator(COUNT).inner_text() == wanted, limit_s=LIMIT_S)  # noqa: B023


def cut(stack: Stack) -> None:
    stack.kill("push", signal.SIGKILL)


def started_anew(stack: Stack) -> None:
    stack.kill("push", signal.SIGTERM)
    stack.up("push")


def silent(stack: Stack) -> None:
    stack.kill("push", signal.SIGSTOP)


def mended(stack: Stack, how: Callable[[Stack], None]) -> None:
    if how is silent:
        stack.kill("push", signal.SIGCONT)
    elif how is cut:
        stack.up("push")


@pytest.mark.parametrize("mishap", [cut, started_anew, silent])
def test_the_screen_is_right_without_the_stream(
    module_stack: Stack, shop: Merchant, watching: Desk, mishap: Callable[[Stack], None]
) -> None:
    watching.expect(502, 503, "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION")
    watching.page.evaluate("Math.random = () => 0.999")  # what is spread by chance takes its longest
    sell_and_see(shop, watching.page)
    mishap(module_stack)
    try:
        sell_and_see(shop, watching.page)
    finally:
        mended(module_stack, mishap)
    watching.page.locator(LIVE, has_text="live").wait_for()
    sell_and_see(shop, watching.page)


def gone(page: Page) -> None:
    """The figures, soon; how long the page in their place takes to load is nothing to them."""
    page.wait_for_url("**/login.html?next=**", timeout=LIMIT_S * 1000, wait_until="commit")


def test_who_is_logged_out_elsewhere_sees_no_figures_any_more(module_stack: Stack, watching: Desk, email: str) -> None:
    watching.expect(401)
    with Browser(module_stack) as elsewhere:
        elsewhere.log_in(email)
        assert elsewhere.log_out_everywhere().status_code == 204
    gone(watching.page)


def test_who_has_lost_their_role_is_told(module_stack: Stack, shop: Merchant, open_desk: DeskFactory) -> None:
    """A change of role ends the person's sessions: they log in again, and find what is theirs."""
    email = add_user(module_stack, shop.id, "owner")
    desk = open_desk(at=module_stack).logged_in(email)
    desk.expect(401)
    watch(desk, shop)
    with Browser.of_new_user(module_stack, shop.id, "owner") as owner:
        members = owner.get(f"{shop.api.base}/members").json()["data"]
        [user] = [member["user"] for member in members if member["email"] == email]
        assert owner.send("PATCH", f"{shop.api.base}/members/{user}", {"role": "clerk"}).status_code == 200
    gone(desk.page)
    desk.log_in(email)
    desk.page.wait_for_url("**/new-order.html?**")


def test_many_tabs_share_one_stream(module_stack: Stack, shop: Merchant, watching: Desk) -> None:
    streams: list[str] = []
    tabs = [watching, *(watching.another_window() for _ in range(TABS - 1))]
    for tab in tabs[1:]:
        tab.page.on("request", lambda request: streams.append(request.url) if request.url.endswith("/live") else None)
        watch(tab, shop)
    assert streams == []
    sell_and_see(shop, *(tab.page for tab in tabs))
    watching.page.close()  # which had the stream
    others = [tab.page for tab in tabs[1:]]
    eventually(lambda: others[0].locator(LIVE).inner_text() == "live" and len(streams) == 1)
    sell_and_see(shop, *others)
