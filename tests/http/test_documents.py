"""The API's document and the pages about problems, as they are served."""

from __future__ import annotations

import re

import httpx
import pytest

from support.merchant import Merchant
from support.problems import check_problem
from support.stack import Stack

DOCUMENT = "/v1/openapi.json"


@pytest.fixture(scope="module")
def document(stack: Stack) -> httpx.Response:
    answer = httpx.get(stack.url + DOCUMENT)
    assert answer.status_code == 200
    return answer


def test_the_document_needs_no_key(document: httpx.Response) -> None:
    assert document.headers["Content-Type"] == "application/json"
    assert document.json()["openapi"] == "3.1.0"


def test_the_document_is_sent_once(stack: Stack, document: httpx.Response) -> None:
    again = httpx.get(stack.url + DOCUMENT, headers={"If-None-Match": document.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_document_cannot_be_written(stack: Stack) -> None:
    answer = httpx.post(stack.url + DOCUMENT, json={})
    check_problem(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD"


def test_a_problem_leads_to_its_page(merchant: Merchant) -> None:
    problem = check_problem(merchant.api.get("/orders", form="new"), 400, "unknown_parameter")
    page = httpx.get(merchant.stack.url + problem["type"])
    assert page.status_code == 200 and page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert f"<h1>{problem['title']}</h1>" in page.text


def test_the_index_leads_to_every_page(stack: Stack) -> None:
    with httpx.Client(base_url=stack.url, follow_redirects=True) as browser:
        index = browser.get("/problems")
        assert index.status_code == 200 and index.url.path == "/problems/"
        pages = set(re.findall(r'href="(/problems/\w+)"', index.text))
        assert len(pages) > 30
        assert {browser.get(page).status_code for page in pages} == {200}
        check_problem(browser.get("/problems/no_such_code"), 404, "not_found")
