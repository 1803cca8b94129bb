"""What holds for every page: narrow windows, accessibility, the security policy, weight, no script."""

from __future__ import annotations

import gzip

import pytest
from playwright.sync_api import Playwright

from browser.conftest import DeskFactory, launch
from support.stack import ROOT, Stack

AXE = ROOT / "build" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = ("/login.html", "/?range=last_30d", "/?range=last_30d&as=table", "/order.html")
DRAWN = "#sales[data-state=ready], #order:not([hidden]), #login"
MOST_BYTES = 60_000


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_no_page_scrolls_sideways(open_desk: DeskFactory, owner: str, width: int) -> None:
    desk = open_desk(width=width).logged_in(owner)
    for page in PAGES:
        desk.page.goto(page)
        desk.page.locator(DRAWN).wait_for()
        assert desk.sideways() == 0, page


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(open_desk: DeskFactory, owner: str, dark: bool) -> None:
    desk = open_desk(dark=dark).logged_in(owner)
    for page in PAGES:
        desk.page.goto(page)
        desk.page.locator(DRAWN).wait_for()
        desk.page.evaluate(AXE.read_text())
        found = desk.page.evaluate("async () => (await axe.run()).violations")
        assert [(page, rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []


def test_pages_may_run_their_own_files_only(open_desk: DeskFactory) -> None:
    desk = open_desk()
    for page in ("/", "/login.html", "/order.html"):
        policy = desk.context.request.get(page).headers["content-security-policy"]
        rules = {name: sources for name, *sources in (rule.split() for rule in policy.split(";"))}
        assert rules["default-src"] == ["'none'"]
        assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == ["'self'"]
        assert rules["base-uri"] == rules["frame-ancestors"] == ["'none'"]


def test_the_dashboard_is_light(open_desk: DeskFactory, owner: str) -> None:
    desk = open_desk().logged_in(owner)
    files: list[bytes] = []
    desk.page.on("response", lambda answer: files.append(answer.body()) if is_static(answer.url) else None)
    desk.dashboard()
    assert 10 < len(files)
    assert sum(len(gzip.compress(file, 6)) for file in files) < MOST_BYTES


def is_static(url: str) -> bool:
    return url.endswith((".js", ".css"))


def test_without_script_a_page_says_what_it_needs(playwright: Playwright, stack: Stack) -> None:
    # a context of the other browser can be without script, but still hides what stands in <noscript>
    browser = launch(playwright, "--blink-settings=scriptEnabled=false")
    page = browser.new_page()
    for address in ("/", "/login.html", "/order.html"):
        page.goto(stack.url + address)
        assert page.get_by_text("JavaScript").is_visible()
    browser.close()
