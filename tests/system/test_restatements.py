"""The restatement log: what came late, folded by its cause, and by how much it changed each metric."""

from __future__ import annotations

import json
import os
import re
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
from support.sizes import sized
from support.stack import Stack, attempt, succeeded

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


def plant_late(merchant: Merchant, count: int) -> None:
    """As many late orders as from a till that was offline: copies of one, a second of record apart."""
    merchant.order(body(placed_at="2026-01-02T03:04:05Z"))
    ledger = merchant.stack.mongo.takings.ledger
    stored = ledger.find_one({"m": merchant.id, "late": True, "import": None})
    assert stored is not None
    at_ms = int(stored["at"].timestamp() * 1000)
    ledger.insert_many(
        stored
        | {
            "_id": f"{merchant.id}/{new_ulid(at_ms)}",
            "idem": f"orders/planted-{n}",
            "recorded_at": stored["recorded_at"] - timedelta(seconds=n),
        }
        for n in range(1, count)
    )


def asked_of_mongod(merchant: Merchant, deed: Callable[[], object]) -> list[dict[str, Any]]:
    """What mongod did for the deed about the merchant's late entries."""
    database = merchant.stack.mongo.takings
    since = datetime.now(UTC)
    database.command({"profile": 2})
    try:
        deed()
    finally:
        database.command({"profile": 0})
    match = "command.pipeline.0.$match"
    query = {f"{match}.m": merchant.id, f"{match}.late": True, "ts": {"$gte": since}}
    return list(database["system.profile"].find(query))


LATE = sized(2000, 60000)
LATE_INDEX = {"m: 1, late: 1, import: 1, recorded_at: 1, _id: 1"}


def plans(asked: list[dict[str, Any]]) -> set[str]:
    """The keys of the indexes that were read, and what else was."""
    return {
        re.sub(r"^(IX|DISTINCT_|COUNT_)SCAN { (.*) }$", r"\2", part)
        for operation in asked
        for part in re.split(r", (?=[A-Z])", operation["planSummary"])
    }


def test_a_page_costs_its_own_size_and_a_count_no_document(merchant: Merchant, tmp_path: Path) -> None:
    """Newest first: a late order, an import of 200 and LATE - 1 late orders. mongod looks at what is on a page and at
    the one behind it: at all of an import on the page, at nothing of one that is not; behind a cursor also at what it
    stands on; for the numbers at keys alone."""
    imported(merchant, tmp_path, [body(reference=f"r-{n}", placed_at="2020-02-03T12:00:00Z") for n in range(200)])
    plant_late(merchant, LATE)
    bulk = restatements(merchant, "--limit", "2")[1]["recorded_at"]
    cursor = expect(merchant.api.get("/restatements", limit=5))["next_cursor"]
    found: list[list[int]] = []

    def next_page() -> None:
        lines = expect(merchant.api.get("/restatements", limit=5, cursor=cursor))["data"]
        found.append([line["entries"] for line in lines])

    def page(*options: str) -> None:
        found.append([line["entries"] for line in restatements(merchant, *options)])

    deeds: list[tuple[Callable[[], object], int]] = [
        (lambda: page("--limit", "1"), 2),
        (lambda: page("--limit", "5"), 200 + 6),
        (lambda: page("--limit", "5", "--to", bulk), 6),
        (lambda: page("--from", bulk), 200 + 1),
        (next_page, 1 + 6),
    ]
    for deed, most in deeds:
        asked = asked_of_mongod(merchant, deed)
        assert plans(asked) == LATE_INDEX
        assert sum(operation["docsExamined"] for operation in asked) <= most
        assert sum(operation["keysExamined"] for operation in asked) <= most + 40
    assert found == [[1], [1, 200, 1, 1, 1], [1] * 5, [1, 200], [1] * 5]
    counted = asked_of_mongod(merchant, lambda: expect(merchant.api.status()))
    assert plans(counted) == LATE_INDEX
    assert [operation["docsExamined"] for operation in counted] == [0]
    data = expect(merchant.api.status())["data"]
    assert (data["restatements"], data["late_entries"]) == (LATE + 1, LATE + 200)


def test_an_import_that_is_no_name_spoils_only_its_own_line(add_merchant: Callable[..., Merchant]) -> None:
    """Came past the product: whatever stands there, each such entry is a line by itself that says nothing."""
    merchant = add_merchant()
    merchant.order(body(placed_at="2026-01-02T03:04:05Z"))
    ledger = merchant.stack.mongo.takings.ledger
    stored = ledger.find_one({"m": merchant.id})
    assert stored is not None
    at_ms = int(stored["at"].timestamp() * 1000)
    strange: list[Any] = [7, 0.5, True, {"id": "a"}, datetime.now(UTC), b"a", ""]
    keys = [f"{merchant.id}/{new_ulid(at_ms)}" for _ in strange]
    for key, value in zip(keys, strange, strict=True):
        ledger.insert_one(stored | {"_id": key, "idem": f"orders/{key}", "import": value}, True)
    lines = {f"{line['cause']['kind']} {line['cause']['id']}": line for line in restatements(merchant)}
    mine = lines.pop(f"order ord_{stored['_id'].partition('/')[2]}")
    assert mine["changes"][0]["values"]["total_sales"] == 700
    assert set(lines) == {f"order ord_{key.partition('/')[2]}" for key in keys}
    for line in lines.values():
        assert (line["entries"], line["first_at"]) == (1, "2026-01-02T03:04:05.000Z")
        assert set(line["changes"][0]["values"].values()) == {None}
    assert len(expect(merchant.api.get("/restatements"))["data"]) == 1 + len(keys)
    data = expect(merchant.api.status())["data"]
    assert (data["restatements"], data["late_entries"]) == (1 + len(keys), 1 + len(keys))


def test_an_import_of_a_strangers_entries_alone_is_no_line(add_merchant: Callable[..., Merchant]) -> None:
    """Its keys are none of ours, and what is older moves up in its place."""
    merchant = add_merchant()
    merchant.order(body(placed_at="2026-01-02T03:04:05Z"))
    ledger = merchant.stack.mongo.takings.ledger
    stored = ledger.find_one({"m": merchant.id})
    assert stored is not None
    later = {"import": "none-of-ours", "recorded_at": stored["recorded_at"] + timedelta(seconds=1)}
    ledger.insert_one(stored | later | {"_id": f"{merchant.id}/foreign", "idem": "orders/foreign"}, True)
    (line,) = restatements(merchant, "--limit", "1")
    assert line["cause"]["kind"] == "order"


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


def test_setup_makes_an_index_anew_that_had_other_keys(stack: Stack) -> None:
    """One of an earlier version, of the same name; a unique one is never taken away."""
    ledger = stack.mongo.takings.ledger
    before = ledger.index_information()
    ledger.drop_index("late")
    ledger.create_index([("m", 1), ("recorded_at", 1)], name="late", partialFilterExpression={"late": True})
    said = "\n".join(stack.cli("setup")["done"])
    assert "takings.ledger.late: had other keys" in said
    assert said.count("had other keys") == 1
    assert ledger.index_information() == before
    assert "had other keys" not in "\n".join(stack.cli("setup")["done"])
