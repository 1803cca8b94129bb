"""From sending an order until its count has been painted on an open dashboard, against until it can be read.

While orders come in steadily, one program reads the checkpoint in Redis again and again, and each page notes when which
count of orders was painted. A page's figures are exact up to a position, so its n-th new order is the n-th by position.
"""

from __future__ import annotations

from bisect import bisect_left
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Page
from stack import process

from .browser import clock_offset_ms, reader
from .order_to_readable import delays_ms, percentile, read_times
from .result import Result
from .stage import SHOPS, Stage, spawn

NAME = "order_to_screen"
RATE = 20
CLIENTS = 4
AIMS_MS = {50: 75.0, 99: 150.0}
OBSERVER, PROGRAM = "readable", "watch_head"
COUNT = "#cards [data-metric=orders]"
# Notes the count after each frame that shows another one; the locale writes no marks below a thousand.
WATCH = """selector => {
  const figure = document.querySelector(selector);
  const count = () => Number(figure.textContent.replace(/\\D/g, ""));
  window.painted = [];
  window.first = count();
  const note = () => window.painted.push([performance.now(), count()]);
  const changed = () => requestAnimationFrame(() => setTimeout(note));
  new MutationObserver(changed).observe(figure, { characterData: true, childList: true, subtree: true });
}"""


def measure(stage: Stage) -> list[Result]:
    return _results(stage, NAME, SHOPS) + _results(stage, "one_shop_to_screen", SHOPS[:1])


def _results(stage: Stage, name: str, shops: tuple[str, ...]) -> list[Result]:
    """Orders for all these shops, the first of which is looked at."""
    shown, readable = _round(stage, shops)
    return [
        Result.of_rounds(
            f"{name}_p{share}", "ms", aim, [(percentile(shown, share), percentile(readable, share))], aim_of="value"
        )
        for share, aim in AIMS_MS.items()
    ]


def _round(stage: Stage, shops: tuple[str, ...]) -> tuple[list[float], list[float]]:
    """Delays in ms, ascending: of the first shop's orders on its page, and of all orders in Redis.

    One page only: a browser paints pages behind the one that is looked at once in a second.
    """
    with ExitStack() as stack:
        somebody = stack.enter_context(reader(stage))
        context = stack.enter_context(somebody.guest())
        page = _opened(context.new_page(), shops[0])
        spawn(stage.layout, OBSERVER, [stage.program(PROGRAM), str(stage.layout.config)])
        stack.callback(process.stop, stage.layout, OBSERVER)
        times = _send(stage, shops)
        stage.settle()
        shown = _on_page(page, read_times(times, f"/{shops[0]}/orders"))
    readable = delays_ms(read_times(times), read_times(stage.layout.log / f"{OBSERVER}.log"))
    return sorted(shown), readable


def _opened(page: Page, shop: str) -> Page:
    page.goto(f"/?merchant={shop}&currency=EUR&range=today")
    page.locator("#cards[data-state=ready]").wait_for()
    page.evaluate(WATCH, COUNT)
    return page


def _send(stage: Stage, shops: tuple[str, ...]) -> Path:
    """A file with when each order was sent, its position, and where."""
    times = stage.layout.dir / "sent"
    options = ("--targets", stage.targets("screen.targets", "/orders", shops), "--body", stage.body(), "--times", times)
    plan = ("--clients", CLIENTS, "--rate", RATE, "--seconds", stage.size.stream_s)
    stage.run("load", "--port", stage.settings.port, *options, *plan)
    return times


def _on_page(page: Page, sent: list[tuple[int, int]]) -> list[float]:
    """How long each order of the page's shop took, in ms."""
    page.wait_for_function("more => window.painted.at(-1)?.[1] >= window.first + more", arg=len(sent))
    offset_ms = clock_offset_ms(page)
    first, painted = page.evaluate("[window.first, window.painted]")
    return delays_on_page(sent, [(ms + offset_ms, count - first) for ms, count in painted])


def delays_on_page(sent: list[tuple[int, int]], painted: list[tuple[float, int]]) -> list[float]:
    """Of orders (when, in ns; position) and what was painted (when, in ms; how many orders more than at first)."""
    in_order = sorted(sent, key=lambda order: order[1])
    counts = [count for _, count in painted]
    return [painted[bisect_left(counts, n)][0] - ns / 1e6 for n, (ns, _) in enumerate(in_order, 1)]
