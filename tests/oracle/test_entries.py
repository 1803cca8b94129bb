"""The oracle's arithmetic against cases computed by hand."""

from __future__ import annotations

import pytest

from oracle.entries import Money, Order, order_money, order_row, refund_row, spread
from oracle.metrics import average_order_value, balanced, zero

# 3 x 10.00 less 1.00, and 1 x 5.01; 2.00 off the order; tax 3.00 on line 1, 0.50 on the order.
BODY = {
    "currency": "EUR",
    "lines": [
        {"product_id": "a", "name": "A", "quantity": 3, "unit_price": 1000, "discount": 100, "tax": 300},
        {"product_id": "b", "name": "B", "quantity": 1, "unit_price": 501},
    ],
    "discount": 200,
    "shipping": 450,
    "tax": 50,
}


@pytest.mark.parametrize(
    ("amount", "weights", "shares"),
    [
        (100, [1, 1, 1], [34, 33, 33]),  # equal remainders: the lower line
        (1, [1, 2], [0, 1]),  # the larger remainder (2/3) before the lower line
        (200, [2900, 501], [171, 29]),  # 170.54 and 29.46
        (5, [0, 10, 0], [0, 5, 0]),
        (0, [0, 0], [0, 0]),
        (10**12, [10**12 - 1, 1], [10**12 - 1, 1]),
    ],
)
def test_spread(amount: int, weights: list[int], shares: list[int]) -> None:
    assert spread(amount, weights) == shares


def test_order_money() -> None:
    # gross 3501, discounts 100 + 200, tax 300 + 50: 3501 - 300 + 350 + 450
    assert order_money(BODY) == Money(units=4, gross=3501, discounts=300, goods=3201, tax=350, shipping=450, total=4001)


def test_lines_carry_their_share_of_the_discount() -> None:
    order = Order.from_body(BODY)
    assert [(line.goods, line.tax) for line in order.lines] == [(2729, 300), (472, 0)]


def test_default_refunds_floor_cumulatively_and_the_last_unit_takes_the_rest() -> None:
    order = Order.from_body(BODY)
    one = {"lines": [{"line": 1, "quantity": 1}]}
    # 2729 / 3 = 909.67: 909, then 1819 - 909, then 2729 - 1819
    assert [order.refund(one).goods for _ in range(3)] == [909, 910, 910]
    assert order.remaining() == Money(units=1, goods=472, tax=50, shipping=450)


def test_given_amounts_are_made_up_by_the_next_default() -> None:
    order = Order.from_body(BODY)
    order.refund({"lines": [{"line": 1, "quantity": 1, "goods": 100, "tax": 0}]})
    money = order.refund({"lines": [{"line": 1, "quantity": 2}], "shipping": 450})
    assert money == Money(units=2, goods=2629, tax=300, shipping=450, total=3379)


def test_a_default_is_never_below_zero() -> None:
    """Most of line 1 was given back for one unit of three, so that the second is due nothing more."""
    order = Order.from_body(BODY)
    order.refund({"lines": [{"line": 1, "quantity": 1, "goods": 2000}]})
    assert order.refund({"lines": [{"line": 1, "quantity": 1}]}).goods == 0
    assert order.refund({"lines": [{"line": 1, "quantity": 1}]}).goods == 729


def test_defaults_share_what_is_left_of_the_order() -> None:
    """3201 less 3000 leaves 201, of which 1 is stated; tax 350 less 340 leaves 10."""
    order = Order.from_body(BODY)
    order.refund({"goods": 3000, "tax": 340})
    lines = [{"line": 1, "quantity": 3}, {"line": 2, "quantity": 1, "goods": 1}]
    assert order.refund({"lines": lines, "shipping": 1}) == Money(units=4, goods=201, tax=10, shipping=1, total=212)
    assert order.remaining() == Money(shipping=449)


def test_refund_of_goods_without_lines_returns_no_units() -> None:
    money = Order.from_body(BODY).refund({"goods": 250, "tax": 10})
    assert money == Money(goods=250, tax=10, total=260)


def test_rows_of_both_kinds_balance() -> None:
    order = Order.from_body(BODY)
    sold = order_row(order.money)
    returned = refund_row(order.refund({"lines": [{"line": 2, "quantity": 1}], "tax": 5, "shipping": 1}))
    assert sold["total_sales"] == 4001 and balanced(sold)
    assert returned == zero() | {
        "units_returned": 1,
        "returns": 472,
        "taxes": -5,
        "shipping": -1,
        "total_sales": -478,
        "refunds": 1,
        "refunded": 478,
        "tax_refunded": 5,
    }
    assert balanced(returned)


@pytest.mark.parametrize(
    ("gross", "orders", "value"),
    [(5, 2, 2), (7, 2, 4), (10, 4, 2), (10, 3, 3), (11, 3, 4), (0, 3, 0)],
)
def test_average_order_value_is_half_even(gross: int, orders: int, value: int) -> None:
    row = zero() | {"orders": orders, "gross_sales": gross + 1, "discounts": 1}
    assert average_order_value(row) == {"value": value, "numerator": gross, "denominator": orders}


def test_average_order_value_without_orders_is_undefined() -> None:
    assert average_order_value(zero()) is None
