"""Every page in every state: nothing for axe to find in light or dark, nothing beside the window when it is narrow or
enlarged, nothing that moves while the page fills."""

from __future__ import annotations

import random

import pytest

from browser.axe import violations
from browser.conftest import DeskFactory
from browser.desk import Desk
from browser.scene import Scene
from browser.states import CELLS, STATES, Cell, show
from support.sizes import FULL

pytestmark = pytest.mark.long

PAGES_SHOWN = 1  # of each state, at the small size
NARROW, ENLARGED = 320, 640  # pixels; 1280 at 200 %
PHONE = 360
CALM = ("ready", "never", "none", "partial")  # when there is nothing to warn of, which takes a line of its own


def test_no_cell_is_missing() -> None:
    assert {page: set(cells) for page, cells in CELLS.items()} == dict.fromkeys(CELLS, set(STATES))
    reasons = [cell for cells in CELLS.values() for cell in cells.values() if not isinstance(cell, Cell)]
    assert all(reason.strip() for reason in reasons)


def chosen(state: str) -> list[str]:
    """Pages that can be in the state: all of them at full size or when all is well, else some, always the same."""
    pages = [page for page, cells in CELLS.items() if isinstance(cells[state], Cell)]
    if FULL or state == "ready":
        return pages
    return sorted(random.Random(state).sample(pages, min(PAGES_SHOWN, len(pages))))


@pytest.mark.parametrize("state", STATES)
def test_a_page_in_a_state(scene: Scene, open_desk: DeskFactory, state: str) -> None:
    shown = show(scene, state, chosen(state), lambda: open_desk(at=scene.stack))
    assert {page: faults for page, desk in shown if (faults := faults_of(page, state, desk))} == {}


@pytest.mark.parametrize("state", CALM)
def test_nothing_moves_while_a_page_fills_on_a_phone(scene: Scene, open_desk: DeskFactory, state: str) -> None:
    pages = [page for page in chosen(state) if fills_by_itself(CELLS[page][state])]
    shown = show(scene, state, pages, lambda: open_desk(width=PHONE, at=scene.stack))
    assert {page: moved for page, desk in shown if (moved := desk.shifts())} == {}


def fills_by_itself(cell: Cell | str) -> bool:
    return isinstance(cell, Cell) and cell.act is None


def faults_of(page: str, state: str, desk: Desk) -> list[object]:
    calm = state in CALM and fills_by_itself(CELLS[page][state])
    faults: list[object] = [f"moved: {shift}" for shift in desk.shifts()] if calm else []
    faults += violations(desk.page)
    for width in (NARROW, ENLARGED):
        desk.page.set_viewport_size({"width": width, "height": 800})
        if (sideways := desk.sideways()) > 0:
            faults.append(f"{sideways} pixels beside a window of {width}")
    return faults
