"""Verify and close find rows that are not what the ledger says, name them, and have them mended."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from subprocess import CompletedProcess
from typing import Any, NamedTuple

import pytest

from oracle.answers import Range
from oracle.metrics import Row
from oracle.shop import instant_ms
from oracle.zones import LocalHour
from support.api import expect
from support.histories import today
from support.merchant import Merchant
from support.names import new_merchant_id
from support.poll import eventually
from support.stack import Stack
from support.stored_rows import StoredRows

DIFFERS = 1
BODY = {
    "currency": "EUR",
    "lines": [{"product_id": "a", "name": "A", "quantity": 2, "unit_price": 350, "tax": 70}],
    "discount": 100,
}
OF_NOTHING = {"orders": 1, "units_sold": 1}  # balanced


def instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Difference(NamedTuple):
    kind: str
    start: int
    metric: str
    stored: int
    expected: int
    currency: str = "EUR"

    def line(self, merchant: str) -> str:
        bucket = f"{merchant} {self.currency} {self.kind} {instant(self.start)}"
        return f"{bucket} {self.metric} stored {self.stored} expected {self.expected}"

    def element(self) -> dict[str, Any]:
        return self._asdict() | {"start": instant(self.start)}


class Shop:
    """A merchant with an order in each of several hours, whose rows can be spoilt."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.merchant = Merchant.add(stack, new_merchant_id(), "Asia/Kathmandu", ["EUR", "JPY"])
        self.today = today(self.merchant)
        self.first, self.quiet = self.day(-6), self.day(-4)
        for day, hour in ((self.first, 9), (self.day(-3), 12), (self.day(-2), 15), (self.day(-2), 17)):
            self.merchant.order(BODY | {"placed_at": f"{day}T{hour:02}:30:00+05:45"})
        self.merchant.order(BODY | {"currency": "JPY", "placed_at": f"{self.day(-2)}T15:30:00+05:45"})
        self.now_ms = instant_ms(self.merchant.order(BODY)["order"]["placed_at"])
        self.merchant.settled()

    def day(self, offset: int) -> date:
        return self.today + timedelta(days=offset)

    def hour(self, day: date, number: int) -> LocalHour:
        return self.merchant.shop.zone.hours_of(day)[number]

    def hour_row(self, day: date, number: int) -> Row:
        return self.merchant.shop.hours("EUR")[self.hour(day, number)]

    def cron(self, *words: str) -> CompletedProcess[str]:
        return self.stack.try_batch(*words, "--merchant", self.merchant.id)

    def report(self, *words: str) -> tuple[int, dict[str, Any]]:
        done = self.cron(*words, "--json")
        (report,) = json.loads(done.stdout)
        return done.returncode, report

    def standing(self) -> dict[str, Any]:
        """What the people's tool says."""
        (standing,) = self.stack.cli("status", "--merchant", self.merchant.id)["data"]
        return standing

    def status(self) -> dict[str, Any]:
        return expect(self.merchant.api.status())["data"]

    def verified_through(self) -> str:
        """As status and every answer say it."""
        through = self.status()["verified_through"]
        assert through == expect(self.merchant.api.summary(range="today"))["meta"]["verified_through"]
        return through


@pytest.fixture(scope="module")
def stack(module_stack: Stack) -> Stack:
    return module_stack


@contextmanager
def nothing_mends(stack: Stack) -> Iterator[None]:
    stack.kill("tailer", signal.SIGTERM)
    try:
        yield
    finally:
        stack.up("tailer")


@pytest.fixture(scope="module")
def other(stack: Stack) -> Iterator[Merchant]:
    """One whose figures are right."""
    other = Merchant.add(stack, new_merchant_id(), "Europe/Berlin", ["EUR"])
    other.order(BODY)
    yield other
    other.api.close()


# ---- each way to be wrong: what of it must be named, and the hour from which nothing is proved any more ----

Spoilt = tuple[list[Difference], int]


def day_cell(shop: Shop, rows: StoredRows) -> Spoilt:
    """Of a day with two orders."""
    day = shop.day(-2)
    rows.put_cell(rows.keys.days("EUR", day.year), day.timetuple().tm_yday - 1, "orders", 99)
    start = shop.merchant.shop.zone.day_start(day)
    return [Difference("day", start, "orders", 99, 2)], start


