"""The quarantine as a merchant's owner sees it: foreign keys of the ledger, and looking at one again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from bson import Timestamp

from support.api import ALL_SCOPES, Body, expect
from support.browser import Browser
from support.merchant import Merchant
from support.poll import eventually
from support.problems import check_problem

ORDER: Body = {"currency": "EUR", "lines": [{"product_id": "a", "name": "A", "quantity": 1, "unit_price": 700}]}
NONE = "qua_" + "0" * 32


class Owner:
    """An owner's browser on one merchant's quarantine."""

    def __init__(self, merchant: Merchant, browser: Browser) -> None:
        self.merchant, self.browser = merchant, browser
        self.path = f"/v1/merchants/{merchant.id}/quarantine"

    def list(self, **params: Any) -> list[dict[str, Any]]:
        data: list[dict[str, Any]] = expect(self.browser.get(self.path, **params))["data"]
        return data

    def retry(self, entry: str, headers: dict[str, str] | None = None) -> httpx.Response:
        sent = self.browser.headers() if headers is None else headers
        return self.browser.http.post(f"{self.path}/{entry}/retry", headers=sent)

    def recuts(self) -> int:
        found = self.merchant.stack.mongo.takings.merchants.find_one({"_id": self.merchant.id})
        assert found is not None
        return int(found["recut"])

    def plant(self, key: str, seconds: int = 1) -> str:
        """As an older tailer would have noted it; the key."""
        whole = f"{self.merchant.id}/{key}"
        note = {"_id": whole, "why": "the ledger key does not parse", "at": Timestamp(seconds, 1)}
        self.merchant.stack.mongo.takings_people.quarantine.insert_one(note)
        return whole

    def insert(self, key: str) -> str:
        """Past the product, under a key that it never writes; the key."""
        ledger = self.merchant.stack.mongo.takings.ledger
        stored = ledger.find_one({"m": self.merchant.id})
        assert stored is not None
        foreign = stored | {"_id": f"{self.merchant.id}/{key}", "idem": f"orders/foreign-{key}"}
        ledger.insert_one(foreign, bypass_document_validation=True)
        return str(foreign["_id"])


@pytest.fixture(scope="module")
def only_owner(add_merchant: Callable[..., Merchant]) -> Iterator[Owner]:
    merchant = add_merchant()
    with Browser.of_new_user(merchant.stack, merchant.id, "owner") as browser:
        yield Owner(merchant, browser)


@pytest.fixture
def owner(only_owner: Owner) -> Owner:
    """With nothing in quarantine."""
    notes = only_owner.merchant.stack.mongo.takings_people.quarantine
    notes.delete_many({"_id": {"$regex": f"^{only_owner.merchant.id}"}})
    return only_owner


def test_a_foreign_key_is_shown_until_it_is_gone(owner: Owner) -> None:
    """A retry does not make a stranger's key ours; once it is out of the ledger, a retry forgets it."""
    owner.merchant.order(ORDER)
    key = owner.insert("not-a-ulid")
    (entry,) = eventually(owner.list)
    assert entry["key"] == key and entry["reason"] == "the ledger key does not parse"
    assert entry["seen_at"].endswith("Z") and entry["id"].startswith("qua_")
    before = owner.recuts()
    assert expect(owner.retry(entry["id"]), 202) == {"retry": {"id": entry["id"], "state": "asked"}}
    assert owner.recuts() == before + 1
    owner.merchant.settled()
    assert [again["key"] for again in owner.list()] == [key]
    owner.merchant.stack.mongo.takings.ledger.delete_one({"_id": key})
    owner.merchant.settled()  # the tailer has seen that, too
    expect(owner.retry(entry["id"]), 202)
    assert owner.list() == [] and expect(owner.merchant.api.status())["data"]["quarantine"] == 0
    check_problem(owner.retry(entry["id"]), 404, "not_found")
    owner.merchant.settled()
    owner.merchant.check_stored()


def test_a_key_that_parses_by_now_is_counted_and_forgotten(owner: Owner) -> None:
    receipt = owner.merchant.order(ORDER)
    owner.plant(receipt["order"]["id"].removeprefix("ord_"))
    (entry,) = owner.list()
    expect(owner.retry(entry["id"]), 202)
    assert owner.list() == []
    owner.merchant.settled()
    owner.merchant.check_stored()


