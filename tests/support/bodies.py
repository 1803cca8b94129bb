"""Seeded random bodies that the API must accept."""

from __future__ import annotations

import random
from datetime import timedelta, timezone
from typing import Any

from oracle.entries import Order, OrderLine, order_money
from oracle.zones import EPOCH

Body = dict[str, Any]

CHANNELS = ("web", "pos", "app")
OFFSETS_MINUTES = (0, 0, 0, 60, -210, 345, 840)


def instant_text(rng: random.Random, at_ms: int) -> str:
    """The instant in RFC 3339, written with some offset."""
    minutes = rng.choice(OFFSETS_MINUTES)
    local = (EPOCH + timedelta(milliseconds=at_ms)).astimezone(timezone(timedelta(minutes=minutes)))
    text = local.isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z") if minutes == 0 else text


def amount(rng: random.Random, most: int) -> int:
    """Zero, everything, or anything between."""
    return rng.choice((0, most, rng.randint(0, most), rng.randint(0, most // 8)))


def order_line(rng: random.Random, number: int) -> Body:
    price = rng.choice((0, 1, 999, rng.randint(1, 50_000), rng.randint(1, 10**6)))
    quantity = rng.choice((1, 1, 2, 3, 7, rng.randint(1, 1000)))
    line: Body = {
        "product_id": f"p-{rng.randint(1, 50)}",
        "name": f"Line {number}: caf\u00e9",
        "quantity": quantity,
        "unit_price": price,
    }
    if rng.random() < 0.3:
        line["discount"] = amount(rng, price * quantity)
    if rng.random() < 0.5:
        line["tax"] = rng.randint(0, price * quantity // 5)
    return line


def order_body(rng: random.Random, currency: str, at_ms: int | None = None) -> Body:
    """An order placed then, or, without a time, whenever the server takes it."""
    lines = [order_line(rng, number) for number in range(1, rng.choice((1, 1, 2, 3, 8)) + 1)]
    body: Body = {"currency": currency, "lines": lines}
    if rng.random() < 0.3:
        body["discount"] = amount(rng, order_money(body).goods)
    if rng.random() < 0.4:
        body["shipping"] = rng.randint(0, 5000)
    if rng.random() < 0.2:
        body["tax"] = rng.randint(0, 5000)
    if rng.random() < 0.5:
        body["channel"] = rng.choice(CHANNELS)
    if rng.random() < 0.2:
        body["total"] = order_money(body).total
    if at_ms is not None:
        body["placed_at"] = instant_text(rng, at_ms)
    return body


def refund_body(rng: random.Random, order: Order, at_ms: int | None = None) -> Body | None:
    """A refund that the order has room for; None when a few attempts found none."""
    for _ in range(5):
        body = rng.choice((refund_of_lines, refund_of_lines, refund_of_amounts))(rng, order)
        if fits(order, body):
            if at_ms is not None:
                body["refunded_at"] = instant_text(rng, at_ms)
            return body
    return None


def refund_of_lines(rng: random.Random, order: Order) -> Body:
    """Some units of some lines, their amounts by default or given."""
    open_lines = [(n, line) for n, line in enumerate(order.lines, 1) if line.quantity_refunded < line.quantity]
    lines = []
    for number, line in rng.sample(open_lines, rng.randint(0, len(open_lines))):
        given: Body = {"line": number, "quantity": rng.randint(1, line.quantity - line.quantity_refunded)}
        if rng.random() < 0.3:
            given["goods"] = rng.randint(0, line.goods - line.goods_refunded)
        if rng.random() < 0.3:
            given["tax"] = rng.randint(0, line.tax - line.tax_refunded)
        lines.append(given)
    body: Body = {"lines": lines} if lines else {}
    if rng.random() < 0.3:
        body["shipping"] = rng.randint(0, max(order.remaining().shipping, 0))
    return body


def refund_of_amounts(rng: random.Random, order: Order) -> Body:
    """Goods, tax and shipping without lines."""
    left = order.remaining()
    body: Body = {"goods": amount(rng, left.goods), "reason": rng.choice(("damaged", "late", "void"))}
    if rng.random() < 0.5:
        body["tax"] = amount(rng, left.tax)
    if rng.random() < 0.5:
        body["shipping"] = amount(rng, left.shipping)
    return body


def fits(order: Order, body: Body) -> bool:
    """No part takes more than what is left of it, and something is given back."""
    money, left = order.refund_money(body), order.remaining()
    if money.total <= 0:
        return False
    if money.goods > left.goods or money.tax > left.tax or money.shipping > left.shipping:
        return False
    return all(line_fits(*amounts) for amounts in order.refund_lines(body))


def line_fits(line: OrderLine, goods: int, tax: int) -> bool:
    return 0 <= goods <= line.goods - line.goods_refunded and 0 <= tax <= line.tax - line.tax_refunded
