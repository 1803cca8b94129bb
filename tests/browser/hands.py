"""How somebody works a page: with a mouse, or with nothing but a keyboard."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from playwright.sync_api import Locator, Page

MOST_TABS = 120


class Hands(Protocol):
    def press(self, target: Locator) -> None:
        """A link or a button."""

    def write(self, target: Locator, text: str) -> None: ...

    def write_time(self, target: Locator, time: datetime) -> None: ...


class Mouse:
    """Clicks; types only what is to be typed."""

    def press(self, target: Locator) -> None:
        target.click()

    def write(self, target: Locator, text: str) -> None:
        target.click()
        target.page.keyboard.type(text)

    def write_time(self, target: Locator, time: datetime) -> None:
        target.click(position={"x": 14, "y": 14})  # on its month
        _type_time(target.page, time)


class Keyboard:
    """Reaches everything by Tab, as whoever cannot see or hold a pointer."""

    def press(self, target: Locator) -> None:
        reach(target)
        target.page.keyboard.press("Enter")

    def write(self, target: Locator, text: str) -> None:
        reach(target)
        target.page.keyboard.type(text)

    def write_time(self, target: Locator, time: datetime) -> None:
        reach(target)
        _type_time(target.page, time)


def reach(target: Locator) -> None:
    """Tab after Tab until the target has the focus."""
    target.wait_for()
    for _ in range(MOST_TABS):
        if target.evaluate("node => node === document.activeElement"):
            return
        target.page.keyboard.press("Tab")
    raise AssertionError(f"{target} is not reached by {MOST_TABS} Tabs")


def _type_time(page: Page, time: datetime) -> None:
    """Into a field for date and time, part by part, as Chromium in English has them."""
    page.keyboard.type(f"{time:%m%d%Y}")
    page.keyboard.press("ArrowRight")  # a year may have six digits
    page.keyboard.type(f"{time:%I%M%S%p}")
