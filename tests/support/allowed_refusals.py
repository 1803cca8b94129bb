"""Requests that the document's schemas allow, and that are refused all the same, by rules that no schema can say.

By operation and problem code, with the rule. Whatever else the schemas allow must not be refused for what it says.
"""

from __future__ import annotations

import re
from typing import Any

Rules = dict[str, str]

RANGE: Rules = {
    "invalid_range": "either a preset or both ends, in their order, on days that there are, at the start of an hour",
    "range_too_large": "so many hours or years, by the interval",
}
LIST: Rules = {
    "invalid_range": "the start before the end, on days that there are",
    "invalid_cursor": "one that this list gave, for the same parameters",
}
FIGURES: Rules = RANGE | {
    "invalid_currency": "one of the merchant's",
    "invalid_field": "`match` goes with `compare=previous_year` only; each metric once",
}
ONE_CURRENCY: Rules = {"currency_required": "of a merchant with several"}
ENTRY: Rules = {
    "timestamp_in_future": "by the server's clock",
    "timestamp_too_old": "by the server's clock, or before the order",
    "out_of_range": "products and sums have a limit too",
    "idempotency_key_missing": "only `dry_run=true` does without",
    "idempotency_key_reused": "the same key with another body",
}
ALLOWED: dict[str, Rules] = {
    "createOrder": ENTRY | {"invalid_currency": "one of the merchant's", "amount_mismatch": "`total` is the sum"},
    "listOrders": LIST | {"invalid_currency": "one of the merchant's"},
    "createOrders": {"malformed_json": "UTF-8 that has a line"},
    "createRefund": ENTRY
    | {
        "refund_too_large": "no more than is left",
        "too_many_items": "1,000 of an order",
        "invalid_field": "each line once",
    },
    "getSummary": FIGURES,
    "getSeries": FIGURES | ONE_CURRENCY,
    "traceFigure": FIGURES | ONE_CURRENCY | LIST,
    "exportSeries": FIGURES | ONE_CURRENCY,
    "listRestatements": LIST,
    "changePassword": {"invalid_field": "`current` is the present password"},
    "listKeys": LIST,
    "listMembers": LIST,
    "createKey": {"too_many_items": "100 that can be used", "out_of_range": "`expires_at` is ahead, at most 10 years"},
    "addMember": {"invalid_field": "somebody who is no member yet", "too_many_items": "100 members"},
    "changeMember": {"invalid_field": "the last owner stays one"},
    "removeMember": {"invalid_field": "the last owner stays"},
    "changeSettings": {
        "invalid_timezone": "one that the database of time zones has",
        "invalid_currency": "ISO 4217's",
        "invalid_field": "currencies are added only",
        "too_many_items": "16 currencies with those that are there",
    },
    "listAudit": LIST,
    "listQuarantine": LIST,
}
# Where alone such a rule can be broken: what the errors of that code may point at.
ONLY_AT = {
    ("createRefund", "invalid_field"): r"/lines/\d+/line",
    ("createRefund", "too_many_items"): r"",
}


def is_allowed(operation: str, problem: dict[str, Any]) -> bool:
    """Whether an operation may refuse with this problem what the schemas allow."""
    code = problem.get("code")
    place = ONLY_AT.get((operation, str(code)))
    return code in ALLOWED.get(operation, {}) and (
        place is None or all(re.fullmatch(place, error["pointer"]) for error in problem["errors"] if error["code"] == code)
    )
