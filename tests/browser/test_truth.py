"""Every number on the dashboard is the API's for the same address, as the merchant's locale writes it: for random
ranges, intervals and comparisons, over nights in which clocks change, in a browser that stands in another zone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

import pytest

from browser.conftest import DeskFactory
from browser.desk import Desk
from browser.written import Writer
from support.api import expect, new_key
from support.bodies import order_body
from support.browser import add_user
from support.merchant import Merchant
from support.poll import eventually
from support.sizes import sized
from support.stack import Stack

SEED = 20261025
CASES = sized(quick=5, full=67)  # of each shop
ORDERS = sized(quick=200, full=600)
REFUNDS = sized(quick=20, full=150)
POINTS = 6  # of a chart that are read out

PRESETS = ("today", "yesterday", "last_7d", "last_28d", "last_30d", "mtd", "qtd", "ytd", "last_month", "last_12mo")
COMPARISONS = (
    {},
    {"compare": "previous_period"},
    {"compare": "previous_year"},
    {"compare": "previous_year", "match": "date"},
)
LONGEST = {"hour": 100, "day": 200, "week": 420, "month": 420}  # days; of a day's table more would only be slow
COLUMNS = ("orders", "gross_sales", "discounts", "returns", "net_sales", "taxes", "shipping", "total_sales")
CARDS = ("total_sales", "net_sales", "orders", "average_order_value", "returns")
COUNTS = ("orders", "units_sold", "units_returned", "refunds")
AVERAGE = "average_order_value"
ARROWS = {-1: "▼", 0: "=", 1: "▲"}
DAY = timedelta(days=1)

Metrics = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a shop is, what it sells in, and days with a change of clocks in its history."""

    zone: str
    currency: str
    exponent: int
    locale: str
    nights: tuple[date, ...]


PLACES = (
    Place("Europe/Berlin", "EUR", 2, "de-DE", (date(2025, 10, 26), date(2026, 3, 29), date(2026, 10, 25))),
    # by half an hour
    Place("Australia/Lord_Howe", "JPY", 0, "ja-JP", (date(2025, 10, 5), date(2026, 4, 5), date(2026, 10, 4))),
    # at midnight, so that a day begins at 01:00
    Place("Africa/Cairo", "KWD", 3, "ar-KW", (date(2025, 10, 30), date(2026, 4, 24), date(2026, 10, 29))),
)


@dataclass(frozen=True)
class Shop:
    merchant: Merchant
    place: Place
    email: str

    @cached_property
    def writer(self) -> Writer:
        return Writer(self.place.locale)

    def text(self, metric: str, metrics: Metrics, nothing: str | None = None) -> str:
        """A figure as it should be written; `nothing` is said of an average over no orders."""
        value = metrics[metric]
        if value is None:
            return (
                nothing
                if nothing and metric == AVERAGE
                else "–"
                if metric == AVERAGE and metrics["orders"] == 0
                else "unknown"
            )
        number = value["value"] if isinstance(value, dict) else value
        return self.writer.number(number) if metric in COUNTS else self.writer.money(number, self.place.exponent)

    def change(self, now: Any, was: Any) -> tuple[str, str]:
        """The arrow, and the change in per cent, "" where there is none to tell."""
        if now is None or was is None:
            return "", ""
        here, there = fraction(now), fraction(was)
        direction = (here > there) - (here < there)
        if there <= 0 or direction == 0:
            return ARROWS[direction], ""
        per_mille = (here - there) / there * 1000
        rounded = Decimal(round(per_mille))  # half to even, of an exact fraction
        return ARROWS[direction], self.writer.change(rounded.scaleb(-3), falls=direction < 0)


def fraction(value: Any) -> Fraction:
    return Fraction(value["numerator"], value["denominator"]) if isinstance(value, dict) else Fraction(value)


# A history that has something on every kind of day.


