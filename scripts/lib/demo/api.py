"""A small client of Takings' API, on one connection that is kept."""

from __future__ import annotations

import http.client
import json
import uuid
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

Json = dict[str, Any]


class ApiError(Exception):
    """An answer other than the expected kind; the text is the problem's."""


class Api:
    def __init__(self, url: str, merchant: str, key: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=15)
        self._base = f"/v1/merchants/{quote(merchant)}"
        self._key = key

    def get(self, path: str, **query: str | int) -> Json:
        return self._ask("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, body: Json, idempotency_key: str | None = None) -> Json:
        headers = {"Content-Type": "application/json", "Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        return self._ask("POST", path, json.dumps(body), headers)

    def _ask(self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None) -> Json:
        authorization = {"Authorization": f"Bearer {self._key}"}
        try:
            self._connection.request(method, self._base + path, body, authorization | (headers or {}))
            answer = self._connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise ApiError(f"{method} {path}: {error!r}") from error
        if answer.status >= 300:
            raise ApiError(f"{method} {path}: {answer.status} {text.decode(errors='replace')}")
        found: Json = json.loads(text)
        return found
