"""Names, notes, references and addresses written to do harm show as text: on every page, in 360 pixels, in CSV.

That nothing of it runs, and that the security policy reports nothing, is shown by the desk's watch of the console.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page

from browser.conftest import DeskFactory
from browser.desk import Desk
from browser.places import addresses
from support.browser import Browser, add_user
from support.merchant import Merchant
from support.names import new_email
from support.poll import eventually
from support.stack import Stack

MARKUP = "<img src=x onerror=document.title=1><script>document.title=1</script>"
# Opened and not closed, closed and not opened: what follows would stand the other way round.
TURNED = "\u2069\u202e\u2067\u202bmoc.live \u05d0\u05d1\u05d2"
SMILES = "\U0001f642"
LONG = "W" * 200
FORMULA = '=HYPERLINK("http://evil.example","click")'
NAMES = [MARKUP, TURNED, SMILES * 200, LONG, FORMULA]
REFERENCES = ["@SUM", "+1-1", "-2", "R" * 64]

# Text that turns its line round must stand in a box of its own, and all other text must run as it should: of its first
# two letters in one line the second stands on the right.
LEAKS = """names => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const leaks = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    let element = node.parentElement;
    if (element.closest("option, textarea, script") || !element.checkVisibility()) continue;
    if (/[\u202a-\u202e\u2066-\u2069]/.test(node.data)) {
      while (["inline", "contents"].includes(getComputedStyle(element).display)) element = element.parentElement;
      if (!names.includes(element.textContent)) leaks.push(element.outerHTML.slice(0, 300));
    } else if (isTurned(node)) {
      leaks.push(`turned: ${node.data}`);
    }
  }
  return leaks;

  function isTurned(node) {
    const at = node.data.search(/[a-z][a-z]/i);
    if (at < 0) return false;
    const [first, second] = [at, at + 1].map((i) => {
      const range = new Range();
      range.setStart(node, i);
      range.setEnd(node, i + 1);
      return range.getBoundingClientRect();
    });
    return first.top === second.top && second.left < first.left;
  }
}"""


@dataclass
class Shop:
    merchant: Merchant
    orders: list[str]
    owner: str


@pytest.fixture(scope="module")
def hostile(stack: Stack, add_merchant: Any) -> Shop:
    """A shop where everything that people can write was written by an enemy."""
    merchant: Merchant = add_merchant()
    orders = []
    for name, reference in zip(NAMES, [*REFERENCES, "plain"], strict=True):
        line = {"product_id": "=SUM(1)", "name": name, "quantity": 1, "unit_price": 435, "tax": 10}
        note = SMILES * 500 if name.startswith(SMILES) else name
        body = {"currency": "EUR", "lines": [line, line], "note": note, "reference": reference}
        order = merchant.order(body | {"customer_id": "@C", "channel": "+till", "payment_method": "C" * 64})["order"]
        merchant.refund(order["id"], {"lines": [{"line": 1, "quantity": 1}], "reason": name[:200]})
        orders.append(order["id"])
    owner = add_user(stack, merchant.id, "owner", f"<img/src=x/onerror=document.title=1>{'w' * 60}{new_email()}")
    add_user(stack, merchant.id, "clerk", f"=1+1{new_email()}")
    for name in NAMES:
        stack.cli("key", "add", "--merchant", merchant.id, "--scopes", "orders:write", "--name", name[:100])
    with Browser(stack) as browser:
        assert browser.log_in(owner).status_code == 200
        renamed = browser.send("PATCH", f"/v1/merchants/{merchant.id}/settings", {"name": TURNED + MARKUP})
        assert renamed.status_code == 200, renamed.text
    merchant.settled()
    return Shop(merchant, orders, owner)


@pytest.fixture
def desk_of_owner(open_desk: DeskFactory, hostile: Shop) -> Desk:
    return open_desk().logged_in(hostile.owner)


def loaded(page: Page) -> None:
    script = """() => [...document.querySelectorAll(".panel[data-state]")].every(({ dataset }) =>
      ["ready", "empty"].includes(dataset.state)) && document.querySelector("#head[data-role]") !== null"""
    eventually(lambda: page.evaluate(script), 30.0)


def is_text(page: Page) -> None:
    """Nothing of it became an element or ran, nothing turns its neighbours, and nothing sticks out of 360 pixels."""
    assert page.evaluate("document.querySelectorAll('img, main script').length") == 0
    assert page.title().endswith("Takings")
    assert page.evaluate(LEAKS, [TURNED, TURNED + MARKUP]) == []
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) == 0, (page.url, width)


def test_it_shows_as_text_on_every_page(desk_of_owner: Desk, hostile: Shop) -> None:
    desk = desk_of_owner
    turned = hostile.orders[NAMES.index(TURNED)]
    for address in addresses(hostile.merchant.id, turned):
        desk.page.goto(address)
        loaded(desk.page)
        assert TURNED + MARKUP in desk.page.locator("#merchant option").all_text_contents(), address
        is_text(desk.page)


def test_it_shows_as_text_in_one_order(desk_of_owner: Desk, hostile: Shop) -> None:
    desk = desk_of_owner
    for order, name, reference in zip(hostile.orders, NAMES, [*REFERENCES, "plain"], strict=True):
        desk.page.goto(f"/order.html?merchant={hostile.merchant.id}&id={order}")
        loaded(desk.page)
        is_text(desk.page)
        text = desk.page.locator("main").text_content() or ""
        assert text.count(name) >= 4, name  # in two lines, the note and the reason of the refund
        assert reference in text and "=SUM(1)" in text


def test_it_is_typed_kept_and_told_as_text(desk_of_owner: Desk, hostile: Shop) -> None:
    """In the form, in its complaints, over a reload, and on the receipt."""
    desk = desk_of_owner
    desk.expect(422)
    desk.page.goto(f"/new-order.html?merchant={hostile.merchant.id}")
    desk.page.locator("#order").wait_for()
    for number, name in enumerate(NAMES, start=1):
        if number > 1:
            desk.page.get_by_role("button", name="Add a line").click()
        line = {"product_id": "=SUM(1)", "name": name, "quantity": "1", "unit_price": "4.35"}
        desk.fill_line(line, number)
    desk.fill_whole({"note": SMILES * 500, "reference": FORMULA, "customer_id": MARKUP})
    desk.page.keyboard.press("Control+Enter")
    desk.page.locator("#summary li").first.wait_for()
    is_text(desk.page)
    desk.page.reload()
    desk.page.locator("#order").wait_for()
    names = desk.page.locator("#lines [data-name=name]").evaluate_all("inputs => inputs.map(input => input.value)")
    assert names == NAMES
    desk.fill_whole({"reference": "@SUM", "customer_id": "@C"})
    desk.page.keyboard.press("Control+Enter")
    identity = desk.receipt()
    is_text(desk.page)
    order = hostile.merchant.api.get(f"/orders/{identity}").json()
    assert [line["name"] for line in order["lines"]] == NAMES
    assert order["note"] == SMILES * 500


def test_no_cell_of_an_export_is_a_formula(desk_of_owner: Desk, hostile: Shop) -> None:
    """Nor any text that people wrote: exports tell entries by their ids."""
    desk = desk_of_owner
    ranges = f"merchant={hostile.merchant.id}&currency=EUR&range=today"
    tables = [exported(desk, f"/?{ranges}"), exported(desk, f"/trace.html?{ranges}&metric=total_sales")]
    for table in tables:
        assert len(table) > 1
        for cell in (cell for row in table for cell in row):
            assert not cell.startswith(("=", "+", "@", "\t", "\r")), cell
            assert not cell.startswith("-") or cell[1:].replace(".", "", 1).isdigit(), cell
            assert not any(written in cell for written in (*NAMES, *REFERENCES[:2], *REFERENCES[3:])), cell


def exported(desk: Desk, address: str) -> list[list[str]]:
    """What the page's own link to CSV gives."""
    desk.page.goto(address)
    loaded(desk.page)
    link = desk.page.locator("a[href*='csv'], a[href*='/metrics/export']").first
    link.wait_for()
    answer = desk.context.request.get(link.get_attribute("href") or "")
    assert answer.ok, answer.text()
    return list(csv.reader(io.StringIO(answer.text())))
