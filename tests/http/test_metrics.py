"""Summary and series: ranges, presets, freshness, and what is refused."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from oracle import answers
from oracle.answers import Range
from oracle.metrics import ADDITIVE, DERIVED
from oracle.shop import instant_ms
from support.api import Body, expect
from support.histories import today
from support.merchant import Merchant
from support.poll import eventually
from support.problems import check_problem

ORDER: Body = {
    "currency": "EUR",
    "lines": [{"product_id": "a", "name": "A", "quantity": 2, "unit_price": 500, "discount": 30, "tax": 190}],
    "shipping": 450,
}
META = {
    "as_of",
    "lag_ms",
    "position",
    "complete",
    "verified_through",
    "timezone",
    "currency",
    "exponent",
    "definitions_version",
    "warnings",
}
RFC3339_MS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
RUNNING = ("today", "mtd", "qtd", "ytd")
PRESETS = (*RUNNING, "yesterday", "last_7d", "last_28d", "last_30d", "last_month", "last_12mo")


@pytest.fixture(scope="module")
def merchant(add_merchant: Callable[..., Merchant]) -> Merchant:
    """Berlin, with orders around now, yesterday and three weeks ago."""
    merchant = add_merchant("Europe/Berlin", "EUR", "JPY")
    now = datetime.now(UTC)
    for back in (timedelta(0), timedelta(days=1), timedelta(days=8), timedelta(days=21), timedelta(days=40)):
        merchant.order(ORDER | {"placed_at": (now - back).isoformat(timespec="seconds")})
    merchant.settled()
    return merchant


def test_the_stamp(merchant: Merchant) -> None:
    before_ms = time.time() * 1000
    meta = expect(merchant.api.summary(range="today"))["meta"]
    assert set(meta) == META
    assert RFC3339_MS.fullmatch(meta["as_of"])
    assert re.fullmatch(r"p1_[0-9a-f]{16}", meta["position"])
    assert 0 <= meta["lag_ms"] < 10_000
    assert abs(before_ms - meta["lag_ms"] - instant_ms(meta["as_of"])) < 2_000
    assert (meta["timezone"], meta["warnings"], meta["definitions_version"]) == ("Europe/Berlin", [], 1)


def test_an_idle_shop_stays_exact_as_of_a_moment_ago(merchant: Merchant) -> None:
    """Heartbeats move time on while nothing is sold."""
    first = expect(merchant.api.summary(range="today"))["meta"]
    eventually(lambda: expect(merchant.api.summary(range="today"))["meta"]["position"] > first["position"], limit_s=3)


@pytest.mark.parametrize("preset", PRESETS)
def test_presets(merchant: Merchant, preset: str) -> None:
    answer = expect(merchant.api.summary(range=preset))
    zone = merchant.shop.zone
    day = zone.local(instant_ms(answer["meta"]["as_of"]) // 1000).date()
    within = answers.preset(preset, day)
    assert isinstance(within.start, date) and isinstance(within.end, date)
    assert instant_ms(answer["query"]["from"]) == 1000 * zone.day_start(within.start)
    assert instant_ms(answer["query"]["to"]) == 1000 * zone.day_start(within.end)
    assert answer["data"] == answers.summary(merchant.shop, within)
    assert answer["meta"]["complete"] is (preset not in RUNNING)


@pytest.mark.parametrize(
    "zone", ["America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Pago_Pago"]
)
def test_presets_are_local_days(add_merchant: Callable[..., Merchant], zone: str) -> None:
    """In autumn the last 30 days may have an hour more than 720: wherever clocks changed, the oracle knows."""
    merchant = add_merchant(zone)
    answer = expect(merchant.api.series(range="last_30d", interval="hour"))
    day = merchant.shop.zone.local(instant_ms(answer["meta"]["as_of"]) // 1000).date()
    wanted = answers.preset("last_30d", day).hours(merchant.shop.zone)
    assert answer["data"]["start"] == [hour.start for hour in wanted]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2025, 10, 26), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 25),
        ("Asia/Kathmandu", date(2026, 4, 5), 24),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),
    ],
)
def test_days_have_the_hours_that_clocks_show(
    add_merchant: Callable[..., Merchant], zone: str, day: date, hours: int
) -> None:
    merchant = add_merchant(zone)
    within = Range(day, day + timedelta(days=1))
    data = expect(merchant.api.series(**within.parameters(), interval="hour"))["data"]
    assert len(data["start"]) == hours
    assert data["start"] == [hour.start for hour in within.hours(merchant.shop.zone)]
    assert data["values"]["orders"] == [0] * hours


def test_a_skipped_date(add_merchant: Callable[..., Merchant]) -> None:
    merchant = add_merchant("Pacific/Apia")
    merchant.check_all(Range(date(2011, 12, 29), date(2012, 1, 1)))
    only_it = Range(date(2011, 12, 30), date(2011, 12, 31)).parameters()
    check_problem(merchant.api.summary(**only_it), 422, "invalid_range")


def test_days_are_in_order_where_the_hours_of_two_interleave(add_merchant: Callable[..., Merchant]) -> None:
    """Clocks went back at 00:01 to 23:01: from the midnight before, the date before has hours too, that begin later."""
    merchant = add_merchant("America/St_Johns")
    midnight = merchant.shop.zone.day_start(date(2009, 11, 1))
    merchant.order(ORDER | {"placed_at": "2009-11-01T00:00:30-02:30"})
    merchant.order(ORDER | {"placed_at": "2009-10-31T23:30:00-03:30", "shipping": 7})
    merchant.settled()
    within = Range(midnight, merchant.shop.zone.day_start(date(2009, 11, 3)))
    merchant.check_series(within, "day", "EUR")
    data = expect(merchant.api.series(**within.parameters(), interval="day", metrics="shipping"))["data"]
    assert (data["start"][0], data["values"]["shipping"][:2]) == (midnight, [450, 7])


def test_one_currency(merchant: Merchant) -> None:
    answer = expect(merchant.api.summary(range="last_30d", currency="EUR"))
    assert [element["currency"] for element in answer["data"]] == ["EUR"]
    assert (answer["meta"]["currency"], answer["meta"]["exponent"]) == ("EUR", 2)
    both = expect(merchant.api.summary(range="last_30d"))
    assert [element["currency"] for element in both["data"]] == ["EUR", "JPY"]
    assert (both["meta"]["currency"], both["meta"]["exponent"]) == (None, None)


def test_a_choice_of_metrics(merchant: Merchant) -> None:
    within = answers.preset("last_30d", today(merchant))
    answer = expect(merchant.api.summary(**within.parameters(), metrics="orders,net_sales"))
    wanted = answers.summary(merchant.shop, within)
    for element, whole in zip(answer["data"], wanted, strict=True):
        assert element["metrics"] == {name: whole["metrics"][name] for name in ("orders", "net_sales")}
    series = expect(merchant.api.series(**within.parameters(), currency="EUR", metrics="refunded"))
    assert list(series["data"]["values"]) == ["refunded"]


@pytest.mark.parametrize("days", [1, 3, 4, 100, 101, 366, 367])
def test_the_interval_when_none_is_given(merchant: Merchant, days: int) -> None:
    end = today(merchant)
    within = Range(end - timedelta(days=days), end)
    answer = expect(merchant.api.series(**within.parameters(), currency="EUR"))
    assert answer["data"] == answers.series(merchant.shop, within, answers.usual_interval(days), "EUR")
    assert answer["query"]["interval"] == answers.usual_interval(days)


@pytest.mark.parametrize("interval", ["week", "month"])
def test_weeks_and_months(merchant: Merchant, interval: str) -> None:
    """Cut where the range begins and ends, also when it is told by instants."""
    end = today(merchant)
    within = Range(end - timedelta(days=45), end + timedelta(days=1))
    merchant.check_series(within, interval, "EUR")
    assert isinstance(within.start, date) and isinstance(within.end, date)
    zone = merchant.shop.zone
    merchant.check_series(Range(zone.day_start(within.start), zone.day_start(within.end)), interval, "JPY")


def test_the_limits_of_a_series(merchant: Merchant) -> None:
    end = date(2026, 11, 1)
    for days, status in ((100, 200), (101, 422)):
        within = Range(end - timedelta(days=days), end)
        answer = merchant.api.series(**within.parameters(), currency="EUR", interval="hour")
        assert answer.status_code == status, days
    check_problem(answer, 422, "range_too_large")
    check_problem(
        merchant.api.series(**Range(date(2016, 10, 1), end).parameters(), currency="EUR", interval="day"),
        422,
        "range_too_large",
    )
    ten_years = Range(date(2016, 11, 1), end)
    for interval, buckets in (("day", 3652), ("week", 522), ("month", 120)):
        data = expect(merchant.api.series(**ten_years.parameters(), currency="EUR", interval=interval))["data"]
        assert len(data["start"]) == buckets


RANGE = {"from": "2026-11-01", "to": "2026-11-02"}
REFUSED: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "from = to": ("summary", {"from": "2026-11-01", "to": "2026-11-01"}, 422, "invalid_range"),
    "from > to": ("summary", {"from": "2026-11-02", "to": "2026-11-01"}, 422, "invalid_range"),
    "no hour boundary": ("summary", {"from": "2026-11-01T00:30:00Z", "to": "2026-11-02"}, 422, "invalid_range"),
    "instant with fraction": ("summary", {"from": "2026-11-01T00:00:00.5Z", "to": "2026-11-02"}, 422, "invalid_range"),
    "no date": ("summary", {"from": "2026-13-01", "to": "2026-11-02"}, 422, "invalid_range"),
    "local time without zone": ("summary", {"from": "2026-11-01T00:00:00", "to": "2026-11-02"}, 422, "invalid_range"),
    "from alone": ("summary", {"from": "2026-11-01"}, 422, "invalid_range"),
    "no range": ("summary", {}, 422, "invalid_range"),
    "range and from": ("summary", {"range": "today", **RANGE}, 422, "invalid_range"),
    "unknown preset": ("summary", {"range": "last_8d"}, 422, "invalid_field"),
    "interval=second": ("series", {**RANGE, "currency": "EUR", "interval": "second"}, 422, "invalid_field"),
    "weeks of hours": (
        "series",
        {"from": "2026-11-01T10:00:00Z", "to": "2026-11-20", "currency": "EUR", "interval": "week"},
        422,
        "invalid_range",
    ),
    "compare=last_year": ("summary", {**RANGE, "compare": "last_year"}, 422, "invalid_field"),
    "match alone": ("summary", {**RANGE, "match": "date"}, 422, "invalid_field"),
    "match of a period": ("summary", {**RANGE, "compare": "previous_period", "match": "date"}, 422, "invalid_field"),
    "match=month": ("summary", {**RANGE, "compare": "previous_year", "match": "month"}, 422, "invalid_field"),
    "compared with 1969": (
        "summary",
        {"from": "1970-06-01", "to": "1970-06-02", "compare": "previous_year"},
        422,
        "invalid_range",
    ),
    "no currency": ("series", RANGE, 422, "currency_required"),
    "currency eur": ("summary", {**RANGE, "currency": "eur"}, 422, "invalid_currency"),
    "currency not sold in": ("summary", {**RANGE, "currency": "USD"}, 422, "invalid_currency"),
    "unknown metric": ("summary", {**RANGE, "metrics": "orders,turnover"}, 422, "invalid_field"),
    "metric twice": ("summary", {**RANGE, "metrics": "orders,orders"}, 422, "invalid_field"),
    "unknown parameter": ("summary", {**RANGE, "form": "2026"}, 400, "unknown_parameter"),
    "interval of a summary": ("summary", {**RANGE, "interval": "day"}, 400, "unknown_parameter"),
    "parameter twice": ("summary", {"range": ["today", "today"]}, 400, "duplicate_parameter"),
    "max_staleness=2": ("summary", {**RANGE, "max_staleness": "2"}, 422, "invalid_field"),
    "max_staleness=-1s": ("summary", {**RANGE, "max_staleness": "-1s"}, 422, "invalid_field"),
    "after=now": ("summary", {**RANGE, "after": "now"}, 422, "invalid_field"),
    "after of another version": ("summary", {**RANGE, "after": "p2_0000000000000001"}, 422, "invalid_field"),
}


@pytest.mark.parametrize(("route", "params", "status", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_questions_that_are_refused(
    merchant: Merchant, route: str, params: dict[str, Any], status: int, code: str
) -> None:
    check_problem(merchant.api.get(f"/metrics/{route}", **params), status, code)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("range=%zz", 400, "malformed_request"),
        ("range=%00", 400, "malformed_request"),
        ("range=%c0%af", 400, "malformed_request"),
        ("=today", 400, "malformed_request"),
        ("range", 400, "malformed_request"),
        ("range=today%0a", 422, "invalid_field"),  # can be read, and is no preset
    ],
)
def test_queries_that_cannot_be_read(merchant: Merchant, query: str, status: int, code: str) -> None:
    check_problem(merchant.api.http.get(f"{merchant.api.base}/metrics/summary?{query}"), status, code)


def test_after_waits_for_ones_own_order(merchant: Merchant) -> None:
    receipt = merchant.order(ORDER)
    answer = expect(merchant.api.summary(range="last_30d", after=receipt["position"]))
    assert answer["meta"]["position"] >= receipt["position"]


def test_after_a_position_that_is_not_reached(merchant: Merchant) -> None:
    """Two seconds of waiting, then 503; at once for what lies in the future."""

    def wait_s(ahead_s: int) -> float:
        position = ((merchant.stack.cluster_time() >> 32) + ahead_s) << 32
        before = time.monotonic()
        answer = merchant.api.summary(range="today", after=f"p1_{position:016x}")
        check_problem(answer, 503, "position_not_reached")
        return time.monotonic() - before

    assert 1.5 < wait_s(ahead_s=4) < 4.0
    assert wait_s(ahead_s=3600) < 1.5


def test_staleness(merchant: Merchant) -> None:
    expect(merchant.api.summary(range="today", max_staleness="10s"))
    check_problem(merchant.api.summary(range="today", max_staleness="0ms"), 503, "too_stale")


def test_an_unchanged_answer_is_not_sent_again(merchant: Merchant) -> None:
    """The tag is over figures and flags, not over as_of: time alone does not change it."""
    within = answers.preset("yesterday", today(merchant)).parameters()
    path = merchant.api.base + "/metrics/summary"
    first = merchant.api.http.get(path, params=within)
    tag = {"If-None-Match": first.headers["ETag"]}
    assert tag["If-None-Match"].startswith('W/"')
    eventually(lambda: expect(merchant.api.summary(**within))["meta"]["position"] > first.json()["meta"]["position"])
    unchanged = merchant.api.http.get(path, params=within, headers=tag)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert RFC3339_MS.fullmatch(unchanged.headers["Takings-As-Of"])
    assert unchanged.headers["Takings-Position"] > first.json()["meta"]["position"]
    yesterday = datetime.now(UTC) - timedelta(days=1)
    merchant.order(ORDER | {"placed_at": yesterday.isoformat()})
    merchant.settled()
    assert expect(merchant.api.http.get(path, params=within, headers=tag))["data"] != first.json()["data"]


def test_the_future_is_zero_and_not_complete(merchant: Merchant) -> None:
    tomorrow = today(merchant) + timedelta(days=1)
    within = Range(tomorrow, tomorrow + timedelta(days=1))
    merchant.check_all(within)
    assert expect(merchant.api.summary(**within.parameters()))["meta"]["complete"] is False


def test_definitions(merchant: Merchant) -> None:
    answer = expect(merchant.api.get("/metrics/definitions"))
    assert {metric["name"] for metric in answer["data"]} == {*ADDITIVE, *DERIVED}
    derived = {metric["name"] for metric in answer["data"] if not metric["additive"]}
    assert derived == set(DERIVED)
    assert {metric["unit"] for metric in answer["data"]} == {"count", "money"}
    for metric in answer["data"]:
        assert metric["label"] and metric["formula"] and metric["date_basis"] and metric["version"] == 1


def test_status(merchant: Merchant) -> None:
    merchant.stack.batch("verify", "--merchant", merchant.id)
    data = expect(merchant.api.status())["data"]
    assert (data["state"], data["parked"], data["drift"], data["rebuild"]) == ("ok", [], 0, None)
    assert data["last_verify"]["ok"] is True and data["last_verify"]["differing"] == 0
    assert data["late_entries"] >= 4


def test_verified_through_is_the_end_of_an_hour_behind_as_of(merchant: Merchant) -> None:
    merchant.stack.batch("verify", "--merchant", merchant.id)

    def proved() -> Any:
        return expect(merchant.api.summary(range="today"))["meta"]["verified_through"]

    through = instant_ms(eventually(proved)) // 1000
    assert through % 3600 == 0 and time.time() - 2 * 3600 < through <= time.time()


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/version"])
def test_probes(merchant: Merchant, path: str) -> None:
    assert merchant.api.http.get(path, headers={"Authorization": ""}).status_code == 200


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/merchants/", "/v2/session", "/nothing"])
def test_routes_that_are_not_there(merchant: Merchant, path: str) -> None:
    check_problem(merchant.api.http.get(path), 404, "not_found")
