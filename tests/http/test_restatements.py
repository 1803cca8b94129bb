"""The restatement log over HTTP: what came late, newest first, by pages that inserts do not disturb."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oracle.metrics import ADDITIVE
from support.api import Api, expect
from support.ledger import new_ulid
from support.merchant import Merchant
from support.problems import check_problem

TEA = {"product_id": "tea", "name": "Tea", "quantity": 2, "unit_price": 350}
LATE = "2026-01-02T03:04:05.678Z"


def body(currency: str = "EUR", **more: Any) -> dict[str, Any]:
    return {"currency": currency, "lines": [TEA]} | more


def metrics(**changed: int) -> dict[str, int]:
    """All additive ones and net sales; what is not named did not change."""
    return dict.fromkeys((*ADDITIVE, "net_sales"), 0) | changed


@pytest.fixture(scope="module")
def shop(add_merchant: Callable[..., Merchant]) -> Merchant:
    return add_merchant("Europe/Berlin", "EUR", "JPY")


@pytest.fixture(scope="module")
def causes(shop: Merchant, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A late order, a late refund of it, an import, and two late orders of one batch; newest first."""
    order = shop.order(body(placed_at=LATE, shipping=490))["order"]["id"]
    shop.order(body())  # in time
    refund = shop.refund(order, {"goods": 100, "refunded_at": "2026-01-03T00:00:00Z"})["refund"]["id"]
    rows = [body(reference=f"e-{n}", placed_at=f"2020-02-{n + 1:02}T12:00:00Z", tax=n) for n in range(12)]
    rows += [body("JPY", reference=f"j-{n}", placed_at=f"2021-05-{n + 1:02}T12:00:00Z") for n in range(3)]
    file = tmp_path_factory.mktemp("import") / f"{new_ulid()}.ndjson"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    import_id = shop.imported(file, "--format", "ndjson")["import_id"]
    lines = [{"idempotency_key": f"b-{n}", **body(placed_at=f"2026-01-0{n}T00:00:00Z")} for n in (1, 2)]
    answer = shop.api.http.post(
        shop.api.base + "/orders/batch",
        content="".join(f"{json.dumps(line)}\n" for line in lines),
        headers={"Content-Type": "application/x-ndjson"},
    )
    batch = [result["order"]["id"] for result in expect(answer)["data"]]
    return [batch[1], batch[0], import_id, refund, order]


def restatements(shop: Merchant, **params: Any) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = expect(shop.api.get("/restatements", **params))["data"]
    return data


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [line["id"] for line in found]


def test_each_cause_says_by_how_much_it_changed_what(shop: Merchant, causes: list[str]) -> None:
    """EUR of the import: 12 x 700, taxes 0 + 1 + ... + 11 = 66; JPY: 3 x 700."""
    found = restatements(shop)
    assert ids(found) == causes
    assert [line["cause"] for line in found] == ["order", "order", "import", "refund", "order"]
    assert [line["entries"] for line in found] == [1, 1, 15, 1, 1]
    assert (found[2]["first_at"], found[2]["last_at"]) == ("2020-02-01T12:00:00.000Z", "2021-05-03T12:00:00.000Z")
    assert found[4]["first_at"] == found[4]["last_at"] == LATE
    sale = {"orders": 1, "units_sold": 2, "gross_sales": 700, "net_sales": 700}
    assert found[4]["changes"] == [
        {"currency": "EUR", "exponent": 2, "metrics": metrics(**sale, shipping=490, total_sales=1190)}
    ]
    back = metrics(returns=100, net_sales=-100, total_sales=-100, refunds=1, refunded=100)
    assert found[3]["changes"] == [{"currency": "EUR", "exponent": 2, "metrics": back}]
    euros = metrics(orders=12, units_sold=24, gross_sales=8400, net_sales=8400, taxes=66, total_sales=8466)
    yen = metrics(orders=3, units_sold=6, gross_sales=2100, net_sales=2100, total_sales=2100)
    assert found[2]["changes"] == [
        {"currency": "EUR", "exponent": 2, "metrics": euros},
        {"currency": "JPY", "exponent": 0, "metrics": yen},
    ]
    answer = expect(shop.api.get("/restatements"))
    assert (answer["query"], answer["meta"]) == ({"limit": 50}, {"timezone": "Europe/Berlin"})


def pages(shop: Merchant, between: Callable[[], object], **params: Any) -> list[list[str]]:
    found: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        page = expect(shop.api.get("/restatements", **params, **cursor))
        found.append(ids(page["data"]))
        assert page["has_more"] == (page["next_cursor"] is not None)
        if not page["has_more"]:
            return found
        cursor = {"cursor": page["next_cursor"]}
        between()


def test_bounds_are_times_of_record(shop: Merchant, causes: list[str]) -> None:
    moment = restatements(shop)[2]["recorded_at"]
    assert ids(restatements(shop, **{"from": moment})) == causes[:3]
    assert ids(restatements(shop, to=moment)) == causes[3:]
    day = datetime.now(UTC).date()
    assert ids(restatements(shop, **{"from": str(day - timedelta(days=1)), "to": str(day + timedelta(days=2))})) == causes
    assert restatements(shop, to="1970-01-01T00:00:00Z") == restatements(shop, to=str(day - timedelta(days=1))) == []


def test_pages_are_stable_while_more_comes(shop: Merchant, causes: list[str]) -> None:
    """Also between the two that were recorded in the same millisecond."""
    assert pages(shop, lambda: None, limit=5) == [causes]
    for limit in (1, 2):
        before = ids(restatements(shop))
        found = pages(shop, lambda: shop.order(body(placed_at=LATE)), limit=limit)
        assert found == [before[n : n + limit] for n in range(0, len(before), limit)]


def test_cursors_fit_their_own_question(shop: Merchant, causes: list[str]) -> None:
    cursor = expect(shop.api.get("/restatements", limit=1))["next_cursor"]
    orders = expect(shop.api.get("/orders", limit=1))["next_cursor"]
    expect(shop.api.get("/restatements", limit=200, cursor=cursor))
    for params in ({"cursor": cursor, "from": "2026-01-01"}, {"cursor": orders}, {"cursor": cursor[:-4]}, {"cursor": ""}):
        check_problem(shop.api.get("/restatements", **params), 400, "invalid_cursor")
    check_problem(shop.api.get("/orders", cursor=cursor), 400, "invalid_cursor")


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"limit": "0"}, 422, "out_of_range"),
        ({"limit": "201"}, 422, "out_of_range"),
        ({"from": "yesterday"}, 422, "invalid_range"),
        ({"from": "2026-01-02", "to": "2026-01-02"}, 422, "invalid_range"),
        ({"currency": "EUR"}, 400, "unknown_parameter"),
    ],
)
def test_questions_that_are_refused(shop: Merchant, params: dict[str, str], status: int, code: str) -> None:
    check_problem(shop.api.get("/restatements", **params), status, code)


def test_reading_orders_is_not_enough(shop: Merchant) -> None:
    api = Api(shop.stack.url, shop.id, shop.new_key("orders:read")["secret"])
    check_problem(api.get("/restatements"), 403, "forbidden")
    api.close()
