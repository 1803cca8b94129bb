"""Pictures of every page in every state, for people to look at: scripts/screenshots runs this by its name.

Each is taken 1280 and 360 pixels wide, in light and dark, as the table in states.py says. PICTURES names their folder, which
gets an index.html that shows them all; README names a file for the one that the README shows.
"""

from __future__ import annotations

import html
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import FloatRect

from browser.conftest import DeskFactory
from browser.desk import Desk
from browser.scene import PEOPLE, Scene
from browser.states import CELLS, STATES, show

FOLDER = Path(os.environ["PICTURES"])
WIDTHS = (1280, 360)
SCHEMES = ("light", "dark")
HIGHEST = 2400  # of a long list the beginning will do
PATIENCE_MS = 120_000  # nothing is asserted here: a busy machine may take its time


def name_of(page: str, state: str, width: int, scheme: str) -> str:
    return f"{page}-{state}-{width}-{scheme}.png"


def take(desk: Desk, page: str, state: str) -> None:
    for width, scheme in product(WIDTHS, SCHEMES):
        desk.page.set_viewport_size({"width": width, "height": 800})
        desk.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        desk.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        height = desk.page.evaluate("document.documentElement.scrollHeight")
        shown: FloatRect = {"x": 0, "y": 0, "width": width, "height": min(height, HIGHEST)}
        desk.page.screenshot(path=FOLDER / name_of(page, state, width, scheme), full_page=True, clip=shown)


@pytest.fixture(scope="module", autouse=True)
def folder() -> Iterator[None]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    yield
    (FOLDER / "index.html").write_text(sheet())


@pytest.mark.parametrize("state", STATES)
def test_pictures_of_a_state(scene: Scene, open_desk: DeskFactory, state: str) -> None:
    def patient_desk() -> Desk:
        desk = open_desk(at=scene.stack)
        desk.context.set_default_timeout(PATIENCE_MS)
        return desk

    for page, desk in show(scene, state, list(CELLS), patient_desk):
        take(desk, page, state)


@pytest.mark.skipif("README" not in os.environ, reason="it was not asked for")
def test_the_picture_in_the_readme(scene: Scene, open_desk: DeskFactory) -> None:
    """Two weeks with today, unfinished, against the two before."""
    today = datetime.now(ZoneInfo(scene.zone)).date()
    dates = f"from={today - timedelta(days=13)}&to={today + timedelta(days=1)}"
    desk = open_desk(at=scene.stack).logged_in(PEOPLE["owner"])
    desk.dashboard(f"/?merchant={scene.shop.id}&currency=EUR&{dates}&compare=previous_period")
    desk.page.screenshot(path=os.environ["README"])


def sheet() -> str:
    """All pictures that were taken, a line for each page and state; for the others the reason why not."""
    lines = []
    for page, cells in CELLS.items():
        for state, cell in cells.items():
            names = [name_of(page, state, width, scheme) for width, scheme in product(WIDTHS, SCHEMES)]
            taken = [name for name in names if (FOLDER / name).exists()]
            shown = "".join(f'<a href="{name}"><img src="{name}" alt="{name}"></a>' for name in taken)
            reason = cell if isinstance(cell, str) else "not taken"
            lines.append(f"<h2>{page}: {state}</h2><p>{shown or html.escape(reason)}</p>")
    style = "body{font:15px system-ui;margin:24px}img{height:360px;margin:0 8px 8px 0;border:1px solid #999}"
    return f'<!doctype html><meta charset="utf-8"><title>Takings</title><style>{style}</style>{"".join(lines)}\n'
