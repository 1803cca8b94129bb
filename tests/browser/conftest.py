"""Debian's Chromium on the real pages, watched: what the console reports fails the test.

At full size it is the browser that people have; else its headless shell, from the same source, which needs half the
processor for the same pages.
"""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from browser.desk import Desk
from browser.scene import Scene, failpoint_programs, stack_options
from conftest import PATIENT, RAISED_LIMITS, running
from support.browser import add_user
from support.merchant import Merchant
from support.sizes import FULL
from support.stack import ROOT, Stack

OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

DeskFactory = Callable[..., Desk]


@pytest.fixture(scope="session")
def patience() -> Sequence[str]:
    """Pages that are drawn beside each other leave the stores no processor for as long as a worker waits for them."""
    return (*PATIENT, "--set", "redis.command_timeout_ms=2000", "--set", "redis.connect_timeout_ms=2000")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


def launch(playwright: Playwright, *options: str) -> Browser:
    name = "chromium" if FULL else "chromium-headless-shell"
    program = shutil.which(name)
    assert program is not None, f"{name} is missing: run scripts/bootstrap test"
    return playwright.chromium.launch(executable_path=program, args=[*OPTIONS, *options])


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = launch(playwright)
    yield browser
    browser.close()


@pytest.fixture
def open_desk(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[DeskFactory]:
    """open_desk(width=, dark=, zone=, at=): a browser of its own, far from the merchant's zone."""
    desks: list[Desk] = []

    def open_one(
        width: int = 1280, dark: bool = False, zone: str = "America/Los_Angeles", at: Stack | None = None
    ) -> Desk:
        url = (at or request.getfixturevalue("stack")).url
        context = chromium.new_context(
            base_url=url,
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
            timezone_id=zone,
            locale="en-GB",
            reduced_motion="reduce",
        )
        context.set_default_timeout(30_000)
        desks.append(Desk(context, url))
        return desks[-1]

    yield open_one
    for desk in desks:
        for page in desk.context.pages:
            page.unroute_all(behavior="ignoreErrors")  # what a test had in hand of a request when it ended
        desk.context.close()
    for desk in desks:
        assert desk.complaints == []


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, patience: Sequence[str]) -> Iterator[Scene]:
    """A stack whose pages can be brought into every state."""
    programs = failpoint_programs()
    for stack in running(tmp_path_factory.mktemp("stack") / "s", *RAISED_LIMITS, *patience, *stack_options(programs)):
        yield Scene(stack, programs)


@pytest.fixture
def owner(stack: Stack, merchant: Merchant) -> str:
    """The e-mail address of an owner of `merchant`."""
    return add_user(stack, merchant.id, "owner")


@pytest.fixture
def desk(open_desk: DeskFactory, owner: str) -> Desk:
    """An owner of `merchant`, logged in."""
    return open_desk().logged_in(owner)


@pytest.fixture(scope="session")
def modules(chromium: Browser) -> Iterator[Callable[..., Any]]:
    """modules(file, function, *arguments): a function of a page's module, run in the browser."""
    handler = functools.partial(QuietHandler, directory=str(ROOT / "htdocs"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with chromium.new_context(locale="en-GB", timezone_id="America/Los_Angeles") as context:
            yield functools.partial(call, blank_page(context, server.server_port))
        server.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def blank_page(context: BrowserContext, port: int) -> Page:
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/favicon.svg")
    return page


def call(page: Page, file: str, function: str, *arguments: object) -> Any:
    script = "async ([file, name, given]) => (await import(file))[name](...given)"
    return page.evaluate(script, [f"/js/{Path(file)}", function, list(arguments)])
