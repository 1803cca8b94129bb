"""Fills the demo: the CDNOW history, and a made-up shop with a year of orders."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from stack.layout import BUILD

from .api import Api
from .generate_shop import CURRENCIES, ZONE, Refund, Shop
from .tool import Tool

CDNOW = "cdnow"
CDNOW_FILE = BUILD / "data" / "CDNOW_master.txt"
CDNOW_FORMAT = (
    *("--format", "columns", "--reference", "row", "--currency", "USD"),
    *("--map", "customer_id=customer_id"),
    *("--map", "placed_at=date"),
    *("--map", "quantity=number_of_cds"),
    *("--map", "line_total=dollar_value"),
)
SHOP = "teahouse"
EMPTY = "empty"
REFUND_CLIENTS = 4


@dataclass(frozen=True)
class Merchant:
    id: str
    name: str
    zone: str
    currencies: tuple[str, ...]
    locale: str | None = None


CDNOW_MERCHANT = Merchant(CDNOW, "CDNOW", "America/New_York", ("USD",), "en-US")
SHOP_MERCHANT = Merchant(SHOP, "Tea house", ZONE, CURRENCIES, "en-DE")
EMPTY_MERCHANT = Merchant(EMPTY, "New shop", ZONE, ("EUR",))


def load_cdnow(tool: Tool) -> None:
    """69,659 purchases of 1997 and 1998, as published."""
    tool.run("import", "--merchant", CDNOW, *CDNOW_FORMAT, str(CDNOW_FILE))


def load_shop(tool: Tool, url: str, key: str, folder: Path) -> None:
    """The made-up shop: its orders by import, its refunds one by one as a shop would post them."""
    shop = Shop(datetime.now(UTC))
    folder.mkdir()
    shop.write(folder)
    tool.run("import", "--merchant", SHOP, "--format", "ndjson", str(folder / "orders.ndjson"))
    ids = dict(_ids_by_reference(Api(url, SHOP, key)))
    shares = [shop.refunds[start::REFUND_CLIENTS] for start in range(REFUND_CLIENTS)]
    with ThreadPoolExecutor(REFUND_CLIENTS) as clients:
        list(clients.map(lambda share: _post_refunds(Api(url, SHOP, key), share, ids), shares))


def _post_refunds(api: Api, refunds: list[Refund], ids: dict[str, str]) -> None:
    for refund in refunds:
        api.post(f"/orders/{ids[refund.reference]}/refunds", refund.body, f"refund-of-{refund.reference}")


def _ids_by_reference(api: Api) -> Iterator[tuple[str, str]]:
    page = api.get("/orders", limit=200)
    while True:
        yield from ((order["reference"], order["id"]) for order in page["data"])
        if not page["has_more"]:
            return
        page = api.get("/orders", limit=200, cursor=page["next_cursor"])
