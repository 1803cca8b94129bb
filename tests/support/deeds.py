"""Who may do what: every route's answer to those who may, written by hand from docs/api.md, and who comes.

The routes themselves are told by the worker. One that is not in DEEDS cannot be asked for, and fails the matrix.
"""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from support.api import ALL_SCOPES, Body, new_key
from support.canaries import Login, Shop, bearer

M = "/v1/merchants/{merchant}"
NOT_A_PASSWORD = "no password of anybody here"

# "An owner has all of them and administers the merchant, which no key may; an analyst metrics:read and orders:read, a
# clerk orders:read and orders:write."
RIGHTS = {
    "owner": frozenset(ALL_SCOPES) | {"owner"},
    "analyst": frozenset({"metrics:read", "orders:read"}),
    "clerk": frozenset({"orders:read", "orders:write"}),
}


def wrong_log_in(shop: Shop) -> Body:
    return {"email": shop.email("owner"), "password": NOT_A_PASSWORD}


def own_member(shop: Shop) -> Body:
    return {"email": shop.email("spare"), "role": "clerk"}


@dataclass(frozen=True)
class Deed:
    """What a route is asked, who may, and the answer that they get.

    `may`: a scope; `owner`; `person`: who is logged in; `caller`: a person or a key; `everybody`; `nobody`.
    """

    may: str
    status: int
    query: str = ""
    body: Callable[[Shop], Any] | None = None
    thing: str = ""  # what {id} is one of
    untold: bool = False  # a change that would end the caller's own session: sent without its CSRF token
    flawed: int = 422  # the answer to a body with a member too many
    cursor: str = ""  # the name of the list


FIGURES = "range=last_12mo"
DEEDS: dict[tuple[str, str], Deed] = {
    ("GET", "/healthz"): Deed("everybody", 200),
    ("GET", "/readyz"): Deed("everybody", 200),
    ("GET", "/version"): Deed("everybody", 200),
    ("GET", "/metrics"): Deed("nobody", 404),
    ("POST", "/v1/session"): Deed("everybody", 401, body=wrong_log_in),
    ("GET", "/v1/session"): Deed("person", 200),
    ("DELETE", "/v1/session"): Deed("person", 403, untold=True),
    ("DELETE", "/v1/sessions"): Deed("person", 403, untold=True),
    ("PUT", "/v1/me/password"): Deed(
        "person", 422, body=lambda _: {"current": NOT_A_PASSWORD, "new": NOT_A_PASSWORD + "!"}
    ),
    ("GET", "/v1/merchants"): Deed("caller", 200),
    ("POST", M + "/orders"): Deed("orders:write", 201, body=lambda shop: shop.order()),
    ("GET", M + "/orders"): Deed("orders:read", 200, cursor="orders"),
    ("POST", M + "/orders/batch"): Deed(
        "orders:write", 200, body=lambda shop: shop.order(idempotency_key=new_key()), flawed=200
    ),
    ("GET", M + "/orders/{id}"): Deed("orders:read", 200, thing="orders"),
    ("POST", M + "/orders/{id}/refunds"): Deed(
        "refunds:write", 201, thing="orders", body=lambda shop: {"goods": 1, "reason": shop.word("reason")}
    ),
    ("GET", M + "/metrics/summary"): Deed("metrics:read", 200, FIGURES),
    ("GET", M + "/metrics/series"): Deed("metrics:read", 200, FIGURES),
    ("GET", M + "/metrics/export.csv"): Deed("metrics:read", 200, FIGURES),
    ("GET", M + "/metrics/trace"): Deed(
        "orders:read", 200, "range=today&metric=gross_sales&limit=1&currency=EUR", cursor="trace"
    ),
    ("GET", M + "/metrics/definitions"): Deed("metrics:read", 200),
    ("GET", M + "/restatements"): Deed("metrics:read", 200, cursor="restatements"),
    ("GET", M + "/status"): Deed("metrics:read", 200),
    ("GET", M + "/live"): Deed("metrics:read", 200),
    ("GET", M + "/keys"): Deed("owner", 200),
    ("POST", M + "/keys"): Deed("owner", 201, body=lambda shop: {"scopes": ["orders:read"], "name": shop.word("made")}),
    ("DELETE", M + "/keys/{id}"): Deed("owner", 204, thing="keys"),
    ("GET", M + "/members"): Deed("owner", 200),
    ("POST", M + "/members"): Deed("owner", 422, body=own_member),  # is a member already
    ("PATCH", M + "/members/{id}"): Deed("owner", 200, thing="members", body=lambda _: {"role": "clerk"}),
    ("DELETE", M + "/members/{id}"): Deed("owner", 422, thing="members"),  # the last owner stays
    ("GET", M + "/settings"): Deed("owner", 200),
    ("PATCH", M + "/settings"): Deed("owner", 200, body=lambda shop: {"name": shop.word("shop")}),
    ("GET", M + "/audit"): Deed("owner", 200, cursor="audit"),
    ("GET", M + "/quarantine"): Deed("owner", 200, cursor="quarantine"),
    ("POST", M + "/quarantine/{id}/retry"): Deed("owner", 202, thing="quarantine"),
}


@dataclass(frozen=True)
class Route:
    method: str
    pattern: str
    flags: frozenset[str]

    @property
    def deed(self) -> Deed:
        assert (self.method, self.pattern) in DEEDS, f"the matrix does not know how to ask {self.method} {self.pattern}"
        return DEEDS[self.method, self.pattern]

    @property
    def of_a_merchant(self) -> bool:
        return "{merchant}" in self.pattern


def told_routes(programs: Path) -> list[Route]:
    done = subprocess.run([programs / "takings-worker", "--routes"], capture_output=True, text=True, check=True)
    return [Route(line["method"], line["pattern"], frozenset(line["flags"])) for line in json.loads(done.stdout)]


@dataclass(frozen=True)
class Who:
    name: str
    key: str | None = None
    login: Login | None = None
    known: bool = True
    rights: frozenset[str] = frozenset()
    member: bool = True

    def headers(self, origin: str, tells: bool) -> dict[str, str]:
        if self.key is not None:
            return bearer(self.key)
        if self.login is None:
            return {}
        proof = {"X-CSRF-Token": self.login.csrf} if tells else {}
        return {"Cookie": f"takings={self.login.token}", "Origin": origin} | proof


def callers(shop: Shop) -> list[Who]:
    """Everybody who comes to a shop: roles, scopes, nobody, and credentials that are no good any more or never were."""
    keys, logins = shop.keys, shop.logins
    absent = Login(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
    return [
        *(Who(f"role {role}", login=logins[role], rights=rights) for role, rights in RIGHTS.items()),
        Who("role none", login=logins["former"], member=False),
        *(Who(f"key {scope}", key=keys[scope], rights=frozenset({scope})) for scope in ALL_SCOPES),
        Who("key all", key=keys["all"], rights=frozenset(ALL_SCOPES)),
        Who("nobody", known=False),
        Who("key revoked", key=keys["revoked"], known=False),
        Who("key expired", key=keys["expired"], known=False),
        Who("key absent", key="tk_live_" + secrets.token_hex(32), known=False),
        Who("key malformed", key=keys["all"][:-1], known=False),
        Who("session revoked", login=logins["ended"], known=False),
        Who("session expired", login=logins["old"], known=False),
        Who("session absent", login=absent, known=False),
        Who("session malformed", login=replace(logins["owner"], token=logins["owner"].token[:-1]), known=False),
    ]


def may(deed: Deed, who: Who) -> bool:
    if deed.may == "person":
        return who.key is None
    return deed.may == "caller" or deed.may in who.rights
