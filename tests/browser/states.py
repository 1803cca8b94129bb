"""Every state of every page, as a table: how the stack comes into the state, and what the page then shows.

A state that a page cannot be in has the reason in its place. Whoever adds a page adds its row; a cell that is missing
fails tests/browser/test_states.py. scripts/screenshots takes its pictures by the same table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass

from browser.desk import Desk
from browser.scene import PEOPLE, Scene


@dataclass(frozen=True)
class State:
    """What has happened to the stack: before a page is opened, or, with `opened`, after that."""

    told: str
    fault: Callable[[Scene], AbstractContextManager[None]] = lambda _: nullcontext()
    opened: bool = False
    logs_out: bool = False
    heard: tuple[int | str, ...] = ()  # what the console may say of it


STATES: Mapping[str, State] = {
    "ready": State("all is well"),
    "never": State("no order was ever recorded, or no key made"),
    "none": State("there is nothing that was asked for", heard=(404,)),
    "partial": State("the range has not ended"),
    "parked": State("an entry cannot be read"),
    "refused": State("the role, or the password, does not allow it", heard=(401, 403)),
    "offline": State("there is no network", opened=True, heard=("ERR_INTERNET_DISCONNECTED",)),
    "loading": State("no answer has come yet", Scene.mute, heard=(503, 504)),
    "stale": State("nothing is counted any more", Scene.stale),
    "rebuilding": State("all figures are being made anew", Scene.rebuilding),
    "half": State("the ledger does not answer", lambda scene: scene.without("mongod-1"), heard=(503,)),
    "error": State(
        "the store of figures does not answer, nor who is logged in", lambda scene: scene.without("redis"), heard=(503,)
    ),
    "lost": State("all figures are gone, and nobody makes them anew", Scene.lost, logs_out=True, heard=(503,)),
}


@dataclass(frozen=True)
class Cell:
    """One page in one state: whose address it is, what they do there, and a selector of what says so."""

    address: str
    shown: str
    role: str | None = "owner"  # None: nobody is logged in
    act: Callable[[Desk], None] | None = None
    first: str = "#main, #login"  # what shows that the page is open, in a state that comes after that


TEA, CORNER, BOOKS = "merchant=teahouse", "merchant=corner-shop", "merchant=book-shop"
EUR = f"{TEA}&currency=EUR"
LONG_AGO = "from=2020-01-01&to=2020-02-01"
SKELETON = ".waiting [data-state=first], [data-state=loading]"
OFFLINE = ":text('You are offline'):visible"
BROKEN = "#page-trouble code"  # the request's id

NO_FIGURES = "it shows no figures"
NO_RANGE = "it has no range"


def press(key: str) -> Callable[[Desk], None]:
    return lambda desk: desk.page.keyboard.press(key)


def click(selector: str) -> Callable[[Desk], None]:
    return lambda desk: desk.page.locator(selector).click()


def log_in(desk: Desk) -> None:
    desk.log_in("somebody@example.org", "not the password")


def fill_tea(desk: Desk) -> None:
    desk.fill_line({"product_id": "tea-assam", "name": "Assam, 250 g", "quantity": "2", "unit_price": "14.90"})


def send_tea(desk: Desk) -> None:
    fill_tea(desk)
    desk.page.locator("#send").click()


def give_all_back(desk: Desk) -> None:
    desk.page.locator("#open-refund").click()
    desk.page.locator("#all-left").click()
    desk.page.locator("#send").click()


def login() -> Mapping[str, Cell | str]:
    refused = Cell("/login.html", "#login-trouble:not(:empty)", role=None, act=log_in)
    return {
        "ready": Cell("/login.html", "#login", role=None),
        "loading": Cell("/login.html", "#log-in[aria-disabled=true]", role=None, act=log_in),
        **dict.fromkeys(("refused", "offline", "half", "error"), refused),
        **dict.fromkeys(("never", "none", "partial", "parked", "stale", "rebuilding", "lost"), NO_FIGURES),
    }


def dashboard(more: str) -> Mapping[str, Cell | str]:
    """As a chart, or as a table."""
    ready = "#sales[data-state=ready]"
    last_week = f"/?{EUR}&range=last_7d&compare=previous_period{more}"
    return {
        "ready": Cell(last_week, ready),
        "never": Cell(f"/?{CORNER}{more}", "#sales[data-state=empty][data-empty=never]"),
        # zeros are worth a table, but no chart
        "none": Cell(f"/?{EUR}&{LONG_AGO}{more}", ready if more else "#sales[data-state=empty][data-empty=none]"),
        "partial": Cell(f"/?{EUR}&range=today&compare=previous_year{more}", ready),
        "parked": Cell(f"/?{BOOKS}&range=today{more}", "#cards:has-text('unknown')"),
        "refused": "a clerk, who may not see figures, is led to the order form",
        "offline": Cell(last_week, OFFLINE, act=press("m"), first=ready),
        "loading": Cell(last_week, SKELETON),
        "stale": Cell(last_week, "#stamp:has-text('stale')"),
        "rebuilding": Cell(last_week, "#stamp:has-text('rebuil')"),
        "half": Cell(last_week, "#latest[data-state=failed] code"),
        "error": Cell(last_week, BROKEN),
        "lost": Cell(last_week, "#cards[data-state=failed] code"),
    }


def trace() -> Mapping[str, Cell | str]:
    ready = "#entries[data-state=ready]"
    last_week = f"/trace.html?{EUR}&range=last_7d&metric=total_sales"
    return {
        "ready": Cell(last_week, ready),
        "never": Cell(f"/trace.html?{CORNER}&currency=EUR&range=today&metric=orders", "#entries[data-state=empty]"),
        "none": Cell(f"/trace.html?{EUR}&{LONG_AGO}&metric=orders", "#entries[data-state=empty]"),
        "partial": Cell(f"/trace.html?{EUR}&range=today&metric=net_sales", ready),
        "parked": Cell(f"/trace.html?{BOOKS}&currency=EUR&range=today&metric=net_sales", "#figure:has-text('unknown')"),
        "refused": Cell(last_week, "#page-trouble:visible", role="clerk"),
        "offline": Cell(last_week, OFFLINE, act=click("#more"), first=ready),
        "loading": Cell(last_week, SKELETON),
        "stale": Cell(last_week, "#figure .panel-note:has-text('not counted yet')"),
        "rebuilding": Cell(last_week, "#figure .panel-note:visible"),
        "half": Cell(last_week, "#entries[data-state=failed] code"),
        "error": Cell(last_week, BROKEN),
        "lost": Cell(last_week, "#figure[data-state=failed] code"),
    }


def orders() -> Mapping[str, Cell | str]:
    ready = "#orders[data-state=ready]"
    return {
        "ready": Cell(f"/orders.html?{TEA}", ready),
        "never": Cell(f"/orders.html?{CORNER}", "#orders[data-state=empty][data-empty=never]"),
        "none": Cell(f"/orders.html?{TEA}&{LONG_AGO}", "#orders[data-state=empty][data-empty=none]"),
        "partial": "a list has no end that is to come",
        "parked": Cell(f"/orders.html?{BOOKS}", f"{ready} .panel-note[data-kind=parked]:visible"),
        "refused": "every role may read it",
        "offline": Cell(f"/orders.html?{TEA}", OFFLINE, act=click("#older"), first=ready),
        "loading": Cell(f"/orders.html?{TEA}", SKELETON),
        "half": Cell(f"/orders.html?{TEA}", "#orders[data-state=failed] code"),
        "error": Cell(f"/orders.html?{TEA}", BROKEN),
        **dict.fromkeys(("stale", "rebuilding", "lost"), "it is read from the ledger, without figures"),
    }


def order() -> Mapping[str, Cell | str]:
    address = f"/order.html?{TEA}&id={{order}}"
    counted = "#order-counted:not(:empty)"
    return {
        "ready": Cell(address, "#give-back:visible", act=click("#open-refund")),
        "never": "without an order there is no page of it",
        "none": Cell(f"/order.html?{TEA}&id=ord_01M84DWF65QWP15XHMM3FMJFBB", "#page-trouble:visible"),
        "partial": NO_RANGE,
        "parked": Cell(f"/order.html?{BOOKS}&id={{spoilt_order}}", counted),
        # by the time that these words are there the button would be, too
        "refused": Cell(address, f"main:has({counted}):not(:has(#open-refund:not([hidden])))", role="analyst"),
        "offline": Cell(address, OFFLINE, act=give_all_back, first="#open-refund:visible"),
        "loading": Cell(address, SKELETON),
        "stale": Cell(address, counted),
        "rebuilding": Cell(address, counted),
        "half": Cell(address, "#lines[data-state=failed] code"),
        "error": Cell(address, BROKEN),
        "lost": Cell(address, counted),
    }


def new_order() -> Mapping[str, Cell | str]:
    address = f"/new-order.html?{TEA}"
    return {
        "ready": Cell(address, "#totals :text('29.80')", act=fill_tea),
        "refused": Cell(address, "#page-trouble:visible", role="analyst"),
        "offline": Cell(address, OFFLINE, act=send_tea, first="#order:visible"),
        "loading": Cell(address, SKELETON),
        "half": Cell(address, "#outcome:not(:empty)", act=send_tea),
        "error": Cell(address, BROKEN),
        **dict.fromkeys(("never", "none", "partial", "parked", "stale", "rebuilding", "lost"), NO_FIGURES),
    }


def status() -> Mapping[str, Cell | str]:
    address = f"/status.html?{TEA}"
    ready = "#standing[data-state=ready]"
    return {
        "ready": Cell(address, ready),
        "never": Cell(f"/status.html?{CORNER}", ready),
        "none": NO_RANGE,
        "partial": NO_RANGE,
        "parked": Cell(f"/status.html?{BOOKS}", "#parked[data-state=ready]"),
        "refused": Cell(address, "#page-trouble:visible", role="clerk"),
        "offline": Cell(address, f"{ready} .panel-note:visible", first=ready),
        "loading": Cell(address, SKELETON),
        "stale": Cell(address, ready),
        "rebuilding": Cell(address, f"{ready}:has-text('rebuil')"),
        "half": Cell(address, f"{ready}, [data-state=failed]"),
        "error": Cell(address, BROKEN),
        "lost": Cell(address, f"{ready}:has-text('rebuil')"),
    }


def settings() -> Mapping[str, Cell | str]:
    address = f"/settings.html?{TEA}"
    return {
        "ready": Cell(address, "#audit[data-state=ready]"),
        "never": Cell("/settings.html?merchant=market-stall", "#keys[data-state=empty][data-empty=never]"),
        "refused": Cell(address, "#password:visible", role="analyst"),
        "offline": Cell(address, OFFLINE, act=click("#refresh-audit"), first="#audit[data-state=ready]"),
        "loading": Cell(address, SKELETON),
        "half": Cell(address, "#audit[data-state=failed] code"),
        "error": Cell(address, BROKEN),
        **dict.fromkeys(("none", "partial", "parked", "stale", "rebuilding", "lost"), NO_FIGURES),
    }


CELLS: Mapping[str, Mapping[str, Cell | str]] = {
    "login": login(),
    "dashboard": dashboard(""),
    "dashboard-table": dashboard("&as=table"),
    "trace": trace(),
    "orders": orders(),
    "order": order(),
    "new-order": new_order(),
    "status": status(),
    "settings": settings(),
}

OpenDesk = Callable[[], Desk]


def show(scene: Scene, state: str, pages: Sequence[str], open_desk: OpenDesk) -> Iterator[tuple[str, Desk]]:
    """Each of these pages that can be in the state, when it is; the fault lasts until the last one was looked at."""
    cells = {page: cell for page in pages if isinstance(cell := CELLS[page][state], Cell)}
    happened = STATES[state]
    desks = {page: open_desk() for page in cells}
    with ExitStack() as stack:
        if happened.logs_out:
            stack.enter_context(happened.fault(scene))
        for page, cell in cells.items():
            desks[page].expect(503, *happened.heard)  # on a busy machine a store may be slow, and is asked again
            if cell.role is not None:
                desks[page].logged_in(PEOPLE[cell.role])
        if happened.opened:
            for page, cell in cells.items():
                _open(scene, desks[page], cell.address)
                desks[page].page.locator(cell.first).first.wait_for()
        if not happened.logs_out:
            stack.enter_context(happened.fault(scene))
        for page, cell in cells.items():
            desk = desks[page]
            desk.context.set_offline(state == "offline")
            if not happened.opened:
                _open(scene, desk, cell.address)
            if cell.act is not None:
                cell.act(desk)
            desk.page.locator(cell.shown).first.wait_for()
            yield page, desk
            desk.page.close()


def _open(scene: Scene, desk: Desk, address: str) -> None:
    desk.page.goto(address.format(order=scene.refunded, spoilt_order=scene.unknown))
