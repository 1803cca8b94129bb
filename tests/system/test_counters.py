"""What a monitoring system is told: the counts of all processes, those killed too, and never a number made up."""

from __future__ import annotations

import json
import re
import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest

from support.api import expect, new_key
from support.ledger import new_ulid
from support.merchant import Merchant
from support.names import new_merchant_id
from support.poll import eventually
from support.scrape import Scrape
from support.stack import ROOT, Stack
from support.stored_rows import StoredRows

ORDER = {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 1, "unit_price": 100}]}
ORDERS = {"method": "POST", "route": "/v1/merchants/{merchant}/orders"}
SESSION = {"method": "POST", "route": "/v1/session"}


@pytest.fixture(scope="module")
def shop(module_stack: Stack) -> Merchant:
    return Merchant.add(module_stack, new_merchant_id(), "Europe/Berlin", ("EUR",))


def names_of_the_table() -> set[str]:
    return set(re.findall(r'"(takings_\w+)"', (ROOT / "lib" / "base" / "counter_table.c").read_text()))


def folder_of(stack: Stack) -> Path:
    return stack.folder / "data" / "counters"




def trade(shop: Merchant, orders: int) -> None:
    """So many orders, each posted twice under its key, as many bad ones, and as many logins of a stranger."""
    for _ in range(orders):
        key = new_key()
        assert [shop.api.post_order(ORDER, key).status_code for _ in range(2)] == [201, 201]
        assert shop.api.post_order(ORDER | {"currency": "XXX"}).status_code == 422
        body = {"email": "nobody@shop.example", "password": "not a password"}
        origin = {"Origin": shop.stack.url}
        assert shop.api.http.post("/v1/session", json=body, headers=origin).status_code == 401


def test_every_family_of_the_table_is_told_and_no_other(module_stack: Stack, shop: Merchant) -> None:
    module_stack.batch("close", "hour")
    scrape = Scrape(module_stack)
    told = set(re.findall(r"^# TYPE (\S+) ", scrape.text, re.MULTILINE))
    assert told == set(re.findall(r"^# HELP (\S+) \S", scrape.text, re.MULTILINE)) == names_of_the_table()
    assert [scrape.get(f"takings_{name}_up") for name in ("counters", "mongodb", "redis")] == [1, 1, 1]
    running = {name: scrape.get("takings_processes", program=name) for name in ("worker", "tailer", "batch")}
    assert running == {"worker": 2, "tailer": 1, "batch": 1}
    assert scrape.get("takings_worker_threads") == 16
    assert scrape.get("takings_requests_in_flight") == 1, "this one"
    assert scrape.get("takings_rebuilding") == 0
    assert scrape.get("takings_parked_hours") == 0
    assert scrape.get("takings_command_success_timestamp_seconds", command="close hour")
    assert scrape.get("takings_command_success_timestamp_seconds", command="verify") is None, "it was never run"


def test_the_counts_are_what_was_done(module_stack: Stack, shop: Merchant) -> None:
    """Over two workers, one of which is killed and started again."""
    before = Scrape(module_stack)
    trade(shop, 8)
    module_stack.kill("worker-1")
    between = Scrape(module_stack)
    assert between.get("takings_processes", program="worker") == 1
    module_stack.up("worker-1")
    trade(shop, 4)
    shop.settled()
    after = Scrape(module_stack)

    def grown(name: str, **labels: str) -> float:
        return after.count(name, **labels) - before.count(name, **labels)

    assert grown("takings_requests_total", **ORDERS, status="201") == 24
    assert grown("takings_requests_total", **ORDERS, status="422") == 12
    assert grown("takings_requests_total", **SESSION, status="401") == 12
    assert grown("takings_request_duration_seconds_count", **ORDERS) == 36
    assert grown("takings_request_duration_seconds_bucket", **ORDERS, le="+Inf") == 36
    assert grown("takings_events_total", kind="ledger") == 12
    assert grown("takings_flushes_total", outcome="done") >= 1
    assert grown("takings_rows_written_total") >= 3, "at least a minute, its hour and its day"
    assert after.get("takings_processes", program="worker") == 2
    for earlier, later in ((before, between), (between, after)):
        assert [series for series, value in earlier.counted().items() if later.samples[series] < value] == []
    assert {path.name for path in folder_of(module_stack).iterdir()} >= {"worker-01", "worker-02"}
    assert not (folder_of(module_stack) / "worker-03").exists()


def test_only_the_local_listener_tells(module_stack: Stack, shop: Merchant) -> None:
    assert httpx.get(f"{module_stack.url}/metrics").status_code == 404
    assert httpx.get(f"{module_stack.url}/metrics", headers={"Takings-Local": "1"}).status_code == 404
    local = module_stack.env["TAKINGS_METRICS_URL"]
    assert httpx.get(f"{local}?name=all").status_code == 400
    assert httpx.post(local, content=b"").status_code == 405
    for path in ("/", "/metrics/", "/readyz", f"{shop.api.base}/status"):
        assert httpx.get(local.removesuffix("/metrics") + path).status_code == 404


