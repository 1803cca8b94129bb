"""The API's document and the tables of the worker: neither has anything that the other has not."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from support.contract import BUILT, contract
from support.stack import ROOT

DOCUMENT = BUILT / "site" / "v1" / "openapi.json"
PAGES = BUILT / "site" / "problems"
NGINX = (ROOT / "etc" / "nginx" / "takings.conf.in").read_text()
METHODS = ("get", "post", "put", "patch", "delete")

Json = dict[str, Any]
# method and path
Name = tuple[str, str]

# What each gate can answer, by what the table says of a route (fcgi/router.h)
OF_ALL = {400: "unknown_parameter duplicate_parameter malformed_request", 406: "not_acceptable", 500: "internal"}
OF_FLAG: dict[str, dict[int, str]] = {
    "public": {},
    "body": {
        400: "truncated_body malformed_json duplicate_member",
        411: "length_required",
        413: "payload_too_large",
        415: "unsupported_media_type",
        422: "invalid_field unknown_field",
    },
    "idempotent": {400: "idempotency_key_missing idempotency_key_invalid", 422: "idempotency_key_reused"},
    "csrf": {403: "csrf"},
    "origin": {403: "csrf"},
    "session": {403: "forbidden"},
    "ndjson": {422: "too_many_items"},
    "format": {422: "invalid_field"},
    "csv": {},
    "events": {},
    "search": {503: "unavailable"},
}
# asked for by nginx, or the worker when a store is away
OF_FRONT_DOOR = {
    400: "header_too_large",
    413: "payload_too_large",
    414: "uri_too_long",
    429: "rate_limited",
    503: "unavailable",
}


def told(option: str) -> Any:
    done = subprocess.run([BUILT / "takings-worker", option], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def operations() -> dict[Name, Json]:
    paths = contract().document["paths"].items()
    return {(method.upper(), path): found[method] for path, found in paths for method in METHODS if method in found}


def routes() -> dict[Name, Json]:
    """Those that are open to everybody's network."""
    return {(route["method"], route["pattern"]): route for route in told("--routes") if "local" not in route["flags"]}


def served_as_files() -> set[Name]:
    return {("GET", path) for path in re.findall(r"^  location = (/v1/\S+) \{$", NGINX, re.MULTILINE)}


def parameters(operation: Json, place: str) -> dict[str, Json]:
    found = [contract().follow(parameter) for parameter in operation["parameters"]]
    return {parameter["name"]: parameter for parameter in found if parameter["in"] == place}


def codes(operation: Json) -> dict[int, set[str]]:
    answers = ((int(status), contract().follow(answer)) for status, answer in operation["responses"].items())
    return {status: set(answer["x-codes"]) for status, answer in answers if "x-codes" in answer}


def every_route(told_routes: dict[Name, Json]) -> Iterator[tuple[Name, Json, Json]]:
    """Each route of the worker with its operation."""
    documented = operations()
    for name, route in told_routes.items():
        yield name, route, documented[name]


def test_the_routes_are_the_same() -> None:
    assert operations().keys() == routes().keys() | served_as_files()


def test_the_parameters_are_the_same() -> None:
    for name, route, operation in every_route(routes()):
        assert set(parameters(operation, "query")) == set(route["parameters"]), name
        in_path = set(re.findall(r"\{(\w+)\}", name[1]))
        assert {key for key, found in parameters(operation, "path").items() if found["required"]} == in_path, name


def test_the_callers_are_the_same() -> None:
    """Who may call, with which scope, and what a session's change must carry."""
    for name, route, operation in every_route(routes()):
        flags = route["flags"]
        scopes = [route["scope"]] if route["scope"] is not None else []
        session: Json = {"session": scopes} | ({"csrf": []} if "csrf" in flags else {})
        for_people = "session" in flags or route["scope"] == "admin"
        expected = [] if "public" in flags else [session] if for_people else [{"key": scopes}, session]
        assert operation["security"] == expected, name


def test_the_headers_and_bodies_are_the_same() -> None:
    for name, route, operation in every_route(routes()):
        flags, headers = route["flags"], parameters(operation, "header")
        assert ("Idempotency-Key" in headers) == ("idempotent" in flags), name
        assert ("Origin" in headers) == bool({"csrf", "origin"} & set(flags)), name
        assert ("requestBody" in operation) == ("body" in flags), name
        body = operation.get("requestBody", {"required": True, "content": {}})
        kind = "application/x-ndjson" if "ndjson" in flags else "application/json"
        assert body["required"] and set(body["content"]) <= {kind}, name


def test_the_types_of_answers_are_the_same() -> None:
    """JSON, CSV, either by the parameter `format`, or events; an answer without a body has none."""
    for name, route, operation in every_route(routes()):
        kinds = {
            kind
            for status, answer in operation["responses"].items()
            if status.startswith("2")
            for kind in contract().follow(answer).get("content", {})
        }
        csv, json_too = {"text/csv"}, {"application/json"}
        if "events" in route["flags"]:
            assert kinds == {"text/event-stream"}, name
            continue
        expected = csv if "csv" in route["flags"] else csv | json_too if "format" in route["flags"] else json_too
        assert kinds in (expected, set()), name


