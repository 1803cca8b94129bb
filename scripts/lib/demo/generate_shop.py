"""A made-up shop: a year of orders and refunds up to a given time, always the same for the same seed and time.

Amounts are whole minor units. Times follow the shop's zone, so that the daily rhythm keeps its place over a change to
or from summer time.

    python -m demo.generate_shop --until 2026-11-23T12:00:00Z FOLDER

writes orders.ndjson (bodies as `takings import` takes them) and refunds.ndjson (reference of the order, and the body).
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ZONE = "Europe/Berlin"
CURRENCIES = ("EUR", "USD")
SEED = 20261123
DAYS = 365
ORDERS_PER_DAY = 55

# Each hour's and each weekday's (from Monday) share of the orders, relative to the others.
HOURS = (3, 2, 1, 1, 1, 2, 5, 9, 14, 18, 20, 22, 24, 21, 19, 18, 19, 21, 25, 29, 31, 26, 16, 8)
WEEKDAYS = (10, 9, 9, 10, 13, 16, 12)

# product, name, price in EUR cents, tax in percent
CATALOGUE = (
    ("tea-earl-grey", "Earl Grey, 100 g", 890, 7),
    ("tea-sencha", "Sencha, 100 g", 1190, 7),
    ("tea-assam", "Assam, 250 g", 1490, 7),
    ("coffee-house", "House blend, 500 g", 1290, 7),
    ("coffee-yirga", "Yirgacheffe, 250 g", 1150, 7),
    ("pot-glass", "Glass pot, 1 l", 3490, 19),
    ("pot-iron", "Cast-iron pot, 0.8 l", 5900, 19),
    ("cup-pair", "Pair of cups", 2450, 19),
    ("filter-paper", "Filter papers, 100", 399, 19),
    ("grinder-hand", "Hand grinder", 8900, 19),
    ("kettle", "Gooseneck kettle", 7450, 19),
    ("gift-card-note", "Greeting card", 250, 19),
)
CHANNELS = ("web", "web", "web", "app", "shop", "phone")
PAYMENTS = ("card", "card", "paypal", "invoice", "cash")
REASONS = ("damaged", "wrong item", "changed mind")

Body = dict[str, Any]


@dataclass(frozen=True)
class Refund:
    """A refund of the order with that reference."""

    reference: str
    body: Body


@dataclass
class Shop:
    """Orders and refunds in the order of their times."""

    until: datetime
    seed: int = SEED
    days: int = DAYS
    orders: list[Body] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        for placed_at in _instants(chance, self.until, self.days):
            order = make_order(chance)
            order["reference"] = f"web-{len(self.orders) + 1:06}"
            order["placed_at"] = stamp(placed_at)
            self.orders.append(order)
            refund = _maybe_refund(chance, order, placed_at, self.until)
            if refund is not None:
                self.refunds.append(refund)
        self.refunds.sort(key=lambda refund: refund.body["refunded_at"])

    def write(self, folder: Path) -> None:
        _write_lines(folder / "orders.ndjson", self.orders)
        _write_lines(folder / "refunds.ndjson", ({"reference": r.reference, "body": r.body} for r in self.refunds))


def make_order(chance: random.Random) -> Body:
    """An order as of now: one to four products, sometimes cheaper, with tax, and shipping below a limit."""
    currency = chance.choices(CURRENCIES, (4, 1))[0]
    count = chance.choices((1, 2, 3, 4), (50, 28, 15, 7))[0]
    lines = [_make_line(chance, product, currency) for product in chance.sample(CATALOGUE, count)]
    value = sum(line["quantity"] * line["unit_price"] - line.get("discount", 0) for line in lines)
    order: Body = {
        "currency": currency,
        "lines": lines,
        "customer_id": f"c{chance.randrange(4000):04}",
        "channel": chance.choice(CHANNELS),
        "payment_method": chance.choice(PAYMENTS),
    }
    if chance.random() < 0.08:
        order["discount"] = min(500, value // 10)
    if value < 5000:
        order["shipping"] = 490
    return order


def stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _make_line(chance: random.Random, product: tuple[str, str, int, int], currency: str) -> Body:
    product_id, name, price, tax_percent = product
    line: Body = {
        "product_id": product_id,
        "name": name,
        "quantity": chance.choices((1, 2, 3, 6), (70, 20, 7, 3))[0],
        "unit_price": price if currency == "EUR" else price * 11 // 10,
    }
    value = line["quantity"] * line["unit_price"]
    if chance.random() < 0.12:
        line["discount"] = value * chance.choice((5, 10, 20)) // 100
    line["tax"] = (value - line.get("discount", 0)) * tax_percent // 100
    return line


def _instants(chance: random.Random, until: datetime, days: int) -> Iterator[datetime]:
    """When orders are placed, in milliseconds: each hour gets a number by chance around its share."""
    zone = ZoneInfo(ZONE)
    usual = ORDERS_PER_DAY / (sum(HOURS) * sum(WEEKDAYS) / len(WEEKDAYS))
    hour = (until - timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
    while hour < until:
        local = hour.astimezone(zone)
        expected = usual * HOURS[local.hour] * WEEKDAYS[local.weekday()] * _season(local)
        milliseconds = sorted(chance.randrange(3_600_000) for _ in range(_poisson(chance, expected)))
        yield from (at for at in (hour + timedelta(milliseconds=ms) for ms in milliseconds) if at < until)
        hour += timedelta(hours=1)


def _season(local: datetime) -> float:
    """More before Christmas, less in summer."""
    return 1.0 + 0.35 * math.cos((local.timetuple().tm_yday - 345) / 365 * math.tau)


def _poisson(chance: random.Random, expected: float) -> int:
    limit, product, count = math.exp(-expected), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def _maybe_refund(chance: random.Random, order: Body, placed_at: datetime, until: datetime) -> Refund | None:
    """One order in twenty comes back within two weeks, a line of it or something off its price."""
    if chance.random() >= 0.05:
        return None
    refunded_at = placed_at + timedelta(milliseconds=chance.randrange(3_600_000, 14 * 86_400_000))
    if refunded_at >= until:
        return None
    body: Body = {"reason": chance.choice(REASONS), "refunded_at": stamp(refunded_at)}
    if chance.random() < 0.8:
        number = chance.randrange(len(order["lines"]))
        body["lines"] = [{"line": number + 1, "quantity": chance.randint(1, order["lines"][number]["quantity"])}]
    else:
        body["goods"] = 200
    return Refund(order["reference"], body)


def _write_lines(path: Path, bodies: Iterator[Body] | list[Body]) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(body, separators=(",", ":")) + "\n" for body in bodies)


def main() -> None:
    parser = argparse.ArgumentParser(prog="generate_shop", description="Writes a made-up shop's orders and refunds.")
    parser.add_argument("--until", type=datetime.fromisoformat, default=datetime.now(UTC), metavar="TIME")
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    Shop(options.until, options.seed, options.days).write(options.folder)


if __name__ == "__main__":
    main()