@pytest.fixture(scope="module")
def shops(stack: Stack) -> Iterator[list[Shop]]:
    found = [opened(stack, place, number) for number, place in enumerate(PLACES)]
    yield found
    for shop in found:
        shop.merchant.api.close()


def opened(stack: Stack, place: Place, number: int) -> Shop:
    identity = f"truth-{number}-{new_key()[:8]}"
    terms = ("--zone", place.zone, "--currency", place.currency, "--locale", place.locale)
    stack.cli("merchant", "add", identity, *terms)
    merchant = Merchant(stack, identity, place.zone, (place.currency,))
    eventually(lambda: merchant.api.summary(range="today").status_code == 200)
    sell(merchant, place, random.Random(f"{SEED}/{place.zone}"))
    return Shop(merchant, place, add_user(stack, identity, "owner"))


def sell(merchant: Merchant, place: Place, rng: random.Random) -> None:
    """Orders of the last 800 days, a third of them around the nights, and some refunds after them."""
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    lines = []
    for _ in range(ORDERS):
        at_ms = now_ms - rng.randrange(800 * 86_400_000)
        if rng.random() < 0.33:
            night_ms = 1000 * merchant.shop.zone.day_start(rng.choice(place.nights))
            at_ms = night_ms + rng.randrange(-86_400_000, 2 * 86_400_000)
        lines.append({"idempotency_key": new_key()} | order_body(rng, place.currency, at_ms))
    orders = [result["order"]["id"] for result in merchant.batch(lines)]
    for order in rng.sample(orders, REFUNDS):
        placed = datetime.fromisoformat(expect(merchant.api.get(f"/orders/{order}"))["placed_at"])
        later = placed + timedelta(seconds=rng.randrange(20 * 86_400))
        back = {"lines": [{"line": 1, "quantity": 1}], "refunded_at": min(later, datetime.now(UTC)).isoformat()}
        assert merchant.api.post_refund(order, back).status_code in (
            201,
            422,
        )  # of a line without a price nothing is left
    merchant.settled()


# What is asked: the same words are an address of the page and a question to the API.


@dataclass(frozen=True)
class Question:
    span: dict[str, str]
    interval: str | None
    compare: dict[str, str]
    metric: str

    def address(self, shop: Shop) -> str:
        named = {"merchant": shop.merchant.id, "currency": shop.place.currency, "metric": self.metric}
        interval = {"interval": self.interval} if self.interval else {}
        return "/?" + "&".join(
            f"{name}={value}" for name, value in (named | self.span | interval | self.compare).items()
        )


def drawn(rng: random.Random, place: Place, metrics: list[str]) -> Question:
    compare = rng.choice(COMPARISONS)
    metric = rng.choice(metrics)
    if rng.random() < 0.3:
        return Question({"range": rng.choice(PRESETS)}, None, compare, metric)
    interval = rng.choice((*LONGEST, None))
    longest = LONGEST[interval or "month"]
    days = min(rng.choice((1, 2, 3, 7, rng.randint(1, longest))), longest)
    if rng.random() < 0.6:  # a night lies in it
        start = rng.choice(place.nights) - DAY * rng.randrange(days)
    else:
        start = datetime.now(UTC).date() - DAY * rng.randrange(days, 700)
    span = {"from": str(start), "to": str(start + DAY * days)}
    return Question(span, interval, compare, metric)


