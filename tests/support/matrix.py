"""Every route that the worker tells of, asked in every way by everybody; what should come of it follows from DEEDS."""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from support.api import Body, new_key
from support.canaries import Shop, bearer
from support.deeds import RIGHTS, M, Route, Who, callers, may

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
MALFORMED = ("A-Shop", "x", "m" * 33, "m*", "m%0a", "{m}", "%2e%2e")


@dataclass(frozen=True)
class Probe:
    """One request and the status that it must get."""

    name: str
    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None
    status: int
    sees: int  # the number of the merchant whose data may be in a good answer
    sent: str = ""  # the foreign or absent value, where a good answer repeats it


# Alone, or a foreign and an absent one whose answers must be the same
Group = tuple[Probe, ...]


@dataclass(frozen=True)
class Ask:
    """How a request differs from the plain one."""

    place: str
    merchant: str | None = None  # in the path, instead of the own one
    thing: str | None = None
    found: bool = True  # what {id} names is there, in its merchant
    mine: bool = True  # the merchant of the path is the caller's
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    member: Body = field(default_factory=dict)  # more in the body
    status: int | None = None  # of a caller who may
    before: int | None = None  # of everybody, because it is looked at before the caller is
    distrusted: bool = False  # not sent by our own page
    sent: str = ""


