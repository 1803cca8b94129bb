"""What the pages do and say when something fails: nothing is lost, nothing is doubled, and the words are right.

The faults are real ones of the servers, in a stack of this file's own; what is stored is counted in the ledger.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page
from pymongo.read_concern import ReadConcern

from browser.conftest import DeskFactory
from browser.desk import Desk
from browser.faults import away, end_sessions, merchant_corrupt, one_request_a_minute, workers_hang
from browser.places import addresses
from conftest import MerchantFactory, adding_merchants
from support.merchant import Merchant
from support.poll import eventually
from support.sizes import FULL, sized
from support.stack import Stack

TEA = {"product_id": "TEA-1", "name": "First flush", "quantity": "3", "unit_price": "4.35"}
UNKNOWN = "It is not known whether this order was stored"
ABSENT = "This order has not been stored"
BROKEN = (500, 503, 429, 422, 401, 403, "ERR_")

Fault = Callable[[Stack, Merchant], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def stack(module_stack: Stack) -> Stack:
    return module_stack


@pytest.fixture(scope="module")
def add_merchant(stack: Stack) -> Iterator[MerchantFactory]:
    yield from adding_merchants(stack)


@pytest.fixture
def form(desk: Desk) -> Desk:
    """An order form that is filled in, and whose totals have come."""
    desk.expect(*BROKEN)
    desk.order_form()
    desk.fill_line(TEA)
    desk.page.locator("[data-total=total]", has_text="13.05").wait_for()
    return desk


def stored(merchant: Merchant) -> list[str]:
    """The keys of what the ledger has of the merchant, as a worker reads it: not before a majority has it."""
    ledger = merchant.stack.mongo["takings"].get_collection("ledger", read_concern=ReadConcern("majority"))
    return [entry["idem"].removeprefix("orders/") for entry in ledger.find({"m": merchant.id})]


def heading(page: Page, words: str) -> None:
    page.get_by_role("heading", name=words).wait_for()


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=words).click()


FAULTS: dict[str, tuple[Fault, str]] = {
    "the store of sessions is away": (lambda stack, _: away(stack, "redis"), "The service cannot answer just now."),
    "the ledger is away": (lambda stack, _: away(stack, "mongod-1"), "The service cannot answer just now."),
    "a fault of the server": (
        lambda stack, merchant: merchant_corrupt(stack, merchant.id),
        "Something went wrong on the server.",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_server_that_fails_leaves_one_order(form: Desk, merchant: Merchant, stack: Stack, name: str) -> None:
    fault, words = FAULTS[name]
    page, key = form.page, form.draft()["key"]
    with fault(stack, merchant):
        page.keyboard.press("Control+Enter")
        heading(page, UNKNOWN)
        assert page.locator("#unknown p").first.inner_text().startswith(f"{words} Request ")
        assert page.locator("#send").is_disabled()
        press(page, "Check")
        page.get_by_text("The check failed: ").wait_for()
        heading(page, UNKNOWN)
    press(page, "Check")
    heading(page, ABSENT)
    assert stored(merchant) == []
    press(page, "Change the entries")
    form.fill_line({"quantity": "2"})
    page.keyboard.press("Control+Enter")
    form.receipt()
    assert stored(merchant) == [key]


def test_a_server_that_is_too_slow_leaves_one_order(form: Desk, merchant: Merchant, stack: Stack) -> None:
    page, key = form.page, form.draft()["key"]
    with workers_hang(stack):
        form.fill_line({"quantity": "2"})
        page.locator("#totals[data-state=stale]").wait_for()
        assert page.locator("#totals-note").inner_text() == "Being computed…"
        page.keyboard.press("Control+Enter")
        heading(page, UNKNOWN)
        assert stored(merchant) == []
    eventually(lambda: stored(merchant) == [key], 30.0)
    press(page, "Check")
    heading(page, "The order had been stored the first time")
    assert stored(merchant) == [key]


def test_hasty_hands_leave_one_order(form: Desk, merchant: Merchant, stack: Stack) -> None:
    """A double click, a key on top, and a reload before the answer."""
    page, key = form.page, form.draft()["key"]
    with workers_hang(stack):
        page.locator("#send").dblclick()
        page.keyboard.press("Control+Enter")
        assert page.locator("#send").inner_text() == "Recording…"
        page.wait_for_timeout(500)  # a request that nginx has not passed on yet ends with the page
        page.evaluate("location.reload()")
    heading(page, UNKNOWN)
    assert page.get_by_text("The page was left before the answer came.").is_visible()
    eventually(lambda: stored(merchant) == [key], 30.0)
    press(page, "Check")
    heading(page, "The order had been stored the first time")
    page.reload()
    heading(page, "The order is stored")
    assert stored(merchant) == [key]
    press(page, "Enter another order")
    assert form.draft()["key"] != key
    assert [page.locator(f"#lines [data-name={name}]").input_value() for name in TEA] == [""] * 4


def test_too_many_requests_store_nothing_and_lose_nothing(form: Desk, merchant: Merchant, stack: Stack) -> None:
    page, key = form.page, form.draft()["key"]
    with one_request_a_minute(stack):
        form.context.request.get("/v1/session")
        page.keyboard.press("Control+Enter")
        heading(page, "Not stored: too many requests")
        assert page.locator("#send").is_enabled()
        page.get_by_text("No totals: Too many requests.").wait_for()
    assert stored(merchant) == []
    page.keyboard.press("Control+Enter")
    form.receipt()
    assert stored(merchant) == [key]


def test_without_a_network_nothing_is_sent(form: Desk, merchant: Merchant) -> None:
    page, key = form.page, form.draft()["key"]
    form.context.set_offline(True)
    form.fill_line({"quantity": "2"})
    page.get_by_text("No totals: You are offline.").wait_for()
    page.keyboard.press("Control+Enter")
    heading(page, "You are offline")
    assert page.get_by_text("Nothing was sent.").is_visible()
    form.context.set_offline(False)
    page.locator("[data-total=total]", has_text="8.70").wait_for()
    page.keyboard.press("Control+Enter")
    form.receipt()
    assert stored(merchant) == [key]


def test_a_session_that_ends_in_mid_form_loses_nothing(
    form: Desk, merchant: Merchant, stack: Stack, owner: str
) -> None:
    page, key = form.page, form.draft()["key"]
    end_sessions(stack)
    form.fill_line({"quantity": "2"})
    page.wait_for_url("**/login.html?next=**")
    form.log_in(owner)
    page.locator("[data-total=total]", has_text="8.70").wait_for()
    end_sessions(stack)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/login.html?next=**")
    form.log_in(owner)
    page.locator("[data-total=total]", has_text="8.70").wait_for()
    assert stored(merchant) == []
    page.keyboard.press("Control+Enter")
    form.receipt()
    assert stored(merchant) == [key]


def test_a_request_that_arrives_late_is_not_joined_by_another(form: Desk, merchant: Merchant, stack: Stack) -> None:
    page, key = form.page, form.draft()["key"]
    with away(stack, "redis"):
        page.keyboard.press("Control+Enter")
        heading(page, UNKNOWN)
    press(page, "Check")
    heading(page, ABSENT)
    press(page, "Change the entries")
    # as the first one does when it was only held up
    line = {"product_id": "TEA-1", "name": "First flush", "quantity": 3, "unit_price": 435}
    first = merchant.order({"currency": "EUR", "lines": [line]}, key)["order"]["id"]
    form.fill_line({"quantity": "2"})
    page.keyboard.press("Control+Enter")
    heading(page, "Not stored: the Idempotency-Key was used for another body")
    link = page.get_by_role("link", name="See the order that was stored")
    assert link.get_attribute("href") == f"/order.html?merchant={merchant.id}&id={first}"
    press(page, "Make a new order of these entries")
    page.locator("[data-total=total]", has_text="8.70").wait_for()
    page.keyboard.press("Control+Enter")
    form.receipt()
    assert len(stored(merchant)) == 2


def test_back_and_forward_send_nothing_again(form: Desk, merchant: Merchant) -> None:
    page, key = form.page, form.draft()["key"]
    page.get_by_role("link", name="Dashboard").click()
    form.settled()
    page.go_back()
    page.locator("[data-total=total]", has_text="13.05").wait_for()
    assert form.draft()["key"] == key
    page.keyboard.press("Control+Enter")
    identity = form.receipt()
    page.get_by_role("link", name="See that day's sales").click()
    form.settled()
    page.go_back()
    assert form.receipt() == identity
    page.go_forward()
    form.settled()
    assert stored(merchant) == [key]
    page.get_by_role("link", name="New order").click()
    page.locator("#order").wait_for()
    assert form.draft() is None


def test_two_tabs_have_two_orders_and_one_session(form: Desk, merchant: Merchant, owner: str) -> None:
    """The second tab logs in again, which takes the first one's token away."""
    key = form.draft()["key"]
    other = form.context.new_page()
    other.goto("/login.html?next=/new-order.html")
    other.get_by_label("Email").fill(owner)
    other.get_by_label("Password").fill("correct horse battery staple 42")
    other.get_by_role("button", name="Log in").click()
    other.locator("#order").wait_for()
    for name, text in TEA.items():
        other.locator(f"#lines [data-name={name}]").fill(text)
    for page in (form.page, other):
        page.keyboard.press("Control+Enter")
        page.locator("#counted", has_text="readable").wait_for()
    keys = stored(merchant)
    assert len(set(keys)) == 2 and key in keys


