"""`js/poll.js`: a task goes on whatever becomes of it, and rests while nobody looks at the page."""

from __future__ import annotations

from browser.desk import Desk
from support.poll import eventually
from support.stack import ROOT

# the module as it is written, at an address of the site
MODULE = "/js/poll-alone.js"
START = f"""async () => {{
  const {{ Poller }} = await import("{MODULE}");
  window.runs = 0;
  window.poller = new Poller(async () => {{
    window.runs += 1;
    if (window.runs === 1) throw new Error("nobody foresaw this");
    return true;
  }}, 100);
  window.poller.now();
}}"""
LOOKED_AT = """looked => {
  Object.defineProperty(document, "hidden", { value: !looked, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_it_goes_on_after_a_fault_and_rests_in_a_hidden_tab(desk: Desk) -> None:
    desk.expect("nobody foresaw this")
    page, source = desk.page, (ROOT / "htdocs" / "js" / "poll.js").read_text()
    page.route(f"**{MODULE}", lambda route: route.fulfill(body=source, content_type="application/javascript"))
    page.goto("/problems/")
    page.evaluate(START)
    eventually(lambda: page.evaluate("window.runs") >= 3)
    page.evaluate(LOOKED_AT, False)
    before = page.evaluate("window.runs")
    page.evaluate("window.poller.pace(50)")
    assert page.evaluate("window.runs") == before
    page.evaluate(LOOKED_AT, True)
    eventually(lambda: page.evaluate("window.runs") > before + 1)