class Asking:
    """All groups of probes of one shop's callers, against the shop and a foreign one."""

    def __init__(self, routes: list[Route], shop: Shop, foreign: Shop) -> None:
        self.routes, self.shop, self.foreign = routes, shop, foreign
        self.origin = shop.stack.url

    def groups(self) -> Iterator[Group]:
        everybody = callers(self.shop)
        for route in self.routes:
            for who in everybody:
                for asks in self._asks(route, who):
                    yield tuple(self.probe(route, who, ask) for ask in asks)
        for pattern in {route.pattern: None for route in self.routes}:
            yield from self._other_methods(pattern, everybody)

    # ---- one probe ----

    def probe(self, route: Route, who: Who, ask: Ask) -> Probe:
        deed, shop = route.deed, self.shop
        target = route.pattern.replace("{merchant}", ask.merchant or shop.id)
        target = target.replace("{id}", ask.thing or self._own_thing(route))
        query = "&".join(part for part in (deed.query, ask.query) if part)
        headers = who.headers(self.origin, tells="csrf" in route.flags and not deed.untold)
        headers = {name: value for name, value in (headers | ask.headers).items() if value}
        body = self._body(route, ask, headers)
        name = f"{route.method} {route.pattern} by {who.name}: {ask.place}"
        status = self.right_status(route, who, ask)
        full = f"{target}?{query}" if query else target
        return Probe(name, route.method, full, headers, body, status, shop.number, ask.sent)

    def _own_thing(self, route: Route) -> str:
        things = self.shop.things.get(route.deed.thing, {})
        return things.get("owner" if (route.method, route.deed.thing) == ("DELETE", "members") else "own", "")

    def _body(self, route: Route, ask: Ask, headers: dict[str, str]) -> bytes | None:
        make = route.deed.body
        if "idempotent" in route.flags:
            headers.setdefault("Idempotency-Key", new_key())
        if make is None:
            return None
        headers["Content-Type"] = "application/x-ndjson" if "ndjson" in route.flags else "application/json"
        return json.dumps(make(self.shop) | ask.member).encode()

    def right_status(self, route: Route, who: Who, ask: Ask) -> int:
        """What is wrong with the request itself, who asks, where, what for, from which page, and at last the deed."""
        deed = route.deed
        done = ask.status or deed.status
        if deed.may == "nobody":
            return deed.status
        if ask.before is not None:
            return ask.before
        if deed.may == "everybody":
            return done
        if not who.known:
            return 401
        if route.of_a_merchant and not (ask.mine and who.member):
            return 404
        if not may(deed, who) or (who.key is None and "csrf" in route.flags and (ask.distrusted or deed.untold)):
            return 403
        return done if ask.found else 404

    # ---- the places ----

    def _asks(self, route: Route, who: Who) -> Iterator[tuple[Ask, ...]]:
        yield (Ask("as it should be"),)
        if route.of_a_merchant:
            yield from self._in_path(route)
        yield from self._in_query(route)
        yield from self._in_headers(route, who)
        yield from self._in_cookies(route, who)
        if route.deed.body is not None:
            yield from self._in_body(route)
        if "csrf" in route.flags and who.login is not None:
            yield from self._from_elsewhere()

    def _in_path(self, route: Route) -> Iterator[tuple[Ask, ...]]:
        foreign, kind = self.foreign, route.deed.thing
        theirs = foreign.things[kind]["own"] if kind else None
        nobodys = absent_like(theirs) if theirs else None
        yield (
            Ask("foreign merchant in path", merchant=foreign.id, thing=theirs, mine=False),
            Ask("absent merchant in path", merchant=absent_like(foreign.id), thing=nobodys, mine=False),
        )
        for name in (*MALFORMED, self.shop.id[:-1], self.shop.id + "0", self.shop.id.upper()):
            yield (Ask(f"malformed merchant {name} in path", merchant=name, mine=False),)
        if not kind:
            return
        yield (
            Ask("foreign id in path", thing=theirs, found=False),
            Ask("absent id in path", thing=nobodys, found=False),
        )
        gone = kind in ("members", "quarantine")  # a key that has ended is still there
        for state in ("revoked", "expired"):
            if state in self.shop.things[kind]:
                yield (Ask(f"{state} id in path", thing=self.shop.things[kind][state], found=not gone),)
        for name in ("x", "{id}", str(theirs)[:-1], str(theirs).upper() + "0", "q" * 200):
            yield (Ask(f"malformed id {name[:40]} in path", thing=name, found=False),)

    def _in_query(self, route: Route) -> Iterator[tuple[Ask, ...]]:
        for name in ("merchant", "id", "key"):
            # the service has other files than the worker's, which take no notice of a query
            before = None if route.deed.may == "nobody" else 400
            theirs = self.foreign.id
            yield (
                Ask(f"foreign {name} in query", query=f"{name}={theirs}", before=before),
                Ask(f"absent {name} in query", query=f"{name}={absent_like(theirs)}", before=before),
            )
        if route.deed.cursor:
            yield from self._cursors(route.deed.cursor)
        if route.deed.cursor == "orders":
            for name in ("reference", "idempotency_key"):
                # another key than that of the header, under which there is an order of ours by and by
                theirs = self.foreign.word("reference" if name == "reference" else "idem-late")
                nobodys = theirs.replace("d-", "x-")
                yield (
                    Ask(f"foreign {name} in query", query=f"{name}={theirs}", sent=theirs),
                    Ask(f"absent {name} in query", query=f"{name}={nobodys}", sent=nobodys),
                )

    def _cursors(self, name: str) -> Iterator[tuple[Ask, ...]]:
        more = "" if name == "trace" else "limit=1&"
        if name != "trace":  # it ages
            yield (Ask("own cursor in query", query=f"{more}cursor={self.shop.cursors[name]}"),)
        theirs = self.foreign.cursors[name]
        yield (
            Ask("foreign cursor in query", query=f"{more}cursor={theirs}", status=400, sent=theirs),
            Ask("absent cursor in query", query=f"{more}cursor={absent_like(theirs)}", status=400, sent=theirs),
        )
        yield (Ask("malformed cursor in query", query=f"{more}cursor=%7b", status=400),)

    def _in_headers(self, route: Route, who: Who) -> Iterator[tuple[Ask, ...]]:
        theirs, path = self.foreign.id, f"{self.foreign.base}/orders"
        for name, value in (
            ("X-Merchant", theirs),
            ("Merchant-Id", theirs),
            ("X-Original-URL", path),
            ("X-Rewrite-URL", path),
            ("X-HTTP-Method-Override", "DELETE"),
            ("X-Forwarded-User", self.foreign.email("owner")),
            ("Takings-Local", "1"),
        ):
            yield (Ask(f"foreign {name} in header", headers={name: value}),)
        if "idempotent" in route.flags:
            yield (Ask("foreign Idempotency-Key in header", headers={"Idempotency-Key": self.foreign.word("idem")}),)
        if route.pattern.endswith("/summary"):
            yield (Ask("foreign If-None-Match in header", headers={"If-None-Match": self.foreign.etag}),)
        if who.login is not None and route.of_a_merchant:
            yield from self._with_a_key_besides(route)

    def _with_a_key_besides(self, route: Route) -> Iterator[tuple[Ask, ...]]:
        """A key goes before a cookie; one that is no good is not made good by the cookie."""
        theirs = Ask("foreign key in header, own cookie", headers=bearer(self.foreign.keys["all"]))
        yield (replace(theirs, before=404),)
        for state in ("revoked", "expired"):
            headers = bearer(self.shop.keys[state])
            yield (Ask(f"{state} key in header, own cookie", headers=headers, before=401),)
        absent = bearer("tk_live_" + secrets.token_hex(32))
        yield (Ask("absent key in header, own cookie", headers=absent, before=401),)

    def _in_cookies(self, route: Route, who: Who) -> Iterator[tuple[Ask, ...]]:
        own = f"takings={who.login.token}" if who.login is not None else ""
        theirs = f"takings={self.foreign.logins['owner'].token}"

        def cookies(*parts: str) -> dict[str, str]:
            return {"Cookie": "; ".join(part for part in parts if part)}

        yield (Ask("foreign merchant in cookie", headers=cookies(f"merchant={self.foreign.id}", own)),)
        if who.key is not None:
            yield (Ask("foreign session in cookie, own key", headers=cookies(theirs)),)
        elif who.login is not None:
            yield (Ask("foreign session in second cookie", headers=cookies(own, theirs)),)
            if route.of_a_merchant:
                yield (Ask("foreign session in first cookie", headers=cookies(theirs, own), before=404),)

    def _in_body(self, route: Route) -> Iterator[tuple[Ask, ...]]:
        for name in ("merchant", "id"):
            yield (
                Ask(f"foreign {name} in body", member={name: self.foreign.id}, status=route.deed.flawed),
                Ask(f"absent {name} in body", member={name: absent_like(self.foreign.id)}, status=route.deed.flawed),
            )
        if route.pattern in ("/v1/session", M + "/members"):
            role = {"role": "nobody"} if route.pattern != "/v1/session" else {}
            theirs, nobodys = self.foreign.email("owner"), self.foreign.email("xwner")
            yield (
                Ask("foreign email in body", member={"email": theirs} | role),
                Ask("absent email in body", member={"email": nobodys} | role),
            )

    def _from_elsewhere(self) -> Iterator[tuple[Ask, ...]]:
        theirs = self.foreign.logins["owner"].csrf
        yield (
            Ask("foreign X-CSRF-Token in header", headers={"X-CSRF-Token": theirs}, distrusted=True),
            Ask("absent X-CSRF-Token in header", headers={"X-CSRF-Token": absent_like(theirs)}, distrusted=True),
        )
        yield (Ask("no X-CSRF-Token", headers={"X-CSRF-Token": ""}, distrusted=True),)
        yield (Ask("foreign Origin in header", headers={"Origin": "https://a.example"}, distrusted=True),)

    # ---- methods ----

    def _other_methods(self, pattern: str, everybody: list[Who]) -> Iterator[Group]:
        """HEAD asks as GET does; any other method that is not in the table is refused, wherever and whoever."""
        known = {route.method: route for route in self.routes if route.pattern == pattern}
        for method in METHODS:
            if method in known:
                continue
            plain = next(iter(known.values()))
            as_get = method == "HEAD" and "GET" in known
            like = known["GET"] if as_get else plain
            before = 404 if plain.deed.may == "nobody" else None if as_get else 405
            for who in everybody:
                for place in ("own", "foreign"):
                    ask = Ask(f"{method} of {place}", before=before)
                    if place == "foreign":
                        ask = replace(ask, merchant=self.foreign.id, mine=False)
                    probe = self.probe(like, who, ask)
                    body = None if method == "HEAD" else probe.body
                    yield (replace(probe, method=method, body=body),)


