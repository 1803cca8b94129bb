"""One key, one order: however often, and however many at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from oracle.shop import position_number
from support.api import Body, expect, new_key
from support.merchant import Merchant
from support.problems import check_problem, nothing_stored

ORDER: Body = {
    "currency": "EUR",
    "lines": [{"product_id": "a", "name": "A", "quantity": 2, "unit_price": 500}],
    "reference": "R-1",
}
AT_ONCE = 50
MOST = 45  # of those: who contends for too long is told to ask again


@pytest.fixture(scope="module")
def merchant(add_merchant: Callable[..., Merchant]) -> Merchant:
    return add_merchant()


def same_receipt(first: httpx.Response, again: httpx.Response) -> None:
    """The same but for the position, which may be later, and marked as a replay."""
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Location"] == first.headers["Location"]
    one, other = first.json(), again.json()
    assert position_number(other.pop("position")) >= position_number(one.pop("position"))
    assert one == other


def test_the_same_again_is_the_first_answer(merchant: Merchant) -> None:
    key = new_key()
    first = merchant.api.post_order(ORDER, key)
    expect(first, 201)
    with nothing_stored(merchant):
        same_receipt(first, merchant.api.post_order(ORDER, key))


def test_the_same_in_other_words_is_the_same(merchant: Merchant) -> None:
    """Order of members, white space and escapes do not make another body."""
    key = new_key()
    first = merchant.api.post_order(ORDER, key)
    reordered = json.dumps(dict(reversed(ORDER.items())), indent=3).replace("R-1", "\\u0052-1")
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    again = merchant.api.http.post(merchant.api.base + "/orders", content=reordered, headers=headers)
    same_receipt(first, again)


@pytest.mark.parametrize(
    "change",
    [{"reference": "R-2"}, {"note": "x"}, {"shipping": 1}, {"total": 1000}, {"placed_at": "2026-11-20T12:00:00Z"}],
    ids=lambda change: next(iter(change)),
)
def test_another_body_under_the_key_is_refused(merchant: Merchant, change: Body) -> None:
    key = new_key()
    expect(merchant.api.post_order(ORDER, key), 201)
    with nothing_stored(merchant):
        check_problem(merchant.api.post_order(ORDER | change, key), 422, "idempotency_key_reused")


def test_refunds_have_keys_too(merchant: Merchant) -> None:
    key, order_id, other_order = new_key(), *(merchant.order(ORDER)["order"]["id"] for _ in range(2))
    first = merchant.api.post_refund(order_id, {"goods": 600}, key)
    expect(first, 201)
    with nothing_stored(merchant):
        same_receipt(first, merchant.api.post_refund(order_id, {"goods": 600}, key))
        check_problem(merchant.api.post_refund(order_id, {"goods": 1}, key), 422, "idempotency_key_reused")
        check_problem(merchant.api.post_refund(other_order, {"goods": 600}, key), 422, "idempotency_key_reused")


def test_routes_and_merchants_have_their_own_keys(merchant: Merchant, add_merchant: Callable[..., Merchant]) -> None:
    key, other = new_key(), add_merchant()
    order_id = merchant.order(ORDER, key)["order"]["id"]
    merchant.refund(order_id, {"goods": 1}, key)
    other.order(ORDER, key)


@pytest.mark.parametrize("key", ["k", "k" * 255, "!#$%&'()*+,-./:;<=>?@[]^_`{|}~"])
def test_keys_that_are_allowed(merchant: Merchant, key: str) -> None:
    expect(merchant.api.post_order(ORDER, key), 201)


@pytest.mark.parametrize("key", ["", "k" * 256, "a b", "caf\u00e9", "a\tb"])
def test_keys_that_are_not(merchant: Merchant, key: str) -> None:
    headers = [(b"Idempotency-Key", key.encode())]
    with nothing_stored(merchant):
        answer = merchant.api.http.post(merchant.api.base + "/orders", json=ORDER, headers=headers)
        check_problem(answer, 400, "idempotency_key_missing" if key == "" else "idempotency_key_invalid")


def test_no_key_and_two_keys(merchant: Merchant) -> None:
    path = merchant.api.base + "/orders"
    with nothing_stored(merchant):
        check_problem(merchant.api.http.post(path, json=ORDER), 400, "idempotency_key_missing")
        twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
        answer = merchant.api.http.post(path, json=ORDER, headers=twice)
        check_problem(answer, 400, "idempotency_key_invalid")


def test_fifty_at_the_same_instant_are_one_order(merchant: Merchant) -> None:
    key = new_key()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda _: merchant.api.post_order(ORDER, key), range(AT_ONCE)))
    taken = [answer for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 503}
    assert len({answer.json()["order"]["id"] for answer in taken}) == 1
    assert len(taken) >= MOST
    assert sum("Idempotent-Replayed" not in answer.headers for answer in taken) <= 1
    assert merchant.stack.mongo.takings.ledger.count_documents({"idem": f"orders/{key}"}) == 1


def test_fifty_of_two_kinds_at_the_same_instant(merchant: Merchant) -> None:
    """One body wins; whoever sent it gets its order, and everybody else is told that the key is taken."""
    key = new_key()
    kinds = [ORDER | {"reference": f"R-{number % 2}"} for number in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda body: merchant.api.post_order(body, key), kinds))
    [stored] = expect(merchant.api.get("/orders", idempotency_key=key))["data"]
    for body, answer in zip(kinds, answers, strict=True):
        if answer.status_code == 503:
            continue
        if body["reference"] == stored["reference"]:
            assert expect(answer, 201)["order"]["id"] == stored["id"]
        else:
            check_problem(answer, 422, "idempotency_key_reused")
    assert sum(answer.status_code == 503 for answer in answers) <= AT_ONCE - MOST


def test_fifty_merchants_under_the_same_key(merchant: Merchant, add_merchant: Callable[..., Merchant]) -> None:
    """Fifty of two merchants at once: each has an order of its own."""
    key, both = new_key(), (merchant, add_merchant())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda number: both[number % 2].api.post_order(ORDER, key), range(AT_ONCE)))
    for turn, of in enumerate(both):
        ids = {answer.json()["order"]["id"] for answer in answers[turn::2] if answer.status_code == 201}
        found = of.stack.mongo.takings.ledger.find({"m": of.id, "idem": f"orders/{key}"})
        assert {f"ord_{entry['_id'].partition('/')[2]}" for entry in found} == ids and len(ids) == 1


def test_fifty_refunds_at_the_same_instant_take_no_more_than_there_is(merchant: Merchant) -> None:
    order_id = merchant.order(ORDER)["order"]["id"]  # 1000, in parts of 30: 33 fit
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda _: merchant.api.post_refund(order_id, {"goods": 30}), range(AT_ONCE)))
    taken = [answer for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code == 422]
    assert {answer.json()["code"] for answer in refused} <= {"refund_too_large"}
    assert {answer.status_code for answer in answers} <= {201, 422, 503}
    assert len(taken) + len(refused) >= MOST
    stored = expect(merchant.api.get(f"/orders/{order_id}"))
    assert 1 <= len(taken) == len(stored["refunds"]) <= 33
    assert len(taken) == 33 or not refused  # nobody is refused while there is enough
    assert stored["remaining"]["goods"] == 1000 - 30 * len(taken)
