"""Debian's Chromium on the stage's pages, and its clocks."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from stack.layout import StackError, write_private

from .stage import SHOPS, YEAR, Stage

EMAIL = "bench@example.com"
OPTIONS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
TRIES = 20  # to ask a page's clock


class Reader:
    """Somebody with a browser, who owns the merchants that are looked at."""

    def __init__(self, stage: Stage, chromium: Browser) -> None:
        self.stage = stage
        self.chromium = chromium
        file = stage.layout.secrets / "bench-password"
        if not file.exists():
            write_private(file, secrets.token_urlsafe(12))
            for merchant in (YEAR, *SHOPS):
                stage.tool.add_owner(EMAIL, merchant, file)
        self.password = file.read_text()

    @contextmanager
    def stranger(self) -> Iterator[BrowserContext]:
        """A browser that was never here: nothing is cached, nobody is logged in."""
        context = self.chromium.new_context(
            base_url=self.stage.url, viewport={"width": 1280, "height": 800}, locale="en-GB", timezone_id="UTC"
        )
        context.set_default_timeout(30_000)
        try:
            yield context
        finally:
            context.close()

    @contextmanager
    def guest(self) -> Iterator[BrowserContext]:
        """The same, logged in."""
        with self.stranger() as context:
            context.add_cookies(self._cookies)
            yield context

    @cached_property
    def _cookies(self) -> list[dict[str, object]]:
        with self.stranger() as context:
            answer = context.request.post(
                "/v1/session",
                data={"email": EMAIL, "password": self.password},
                headers={"Origin": self.stage.url},
            )
            if not answer.ok:
                raise StackError(f"the log-in was answered {answer.status}: {answer.text()}")
            return context.cookies()


@contextmanager
def reader(stage: Stage) -> Iterator[Reader]:
    program = shutil.which("chromium")
    if program is None:
        raise StackError("there is no chromium: run scripts/bootstrap test")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(OPTIONS))
        try:
            yield Reader(stage, chromium)
        finally:
            chromium.close()


def clock_offset_ms(page: Page) -> float:
    """What is to be added to the page's performance.now() to have CLOCK_MONOTONIC: the best of some askings."""
    askings = []
    for _ in range(TRIES):
        before = time.monotonic_ns()
        theirs = float(page.evaluate("performance.now()"))
        took = time.monotonic_ns() - before
        askings.append((took, (before + took / 2) / 1e6 - theirs))
    return min(askings)[1]
