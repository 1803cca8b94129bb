"""What an owner's session must not send: to routes that change a merchant, its people, or the owner's own account."""

from __future__ import annotations

import json
from typing import Any

from support.bad_inputs import MARK, MERCHANT, Bad, Headers, ahead, numbered

OWNER_ID = "{owner}"  # in a target: the only owner
KEY_ID = "{key}"  # in a target: a key that is not revoked
NOBODY = "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV"
PASSWORD_OF_OWNER = "{password}"  # in a body: the owner's own
KEYS, MEMBERS, SETTINGS = MERCHANT + "/keys", MERCHANT + "/members", MERCHANT + "/settings"
AUDIT, QUARANTINE = MERCHANT + "/audit", MERCHANT + "/quarantine"
ME = "/v1/me/password"
NEW = "quite another secret"


def send(
    status: int, code: str, method: str, target: str, body: Any = None, headers: Headers | None = None, **more: Any
) -> Bad:
    """`body` is sent as it is, or as JSON. A header replaces that of the session; one that is "" is left out."""
    content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    typed: Headers = {"Content-Type": "application/json"} if content is not None else {}
    return Bad(status, code, method, target, typed | (headers or {}), content, **({"owner": True} | more))


def key(code: str, status: int = 422, body: Any = None, **members: Any) -> Bad:
    return send(status, code, "POST", KEYS, {"scopes": ["metrics:read"]} | members if body is None else body)


def member(code: str, status: int = 422, body: Any = None, **members: Any) -> Bad:
    whole = {"email": f"{MARK}@example.org", "role": "clerk"} | members
    return send(status, code, "POST", MEMBERS, whole if body is None else body)


def settings(code: str, status: int = 422, body: Any = None, **members: Any) -> Bad:
    return send(status, code, "PATCH", SETTINGS, members if body is None else body)


def password(code: str, status: int = 422, body: Any = None, **members: Any) -> Bad:
    whole = {"current": PASSWORD_OF_OWNER, "new": NEW} | members
    return send(status, code, "PUT", ME, whole if body is None else body)


CONTROLS = {
    "C0": "a\x01b",
    "a tab": "a\tb",
    "a line end": "a\nb",
    "DEL": "a\x7fb",
    "C1": "a\x85b",
    "an escape": "a\x1b[2J",
}
TYPES = {"null": None, "a number": 1, "true": True, "a list": [MARK], "an operator": {"$ne": ""}}
CALENDAR: dict[str, Any] = {
    "empty": "",
    "a word": MARK,
    "a date": "2027-01-01",
    "without a zone": "2027-01-01T00:00:00",
}
ROLES = {
    "empty": "",
    "Owner": "Owner",
    "admin": "admin",
    "two": "owner,clerk",
    "a blank": "owner ",
    "of 300": "o" * 300,
}

