"""Pages for whoever does not look at them as most do: by keyboard, by what a screen reader is told, in colours of the
system's own, without movement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from browser.conftest import DeskFactory
from browser.desk import Desk
from browser.scene import Scene
from browser.states import CELLS, show
from support.sizes import sized

PAGES = tuple(page for page in CELLS if page != "dashboard-table")
SHOWN = sized(quick=("dashboard", "order"), full=PAGES)
MOST_TABS = 400

# What has the focus: its name, whether anything shows that it has it, whether it can be seen, and what it is.
FOCUS = """() => {
  const node = document.activeElement;
  if (node === document.body) return null;
  const box = node.getBoundingClientRect();
  const outlined = part => {
    const { outlineStyle, outlineWidth } = getComputedStyle(node, part);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  };
  node.dataset.order ??= String(document.querySelectorAll("[data-order]").length);
  return { name: `${node.nodeName}#${node.id} ${node.textContent.trim().slice(0, 30)}`,
    shown: outlined(null) || outlined("::after"),
    seen: box.width > 0 && box.height > 0 && box.right > 0 && box.left < innerWidth &&
      box.bottom > 0 && box.top < innerHeight,
    order: Number(node.dataset.order) };
}"""
# Whether the elements that had the focus, by when they had it first, stand in the order of the document.
IN_ORDER = """() => {
  const nodes = [...document.querySelectorAll("[data-order]")];
  return nodes.every((node, i) => i === 0 || Number(nodes[i - 1].dataset.order) < Number(node.dataset.order));
}"""
# Colours of ours that are none of the system's: the browser changes all but those that a canvas is drawn with.
FOREIGN_COLOURS = """() => {
  const probe = document.body.appendChild(document.createElement("canvas"));
  const rgb = colour => { probe.style.color = colour; return getComputedStyle(probe).color; };
  const system = ["CanvasText", "Canvas", "LinkText", "GrayText", "Highlight"].map(rgb);
  const ours = ["--data", "--soft", "--rule", "--compare", "--paper", "--ink"];
  const foreign = ours.filter(name => !system.includes(rgb(`var(${name})`)));
  probe.remove();
  return foreign;
}"""
MOVING = """() => [...document.querySelectorAll("*")].filter(node => {
  const { animationName, animationDuration, transitionDuration } = getComputedStyle(node);
  const lasts = text => text.split(",").some(part => parseFloat(part) > 0.001);
  return lasts(transitionDuration) || (animationName !== "none" && lasts(animationDuration));
}).map(node => `${node.nodeName}#${node.id}.${node.className}`)"""


@pytest.fixture
def ready(scene: Scene, open_desk: DeskFactory) -> Iterator[tuple[str, Desk]]:
    """The pages one after the other, with all that they have."""
    return show(scene, "ready", SHOWN, lambda: open_desk(at=scene.stack))


def test_the_focus_is_seen_and_goes_through_the_page_in_order(ready: Iterator[tuple[str, Desk]]) -> None:
    for name, desk in ready:
        desk.page.evaluate("document.activeElement.blur()")
        stops = list(focused(desk.page))
        assert len(stops) >= 3, name
        assert [stop["name"] for stop in stops if not (stop["shown"] and stop["seen"])] == [], name
        assert desk.page.evaluate(IN_ORDER), [stop["name"] for stop in stops]


def focused(page: Page) -> Iterator[Any]:
    """Whatever Tab leads to, until it leads out of the page; of a field with parts of its own the first."""
    before = None
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None:
            return
        if stop["order"] != before:
            yield stop
        before = stop["order"]
    raise AssertionError(f"after {MOST_TABS} Tabs the page has no end")


def test_keys_are_listed_on_every_page(ready: Iterator[tuple[str, Desk]]) -> None:
    for name, desk in ready:
        if name != "login":
            desk.page.evaluate("document.activeElement.blur()")
            desk.page.keyboard.press("?")
            assert desk.page.get_by_role("dialog", name="Keys").is_visible(), name


def test_nothing_moves_for_whoever_wants_it_so(ready: Iterator[tuple[str, Desk]]) -> None:
    """The desk asks for reduced motion."""
    assert {name: moving for name, desk in ready if (moving := desk.page.evaluate(MOVING))} == {}


def test_pages_can_be_used_in_the_systems_colours(ready: Iterator[tuple[str, Desk]]) -> None:
    """What is chosen is outlined, and so is the focus; colours that pages draw with themselves are the system's."""
    for name, desk in ready:
        desk.page.emulate_media(forced_colors="active")
        chosen = desk.page.locator("[aria-pressed=true]:visible, [aria-current]:visible")
        unmarked = (
            "nodes => nodes.filter(node => getComputedStyle(node).outlineStyle === 'none').map(node => node.outerHTML)"
        )
        assert chosen.evaluate_all(unmarked) == [], name
        assert desk.page.evaluate(FOREIGN_COLOURS) == [], name
        desk.page.keyboard.press("Tab")
        assert desk.page.evaluate(FOCUS)["shown"], name


def test_every_chart_has_its_sentence_and_its_table(scene: Scene, open_desk: DeskFactory) -> None:
    """What they say is compared with the API's figures by test_truth.py."""
    for _, desk in show(scene, "ready", ("dashboard",), lambda: open_desk(at=scene.stack)):
        for chart in desk.page.get_by_role("slider").all():
            figure = desk.page.get_by_role("figure").filter(has=chart)
            assert figure.locator("figcaption").inner_text().strip()
            chart.focus()
            desk.page.keyboard.press("t")
            table = desk.page.get_by_role("table", name="Sales by day in EUR")
            table.wait_for()
            assert table.get_by_role("row").count() == 1 + 7 + 1  # head, days, whole range
