"""A part of the calls that schemathesis makes up is mended, so that it gets past the rules that no schema can say.

What is mended: ids become real ones, a range its start before its end, amounts ones that fit together. Everything else
of the call stays as it was made up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

from schemathesis import Case

from support.api import Body, new_key
from support.real_things import RealThings

Mend = Callable[[Case, RealThings, Random], None]
DAYS = ("2026-01-01", "2026-02-14", "2026-03-29", "2026-06-30")
AMOUNT = 10**6


def money(value: object, random: Random) -> int:
    return value if isinstance(value, int) and 0 <= value <= AMOUNT else random.randrange(AMOUNT)


def mend_range(case: Case, random: Random) -> None:
    """Either a preset, or two dates in their order; no parameter that goes with few others."""
    query = case.query
    for name in ("from", "to", "compare", "match", "interval", "currency"):
        query.pop(name, None)
    query["currency"] = random.choice(("EUR", "USD"))
    if random.random() < 0.5:
        query["range"] = query.get("range", "last_7d")
    else:
        query.pop("range", None)
        query["from"], query["to"] = sorted(random.sample(DAYS, 2))
    if random.random() < 0.5 and case.operation.definition.raw["operationId"] in ("getSummary", "getSeries"):
        query["compare"] = random.choice(("previous_period", "previous_year"))


def mend_figures(case: Case, things: RealThings, random: Random) -> None:
    mend_range(case, random)
    if names := case.query.get("metrics"):
        case.query["metrics"] = ",".join(dict.fromkeys(str(names).split(",")))  # each once
    case.headers.pop("If-None-Match", None)
    if random.random() < 0.1 and case.operation.definition.raw["operationId"] in ("getSummary", "getSeries"):
        case.headers["If-None-Match"] = things.etag


def mend_trace(case: Case, things: RealThings, random: Random) -> None:
    mend_range(case, random)
    case.query.pop("cursor", None)
    if random.random() < 0.3:
        case.query.clear()
        case.query.update(things.next_page("traceFigure"))
    elif case.query.get("format") == "csv":
        case.query.pop("limit", None)


def mend_list(case: Case, things: RealThings, random: Random) -> None:
    query = case.query
    query.pop("cursor", None)
    if random.random() < 0.3:
        query.clear()
        query.update(things.next_page(case.operation.definition.raw["operationId"]))
        return
    if "from" in query or "to" in query:
        query["from"], query["to"] = sorted(random.sample(DAYS, 2))
    if "currency" in query:
        query["currency"] = "EUR"
    if random.random() < 0.5:
        for name in ("reference", "idempotency_key"):
            query.pop(name, None)


def mend_order_body(body: Body, random: Random) -> None:
    body["currency"] = "EUR"
    body.pop("placed_at", None)
    body.pop("total", None)
    for line in body["lines"]:
        line["quantity"] = 1 + line["quantity"] % 100
        line["unit_price"] = money(line["unit_price"], random)
        line["discount"] = min(money(line.get("discount", 0), random), line["unit_price"])
        line["tax"] = money(line.get("tax", 0), random)
    body["discount"] = 0
    for name in ("shipping", "tax"):
        body[name] = money(body.get(name, 0), random)


def mend_order(case: Case, things: RealThings, random: Random) -> None:
    if isinstance(case.body, dict):
        mend_order_body(case.body, random)
    mend_idempotency_key(case, random)


def mend_idempotency_key(case: Case, random: Random) -> None:
    case.headers["Idempotency-Key"] = new_key()
    if random.random() < 0.7:
        case.query.pop("dry_run", None)


def mend_batch(case: Case, things: RealThings, random: Random) -> None:
    lines = [json.dumps(things.line()) for _ in range(random.randrange(1, 4))]
    if random.random() < 0.5:
        lines.append("{}")
    case.body = "\n".join(lines)


def mend_refund(case: Case, things: RealThings, random: Random) -> None:
    case.path_parameters["id"] = random.choice(things.orders)
    mend_idempotency_key(case, random)
    if not isinstance(case.body, dict):
        return
    body = case.body
    body.pop("refunded_at", None)
    if random.random() < 0.5 and "lines" not in body:
        body["goods"] = 1 + money(body.get("goods", 0), random) % 100
    else:
        body.pop("goods", None)
        body["lines"] = [{"line": 1, "quantity": 1}]
    for name in ("tax", "shipping"):
        if name in body:
            body[name] = money(body[name], random) % 10


def mend_key_id(case: Case, things: RealThings, random: Random) -> None:
    case.path_parameters["id"] = things.key


def mend_quarantine(case: Case, things: RealThings, random: Random) -> None:
    if things.looked_at:
        things.plant()
    case.path_parameters["id"] = things.quarantine


def mend_get_order(case: Case, things: RealThings, random: Random) -> None:
    case.path_parameters["id"] = random.choice(things.orders)


def mend_member(case: Case, things: RealThings, random: Random) -> None:
    if things.has_left:
        things.join()
    case.path_parameters["id"] = things.member


def mend_log_in(case: Case, things: RealThings, random: Random) -> None:
    case.body = things.person.credentials()


def mend_password(case: Case, things: RealThings, random: Random) -> None:
    if isinstance(case.body, dict):
        case.body["current"] = things.person.password


def mend_new_key(case: Case, things: RealThings, random: Random) -> None:
    if isinstance(case.body, dict) and "expires_at" in case.body:
        case.body["expires_at"] = f"20{random.randrange(30, 34)}-07-01T00:00:00Z"


def mend_new_member(case: Case, things: RealThings, random: Random) -> None:
    if isinstance(case.body, dict):
        case.body["email"] = f"p{random.randrange(10**9)}@example.org"
        case.body.pop("password", None)


def mend_settings(case: Case, things: RealThings, random: Random) -> None:
    case.path_parameters["merchant"] = things.changing.id
    if isinstance(case.body, dict):
        case.body.pop("currencies", None)
        if "timezone" in case.body:
            case.body["timezone"] = random.choice(("Europe/Berlin", "Asia/Tokyo"))
        case.body.setdefault("name", "Corner shop")


def nothing(case: Case, things: RealThings, random: Random) -> None:
    """Every call that the schema allows is good already."""


MENDS: dict[str, Mend] = {
    "createOrder": mend_order,
    "listOrders": mend_list,
    "createOrders": mend_batch,
    "getOrder": mend_get_order,
    "createRefund": mend_refund,
    "getSummary": mend_figures,
    "getSeries": mend_figures,
    "traceFigure": mend_trace,
    "exportSeries": mend_figures,
    "listRestatements": mend_list,
    "logIn": mend_log_in,
    "changePassword": mend_password,
    "createKey": mend_new_key,
    "revokeKey": mend_key_id,
    "addMember": mend_new_member,
    "changeMember": mend_member,
    "removeMember": mend_member,
    "changeSettings": mend_settings,
    "listKeys": mend_list,
    "listMembers": mend_list,
    "listAudit": mend_list,
    "listQuarantine": mend_list,
    "retryQuarantine": mend_quarantine,
}


def mend(case: Case, things: RealThings, random: Random) -> None:
    operation = case.operation.definition.raw["operationId"]
    if "merchant" in case.path_parameters:
        case.path_parameters["merchant"] = things.shop.id
    if any(parameter["name"] == "Origin" for parameter in case.operation.definition.raw["parameters"]):
        case.headers["Origin"] = things.owner.origin
    MENDS.get(operation, nothing)(case, things, random)


def with_whole_numbers(value: Any) -> Any:
    """To JSON Schema 1.0 is a whole number too; Takings wants it written as 1, which other tests show."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: with_whole_numbers(member) for name, member in value.items()}
    return [with_whole_numbers(item) for item in value] if isinstance(value, list) else value


def spare_the_wait(case: Case, things: RealThings) -> None:
    """Two parameters ask for a 503, which is the right answer to them; other tests ask for it."""
    if re.fullmatch("p1_[0-9a-f]{16}", str(case.query.get("after", ""))):
        case.query["after"] = things.position
    if re.fullmatch("[0-9]{1,9}(ms|s)", str(case.query.get("max_staleness", ""))):
        case.query["max_staleness"] = "60s"


def spare_the_needed(case: Case, things: RealThings) -> None:
    """schemathesis takes ids out of answers; some of them must not be removed or revoked."""
    identity = case.path_parameters.get("id")
    if identity in things.needed:
        case.path_parameters["id"] = things.key if str(identity).startswith("key_") else things.member