MAKING_KEYS = {
    **numbered(
        "a key's scopes",
        lambda value: key("invalid_field", scopes=value),
        TYPES | {"none": [], "a text": "metrics:read"},
    ),
    **numbered(
        "a key's scope",
        lambda value: key("invalid_field", scopes=[value]),
        {"empty": "", "admin": "admin", "*": "*", "null": None, "a list": [], "in capitals": "METRICS:READ"}
        | {"with a blank": "metrics:read ", "of two": "metrics:read,orders:read", "of 4000": "s" * 4000},
    ),
    "a key's 6 scopes": key("too_many_items", scopes=["metrics:read"] * 6),
    **numbered("a key's name", lambda value: key("invalid_field", name=value), TYPES | CONTROLS | {"empty": ""}),
    **numbered(
        "a key's name",
        lambda value: key("invalid_field", name=value),
        {"of 101": "n" * 101, "of 101 faces": "\U0001f600" * 101},
    ),
    **numbered("a key's end", lambda value: key("invalid_timestamp", expires_at=value), TYPES | CALENDAR),
    **numbered(
        "a key's end",
        lambda value: key("invalid_timestamp", expires_at=value),
        {"long ago": "1970-01-01T00:00:00Z", "in 11 years": ahead(days=4018), "in 9999": "9999-12-31T23:59:59Z"},
    ),
    **{
        f"a key's {name}": key("unknown_field", **{name: MARK})
        for name in ("id", "merchant", "secret", "hash", "revoked_at")
    },
    "a key of nothing": key("invalid_field", body={}),
    "a key that is a list": key("malformed_json", 400, body=[]),
    "a key that is cut off": key("malformed_json", 400, body=b'{"scopes":["metrics:read"]'),
    "a key of no body": key("malformed_json", 400, body=b""),
    "a key with its scopes twice": key(
        "duplicate_member", 400, body=b'{"scopes":["metrics:read"],"scopes":["orders:read"]}'
    ),
    "a key with NUL": key("malformed_json", 400, body=b'{"scopes":["metrics:read"],"name":"a\\u0000"}'),
    "a key above 64 KiB": key("payload_too_large", 413, body=b" " * 65_537),
    "a key with a parameter": send(
        400, "unknown_parameter", "POST", KEYS + "?dry_run=true", {"scopes": ["metrics:read"]}
    ),
    "a key as a form": send(415, "unsupported_media_type", "POST", KEYS, b"scopes=x", {"Content-Type": "text/plain"}),
}
ENDING_KEYS = numbered(
    "revoking",
    lambda value: send(404, "not_found", "DELETE", f"{KEYS}/{value}"),
    {
        "no key": "key_01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "all": "*",
        "a word": MARK,
        "an operator": "%7b%22$ne%22:0%7d",
        "a user": NOBODY,
    }
    | {"of 4000": "k" * 4000},
)
ADDING_MEMBERS = {
    **numbered("an e-mail", lambda value: member("invalid_field", email=value), TYPES | CONTROLS),
    **numbered(
        "an e-mail",
        lambda value: member("invalid_field", email=value),
        {
            "empty": "",
            "a word": MARK,
            "without a name": "@example.org",
            "without a place": "a@",
            "with two signs": "a@b@c",
        }
        | {"with a blank": "a b@example.org", "with a blank behind": "a@example.org ", "of 255": "a" * 249 + "@b.org"}
        | {
            "with a direction": "a\u202eb@example.org",
            "with no width": "a\u200b@example.org",
            "with a gap": "a\u00a0b@c.org",
        }
        | {"with a line's end": "a\u2028@example.org", "with a mark of order": "\ufeffa@example.org"}
        | {"with a header": "a@example.org\r\nBcc: b@example.org", "two": "a@b.org, c@d.org"},
    ),
    **numbered("a role", lambda value: member("invalid_field", role=value), TYPES | ROLES),
    **numbered(
        "a first password",
        lambda value: member("invalid_field", password=value),
        TYPES | {"empty": "", "of 9": "p" * 9},
    ),
    **numbered(
        "a first password",
        lambda value: member("invalid_field", password=value),
        {"of 1025": "p" * 1025, "of 1026 bytes": "\u00e9" * 513, "of 9 faces": "\U0001f600" * 9},
    ),
    **{
        f"a member's {name}": member("unknown_field", **{name: MARK})
        for name in ("user", "merchant", "scopes", "memberships")
    },
    "a member of nothing": member("invalid_field", body={}),
    "a member that is a text": member("malformed_json", 400, body=b'"owner"'),
    "a member with two roles": member(
        "duplicate_member", 400, body=b'{"email":"a@b.org","role":"clerk","role":"owner"}'
    ),
}
CHANGING_MEMBERS = {
    **numbered(
        "another role",
        lambda value: send(422, "invalid_field", "PATCH", f"{MEMBERS}/{OWNER_ID}", {"role": value}),
        TYPES | ROLES,
    ),
    "another role of nothing": send(422, "invalid_field", "PATCH", f"{MEMBERS}/{OWNER_ID}", {}),
    "another e-mail": send(
        422, "unknown_field", "PATCH", f"{MEMBERS}/{OWNER_ID}", {"role": "owner", "email": "a@b.org"}
    ),
    "the last owner a clerk": send(422, "invalid_field", "PATCH", f"{MEMBERS}/{OWNER_ID}", {"role": "clerk"}),
    "the last owner gone": send(422, "invalid_field", "DELETE", f"{MEMBERS}/{OWNER_ID}"),
    **numbered(
        "a role of",
        lambda value: send(404, "not_found", "PATCH", f"{MEMBERS}/{value}", {"role": "clerk"}),
        {
            "nobody": NOBODY,
            "a word": MARK,
            "all": "*",
            "an operator": "%7b%22$ne%22:0%7d",
            "an e-mail": f"{MARK}@example.org",
        },
    ),
    "nobody gone": send(404, "not_found", "DELETE", f"{MEMBERS}/{NOBODY}"),
    "all gone": send(404, "not_found", "DELETE", f"{MEMBERS}/*"),
}
CHANGING_SETTINGS = {
    **numbered(
        "a shop's name",
        lambda value: settings("invalid_field", name=value),
        TYPES | CONTROLS | {"empty": "", "of 201": "n" * 201},
    ),
    "a shop's name of 51 faces": settings("invalid_field", name="\U0001f600" * 51),
    **numbered(
        "a zone", lambda value: settings("invalid_field", timezone=value), TYPES | {"empty": "", "of 300": "z" * 300}
    ),
    **numbered(
        "a zone", lambda value: settings("invalid_field", timezone=value), CONTROLS | {"with a blank": "Europe/ Berlin"}
    ),
    **numbered(
        "a zone",
        lambda value: settings("invalid_timezone", timezone=value),
        {"elsewhere": "Mars/Olympus", "above": "../../etc/x", "within and above": "Europe/../../../etc/passwd"}
        | {"a file": "/etc/localtime", "a list": "zone.tab", "a folder": "Europe", "a slash behind": "Europe/Berlin/"}
        | {
            "in small letters": "europe/berlin",
            "a rule": "CET-1CEST",
            "an offset": "+01:00",
            "a dot": "./UTC",
            "of rules": "posixrules",
        },
    ),
    **numbered(
        "currencies", lambda value: settings("invalid_field", currencies=value), TYPES | {"a list": [], "a text": "EUR"}
    ),
    **numbered(
        "a second currency",
        lambda value: settings("invalid_currency", currencies=["EUR", value, "JPY"]),
        {
            "in small letters": "usd",
            "gold": "XAU",
            "of tests": "XTS",
            "null": None,
            "a list": [],
            "twice": "EUR",
            "empty": "",
        },
    ),
    "17 currencies": settings(
        "too_many_items",
        currencies="EUR JPY USD GBP CHF SEK NOK DKK PLN CZK HUF RON BGN ISK TRY AUD CAD".split(),
    ),
    "a currency less": settings("invalid_field", currencies=["EUR"]),
    **{
        f"a shop's {name}": settings("unknown_field", **{name: MARK})
        for name in ("id", "zone", "recut", "exponents", "$set")
    },
    **numbered(
        "a locale",
        lambda value: settings("invalid_field", locale=value),
        {name: value for name, value in TYPES.items() if name != "null"} | CONTROLS | {"empty": "", "of 36": "d" * 36},
    ),
    **numbered(
        "a locale",
        lambda value: settings("invalid_field", locale=value),
        {"as C has it": "de_DE.UTF-8", "of nobody": "x-mine", "a word": "deutsch", "two": "de,en", "cut off": "de-"}
        | {"with a blank": "de CH", "above": "../../etc", "a variant twice": "de-1996-1996", "any": "*"},
    ),
    "settings that are a list": settings("malformed_json", 400, body=[]),
    "settings with two zones": settings("duplicate_member", 400, body=b'{"timezone":"UTC","timezone":"Asia/Tokyo"}'),
}
PAGES = {"keys": KEYS, "members": MEMBERS, "the audit": AUDIT, "the quarantine": QUARANTINE}
LISTS = {
    **{
        f"{name}, limit {label}": send(422, code, "GET", f"{target}?limit={value}")
        for name, target in PAGES.items()
        for label, (code, value) in {
            "0": ("out_of_range", 0),
            "201": ("out_of_range", 201),
            "2^64": ("out_of_range", 2**64),
            "a word": ("invalid_field", MARK),
            "empty": ("invalid_field", ""),
        }.items()
    },
    **{
        f"{name}, cursor {label}": send(400, "invalid_cursor", "GET", f"{target}?cursor={value}")
        for name, target in PAGES.items()
        for label, value in {"empty": "", "a word": MARK, "of zeros": "A" * 200, "of 4000": "a" * 4000}.items()
    },
    "settings by pages": send(400, "unknown_parameter", "GET", f"{SETTINGS}?limit=1"),
    **numbered(
        "a retry of",
        lambda value: send(404, "not_found", "POST", f"{QUARANTINE}/{value}/retry", b""),
        {"nothing": "qua_" + "0" * 32, "a word": MARK, "dots": "%2e%2e", "an operator": "%7b%22$ne%22:0%7d"},
    ),
    "a retry with a parameter": send(400, "unknown_parameter", "POST", f"{QUARANTINE}/qua_{'0' * 32}/retry?all=1", b""),
}
PASSWORDS = {
    **numbered(
        "a present password", lambda value: password("invalid_field", current=value), TYPES | {"of 1025": "p" * 1025}
    ),
    "a present password that is not": password("invalid_field", current=MARK),
    **numbered(
        "a new password", lambda value: password("invalid_field", new=value), TYPES | {"empty": "", "of 9": "p" * 9}
    ),
    **numbered(
        "a new password",
        lambda value: password("invalid_field", new=value),
        {"of 1025": "p" * 1025, "of 1026 bytes": "\u00e9" * 513, "of 9 faces": "\U0001f600" * 9},
    ),
    "a password without the present one": password("invalid_field", body={"new": NEW}),
    "a password without a new one": password("invalid_field", body={"current": PASSWORD_OF_OWNER}),
    "a password of somebody": password("unknown_field", email=f"{MARK}@example.org"),
    "a password twice": password(
        "duplicate_member", 400, body=b'{"current":"a","new":"bbbbbbbbbb","new":"cccccccccc"}'
    ),
    "a password that is a list": password("malformed_json", 400, body=[]),
    "a password with NUL": password("malformed_json", 400, body=b'{"current":"a","new":"bbbbbbbbbb\\u0000"}'),
    "a password of no body": password("malformed_json", 400, body=b""),
}
FOREIGN: dict[str, Headers] = {
    "without a token": {"X-CSRF-Token": ""},
    "with another token": {"X-CSRF-Token": "A" * 43},
    "from another page": {"Origin": "https://a.example"},
    "from no page": {"Origin": "null"},
}
FROM_ELSEWHERE = {
    f"{name} {how}": send(403, "csrf", method, target, body, headers)
    for name, method, target, body in (
        ("a key", "POST", KEYS, {"scopes": ["metrics:read"]}),
        ("the end of a key", "DELETE", f"{KEYS}/{KEY_ID}", None),
        ("a member", "POST", MEMBERS, {"email": f"{MARK}@example.org", "role": "owner"}),
        ("settings", "PATCH", SETTINGS, {"name": MARK}),
        ("a password", "PUT", ME, {"current": PASSWORD_OF_OWNER, "new": NEW}),
        ("the end of all sessions", "DELETE", "/v1/sessions", None),
        ("the end of a session", "DELETE", "/v1/session", None),
    )
    for how, headers in FOREIGN.items()
}
BY_KEY = {
    f"a key that ends {name}": send(403, "forbidden", method, target, body, owner=False)
    for name, method, target, body in (
        ("keys", "DELETE", f"{KEYS}/{KEY_ID}", None),
        ("sessions", "DELETE", "/v1/sessions", None),
        ("a password", "PUT", ME, {"current": "a", "new": NEW}),
        ("a zone", "PATCH", SETTINGS, {"timezone": "UTC"}),
        ("an owner", "DELETE", f"{MEMBERS}/{OWNER_ID}", None),
        ("a quarantine", "POST", f"{QUARANTINE}/qua_{'0' * 32}/retry", b""),
    )
}

BAD_OWNER_INPUTS: dict[str, Bad] = {
    **MAKING_KEYS,
    **ENDING_KEYS,
    **ADDING_MEMBERS,
    **CHANGING_MEMBERS,
    **CHANGING_SETTINGS,
    **LISTS,
    **PASSWORDS,
    **FROM_ELSEWHERE,
    **BY_KEY,
}
