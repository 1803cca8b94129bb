"""A shop's whole day through a Python client that is generated from the document that is served."""

from __future__ import annotations

import csv
import importlib
import io
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from oracle import answers
from oracle.answers import Range
from oracle.metrics import net_sales
from oracle.shop import position_number
from support.api import Body, new_key
from support.merchant import Merchant
from support.poll import eventually
from support.stack import Stack, run

# in one process: the client is generated once
pytestmark = pytest.mark.xdist_group("client")
PACKAGE = "takings_client"
OPTIONS = {
    "package_name_override": PACKAGE,
    "post_hooks": [],
    # lines are sent as they are
    "content_type_overrides": {"application/x-ndjson": "application/octet-stream"},
}
ZONE = ZoneInfo("Europe/Berlin")
METRICS = "orders,net_sales,refunded,average_order_value"


@pytest.fixture(scope="module")
def generated(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The client can be imported."""
    folder = tmp_path_factory.mktemp("client")
    document, options = folder / "openapi.json", folder / "options.json"
    document.write_bytes(httpx.get(f"{stack.url}/v1/openapi.json").content)
    options.write_text(json.dumps(OPTIONS))
    command: list[str | Path] = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"]
    command += ["--meta", "none", "--path", document, "--config", options, "--output-path", folder / PACKAGE]
    run(command)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield


def model(name: str) -> Any:
    return getattr(importlib.import_module(f"{PACKAGE}.models"), name)


class Desk:
    """The merchant's own program: it knows nothing but the client. What was accepted is told to the oracle."""

    def __init__(self, merchant: Merchant) -> None:
        self.merchant = merchant
        token = merchant.new_key("orders:write", "orders:read", "refunds:write", "metrics:read")["secret"]
        client = importlib.import_module(f"{PACKAGE}.client")
        self.client = client.AuthenticatedClient(base_url=merchant.stack.url, token=token)
        self.position = ""

    def answer(self, name: str, *path: str, **more: Any) -> Any:
        module = importlib.import_module(f"{PACKAGE}.api.{name}")
        return module.sync_detailed(self.merchant.id, *path, client=self.client, **more)

    def call(self, name: str, *path: str, status: int = 200, **more: Any) -> Any:
        """What the client makes of an answer that must have this status."""
        answer = self.answer(name, *path, **more)
        assert answer.status_code == status, answer.content
        return answer.parsed

    def sell(self, body: Body) -> str:
        """The order's id."""
        order = model("NewOrder").from_dict(body)
        receipt = self.call("orders.create_order", status=201, body=order, idempotency_key=new_key())
        self.note(body, receipt.order.id, receipt.position)
        return str(receipt.order.id)

    def note(self, body: Body, order_id: str, position: str) -> None:
        stored = {"id": order_id, "placed_at": body["placed_at"]}
        self.merchant.shop.accept_order(body, {"order": stored, "position": position})
        self.position = position

    def sell_many(self, bodies: list[Body]) -> list[str]:
        """The orders' ids; the line behind the last is not good."""
        lines = [{"idempotency_key": new_key()} | body for body in (*bodies, {"currency": "XXX", "lines": []})]
        payload = "\n".join(json.dumps(line) for line in lines).encode()
        file = importlib.import_module(f"{PACKAGE}.types").File(io.BytesIO(payload))
        results = self.call("orders.create_orders", body=file)
        assert (results.stored, results.failed) == (len(bodies), 1)
        assert results.data[-1].problem.status == results.data[-1].status == 422
        for body, result in zip(bodies, results.data[:-1], strict=True):
            self.note(body, result.order.id, result.position)
        return [result.order.id for result in results.data[:-1]]

    def give_back(self, order_id: str, body: Body) -> None:
        refund = model("NewRefund").from_dict(body)
        receipt = self.call("orders.create_refund", order_id, status=201, body=refund, idempotency_key=new_key())
        stored = {"id": receipt.refund.id, "refunded_at": body["refunded_at"]}
        self.merchant.shop.accept_refund(order_id, body, {"refund": stored, "position": receipt.position})
        self.position = receipt.position


def at(day: date, hour: int, minute: int) -> str:
    return datetime.combine(day, time(hour, minute), ZONE).astimezone(UTC).isoformat()


def order(day: date, hour: int, minute: int, price: int, **more: Any) -> Body:
    line = {"product_id": "mug", "name": "Mug", "quantity": 2, "unit_price": price, "discount": 100, "tax": 38}
    return {"currency": "EUR", "lines": [line], "placed_at": at(day, hour, minute)} | more


def a_day(desk: Desk, day: date) -> None:
    """Opened at nine; what was written down by hand comes at noon; two come back."""
    first = desk.sell(order(day, 9, 5, 1250, shipping=490, reference="2026-1"))
    desk.sell(order(day, 9, 59, 999, customer_id="c-7"))
    noted = desk.sell_many([order(day, 10 + number, 15, 500 + 7 * number) for number in range(5)])
    desk.give_back(first, {"lines": [{"line": 1, "quantity": 1}], "reason": "damaged", "refunded_at": at(day, 16, 0)})
    desk.give_back(noted[2], {"goods": 300, "refunded_at": at(day, 16, 30)})
    desk.sell(order(day, 17, 45, 2000, discount=500))


@pytest.fixture(scope="module")
def day() -> date:
    """The day before yesterday: all of it has passed."""
    return datetime.now(ZONE).date() - timedelta(days=2)


@pytest.fixture(scope="module")
def desk(generated: None, add_merchant: Callable[..., Merchant], day: date) -> Desk:
    """In the evening, when the figures include the day."""
    desk = Desk(add_merchant("Europe/Berlin", "EUR"))
    a_day(desk, day)
    within = {"from_": day.isoformat(), "to": (day + timedelta(days=1)).isoformat(), "after": desk.position}
    eventually(lambda: desk.answer("figures.get_summary", **within).status_code == 200, limit_s=60)
    return desk


@pytest.fixture
def whole(day: date) -> Range:
    return Range(day, day + timedelta(days=1))


def parameters(within: Range) -> dict[str, str]:
    sent = within.parameters()
    return {"from_": sent["from"], "to": sent["to"]}


def test_the_summary_of_the_day(desk: Desk, whole: Range) -> None:
    summary = desk.call("figures.get_summary", **parameters(whole))
    position = position_number(summary.meta.position)
    assert position >= position_number(desk.position)
    assert [totals.to_dict() for totals in summary.data] == answers.summary(desk.merchant.shop, whole, position)
    figures = summary.data[0].metrics
    # 2 x (1250 + 999 + 500 + 507 + 514 + 521 + 528 + 2000), less 8 x 100, less 500, less what came back: 1200 and 300
    assert (figures.orders, figures.net_sales) == (8, 13638 - 800 - 500 - 1200 - 300)


def test_the_hours_of_the_day_and_their_export(desk: Desk, whole: Range) -> None:
    sent = parameters(whole) | {"metrics": METRICS}
    series = desk.call("figures.get_series", **sent, interval=model("GetSeriesInterval").HOUR)
    position = position_number(series.meta.position)
    expected = answers.series(desk.merchant.shop, whole, "hour", "EUR", position)
    values = series.data.values.to_dict()
    assert values == {name: expected["values"][name] for name in METRICS.split(",")}
    assert series.data.start == expected["start"]
    text = desk.call("figures.export_series", **sent, interval=model("ExportSeriesInterval").HOUR)
    rows = list(csv.DictReader(io.StringIO(text)))
    starts = [int(datetime.fromisoformat(row["start"]).timestamp()) for row in rows]
    assert starts == series.data.start
    assert [int(row["orders"]) for row in rows] == values["orders"]
    for name in ("net_sales", "refunded"):
        assert [Decimal(row[name]) * 100 for row in rows] == values[name]


def test_the_entries_behind_net_sales(desk: Desk, whole: Range) -> None:
    """Page by page, they are those that count, and come to the figure."""
    metric = model("TraceFigureMetric").NET_SALES
    entries: list[Any] = []
    more: dict[str, str] = {}
    while True:
        page = desk.call("figures.trace_figure", metric=metric, limit=3, **parameters(whole), **more)
        entries += page.data
        if not page.has_more:
            break
        more = {"cursor": page.next_cursor}
    counting = {one.id: net_sales(one.row) for one in desk.merchant.shop.entries}
    assert {entry.entry: entry.value for entry in entries} == counting
    assert len(entries) == len(counting)
    assert page.figure == entries[-1].running_sum == sum(counting.values())


def test_the_orders_of_the_day(desk: Desk, whole: Range) -> None:
    page = desk.call("orders.list_orders", **parameters(whole))
    assert {one.id for one in page.data} == set(desk.merchant.shop.orders)
    order_id = next(one.id for one in page.data if one.to_dict().get("reference") == "2026-1")
    found = desk.call("orders.get_order", order_id)
    assert [(one.totals.units, one.reason) for one in found.refunds] == [(1, "damaged")]
    assert found.remaining.units == 1


def test_a_refusal_is_a_problem(desk: Desk) -> None:
    bad = model("NewOrder").from_dict({"currency": "XXX", "lines": []})
    problem = desk.call("orders.create_order", status=422, body=bad, idempotency_key=new_key())
    assert isinstance(problem, model("Problem"))
    assert {violation.pointer for violation in problem.errors} == {"/currency", "/lines"}
