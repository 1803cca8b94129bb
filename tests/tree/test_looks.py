"""The pages' looks: colours and sizes of type are base.css's own, and their contrast is what docs/ui.md says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STYLES = sorted((ROOT / "htdocs" / "css").glob("*.css"))
BASE = ROOT / "htdocs" / "css" / "base.css"
COLOUR = r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|lab|lch|oklab|oklch|hwb|color)a?\("
SIZES = {12, 13, 15, 18, 24, 32}
# WCAG 2.2: 1.4.3 for text, 1.4.11 for what else must be seen
NEEDED = {"text": 4.5, "line": 3.0}

Colour = tuple[float, float, float, float]


def tokens(part: str) -> dict[str, Colour]:
    """Custom properties that are colours, as red, green, blue, opacity from 0 to 1."""
    found = {}
    for name, digits in re.findall(r"--([\w-]+): #([0-9a-f]+);", part):
        wide = digits if len(digits) > 4 else "".join(2 * digit for digit in digits)
        red, green, blue, opacity = (int((wide + "ff")[i : i + 2], 16) / 255 for i in (0, 2, 4, 6))
        found[name] = (red, green, blue, opacity)
    return found


def schemes() -> dict[str, dict[str, Colour]]:
    light, _, rest = BASE.read_text().partition("@media screen and (prefers-color-scheme: dark)")
    return {"light": tokens(light), "dark": tokens(rest.partition("@media")[0])}


def over(above: Colour, below: Colour) -> Colour:
    opacity = above[3]
    red, green, blue = (a * opacity + b * (1 - opacity) for a, b in zip(above[:3], below[:3], strict=True))
    return red, green, blue, 1.0


def luminance(colour: Colour) -> float:
    """As WCAG 2.2 defines it."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def table() -> list[list[str]]:
    """Rows of docs/ui.md: colour, ground, what for, contrast in light and in dark."""
    text = (ROOT / "docs" / "ui.md").read_text()
    lines = re.findall(r"^\| `[\w-]+` \| `[\w-]+` \| (?:text|line) \|.*\|$", text, re.MULTILINE)
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines]


def test_contrast_is_known_and_enough() -> None:
    colours = schemes()
    told, measured = table(), []
    for front, ground, use, *_ in told:
        values = []
        for scheme in colours.values():
            below = over(scheme[ground], scheme["paper"])
            values.append(contrast(over(scheme[front], below), below))
        assert min(values) >= NEEDED[use], (front, ground, values)
        measured.append([front, ground, use, *(f"{int(value * 10) / 10}" for value in values)])
    assert told == measured


def test_no_colour_is_left_unmeasured() -> None:
    fronts, grounds = ({row[i] for row in table()} for i in (0, 1))
    light, dark = schemes().values()
    assert light.keys() == dark.keys()
    # thin rules between things that stand apart anyway, and what a dialog lies upon
    assert light.keys() - fronts - grounds == {"rule", "veil"}


def test_the_contrast_of_known_colours() -> None:
    """Against figures that others published."""
    black, white, grey = (0.0, 0.0, 0.0, 1.0), (1.0, 1.0, 1.0, 1.0), tokens("--grey: #767676;")["grey"]
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(grey, white) == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
def test_colours_and_sizes_of_type_come_from_the_tokens(style: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", style.read_text(), flags=re.DOTALL)
    if style == BASE:
        assert {int(size) for size in re.findall(r"--type-\d+: (\d+)px;", text)} == SIZES
        text = re.sub(r"--[\w-]+: [^;]*;", "", text)
        # phones zoom into fields of smaller type
        text = text.replace("font-size: 16px", "")
    assert re.findall(COLOUR, text) == []
    assert re.findall(r"font(?:-size)?:[^;]*\d(?:px|r?em|pt|%)[^;]*;", text) == []