@dataclass(frozen=True)
class Answer:
    """What the API says: totals and buckets, and what both stand against."""

    shop: Shop
    question: Question
    summary: Any
    series: Any

    @classmethod
    def of(cls, shop: Shop, question: Question) -> Answer:
        params = question.span | question.compare | {"currency": shop.place.currency}
        interval = {"interval": question.interval} if question.interval else {}
        summary = expect(shop.merchant.api.summary(**params))
        return cls(shop, question, summary, expect(shop.merchant.api.series(**params, **interval)))

    @property
    def totals(self) -> Metrics:
        return self.summary["data"][0]["metrics"]

    @property
    def is_empty(self) -> bool:
        return self.totals["orders"] == 0 and self.totals["refunds"] == 0

    @property
    def sides(self) -> tuple[Metrics, Metrics] | None:
        """Of the totals: now and then, as far as both are alike."""
        against = self.summary["comparison"]
        if against is None:
            return None
        now = against["current"][0]["metrics"] if against["current"] else self.totals
        return now, against["data"][0]["metrics"]

    def bucket(self, i: int) -> Metrics:
        return at(self.series["data"]["values"], i)

    def compared(self, i: int) -> tuple[Metrics | None, Metrics] | None:
        """Of a bucket: now, if it has begun, and then; None when nothing stands against it."""
        against = self.series["comparison"]
        if against is None or i >= len(against["data"]["start"]):
            return None
        was = at(against["data"]["values"], i)
        if i >= self.begun:
            return None, was
        return (at(against["current"]["values"], i) if against["current"] else self.bucket(i)), was

    @property
    def begun(self) -> int:
        """How many buckets have begun when the figures were exact."""
        as_of = datetime.fromisoformat(self.series["meta"]["as_of"]).timestamp()
        return sum(start <= as_of for start in self.series["data"]["start"])

    @property
    def rows(self) -> int:
        against = self.series["comparison"]
        return max(self.begun, len(against["data"]["start"]) if against else 0)


def at(values: dict[str, list[Any]], i: int) -> Metrics:
    return {metric: column[i] for metric, column in values.items()}


# What is seen, and whether it is that.


SCREEN = """() => {
  const texts = (box, name) => Object.fromEntries([...document.querySelectorAll(`${box} [data-${name}]`)]
    .map(node => [node.dataset[name], node.textContent]));
  return { cards: texts("#cards", "metric"), changes: texts("#cards", "change"), cuts: texts("#cards", "cut"),
    statement: texts("#statement", "metric"), sentence: document.getElementById("sentence").textContent };
}"""


def check_totals(desk: Desk, answer: Answer) -> None:
    shop, seen = answer.shop, desk.page.evaluate(SCREEN)
    assert seen["cards"] == {metric: shop.text(metric, answer.totals) for metric in CARDS}
    assert seen["statement"] == {metric: shop.text(metric, answer.totals) for metric in seen["statement"]}
    assert {*COLUMNS} <= seen["statement"].keys()
    if answer.sides is None:
        assert set(seen["changes"].values()) | set(seen["cuts"].values()) == {""}
        return
    now, was = answer.sides
    for metric in CARDS:
        arrow, words = shop.change(now[metric], was[metric])
        assert seen["changes"][metric] == f"{arrow}{' ' if arrow else ''}{words}was {shop.text(metric, was)}"
        if answer.summary["comparison"]["through"]:
            assert seen["cuts"][metric].startswith(f"{shop.text(metric, now)} by ")
        else:
            assert seen["cuts"][metric] == ""


def check_sentence(desk: Desk, answer: Answer) -> None:
    sentence = desk.page.evaluate(SCREEN)["sentence"]
    metric, shop = answer.question.metric, answer.shop
    total = shop.text(metric, answer.totals)
    unit = "" if metric in COUNTS or answer.totals[metric] is None else f" {shop.place.currency}"
    assert f" {total}{unit}. " in f"{sentence} "
    values = [number(answer.bucket(i)[metric]) for i in range(answer.begun)]
    highest = max((value for value in values if value is not None), default=0)
    if answer.begun > 1 and highest > 0:
        best = answer.bucket(values.index(highest))
        assert f": {shop.text(metric, best)}. " in f"{sentence} ".partition("Highest ")[2]
    if answer.sides and not answer.summary["comparison"]["through"]:
        assert f" {shop.text(metric, answer.sides[1])} in " in sentence


def number(value: Any) -> Any:
    return value["value"] if isinstance(value, dict) else value


