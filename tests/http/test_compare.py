"""Figures beside those of another time: leap years, nights in which clocks change, and periods that still run."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from oracle import answers
from oracle.answers import Range
from oracle.comparisons import Part, Rule, comparison, sides
from oracle.shop import instant_ms, position_number
from support.api import Body, expect
from support.bodies import order_body
from support.histories import today
from support.load import all_at_once, meanwhile
from support.merchant import Merchant
from support.sizes import sized

SEED = 20240229
POSTING_THREADS = 4
DAY = timedelta(days=1)
PERIOD = Rule("previous_period")
YEAR = Rule("previous_year")  # by weekday
WEEKDAY = Rule("previous_year", "weekday")
DATE = Rule("previous_year", "date")
RULES = (PERIOD, YEAR, WEEKDAY, DATE)
PRESETS = (
    *("today", "yesterday", "last_7d", "last_28d", "last_30d"),
    *("mtd", "last_month", "qtd", "ytd", "last_12mo"),
)


@dataclass(frozen=True)
class Asked:
    """A question, and what was answered."""

    merchant: Merchant
    within: Range
    rule: Rule
    interval: str | None  # None: a summary
    answer: dict[str, Any]

    @classmethod
    def of(
        cls, merchant: Merchant, within: Range | None, rule: Rule, interval: str | None = None, currency: str = "EUR"
    ) -> Asked:
        """`within` None: the rule's preset."""
        span = within.parameters() if within is not None else {"range": rule.preset}
        params = span | rule.parameters() | {"currency": currency}
        if interval is None:
            answer = expect(merchant.api.summary(**params))
        else:
            answer = expect(merchant.api.series(**params, interval=interval))
        if within is None:
            assert rule.preset is not None
            day = merchant.shop.zone.local(instant_ms(answer["meta"]["as_of"]) // 1000).date()
            within = answers.preset(rule.preset, day)
        return cls(merchant, within, rule, interval, answer)

    def check(self) -> None:
        shop = self.merchant.shop
        position = position_number(self.answer["meta"]["position"])
        currency = self.answer["meta"]["currency"]

        def data_of(part: Part | Range) -> Any:
            if self.interval is not None:
                return answers.series(shop, part, self.interval, currency, position)
            return [one for one in answers.summary(shop, part, position) if one["currency"] == currency]

        as_of = min(position >> 32, instant_ms(self.answer["meta"]["as_of"]) // 1000)
        found = sides(self.within, self.rule, shop.zone, as_of)
        assert self.answer["data"] == data_of(self.within)
        assert self.answer["comparison"] == comparison(found, data_of)
        assert self.answer["query"]["compare"] == self.rule.compare
        if self.rule.compare == "previous_year":
            assert self.answer["query"]["match"] == (self.rule.match or "weekday")


def sell(merchant: Merchant, moments_ms: list[int], rng: random.Random, currency: str = "EUR") -> None:
    bodies = [order_body(rng, currency, at_ms) for at_ms in moments_ms]
    all_at_once([partial(merchant.order, body) for body in bodies], POSTING_THREADS)
    merchant.settled()


def moment_of(rng: random.Random, merchant: Merchant, day: date) -> int:
    """Any millisecond of the date, or the very edge of one of its hours; of the next date where it was skipped."""
    zone = merchant.shop.zone
    hour = rng.choice(zone.hours_of(day) or zone.hours_of(day + DAY))
    return rng.choice((hour.start * 1000, hour.end * 1000 - 1, rng.randrange(hour.start * 1000, hour.end * 1000)))


# ---- by hand ----


def priced(price: int, placed_at: str) -> Body:
    line = {"product_id": "a", "name": "A", "quantity": 1, "unit_price": price}
    return {"currency": "EUR", "lines": [line], "placed_at": placed_at}


@pytest.fixture(scope="module")
def leap_shop(add_merchant: Callable[..., Merchant]) -> Merchant:
    """Each day's only order has a price of its own, so that a sum tells its days."""
    merchant = add_merchant("Europe/Berlin")
    days = ("2023-02-28", "2023-03-01", "2023-03-02", "2024-02-28", "2024-02-29", "2024-03-01", "2025-02-28")
    for n, day in enumerate(days):
        merchant.order(priced(2**n, f"{day}T12:00:00+01:00"))
    merchant.settled()
    return merchant


@pytest.mark.parametrize(
    ("first", "last", "rule", "gross_sales"),
    [
        ("2024-02-29", "2024-02-29", PERIOD, 8),  # 28 February
        ("2024-02-29", "2024-02-29", YEAR, 4),  # a Thursday, as 2023-03-02
        ("2024-02-29", "2024-02-29", DATE, 1),  # 28 February
        ("2024-02-28", "2024-02-28", DATE, 1),
        ("2024-03-01", "2024-03-01", DATE, 2),
        ("2025-02-28", "2025-02-28", WEEKDAY, 32),  # a Friday, as 2024-03-01
        ("2025-02-28", "2025-02-28", DATE, 8),
        ("2025-03-01", "2025-03-01", PERIOD, 64),
        ("2024-02-28", "2024-03-01", DATE, 1 + 2),
        ("2025-02-28", "2025-03-01", DATE, 8 + 16 + 32),
        ("2024-01-01", "2024-12-31", DATE, 1 + 2 + 4),
        ("2025-01-01", "2025-12-31", DATE, 8 + 16 + 32),
    ],
)
def test_a_leap_year(leap_shop: Merchant, first: str, last: str, rule: Rule, gross_sales: int) -> None:
    within = Range(date.fromisoformat(first), date.fromisoformat(last) + DAY)
    asked = Asked.of(leap_shop, within, rule)
    [element] = asked.answer["comparison"]["data"]
    assert element["metrics"]["gross_sales"] == gross_sales
    asked.check()


def test_today_is_compared_through_the_last_full_hour(add_merchant: Callable[..., Merchant]) -> None:
    """One order in every hour of yesterday and of today: as many count as hours are over."""
    merchant = add_merchant("UTC")
    now = datetime.now(UTC).replace(microsecond=0)
    midnight = now.replace(hour=0, minute=0, second=0)
    moments = [midnight - DAY + timedelta(hours=n, minutes=59, seconds=59) for n in range(24)]
    moments += [midnight + timedelta(hours=n) for n in range(now.hour + 1)]
    all_at_once([partial(merchant.order, priced(100, at.isoformat())) for at in moments], POSTING_THREADS)
    merchant.settled()
    day = Range(midnight.date(), midnight.date() + DAY)
    answer = expect(merchant.api.summary(**day.parameters(), compare="previous_period", metrics="orders"))
    through = datetime.fromisoformat(answer["comparison"]["through"] or (midnight + DAY).isoformat())
    as_of = datetime.fromisoformat(answer["meta"]["as_of"])
    assert timedelta(0) <= as_of - through < timedelta(hours=1) and through.minute == 0
    hours = 24 if through == midnight + DAY else through.hour
    sides_told = [side for side in ("data", "current") if answer["comparison"][side] is not None]
    assert [answer["comparison"][side][0]["metrics"]["orders"] for side in sides_told] == [hours] * len(sides_told)
    assert len(sides_told) == (2 if answer["comparison"]["through"] else 1)
    assert answer["data"][0]["metrics"]["orders"] == now.hour + 1


def test_what_is_over_is_not_cut(leap_shop: Merchant) -> None:
    answer = expect(leap_shop.api.summary(range="yesterday", compare="previous_period"))
    assert (answer["comparison"]["through"], answer["comparison"]["current"]) == (None, None)
    assert answer["comparison"]["to"] == answer["query"]["from"]
    assert expect(leap_shop.api.summary(range="yesterday"))["comparison"] is None


def test_what_has_not_begun_is_zero_on_both_sides(leap_shop: Merchant) -> None:
    tomorrow = today(leap_shop) + DAY
    for rule in RULES:
        asked = Asked.of(leap_shop, Range(tomorrow, tomorrow + 3 * DAY), rule)
        assert asked.answer["comparison"]["through"] == asked.answer["query"]["from"]
        for side in ("data", "current"):
            assert asked.answer["comparison"][side][0]["metrics"]["orders"] == 0
        asked.check()


def test_the_tag_is_over_the_comparison_too(leap_shop: Merchant) -> None:
    path = leap_shop.api.base + "/metrics/summary"
    day = date(2022, 6, 15)
    alone = Range(day, day + DAY).parameters()
    both = alone | {"compare": "previous_year", "match": "date"}
    tags = [leap_shop.api.http.get(path, params=params).headers["ETag"] for params in (alone, both)]

    def statuses() -> list[int]:
        sent = zip((alone, both), tags, strict=True)
        return [
            leap_shop.api.http.get(path, params=params, headers={"If-None-Match": tag}).status_code
            for params, tag in sent
        ]

    assert tags[0] != tags[1] and statuses() == [304, 304]
    leap_shop.order(priced(100, "2021-06-15T12:00:00Z"))
    leap_shop.settled()
    assert statuses() == [304, 200]


# ---- against the oracle ----


@dataclass(frozen=True)
class Turn:
    """A date worth comparing, in a zone."""

    zone: str
    day: date


TURNS = sized(
    quick=(
        Turn("Europe/Berlin", date(2024, 2, 29)),
        Turn("Europe/Berlin", date(2025, 10, 26)),
        Turn("Australia/Lord_Howe", date(2025, 4, 6)),
        Turn("Asia/Kathmandu", date(2025, 3, 1)),
    ),
    full=(
        Turn("Europe/Berlin", date(2024, 2, 29)),
        Turn("Europe/Berlin", date(2025, 2, 28)),
        Turn("Europe/Berlin", date(2025, 3, 30)),
        Turn("Europe/Berlin", date(2025, 10, 26)),
        Turn("America/New_York", date(2024, 3, 10)),
        Turn("America/New_York", date(2024, 11, 3)),
        Turn("America/Sao_Paulo", date(2018, 11, 4)),
        Turn("America/Sao_Paulo", date(2018, 2, 18)),
        Turn("America/Havana", date(2025, 11, 2)),
        Turn("America/St_Johns", date(2009, 11, 1)),
        Turn("America/Caracas", date(2016, 5, 1)),
        Turn("Africa/Casablanca", date(2025, 2, 23)),
        Turn("Antarctica/Troll", date(2025, 10, 26)),
        Turn("Australia/Lord_Howe", date(2025, 4, 6)),
        Turn("Australia/Lord_Howe", date(2025, 10, 5)),
        Turn("Asia/Kathmandu", date(1986, 1, 1)),
        Turn("Asia/Kathmandu", date(2025, 3, 1)),
        Turn("Pacific/Apia", date(2011, 12, 31)),
        Turn("Pacific/Chatham", date(2024, 4, 7)),
        Turn("UTC", date(2024, 3, 1)),
    ),
)
ORDERS = sized(quick=24, full=120)
QUESTIONS = sized(quick=20, full=200)


def days_around(rng: random.Random, turn: Turn) -> date:
    """Near the date, or near what stands against it."""
    back = rng.choice((0, 0, 1, 7, 28, 30, 364, 365, 366))
    return turn.day - back * DAY + rng.randint(-3, 3) * DAY


def some_range(rng: random.Random, merchant: Merchant, turn: Turn) -> tuple[Range, tuple[str | None, ...]]:
    """A range with that date in it or near it, and the intervals that it has."""
    zone = merchant.shop.zone
    if rng.random() < 0.3:
        first = zone.hour_at(zone.day_start(turn.day) + rng.randint(-30, 20) * 3600)
        end = zone.hour_at(first.end + rng.randint(0, 40) * 3600)
        return Range(first.start, end.end), (None, "hour", "day")
    first_day = turn.day - rng.choice((0, 0, 1, 2, 6, 27, 59)) * DAY
    end_day = turn.day + rng.choice((1, 1, 2, 7, 30)) * DAY
    if rng.random() < 0.2:
        return Range(zone.day_start(first_day), zone.day_start(end_day)), (None, "hour", "day", "week", "month")
    return Range(first_day, end_day), (None, "hour", "day", "week", "month")


@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: f"{turn.zone} {turn.day}")
def test_any_question_about_the_past(add_merchant: Callable[..., Merchant], turn: Turn) -> None:
    rng = random.Random(f"{SEED}/{turn}")
    merchant = add_merchant(turn.zone)
    sell(merchant, [moment_of(rng, merchant, days_around(rng, turn)) for _ in range(ORDERS)], rng)
    for _ in range(QUESTIONS):
        within, intervals = some_range(rng, merchant, turn)
        Asked.of(merchant, within, rng.choice(RULES), rng.choice(intervals)).check()


ZONES = sized(
    quick=("Europe/Berlin",),
    full=("Europe/Berlin", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe", "UTC"),
)


@pytest.fixture(scope="module", params=ZONES)
def running_shop(request: pytest.FixtureRequest, add_merchant: Callable[..., Merchant]) -> Iterator[Merchant]:
    """Sells now, and sold on what stands against today and its neighbours."""
    merchant = add_merchant(request.param, "EUR", "JPY")
    rng = random.Random(f"{SEED}/{request.param}")
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    day = today(merchant)
    moments = []
    while len(moments) < ORDERS * 2:
        back = rng.choice((0, 0, 1, 2, 7, 30, 31, 59, 91, 364, 365))
        at_ms = moment_of(rng, merchant, day - (back + rng.randint(0, 2)) * DAY)
        if at_ms <= now_ms:
            moments.append(at_ms)
    sell(merchant, moments, rng)
    sell(merchant, moments[: ORDERS // 4], rng, "JPY")
    yield merchant


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_compared(running_shop: Merchant, preset: str) -> None:
    for rule in (PERIOD, YEAR, DATE):
        named = Rule(rule.compare, rule.match, preset)
        Asked.of(running_shop, None, named).check()
        Asked.of(running_shop, None, named, "day", "JPY").check()


def some_running_range(rng: random.Random, merchant: Merchant) -> Range:
    """It began today or days ago, and ends after today; at times such that a night in which clocks change stands
    against today in the period before."""
    zone = merchant.shop.zone
    day = today(merchant)
    if rng.random() < 0.3:
        first = zone.hour_at(zone.day_start(day) + rng.randint(-3, 23) * 3600)
        return Range(first.start, zone.hour_at(first.end + rng.randint(30, 60) * 3600).start)
    start = day - rng.choice((0, 1, 3, 10)) * DAY
    odd = [n for n in range(20, 370) if len(zone.hours_of(day - n * DAY)) != 24]
    length = rng.choice(odd) if odd and rng.random() < 0.5 else rng.choice((11, 12, 30, 60))
    return Range(start, start + length * DAY)


def test_any_question_about_what_runs(running_shop: Merchant) -> None:
    rng = random.Random(SEED)
    for _ in range(QUESTIONS):
        within = some_running_range(rng, running_shop)
        short = len(within.hours(running_shop.shop.zone)) <= 100 * 24
        intervals = (None, "day", "hour") if short else (None, "day", "week", "month")
        Asked.of(running_shop, within, rng.choice(RULES), rng.choice(intervals)).check()


def test_both_sides_are_of_one_instant(add_merchant: Callable[..., Merchant]) -> None:
    """While orders come in on both sides, each answer is the history's at its own position."""
    merchant = add_merchant("Europe/Berlin")
    zone = merchant.shop.zone
    rng = random.Random(SEED)
    end = zone.hour_at(int(datetime.now(UTC).timestamp())).start
    begin = end - 3 * 86400

    def post() -> None:
        at_ms = 1000 * rng.randrange(begin, end)
        merchant.order(order_body(random.Random(at_ms), "EUR", at_ms))

    within = Range(today(merchant) - DAY, today(merchant) + DAY)
    asked: list[Asked] = []
    positions: set[int] = set()
    least = sized(quick=30, full=500)
    with meanwhile(post), meanwhile(post):
        # on a busy machine many questions come before the next order
        while len(asked) < least or len(positions) <= 5:
            assert len(asked) < 50 * least, "the figures do not move"
            asked.append(Asked.of(merchant, within, PERIOD, ("hour", None, "day")[len(asked) % 3]))
            positions.add(position_number(asked[-1].answer["meta"]["position"]))
    merchant.settled()
    for one in asked:
        one.check()
