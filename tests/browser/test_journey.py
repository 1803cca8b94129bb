"""A new user's first day, from the line that the demo prints: logs in, records an order, sees it counted, follows the
figure to it, gives it back, and finds that on the day on which it was given back. By mouse, and by keyboard alone."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page

from browser.conftest import DeskFactory
from browser.desk import Desk
from browser.hands import Hands, Keyboard, Mouse
from support.poll import eventually
from support.stack import ROOT, run

ZONE = ZoneInfo("Europe/Berlin")
PRINTED = re.compile(r"^open +(?P<url>http://\S+)/\nlog in +(?P<email>\S+)\npassword (?P<password>\S+)$", re.MULTILINE)
TEA = {"product_id": "TEA-1", "name": "First flush", "quantity": "2", "unit_price": "12.50"}
TOTAL = "25.00"


@dataclass(frozen=True)
class Demo:
    url: str
    email: str
    password: str


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder: Path = tmp_path_factory.mktemp("demo") / "d"
    script = ROOT / "scripts" / "demo"
    try:
        printed = PRINTED.search(run([script, "--dir", folder, "--detach", "--empty"]))
        assert printed is not None
        yield Demo(**printed.groupdict())
    finally:
        subprocess.run([script, "--dir", folder, "--stop"], check=True)


@pytest.mark.parametrize("hands", [Mouse(), Keyboard()], ids=["mouse", "keyboard"])
def test_a_new_user(open_desk: DeskFactory, demo: Demo, hands: Hands) -> None:
    desk = open_desk(at=demo)
    desk.expect(401)  # nobody is logged in at first
    log_in(desk.page, demo, hands)
    watch_yesterday(desk, hands)
    before = desk.card("orders")
    order = record_an_order_of_yesterday(desk.another_window(), hands)
    eventually(lambda: desk.card("orders") == str(int(before) + 1))
    assert desk.page.evaluate("window.here") == "since before the order"  # not loaded anew
    follow_the_figure_to(desk, order, hands)
    give_it_back(desk, order, hands)
    see_it_on_its_day(desk, int(before) + 1, hands)


def log_in(page: Page, demo: Demo, hands: Hands) -> None:
    page.goto(demo.url)
    hands.write(page.get_by_label("Email"), demo.email)
    hands.write(page.get_by_label("Password"), demo.password)
    hands.press(page.get_by_role("button", name="Log in"))


def watch_yesterday(desk: Desk, hands: Hands) -> None:
    desk.settled()
    hands.press(desk.page.get_by_role("link", name="Yesterday"))
    desk.settled()
    desk.page.evaluate("window.here = 'since before the order'")


def record_an_order_of_yesterday(desk: Desk, hands: Hands) -> str:
    """In a second window; its id."""
    page = desk.page
    page.goto(desk.origin)
    hands.press(page.get_by_role("link", name="New order"))
    for name, text in TEA.items():
        hands.write(page.locator(f"#lines [data-name={name}]"), text)
    noon = datetime.now(ZONE).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
    time = page.locator("#whole [data-name=placed_at]")
    hands.write_time(time, noon)
    assert time.input_value().startswith(f"{noon:%Y-%m-%dT%H:%M}")
    hands.press(page.get_by_role("button", name="Record order"))
    return desk.receipt()


def follow_the_figure_to(desk: Desk, order: str, hands: Hands) -> None:
    """From the day's total to the list of what it is made of, and on to the order."""
    page = desk.page
    total = page.locator("#cards a", has=page.locator("[data-metric=total_sales]"))
    hands.press(total)
    page.get_by_text("Sum matches").wait_for()
    [entry] = page.locator("#entry-rows tr").filter(has_text=order).all()
    assert TOTAL in entry.inner_text()
    hands.press(entry.get_by_role("link"))
    page.locator("#lines[data-state=ready]").wait_for()


def give_it_back(desk: Desk, order: str, hands: Hands) -> None:
    page = desk.page
    assert order in page.locator("#facts").inner_text()
    hands.press(page.get_by_role("button", name="Give back"))
    hands.press(page.get_by_role("button", name="All that is left"))
    eventually(lambda: TOTAL in page.locator("#preview").inner_text())
    hands.press(page.get_by_role("button", name="Record refund"))
    page.get_by_role("heading", name="The refund is stored").wait_for()
    page.locator("#counted", has_text="readable").wait_for()


def see_it_on_its_day(desk: Desk, orders: int, hands: Hands) -> None:
    """Today, for it was given back today; of yesterday nothing was taken away."""
    page = desk.page
    returned = page.locator("#cards [data-metric=returns]")
    hands.press(page.get_by_role("link", name="See that day's sales"))
    desk.settled()
    eventually(lambda: float(returned.inner_text()) >= float(TOTAL))
    hands.press(page.get_by_role("link", name="Yesterday"))
    desk.settled()
    eventually(lambda: (desk.card("orders"), desk.card("returns")) == (str(orders), "0.00"))
