"""A thin client of one merchant's routes: nothing retried, nothing hidden."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

ALL_SCOPES = ("orders:write", "orders:read", "refunds:write", "metrics:read", "orders:import")
Body = dict[str, Any]


def new_key() -> str:
    return uuid.uuid4().hex


class Api:
    """Routes below /v1/merchants/{merchant}, called with one API key; safe for threads."""

    def __init__(self, url: str, merchant: str, secret: str | None) -> None:
        self.merchant = merchant
        self.base = f"/v1/merchants/{merchant}"
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        self.http = httpx.Client(base_url=url, headers=headers, timeout=15.0, limits=limits)

    def close(self) -> None:
        self.http.close()

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.http.get(self.base + path, params=params)

    def summary(self, **params: Any) -> httpx.Response:
        return self.get("/metrics/summary", **params)

    def series(self, **params: Any) -> httpx.Response:
        return self.get("/metrics/series", **params)

    def export(self, **params: Any) -> httpx.Response:
        return self.get("/metrics/export.csv", **params)

    def trace(self, **params: Any) -> httpx.Response:
        return self.get("/metrics/trace", **params)

    def status(self) -> httpx.Response:
        return self.get("/status")

    def post_order(self, body: Body, key: str | None = None, **params: Any) -> httpx.Response:
        return self._post("/orders", body, key, params)

    def post_refund(self, order_id: str, body: Body, key: str | None = None, **params: Any) -> httpx.Response:
        return self._post(f"/orders/{order_id}/refunds", body, key, params)

    def _post(self, path: str, body: Body, key: str | None, params: dict[str, Any]) -> httpx.Response:
        headers = {"Idempotency-Key": key or new_key()}
        return self.http.post(self.base + path, json=body, headers=headers, params=params)


def expect(response: httpx.Response, status: int = 200) -> Any:
    """The JSON of an answer that must have this status."""
    assert response.status_code == status, f"{response.request.url} gave {response.status_code}: {response.text}"
    return response.json()