def hour_cell(shop: Shop, rows: StoredRows) -> Spoilt:
    hour = shop.hour(shop.day(-3), 12)
    rows.put_cell(rows.keys.hours("EUR", hour.date), 12, "units_sold", -7)
    return [Difference("hour", hour.start, "units_sold", -7, 2)], hour.start


def hour_cell_out_of_balance(shop: Shop, rows: StoredRows) -> Spoilt:
    """700 - 100 + 70 is what was sold; readers refuse the row, and verify says what is wrong with it."""
    hour = shop.hour(shop.day(-3), 12)
    rows.put_cell(rows.keys.hours("EUR", hour.date), 12, "total_sales", 671)
    return [Difference("hour", hour.start, "total_sales", 671, 670)], hour.start


def minute_cell(shop: Shop, rows: StoredRows) -> Spoilt:
    hour = shop.merchant.shop.zone.hour_at(shop.now_ms // 1000)
    minute = hour.minute_slot(shop.now_ms // 1000)
    rows.put_cell(rows.keys.minutes("EUR", hour.start), minute, "refunds", 1)
    return [Difference("minute", hour.start + 60 * minute, "refunds", 1, 0)], hour.start


def lost_hours(shop: Shop, rows: StoredRows) -> Spoilt:
    """Both hours of a day; its day row is still there."""
    day = shop.day(-2)
    rows.redis.delete(rows.keys.hours("EUR", day))
    lost = [(shop.hour(day, number).start, shop.hour_row(day, number)) for number in (15, 17)]
    named = [
        Difference("hour", start, metric, 0, value) for start, row in lost for metric, value in row.items() if value
    ]
    return named, lost[0][0]


def hour_of_another_place(shop: Shop, rows: StoredRows) -> Spoilt:
    """The slot says that it is of the hour before."""
    hour = shop.hour(shop.day(-3), 12)
    rows.put_row(rows.keys.hours("EUR", hour.date), 12, hour.start - 3600, shop.hour_row(hour.date, 12))
    return [Difference("hour", hour.start, "row", 0, 0)], hour.start


def half_a_slot(shop: Shop, rows: StoredRows) -> Spoilt:
    """Readers refuse the whole string then."""
    day = shop.day(-3)
    rows.redis.append(rows.keys.hours("EUR", day), b"\0" * 8)
    hours = shop.merchant.shop.zone.hours_of(day)
    return [Difference("hour", hour.start, "row", 0, 0) for hour in hours], hours[0].start


def stray_row(shop: Shop, rows: StoredRows) -> Spoilt:
    """In a day of the history on which nothing was sold."""
    hour = shop.hour(shop.quiet, 5)
    rows.put_row(rows.keys.hours("EUR", shop.quiet), 5, hour.start, OF_NOTHING)
    return [Difference("hour", hour.start, metric, 1, 0) for metric in OF_NOTHING], hour.start


def stray_hours_before_the_history(shop: Shop, rows: StoredRows) -> Spoilt:
    hour = shop.hour(shop.day(-400), 5)
    rows.put_row(rows.keys.hours("EUR", hour.date), 5, hour.start, OF_NOTHING)
    return [Difference("hour", hour.start, metric, 1, 0) for metric in OF_NOTHING], hour.start


def stray_day_before_the_history(shop: Shop, rows: StoredRows) -> Spoilt:
    """In a year's string that is there, or in one that is not: only its slot tells of it."""
    day = shop.first - timedelta(days=1)
    start = shop.merchant.shop.zone.day_start(day)
    rows.put_row(rows.keys.days("EUR", day.year), day.timetuple().tm_yday - 1, start, OF_NOTHING)
    return [Difference("day", start, metric, 1, 0) for metric in OF_NOTHING], start


def stray_minutes_to_come(shop: Shop, rows: StoredRows) -> Spoilt:
    """They would count as soon as an order of that hour came."""
    hour = shop.hour(shop.day(3), 7)
    rows.put_row(rows.keys.minutes("EUR", hour.start), 4, hour.start + 240, OF_NOTHING)
    return [Difference("minute", hour.start + 240, metric, 1, 0) for metric in OF_NOTHING], hour.start


WAYS = (
    day_cell,
    hour_cell,
    hour_cell_out_of_balance,
    minute_cell,
    lost_hours,
    hour_of_another_place,
    half_a_slot,
    stray_row,
    stray_hours_before_the_history,
    stray_day_before_the_history,
    stray_minutes_to_come,
)


def at_seconds(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [element | {"start": instant_ms(element["start"]) // 1000} for element in found]


@pytest.fixture(scope="class")
def still_shop(stack: Stack, other: Merchant) -> Iterator[Shop]:
    """Of settled figures, while no tailer runs."""
    shop = Shop(stack)
    assert shop.cron("verify").returncode == 0
    with nothing_mends(stack):
        yield shop
    shop.merchant.api.close()


@pytest.fixture
def shop(still_shop: Shop) -> Iterator[Shop]:
    """Its rows are what they were again after the test."""
    rows = StoredRows(still_shop.merchant)
    before = rows.everything()
    yield still_shop
    rows.restore(before)
    assert still_shop.cron("verify").returncode == 0


class TestVerify:
    """One shop for all, while no tailer runs."""

    @pytest.mark.parametrize("spoil", WAYS, ids=lambda spoil: spoil.__name__)
    def test_verify_names_what_differs_and_changes_nothing(
        self, shop: Shop, spoil: Callable[[Shop, StoredRows], Spoilt]
    ) -> None:
        through = shop.verified_through()
        rows = StoredRows(shop.merchant)
        named, first_hour = spoil(shop, rows)
        spoilt = rows.everything()

        status, report = shop.report("verify")
        buckets = len({(difference.kind, difference.start) for difference in named})
        assert status == DIFFERS and report["differing"] == buckets
        assert sorted(Difference(**found) for found in at_seconds(report["differences"])) == sorted(named)
        assert rows.everything() == spoilt
        assert shop.verified_through() == min(instant(first_hour), through)
        last = shop.status()["last_verify"]
        assert (last["ok"], last["differing"]) == (False, buckets)

    def test_verify_tells_people_line_by_line(self, shop: Shop) -> None:
        rows = StoredRows(shop.merchant)
        named = [difference for spoil in (day_cell, hour_cell, minute_cell) for difference in spoil(shop, rows)[0]]
        done = shop.cron("verify")
        assert done.returncode == DIFFERS
        *lines, summary = done.stdout.splitlines()
        assert sorted(lines) == sorted(difference.line(shop.merchant.id) for difference in named)
        assert f"{shop.merchant.id}: " in summary and " 3 differ," in summary

    def test_only_the_merchant_that_differs_is_blamed(self, shop: Shop, other: Merchant) -> None:
        hour_cell(shop, StoredRows(shop.merchant))
        everybody = shop.stack.try_batch("verify", "--json")
        differing = {report["merchant"]: report["differing"] for report in json.loads(everybody.stdout)}
        assert everybody.returncode == DIFFERS
        assert {name for name, count in differing.items() if count} == {shop.merchant.id}
        assert other.id in differing
        assert shop.stack.try_batch("verify", "--merchant", other.id).returncode == 0
        assert shop.stack.try_batch("verify", "--merchant", "nobody").returncode == os.EX_NOINPUT
        assert shop.stack.try_cli("verify", "--merchant", shop.merchant.id).returncode == DIFFERS

    def test_verify_looks_at_the_dates_asked_for(self, shop: Shop) -> None:
        """From is in, to is not; what lies outside neither counts nor moves what is proved."""
        day, after = shop.day(-3), shop.day(-2)
        hour_cell(shop, StoredRows(shop.merchant))
        verify = partial(shop.report, "verify")
        for limits in (("--from", f"{after}"), ("--to", f"{day}"), ("--from", f"{after}", "--to", f"{shop.today}")):
            through = shop.verified_through()
            status, report = verify(*limits)
            assert (status, report["differences"]) == (0, [])
            assert report["verified_through"] >= through
        hours = 2 * 24  # of both currencies
        for limits in (("--from", f"{day}", "--to", f"{after}"), ("--from", f"{day}"), ("--to", f"{after}")):
            status, report = verify(*limits)
            assert (status, report["differing"]) == (DIFFERS, 1)
        assert verify("--from", f"{day}", "--to", f"{after}")[1]["buckets"] == hours + 2
        through = instant(shop.hour(day, 12).start)
        assert shop.verified_through() == shop.standing()["verified_through"] == through


# ---- cron: what differs is counted, and mended by the tailer ----


@pytest.fixture
def damaged(stack: Stack) -> Iterator[Shop]:
    """A shop of its own."""
    shop = Shop(stack)
    yield shop
    shop.merchant.api.close()


def plant_minutes(shop: Shop, rows: StoredRows, day: date, number: int) -> str:
    """What an hour that became closed a moment ago still has; the key."""
    hour = shop.hour(day, number)
    key = rows.keys.minutes("EUR", hour.start)
    for (within, slot), row in shop.merchant.shop.minutes("EUR").items():
        if within == hour:
            rows.put_row(key, slot, hour.start + 60 * slot, row)
    return key


def drift_of(shop: Shop) -> int:
    """As everybody is told."""
    drift = shop.standing()["drift"]
    assert (shop.status()["drift"] or 0) == drift
    return drift


def check_mended(shop: Shop) -> None:
    """Once the tailer runs, without anybody's help."""
    eventually(lambda: shop.cron("verify").returncode == 0, limit_s=30, step_s=0.2)
    shop.merchant.settled()
    shop.merchant.check_stored()
    shop.merchant.check_all(Range(shop.first, shop.today + timedelta(days=1)))


def test_an_hour_past_its_age_that_is_right_loses_its_minutes(damaged: Shop) -> None:
    rows = StoredRows(damaged.merchant)
    key = plant_minutes(damaged, rows, damaged.day(-3), 12)
    with nothing_mends(damaged.stack):
        before = rows.everything()
        status, report = damaged.report("close", "hour")
        assert (status, report["closed"], report["drift"]) == (0, 1, 0)
        assert before.pop(key.encode()) and rows.everything() == before
    assert drift_of(damaged) == 0


def spoil_the_hour(shop: Shop, rows: StoredRows) -> None:
    rows.put_cell(rows.keys.hours("EUR", shop.day(-2)), 15, "orders", 99)


def spoil_another_of_the_day(shop: Shop, rows: StoredRows) -> None:
    """So that it cannot be read, nor the day be summed."""
    rows.put_cell(rows.keys.hours("EUR", shop.day(-2)), 17, "total_sales", 99)


@pytest.mark.parametrize("spoil", [spoil_the_hour, spoil_another_of_the_day])
def test_close_hour_has_drift_mended(damaged: Shop, spoil: Callable[[Shop, StoredRows], None]) -> None:
    rows = StoredRows(damaged.merchant)
    hour = damaged.hour(damaged.day(-2), 15)
    with nothing_mends(damaged.stack):
        plant_minutes(damaged, rows, hour.date, 15)
        spoil(damaged, rows)
        spoilt = rows.everything()
        done = damaged.cron("close", "hour")
        assert done.returncode == DIFFERS and " 1 differ," in done.stdout
        (logged,) = [line for line in done.stderr.splitlines() if "drift" in line]
        assert f"merchant={damaged.merchant.id}" in logged and f"hour={hour.start}" in logged
        assert rows.everything() == spoilt
        assert drift_of(damaged) == 1
        last = damaged.status()["last_verify"]
        assert (last["ok"], last["from"], last["to"]) == (False, instant(hour.start), instant(hour.end))
    check_mended(damaged)
    assert damaged.report("close", "hour")[0] == 0
    assert drift_of(damaged) == 1


def test_close_day_has_drift_of_yesterday_mended(damaged: Shop) -> None:
    yesterday = damaged.day(-1)
    rows = StoredRows(damaged.merchant)
    with nothing_mends(damaged.stack):
        day_cell(damaged, rows)
        assert damaged.cron("close", "day").returncode == 0  # the day before yesterday is not looked at
        hour = damaged.hour(yesterday, 3)
        rows.put_row(rows.keys.hours("EUR", yesterday), 3, hour.start, OF_NOTHING)
        done = damaged.cron("close", "day", "--quiet")
        assert done.returncode == DIFFERS
        named = [Difference("hour", hour.start, metric, 1, 0).line(damaged.merchant.id) for metric in OF_NOTHING]
        assert sorted(done.stdout.splitlines()[:-1]) == sorted(named)
        assert drift_of(damaged) == 1
    check_mended(damaged)


def test_quietly_cron_says_nothing_of_what_is_right(damaged: Shop) -> None:
    for words in (("close", "hour"), ("close", "day"), ("verify",)):
        done = damaged.cron(*words, "--quiet")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert damaged.merchant.id in damaged.cron(*words).stdout