def absent_like(text: str) -> str:
    """As long and of the same form, but nobody's."""
    at = len(text) - 2
    for letter in "0a":
        if text[at] != letter:
            return text[:at] + letter + text[at + 1 :]
    raise AssertionError(text)


# What decides most, and is in every sample: each route by those who may, may not, and are unknown; here, and elsewhere
HEART_OF_PLACES = ("as it should be", "foreign merchant in path", "foreign id in path")
HEART_OF_CALLERS = (*(f"role {role}" for role in RIGHTS), "key all", "nobody")


def at_heart(group: Group) -> bool:
    asked, _, place = group[0].name.partition(": ")
    return place in HEART_OF_PLACES and asked.partition(" by ")[2] in HEART_OF_CALLERS


def sample(routes: list[Route], shops: list[Shop], probes: int, rng: random.Random) -> Iterator[Group]:
    """As many probes as wanted, or a few more, drawn evenly from all shops; each shop against another one."""
    left = probes
    for index, shop in enumerate(shops):
        foreign = rng.choice([other for other in shops if other is not shop])
        groups = list(Asking(routes, shop, foreign).groups())
        rng.shuffle(groups)
        groups.sort(key=lambda group: not at_heart(group))
        wanted = -(-left // (len(shops) - index))
        for group in groups:
            if wanted <= 0:
                break
            wanted, left = wanted - len(group), left - len(group)
            yield group
        assert wanted <= 0, "there are not so many probes"
