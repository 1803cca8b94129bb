"""One person at one browser: what they do, what they see, and what the console says."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response, Route

from support.browser import PASSWORD
from support.poll import eventually


def money(minor: int, exponent: int = 2) -> str:
    """As the pages write an amount to an English reader."""
    return f"{Decimal(minor).scaleb(-exponent):,.{exponent}f}"


class Desk:
    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.context = context
        self.origin = origin
        self.complaints: list[str] = []
        self.expected: set[int | str] = set()
        self.page: Page = context.new_page()
        self._listen()

    def _listen(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self._complain(str(error)))

    def another_window(self) -> Desk:
        """Of the same browser, whose complaints are this one's too."""
        other = copy.copy(self)
        other.page = self.context.new_page()
        other._listen()
        return other

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._complain(message.text)

    def _complain(self, text: str) -> None:
        if not any(str(expected) in text for expected in self.expected):
            self.complaints.append(text)

    def expect(self, *words: int | str) -> None:
        """A status, or words of the browser's own error, that the console or the page may report."""
        self.expected |= set(words)

    @contextmanager
    def intercepted(self, addresses: str, handler: Callable[[Route], None]) -> Iterator[None]:
        """Meanwhile `handler` has the requests to these addresses. One on its way at the end is still its own: unroute
        would send it on besides."""
        lasts = [True]
        self.page.route(addresses, lambda route: handler(route) if lasts else route.fallback())
        try:
            yield
        finally:
            lasts.clear()

    def log_in(self, email: str, password: str = PASSWORD) -> None:
        """On the log-in page."""
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Log in").click()

    def logged_in(self, email: str) -> Desk:
        """With a session, without the page for it."""
        origin = {"Origin": self.origin}
        body = {"email": email, "password": PASSWORD}

        def try_it() -> Any:
            answer = self.context.request.post("/v1/session", data=body, headers=origin)
            return None if answer.status == 503 else answer

        answer = eventually(try_it)  # a machine under load
        assert answer.ok, answer.text()
        return self

    def dashboard(self, address: str = "/") -> None:
        """Opens the dashboard and waits for its figures."""
        self.page.goto(address)
        self.settled()

    def settled(self) -> None:
        for panel in ("cards", "sales", "statement"):
            self.page.locator(f"#{panel}:is([data-state=ready], [data-state=empty])").wait_for()

    def order_form(self) -> None:
        """Opens the order form."""
        self.page.goto("/new-order.html")
        self.page.locator("#order").wait_for()

    def fill_line(self, texts: Mapping[str, str], number: int = 1) -> None:
        """Texts by the names of the API."""
        line = self.page.locator("#lines fieldset").nth(number - 1)
        for name, text in texts.items():
            line.locator(f"[data-name={name}]").fill(text)

    def fill_whole(self, texts: Mapping[str, str]) -> None:
        for name, text in texts.items():
            self.page.locator(f"#whole [data-name={name}]").fill(text)

    def draft(self) -> Any:
        """What the order form keeps in this tab; None: nothing was typed yet."""
        find = "Object.keys(sessionStorage).find(name => name.startsWith('takings.order.'))"
        return self.page.evaluate(f"JSON.parse(sessionStorage[{find}] ?? null)")

    def receipt(self) -> str:
        """The id on the receipt, once the order was counted."""
        self.page.locator("#counted", has_text="readable").wait_for()
        return self.page.locator("#order-id").inner_text()

    def card(self, metric: str) -> str:
        return self.page.locator(f"#cards [data-metric={metric}]").inner_text()

    def change(self, metric: str) -> str:
        """What the card says of the comparison, on its one or two lines."""
        notes = (self.page.locator(f"#cards [data-{name}={metric}]") for name in ("change", "cut"))
        return " ".join(note.inner_text() for note in notes if note.is_visible())

    def latest(self) -> list[list[str]]:
        """Rows of the latest orders as texts: time, id, lines, total, whether it is counted."""
        script = "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
        rows: list[list[str]] = self.page.locator("#latest-rows tr:not(.skeleton)").evaluate_all(script)
        return rows

    def statement(self, metric: str) -> str:
        return self.page.locator(f"#statement [data-metric={metric}]").inner_text()

    def table(self) -> list[list[str]]:
        """Rows of the sales table as texts, without its head, as soon as there are any."""
        self.page.locator("#table-box tfoot").wait_for(state="attached")
        script = "rows => rows.slice(1).map(row => [...row.cells].map(cell => cell.textContent))"
        rows: list[list[str]] = self.page.locator("#table-box tr").evaluate_all(script)
        return rows

    def address(self) -> str:
        """As the page itself has it: what the driver knows of it comes a moment later."""
        return str(self.page.evaluate("location.href"))

    def sideways(self) -> int:
        """How many pixels of the page lie beside the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def shifts(self) -> list[str]:
        """What was on show and moved by itself since the page was opened, and by how much."""
        script = """() => new Promise(done => {
          const name = node => !node ? "gone" : node.nodeType === Node.TEXT_NODE ? `${name(node.parentNode)}: ${node.data}`
            : `${node.nodeName}#${node.id}.${node.className}`;
          const found = [];
          const add = list => { for (const shift of list) if (!shift.hadRecentInput)
            found.push(`${shift.value.toFixed(4)} ${shift.sources.map(source => name(source.node)).join(" ")}`); };
          const observer = new PerformanceObserver(list => add(list.getEntries()));
          observer.observe({ type: "layout-shift", buffered: true });
          requestAnimationFrame(() => setTimeout(() => { add(observer.takeRecords()); done(found); }));
        })"""
        found: list[str] = self.page.evaluate(script)
        return found

    def answer_to(self, part: str, act: Callable[[], None]) -> Any:
        """The JSON of the answer to a request whose address has `part`, sent by `act()`."""
        with self.page.expect_response(lambda answer: part in answer.url) as waiting:
            act()
        answer: Response = waiting.value
        return answer.json()
