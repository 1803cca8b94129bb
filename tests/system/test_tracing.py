"""One request's id, from nginx to the receipt and the figures; and what no log may hold."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx

from support.api import Body, expect, new_key
from support.merchant import Merchant
from support.poll import eventually
from support.stack import Stack

CANARY = "canary-7f3a"
LINE = re.compile(r'[a-z_]+=("[^"]*"|[^\s"]*)( [a-z_]+=("[^"]*"|[^\s"]*))*')
OUR_PROGRAMS = ("worker-1", "worker-2", "tailer")


def order_with(note: str) -> Body:
    return {
        "currency": "EUR",
        "lines": [{"product_id": f"{note}-product", "name": f"{note}-name", "quantity": 2, "unit_price": 100}],
        "note": f"{note}-note",
        "reference": f"{note}-reference",
        "customer_id": f"{note}-customer",
    }


def lines_with(text: str, needle: str, *words: str) -> list[str]:
    return [line for line in text.splitlines() if needle in line and all(word in line for word in words)]


def check_traced(stack: Stack, receipt: httpx.Response, kind: str, route: str) -> None:
    """The same id in nginx' log, the worker's, the ledger, tailer's and batch's logs, and the receipt."""
    request_id = receipt.headers["Request-Id"]
    entry = expect(receipt, 201)[kind]
    assert entry["request_id"] == request_id
    [stored] = stack.mongo.takings.ledger.find({"request_id": request_id})
    assert stored["_id"].endswith(entry["id"].partition("_")[2])
    assert len(lines_with(stack.log("access"), f"request_id={request_id} ", "status=201")) == 1
    workers = stack.log("worker-1") + stack.log("worker-2")
    words = (" event=request ", f" route={route} ", " status=201")
    assert len(lines_with(workers, f" request_id={request_id} ", *words)) == 1

    def counted() -> bool:
        log = stack.log("tailer")  # its child's lines too
        found = [lines_with(log, request_id, f" program={name} event=traced ") for name in ("tailer", "batch")]
        return [len(lines) for lines in found] == [1, 1]

    eventually(counted)


def test_an_order_and_its_refund_are_traced(stack: Stack, merchant: Merchant) -> None:
    orders = "/v1/merchants/{merchant}/orders"
    key = new_key()
    order = merchant.api.post_order(order_with("traced"), key)
    check_traced(stack, order, "order", orders)
    identity = order.json()["order"]["id"]
    refund = merchant.api.post_refund(identity, {"lines": [{"line": 1, "quantity": 1}]})
    check_traced(stack, refund, "refund", f"{orders}/{{id}}/refunds")

    replayed = merchant.api.post_order(order_with("traced"), key)
    assert replayed.headers["Request-Id"] != order.headers["Request-Id"]
    assert replayed.json()["order"]["request_id"] == order.headers["Request-Id"], "of the request that stored it"
    shown = expect(merchant.api.get(f"/orders/{identity}"))
    assert shown["request_id"] == order.headers["Request-Id"]
    assert [entry["request_id"] for entry in shown["refunds"]] == [refund.headers["Request-Id"]]
    assert "request_id" not in expect(merchant.api.post_order(order_with("dry"), dry_run="true"))["order"]


def test_many_at_once_are_all_traced(stack: Stack, merchant: Merchant) -> None:
    """More than one line of the log holds."""
    ids = [merchant.api.post_order(order_with("many")).headers["Request-Id"] for _ in range(40)]
    merchant.settled()
    log = stack.log("tailer")
    traced = ",".join(re.findall(r"program=batch event=traced \S+ request_ids=(\S+)", log)).split(",")
    assert [traced.count(identity) for identity in ids] == [1] * len(ids)


def test_logs_are_lines_of_keys_and_values_without_secrets(
    stack: Stack, add_merchant: Callable[..., Merchant]
) -> None:
    """Notes, names, keys, passwords, cookies and tokens are planted in every place a caller can put them."""
    merchant = add_merchant()
    secret = merchant.new_key("orders:write")["secret"]
    base = f"{stack.url}{merchant.api.base}"
    bearer = {"Authorization": f"Bearer {secret}"}
    body = order_with(CANARY)
    planted = {"Idempotency-Key": f"{CANARY}-key"}
    assert httpx.post(f"{base}/orders", json=body, headers=bearer | planted).status_code == 201
    for wrong in (body | {"note": f"{CANARY}\x07"}, body | {CANARY: 1}, body | {"currency": CANARY}, CANARY):
        answer = httpx.post(f"{base}/orders", json=wrong, headers=bearer | planted)
        assert answer.status_code in (400, 422)
    forged = {"Authorization": f"Bearer tk_live_{CANARY}"}
    assert httpx.post(f"{base}/orders", json=body, headers=forged).status_code == 401
    assert httpx.get(f"{base}/orders?{CANARY}={CANARY}", headers=bearer).status_code in (400, 403)
    credentials = {"email": f"{CANARY}@shop.example", "password": f"{CANARY}-password"}
    origin = {"Origin": stack.url, "Cookie": f"takings={CANARY}", "X-CSRF-Token": CANARY, "User-Agent": CANARY}
    assert httpx.post(f"{stack.url}/v1/session", json=credentials, headers=origin).status_code == 401
    merchant.settled()

    logs = {path.name: path.read_text(errors="replace") for path in (stack.folder / "log").glob("*.log")}
    secrets = [path.read_text() for path in (stack.folder / "secrets").iterdir()]
    for text in logs.values():
        assert CANARY not in text and secret not in text
        assert not any(word in text for word in secrets)
    lines = [line for part in OUR_PROGRAMS for line in logs[f"{part}.log"].splitlines()]
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert [line for line in logs["access.log"].splitlines() if not LINE.fullmatch(line)] == []