# What each page shows: the trouble of the whole page, or the states of its panels with what they say.
STATE = """() => {
  const box = document.querySelector("#page-trouble:not([hidden])");
  if (box) return [["failed", box.innerText]];
  const panels = [...document.querySelectorAll(".panel[data-state]")].filter((panel) => panel.checkVisibility());
  if (panels.length === 0) return [[document.querySelector("#order:not([hidden])") ? "ready" : "first", ""]];
  return panels.map((panel) => [panel.dataset.state, panel.querySelector(".panel-notice")?.innerText ?? ""]);
}"""
# One press may mend several panels, whose buttons are gone then.
RETRY = """() => [...document.querySelectorAll("button")]
  .filter((button) => button.textContent === "Try again" && button.checkVisibility())
  .forEach((button) => button.click())"""
DONE = {"ready", "empty", "failed"}
OUTAGES: dict[str, tuple[Fault, str]] = {
    **FAULTS,
    "workers hang": (lambda stack, _: workers_hang(stack), "The service cannot answer just now"),
    "too many requests": (lambda stack, _: one_request_a_minute(stack), "Too many requests"),
}

# By the others, which had all of the browser's connections: such a request never reached the server.
KEPT_WAITING = r"The server did not answer in time(.|\n)*Try again"


def panels(page: Page) -> list[tuple[str, str]]:
    """State and notice of each panel, once all of them have come to one."""
    found = eventually(lambda: done if (done := states_of(page)) and all(s in DONE for s, _ in done) else None, 30.0)
    return found or []


