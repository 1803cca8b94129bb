"""Importing files: what is stored, what is refused and why, and what a second run does."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from support.api import expect
from support.merchant import Merchant
from support.poll import eventually
from support.stack import attempt, succeeded

USAGE, DATA_ERROR, NO_INPUT, CANNOT_CREATE = 64, 65, 66, 73

HEADER = "reference,placed_at,product_id,quantity,unit_price,shipping"


def write(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), newline="")
    return path


def body(reference: str, **more: Any) -> dict[str, Any]:
    lines = [{"product_id": "tea", "name": "Tea", "quantity": 2, "unit_price": 350}]
    return {"currency": "EUR", "placed_at": "2020-02-29T12:00:00Z", "reference": reference, "lines": lines} | more


def bad_rows(file: Path) -> list[tuple[str, str, str]]:
    with Path(f"{file}.bad").open(newline="") as rows:
        return [(row["line"], row["field"], row["code"]) for row in csv.DictReader(rows)]


def reasons(file: Path) -> list[str]:
    with Path(f"{file}.bad").open(newline="") as rows:
        return [row["reason"] for row in csv.DictReader(rows)]


def counts(report: dict[str, Any]) -> tuple[int, int, int, int]:
    return report["read"], report["stored"], report["skipped"], report["bad"]


def import_with_bad_rows(merchant: Merchant, file: Path, *options: str) -> dict[str, Any]:
    done = merchant.stack.try_cli("import", "--merchant", merchant.id, *options, file)
    assert done.returncode == DATA_ERROR, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def command(merchant: Merchant, file: Path, *options: str) -> list[str | Path]:
    """An import as a person runs it."""
    stack = merchant.stack
    program = [stack.program("takings"), "import", "--merchant", merchant.id]
    return [*program, *options, file, "--config", stack.env["TAKINGS_CONFIG"]]


def totals_of(merchant: Merchant, reference: str) -> dict[str, int]:
    found = expect(merchant.api.get("/orders", reference=reference))["data"]
    assert len(found) == 1
    totals: dict[str, int] = found[0]["totals"]
    return totals


def test_rows_of_a_csv_become_orders(merchant: Merchant, tmp_path: Path) -> None:
    """a: 2 x 3.50 + 1 x 12.00 + 4.90 shipping; b: nothing but a free sample, at the start of a day in Berlin."""
    file = write(
        tmp_path,
        "orders.csv",
        HEADER,
        "a,2020-02-29T12:00:00+01:00,tea,2,3.50,4.90",
        "a,,cup,1,12.00,",
        "b,20200301,sample,1,0,",
    )
    report = merchant.imported(file, "--format", "csv")
    assert counts(report) == (2, 2, 0, 0)
    assert report["rows"] == 3
    assert not Path(f"{file}.bad").exists()

    money = {"units": 3, "gross": 1900, "discounts": 0, "tax": 0, "shipping": 490, "total": 2390}
    assert totals_of(merchant, "a") == money
    (order,) = expect(merchant.api.get("/orders", reference="b"))["data"]
    assert order["placed_at"] == "2020-02-29T23:00:00.000Z"
    assert order["late"] is True

    answer = expect(merchant.api.summary(**{"from": "2020-02-29", "to": "2020-03-01"}))
    (figures,) = answer["data"]
    assert figures["metrics"]["orders"] == 1
    assert figures["metrics"]["total_sales"] == 2390


def test_a_second_run_adds_nothing(merchant: Merchant, tmp_path: Path) -> None:
    file = write(tmp_path, "orders.ndjson", *(json.dumps(body(f"n-{i}")) for i in range(1500)))
    first = merchant.imported(file, "--format", "ndjson")
    second = merchant.imported(file, "--format", "ndjson")
    assert counts(first) == (1500, 1500, 0, 0)
    assert counts(second) == (1500, 0, 1500, 0)
    assert first["import_id"] != second["import_id"]
    assert first["position"] <= second["position"]
    (figures,) = expect(merchant.api.summary(**{"from": "2020-02-29", "to": "2020-03-01"}))["data"]
    assert figures["metrics"]["orders"] == 1500
    assert figures["metrics"]["units_sold"] == 3000


def test_a_run_goes_on_where_another_was_broken_off(merchant: Merchant, tmp_path: Path) -> None:
    lines = [json.dumps(body(f"n-{i}")) for i in range(20)]
    merchant.imported(write(tmp_path, "half.ndjson", *lines[:12]), "--format", "ndjson")
    report = merchant.imported(write(tmp_path, "whole.ndjson", *lines), "--format", "ndjson")
    assert counts(report) == (20, 8, 12, 0)


def test_a_killed_run_is_continued_by_the_same_command(merchant: Merchant, tmp_path: Path) -> None:
    rows = [f"k-{i},2020-{i % 12 + 1:02}-{i % 28 + 1:02},tea,1,1.00," for i in range(20_000)]
    file = write(tmp_path, "orders.csv", HEADER, *rows)
    ledger = merchant.stack.mongo.takings.ledger
    with subprocess.Popen(command(merchant, file, "--format", "csv"), stdout=subprocess.DEVNULL) as run:
        eventually(lambda: ledger.count_documents({"m": merchant.id}) > 0, step_s=0.01)
        run.kill()
    stored = ledger.count_documents({"m": merchant.id})
    assert 0 < stored < 20_000
    report = merchant.imported(file, "--format", "csv")
    # what was on its way when the run was killed may have been stored after the count
    assert report["read"] == 20_000 and report["skipped"] >= stored and report["bad"] == 0
    assert ledger.count_documents({"m": merchant.id}) == 20_000
    assert len(ledger.distinct("import", {"m": merchant.id})) == 2


def test_bad_rows_are_told_and_stop_nothing(merchant: Merchant, tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "orders.csv",
        HEADER,
        "a,20200301,tea,1,3.50,",
        "b,20200230,tea,1,3.50,",
        "c,20200301,tea,0,3.50,",
        "d,20200301,tea,one,3.505,",
        "e,21990301,tea,1,3.50,",
        "f,20200301,tea,1,3.50,-1",
        "g g,20200301,tea,1,3.50,",
        "h,20200301,tea,1,3.50,",
    )
    report = import_with_bad_rows(merchant, file, "--format", "csv")
    assert counts(report) == (8, 2, 0, 6)
    assert report["failure"] is None
    assert report["bad_file"] == f"{file}.bad"
    assert bad_rows(file) == [
        ("3", "placed_at", "invalid_timestamp"),
        ("4", "quantity", "out_of_range"),
        ("5", "quantity", "invalid_field"),
        ("5", "unit_price", "invalid_field"),
        ("6", "placed_at", "timestamp_in_future"),
        ("7", "shipping", "out_of_range"),
        ("8", "reference", "invalid_field"),
    ]
    assert reasons(file) == [
        "not a date YYYY-MM-DD from 1970 on",
        "must be a whole number from 1 to 1000000, without fraction or exponent",
        "not a decimal number",
        "more than 2 digits after the point",
        "must be at most 5 minutes ahead",
        "must be a whole number from 0 to 1000000000000, without fraction or exponent",
        "must be a text of 1 to 64 letters, digits and . _ : / # @ + -",
    ]


def test_what_is_told_for_a_person(merchant: Merchant, tmp_path: Path) -> None:
    """The counts, where the bad rows are, and what of the file was not used."""
    header = f"{HEADER},colour"
    file = write(tmp_path, "orders.csv", header, "a,20200301,tea,1,3.50,,red", "b,20200230,tea,1,3.50,,red")
    done = attempt(command(merchant, file, "--format", "csv"))
    assert done.returncode == DATA_ERROR
    summary, bad, identity, unused = done.stdout.splitlines()
    assert re.fullmatch(r"2 orders read from 2 rows in \d+\.\d s: 1 stored, 0 there already, 1 bad", summary)
    assert bad == f"what is bad about them stands in {file}.bad"
    assert re.fullmatch(r"import [0-9A-Z]{26}", identity)
    assert unused == "columns that were not used: colour"
    again = attempt(command(merchant, file, "--format", "csv"))
    assert "0 stored, 1 there already, 1 bad" in again.stdout


PROGRESS = re.compile(r"\r *(\d+) %  read (\d+), stored (\d+), there already (\d+), bad (\d+)\x1b\[K")


def test_progress_is_shown_on_a_terminal_and_nowhere_else(merchant: Merchant, tmp_path: Path) -> None:
    """It only grows, never beyond the file, and its line is cleared at the end."""
    orders = 20_000
    rows = [f"p-{i},2020-{i % 12 + 1:02}-{i % 28 + 1:02},tea,1,1.00," for i in range(orders)]
    file = write(tmp_path, "orders.csv", HEADER, *rows)
    master, terminal = pty.openpty()
    run = command(merchant, file, "--format", "csv")
    with subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=terminal) as running:
        os.close(terminal)
        shown = read_terminal(master)
    assert running.returncode == 0
    steps = [tuple(map(int, numbers)) for numbers in PROGRESS.findall(shown)]
    assert len(steps) >= 3
    for before, after in pairwise(steps):
        assert all(one <= other for one, other in zip(before, after, strict=True))
    assert all(percent <= 100 and stored <= read <= orders for percent, read, stored, _, _ in steps)
    assert 0 < steps[-1][2]
    assert shown.endswith("\r\x1b[K")

    assert "%" not in attempt(run).stderr


def read_terminal(master: int) -> str:
    """All that is written to it until its other end is closed."""
    shown = b""
    while True:
        try:
            shown += os.read(master, 4096)
        except OSError:  # how Linux tells the end
            os.close(master)
            return shown.decode()


def test_a_quote_out_of_place_loses_no_order_silently(merchant: Merchant, tmp_path: Path) -> None:
    """q1 might go on behind the quote, which nobody can read: it is named as bad, as is the row itself."""
    rows = [f"q{i},20200301,tea,1,{price}," for i, price in enumerate(("1.00", "1.00", '"1.0"0', "1.00"))]
    file = write(tmp_path, "orders.csv", HEADER, *rows)
    done = merchant.stack.try_cli("import", "--merchant", merchant.id, "--format", "csv", file)
    trouble = "line 4: a quote out of place; the rest of the file was not read"
    assert (done.returncode, done.stderr) == (DATA_ERROR, f"takings import: {trouble}\n")
    report = json.loads(done.stdout)
    assert counts(report) == (3, 1, 0, 2)
    assert report["failure"] == trouble
    assert bad_rows(file) == [("3", "", "invalid_field"), ("4", "", "invalid_field")]
    assert totals_of(merchant, "q0")["total"] == 100


def test_bad_bodies_are_told_by_their_pointer(merchant: Merchant, tmp_path: Path) -> None:
    line = {"product_id": "tea", "name": "Tea", "quantity": 2, "unit_price": "3.50"}
    file = write(
        tmp_path,
        "orders.ndjson",
        json.dumps(body("a")),
        "{",
        json.dumps(body("b", lines=[line])),
        json.dumps(body("c", currency="USD")),
        json.dumps({name: value for name, value in body("d").items() if name != "reference"}),
        json.dumps(body("e", total=701)),
    )
    report = import_with_bad_rows(merchant, file, "--format", "ndjson")
    assert counts(report) == (6, 1, 0, 5)
    assert bad_rows(file) == [
        ("2", "", "malformed_json"),
        ("3", "/lines/0/unit_price", "invalid_field"),
        ("4", "/currency", "invalid_currency"),
        ("5", "/reference", "invalid_field"),
        ("6", "/total", "amount_mismatch"),
    ]
    assert reasons(file) == [
        "not JSON from byte 1 on",
        "must be a whole number from 0 to 1000000000000, without fraction or exponent",
        "is not a currency of this merchant",
        "an import needs a reference; --reference row makes one of the line's number",
        "the order comes to 700 minor units",
    ]


def test_the_same_reference_with_another_content_is_bad(merchant: Merchant, tmp_path: Path) -> None:
    merchant.imported(write(tmp_path, "one.ndjson", json.dumps(body("a"))), "--format", "ndjson")
    other = write(tmp_path, "other.ndjson", json.dumps(body("a", shipping=100)), json.dumps(body("b")))
    report = import_with_bad_rows(merchant, other, "--format", "ndjson")
    assert counts(report) == (2, 1, 0, 1)
    assert bad_rows(other) == [("1", "reference", "idempotency_key_reused")]
    assert reasons(other) == ["an order with this reference and another content is stored already"]
    assert totals_of(merchant, "a")["total"] == 700


def test_rows_without_reference_are_orders_of_their_own(merchant: Merchant, tmp_path: Path) -> None:
    """Three equal rows, mapped by number under a header: 3 for 10.00 each is two at 3.33 and one at 3.34."""
    file = write(tmp_path, "columns.txt", "day n paid", *["20200301  3  10.00"] * 3)
    options = ("--format", "columns", "--reference", "row", "--map", "placed_at=1,quantity=2,line_total=3")
    assert counts(merchant.imported(file, *options)) == (3, 3, 0, 0)
    assert counts(merchant.imported(file, *options)) == (3, 0, 3, 0)
    (figures,) = expect(merchant.api.summary(**{"from": "2020-03-01", "to": "2020-03-02"}))["data"]
    metrics = figures["metrics"]
    assert (metrics["orders"], metrics["units_sold"], metrics["total_sales"]) == (3, 9, 3000)


def test_a_dry_run_stores_nothing(merchant: Merchant, tmp_path: Path) -> None:
    file = write(tmp_path, "orders.ndjson", json.dumps(body("a")))
    report = merchant.imported(file, "--format", "ndjson", "--dry-run")
    assert counts(report) == (1, 1, 0, 0)
    assert report["position"] is None
    assert expect(merchant.api.get("/orders"))["data"] == []


@pytest.mark.parametrize(
    ("content", "options", "status"),
    [
        ("a b\n", ("--format", "xml"), USAGE),
        ("a b\n", ("--format", "csv", "--map", "sku=a"), USAGE),
        ("a b\n", ("--format", "csv", "--reference", "line"), USAGE),
        ("a,b\n1,2\n", ("--format", "csv"), DATA_ERROR),
        ("placed_at,quantity,unit_price\n1,2,3\n", ("--format", "csv"), DATA_ERROR),
        ("a,b\n1,2\n", ("--format", "csv", "--map", "quantity=c"), DATA_ERROR),
        ("", ("--format", "csv"), DATA_ERROR),
        (None, ("--format", "ndjson"), NO_INPUT),
        ('{"a":1}\n', ("--format", "ndjson", "--bad", "/nowhere/at/all"), CANNOT_CREATE),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_stored(
    merchant: Merchant, tmp_path: Path, content: str | None, options: tuple[str, ...], status: int
) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_text(content)
    done = merchant.stack.try_cli("import", "--merchant", merchant.id, *options, file)
    assert done.returncode == status, done.stderr
    assert "takings import: " in done.stderr


def test_an_unknown_merchant_is_told(merchant: Merchant, tmp_path: Path) -> None:
    file = write(tmp_path, "orders.ndjson", json.dumps(body("a")))
    done = merchant.stack.try_cli("import", "--merchant", "nobody-here", "--format", "ndjson", file)
    assert done.returncode == NO_INPUT
    assert "nobody-here" in done.stderr


def test_verify_agrees_after_an_import(merchant: Merchant, tmp_path: Path) -> None:
    days = [f"2019-{month:02}-{day:02}" for month in (3, 10) for day in range(1, 29)]
    rows = [f"v-{i},{day},tea,{i % 5 + 1},1.0{i % 10},0.50" for i, day in enumerate(days)]
    merchant.imported(write(tmp_path, "orders.csv", HEADER, *rows), "--format", "csv")
    succeeded(merchant.stack.try_cli("verify", "--merchant", merchant.id))
