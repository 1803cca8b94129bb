"""Pages in Chromium: until a year is on show, until 2,401 points are drawn, and how much goes over the wire.

The first two stand against what a browser cannot do without: a page without any script from the same nginx, and as many
points drawn on a bare canvas of the same size.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import BrowserContext, Page

from .browser import EMAIL, Reader, reader
from .result import Result
from .stage import YEAR, ZONE, Stage

NAME = "page_views"
YEAR_AIM_MS = 1000.0
DRAWING_AIM_MS = 60.0
BYTES_AIM = 60_000.0
YEAR_OF_DAYS = f"/?merchant={YEAR}&currency=EUR&range=last_12mo&interval=day"
SETTLED_MS = 2000
POINTS = 2401  # 100 days of hours, and the one by which clocks go back in them
PAGES = {
    "login": "/login.html",
    "dashboard": f"/?merchant={YEAR}&currency=EUR&range=last_30d",
    "trace": f"/trace.html?merchant={YEAR}&currency=EUR&range=last_30d&metric=total_sales",
    "orders": f"/orders.html?merchant={YEAR}",
    "order": f"/order.html?merchant={YEAR}&id={{order}}",
    "new_order": f"/new-order.html?merchant={YEAR}",
    "status": f"/status.html?merchant={YEAR}",
    "settings": f"/settings.html?merchant={YEAR}",
}
DRAWN = "#sales[data-state=ready] canvas"
# When a frame with the selector in it has been painted, on the page's clock.
PAINTED = """selector => new Promise(done => {
  const look = () => document.querySelector(selector)
    ? requestAnimationFrame(() => setTimeout(() => done(performance.timeOrigin + performance.now())))
    : requestAnimationFrame(look);
  look();
})"""
FIRST_PAINT = """() => new Promise(done => new PerformanceObserver(list => {
  const [entry] = list.getEntriesByName("first-contentful-paint");
  if (entry) done(performance.timeOrigin + entry.startTime);
}).observe({ type: "paint", buffered: true }))"""
BARE_CANVAS = """points => {
  const { clientWidth: width, clientHeight: height } = document.getElementById("chart");
  const begun = performance.now();
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d");
  pen.beginPath();
  for (let i = 0; i < points; i++) pen.lineTo(i * width / points, height * (1 + Math.sin(i / 9)) / 2);
  pen.stroke();
  pen.getImageData(0, 0, 1, 1);
  return performance.now() - begun;
}"""
DRAWINGS = "performance.getEntriesByName('chart').map(entry => entry.duration)"


def measure(stage: Stage) -> list[Result]:
    with reader(stage) as somebody:
        _year_ms(somebody)  # warm
        views = [(_year_ms(somebody), _bare_page_ms(somebody)) for _ in range(stage.size.rounds)]
        drawings = [_drawing_ms(somebody) for _ in range(stage.size.rounds)]
        order = stage.api(YEAR).get("/orders", limit=1)["data"][0]["id"]
        sizes = {page: _sizes(somebody, address.format(order=order)) for page, address in PAGES.items()}
    return [
        Result.of_rounds("year_on_show", "ms", YEAR_AIM_MS, views, aim_of="value"),
        Result.of_rounds("hours_drawn", "ms", DRAWING_AIM_MS, drawings, aim_of="value"),
        *(
            Result.of_rounds(f"bytes_of_{page}", "bytes", BYTES_AIM, [(code, everything)], aim_of="value")
            for page, (code, everything) in sizes.items()
        ),
    ]


def _year_ms(somebody: Reader) -> float:
    """From a stranger's asking until the log-in page is painted, and from their logging in until the year is."""
    with somebody.stranger() as context:
        page = context.new_page()
        asked = time.time() * 1000
        page.goto(YEAR_OF_DAYS)
        page.wait_for_url("**/login.html**")
        at_login = float(page.evaluate(FIRST_PAINT))
        page.get_by_label("Email").fill(EMAIL)
        page.get_by_label("Password").fill(somebody.password)
        sent = time.time() * 1000
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/?**")
        return at_login - asked + float(page.evaluate(PAINTED, DRAWN)) - sent


def _bare_page_ms(somebody: Reader) -> float:
    """Until the page about a problem, which has text and style alone, is painted; as often as the year takes pages."""
    total = 0.0
    for _ in range(2):
        with somebody.stranger() as context:
            page = context.new_page()
            asked = time.time() * 1000
            page.goto("/problems/not_found")
            total += float(page.evaluate(FIRST_PAINT)) - asked
    return total


def _drawing_ms(somebody: Reader) -> tuple[float, float]:
    """The page's own measure of its chart, and a bare canvas."""
    with somebody.guest() as context:
        page = context.new_page()
        page.goto(f"/?merchant={YEAR}&currency=EUR&interval=hour&{_longest_hundred_days(date.today())}")
        page.evaluate(PAINTED, DRAWN)
        points = int(page.locator("#chart").get_attribute("aria-valuemax") or 0) + 1
        assert points == POINTS, f"{points} points instead of {POINTS}"
        [*_, last] = page.evaluate(DRAWINGS)
        return float(last), float(page.evaluate(BARE_CANVAS, POINTS))


def _longest_hundred_days(today: date) -> str:
    """The last ones in which the stage's zone sets its clocks back, as a part of an address."""
    days = (today - timedelta(days=n) for n in range(101, 400))
    start = next(day for day in days if _local(day + timedelta(days=100)) - _local(day) > timedelta(days=100))
    return f"from={start}&to={start + timedelta(days=100)}"


def _local(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), ZoneInfo(ZONE)).astimezone(UTC)


def _sizes(somebody: Reader, address: str) -> tuple[float, float]:
    """What a first visit brings over the wire, headers included: script and style, and everything."""
    with somebody.guest() as context:
        page = context.new_page()
        received = _received(context, page)
        page.goto(address)
        page.wait_for_load_state("load")
        page.wait_for_timeout(SETTLED_MS)  # a page that follows the news is never idle
    code = sum(size for kind, size in received.values() if kind in ("Script", "Stylesheet"))
    return code, sum(size for _, size in received.values())


def _received(context: BrowserContext, page: Page) -> dict[str, tuple[str, float]]:
    """By request: what it was for, and its answer's bytes; filled while the page loads."""
    found: dict[str, tuple[str, float]] = {}

    def begun(event: dict[str, Any]) -> None:
        found[event["requestId"]] = (event["type"], 0.0)

    def ended(event: dict[str, Any]) -> None:
        kind, _ = found.get(event["requestId"], ("Other", 0.0))
        found[event["requestId"]] = (kind, event["encodedDataLength"])

    session = context.new_cdp_session(page)
    session.on("Network.responseReceived", begun)
    session.on("Network.loadingFinished", ended)
    session.send("Network.enable")
    return found
