"""Where the pages are: every page that the site has, with an address on which it has something to show."""

from __future__ import annotations

import re

from support.stack import ROOT

ADDRESSES = {
    "index.html": "/?merchant={merchant}&currency=EUR&range=last_7d",
    "trace.html": "/trace.html?merchant={merchant}&currency=EUR&range=today&metric=total_sales",
    "orders.html": "/orders.html?merchant={merchant}",
    "order.html": "/order.html?merchant={merchant}&id={order}",
    "new-order.html": "/new-order.html?merchant={merchant}",
    "status.html": "/status.html?merchant={merchant}",
    "settings.html": "/settings.html?merchant={merchant}",
}


def addresses(merchant: str, order: str) -> list[str]:
    """Of every page behind the log-in. A page without an address here is an error."""
    makefile = (ROOT / "htdocs" / "Makefile.inc").read_text()
    pages = [page for page in re.findall(r"\bhtdocs/([a-z-]+\.html)", makefile) if page != "login.html"]
    return [ADDRESSES[page].format(merchant=merchant, order=order) for page in dict.fromkeys(pages)]