def test_what_the_gates_refuse_is_told() -> None:
    for name, route, operation in every_route(routes()):
        answers = codes(operation)
        asked = [OF_ALL, OF_FRONT_DOOR, *(OF_FLAG[flag] for flag in route["flags"])]
        if "public" not in route["flags"]:
            asked.append({401: "unauthenticated"})
        if "{merchant}" in name[1]:
            asked.append({404: "not_found"})
        if route["scope"] is not None:
            asked.append({403: "forbidden"})
        missing = {
            (status, code) for gate in asked for status, each in gate.items() for code in each.split()
        } - {(status, code) for status, found in answers.items() for code in found}
        assert missing == set(), name


def test_the_problems_are_the_same() -> None:
    table = {problem["code"]: problem["status"] for problem in told("--problems")}
    assert set(contract().document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]) == set(table)
    for name, operation in operations().items():
        for status, found in codes(operation).items():
            assert {table[code] for code in found} == {status}, name


def test_nginx_says_the_same_of_its_own_problems() -> None:
    table = {problem["code"]: problem for problem in told("--problems")}
    code_of = dict(re.findall(r"^  (\d{3}|default) ([a-z_]+);$", NGINX, re.MULTILINE))
    titles = NGINX.partition("$takings_title")[2].partition("}")[0]
    title_of = dict(re.findall(r'^  (\d{3}|default) "([^"]*)";$', titles, re.MULTILINE))
    assert len(code_of) > 10 and code_of.keys() == title_of.keys()
    for status, code in code_of.items():
        assert table[code]["title"] == title_of[status]
        assert status == "default" or table[code]["status"] == int(status)
    whole = re.findall(r'"type":"/problems/([a-z_]+)","title":"([^"]*)"', NGINX)
    assert [(code, table[code]["title"]) for code, _ in whole] == whole


def test_every_problem_has_its_page() -> None:
    table = told("--problems")
    index = (PAGES / "index.html").read_text()
    assert set(re.findall(r'href="/problems/(\w+)"', index)) == {problem["code"] for problem in table}
    for problem in table:
        page = (PAGES / f"{problem['code']}.html").read_text()
        assert f"<code>{problem['code']}</code> · HTTP {problem['status']}" in page
        assert f"<h1>{problem['title']}</h1>" in page and "What to do" in page


def schemas_within(node: Any, where: str) -> Iterator[tuple[str, Json]]:
    """Every schema of a part of the document, with where it stands."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from schemas_within(item, f"{where}/{index}")
    elif isinstance(node, dict):
        if isinstance(node.get("type"), (str, list)) and "scheme" not in node and "in" not in node:
            yield where, node
        for key, value in node.items():
            if key not in ("example", "enum", "required"):
                yield from schemas_within(value, f"{where}/{key}")


def bounds_missing(schema: Json) -> list[str]:
    kinds = {schema["type"]} if isinstance(schema["type"], str) else set(schema["type"])
    needed = {
        "object": ["additionalProperties"],
        "array": ["items", "maxItems"],
        "string": ["maxLength"],
        "integer": ["minimum", "maximum"],
        "number": ["minimum", "maximum"],
    }
    if "enum" in schema:
        return []
    return [bound for kind in kinds for bound in needed.get(kind, []) if bound not in schema]


def test_every_schema_is_closed_and_bounded() -> None:
    document = contract().document
    found = list(schemas_within({"paths": document["paths"], "components": document["components"]}, ""))
    assert len(found) > 300
    # the document does not describe what an OpenAPI document is
    wrong = {where: missing for where, schema in found if (missing := bounds_missing(schema))}
    assert wrong == {"/components/schemas/Document": ["additionalProperties"]}
    open_ones = [where for where, schema in found if schema.get("additionalProperties") is True]
    assert open_ones == []


def test_an_order_has_as_many_refunds_as_the_program_lets_it_have() -> None:
    header = (ROOT / "lib" / "domain" / "refund.h").read_text()
    [most] = re.findall(r"^#define ORDER_REFUNDS_MAX (\d+)$", header, re.MULTILINE)
    schemas = contract().document["components"]["schemas"]
    listed = schemas["OrderWithRefunds"]["properties"]["refunds"]["maxItems"]
    assert (listed, schemas["Refund"]["properties"]["number"]["maximum"]) == (int(most), int(most))


def test_the_document_is_valid() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(contract().document).iter_errors()] == []


def test_the_linter_has_nothing_to_say() -> None:
    linter = ROOT / "build" / "npm" / "node_modules" / "@stoplight" / "spectral-cli" / "dist" / "index.js"
    rules = ROOT / "docs" / "openapi" / "spectral.yaml"
    done = subprocess.run(
        ["node", linter, "lint", "--fail-severity", "warn", "--quiet", "--ruleset", rules, DOCUMENT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


@pytest.mark.parametrize("kind", ["request", "answer"])
def test_the_examples_are_as_their_schemas_say(kind: str) -> None:
    count = 0
    for operation in operations().values():
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        answers = [contract().follow(answer) for answer in operation["responses"].values()]
        for part in bodies if kind == "request" else answers:
            for media in part.get("content", {}).values():
                if "example" in media:
                    contract().matches(media["schema"], media["example"])
                    count += 1
    assert count >= 2
