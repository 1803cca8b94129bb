"""Trace: exactly the entries whose sum is the figure, page by page, whatever is sold meanwhile."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from oracle.answers import EXPONENTS, Range
from oracle.metrics import ADDITIVE, Row, net_sales
from oracle.shop import instant_ms
from support.api import ALL_SCOPES, Api, Body, expect
from support.histories import PLACES, Place, Story, today
from support.load import all_at_once
from support.merchant import Merchant
from support.poll import eventually
from support.problems import check_problem
from support.sizes import FULL, sized

SEED = 20261127
FIGURES = sized(quick=25, full=1000)
STEPS = sized(quick=16, full=40)  # of each merchant
POSTING_THREADS = 4
QUICK_ZONES = ("Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu")
TRACED = (*ADDITIVE, "net_sales")
COUNTS = {"orders", "refunds", "units_sold", "units_returned"}
BODY: Body = {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 1, "unit_price": 700}]}


def places() -> list[Place]:
    """All of them, or the first of each zone that does something odd."""
    if sized(quick=False, full=True):
        return list(PLACES)
    return [next(place for place in PLACES if place.zone == zone) for zone in QUICK_ZONES]


@pytest.fixture(scope="module")
def stories(add_merchant: Callable[..., Merchant]) -> list[Story]:
    """Merchants with a history, settled."""
    told = [Story(add_merchant(place.zone, *place.currencies), place, SEED) for place in places()]

    def tell(story: Story) -> None:
        for _ in range(STEPS):
            story.step()

    all_at_once([partial(tell, story) for story in told], POSTING_THREADS)
    for story in told:
        story.merchant.settled()
    return told


def value_of(row: Row, metric: str) -> int:
    return net_sales(row) if metric == "net_sales" else row[metric]


@dataclass(frozen=True)
class Figure:
    merchant: Merchant
    within: Range
    currency: str
    metric: str

    @property
    def query(self) -> dict[str, str]:
        return {**self.within.parameters(), "currency": self.currency}

    def in_summary(self) -> int:
        [element] = expect(self.merchant.api.summary(**self.query, metrics=self.metric))["data"]
        value = element["metrics"][self.metric]
        assert isinstance(value, int)
        return value

    def entries(self) -> dict[str, int]:
        """What the oracle says is behind it: id and value."""
        shop = self.merchant.shop
        hours = set(self.within.hours(shop.zone))
        found = (entry for entry in shop.entries if entry.currency == self.currency)
        values = {e.id: value_of(e.row, self.metric) for e in found if shop.zone.hour_at(e.at) in hours}
        return {name: value for name, value in values.items() if value != 0}

    def pages(self, limit: int) -> list[dict[str, Any]]:
        answers = [expect(self.merchant.api.trace(**self.query, metric=self.metric, limit=limit))]
        while answers[-1]["has_more"]:
            cursor = answers[-1]["next_cursor"]
            again = self.merchant.api.trace(**self.query, metric=self.metric, limit=limit, cursor=cursor)
            answers.append(expect(again))
        return answers

    def csv(self) -> list[dict[str, str]]:
        answer = self.merchant.api.trace(**self.query, metric=self.metric, format="csv")
        assert answer.status_code == 200, answer.text
        return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def random_range(story: Story, rng: random.Random) -> Range:
    """Dates of the place or around today; now and then cut at the start of hours."""
    day = today(story.merchant)
    whole = rng.choice((story.place.range, Range(day - timedelta(days=1), day + timedelta(days=1))))
    zone = story.merchant.shop.zone
    days = whole.days(zone)
    first = rng.choice(days)
    end = rng.choice([d for d in days if d >= first]) + timedelta(days=1)
    dates = Range(first, end)
    hours = dates.hours(zone)
    if rng.random() < 0.3 and len(hours) > 1:
        a, b = sorted(rng.sample(range(len(hours)), 2))
        return Range(hours[a].start, hours[b].start)
    return dates


def random_figure(stories: list[Story], rng: random.Random) -> Figure:
    story = rng.choice(stories)
    return Figure(story.merchant, random_range(story, rng), rng.choice(story.place.currencies), rng.choice(TRACED))


def check_pages(figure: Figure, pages: list[dict[str, Any]], limit: int) -> None:
    wanted = figure.in_summary()
    items = [item for page in pages for item in page["data"]]
    assert sum(item["value"] for item in items) == wanted
    assert {page["figure"] for page in pages} == {wanted}
    assert {item["entry"]: item["value"] for item in items} == figure.entries()
    assert len(items) == len(figure.entries())
    assert [item["at"] for item in items] == sorted(item["at"] for item in items)
    total = 0
    for item in items:
        total += item["value"]
        assert item["running_sum"] == total
        assert item["kind"] == ("order" if item["entry"] == item["order"] else "refund")
    assert all(len(page["data"]) <= limit for page in pages)
    assert len({page["meta"]["pinned_position"] for page in pages}) == 1
    assert all(set(page) == {"data", "figure", "has_more", "next_cursor", "query", "meta"} for page in pages)


def check_csv(figure: Figure) -> None:
    rows = figure.csv()
    scale = 0 if figure.metric in COUNTS else EXPONENTS[figure.currency]
    minor = [Decimal(row["value"]).scaleb(scale) for row in rows]
    assert sum(minor) == figure.in_summary()
    assert {row["entry"]: int(value) for row, value in zip(rows, minor, strict=True)} == figure.entries()
    assert not rows or Decimal(rows[-1]["running_sum"]).scaleb(scale) == figure.in_summary()


def test_the_sum_of_the_entries_is_the_figure(stories: list[Story]) -> None:
    rng = random.Random(SEED)
    traced = 0
    for _ in range(FIGURES):
        figure = random_figure(stories, rng)
        limit = rng.choice((2, 3, 7, 200))
        check_pages(figure, figure.pages(limit), limit)
        check_csv(figure)
        traced += bool(figure.entries())
    assert traced > FIGURES // 3


def test_every_metric_of_a_night_whose_hours_interleave(stories: list[Story]) -> None:
    """St. John's, 2009: a minute of 1 November lies among the hours of 31 October."""
    story = next(story for story in stories if story.place.zone == "America/St_Johns")
    for at in ("02:29:30", "02:30:00", "02:30:59", "02:31:00", "03:29:59", "03:30:00"):
        story.merchant.order(BODY | {"placed_at": f"2009-11-01T{at}Z"})
    story.merchant.settled()
    for metric in TRACED:
        for first in (date(2009, 10, 31), date(2009, 11, 1)):
            figure = Figure(story.merchant, Range(first, first + timedelta(days=1)), "EUR", metric)
            check_pages(figure, figure.pages(3), 3)


