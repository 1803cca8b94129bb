"""What a browser does: a session's cookie, its CSRF token and its Origin."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import httpx

from support.api import Body, expect, new_key
from support.names import new_email
from support.stack import Stack

PASSWORD = "correct horse battery staple 42"


def add_user(stack: Stack, merchant: str, role: str, email: str | None = None) -> str:
    """A user with PASSWORD; the e-mail address."""
    email = email or new_email()
    password_file = stack.folder / "password"
    password_file.write_text(PASSWORD)
    stack.cli("user", "add", email, "--merchant", merchant, "--role", role, "--password-file", password_file)
    return email


class Browser:
    """At an address of its own, if wanted: all of 127.0.0.0/8 is loopback."""

    def __init__(self, stack: Stack, address: str = "127.0.0.1") -> None:
        self.origin = stack.url
        transport = httpx.HTTPTransport(local_address=address)
        self.http = httpx.Client(base_url=stack.url, timeout=15.0, transport=transport)
        self.csrf: str | None = None

    @classmethod
    def of_new_user(cls, stack: Stack, merchant: str, role: str) -> Browser:
        """Logged in."""
        browser = cls(stack)
        expect(browser.log_in(add_user(stack, merchant, role)))
        return browser

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def log_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        body = {"email": email, "password": password}
        answer = self.http.post("/v1/session", json=body, headers={"Origin": self.origin})
        if answer.status_code == 200:
            self.csrf = answer.json()["csrf"]
        return answer

    def headers(self) -> dict[str, str]:
        """What an unsafe request carries."""
        return {"Origin": self.origin, "X-CSRF-Token": self.csrf or ""}

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.http.get(path, params=params)

    def post_order(self, merchant: str, body: Body, headers: dict[str, str] | None = None) -> httpx.Response:
        """With these headers instead of the right ones, when given."""
        sent = self.headers() if headers is None else headers
        return self.http.post(
            f"/v1/merchants/{merchant}/orders", json=body, headers=sent | {"Idempotency-Key": new_key()}
        )

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> httpx.Response:
        """An unsafe request; with these headers instead of the right ones, when given."""
        sent = self.headers() if headers is None else headers
        return self.http.request(method, path, json=body, headers=sent)

    def log_out(self) -> httpx.Response:
        return self.http.delete("/v1/session", headers=self.headers())

    def log_out_everywhere(self) -> httpx.Response:
        return self.http.delete("/v1/sessions", headers=self.headers())

    def set_password(self, current: str, new: str) -> httpx.Response:
        body = {"current": current, "new": new}
        return self.http.put("/v1/me/password", json=body, headers=self.headers())

    @property
    def token(self) -> str:
        """The session's cookie."""
        return dict(self.http.cookies)["takings"]
