"""The API's document as a judge: whether an answer is one of those that it promises."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema_rs

from support.stack import ROOT

Json = dict[str, Any]

BUILT = Path(os.environ.get("TAKINGS_BIN", ROOT / "build" / "obj"))

ADDRESSES = ("/v1/", "/healthz", "/readyz", "/version")
# what HTTP itself adds, and nginx to every file
OF_HTTP = frozenset(
    "accept-ranges connection content-encoding content-length content-type date expires keep-alive last-modified server "
    "transfer-encoding vary".split()
)


class Contract:
    """Compiled lazily: each schema once."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self.paths = [(self._pattern(path), path) for path in document["paths"]]
        self.everywhere = {name.lower() for name in document["x-headers-of-every-answer"]}
        self.validators: dict[str, Any] = {}

    @staticmethod
    def _pattern(path: str) -> re.Pattern[str]:
        return re.compile("/".join("[^/]*" if part.startswith("{") else re.escape(part) for part in path.split("/")))

    def follow(self, node: Json) -> Json:
        """The thing itself where a reference to it stands."""
        while "$ref" in node:
            name = node["$ref"].removeprefix("#/").split("/")
            node = self.document
            for step in name:
                node = node[step]
        return node

    def path_of(self, path: str) -> str | None:
        """The path of the document that an address belongs to; one without parameters before others."""
        decoded = "/".join(unquote(part) for part in path.split("/"))
        found = [template for pattern, template in self.paths if pattern.fullmatch(decoded)]
        return min(found, key=lambda template: template.count("{"), default=None)

    def operation(self, method: str, path: str) -> Json | None:
        template = self.path_of(path)
        found = self.document["paths"][template] if template is not None else {}
        return found.get("get" if method == "HEAD" else method.lower())

    def matches(self, schema: Json, value: Any) -> None:
        """Raises with what is wrong when a value is not as a schema says."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self.validators:
            whole = {**schema, "components": self.document["components"]}
            self.validators[key] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        self.validators[key].validate(value)

    def check(self, method: str, path: str, status: int, headers: Mapping[str, str], content: bytes) -> None:
        """Raises when an answer is not one that the document promises. `headers` do not regard the case of names."""
        operation = self.operation(method, path)
        if operation is None or (answer := operation["responses"].get(str(status))) is None:
            assert operation is None, f"{method} {path}: {status} is not in the document: {content[:500]!r}"
            self._check_refused(method, path, status, headers, content)
            return
        answer = self.follow(answer)
        self._check_headers(answer, headers, f"{method} {path} {status}")
        self._check_content(answer, method, headers, content, f"{method} {path} {status}")

    def _check_refused(
        self, method: str, path: str, status: int, headers: Mapping[str, str], content: bytes
    ) -> None:
        """What is no operation can only be refused."""
        assert status >= 400, f"{method} {path} is not in the document, but was answered {status}"
        if method != "HEAD" and content:
            assert headers["content-type"].split(";")[0] == "application/problem+json", content[:500]
            self.matches({"$ref": "#/components/schemas/Problem"}, json.loads(content))

    def _check_headers(self, answer: Json, headers: Mapping[str, str], where: str) -> None:
        promised = {name.lower(): self.follow(header) for name, header in answer.get("headers", {}).items()}
        undocumented = {name.lower() for name in headers} - promised.keys() - self.everywhere - OF_HTTP
        assert not undocumented, f"{where}: headers that are not in the document: {undocumented}"
        for name, header in promised.items():
            if name in headers:
                value = headers[name]
                self.matches(header["schema"], int(value) if header["schema"]["type"] == "integer" else value)
            else:
                assert not header.get("required"), f"{where}: no {name}"

    def _check_content(
        self, answer: Json, method: str, headers: Mapping[str, str], content: bytes, where: str
    ) -> None:
        promised = answer.get("content")
        if promised is None or method == "HEAD":
            assert content == b"", f"{where}: a body that is not in the document: {content[:500]!r}"
            return
        kind = headers["content-type"].split(";")[0]
        assert kind in promised, f"{where}: {kind} is not in the document"
        if not kind.endswith("json"):
            return
        value = json.loads(content)
        try:
            self.matches(promised[kind]["schema"], value)
        except jsonschema_rs.ValidationError as error:
            raise AssertionError(f"{where}: {error}\n{content[:2000]!r}") from error
        if "x-codes" in answer:
            assert value["code"] in answer["x-codes"], f"{where}: the document has no {value['code']} here"


@cache
def contract() -> Contract:
    """Of the build that is tested."""
    return Contract(json.loads((BUILT / "site" / "v1" / "openapi.json").read_text()))