def test_who_asked_is_in_the_audit(owner: Owner) -> None:
    owner.plant("x")
    (entry,) = owner.list()
    answer = owner.retry(entry["id"])
    expect(answer, 202)
    audit = owner.merchant.stack.mongo.takings_people.audit
    (record,) = list(audit.find({"request_id": answer.headers["Request-Id"]}))
    assert (record["m"], record["action"]) == (owner.merchant.id, "quarantine.retry")
    assert record["subject"] == entry["id"] and record["who"].startswith("usr_")
    refused = owner.retry(NONE)
    check_problem(refused, 404, "not_found")
    assert audit.count_documents({"request_id": refused.headers["Request-Id"]}) == 0


def test_pages_newest_first(owner: Owner) -> None:
    planted = [owner.plant(f"k{n}", seconds=100 + n // 2) for n in range(7)]
    keys = [entry["key"] for entry in owner.list()]
    assert sorted(keys) == planted and keys[0] == planted[6] and set(keys[-2:]) == set(planted[:2])
    for limit in (1, 3):
        found: list[list[str]] = []
        cursor: dict[str, str] = {}
        while True:
            page = expect(owner.browser.get(owner.path, limit=limit, **cursor))
            found.append([entry["key"] for entry in page["data"]])
            if not page["has_more"]:
                break
            cursor = {"cursor": page["next_cursor"]}
            owner.plant(f"z{limit}{len(found)}", seconds=1000)  # newer: does not disturb what is behind
        assert sum(found, []) == keys and all(len(part) == limit for part in found[:-1])
        owner.merchant.stack.mongo.takings_people.quarantine.delete_many({"at": Timestamp(1000, 1)})
    check_problem(owner.browser.get(owner.path, cursor="bogus"), 400, "invalid_cursor")
    check_problem(owner.browser.get(owner.path, limit="201"), 422, "out_of_range")


def test_keys_are_shown_bounded_and_in_visible_characters(owner: Owner) -> None:
    owner.plant("caf\u00e9\n\\\u202e", seconds=3)
    owner.plant("k" * 5000, seconds=2)
    first, second = owner.list()
    assert first["key"] == owner.merchant.id + r"/caf\xc3\xa9\x0a\x5c\xe2\x80\xae"
    assert len(second["key"]) == 100 and second["key"].endswith("k...")
    for entry in (first, second):
        expect(owner.retry(entry["id"]), 202)
    assert owner.list() == []  # the ledger has neither


def test_another_merchants_key_is_absent(owner: Owner, add_merchant: Callable[..., Merchant]) -> None:
    """Also that of one whose name begins alike."""
    other = add_merchant()
    notes = owner.merchant.stack.mongo.takings_people.quarantine
    for foreign in (other.id, owner.merchant.id + "0", owner.merchant.id + "-x"):
        notes.insert_one({"_id": f"{foreign}/x", "why": "planted", "at": Timestamp(1, 1)})
    assert owner.list() == []
    with Browser.of_new_user(other.stack, other.id, "owner") as browser:
        (entry,) = Owner(other, browser).list()
        check_problem(owner.retry(entry["id"]), 404, "not_found")
        assert Owner(other, browser).list() == [entry]


def test_keys_that_are_not_there(owner: Owner) -> None:
    before = owner.recuts()
    for entry in (NONE, "qua_", "x", "q" * 500, NONE + "0", "%2e%2e"):
        check_problem(owner.retry(entry), 404, "not_found")
    assert owner.recuts() == before


def test_only_owners_may(owner: Owner) -> None:
    """No key, whatever its scopes; no other role; and only from our own page."""
    merchant = owner.merchant
    owner.plant("x")
    (entry,) = owner.list()
    secret = merchant.new_key(*ALL_SCOPES)["secret"]
    bearer = {"Authorization": f"Bearer {secret}"}
    check_problem(httpx.get(merchant.stack.url + owner.path, headers=bearer), 403, "forbidden")
    retry = f"{merchant.stack.url}{owner.path}/{entry['id']}/retry"
    check_problem(httpx.post(retry, headers=bearer), 403, "forbidden")
    for role in ("analyst", "clerk"):
        with Browser.of_new_user(merchant.stack, merchant.id, role) as browser:
            check_problem(browser.get(owner.path), 403, "forbidden")
            check_problem(Owner(merchant, browser).retry(entry["id"]), 403, "forbidden")
    before = owner.recuts()
    for headers in ({}, {"Origin": owner.browser.origin}, owner.browser.headers() | {"Origin": "https://a.example"}):
        check_problem(owner.retry(entry["id"], headers), 403, "csrf")
    assert owner.recuts() == before and owner.list() == [entry]
