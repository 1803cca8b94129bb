"""The metrics by their definitions in the API's contract."""

from __future__ import annotations

from fractions import Fraction

# The additive metrics, in the order of the columns of a stored row.
ADDITIVE = (
    "orders",
    "units_sold",
    "units_returned",
    "gross_sales",
    "discounts",
    "returns",
    "taxes",
    "shipping",
    "total_sales",
    "refunds",
    "refunded",
)

# The same in a build with --enable-extra-metric. Every row of the oracle has this column; what counts is
# which columns a shop is said to have.
WITH_EXTRA = (*ADDITIVE, "tax_refunded")

DERIVED = ("net_sales", "average_order_value")

Row = dict[str, int]


def zero() -> Row:
    return dict.fromkeys(WITH_EXTRA, 0)


def add(into: Row, other: Row) -> None:
    for name in WITH_EXTRA:
        into[name] += other[name]


def net_sales(row: Row) -> int:
    return row["gross_sales"] - row["discounts"] - row["returns"]


def average_order_value(row: Row) -> dict[str, int] | None:
    """Half-even over the whole range; undefined without an order."""
    if row["orders"] == 0:
        return None
    numerator = row["gross_sales"] - row["discounts"]
    value = round(Fraction(numerator, row["orders"]))  # Fraction rounds half to even
    return {"value": value, "numerator": numerator, "denominator": row["orders"]}


def balanced(row: Row) -> bool:
    return net_sales(row) + row["taxes"] + row["shipping"] == row["total_sales"]
