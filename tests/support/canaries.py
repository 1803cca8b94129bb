"""Merchants whose every text says whose it is, so that it can be told wherever it turns up.

A canary is `cnry`, the merchant's two digits and a letter: `d` in data, `m` in the merchant's id, which logs may name.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx

from support.api import ALL_SCOPES, Body, expect, new_key
from support.browser import PASSWORD, Browser
from support.ledger import new_ulid
from support.poll import eventually
from support.stack import Stack

ANYWHERE = re.compile(rb"cnry(\d\d)[dm]", re.IGNORECASE)
IN_DATA = re.compile(rb"cnry\d\dd", re.IGNORECASE)

ROLES = ("owner", "analyst", "clerk")
OLD_S, KEPT_S = 13 * 3600, 1800  # older than any session may be; how long Redis keeps a record
LATE = "2026-01-02T03:04:05.678Z"  # an entry of then, recorded now, is a restatement


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@dataclass(frozen=True)
class Login:
    """What a person's browser sends."""

    token: str
    csrf: str


@dataclass
class Shop:
    """One merchant: who may come in, what there is, and what there was."""

    stack: Stack
    number: int
    id: str = ""
    keys: dict[str, str] = field(default_factory=dict)  # secret by scope, or `all`, `revoked`, `expired`
    logins: dict[str, Login] = field(default_factory=dict)  # by role, or `former`, `ended`, `old`
    # ids by kind of thing and state: own, revoked, expired
    things: dict[str, dict[str, str]] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)  # by the last part of the list's path
    etag: str = ""

    @property
    def base(self) -> str:
        return f"/v1/merchants/{self.id}"

    def word(self, what: str) -> str:
        return f"cnry{self.number:02}d-{what}"

    def email(self, who: str) -> str:
        return f"{self.word(who)}-{self.id[-8:]}@example.org"

    def order(self, **more: Any) -> Body:
        line = {"product_id": self.word("product"), "name": self.word("name"), "quantity": 1}
        line["unit_price"] = 10**9 + self.number  # so that figures differ, and much can be given back
        texts = ("customer_id", "channel", "payment_method", "reference", "note")
        return {"currency": "EUR", "lines": [line]} | {name: self.word(name) for name in texts} | more


