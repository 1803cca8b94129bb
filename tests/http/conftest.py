"""Every answer that a test of this folder gets through httpx must be one that the API's document promises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from support.contract import ADDRESSES, contract


@pytest.fixture(autouse=True, scope="session")
def kept_promises() -> Iterator[None]:
    send = httpx.Client.send

    def send_and_judge(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        answer = send(client, request, **options)
        path = request.url.raw_path.decode().partition("?")[0]
        if path.startswith(ADDRESSES) and not options.get("stream"):
            contract().check(request.method, path, answer.status_code, answer.headers, answer.content)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.Client, "send", send_and_judge)
        yield