def states_of(page: Page) -> list[tuple[str, str]]:
    try:
        return [(state, text) for state, text in page.evaluate(STATE)]
    except PlaywrightError:  # it is being left for another page
        return []


def retry(page: Page) -> bool:
    """Presses whatever "Try again" there is; whether everything on the page is there."""
    page.evaluate(RETRY)
    return all(state != "failed" for state, _ in panels(page))


def some(all_of_them: list[str], name: str) -> list[str]:
    """At the small size three, for each name others, and always the same."""
    return all_of_them if FULL else random.Random(name).sample(all_of_them, 3)


@pytest.mark.parametrize("name", sized([name for name in OUTAGES if name != "workers hang"], list(OUTAGES)))
def test_every_page_says_what_fails_and_comes_back(desk: Desk, merchant: Merchant, stack: Stack, name: str) -> None:
    """Each failed panel has a title, the request's id and a button; and no page goes on loading for ever."""
    desk.expect(*BROKEN)
    fault, words = OUTAGES[name]
    line = {"product_id": "TEA-1", "name": "First flush", "quantity": 3, "unit_price": 435}
    order = merchant.order({"currency": "EUR", "lines": [line]})["order"]["id"]
    merchant.settled()
    shown = some(addresses(merchant.id, order), name)
    pages = [desk.context.new_page() for _ in shown]
    with fault(stack, merchant):
        desk.context.request.get("/v1/session")  # what one request may still have is had
        for page, address in zip(pages, shown, strict=True):
            page.goto(address, wait_until="commit")
        failed = [(page.url, text) for page in pages for state, text in panels(page) if state == "failed"]
    wanted = f"{words.rstrip('.')}(.|\n)*Request [0-9a-f]{{32}}(.|\n)*Try again"
    if name == "workers hang":
        wanted = f"({wanted})|({KEPT_WAITING})"
    for address, text in failed:
        assert re.search(wanted, text), (address, text)
    assert any(words.rstrip(".") in text for _, text in failed)
    if name != "the ledger is away":  # figures are read without it
        assert {address for address, _ in failed} == {page.url for page in pages}
    for page in pages:
        eventually(lambda page=page: retry(page), 30.0)


