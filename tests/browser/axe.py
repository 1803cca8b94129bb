"""What axe finds wrong with a page as it is shown."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from support.stack import ROOT

AXE = ROOT / "build" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
COLOURS = ["color-contrast", "link-in-text-block"]
RUN = """async rules => {
  const { violations } = await axe.run(rules.length ? { runOnly: { type: "rule", values: rules } } : {});
  return violations.map(rule => [rule.id, rule.nodes.map(node => node.html)]);
}"""


def violations(page: Page) -> list[Any]:
    """Rule, and the elements that break it: of all rules in light, and of those about colours in dark."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    page.emulate_media(color_scheme="dark")
    found = [("dark", *rule) for rule in page.evaluate(RUN, COLOURS)]
    page.emulate_media(color_scheme="light")
    return found + [("light", *rule) for rule in page.evaluate(RUN, [])]
