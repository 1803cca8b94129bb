"""The restatement log: what came late, folded by its cause, and by how much it changed each metric."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import Int64

from oracle.metrics import ADDITIVE
from support.api import expect
from support.ledger import new_ulid
from support.merchant import Merchant
from support.stack import attempt, succeeded

TEA = {"product_id": "tea", "name": "Tea", "quantity": 2, "unit_price": 350}


def body(currency: str = "EUR", **more: Any) -> dict[str, Any]:
    return {"currency": currency, "lines": [TEA]} | more


def ago(**time: int) -> str:
    return (datetime.now(UTC) - timedelta(**time)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def restatements(merchant: Merchant, *options: str) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = merchant.stack.cli("restatements", "--merchant", merchant.id, *options)["data"]
    return data


def values(**changed: int) -> dict[str, int]:
    """All additive metrics; what is not named did not change."""
    return dict.fromkeys(ADDITIVE, 0) | changed


def imported(merchant: Merchant, folder: Path, bodies: list[dict[str, Any]]) -> str:
    """Imports the bodies; the import's id."""
    file = folder / f"{new_ulid()}.ndjson"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in bodies))
    import_id: str = merchant.imported(file, "--format", "ndjson")["import_id"]
    return import_id


@pytest.fixture(scope="module")
def shop(add_merchant: Callable[..., Merchant]) -> Merchant:
    return add_merchant("Europe/Berlin", "EUR", "USD")


