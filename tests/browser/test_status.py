"""The status page: what it says of the figures is so, for whom it is meant, and in every state."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_skeleton, format_time
from bson import Int64

from browser.conftest import DeskFactory
from browser.desk import Desk
from support.api import Body, expect
from support.browser import add_user
from support.ledger import new_ulid
from support.merchant import Merchant
from support.poll import eventually
from support.stack import Stack

ZONE = ZoneInfo("Europe/Berlin")
TEA = {"product_id": "tea", "name": "Tea", "quantity": 2, "unit_price": 350}


def body(**more: Any) -> Body:
    return {"currency": "EUR", "lines": [TEA]} | more


def at(days: int, hour: int = 9) -> datetime:
    """An hour of an earlier day of Berlin, by its clock."""
    return (datetime.now(ZONE) - timedelta(days=days)).replace(hour=hour, minute=5, second=7, microsecond=0)


def hour_text(instant: datetime) -> str:
    """As the page writes an hour of another day; the merchant writes as people do in Germany."""
    day = format_skeleton("MMMEd", instant, locale="de_DE")
    start = instant.replace(minute=0)
    return f"{day}, {clock(start)}–{clock(start + timedelta(hours=1))}"


def clock(instant: datetime) -> str:
    return str(format_time(instant, "short", locale="de_DE"))


def days(instant: datetime, currency: str = "EUR") -> str:
    """The day of an instant, by its own clock, in the query of a page."""
    return f"currency={currency}&from={instant.date()}&to={instant.date() + timedelta(days=1)}"


def status_of(merchant: Merchant) -> dict[str, Any]:
    data: dict[str, Any] = expect(merchant.api.status())["data"]
    return data


def open_status(desk: Desk, merchant: Merchant) -> None:
    desk.page.goto(f"/status.html?merchant={merchant.id}")
    desk.page.locator("#standing[data-state=ready]").wait_for()


def facts(desk: Desk) -> dict[str, str]:
    terms, words = (desk.page.locator(f"#facts {tag}").all_inner_texts() for tag in ("dt", "dd"))
    return dict(zip(terms, words, strict=True))


@pytest.fixture
def german(merchant: Merchant) -> Merchant:
    merchant.stack.cli("merchant", "set-locale", merchant.id, "de-DE")
    return merchant


def plant(merchant: Merchant, order_id: str) -> str:
    """A copy of an order whose total is one too many, past the validator; its key."""
    ledger = merchant.stack.mongo.takings.ledger
    stored = ledger.find_one({"_id": f"{merchant.id}/{order_id.removeprefix('ord_')}"})
    assert stored is not None
    planted = deepcopy(stored)
    planted["_id"] = f"{merchant.id}/{new_ulid(at_ms=int(stored['at'].timestamp() * 1000))}"
    planted["idem"], planted["total"] = "orders/planted", Int64(701)
    ledger.insert_one(planted, bypass_document_validation=True)
    return str(planted["_id"])


def test_a_merchant_without_a_past_stands_well(merchant: Merchant, desk: Desk) -> None:
    """Though one list cannot be had at first: it is asked for again."""
    desk.expect("ERR_FAILED")
    desk.page.route("**/restatements?**", lambda route: route.abort(), times=1)
    open_status(desk, merchant)
    assert desk.page.locator("#headline").inner_text() == "Everything is counted, and nothing is proved yet."
    told = facts(desk)
    assert told.pop("Exact as of").endswith("behind")
    assert told == {
        "Proved through": "not proved yet",
        "Last check": "none yet",
        "Differences ever found": "not checked yet",
        "Rebuild": "none under way",
        "Recorded late": "nothing yet",
        "In quarantine": "0",
    }
    for panel, words in {
        "parked": "No hour is unknown.",
        "late": "Nothing came late",
        "quarantine": "Nothing:",
    }.items():
        desk.page.locator(f"#{panel}[data-state=empty]", has_text=words).wait_for()


def test_without_figures_nothing_is_claimed_of_them(merchant: Merchant, desk: Desk) -> None:
    """As after the loss of Redis, until the rebuild begins."""
    answer = {**expect(merchant.api.status())}
    of_the_figures = ("as_of", "lag_ms", "position", "rebuild", "last_verify", "verified_through", "drift")
    answer["data"] |= dict.fromkeys((*of_the_figures, "recuts", "parked")) | {"state": "rebuilding"}
    desk.page.route("**/status", lambda route: route.fulfill(json=answer))
    open_status(desk, merchant)
    assert desk.page.locator("#headline").inner_text() == "There are no figures just now."
    unknown = ("Exact as of", "Proved through", "Last check", "Differences ever found")
    assert facts(desk) == dict.fromkeys(unknown, "not known just now") | {
        "Rebuild": "has not begun yet",
        "Recorded late": "nothing yet",
        "In quarantine": "0",
    }
    words = "Which hours are unknown cannot be read just now."
    desk.page.locator("#parked[data-state=empty]", has_text=words).wait_for()


def test_without_the_merchants_document_no_re_cut_is_not_claimed(merchant: Merchant, desk: Desk) -> None:
    """As while MongoDB is away: the figures are there, what they are to be cut by is not."""
    answer = {**expect(merchant.api.status())}
    answer["data"] |= dict.fromkeys(("recuts", "quarantine", "restatements", "late_entries"))
    desk.page.route("**/status", lambda route: route.fulfill(json=answer))
    open_status(desk, merchant)
    assert desk.page.locator("#headline").inner_text() == "Everything is counted, and nothing is proved yet."
    details = "Whether all hours and days are to be cut anew is not known just now."
    assert desk.page.locator("#details").inner_text() == details
    desk.page.locator("#parked[data-state=empty]", has_text="No hour is unknown.").wait_for()


def test_what_was_proved_is_told_in_words_by_the_merchants_clock(german: Merchant, desk: Desk) -> None:
    german.order(body())
    german.settled()
    german.stack.batch("verify", "--merchant", german.id)
    through = datetime.fromisoformat(status_of(german)["verified_through"]).astimezone(ZONE)
    day = (
        "" if through.date() == datetime.now(ZONE).date() else format_skeleton("MMMEd", through, locale="de_DE") + ", "
    )
    words = f"{day}{clock(through)}"
    open_status(desk, german)
    assert desk.page.locator("#headline").inner_text() == f"Everything is counted and proved through {words}."
    told = facts(desk)
    assert told["Proved through"] == words
    assert told["Last check"].endswith(": no difference in the whole history")
    assert told["Differences ever found"] == "0"


def test_an_unknown_hour_is_named_leads_to_its_entries_and_goes_when_mended(german: Merchant, desk: Desk) -> None:
    """The page follows by itself, both ways."""
    instant = at(days=3)
    order = german.order(body(placed_at=instant.isoformat()))["order"]["id"]
    german.settled()
    open_status(desk, german)
    planted = plant(german, order)
    hour = hour_text(instant)
    words = f"Everything is counted but one hour: {hour} is unknown."
    desk.page.locator("#standing.amber #headline", has_text=words).wait_for()
    row = desk.page.locator("#parked-list tbody tr")
    assert row.locator("th").inner_text() == hour
    link = row.get_by_role("link", name="Entries of this hour")
    start = instant.astimezone(UTC).replace(minute=0, second=0)
    span = f"from={start:%Y-%m-%dT%H}%3A00%3A00Z&to={start + timedelta(hours=1):%Y-%m-%dT%H}%3A00%3A00Z"
    assert link.get_attribute("href") == f"/trace.html?merchant={german.id}&currency=EUR&{span}&metric=net_sales"
    desk.page.locator("#late tbody tr", has_text="unknown").wait_for()
    german.stack.mongo.takings.ledger.delete_one({"_id": planted})
    desk.page.locator("#parked[data-state=empty]", has_text="No hour is unknown.").wait_for()
    assert not desk.page.locator("#standing.amber").is_visible()


def test_what_came_late_says_what_it_changed_by_how_much_and_leads_there(
    german: Merchant, desk: Desk, tmp_path: Path
) -> None:
    late, refunded = at(days=5, hour=14), at(days=4, hour=16)
    order = german.order(body(placed_at=late.isoformat()))["order"]["id"]
    german.refund(order, {"lines": [{"line": 1, "quantity": 1}], "refunded_at": refunded.isoformat()})
    file = tmp_path / "orders.ndjson"
    first, last = at(days=40), at(days=30)
    dear = [TEA | {"quantity": 1, "unit_price": 100_000}]
    orders = [body(reference=f"r{n}", placed_at=day.isoformat(), lines=dear) for n, day in enumerate((first, last))]
    file.write_text("".join(json.dumps(order) + "\n" for order in orders))
    imported = german.imported(file, "--format", "ndjson")["import_id"]
    open_status(desk, german)
    rows = desk.page.locator("#late tbody tr:not(.skeleton)")
    rows.nth(2).wait_for()
    cells = [[cell.strip() for cell in row.locator("td").all_inner_texts()] for row in rows.all()]
    span = [f"{format_skeleton('MMMEd', day, locale='de_DE')}, {clock(day)}" for day in (first, last)]
    by_cause = {row[0].split(" ")[0]: row for row in cells}
    assert by_cause["Import"] == [
        f"Import {imported}, 2 entries",
        " to ".join(span),
        "+2",
        "+2.000,00 EUR",
        "+2.000,00 EUR",
    ]
    assert [row[1:] for row in cells if row[0] == "An order"] == [[hour_text(late), "+1", "+7,00 EUR", "+7,00 EUR"]]
    assert [row[1:] for row in cells if row[0] == "A refund"] == [[hour_text(refunded), "0", "-3,50 EUR", "-3,50 EUR"]]
    link = desk.page.get_by_role("link", name="An order")
    assert link.get_attribute("href") == f"/order.html?merchant={german.id}&id={order}"
    changed = desk.page.get_by_role("link", name=hour_text(late))
    assert changed.get_attribute("href") == f"/?merchant={german.id}&{days(late)}&interval=hour"
    refund = desk.page.get_by_role("link", name="A refund").get_attribute("href")
    assert refund == f"/trace.html?merchant={german.id}&{days(refunded)}&metric=returns"
    assert facts(desk)["Recorded late"] == "4 entries, which changed figures 3 times"


def test_what_came_late_is_of_its_own_currency_and_clock(
    add_merchant: Callable[..., Merchant], open_desk: DeskFactory, stack: Stack
) -> None:
    merchant = add_merchant("Asia/Kolkata", "INR", "USD")
    late = (datetime.now(ZoneInfo("Asia/Kolkata")) - timedelta(days=3)).replace(hour=14, minute=15)
    order = merchant.order(body(currency="USD", placed_at=late.isoformat()))["order"]["id"]
    refunded = late.replace(minute=45).isoformat()
    merchant.refund(order, {"lines": [{"line": 1, "quantity": 1}], "refunded_at": refunded})
    desk = open_desk().logged_in(add_user(stack, merchant.id, "owner"))
    open_status(desk, merchant)
    links = desk.page.locator("#late tbody a")
    links.nth(3).wait_for()
    found = {link.inner_text(): link.get_attribute("href") for link in links.all()}
    [hour] = [text for text in found if text.endswith(", 14:00–15:00")]
    assert found[hour] == f"/?merchant={merchant.id}&{days(late, 'USD')}&interval=hour"
    assert found["A refund"] == f"/trace.html?merchant={merchant.id}&{days(late, 'USD')}&metric=returns"


def test_a_list_that_was_read_is_not_older_than_the_page(merchant: Merchant, desk: Desk) -> None:
    desk.expect("ERR_FAILED")
    merchant.order(body(placed_at=at(days=2).isoformat()))
    merchant.settled()
    with desk.intercepted("**/status", lambda route: route.abort()):
        desk.page.goto(f"/status.html?merchant={merchant.id}")
        late = desk.page.locator("#late")
        late.get_by_role("button", name="Try again").click()
        late.get_by_role("link", name="An order").wait_for()
        note = late.locator(".panel-note")
        note.wait_for()
        assert note.inner_text() == "Not refreshed: The server cannot be reached. Takings tries again by itself."


def test_older_restatements_come_on_demand(merchant: Merchant, desk: Desk) -> None:
    for days in range(25):
        merchant.order(body(placed_at=at(days=days + 2).isoformat()))
    merchant.settled()
    open_status(desk, merchant)
    rows = desk.page.locator("#late tbody tr:not(.skeleton)")
    rows.nth(19).wait_for()
    assert rows.count() == 20
    desk.page.get_by_role("button", name="Show older ones").click()
    rows.nth(24).wait_for()
    assert (rows.count(), desk.page.get_by_role("button", name="Show older ones").count()) == (25, 0)
    addresses = rows.get_by_role("link", name="An order").evaluate_all("links => links.map(link => link.href)")
    assert len(set(addresses)) == 25
    # one more comes late: those that were asked for stay
    merchant.order(body(placed_at=at(days=30).isoformat()))
    rows.nth(25).wait_for()
    newer = rows.get_by_role("link", name="An order").evaluate_all("links => links.map(link => link.href)")
    assert newer[1:] == addresses


@pytest.fixture
def quarantined(merchant: Merchant) -> Merchant:
    merchant.order(body())
    ledger = merchant.stack.mongo.takings.ledger
    stored = ledger.find_one({"m": merchant.id})
    assert stored is not None
    foreign = stored | {"_id": f"{merchant.id}/<b>not-a-ulid</b>", "idem": "orders/foreign"}
    ledger.insert_one(foreign, bypass_document_validation=True)
    eventually(lambda: status_of(merchant)["quarantine"] == 1)
    return merchant


def test_an_owner_has_a_key_of_the_quarantine_looked_at_again(quarantined: Merchant, desk: Desk) -> None:
    open_status(desk, quarantined)
    row = desk.page.locator("#quarantine tbody tr:not(.skeleton)")
    row.wait_for()
    assert row.locator("th").inner_text() == f"{quarantined.id}/<b>not-a-ulid</b>"
    assert facts(desk)["In quarantine"] == "1"
    quarantined.stack.mongo.takings.ledger.delete_one({"_id": f"{quarantined.id}/<b>not-a-ulid</b>"})
    row.get_by_role("button", name="Look again").click()
    desk.page.get_by_text("Asked: all figures are being made anew.").wait_for()
    desk.page.locator("#quarantine[data-state=empty]", has_text="Nothing:").wait_for()


def test_an_analyst_sees_how_many_keys_there_are(quarantined: Merchant, open_desk: DeskFactory) -> None:
    desk = open_desk().logged_in(add_user(quarantined.stack, quarantined.id, "analyst"))
    open_status(desk, quarantined)
    words = "One key is in quarantine. An owner can see which"
    desk.page.locator("#quarantine[data-state=empty]", has_text=words).wait_for()
    assert desk.page.get_by_role("button", name="Look again").count() == 0


def test_a_clerk_is_told_that_this_is_not_for_them(merchant: Merchant, open_desk: DeskFactory) -> None:
    desk = open_desk().logged_in(add_user(merchant.stack, merchant.id, "clerk"))
    desk.page.goto(f"/status.html?merchant={merchant.id}")
    desk.page.get_by_text("Your role does not allow this").wait_for()
    assert not desk.page.locator("#standing").is_visible()
