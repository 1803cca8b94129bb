"""What holds for every page: the security policy, weight, no script. What it shows in every state: test_states.py."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Response

from browser.conftest import DeskFactory
from support.stack import ROOT

ALL_PAGES = sorted(f"/{path.name}" for path in (ROOT / "htdocs").glob("*.html"))
MOST_BYTES = 60_000


def test_pages_may_run_their_own_files_only(open_desk: DeskFactory) -> None:
    desk = open_desk()
    for page in ("/", *ALL_PAGES):
        policy = desk.context.request.get(page).headers["content-security-policy"]
        rules = {name: sources for name, *sources in (rule.split() for rule in policy.split(";"))}
        assert rules["default-src"] == ["'none'"]
        assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == ["'self'"]
        assert rules["base-uri"] == rules["frame-ancestors"] == ["'none'"]


def test_the_dashboard_is_light_and_asked_for_once(open_desk: DeskFactory, owner: str) -> None:
    desk = open_desk().logged_in(owner)
    answers: list[Response] = []
    desk.page.on("requestfinished", lambda request: answers.append(request.response()))
    desk.dashboard()
    files = [answer for answer in answers if answer.url.endswith((".js", ".css"))]
    assert len(files) >= 4
    assert sum(answer.request.sizes()["responseBodySize"] for answer in files) < MOST_BYTES
    for answer in files:
        assert answer.headers["content-encoding"] == "gzip", answer.url
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    [html] = [answer for answer in answers if answer.request.resource_type == "document"]
    assert html.headers["cache-control"] == "no-cache"
    again = desk.context.request.get("/", headers={"If-None-Match": html.headers["etag"]})
    assert again.status == 304


@pytest.mark.parametrize("page", ALL_PAGES)
def test_without_script_a_page_says_what_it_needs(open_desk: DeskFactory, page: str) -> None:
    text = open_desk().context.request.get(page).text()
    [words] = re.findall("<noscript>(.*)</noscript>", text)
    assert "needs JavaScript" in words