@pytest.fixture(scope="module")
def causes(shop: Merchant, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A late order, an import, a late refund and a second late order, oldest first; and what is not late."""
    first = shop.order(body(placed_at="2026-01-02T03:04:05.678Z", shipping=490))["order"]["id"]
    shop.order(body(placed_at=ago(minutes=110)))
    rows = [body(reference=f"e-{n}", placed_at=f"2020-02-{n + 1:02}T12:00:00Z", tax=n) for n in range(12)]
    rows += [body("USD", reference=f"u-{n}", placed_at=f"2021-05-{n + 1:02}T12:00:00Z", discount=100) for n in range(3)]
    rows += [body(reference="on-time", placed_at=ago(minutes=5))]
    import_id = imported(shop, tmp_path_factory.mktemp("import"), rows)
    shop.refund(first, {"lines": [{"line": 1, "quantity": 1}], "shipping": 90})
    refund = shop.refund(first, {"goods": 100, "refunded_at": "2026-01-03T00:00:00Z"})["refund"]["id"]
    last = shop.order(body("USD", placed_at=ago(hours=2, minutes=1)))["order"]["id"]
    return [first, import_id, refund, last]


def test_an_import_is_one_line_and_any_other_late_entry_one_by_itself(shop: Merchant, causes: list[str]) -> None:
    found = restatements(shop)
    assert [(line["cause"]["kind"], line["cause"]["id"], line["entries"]) for line in found] == [
        ("order", causes[3], 1),
        ("refund", causes[2], 1),
        ("import", causes[1], 15),
        ("order", causes[0], 1),
    ]
    recorded = [line["recorded_at"] for line in found]
    assert recorded == sorted(recorded, reverse=True)
    times = [(line["first_at"], line["last_at"]) for line in found]
    assert times[1:] == [
        ("2026-01-03T00:00:00.000Z", "2026-01-03T00:00:00.000Z"),
        ("2020-02-01T12:00:00.000Z", "2021-05-03T12:00:00.000Z"),
        ("2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z"),
    ]


def test_a_line_says_by_how_much_each_metric_changed(shop: Merchant, causes: list[str]) -> None:
    """EUR of the import: 12 x 700, taxes 0 + 1 + ... + 11 = 66; USD: 3 x (700 - 100)."""
    last, refund, bulk, first = (line["changes"] for line in restatements(shop))
    sale = values(orders=1, units_sold=2, gross_sales=700)
    assert first == [
        {"currency": "EUR", "exponent": 2, "values": sale | {"shipping": 490, "total_sales": 1190}},
    ]
    euros = values(orders=12, units_sold=24, gross_sales=8400, taxes=66, total_sales=8466)
    dollars = values(orders=3, units_sold=6, gross_sales=2100, discounts=300, total_sales=1800)
    assert bulk == [
        {"currency": "EUR", "exponent": 2, "values": euros},
        {"currency": "USD", "exponent": 2, "values": dollars},
    ]
    back = values(returns=100, total_sales=-100, refunds=1, refunded=100)
    assert refund == [{"currency": "EUR", "exponent": 2, "values": back}]
    assert last == [{"currency": "USD", "exponent": 2, "values": sale | {"total_sales": 700}}]


def test_status_counts_the_lines(shop: Merchant, causes: list[str]) -> None:
    data = expect(shop.api.status())["data"]
    assert (data["restatements"], data["late_entries"]) == (4, 18)
    (told,) = shop.stack.cli("status", "--merchant", shop.id)["data"]
    assert (told["restatements"], told["late_entries"]) == (4, 18)


def test_bounds_are_times_of_record(shop: Merchant, causes: list[str]) -> None:
    """Nothing was recorded before yesterday, whatever time it belongs to; an import lies in or out as a whole."""
    today = datetime.now(UTC).date()
    yesterday, after = str(today - timedelta(days=1)), str(today + timedelta(days=2))
    assert len(restatements(shop, "--from", yesterday, "--to", after)) == 4
    assert restatements(shop, "--to", yesterday) == []
    moment = restatements(shop)[2]["recorded_at"]
    assert [line["cause"]["id"] for line in restatements(shop, "--from", moment)] == causes[:0:-1]
    assert [line["cause"]["id"] for line in restatements(shop, "--to", moment)] == causes[:1]


def test_the_newest_are_listed_and_that_there_are_more_is_told(shop: Merchant, causes: list[str]) -> None:
    answer = shop.stack.cli("restatements", "--merchant", shop.id, "--limit", "2")
    assert [line["cause"]["id"] for line in answer["data"]] == [causes[3], causes[2]]
    assert answer["has_more"] is True
    assert shop.stack.cli("restatements", "--merchant", shop.id, "--limit", "4")["has_more"] is False


def test_people_get_a_table(shop: Merchant, causes: list[str]) -> None:
    """One row for each currency of a line; no column for what nothing changed."""
    command = [shop.stack.program("takings"), "restatements", "--merchant", shop.id]
    heading, *rows = succeeded(attempt([*command, "--config", shop.stack.env["TAKINGS_CONFIG"]])).splitlines()
    assert heading.split() == ["RECORDED", "CAUSE", "ENTRIES", "FIRST", "LAST", "CURRENCY"] + [
        name for name in ADDITIVE if name != "units_returned"
    ]
    assert len(rows) == 5
    assert rows[2].split()[1:4] == ["import", causes[1], "15"] and "84.00" in rows[2]
    assert rows[3].split()[:3] == ["USD", "3", "6"]


def test_what_cannot_be_summed_is_unknown(add_merchant: Callable[..., Merchant]) -> None:
    """An entry that came past the product, out of balance: its hour is parked, and its change is not made up."""
    merchant = add_merchant()
    merchant.order(body(placed_at="2026-01-02T03:04:05Z"))
    ledger = merchant.stack.mongo.takings.ledger
    planted = ledger.find_one({"m": merchant.id})
    assert planted is not None
    at_ms = int(planted["at"].timestamp() * 1000)
    key = f"{merchant.id}/{new_ulid(at_ms)}"
    ledger.insert_one(planted | {"_id": key, "idem": "orders/planted", "total": Int64(701)}, True)
    found = {line["cause"]["id"]: line["changes"][0]["values"] for line in restatements(merchant)}
    assert set(found.pop(f"ord_{key.partition('/')[2]}").values()) == {None}
    assert [change["total_sales"] for change in found.values()] == [700]


def test_the_log_is_read_through_its_own_index(merchant: Merchant, tmp_path: Path) -> None:
    """mongod looks at the late entries of the merchant and at nothing else; at all 40, where all are late."""
    imported(merchant, tmp_path, [body(reference=f"r-{n}", placed_at="2020-02-03T12:00:00Z") for n in range(40)])
    database = merchant.stack.mongo.takings
    database.command({"profile": 2})
    try:
        assert [line["entries"] for line in restatements(merchant)] == [40]
        expect(merchant.api.status())
    finally:
        database.command({"profile": 0})
    match = "command.pipeline.0.$match"
    asked = list(database["system.profile"].find({f"{match}.m": merchant.id, f"{match}.late": True}))
    assert {operation["user"] for operation in asked} == {"takings-cli@admin", "takings-worker@admin"}
    for operation in asked:
        assert operation["planSummary"] == "IXSCAN { m: 1, recorded_at: 1 }"
        assert operation["docsExamined"] == 40


REFUSALS = [
    ((), os.EX_USAGE),
    (("--limit", "0"), os.EX_USAGE),
    (("--limit", "1001"), os.EX_USAGE),
    (("--from", "yesterday"), os.EX_DATAERR),
    (("--from", "2026-01-02", "--to", "2026-01-02"), os.EX_DATAERR),
]


@pytest.mark.parametrize(("options", "status"), REFUSALS, ids=lambda value: " ".join(value) if type(value) is tuple else None)
def test_bad_questions_are_refused(shop: Merchant, options: tuple[str, ...], status: int) -> None:
    named = ("--merchant", shop.id) if options else ()
    done = shop.stack.try_cli("restatements", *named, *options)
    assert (done.returncode, done.stdout) == (status, "")
