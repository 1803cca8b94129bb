"""The made-up shop of the demo."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from demo.generate_shop import CURRENCIES, DAYS, ORDERS_PER_DAY, ZONE, Shop

UNTIL = datetime(2026, 11, 23, 12, 34, 56, 789000, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop(UNTIL)


def placed(order: dict) -> datetime:
    return datetime.fromisoformat(order["placed_at"])


def value_of(line: dict) -> int:
    return line["quantity"] * line["unit_price"] - line.get("discount", 0)


def test_same_seed_and_time_give_the_same_shop(shop: Shop) -> None:
    again = Shop(UNTIL)
    assert (again.orders, again.refunds) == (shop.orders, shop.refunds)
    assert Shop(UNTIL, seed=1).orders != shop.orders


def test_a_year_in_order_of_time_up_to_now(shop: Shop) -> None:
    times = [placed(order) for order in shop.orders]
    assert times == sorted(times)
    assert UNTIL - timedelta(days=DAYS, hours=1) <= times[0] and times[-1] < UNTIL
    assert DAYS * ORDERS_PER_DAY * 0.9 < len(times) < DAYS * ORDERS_PER_DAY * 1.1
    assert len({order["reference"] for order in shop.orders}) == len(times)


def test_bodies_obey_the_rules_of_orders(shop: Shop) -> None:
    for order in shop.orders:
        assert order["currency"] in CURRENCIES
        for line in order["lines"]:
            amounts = [line["unit_price"], line.get("discount", 0), line["tax"]]
            assert all(type(amount) is int and amount >= 0 for amount in amounts)
            assert value_of(line) >= 0 and 1 <= line["quantity"] <= 1_000_000
        assert 0 <= order.get("discount", 0) <= sum(map(value_of, order["lines"]))


def test_variety(shop: Shop) -> None:
    used = Counter(name for order in shop.orders for name in ("discount", "shipping") if name in order)
    used.update("line discount" for order in shop.orders for line in order["lines"] if "discount" in line)
    assert {order["currency"] for order in shop.orders} == set(CURRENCIES)
    assert min(used["discount"], used["shipping"], used["line discount"]) > 500


def test_the_day_has_a_rhythm_in_the_shops_zone(shop: Shop) -> None:
    hours = Counter(placed(order).astimezone(ZoneInfo(ZONE)).hour for order in shop.orders)
    assert hours.most_common(1)[0][0] in (19, 20) and hours[3] < hours[20] / 5


def test_refunds_fit_their_orders(shop: Shop) -> None:
    orders = {order["reference"]: order for order in shop.orders}
    assert len(shop.refunds) > len(orders) * 0.03
    for refund in shop.refunds:
        order, body = orders[refund.reference], refund.body
        assert placed(order) < datetime.fromisoformat(body["refunded_at"]) < UNTIL
        for line in body.get("lines", []):
            assert 1 <= line["quantity"] <= order["lines"][line["line"] - 1]["quantity"]
        goods = sum(map(value_of, order["lines"])) - order.get("discount", 0)
        assert body.get("goods", 0) <= goods
