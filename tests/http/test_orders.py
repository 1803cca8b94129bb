"""Orders and refunds: receipts, reading them back, and refusals of refunds."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from oracle.shop import instant_ms, position_number
from oracle.zones import Zone
from support.api import Body, expect
from support.merchant import Merchant
from support.problems import check_problem, nothing_stored

ORDER: Body = {
    "currency": "EUR",
    "lines": [
        {"product_id": "a", "name": "A", "quantity": 3, "unit_price": 1000, "discount": 100, "tax": 300},
        {"product_id": "b", "name": "B", "quantity": 1, "unit_price": 501},
    ],
    "discount": 200,
    "shipping": 450,
    "tax": 50,
}
# by hand: gross 3501; discounts 300; tax 350; 3501 - 300 + 350 + 450
TOTALS = {"units": 4, "gross": 3501, "discounts": 300, "tax": 350, "shipping": 450, "total": 4001}
ABSENT = "ord_01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.fixture(scope="module")
def merchant(add_merchant: Callable[..., Merchant]) -> Merchant:
    return add_merchant("Asia/Kathmandu", "EUR", "JPY")


def test_a_receipt(merchant: Merchant) -> None:
    answer = merchant.api.post_order(ORDER | {"placed_at": "2026-11-01T12:34:56.789999+05:45", "total": 4001})
    receipt = expect(answer, 201)
    order = receipt["order"]
    assert answer.headers["Location"] == f"{merchant.api.base}/orders/{order['id']}"
    assert order["totals"] == TOTALS
    assert (order["currency"], order["exponent"]) == ("EUR", 2)
    assert order["placed_at"] == "2026-11-01T06:49:56.789Z"  # more than three digits are cut
    assert order["late"] is True
    assert position_number(receipt["position"]) > 0
    # Kathmandu's hour 12 begins at 06:15 UTC
    bucket = receipt["bucket"]
    assert bucket == {"date": "2026-11-01", "hour_start": "2026-11-01T06:15:00Z", "hour_end": "2026-11-01T07:15:00Z"}


def test_an_order_without_a_time_is_placed_now(merchant: Merchant) -> None:
    before = merchant.stack.cluster_time() >> 32
    receipt = merchant.order(ORDER)
    placed = instant_ms(receipt["order"]["placed_at"])
    assert before - 2 <= placed // 1000 <= (merchant.stack.cluster_time() >> 32) + 2
    assert receipt["order"]["late"] is False
    hour = Zone("Asia/Kathmandu").hour_at(placed // 1000)
    assert receipt["bucket"]["date"] == hour.date.isoformat()
    assert instant_ms(receipt["bucket"]["hour_start"]) == hour.start * 1000


def test_dry_run_computes_and_stores_nothing(merchant: Merchant) -> None:
    with nothing_stored(merchant):
        answer = expect(merchant.api.post_order(ORDER, dry_run="true"))
        check_problem(merchant.api.post_order(ORDER | {"total": 1}, dry_run="true"), 422, "amount_mismatch")
    assert answer["order"]["totals"] == TOTALS and answer["bucket"]["date"]
    assert "id" not in answer["order"] and "position" not in answer


def test_an_order_shows_its_refunds_and_what_is_left(merchant: Merchant) -> None:
    order_id = merchant.order(ORDER)["order"]["id"]
    first = merchant.refund(order_id, {"lines": [{"line": 1, "quantity": 1}], "reason": "damaged"})
    second = merchant.refund(order_id, {"goods": 10, "tax": 1, "shipping": 450})
    # line 1 after its share of the discount is 2729: a third is 909; its tax 300: 100
    assert first["refund"]["totals"] == {"units": 1, "goods": 909, "tax": 100, "shipping": 0, "total": 1009}
    assert (first["refund"]["number"], second["refund"]["number"]) == (1, 2)
    stored = expect(merchant.api.get(f"/orders/{order_id}"))
    assert [refund["id"] for refund in stored["refunds"]] == [first["refund"]["id"], second["refund"]["id"]]
    remaining = stored["remaining"]
    assert (remaining["goods"], remaining["tax"], remaining["shipping"]) == (3201 - 909 - 10, 350 - 101, 0)
    left = [(line["line"], line["quantity"], line["goods"], line["tax"]) for line in remaining["lines"]]
    assert left == [(1, 2, 2729 - 909, 200), (2, 1, 472, 0)]


@pytest.mark.parametrize(
    "body",
    [
        {"lines": [{"line": 1, "quantity": 4}]},
        {"lines": [{"line": 1, "quantity": 1, "goods": 2730}]},
        {"lines": [{"line": 2, "quantity": 1, "tax": 1}]},
        {"goods": 3202},
        {"tax": 351, "goods": 1},
        {"shipping": 451},
    ],
)
def test_a_refund_beyond_what_is_left(merchant: Merchant, body: Body) -> None:
    order_id = merchant.order(ORDER)["order"]["id"]
    with nothing_stored(merchant):
        check_problem(merchant.api.post_refund(order_id, body), 422, "refund_too_large")


def test_a_whole_order_can_be_given_back_once(merchant: Merchant) -> None:
    order_id = merchant.order(ORDER)["order"]["id"]
    void = {
        "lines": [{"line": 1, "quantity": 3}, {"line": 2, "quantity": 1}],
        "tax": 50,
        "shipping": 450,
        "reason": "void",
    }
    assert merchant.refund(order_id, void)["refund"]["totals"]["total"] == TOTALS["total"]
    with nothing_stored(merchant):
        check_problem(merchant.api.post_refund(order_id, {"goods": 1}), 422, "refund_too_large")
    remaining = expect(merchant.api.get(f"/orders/{order_id}"))["remaining"]
    assert (remaining["goods"], remaining["tax"], remaining["shipping"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "out_of_range"),
        ({"goods": 0}, 422, "out_of_range"),
        ({"goods": 1, "lines": [{"line": 1, "quantity": 1}]}, 422, "invalid_field"),
        ({"lines": [{"line": 1, "quantity": 1}] * 2}, 422, "invalid_field"),
        ({"lines": [{"line": 0, "quantity": 1}]}, 422, "out_of_range"),
        ({"lines": [{"line": 3, "quantity": 1}]}, 422, "out_of_range"),
        ({"lines": [{"line": 1, "quantity": 0}]}, 422, "out_of_range"),
        ({"goods": -1}, 422, "out_of_range"),
        ({"goods": 1.5}, 422, "invalid_field"),
        ({"goods": 1, "amount": 1}, 422, "unknown_field"),
        ({"goods": 1, "refunded_at": "2000-01-01T00:00:00Z"}, 422, "timestamp_too_old"),
    ],
)
def test_refunds_that_are_refused(merchant: Merchant, body: Body, status: int, code: str) -> None:
    order_id = merchant.order(ORDER)["order"]["id"]
    with nothing_stored(merchant):
        check_problem(merchant.api.post_refund(order_id, body), status, code)


@pytest.mark.parametrize("order_id", [ABSENT, "ord_x", "rfd_01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAV"])
def test_orders_that_are_not_there(merchant: Merchant, order_id: str) -> None:
    with nothing_stored(merchant):
        check_problem(merchant.api.get(f"/orders/{order_id}"), 404, "not_found")
        check_problem(merchant.api.post_refund(order_id, {"goods": 1}), 404, "not_found")


def pages(merchant: Merchant, **params: Any) -> list[list[str]]:
    """The ids of every page of a listing."""
    found: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        page = expect(merchant.api.get("/orders", **params, **cursor))
        found.append([order["id"] for order in page["data"]])
        if not page["has_more"]:
            return found
        cursor = {"cursor": page["next_cursor"]}


def test_listing_is_newest_first_and_complete(add_merchant: Callable[..., Merchant]) -> None:
    merchant = add_merchant()
    times = [f"2026-11-{day:02}T12:00:00Z" for day in (5, 3, 9, 1, 7)]
    ids = {text: merchant.order(ORDER | {"placed_at": text})["order"]["id"] for text in times}
    newest_first = [ids[text] for text in sorted(times, reverse=True)]
    assert pages(merchant) == [newest_first]
    assert pages(merchant, limit=2) == [newest_first[:2], newest_first[2:4], newest_first[4:]]
    assert pages(merchant, **{"from": "2026-11-03", "to": "2026-11-07"}) == [newest_first[2:4]]


def test_a_listing_is_stable_under_inserts(add_merchant: Callable[..., Merchant]) -> None:
    merchant = add_merchant()
    ids = [merchant.order(ORDER)["order"]["id"] for _ in range(4)]
    first = expect(merchant.api.get("/orders", limit=2))
    merchant.order(ORDER)
    second = expect(merchant.api.get("/orders", limit=2, cursor=first["next_cursor"]))
    seen = [order["id"] for order in first["data"] + second["data"]]
    assert sorted(seen) == sorted(ids) and len(set(seen)) == 4


def test_listing_by_currency_reference_and_key(add_merchant: Callable[..., Merchant]) -> None:
    merchant = add_merchant("UTC", "EUR", "JPY")
    by_reference = merchant.order(ORDER | {"reference": "R-1"})["order"]["id"]
    by_currency = merchant.order(ORDER | {"currency": "JPY"})["order"]["id"]
    by_key = merchant.order(ORDER, key="till-7")["order"]["id"]
    assert pages(merchant, reference="R-1") == [[by_reference]]
    assert pages(merchant, currency="JPY") == [[by_currency]]
    assert pages(merchant, idempotency_key="till-7") == [[by_key]]
    assert pages(merchant, reference="R-2") == [[]]


def test_an_imported_order_names_its_import(add_merchant: Callable[..., Merchant], tmp_path: Path) -> None:
    """Where others have the id of their request; listed and by itself."""
    merchant = add_merchant()
    file = tmp_path / "orders.ndjson"
    file.write_text(json.dumps(ORDER | {"reference": "imported"}) + "\n")
    import_id = merchant.imported(file, "--format", "ndjson")["import_id"]
    (listed,) = expect(merchant.api.get("/orders", reference="imported"))["data"]
    alone = expect(merchant.api.get(f"/orders/{listed['id']}"))
    assert listed["request_id"] == alone["request_id"] == import_id


def test_filters_go_together_over_pages(add_merchant: Callable[..., Merchant]) -> None:
    """Each filter alone would let something through that the others keep out."""
    merchant = add_merchant("Europe/Berlin", "EUR", "JPY")
    wanted = [merchant.order(ORDER | {"reference": "R", "placed_at": f"2026-11-0{day}T12:00:00Z"}) for day in (3, 2, 1)]
    merchant.order(ORDER | {"reference": "S", "placed_at": "2026-11-02T12:00:00Z"})
    merchant.order(ORDER | {"reference": "R", "placed_at": "2026-11-02T12:00:00Z", "currency": "JPY"})
    merchant.order(ORDER | {"reference": "R", "placed_at": "2026-10-31T22:59:59Z"})  # the day before, in Berlin
    merchant.order(ORDER | {"reference": "R", "placed_at": "2026-11-03T23:00:00Z"})  # the day after
    filters = {"from": "2026-11-01", "to": "2026-11-04", "currency": "EUR", "reference": "R"}
    ids = [receipt["order"]["id"] for receipt in wanted]
    assert pages(merchant, **filters) == [ids]
    assert pages(merchant, limit=1, **filters) == [[one] for one in ids]
    answer = expect(merchant.api.get("/orders", limit=7, **filters))
    instants = {"from": "2026-10-31T23:00:00.000Z", "to": "2026-11-03T23:00:00.000Z"}
    assert answer["query"] == filters | instants | {"limit": 7}
    assert answer["meta"] == {"timezone": "Europe/Berlin", "position": answer["meta"]["position"], "unreadable": 0}
    assert len(pages(merchant, **{"from": "1970-01-01"})[0]) == 7
    assert pages(merchant, to="1970-01-01") == pages(merchant, to="1970-01-01T00:00:00Z") == [[]]


def test_a_page_tells_from_which_position_on_its_orders_are_counted(merchant: Merchant) -> None:
    receipt = merchant.order(ORDER)
    page = expect(merchant.api.get("/orders", limit=1))
    assert page["data"][0]["id"] == receipt["order"]["id"]
    position = page["meta"]["position"]
    assert position >= receipt["position"]
    figures = expect(merchant.api.summary(range="last_30d", currency="EUR", after=position))
    assert figures["meta"]["position"] >= position


def test_an_entry_that_cannot_be_read_leaves_the_others_on_their_pages(add_merchant: Callable[..., Merchant]) -> None:
    merchant = add_merchant("Europe/Berlin", "EUR")
    ids = [merchant.order(ORDER | {"placed_at": f"2026-11-0{day}T12:00:00Z"})["order"]["id"] for day in (3, 2, 1)]
    ledger = merchant.stack.mongo.takings.ledger
    stored = ledger.find_one({"_id": f"{merchant.id}/{ids[1].removeprefix('ord_')}"})
    assert stored is not None
    spoilt = stored["_id"][:-1] + ("A" if stored["_id"][-1] != "A" else "B")
    ledger.insert_one(
        stored | {"_id": spoilt, "idem": "orders/spoilt", "total": "40.01"}, bypass_document_validation=True
    )
    answer = expect(merchant.api.get("/orders"))
    assert [order["id"] for order in answer["data"]] == ids
    assert answer["meta"]["unreadable"] == 1
    # each of the four stands on one page, whatever can be shown of it
    listed = pages(merchant, limit=1)
    assert sorted(listed) == sorted([[one] for one in ids] + [[]])


def test_a_cursor_fits_its_own_question(add_merchant: Callable[..., Merchant]) -> None:
    """The page's length may change on the way; nothing else may, and no byte of the cursor."""
    merchant, other = add_merchant("UTC", "EUR", "JPY"), add_merchant("UTC", "EUR", "JPY")
    ids = [merchant.order(ORDER)["order"]["id"] for _ in range(3)]
    cursor = expect(merchant.api.get("/orders", limit=1, currency="EUR"))["next_cursor"]
    rest = expect(merchant.api.get("/orders", limit=2, currency="EUR", cursor=cursor))
    assert len(rest["data"]) == 2 and rest["data"][0]["id"] in ids and rest["next_cursor"] is None
    swapped = cursor[:30] + ("A" if cursor[30] != "A" else "B") + cursor[31:]
    refused: list[dict[str, str]] = [{}, {"currency": "JPY"}, {"currency": "EUR", "from": "2026-01-01"}]
    for params in refused:
        check_problem(merchant.api.get("/orders", cursor=cursor, **params), 400, "invalid_cursor")
    for bad in (swapped, cursor[:-4], cursor + "AAAA", cursor + "=", ""):
        check_problem(merchant.api.get("/orders", currency="EUR", cursor=bad), 400, "invalid_cursor")
    check_problem(other.api.get("/orders", currency="EUR", cursor=cursor), 400, "invalid_cursor")


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"limit": "0"}, 422, "out_of_range"),
        ({"limit": "-1"}, 422, "out_of_range"),
        ({"limit": "1000000000"}, 422, "out_of_range"),
        ({"limit": "ten"}, 422, "invalid_field"),
        ({"cursor": "bogus"}, 400, "invalid_cursor"),
        ({"colour": "red"}, 400, "unknown_parameter"),
        ({"limit": ["1", "1"]}, 400, "duplicate_parameter"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, 422, "invalid_range"),
        ({"currency": "eur"}, 422, "invalid_currency"),
    ],
)
def test_listings_that_are_refused(merchant: Merchant, params: dict[str, Any], status: int, code: str) -> None:
    check_problem(merchant.api.get("/orders", **params), status, code)


def test_the_bucket_of_a_repeated_hour_names_one_of_the_two(add_merchant: Callable[..., Merchant]) -> None:
    merchant = add_merchant("Europe/Berlin")
    for hour, start in ((0, "2025-10-26T00:00:00Z"), (1, "2025-10-26T01:00:00Z")):
        receipt = merchant.order(ORDER | {"placed_at": f"2025-10-26T0{hour}:30:00Z"})
        assert receipt["bucket"]["hour_start"] == start
        assert receipt["bucket"]["date"] == date(2025, 10, 26).isoformat()
