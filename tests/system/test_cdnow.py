"""Eighteen months of real orders: the figures are those that the file itself adds up to."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from oracle.answers import Range
from oracle.metrics import ADDITIVE
from support.api import expect
from support.merchant import Merchant
from support.names import new_merchant_id
from support.stack import ROOT, Stack

FILE = Path(os.environ.get("TAKINGS_CDNOW", ROOT / "build" / "data" / "CDNOW_master.txt"))
FIRST, END = date(1997, 1, 1), date(1998, 7, 1)
SOLD = ("orders", "units_sold", "gross_sales", "net_sales", "total_sales")
# the file knows of no others: no discount, tax, shipping or refund is in it
ABSENT = set(ADDITIVE) - set(SOLD)
FIELDS = {
    "customer_id": "customer_id",
    "placed_at": "date",
    "quantity": "number_of_cds",
    "line_total": "dollar_value",
}
MAP = ",".join(f"{ours}={theirs}" for ours, theirs in FIELDS.items())
IMPORT = ("--format", "columns", "--reference", "row", "--map", MAP, "--set", "product_id=cd")


@dataclass
class Sales:
    orders: int = 0
    units: int = 0
    money: Decimal = Decimal(0)

    def add(self, units: int, money: Decimal) -> None:
        self.orders += 1
        self.units += units
        self.money += money

    def as_metrics(self) -> tuple[int, ...]:
        cents = int(self.money * 100)
        return self.orders, self.units, cents, cents, cents


@dataclass
class Purchases:
    """The file's own sums."""

    whole: Sales = field(default_factory=Sales)
    days: dict[date, Sales] = field(default_factory=lambda: defaultdict(Sales))
    months: dict[date, Sales] = field(default_factory=lambda: defaultdict(Sales))


def read_purchases(path: Path) -> Purchases:
    found = Purchases()
    rows = path.read_text().splitlines()[1:]
    for _, day_text, units_text, money_text in map(str.split, rows):
        day = date.fromisoformat(f"{day_text[:4]}-{day_text[4:6]}-{day_text[6:]}")
        for sales in (found.whole, found.days[day], found.months[day.replace(day=1)]):
            sales.add(int(units_text), Decimal(money_text))
    return found


@pytest.fixture(scope="module")
def purchases() -> Purchases:
    assert FILE.exists(), f"{FILE} is missing; scripts/bootstrap fetches it"
    return read_purchases(FILE)


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Iterator[Merchant]:
    """A merchant whose history is the file, imported and readable."""
    merchant = Merchant.add(stack, new_merchant_id(), "America/New_York", ["USD"])
    merchant.imported(FILE, *IMPORT)
    yield merchant
    merchant.api.close()


def metrics(merchant: Merchant, within: Range) -> tuple[int, ...]:
    """What was sold; whatever else there could be must be zero."""
    answer = expect(merchant.api.summary(**within.parameters()))
    figures = answer["data"][0]["metrics"]
    assert {figures[name] for name in ABSENT} == {0}
    return tuple(figures[name] for name in SOLD)


def next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def test_the_file_is_the_published_one(purchases: Purchases) -> None:
    assert purchases.whole == Sales(69_659, 167_881, Decimal("2500315.63"))
    assert (len(purchases.days), min(purchases.days), max(purchases.days)) == (546, FIRST, END - timedelta(days=1))


def test_the_whole(shop: Merchant) -> None:
    assert metrics(shop, Range(FIRST, END)) == (69_659, 167_881, 250_031_563, 250_031_563, 250_031_563)


def test_the_mean_value_of_an_order(shop: Merchant) -> None:
    """2,500,315.63 over 69,659 is 35.8936...; by hand."""
    answer = expect(shop.api.summary(**Range(FIRST, END).parameters()))
    average = {"value": 3589, "numerator": 250_031_563, "denominator": 69_659}
    assert answer["data"][0]["metrics"]["average_order_value"] == average


def test_each_day(shop: Merchant, purchases: Purchases) -> None:
    days = expect(shop.api.series(**Range(FIRST, END).parameters(), interval="day"))["data"]
    columns = zip(*(days["values"][name] for name in SOLD), strict=True)
    assert {value for name in ABSENT for value in days["values"][name]} == {0}
    assert list(columns) == [purchases.days[day].as_metrics() for day in sorted(purchases.days)]


def test_each_month(shop: Merchant, purchases: Purchases) -> None:
    assert len(purchases.months) == 18
    for month, sales in purchases.months.items():
        assert metrics(shop, Range(month, next_month(month))) == sales.as_metrics(), month


def test_a_second_import_adds_nothing(shop: Merchant) -> None:
    ledger = shop.stack.mongo.takings.ledger
    before = ledger.count_documents({"m": shop.id})
    shop.imported(FILE, *IMPORT)
    assert before == ledger.count_documents({"m": shop.id}) == 69_659
    assert metrics(shop, Range(FIRST, END))[:2] == (69_659, 167_881)


def test_the_import_is_one_restatement(shop: Merchant) -> None:
    """And what it changed are the three published numbers."""
    answer = shop.stack.cli("restatements", "--merchant", shop.id)
    (line,) = answer["data"]
    (change,) = line["changes"]
    assert (line["cause"]["kind"], line["entries"], answer["has_more"]) == ("import", 69_659, False)
    names = ("orders", "units_sold", "total_sales")
    assert tuple(change["values"][name] for name in names) == (69_659, 167_881, 250_031_563)


def test_verify_finds_no_difference(shop: Merchant) -> None:
    shop.stack.batch("verify", "--merchant", shop.id, "--from", "1997-01-01", "--to", "1998-07-01")


def test_an_imported_line_total_is_exact_in_units_and_money(shop: Merchant) -> None:
    """Every purchase of one day, as orders: each adds up to its row of the file."""
    day = date(1998, 4, 12)
    within = Range(day, day + timedelta(days=1)).parameters()
    page = expect(shop.api.get("/orders", **within, limit=200))
    assert page["has_more"] is False
    totals = [(order["totals"]["units"], order["totals"]["total"]) for order in page["data"]]
    rows = [row.split() for row in FILE.read_text().splitlines()[1:]]
    wanted = [(int(units), int(Decimal(money) * 100)) for _, on, units, money in rows if on == f"{day:%Y%m%d}"]
    assert sorted(totals) == sorted(wanted)
