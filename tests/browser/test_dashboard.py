"""The dashboard: its figures are the API's, its state stands in the address, and it says when something is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Route

from browser.conftest import DeskFactory
from browser.desk import Desk, money
from support.api import Body, expect
from support.browser import add_user
from support.merchant import Merchant
from support.poll import eventually, wait_out_the_hour
from support.stack import Stack, run

ADDITIVE = ("gross_sales", "discounts", "returns", "net_sales", "taxes", "shipping", "total_sales")


def tea(**more: Any) -> Body:
    line = {"product_id": "TEA-1", "name": "First flush", "quantity": 3, "unit_price": 435, "discount": 5, "tax": 260}
    return {"currency": "EUR", "lines": [line], "shipping": 490} | more


def days_ago(days: int, zone: str = "Europe/Berlin") -> str:
    """Noon of that day."""
    noon = datetime.now(ZoneInfo(zone)).replace(hour=12, minute=0, second=0, microsecond=0)
    return (noon - timedelta(days=days)).isoformat()


@pytest.fixture
def sold(merchant: Merchant) -> Merchant:
    """Three orders in the last days, one of them partly taken back."""
    receipts = [merchant.order(tea(placed_at=days_ago(days))) for days in (1, 2, 4)]
    merchant.refund(receipts[0]["order"]["id"], {"lines": [{"line": 1, "quantity": 1}]})
    merchant.settled()
    return merchant


def test_cards_and_statement_are_the_apis(sold: Merchant, desk: Desk) -> None:
    desk.dashboard("/?range=last_7d")
    [data] = expect(sold.api.summary(range="last_7d"))["data"]
    metrics = data["metrics"]
    assert metrics["orders"] == 3
    assert desk.card("orders") == "3"
    assert desk.card("average_order_value") == money(metrics["average_order_value"]["value"])
    for metric in ("total_sales", "net_sales", "returns"):
        assert desk.card(metric) == money(metrics[metric])
    for metric in ADDITIVE:
        assert desk.statement(metric) == money(metrics[metric])


def test_the_table_is_the_apis_series(sold: Merchant, desk: Desk) -> None:
    desk.dashboard("/?range=last_7d")
    desk.page.keyboard.press("t")
    columns = ("total_sales", "orders", *ADDITIVE[:-1])  # the chosen one leads
    series = expect(sold.api.series(range="last_7d", interval="day", currency="EUR", metrics=",".join(columns)))["data"]
    rows = desk.table()
    assert len(rows) == 7 + 1
    days = [datetime.fromtimestamp(start, ZoneInfo("Europe/Berlin")) for start in series["start"]]
    form = "{0:%a} {0.day} {0:%b}" if days[0].year == days[-1].year else "{0:%a}, {0.day} {0:%b %Y}"
    for i, row in enumerate(rows[:7]):
        values = [series["values"][metric][i] for metric in columns]
        assert row[1:] == [money(values[0]), str(values[1]), *map(money, values[2:])]
        assert row[0].replace("Sept", "Sep") == form.format(days[i])


def test_buckets_are_named_in_the_merchants_zone(
    open_desk: DeskFactory, add_merchant: Callable[..., Merchant], stack: Stack
) -> None:
    merchant = add_merchant("Asia/Kathmandu", "EUR")
    desk = open_desk(zone="America/Los_Angeles").logged_in(add_user(stack, merchant.id, "owner"))
    desk.dashboard("/?range=yesterday&as=table")
    assert [row[0] for row in desk.table()[:24]] == [f"{h:02}:00\u2013{(h + 1) % 24:02}:00" for h in range(24)]


def test_the_night_of_25_hours_names_both_hours(desk: Desk) -> None:
    desk.dashboard("/?from=2026-10-25&to=2026-10-26&as=table")
    names = [row[0] for row in desk.table()[:-1]]
    assert len(names) == 25
    assert names[2:4] == ["02:00\u201302:00 GMT+2", "02:00\u201303:00 GMT+1"]


def test_hours_to_come_are_not_shown(desk: Desk) -> None:
    wait_out_the_hour()
    desk.dashboard("/?range=today&as=table")
    names = [row[0] for row in desk.table()[:-1]]
    now = datetime.now(ZoneInfo("Europe/Berlin"))
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    # as instants: when clocks change, the hour's name is not its number
    assert len(names) == (now.astimezone(UTC) - midnight.astimezone(UTC)) // timedelta(hours=1) + 1
    assert names[-1].endswith("(unfinished)")


def test_a_new_order_changes_the_figures_without_a_reload(desk: Desk, merchant: Merchant) -> None:
    desk.dashboard("/")
    assert desk.card("total_sales") == "0.00"
    never = desk.page.locator("#sales").get_by_text("No order has been recorded yet.")
    never.wait_for()
    merchant.order(tea())
    eventually(lambda: desk.card("total_sales") == money(1305 - 5 + 260 + 490))
    assert desk.card("orders") == "1"
    never.wait_for(state="hidden")
    desk.page.keyboard.press("ArrowLeft")
    desk.page.get_by_text("No orders in this range.").wait_for()


SHIFTS = """window.shifts = 0;
new PerformanceObserver(list => list.getEntries().forEach(entry => { window.shifts += entry.value; }))
  .observe({ type: "layout-shift", buffered: true });"""


@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_moves_when_the_figures_come(open_desk: DeskFactory, sold: Merchant, owner: str, width: int) -> None:
    """A tenth is what counts as good elsewhere; a thousandth is a word that got wider."""
    desk = open_desk(width=width).logged_in(owner)
    desk.page.add_init_script(SHIFTS)
    for view in ("range=mtd&compare=previous_year", "range=last_7d&as=table"):
        desk.dashboard(f"/?{view}")
        eventually(lambda: len(desk.latest()) == 3)
        assert desk.page.evaluate("window.shifts") < 0.001, view


def test_who_never_sold_anything_is_shown_how(desk: Desk, merchant: Merchant) -> None:
    """The command is run, with a key in the place where one is missing."""
    desk.dashboard("/?range=last_7d")
    desk.page.locator("#sales").get_by_role("link", name="Record the first one").wait_for()
    command = desk.page.locator("#sales .curl").inner_text()
    key = merchant.new_key("orders:write")["secret"]
    answer = json.loads(run(["sh", "-c", command.replace("YOUR_KEY", key)]))
    assert answer["order"]["currency"] == "EUR"
    desk.page.locator("#latest-rows", has_text=answer["order"]["id"][-6:]).wait_for()


def test_the_view_stands_in_the_address(desk: Desk, merchant: Merchant) -> None:
    desk.dashboard("/")
    # opened by its name, it is compared with the period before
    start = f"/?merchant={merchant.id}&currency=EUR&range=today&compare=previous_period"
    assert desk.address().endswith(start)
    desk.page.locator("#presets").get_by_role("link", name="7 days").click()
    desk.page.locator("#cards").get_by_role("button", name=re.compile("^Orders")).click()
    desk.page.keyboard.press("t")
    wanted = f"/?merchant={merchant.id}&currency=EUR&range=last_7d&compare=previous_period&metric=orders&as=table"
    assert desk.address().endswith(wanted)
    desk.page.reload()
    desk.settled()
    assert desk.address().endswith(wanted)
    assert desk.page.get_by_role("heading", name="Orders by day").count() == 1
    assert len(desk.table()) == 7 + 1
    desk.page.get_by_label("Compare").select_option("against previous year, by date")
    assert desk.address().endswith(wanted.replace("previous_period", "previous_year&match=date"))
    for _ in range(4):
        desk.page.go_back()
    desk.settled()
    assert desk.address().endswith(start)
    assert desk.page.get_by_role("heading", name="Total sales by hour").count() == 1
    desk.page.go_forward()
    desk.page.get_by_role("heading", name="Total sales by day").wait_for(state="attached")


def test_any_range_by_its_dates(desk: Desk) -> None:
    desk.dashboard("/")
    desk.page.locator("#dates-shown").click()
    desk.page.get_by_label("From").fill("2026-03-20")
    desk.page.get_by_label("Through").fill("2026-03-19")
    desk.page.get_by_role("button", name="Show").click()
    desk.page.get_by_text("The last day is before the first.").wait_for()
    desk.page.get_by_label("Through").fill("2026-03-31")
    desk.page.get_by_role("button", name="Show").click()
    assert "from=2026-03-20&to=2026-04-01" in desk.address()
    assert re.fullmatch("20\\s*\u2013\\s*31 Mar 2026", desk.page.locator("#dates-shown").inner_text())


def test_keys_work_and_stay_silent_while_typing(desk: Desk) -> None:
    desk.dashboard("/?range=today")
    press = desk.page.keyboard.press
    for key, range_ in (("w", "last_7d"), ("m", "mtd"), ("y", "ytd"), ("d", "today"), ("ArrowLeft", "yesterday")):
        press(key)
        assert f"range={range_}&" in desk.address() + "&"
    press("ArrowRight")
    assert "range=today" in desk.address()
    press("w")
    for interval in ("hour", "day"):  # of seven days there are no weeks
        press("i")
        assert f"interval={interval}" in desk.address()
    for compare in ("previous_period", "previous_year", "previous_year&match=date", ""):
        press("x")
        assert desk.address().partition("&compare=")[2] == compare
    press("t")
    assert "as=table" in desk.address()
    press("?")
    assert desk.page.get_by_role("dialog").is_visible()
    press("Escape")
    desk.page.get_by_role("dialog").wait_for(state="hidden")
    press("?")
    desk.page.get_by_label("Single keys").uncheck()
    press("Escape")
    address = desk.address()
    press("y")
    desk.page.reload()
    desk.settled()
    press("y")
    assert desk.address() == address
    press("?")
    desk.page.get_by_label("Single keys").check()
    press("Escape")
    press("/")
    desk.page.locator("#date-from:focus").wait_for()
    address = desk.address()
    press("w")
    assert desk.address() == address
    desk.page.get_by_label("Interval").focus()
    press("w")
    assert "range=last_7d" in desk.address()


def test_the_bar_has_every_range_of_the_api(desk: Desk) -> None:
    desk.dashboard("/")
    desk.page.locator("#dates-shown").click()
    offered = desk.page.locator("#all-presets a").evaluate_all(
        "links => links.map(link => new URL(link.href).searchParams.get('range'))"
    )
    document = desk.context.request.get("/v1/openapi.json").json()
    parameters = document["paths"]["/v1/merchants/{merchant}/metrics/summary"]["get"]["parameters"]
    [of_range] = [one for one in parameters if one.get("name") == "range"]
    assert sorted(offered) == sorted(of_range["schema"]["enum"])
    desk.page.locator("#all-presets").get_by_role("link", name="Last 12 months").click()
    desk.settled()
    assert "range=last_12mo" in desk.address()
    assert desk.page.get_by_label("Interval").input_value() == "week"
    assert desk.page.get_by_label("Interval").locator("option:disabled").all_inner_texts() == ["by hour"]


def test_the_table_is_exported_as_the_api_gives_it(desk: Desk, sold: Merchant) -> None:
    desk.dashboard("/?range=last_7d&interval=hour")
    with desk.page.expect_download() as waiting:
        desk.page.keyboard.press("e")
    wanted = sold.api.export(range="last_7d", interval="hour", currency="EUR")
    assert waiting.value.path().read_bytes() == wanted.content
    assert waiting.value.suggested_filename in wanted.headers["Content-Disposition"]


def test_every_figure_leads_to_its_entries(desk: Desk, sold: Merchant) -> None:
    desk.dashboard("/?range=last_7d&as=table")
    view = f"/trace.html?merchant={sold.id}&currency=EUR"
    whole = f"{view}&range=last_7d"

    def targets(selector: str) -> list[str]:
        found: list[str] = desk.page.locator(selector).evaluate_all(
            "links => links.map(link => link.getAttribute('href'))"
        )
        return found

    cards = ("total_sales", "net_sales", "orders", "average_order_value", "returns")
    assert targets("#cards a") == [f"{whole}&metric={metric}" for metric in cards]
    lines = (*ADDITIVE, "orders", "units_sold", "refunds", "units_returned")
    assert targets("#statement a") == [f"{whole}&metric={metric}" for metric in lines]
    yesterday = datetime.now(ZoneInfo("Europe/Berlin")).date() - timedelta(days=1)
    day = f"{view}&from={yesterday}&to={yesterday + timedelta(days=1)}"
    assert targets("#table-box tbody tr:last-child a")[:2] == [f"{day}&metric=total_sales", f"{day}&metric=orders"]
    assert targets("#table-box tfoot a")[:2] == [f"{whole}&metric=total_sales", f"{whole}&metric=orders"]


def test_a_point_of_the_chart_leads_to_the_entries_of_its_hour(desk: Desk, sold: Merchant) -> None:
    desk.expect(404)
    desk.dashboard("/?range=yesterday&metric=orders")
    noon = datetime.now(ZoneInfo("Europe/Berlin")).replace(hour=12, minute=0, second=0, microsecond=0)
    start = (noon - timedelta(days=1)).astimezone(UTC)
    hour = f"from={start:%Y-%m-%dT%H}%3A00%3A00Z&to={start + timedelta(hours=1):%Y-%m-%dT%H}%3A00%3A00Z"
    wanted = f"**/trace.html?merchant={sold.id}&currency=EUR&{hour}&metric=orders"
    chart = desk.page.get_by_role("slider")
    chart.focus()
    desk.page.keyboard.press("Home")
    for _ in range(12):
        desk.page.keyboard.press("ArrowRight")
    said = chart.get_attribute("aria-valuetext")
    assert said == "12:00\u201313:00: 1"
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_url(wanted)
    desk.page.go_back()
    desk.settled()
    box = desk.page.locator("#chart .u-over").bounding_box()
    assert box is not None
    desk.page.mouse.move(box["x"] + box["width"] * 12 / 23, box["y"] + 20)
    assert desk.page.locator("#readout").inner_text() == said
    desk.page.mouse.click(box["x"] + box["width"] * 12 / 23, box["y"] + 20)
    desk.page.wait_for_url(wanted)


def test_a_change_is_computed_from_the_apis_integers(desk: Desk, sold: Merchant) -> None:
    """Three orders of 20.50 against two and one without shipping: 61.50 - 56.60 is 8.657 % of 56.60."""
    for order in (tea(placed_at=days_ago(8)), tea(placed_at=days_ago(10)), tea(placed_at=days_ago(14), shipping=0)):
        sold.order(order)
    sold.settled()
    desk.dashboard("/?range=last_7d&compare=previous_period")
    assert desk.card("total_sales") == "61.50"
    assert desk.change("total_sales") == "\u25b2 +8.7%was 56.60"
    assert desk.change("orders") == "= was 3"
    assert desk.change("average_order_value") == "= was 13.00"
    assert desk.change("returns") == "= was 0.00"
    assert "That is 8.7% more than 56.60 in " in desk.page.locator("#sentence").inner_text()
    desk.page.keyboard.press("t")
    rows = desk.table()
    assert [row[2] for row in rows[:7]] == ["15.60", "0.00", "0.00", "0.00", "20.50", "0.00", "20.50"]
    assert [row[1] for row in rows[:7]] == ["0.00", "0.00", "0.00", "20.50", "0.00", "20.50", "20.50"]
    assert [row[3] for row in rows] == ["-100.0%", "=", "=", "\u25b2", "-100.0%", "\u25b2", "=", "+8.7%"]
    desk.page.keyboard.press("t")
    chart = desk.page.get_by_role("slider")
    chart.focus()
    desk.page.keyboard.press("Home")
    said = chart.get_attribute("aria-valuetext") or ""
    before = datetime.now(ZoneInfo("Europe/Berlin")) - timedelta(days=14)
    assert said.endswith(f": 0.00; -100.0% against 15.60, {before:%A}, {before.day} {before:%B %Y}")


def zone_at_noon() -> str:
    """One in which it is past noon, and the hour has just begun to matter to nobody: midnight is far."""
    west = (datetime.now(UTC).hour - 12 + 24) % 24
    return f"Etc/GMT+{west}" if west <= 12 else f"Etc/GMT-{24 - west}"


def test_a_running_range_is_compared_up_to_its_last_full_hour(
    open_desk: DeskFactory, add_merchant: Callable[..., Merchant], stack: Stack
) -> None:
    wait_out_the_hour()
    merchant = add_merchant(zone_at_noon(), "EUR")
    zone = ZoneInfo(merchant.shop.zone.name)
    now = datetime.now(zone)
    morning = now.replace(hour=8, minute=30)
    for placed in (morning, now, morning - timedelta(days=1), now.replace(minute=59) - timedelta(days=1)):
        merchant.order(tea(placed_at=placed.isoformat(), shipping=490 if placed.date() == now.date() else 0))
    merchant.settled()
    desk = open_desk().logged_in(add_user(stack, merchant.id, "owner"))
    desk.dashboard("/?range=today&compare=previous_period")
    answer = expect(merchant.api.summary(range="today", compare="previous_period"))["comparison"]
    through = datetime.fromisoformat(answer["through"]).astimezone(zone)
    now_sum = 2050 * (1 + (now < through))
    was_sum = 1560 * (1 + (now.hour < through.hour))
    tenths = Decimal(1000 * (now_sum - was_sum)) / was_sum
    assert desk.card("total_sales") == "41.00"
    change = f"\u25b2 +{tenths.quantize(Decimal(1), ROUND_HALF_EVEN) / 10:.1f}%was {money(was_sum)}"
    assert desk.change("total_sales") == f"{change} {money(now_sum)} by {through:%H}:00"
    yesterday = now - timedelta(days=1)
    said = desk.page.locator("#compared").inner_text().replace("Sept ", "Sep ")
    up_to, part = f"{now:%a} {now.day} {now:%b}, {through:%H}:00", f"{yesterday.day} {yesterday:%b %Y}"
    assert said == f"Compared up to {up_to} with the same part of {part}."
    desk.page.keyboard.press("t")
    rows = desk.table()
    assert len(rows) == now.hour + 2
    assert rows[8][1:4] == ["20.50", "15.60", "+31.4%"]
    assert rows[-2][0].endswith("(unfinished)")


IN_ITS_COLOUR = """() => {
  const [canvas] = document.querySelectorAll("#chart canvas");
  const wanted = getComputedStyle(document.documentElement).getPropertyValue("--data").match(/[0-9a-f]{2}/g);
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const [red, green, blue] = wanted.map((part) => parseInt(part, 16));
  return data.some((_, i) => i % 4 === 0 && data[i] === red && data[i + 1] === green && data[i + 2] === blue);
}"""


def test_the_chart_has_the_colours_of_the_screen_and_of_paper(
    open_desk: DeskFactory, owner: str, sold: Merchant
) -> None:
    desk = open_desk(dark=True).logged_in(owner)
    desk.expect("willReadFrequently")
    desk.dashboard("/?range=last_7d")
    for media, scheme in (("screen", "dark"), ("print", "dark"), ("screen", "dark"), ("screen", "light")):
        desk.page.emulate_media(media=media, color_scheme=scheme)
        eventually(lambda: desk.page.evaluate(IN_ITS_COLOUR))


def test_the_chart_is_read_by_arrow_keys(desk: Desk, sold: Merchant) -> None:
    desk.dashboard("/?range=last_7d")
    chart = desk.page.get_by_role("slider")
    chart.focus()
    desk.page.keyboard.press("End")
    assert desk.page.locator("#chart canvas").is_visible()
    said = chart.get_attribute("aria-valuetext")
    [*_, last] = expect(sold.api.series(range="last_7d", interval="day", currency="EUR", metrics="total_sales"))[
        "data"
    ]["values"]["total_sales"]
    assert said is not None
    assert said.endswith(f": {money(last)}")
    desk.page.keyboard.press("ArrowLeft")
    assert chart.get_attribute("aria-valuetext") != said
    assert "range=last_7d" in desk.address()
    desk.page.keyboard.press("d")
    assert "range=today" in desk.address()


def test_one_panels_failure_leaves_the_others_alone(desk: Desk) -> None:
    problem = {"title": "Something broke", "status": 500, "code": "internal", "request_id": "abc123", "errors": []}

    def fail(route: Route) -> None:
        route.fulfill(status=500, content_type="application/problem+json", body=json.dumps(problem))

    desk.expect(500)
    sales = desk.page.locator("#sales")
    with desk.intercepted("**/metrics/series?**", fail):
        desk.page.goto("/")
        sales.get_by_text("Something broke").wait_for()
        assert sales.get_by_text("abc123").is_visible()
        eventually(lambda: desk.card("orders") == "0")
        with desk.page.expect_request("**/metrics/series?**"):
            sales.get_by_role("button", name="Try again").click()
    desk.settled()


def test_figures_stay_and_the_stamp_warns_while_the_server_is_away(desk: Desk, sold: Merchant) -> None:
    desk.expect("ERR_FAILED")
    desk.dashboard("/?range=last_7d")
    stamp = desk.page.locator("#stamp")
    assert stamp.inner_text().startswith("exact as of ")
    assert "behind" in stamp.inner_text()
    with desk.intercepted("**/metrics/**", lambda route: route.abort()):
        stamp.get_by_text("not refreshed: the server cannot be reached").wait_for()
        assert "exact as of" in stamp.inner_text()
        assert "behind" not in stamp.inner_text()  # of figures that stand still it is more with every second
        assert desk.card("orders") == "3"
    eventually(lambda: stamp.inner_text().startswith("exact as of "), limit_s=30)


def test_an_answer_that_nobody_foresaw_is_said_and_asked_for_again(desk: Desk, sold: Merchant) -> None:
    desk.expect("Cannot read properties")
    desk.dashboard("/?range=last_7d")
    cards, summary = desk.page.locator("#cards"), "**/metrics/summary?**"
    with desk.intercepted(summary, lambda route: route.fulfill(status=200, body="")):
        desk.page.keyboard.press("m")
        cards.get_by_text("The server cannot be reached").wait_for()
    with desk.intercepted(summary, lambda route: route.fulfill(status=200, body="{}")):
        cards.get_by_role("button", name="Try again").click()
        cards.get_by_text("This page failed").wait_for()
        desk.page.locator("#stamp.amber", has_text="not refreshed: this page failed").wait_for()
    cards.get_by_role("button", name="Try again").click()
    desk.settled()
    desk.page.locator("#stamp:not(.amber)").wait_for()


def test_unknown_is_never_shown_as_a_number(desk: Desk, sold: Merchant) -> None:
    """Somebody wrote past the product. What cannot be read can be neither added up nor listed."""
    desk.expect(500)
    spoil(sold)
    eventually(lambda: expect(sold.api.status())["data"]["parked"])
    desk.dashboard("/?range=last_7d")
    assert (desk.card("total_sales"), desk.statement("net_sales")) == ("unknown", "unknown")
    day = datetime.now(ZoneInfo("Europe/Berlin")) - timedelta(days=4)
    words = f"igures unknown for {day:%a} {day.day} {day:%b}, 12:00\u201313:00"
    stamp = desk.page.locator("#stamp.amber").inner_text().replace("Sept ", "Sep ")
    assert stamp.startswith(f"f{words}") and "exact as of" in stamp
    note = desk.page.locator("#sales .panel-note").inner_text().replace("Sept ", "Sep ")
    assert note.startswith(f"F{words}: an entry cannot be read")
    assert f"Unknown for {day:%A}, {day.day} {day:%B %Y}." in desk.page.locator("#sentence").inner_text()
    eventually(lambda: [row[-1] for row in desk.latest()] == ["counted", "counted", "hour unknown"])
    chart = desk.page.get_by_role("slider")
    chart.focus()
    desk.page.keyboard.press("End")
    for _ in range(3):
        desk.page.keyboard.press("ArrowLeft")
    assert (chart.get_attribute("aria-valuetext") or "").endswith(": unknown")
    # of an average null says both "unknown" and "no orders"
    desk.dashboard("/?range=last_7d&compare=previous_period&metric=average_order_value")
    assert f"Unknown for {day:%A}, {day.day} {day:%B %Y}." in desk.page.locator("#sentence").inner_text()
    chart.focus()
    desk.page.keyboard.press("End")
    for presses, words in ((2, ": no orders"), (1, ": unknown")):
        for _ in range(presses):
            desk.page.keyboard.press("ArrowLeft")
        assert (chart.get_attribute("aria-valuetext") or "").partition(";")[0].endswith(words)
    desk.dashboard("/?range=yesterday")
    assert desk.card("total_sales") == money(2050)
    assert desk.page.locator("#stamp:not(.amber)").is_visible()
    assert not desk.page.locator("#sales .panel-note").is_visible()


def spoil(merchant: Merchant) -> None:
    """An entry beside the oldest order, in its hour, whose total is no number."""
    ledger = merchant.stack.mongo.takings.ledger
    stored = ledger.find_one({"m": merchant.id}, sort=[("_id", 1)])
    assert stored is not None
    spoilt = stored | {"_id": stored["_id"][:-1] + ("A" if stored["_id"][-1] != "A" else "B"), "total": "7.00"}
    ledger.insert_one(spoilt | {"idem": "orders/spoilt"}, bypass_document_validation=True)


def test_an_address_with_a_foreign_merchant_offers_ones_own(desk: Desk, merchant: Merchant) -> None:
    desk.page.goto("/?merchant=nobody-here")
    desk.page.get_by_text("This account has no such merchant").wait_for()
    chooser = desk.page.get_by_label("Merchant")
    assert chooser.locator("option:checked").inner_text() == "Choose a merchant"
    assert not desk.page.get_by_label("Currency").is_visible()
    chooser.select_option(merchant.id)
    desk.settled()
    assert desk.page.get_by_label("Currency").input_value() == "EUR"


def test_a_switch_of_merchant_and_currency(
    open_desk: DeskFactory, add_merchant: Callable[..., Merchant], stack: Stack
) -> None:
    first, second = add_merchant("Europe/Berlin", "EUR"), add_merchant("Asia/Tokyo", "JPY", "USD")
    email = add_user(stack, first.id, "owner")
    add_user(stack, second.id, "owner", email)
    desk = open_desk().logged_in(email)
    desk.dashboard(f"/?merchant={first.id}")
    desk.page.get_by_label("Merchant").select_option(second.id)
    desk.page.wait_for_url(f"**/?merchant={second.id}&currency=JPY&**")
    desk.settled()
    desk.page.get_by_label("Currency").select_option("USD")
    desk.settled()
    assert f"merchant={second.id}&currency=USD" in desk.address()
    desk.page.go_back()
    desk.page.go_back()
    desk.settled()
    assert f"merchant={first.id}&currency=EUR" in desk.address()
    assert desk.page.get_by_label("Merchant").input_value() == first.id