def check_points(desk: Desk, answer: Answer, rng: random.Random) -> None:
    """The chart as it is read out, point by point."""
    slider = desk.page.get_by_role("slider")
    assert int(slider.get_attribute("aria-valuemax") or "") == max(answer.rows - 1, 0)
    slider.focus()
    for key in ("Home", "End", *rng.choices(("ArrowLeft", "Home", "ArrowRight", "ArrowRight"), k=POINTS - 2)):
        desk.page.keyboard.press(key)
        i = int(slider.get_attribute("aria-valuenow") or "")
        check_point(answer, i, slider.get_attribute("aria-valuetext") or "")


def check_point(answer: Answer, i: int, said: str) -> None:
    shop, metric = answer.shop, answer.question.metric
    own, _, against = said.partition("; ") if i < answer.begun else ("", "", said)
    if i < answer.begun:
        assert own.removesuffix(" (unfinished)").endswith(f": {shop.text(metric, answer.bucket(i), 'no orders')}"), said
    compared = answer.compared(i)
    if compared is None:
        assert against == ""
        return
    now, was = compared
    change = shop.change(now[metric], was[metric])[1] if now else ""
    words = f"{change} against" if change else "against" if now else "compared:"
    assert f" {words} {shop.text(metric, was, 'no orders')}, " in f" {against}", said


def check_table(desk: Desk, answer: Answer) -> None:
    rows = desk.table()
    assert len(rows) == answer.rows + 1
    for i, cells in enumerate(rows[:-1]):
        check_row(answer, cells[1:], answer.bucket(i) if i < answer.begun else None, answer.compared(i))
    now = answer.sides
    check_row(answer, rows[-1][1:], answer.totals, now)


def check_row(
    answer: Answer, cells: list[str], own: Metrics | None, compared: tuple[Metrics | None, Metrics] | None
) -> None:
    shop, chosen = answer.shop, answer.question.metric
    columns = [chosen, *(metric for metric in COLUMNS if metric != chosen)]
    texts = [shop.text(metric, own, "–") if own else "" for metric in columns]
    if answer.series["comparison"] is None:
        assert cells == texts
        return
    assert [cells[0], *cells[3:]] == texts
    if compared is None:
        assert cells[1:3] == ["", ""]
        return
    now, was = compared
    assert cells[1].partition(" by ")[0] == shop.text(chosen, was, "–")
    arrow, words = shop.change(now[chosen], was[chosen]) if now else ("", "")
    assert cells[2] == (words or arrow)


@pytest.mark.parametrize("place", range(len(PLACES)), ids=[place.currency for place in PLACES])
def test_every_number_is_the_apis(open_desk: DeskFactory, shops: list[Shop], place: int) -> None:
    shop = shops[place]
    rng = random.Random(f"{SEED}/{place}")
    desk = open_desk(zone="America/Los_Angeles").logged_in(shop.email)
    desk.expect(503)  # on a busy machine a store may be slow for a moment, and is asked again
    metrics = [metric["name"] for metric in expect(shop.merchant.api.get("/metrics/definitions"))["data"]]
    for _ in range(CASES):
        question = drawn(rng, shop.place, metrics)
        desk.dashboard(question.address(shop))
        check(desk, shop, question, rng)


def check(desk: Desk, shop: Shop, question: Question, rng: random.Random) -> None:
    """Once more where an hour has passed between the page's question and ours."""
    points = rng.random()

    def is_true() -> bool:
        answer = Answer.of(shop, question)
        check_totals(desk, answer)
        if not answer.is_empty:
            check_sentence(desk, answer)
            check_points(desk, answer, random.Random(points))
        return True

    try:
        eventually(is_true)
        if Answer.of(shop, question).is_empty:
            return
        desk.page.keyboard.press("t")  # one key away from the chart, which has the focus
        desk.page.locator("#table-box tfoot").wait_for()
        eventually(lambda: check_table(desk, Answer.of(shop, question)) is None)
    except AssertionError as error:
        raise AssertionError(f"{question.address(shop)}: {error}") from error