def sell_for_a_week(merchant: Merchant) -> Figure:
    """Five orders, some days ago: 3500."""
    end = today(merchant)
    for back in range(1, 6):
        merchant.order(at_noon(end - timedelta(days=back)))
    merchant.settled()
    return Figure(merchant, Range(end - timedelta(days=7), end), "EUR", "gross_sales")


@pytest.fixture(scope="module")
def week(add_merchant: Callable[..., Merchant]) -> Figure:
    """For tests that leave it as it is."""
    return sell_for_a_week(add_merchant())


@pytest.fixture
def own_week(merchant: Merchant) -> Figure:
    return sell_for_a_week(merchant)


def at_noon(day: date) -> Body:
    return BODY | {"placed_at": f"{day}T12:00:00Z"}


def test_pages_are_stable_while_orders_arrive(own_week: Figure) -> None:
    merchant, end = own_week.merchant, today(own_week.merchant)
    wanted = own_week.entries()
    first = expect(merchant.api.trace(**own_week.query, metric=own_week.metric, limit=2))
    late = [merchant.order(at_noon(end - timedelta(days=back)))["order"]["id"] for back in (1, 3, 6)]
    merchant.settled()
    second = expect(merchant.api.trace(**own_week.query, metric=own_week.metric, limit=2, cursor=first["next_cursor"]))
    third = expect(merchant.api.trace(**own_week.query, metric=own_week.metric, limit=2, cursor=second["next_cursor"]))
    items = first["data"] + second["data"] + third["data"]
    assert {item["entry"]: item["value"] for item in items} == wanted
    assert (third["has_more"], third["next_cursor"], third["figure"]) == (False, None, 3500)
    assert third["data"][-1]["running_sum"] == 3500
    anew = {item["entry"] for page in own_week.pages(200) for item in page["data"]}
    assert anew == set(wanted) | set(late)


