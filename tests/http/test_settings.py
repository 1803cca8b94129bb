"""A merchant's name, currencies, zone and locale, changed by owners."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from oracle.answers import Range
from oracle.rows import card_key
from support.api import Body, expect
from support.browser import Browser
from support.merchant import Merchant
from support.poll import eventually
from support.problems import check_problem, pointers


@pytest.fixture(scope="module")
def merchant(add_merchant: Callable[..., Merchant]) -> Merchant:
    return add_merchant()


@pytest.fixture(scope="module")
def owner(merchant: Merchant) -> Iterator[Browser]:
    with Browser.of_new_user(merchant.stack, merchant.id, "owner") as browser:
        yield browser


def settings(owner: Browser, merchant: Merchant) -> dict[str, Any]:
    answer: dict[str, Any] = expect(owner.get(f"{merchant.api.base}/settings"))
    return answer


def patch(owner: Browser, merchant: Merchant, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = expect(owner.send("PATCH", f"{merchant.api.base}/settings", body))
    assert settings(owner, merchant) == answer
    return answer


def order_at(instant: datetime, currency: str = "EUR") -> Body:
    line = {"product_id": "a", "name": "A", "quantity": 1, "unit_price": 500}
    return {"currency": currency, "placed_at": instant.isoformat(), "lines": [line]}


def test_what_there_is(merchant: Merchant, owner: Browser) -> None:
    assert settings(owner, merchant) == {
        "merchant": {
            "id": merchant.id,
            "name": merchant.id,
            "timezone": "Europe/Berlin",
            "currencies": ["EUR"],
            "exponents": {"EUR": 2},
            "locale": None,
        }
    }


def test_another_name(merchant: Merchant, owner: Browser) -> None:
    before = settings(owner, merchant)["merchant"]
    name = "Teeladen Süd „Zur Kanne“"
    assert patch(owner, merchant, name=name) == {"merchant": before | {"name": name}}
    assert expect(owner.get("/v1/merchants"))["data"][0]["name"] == name
    assert patch(owner, merchant) == {"merchant": before | {"name": name}}  # nothing is asked for, nothing changes


def test_another_zone_cuts_the_history_anew(merchant: Merchant, owner: Browser) -> None:
    """An order late on a day in Berlin was made early on the next in Tokyo."""
    day = datetime.now(UTC).date() - timedelta(days=7)
    merchant.order(order_at(datetime.combine(day, time(20, 30), UTC)))
    assert patch(owner, merchant, timezone="Asia/Tokyo")["merchant"]["timezone"] == "Asia/Tokyo"
    merchant.shop.set_zone("Asia/Tokyo")

    def is_cut() -> bool:
        answer = merchant.api.summary(range="today")
        return answer.status_code == 200 and answer.json()["meta"]["timezone"] == "Asia/Tokyo"

    eventually(is_cut)
    for start in (day, day + timedelta(days=1)):
        merchant.check_all(Range(start, start + timedelta(days=1)))
    [old] = merchant.stack.mongo.takings.merchants.find_one({"_id": merchant.id})["zones"]  # type: ignore[index]
    assert old["zone"] == "Europe/Berlin"


def test_zones_without_end_do_not_pile_up(merchant: Merchant, owner: Browser) -> None:
    """Every write and read of the merchant carries them along."""
    kept = merchant.stack.mongo.takings.merchants
    many = [{"zone": f"Etc/GMT+{number % 12}", "until": datetime.now(UTC)} for number in range(1000)]
    kept.update_one({"_id": merchant.id}, {"$set": {"zones": many}})
    before = settings(owner, merchant)["merchant"]["timezone"]
    patch(owner, merchant, timezone="America/Lima")
    patch(owner, merchant, timezone=before)
    zones = kept.find_one({"_id": merchant.id})["zones"]  # type: ignore[index]
    assert len(zones) == 100
    assert [zone["zone"] for zone in zones[-3:]] == [many[-1]["zone"], before, "America/Lima"]


def test_another_currency(merchant: Merchant, owner: Browser) -> None:
    instant = datetime.now(UTC) - timedelta(days=2)
    assert merchant.api.post_order(order_at(instant, "JPY")).status_code == 422
    changed = patch(owner, merchant, currencies=["JPY", "EUR"])["merchant"]
    assert (changed["currencies"], changed["exponents"]) == (["EUR", "JPY"], {"EUR": 2, "JPY": 0})
    expect(merchant.api.post_order(order_at(instant, "JPY")), 201)

    def counts() -> bool:
        answer = merchant.api.summary(range="last_7d", currency="JPY")
        return answer.status_code == 200 and answer.json()["data"][0]["metrics"]["gross_sales"] == 500

    eventually(counts)
    gone = owner.send("PATCH", f"{merchant.api.base}/settings", {"currencies": ["JPY"]})
    assert pointers(check_problem(gone, 422, "invalid_field")) == {"/currencies": "invalid_field"}
    assert settings(owner, merchant)["merchant"] == changed


def test_another_locale_leaves_every_figure_as_it_is(merchant: Merchant, owner: Browser) -> None:
    """It is for all who read, and no reason to cut anything anew."""
    merchant.order(order_at(datetime.now(UTC) - timedelta(hours=3)))
    merchant.settled()
    before, card = settings(owner, merchant)["merchant"], card_of(merchant)
    for tag in ("de-CH", "ar-KW-u-nu-latn", None):
        assert patch(owner, merchant, locale=tag)["merchant"] == before | {"locale": tag}
        for answer in (owner.get("/v1/session"), owner.get("/v1/merchants"), merchant.api.http.get("/v1/merchants")):
            told = expect(answer)
            assert told.get("merchants", told.get("data"))[0]["locale"] == tag
        merchant.settled()  # the batch has seen the change
        assert card_of(merchant) == card
    assert patch(owner, merchant, name="Tea")["merchant"]["locale"] is None


def card_of(merchant: Merchant) -> bytes:
    card: bytes = merchant.stack.redis.get(card_key(merchant.id))
    assert card
    return card


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"name": ""}, {"/name": "invalid_field"}),
        ({"name": "x" * 201}, {"/name": "invalid_field"}),
        ({"name": "ü" * 101}, {"/name": "invalid_field"}),
        ({"name": "a\nb"}, {"/name": "invalid_field"}),
        ({"timezone": "Mars/Olympus"}, {"/timezone": "invalid_timezone"}),
        ({"timezone": "../../etc/passwd"}, {"/timezone": "invalid_timezone"}),
        ({"timezone": 1}, {"/timezone": "invalid_field"}),
        ({"locale": "de_CH"}, {"/locale": "invalid_field"}),
        ({"locale": ""}, {"/locale": "invalid_field"}),
        ({"locale": 5}, {"/locale": "invalid_field"}),
        ({"currencies": []}, {"/currencies": "invalid_field"}),
        ({"currencies": ["EUR", "eur"]}, {"/currencies/1": "invalid_currency"}),
        (
            {"currencies": ["EUR", "XAU", 5, "EUR"]},
            dict.fromkeys((f"/currencies/{i}" for i in (1, 2, 3)), "invalid_currency"),
        ),
        ({"currencies": ["EUR"] * 17}, {"/currencies": "too_many_items"}),
        ({"id": "other", "timezone": "UTC"}, {"/id": "unknown_field"}),
    ],
    ids=str,
)
def test_settings_that_cannot_be(
    merchant: Merchant, owner: Browser, body: dict[str, Any], where: dict[str, str]
) -> None:
    before = settings(owner, merchant)
    problem = check_problem(
        owner.send("PATCH", f"{merchant.api.base}/settings", body), 422, next(iter(where.values()))
    )
    assert pointers(problem) == where
    assert settings(owner, merchant) == before


