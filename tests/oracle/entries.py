"""The money of an order and of its refunds, from the accepted bodies alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from oracle.metrics import Row, zero

Body = dict[str, Any]


def spread(amount: int, weights: list[int]) -> list[int]:
    """Largest remainder: exact shares of `amount`, ties to the lower line."""
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    shares = [amount * weight // whole for weight in weights]
    remainders = [amount * weight % whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
    for i in by_remainder[: amount - sum(shares)]:
        shares[i] += 1
    return shares


@dataclass
class OrderLine:
    """One line after all discounts, and what its refunds took so far."""

    quantity: int
    goods: int
    tax: int
    quantity_refunded: int = 0
    goods_refunded: int = 0
    tax_refunded: int = 0

    def default_goods(self, quantity: int) -> int:
        return max(self._due(self.goods, quantity) - self.goods_refunded, 0)

    def default_tax(self, quantity: int) -> int:
        return max(self._due(self.tax, quantity) - self.tax_refunded, 0)

    def _due(self, value: int, quantity: int) -> int:
        """What all returns up to and with this one amount to: the last unit takes the rest."""
        return value * (self.quantity_refunded + quantity) // self.quantity


@dataclass
class Money:
    """The totals of one entry, named as in receipts; of a refund, positive amounts."""

    units: int = 0
    gross: int = 0
    discounts: int = 0
    goods: int = 0
    tax: int = 0
    shipping: int = 0
    total: int = 0


@dataclass
class Order:
    """An accepted order, able to tell what the next refund takes."""

    currency: str
    money: Money
    lines: list[OrderLine]
    refunded: Money = field(default_factory=Money)

    @classmethod
    def from_body(cls, body: Body) -> Order:
        money = order_money(body)
        return cls(body["currency"], money, order_lines(body))

    def remaining(self) -> Money:
        """Units, goods, tax and shipping that no refund took yet."""
        taken = self.refunded
        return Money(
            units=self.money.units - taken.units,
            goods=self.money.goods - taken.goods,
            tax=self.money.tax - taken.tax,
            shipping=self.money.shipping - taken.shipping,
        )

    def refund_money(self, body: Body) -> Money:
        """What this refund gives back if it is the next one; changes nothing."""
        money = Money(goods=body.get("goods", 0), tax=body.get("tax", 0), shipping=body.get("shipping", 0))
        for given, (_, goods, tax) in zip(body.get("lines", []), self.refund_lines(body)):
            money.units += given["quantity"]
            money.goods += goods
            money.tax += tax
        money.total = money.goods + money.tax + money.shipping
        return money

    def refund(self, body: Body) -> Money:
        """Takes the refund."""
        money = self.refund_money(body)
        for given, (line, goods, tax) in zip(body.get("lines", []), self.refund_lines(body)):
            line.quantity_refunded += given["quantity"]
            line.goods_refunded += goods
            line.tax_refunded += tax
        for name in vars(self.refunded):
            setattr(self.refunded, name, getattr(self.refunded, name) + getattr(money, name))
        return money

    def refund_lines(self, body: Body) -> list[tuple[OrderLine, int, int]]:
        """Goods and tax of each line of a refund. The defaults share what the stated amounts leave of the order."""
        lines, left = body.get("lines", []), self.remaining()
        goods_left = left.goods - sum(given.get("goods", 0) for given in lines)
        tax_left = left.tax - body.get("tax", 0) - sum(given.get("tax", 0) for given in lines)
        amounts = []
        for given in lines:
            line = self.lines[given["line"] - 1]
            goods, tax = given.get("goods"), given.get("tax")
            if goods is None:
                goods = min(line.default_goods(given["quantity"]), max(goods_left, 0))
                goods_left -= goods
            if tax is None:
                tax = min(line.default_tax(given["quantity"]), max(tax_left, 0))
                tax_left -= tax
            amounts.append((line, goods, tax))
        return amounts


def order_lines(body: Body) -> list[OrderLine]:
    """The lines with their share of the order's discount taken off."""
    values = [line["unit_price"] * line["quantity"] - line.get("discount", 0) for line in body["lines"]]
    shares = spread(body.get("discount", 0), values)
    return [
        OrderLine(line["quantity"], value - share, line.get("tax", 0))
        for line, value, share in zip(body["lines"], values, shares)
    ]


def order_money(body: Body) -> Money:
    lines = body["lines"]
    gross = sum(line["unit_price"] * line["quantity"] for line in lines)
    discounts = sum(line.get("discount", 0) for line in lines) + body.get("discount", 0)
    tax = sum(line.get("tax", 0) for line in lines) + body.get("tax", 0)
    shipping = body.get("shipping", 0)
    return Money(
        units=sum(line["quantity"] for line in lines),
        gross=gross,
        discounts=discounts,
        goods=gross - discounts,
        tax=tax,
        shipping=shipping,
        total=gross - discounts + tax + shipping,
    )


def order_row(money: Money) -> Row:
    """An order's part of the bucket that it was placed in."""
    return zero() | {
        "orders": 1,
        "units_sold": money.units,
        "gross_sales": money.gross,
        "discounts": money.discounts,
        "taxes": money.tax,
        "shipping": money.shipping,
        "total_sales": money.total,
    }


def refund_row(money: Money) -> Row:
    """A refund's part of the bucket that it was made in."""
    return zero() | {
        "units_returned": money.units,
        "returns": money.goods,
        "taxes": -money.tax,
        "shipping": -money.shipping,
        "total_sales": -money.total,
        "refunds": 1,
        "refunded": money.total,
        "tax_refunded": money.tax,
    }