def test_a_session_that_ends_leads_back_to_every_page(desk: Desk, merchant: Merchant, stack: Stack, owner: str) -> None:
    desk.expect(401)
    line = {"product_id": "TEA-1", "name": "First flush", "quantity": 3, "unit_price": 435}
    order = merchant.order({"currency": "EUR", "lines": [line]})["order"]["id"]
    merchant.settled()
    for address in some(addresses(merchant.id, order), "session"):
        desk.page.goto("about:blank")  # a page on show would go to the log-in by itself
        end_sessions(stack)
        desk.page.goto(address)
        desk.page.wait_for_url("**/login.html?next=**")
        desk.log_in(owner)
        desk.page.wait_for_url(lambda url: "/login.html" not in url)
        assert all(state != "failed" for state, _ in panels(desk.page))
        assert desk.address().startswith(f"{stack.url}{address}")


def test_figures_stay_while_the_network_is_gone(desk: Desk, merchant: Merchant) -> None:
    desk.expect(*BROKEN)
    desk.dashboard(f"/?merchant={merchant.id}&range=last_7d")
    desk.context.set_offline(True)
    desk.page.locator("#stamp.amber").wait_for()
    assert desk.card("orders") == "0"
    assert all(state in ("ready", "empty") for state, _ in panels(desk.page))
    desk.page.keyboard.press("m")
    said = "You are offline"
    eventually(lambda: said in {text.split("\n")[0] for state, text in panels(desk.page) if state == "failed"})
    desk.context.set_offline(False)
    eventually(lambda: all(state in ("ready", "empty") for state, _ in panels(desk.page)), 30.0)
    desk.page.locator("#stamp:not(.amber)").wait_for()


def test_the_log_in_says_that_it_is_not_the_password(open_desk: DeskFactory, owner: str, stack: Stack) -> None:
    desk = open_desk()
    desk.expect(*BROKEN)
    desk.page.goto("/login.html")
    with away(stack, "redis"):
        desk.log_in(owner)
        desk.page.get_by_text("Logging in is not possible just now.").wait_for()
    assert desk.page.get_by_label("Email").input_value() == owner
    press(desk.page, "Log in")
    desk.settled()
