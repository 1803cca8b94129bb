"""What `schemathesis run` loads beside the API's document: credentials, real things, and which refusals are right.

In its environment: TAKINGS_STACK_DIR, the folder of the stack; TAKINGS_CALLER, who calls: key, session or nobody;
TAKINGS_SEED; TAKINGS_COUNTS, the file for what became of the calls.
"""

from __future__ import annotations

import atexit
import json
import os
import zlib
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import schemathesis
from schemathesis import AuthContext, Case, CheckContext, HookContext, Response, SerializationContext
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.transport.serialization import Binary

from support.allowed_refusals import is_allowed
from support.browser import Browser
from support.contract import contract
from support.mended_calls import mend, spare_the_needed, spare_the_wait, with_whole_numbers
from support.real_things import RealThings
from support.stack import Stack

CALLER = os.environ["TAKINGS_CALLER"]
SEED = int(os.environ["TAKINGS_SEED"])
# of the calls that the schema allows
MENDED = 0.8
COOKIE = "takings"
# these end the session that they are called with
LAST_CALLS = ("logOut", "logOutEverywhere", "changePassword")

things = RealThings(Stack(Path(os.environ["TAKINGS_STACK_DIR"])))
counts: Counter[str] = Counter()
authorised: set[str] = set()  # ids of cases that the schema allows; the others are refused, whoever sends them


def operation_of(case: Case) -> str:
    name: str = case.operation.definition.raw["operationId"]
    return name


def write_counts() -> None:
    Path(os.environ["TAKINGS_COUNTS"]).write_text(json.dumps(counts))


atexit.register(write_counts)


@schemathesis.serializer("application/x-ndjson")
def as_it_is(context: SerializationContext, value: Any) -> bytes:
    """A body of lines is sent as it is made up."""
    if isinstance(value, Binary):
        return value.data
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:
    """As the document says: under plain http on loopback the cookie has this name."""
    raw_schema["components"]["securitySchemes"]["session"]["name"] = COOKIE


def show_session(case: Case, browser: Browser) -> None:
    case.cookies[COOKIE] = browser.http.cookies[COOKIE]
    case.headers["X-CSRF-Token"] = browser.csrf or ""


if CALLER != "nobody":

    @schemathesis.auth(refresh_interval=None)
    class Credentials:
        def get(self, case: Case, context: AuthContext) -> str:
            return CALLER

        def set(self, case: Case, data: str, context: AuthContext) -> None:
            if data == "key":
                case.headers["Authorization"] = things.secret
            else:
                show_session(case, things.owner)


def is_authorised(case: Case) -> bool:
    """Whether the call shows what the operation asks for."""
    security = case.operation.definition.raw["security"]
    if not security:
        return True
    if CALLER == "key":
        return any("key" in one for one in security) and case.headers.get("Authorization") == things.secret
    token = things.owner.http.cookies[COOKIE]
    return CALLER == "session" and case.cookies.get(COOKIE) == token and "Authorization" not in case.headers


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    operation = operation_of(case)
    good = is_authorised(case)
    positive = case.meta is None or case.meta.generation.mode.is_positive
    if good and positive:
        authorised.add(case.id)
    random = Random(zlib.crc32(f"{SEED} {case!r}".encode(errors="replace")))
    if case.meta is not None and positive and random.random() < MENDED:
        mend(case, things, random)
    if good and CALLER == "session" and operation in LAST_CALLS:
        show_session(case, things.person.session())
    if operation == "logIn":
        case.cookies.pop(COOKIE, None)  # a log-in ends the session that it is sent with
    if isinstance(case.body, dict):
        case.body = with_whole_numbers(case.body)
    spare_the_wait(case, things)
    spare_the_needed(case, things)


@schemathesis.hook
def after_call(context: HookContext, case: Case, response: Response) -> None:
    operation, status = operation_of(case), response.status_code
    who = "authorised" if case.id in authorised else "other"
    counts[f"{operation} {who} {status if status == 429 else f'{status // 100}xx'}"] += 1
    if operation == "changePassword" and status == 204 and isinstance(case.body, dict):
        things.person.password = case.body["new"]
    if operation == "removeMember" and status == 204:
        things.has_left = True
    if operation == "retryQuarantine" and status == 202:
        things.looked_at = True


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case, response: Response) -> bool:
    """Only what a schema cannot say may be refused although the schema allows it."""
    if isinstance(failure, AcceptedNegativeData):
        refused = response.status_code in (413, 414, 431)  # too large to be read: schemathesis takes that for accepted
        return not (refused or (has_bad_body_only(case) and refuses_lines(case, response)))
    if not isinstance(failure, RejectedPositiveData):
        return True
    return not is_allowed(operation_of(case), problem_of(response))


def has_bad_body_only(case: Case) -> bool:
    if case.meta is None:
        return False
    bad = {place for place, component in case.meta.components.items() if component.mode.is_negative}
    return bad == {ParameterLocation.BODY}


def refuses_lines(case: Case, response: Response) -> bool:
    """A batch is 200 as a whole, and refuses what is wrong in it line by line."""
    return operation_of(case) == "createOrders" and response.json()["failed"] > 0


def problem_of(response: Response) -> dict[str, Any]:
    try:
        problem = response.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


@schemathesis.check
def kept_promises(context: CheckContext, response: Response, case: Case) -> None:
    """Our own judge, which knows problem codes too."""
    path = response.request.path_url.partition("?")[0]
    headers = {name: values[0] for name, values in response.headers.items()}
    contract().check(response.request.method or "", path, response.status_code, headers, response.content)
