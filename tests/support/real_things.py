"""What generated calls need of the real world: a shop with orders, pages, members and keys; some may be destroyed."""

from __future__ import annotations

import time
from typing import Any

from bson import Timestamp

from support.api import Body, expect, new_key
from support.browser import PASSWORD, Browser, add_user
from support.merchant import Merchant
from support.names import new_email, new_merchant_id
from support.stack import Stack

ORDER: Body = {
    "currency": "EUR",
    "lines": [{"product_id": "mug", "name": "Mug", "quantity": 100_000, "unit_price": 1000, "tax": 100_000}],
    "shipping": 1_000_000,
    "reference": "2026-1107",
}
# a cursor of a trace is good for 240 s
CURSOR_S = 120
LISTS = {
    "listOrders": ("/orders", {"limit": 1}),
    "listRestatements": ("/restatements", {"limit": 1}),
    "listKeys": ("/keys", {"limit": 1}),
    "listMembers": ("/members", {"limit": 1}),
    "listAudit": ("/audit", {"limit": 1}),
    "listQuarantine": ("/quarantine", {"limit": 1}),
    "traceFigure": ("/metrics/trace", {"range": "today", "metric": "orders", "currency": "EUR", "limit": 1}),
}


class Person:
    """Somebody whose sessions and password may be lost."""

    def __init__(self, stack: Stack, merchant: str) -> None:
        self.stack, self.password = stack, PASSWORD
        self.email = add_user(stack, merchant, "analyst")

    def credentials(self) -> Body:
        return {"email": self.email, "password": self.password}

    def session(self) -> Browser:
        """A new one."""
        browser = Browser(self.stack)
        expect(browser.log_in(self.email, self.password))
        return browser


class RealThings:
    """Of one merchant, and of a second one whose settings may change; one owner has both."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.shop = Merchant.add(stack, new_merchant_id(), "Europe/Berlin", ("EUR", "USD"))
        self.changing = Merchant.add(stack, new_merchant_id(), "Europe/Berlin", ("EUR",))
        self.secret: str = self.shop.api.http.headers["Authorization"]
        email = add_user(stack, self.shop.id, "owner")
        add_user(stack, self.changing.id, "owner", email)
        self.owner = Browser(stack)
        expect(self.owner.log_in(email))
        self.person = Person(stack, self.shop.id)
        self.needed = self._ids()
        self.leaver = new_email()
        self.orders = [self._order() for _ in range(4)]
        self.shop.settled()
        summary = expect(self.shop.api.summary(range="today"))
        self.position: str = summary["meta"]["position"]
        self.etag: str = self.shop.api.summary(range="today").headers["ETag"]
        self._planted = 0
        self.plant()
        self.key: str = self._admin("POST", "/keys", {"scopes": ["orders:read"]})["key"]["id"]
        self.join()
        self._pages: dict[str, tuple[float, dict[str, Any]]] = {}

    def _order(self) -> str:
        order: str = expect(self.shop.api.post_order(ORDER), 201)["order"]["id"]
        return order

    def _admin(self, method: str, path: str, body: Body) -> Any:
        answer = self.owner.http.request(method, self.shop.api.base + path, json=body, headers=self.owner.headers())
        return expect(answer, 201)

    def plant(self) -> None:
        """Keys in quarantine, as an older tailer would have noted them; `quarantine` is the id of the newest."""
        notes = self.stack.mongo.takings_people.quarantine
        for _ in range(2):
            self._planted += 1
            note = {"why": "the ledger key does not parse", "at": Timestamp(self._planted, 1)}
            notes.insert_one({"_id": f"{self.shop.id}/foreign-{self._planted}"} | note)
        listed = expect(self.owner.get(f"{self.shop.api.base}/quarantine"))
        self.quarantine: str = listed["data"][0]["id"]
        self.looked_at = False

    def _ids(self) -> set[str]:
        """Members and keys without whom no call would get anywhere."""
        lists = (("members", "user"), ("keys", "id"))
        return {
            entry[name]
            for path, name in lists
            for entry in expect(self.owner.get(f"{self.shop.api.base}/{path}"))["data"]
        }

    def make_room(self) -> None:
        """Those that generated calls have added leave again: a merchant has 100 members at most."""
        base = f"{self.shop.api.base}/members"
        members = expect(self.owner.http.get(base, params={"limit": 200}))["data"]
        for user in {member["user"] for member in members} - self.needed:
            answer = self.owner.http.delete(f"{base}/{user}", headers=self.owner.headers())
            assert answer.status_code == 204, answer.text

    def join(self) -> None:
        """`leaver` becomes a member, with the user id `member`."""
        self.make_room()
        added = self._admin("POST", "/members", {"email": self.leaver, "role": "clerk"})
        self.member: str = added["member"]["user"]
        self.has_left = False

    def next_page(self, operation: str) -> dict[str, Any]:
        """The parameters of a page behind the first, or of the first where there is only one."""
        got_at, query = self._pages.get(operation, (0.0, {}))
        if time.monotonic() - got_at > CURSOR_S or not query:
            path, first = LISTS[operation]
            answer = expect(self.owner.http.get(self.shop.api.base + path, params=first))
            query = first | ({"cursor": answer["next_cursor"]} if answer["next_cursor"] else {})
            self._pages[operation] = (time.monotonic(), query)
        return query

    def line(self) -> Body:
        """Of a batch."""
        return {"idempotency_key": new_key()} | ORDER