def test_cursors_are_not_made_by_callers(week: Figure, add_merchant: Callable[..., Merchant]) -> None:
    trace = week.merchant.api.trace
    query = {**week.query, "metric": week.metric, "limit": "2"}
    cursor = expect(trace(**query))["next_cursor"]
    for place in range(0, len(cursor), 5):
        changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        check_problem(trace(**query, cursor=changed), 400, "invalid_cursor")
    for change in ({"metric": "orders"}, {"to": str(today(week.merchant) + timedelta(days=1))}):
        check_problem(trace(**(query | change), cursor=cursor), 400, "invalid_cursor")
    for bad in ("", "A", cursor[:-1], cursor + "A", cursor * 2):
        check_problem(trace(**query, cursor=bad), 400, "invalid_cursor")
    check_problem(add_merchant().api.trace(**query, cursor=cursor), 400, "invalid_cursor")
    assert expect(trace(**query, cursor=cursor))["figure"] == 3500
    assert len(expect(trace(**(query | {"limit": "1"}), cursor=cursor))["data"]) == 1  # pages may change their size


def test_an_hour_that_is_unknown(own_week: Figure) -> None:
    """Its entries are listed, but for the one that spoils it; nothing is compared."""
    merchant = own_week.merchant
    ledger = merchant.stack.mongo.takings.ledger
    stored = ledger.find_one({"m": merchant.id})
    assert stored is not None
    spoilt = stored | {"_id": stored["_id"][:-1] + ("A" if stored["_id"][-1] != "A" else "B"), "total": "7.00"}
    ledger.insert_one(spoilt | {"idem": "orders/spoilt"}, bypass_document_validation=True)
    eventually(lambda: expect(merchant.api.status())["data"]["parked"])
    [page] = own_week.pages(200)
    assert page["figure"] is None
    assert {item["entry"]: item["value"] for item in page["data"]} == own_week.entries()
    assert page["data"][-1]["running_sum"] == 3500
    assert [warning["code"] for warning in page["meta"]["warnings"]] == [
        "parked",
        "figure_unknown",
        "unreadable_entries",
    ]
    assert page["meta"]["warnings"][-1]["detail"] == "1 entry of this page cannot be read and is not listed"
    answer = merchant.api.trace(**own_week.query, metric=own_week.metric, format="csv")
    assert answer.headers["Takings-Figure"] == "null"


def test_what_is_accepted(week: Figure) -> None:
    http, path = week.merchant.api.http, week.merchant.api.base + "/metrics/trace"
    query = {**week.query, "metric": "orders"}

    def get(accept: str, **more: str) -> Any:
        return http.get(path, params={**query, **more}, headers={"Accept": accept})

    assert get("text/csv", format="csv").headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert get("text/*;q=0.5", format="csv").status_code == 200
    check_problem(get("application/json", format="csv"), 406, "not_acceptable")
    check_problem(get("text/csv"), 406, "not_acceptable")
    head = http.head(path, params={**query, "format": "csv"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.skipif(not FULL, reason="at full size only")
def test_fifty_thousand_entries_are_one_csv_and_no_more(merchant: Merchant, tmp_path: Path) -> None:
    prices = [1 + number % 97 for number in range(50_001)]
    placed = [f"2020-02-0{1 + number // 50_000}T12:00:00Z" for number in range(50_001)]
    rows = (f"r{number},{at},tea,1,{price / 100:.2f}" for number, (at, price) in enumerate(zip(placed, prices)))
    file = tmp_path / "orders.csv"
    file.write_text("\n".join(["reference,placed_at,product_id,quantity,unit_price", *rows, ""]))
    assert merchant.imported(file, "--format", "csv", "--currency", "EUR")["stored"] == 50_001
    start = date(2020, 2, 1)
    first, both = (Figure(merchant, Range(start, date(2020, 2, end)), "EUR", "gross_sales") for end in (2, 3))
    listed = first.csv()
    assert len(listed) == 50_000
    assert sum(Decimal(row["value"]) for row in listed) == Decimal(sum(prices[:-1])) / 100
    too_many = merchant.api.trace(**both.query, metric="gross_sales", format="csv")
    check_problem(too_many, 422, "range_too_large")


def test_a_key_without_orders_read_sees_no_orders(week: Figure) -> None:
    scopes = [scope for scope in ALL_SCOPES if scope != "orders:read"]
    api = Api(week.merchant.stack.url, week.merchant.id, week.merchant.new_key(*scopes)["secret"])
    check_problem(api.trace(**week.query, metric="orders"), 403, "forbidden")
    api.close()


def test_your_own_order_is_in_it(week: Figure) -> None:
    receipt = week.merchant.order(BODY)
    traced = week.merchant.api.trace(range="today", metric="orders", after=receipt["position"])
    assert receipt["order"]["id"] in {item["entry"] for item in expect(traced)["data"]}
    assert instant_ms(traced.json()["data"][0]["at"]) == instant_ms(receipt["order"]["placed_at"])
