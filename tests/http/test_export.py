"""The export: what spreadsheets get is what the series says."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from oracle import answers
from oracle.answers import EXPONENTS, Range
from oracle.metrics import ADDITIVE, DERIVED
from support.api import Body, expect
from support.histories import PLACES, Story
from support.merchant import Merchant
from support.poll import eventually
from support.problems import check_problem
from support.sizes import FULL, sized

SEED = 20261127
STEPS = sized(quick=20, full=100)
COUNTS = {"orders", "refunds", "units_sold", "units_returned"}
COLUMNS = (*ADDITIVE, *DERIVED)
ORDER: Body = {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 1, "unit_price": 1250}]}
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"


@pytest.fixture(scope="module")
def story(add_merchant: Callable[..., Merchant]) -> Story:
    """Berlin over the night in which clocks go forward, in three currencies."""
    place = PLACES[0]
    told = Story(add_merchant(place.zone, *place.currencies), place, SEED)
    for _ in range(STEPS):
        told.step()
    told.merchant.settled()
    return told


def opened(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert answer.content.endswith(b"\r\n")
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def minor(name: str, currency: str, cell: str | Decimal) -> int | None:
    """A cell back in minor units; None for an empty one."""
    if cell == "":
        return None
    number = Decimal(cell).scaleb(0 if name in COUNTS else EXPONENTS[currency])
    assert number == number.to_integral_value()
    return int(number)


def wanted_cell(value: Any) -> int | None:
    """A figure of JSON as one number."""
    return value["value"] if isinstance(value, dict) else value


@pytest.mark.parametrize("interval", ["hour", "day", "week"])
@pytest.mark.parametrize("currency", PLACES[0].currencies)
def test_the_table_is_the_series(story: Story, interval: str, currency: str) -> None:
    merchant, within = story.merchant, story.place.range
    query = {**within.parameters(), "interval": interval, "currency": currency}
    rows = opened(merchant.api.export(**query))
    data = expect(merchant.api.series(**query))["data"]
    assert data == answers.series(merchant.shop, within, interval, currency)
    assert list(rows[0]) == ["start", "end", "currency", *COLUMNS]
    assert {row["currency"] for row in rows} == {currency}
    for name in COLUMNS:
        cells = [minor(name, currency, row[name]) for row in rows]
        assert cells == [wanted_cell(value) for value in data["values"][name]], name
    starts = [datetime.fromisoformat(row["start"]) for row in rows]
    assert [start.timestamp() for start in starts] == data["start"]
    assert [row["start"] for row in rows] == [merchant.shop.zone.local(start).isoformat() for start in data["start"]]
    ends = [datetime.fromisoformat(row["end"]).timestamp() for row in rows]
    assert ends[:-1] == data["start"][1:]


def test_money_has_all_its_digits_and_less_than_nothing_is_a_number(merchant: Merchant) -> None:
    """12.50 sold two days ago and given back yesterday; nothing sold then, so no average."""
    now = datetime.now(UTC)
    order = merchant.order(ORDER | {"placed_at": (now - timedelta(days=2)).isoformat()})
    merchant.refund(order["order"]["id"], {"goods": 1250, "refunded_at": (now - timedelta(days=1)).isoformat()})
    merchant.settled()
    days = [merchant.shop.zone.local(int((now - timedelta(days=back)).timestamp())).date() for back in (2, 1)]
    within = Range(days[0], days[1] + timedelta(days=1)).parameters()
    answer = merchant.api.export(**within, interval="day", metrics="orders,net_sales,average_order_value")
    lines = answer.text.split("\r\n")
    assert lines[0] == '"start","end","currency","orders","net_sales","average_order_value"'
    assert lines[1].endswith(',"EUR",1,12.50,12.50')
    assert lines[2].endswith(',"EUR",0,-12.50,')
    assert lines[3:] == [""]
    name = f'attachment; filename="takings-{merchant.id}-{days[0]}-{days[1]}.csv"'
    assert answer.headers["Content-Disposition"] == name
    assert answer.headers["Takings-Position"].startswith("p1_") and answer.headers["Takings-As-Of"].endswith("Z")


def test_what_is_unknown_is_empty(merchant: Merchant) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    merchant.order(ORDER | {"placed_at": yesterday.isoformat()})
    merchant.settled()
    ledger = merchant.stack.mongo.takings.ledger
    stored = ledger.find_one({"m": merchant.id})
    assert stored is not None
    spoilt = stored | {"_id": stored["_id"][:-1] + ("A" if stored["_id"][-1] != "A" else "B"), "total": "7.00"}
    ledger.insert_one(spoilt | {"idem": "orders/spoilt"}, bypass_document_validation=True)
    eventually(lambda: expect(merchant.api.status())["data"]["parked"])
    day = merchant.shop.zone.local(int(yesterday.timestamp())).date()
    within = Range(day, day + timedelta(days=1)).parameters()
    [row] = opened(merchant.api.export(**within, interval="day"))
    assert {row[name] for name in COLUMNS} == {""}
    hours = opened(merchant.api.export(**within, interval="hour", metrics="orders"))
    assert sorted(row["orders"] for row in hours) == ["", *["0"] * (len(hours) - 1)]


def test_what_is_accepted_and_refused(story: Story) -> None:
    http, path = story.merchant.api.http, story.merchant.api.base + "/metrics/export.csv"
    query = {"range": "yesterday", "currency": "EUR"}

    def get(accept: str) -> httpx.Response:
        return http.get(path, params=query, headers={"Accept": accept})

    for accept in ("text/csv", "*/*", "text/*;q=0.5", "application/json, text/csv;header=present"):
        assert len(opened(get(accept))) == len(opened(story.merchant.api.export(**query)))
    check_problem(get("application/json"), 406, "not_acceptable")
    head = http.head(path, params=query, headers={"Accept-Encoding": "identity"})
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["Content-Length"]) == len(get("text/csv").content)
    export = story.merchant.api.export
    check_problem(export(range="yesterday"), 422, "currency_required")
    check_problem(export(**query, compare="previous_year"), 400, "unknown_parameter")
    check_problem(export(**query, metrics="turnover"), 422, "invalid_field")
    check_problem(export(**query, max_staleness="0ms"), 503, "too_stale")
    years = Range(date(2020, 1, 1), date(2026, 1, 1)).parameters()
    check_problem(export(**years, currency="EUR", interval="hour"), 422, "range_too_large")


# ---- a spreadsheet's own reading ----


def sheet(file: Path) -> list[list[str | Decimal]]:
    """The cells of a flat OpenDocument: texts, numbers as numbers, and "" for empty ones."""
    rows: list[list[str | Decimal]] = []
    for row in ElementTree.parse(file).iter(f"{{{TABLE}}}table-row"):
        cells: list[str | Decimal] = []
        for cell in row:
            value = cell.get(f"{{{OFFICE}}}value")
            content: str | Decimal = Decimal(value) if value is not None else "".join(cell.itertext()).strip()
            cells += [content] * min(int(cell.get(f"{{{TABLE}}}number-columns-repeated", "1")), 50)
        if any(cell != "" for cell in cells):
            rows.append(cells)
    return rows


@pytest.mark.skipif(not FULL, reason="LibreOffice opens the export with --full")
def test_libreoffice_opens_it(story: Story, tmp_path: Path) -> None:
    program = shutil.which("soffice")
    assert program, "there is no soffice: scripts/bootstrap full installs it"
    merchant, within = story.merchant, story.place.range
    for currency in story.place.currencies:
        query = {**within.parameters(), "interval": "hour", "currency": currency}
        file = tmp_path / f"{currency}.csv"
        file.write_bytes(merchant.api.export(**query).content)
        profile = f"-env:UserInstallation=file://{tmp_path}/profile"
        # comma, quotation mark, UTF-8
        options = ["--headless", "--infilter=CSV:44,34,76", "--convert-to", "fods", "--outdir", str(tmp_path)]
        subprocess.run([program, profile, *options, str(file)], check=True, capture_output=True, timeout=300)
        headings, *rows = sheet(file.with_suffix(".fods"))
        data = expect(merchant.api.series(**query))["data"]
        assert len(rows) == len(data["start"])
        for name in COLUMNS:
            at = headings.index(name)
            cells = [minor(name, currency, row[at] if at < len(row) else "") for row in rows]
            assert cells == [wanted_cell(value) for value in data["values"][name]], name