class Builder:
    """Opens one shop through the product, as its owner would."""

    def __init__(self, stack: Stack, number: int) -> None:
        self.shop = Shop(stack, number, f"cnry{number:02}m-{secrets.token_hex(4)}")
        self.stack = stack
        self.http = httpx.Client(base_url=stack.url, timeout=15.0)

    def build(self) -> Shop:
        shop = self.shop
        with Browser(self.stack) as owner:
            self._open(owner)
            self._make_keys(owner)
            self._make_people(owner)
            self._sell()
            self._leave_stray_keys(owner)
            self._turn_pages(owner)
        self.http.close()
        return shop

    def _open(self, owner: Browser) -> None:
        shop = self.shop
        command = ("merchant", "add", shop.id, "--zone", "Europe/Berlin", "--currency", "EUR")
        self.stack.cli(*command, "--name", shop.word("shop"))
        password = self.stack.folder / f"password-{shop.id}"
        password.write_text(PASSWORD)
        user = ("user", "add", shop.email("owner"), "--merchant", shop.id, "--role", "owner")
        self.stack.cli(*user, "--password-file", password)
        shop.logins["owner"] = self._log_in(owner, shop.email("owner"))
        data = expect(owner.get(f"{shop.base}/members"))["data"]
        shop.things["members"] = {"owner": data[0]["user"]}

    def _make_keys(self, owner: Browser) -> None:
        shop, ids = self.shop, {}

        def make(name: str, scopes: list[str], **more: Any) -> None:
            body = {"scopes": scopes, "name": shop.word(name.replace(":", "-"))} | more
            made = expect(owner.send("POST", f"{shop.base}/keys", body), 201)
            shop.keys[name], ids[name] = made["secret"], made["key"]["id"]

        soon = (datetime.now(UTC) + timedelta(seconds=10)).isoformat(timespec="milliseconds")
        make("expired", list(ALL_SCOPES), expires_at=soon)
        for scope in ALL_SCOPES:
            make(scope, [scope])
        make("all", list(ALL_SCOPES))
        make("revoked", list(ALL_SCOPES))
        make("spare", ["orders:read"])
        assert owner.send("DELETE", f"{shop.base}/keys/{ids['revoked']}").status_code == 204
        shop.things["keys"] = {"own": ids["spare"], "revoked": ids["revoked"], "expired": ids["expired"]}

    def _make_people(self, owner: Browser) -> None:
        shop, members = self.shop, self.shop.things["members"]
        for name in ("analyst", "clerk", "former", "spare"):
            body = {"email": shop.email(name), "role": name if name in ROLES else "clerk", "password": PASSWORD}
            answer = eventually(partial(self._added, owner, body))
            assert answer is not None
            members[name] = answer["member"]["user"]
        assert owner.send("DELETE", f"{shop.base}/members/{members['former']}").status_code == 204
        for name, email in (("analyst", "analyst"), ("clerk", "clerk"), ("former", "former"), ("ended", "owner")):
            shop.logins[name] = self._log_in(Browser(self.stack), shop.email(email))
        ended = shop.logins["ended"]
        headers = {"Cookie": f"takings={ended.token}", "Origin": self.stack.url, "X-CSRF-Token": ended.csrf}
        assert self.http.delete("/v1/session", headers=headers).status_code == 204
        shop.logins["old"] = self._log_in(Browser(self.stack), shop.email("owner"))
        self._grow_old(shop.logins["old"])
        shop.things["members"] = members | {"own": members["spare"], "revoked": members["former"]}

    def _added(self, owner: Browser, body: Body) -> dict[str, Any] | None:
        answer = owner.send("POST", f"{self.shop.base}/members", body)
        return expect(answer, 201) if answer.status_code != 503 else None

    @staticmethod
    def _log_in(browser: Browser, email: str) -> Login:
        def log_in() -> Login | None:
            answer = browser.log_in(email)  # 503: too many at once
            return Login(browser.token, expect(answer)["csrf"]) if answer.status_code != 503 else None

        login = eventually(log_in)
        assert login is not None
        return login

    def _grow_old(self, login: Login) -> None:
        """The record is made older, which no client can."""
        key = "tk:session:" + hashlib.sha256(login.token.encode()).hexdigest()
        user, csrf, _, _, *rest = self.stack.redis.get(key).split()
        now_ms = int(time.time() * 1000)
        times = [str(now_ms - OLD_S * 1000).encode(), str(now_ms).encode()]
        self.stack.redis.set(key, b" ".join([user, csrf, *times, *rest]), ex=KEPT_S)

    def _sell(self) -> None:
        """Orders and refunds of today, late ones, and an import."""
        shop = self.shop
        own = self._post("/orders", shop.order(), key=shop.word("idem"))["order"]["id"]
        shop.things["orders"] = {"own": own}
        for key in ("idem-late", "idem-later"):
            self._post("/orders", shop.order(placed_at=LATE), key=shop.word(key))
        refund = {"goods": 1, "reason": shop.word("reason")}
        self._post(f"/orders/{own}/refunds", refund)
        file = self.stack.folder / f"{new_ulid()}.ndjson"
        file.write_text(json.dumps(shop.order(placed_at=LATE, reference=shop.word("import"))) + "\n")
        self.stack.cli("import", "--merchant", shop.id, "--format", "ndjson", file)

    def _post(self, path: str, body: Body, key: str | None = None) -> dict[str, Any]:
        headers = bearer(self.shop.keys["all"]) | {"Idempotency-Key": key or new_key()}
        posted: dict[str, Any] = expect(self.http.post(self.shop.base + path, json=body, headers=headers), 201)
        return posted

    def _leave_stray_keys(self, owner: Browser) -> None:
        """Two ledger keys of nobody's: one that stays, one that goes when it is looked at again."""
        shop, ledger = self.shop, self.stack.mongo.takings.ledger
        stored = ledger.find_one({"m": shop.id})
        assert stored is not None
        for name in ("stays", "goes"):
            stray = stored | {"_id": f"{shop.id}/{shop.word(name)}", "idem": f"orders/{shop.word(name)}"}
            ledger.insert_one(stray, bypass_document_validation=True)

        def noted() -> dict[str, str]:
            data = expect(owner.get(f"{shop.base}/quarantine"))["data"]
            found = {entry["key"].rpartition("-")[2]: entry["id"] for entry in data}
            assert len(found) == 2
            return found

        found = eventually(noted, limit_s=30)
        shop.things["quarantine"] = {"own": found["stays"], "revoked": found["goes"]}

    def _turn_pages(self, owner: Browser) -> None:
        """The cursor behind the first page of each list."""
        shop = self.shop
        for path in ("orders", "restatements", "quarantine", "audit"):
            shop.cursors[path] = expect(owner.get(f"{shop.base}/{path}", limit=1))["next_cursor"]
        trace = {"range": "today", "metric": "gross_sales", "limit": 1, "currency": "EUR"}

        def traced() -> str | None:
            answer = owner.get(f"{shop.base}/metrics/trace", **trace)
            return expect(answer)["next_cursor"] if answer.status_code != 503 else None

        self._post("/orders", shop.order())
        shop.cursors["trace"] = str(eventually(traced))
        shop.etag = owner.get(f"{shop.base}/metrics/summary", range="last_12mo").headers["ETag"]
        goes = f"{shop.base}/quarantine/{shop.things['quarantine']['revoked']}/retry"
        self.stack.mongo.takings.ledger.delete_one({"_id": f"{shop.id}/{shop.word('goes')}"})
        expect(owner.send("POST", goes), 202)


def build_shops(stack: Stack, count: int) -> list[Shop]:
    with ThreadPoolExecutor(3) as pool:
        shops = list(pool.map(lambda number: Builder(stack, number).build(), range(count)))
    for shop in shops:
        expired = bearer(shop.keys["expired"])
        url = f"{stack.url}{shop.base}/orders"
        eventually(lambda: httpx.get(url, headers=expired, timeout=15.0).status_code == 401, limit_s=30)  # noqa: B023
    return shops