def test_a_hostile_file_is_left_out_and_told(module_stack: Stack, shop: Merchant) -> None:
    before = Scrape(module_stack)
    folder = folder_of(module_stack)
    (folder / "worker-07").write_bytes(b'takings_build_info{version="forged"} 1\n' * 1000)
    (folder / "tailer-09").symlink_to(folder / "tailer-01")
    forged = bytearray((folder / "worker-01").read_bytes())
    forged[32:40] = (-(2**63)).to_bytes(8, "little", signed=True)
    (folder / "worker-08").write_bytes(forged)
    try:
        after = Scrape(module_stack)
        assert after.count("takings_requests_total", **ORDERS, status="201") == before.count(
            "takings_requests_total", **ORDERS, status="201"
        )
        assert "forged" not in after.text
        logs = module_stack.log("worker-1") + module_stack.log("worker-2")
        for name in ("worker-07", "worker-08", "tailer-09"):
            assert f"event=counters_file_ignored file={name} " in logs
    finally:
        for name in ("worker-07", "worker-08", "tailer-09"):
            (folder / name).unlink()


def test_what_goes_wrong_with_figures_is_counted(module_stack: Stack, shop: Merchant) -> None:
    """Drift, a parked hour, re-cuts and a rebuild: each is told by as much as there was of it."""
    day = datetime.now(timezone.utc).date() - timedelta(days=3)
    expect(shop.api.post_order(ORDER | {"placed_at": f"{day}T12:30:00Z"}), 201)
    shop.settled()
    before = Scrape(module_stack)

    rows = StoredRows(shop)
    rows.redis.delete(rows.keys.hours("EUR", day))
    found = module_stack.try_batch("verify", "--json", "--merchant", shop.id)
    assert found.returncode == 1, found.stdout + found.stderr
    [verified] = json.loads(found.stdout)
    assert verified["differing"] >= 1

    ledger = module_stack.mongo.takings.ledger
    entry = ledger.find_one({"m": shop.id, "at": {"$lt": datetime.now(timezone.utc) - timedelta(days=2)}})
    assert entry is not None
    planted = entry | {"_id": f"{shop.id}/{new_ulid(int(entry['at'].timestamp() * 1000))}", "idem": "orders/planted"}
    ledger.insert_one(planted | {"total": "many"}, bypass_document_validation=True)
    eventually(lambda: expect(shop.api.status())["data"]["parked"])
    parked = Scrape(module_stack)
    assert parked.count("takings_parked_total") - before.count("takings_parked_total") == 1
    ledger.delete_one({"_id": planted["_id"]})
    eventually(lambda: expect(shop.api.status())["data"]["parked"] == [])

    module_stack.redis.delete("tk:head")

    def rebuilt() -> bool:
        scrape = Scrape(module_stack)
        rebuilds = [each.count("takings_rebuilds_total", outcome="done") for each in (before, scrape)]
        return rebuilds[1] > rebuilds[0] and scrape.get("takings_rebuilding") == 0

    eventually(rebuilt, limit_s=30)
    after = Scrape(module_stack)

    def grown(name: str, **labels: str) -> float:
        return after.count(name, **labels) - before.count(name, **labels)

    assert grown("takings_unparked_total") == 1
    assert grown("takings_drift_total", command="verify") == verified["differing"]
    assert grown("takings_rebuilds_total", outcome="done") == 1
    assert grown("takings_recuts_total", result="done") >= 1
    assert grown("takings_recuts_total", result="failed") == 0
    merchants = module_stack.mongo.takings.merchants.count_documents({})
    assert after.get("takings_rebuild_merchants") == after.get("takings_rebuild_merchants_done") == merchants
    assert grown("takings_stream_opened_total") >= 1
    module_stack.batch("close", "day")
    assert Scrape(module_stack).get("takings_command_success_timestamp_seconds", command="close day")


def test_what_is_not_known_is_absent(module_stack: Stack, shop: Merchant) -> None:
    counted = Scrape(module_stack).count("takings_requests_total", **ORDERS, status="201")
    folder, aside = folder_of(module_stack), module_stack.folder / "aside"
    module_stack.kill("redis")
    shutil.move(folder, aside)
    try:
        scrape = Scrape(module_stack)
        assert [scrape.get(f"takings_{name}_up") for name in ("counters", "mongodb", "redis")] == [0, 1, 0]
        for name in ("takings_lag_seconds", "takings_as_of_timestamp_seconds", "takings_rebuilding"):
            assert scrape.get(name) is None
        assert scrape.get("takings_worker_threads") is None
        assert scrape.counted() == {}
    finally:
        shutil.move(aside, folder)
        module_stack.up("redis")

    def well_again() -> bool:
        scrape = Scrape(module_stack)
        assert scrape.count("takings_requests_total", **ORDERS, status="201") == counted
        return scrape.get("takings_redis_up") == 1 and (scrape.get("takings_lag_seconds") or 99) < 60

    eventually(well_again, limit_s=30)
    assert Scrape(module_stack).count("takings_redis_failures_total", program="worker") > 0
