"""The settings page: what it changes is changed, secrets are shown once, and nothing that was typed is lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Route

from browser.conftest import DeskFactory
from browser.desk import Desk
from support.api import Api, expect
from support.browser import PASSWORD, Browser, add_user
from support.merchant import Merchant
from support.names import new_email
from support.poll import eventually
from support.stack import Stack

ZONE = ZoneInfo("Europe/Berlin")


def open_settings(desk: Desk, merchant: Merchant) -> None:
    desk.page.goto(f"/settings.html?merchant={merchant.id}")
    for panel in ("keys", "members", "audit"):
        desk.page.locator(f"#{panel}[data-state=ready]").wait_for()


@pytest.fixture
def settings(desk: Desk, merchant: Merchant) -> Desk:
    """An owner before the settings of `merchant`."""
    open_settings(desk, merchant)
    return desk


def rows(desk: Desk, panel: str) -> Locator:
    return desk.page.locator(f"#{panel} tbody tr")


def audit(desk: Desk) -> list[tuple[str, str]]:
    """Who did what, the newest first."""
    found = rows(desk, "audit").evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.textContent))")
    return [(who, what) for _, who, what in found]


def dialog(desk: Desk) -> Locator:
    return desk.page.locator("dialog.ask")


def stored(merchant: Merchant) -> dict[str, Any]:
    found = merchant.stack.mongo.takings.merchants.find_one({"_id": merchant.id})
    assert found is not None
    return found


def test_settings_that_cannot_be_read_are_not_offered(desk: Desk, merchant: Merchant, owner: str) -> None:
    """While MongoDB is away the server gives the id for a name."""
    desk.expect("ERR_FAILED")
    form = desk.page.locator("#shop")
    with desk.intercepted("**/members?**", lambda route: route.abort()):
        desk.page.goto(f"/settings.html?merchant={merchant.id}")
        form.get_by_text("These settings cannot be read just now").wait_for()
        assert not form.get_by_label("Name").is_visible()
        with Browser(merchant.stack) as elsewhere:
            expect(elsewhere.log_in(owner))
            expect(elsewhere.send("PATCH", f"/v1/merchants/{merchant.id}/settings", {"name": "Lantern Tea"}))
    form.get_by_role("button", name="Try again").click()
    form.get_by_label("Name").wait_for()
    assert form.get_by_label("Name").input_value() == "Lantern Tea"
    assert not form.get_by_text("These settings cannot be read just now").is_visible()


# ---- keys ----


def make_key(desk: Desk, name: str, *scopes: str) -> str:
    """The secret, as it is shown."""
    desk.page.get_by_role("button", name="Make a key").click()
    dialog(desk).get_by_label("Name").fill(name)
    for scope in scopes:
        dialog(desk).get_by_role("checkbox", name=scope, exact=True).check()
    dialog(desk).get_by_role("button", name="Make the key").click()
    return dialog(desk).get_by_label("Secret").input_value()


def test_a_key_is_shown_once_works_and_ends_at_once(settings: Desk, merchant: Merchant, owner: str) -> None:
    secret = make_key(settings, "<i>Till</i> 7", "Read figures", "Record orders")
    api = Api(merchant.stack.url, merchant.id, secret)
    expect(api.summary(range="today"))
    settings.page.keyboard.press("Escape")  # what is shown only once does not go so easily
    settings.context.grant_permissions(["clipboard-read", "clipboard-write"])
    dialog(settings).get_by_role("button", name="Copy").click()
    dialog(settings).get_by_text("Copied.").wait_for()
    assert settings.page.evaluate("navigator.clipboard.readText()") == secret
    dialog(settings).get_by_role("button", name="I have stored it").click()
    row = rows(settings, "keys").filter(has_text="<i>Till</i> 7")
    row.wait_for()
    assert secret not in settings.page.content()
    assert "Record orders, Read figures" in row.inner_text()

    row.get_by_role("button", name="Revoke").click()
    dialog(settings).get_by_text("cannot be taken back").wait_for()
    dialog(settings).get_by_role("button", name="Keep it").click()
    expect(api.summary(range="today"))
    row.get_by_role("button", name="Revoke").click()
    dialog(settings).get_by_role("button", name="Revoke it").click()
    row.locator(".tag", has_text="revoked").wait_for()
    assert row.get_by_role("button").count() == 0
    assert api.summary(range="today").status_code == 401
    rows(settings, "audit").filter(has_text="revoked the key <i>Till</i> 7").wait_for()
    assert audit(settings)[:2] == [
        (owner, "revoked the key <i>Till</i> 7"),
        (owner, "made the key <i>Till</i> 7 (Record orders, Read figures)"),
    ]


def held(desk: Desk, path: str) -> list[Route]:
    """The next request to `path` without a query, which waits here until it is let go on."""
    found: list[Route] = []
    desk.page.route(f"**{path}", lambda route: found.append(route), times=1)
    return found


def test_a_key_under_way_cannot_be_left_unseen(settings: Desk) -> None:
    routes = held(settings, "/keys")
    settings.page.get_by_role("button", name="Make a key").click()
    dialog(settings).get_by_role("checkbox", name="Read orders").check()
    with settings.page.expect_request("**/keys"):
        dialog(settings).get_by_role("button", name="Make the key").click()
    for _ in range(2):
        settings.page.keyboard.press("Escape")
    dialog(settings).get_by_role("button", name="Cancel").click(force=True)
    dialog(settings).get_by_role("heading").click()  # the focus leaves the dialog
    for _ in range(2):
        settings.page.keyboard.press("Escape")
    [route] = routes
    route.continue_()
    dialog(settings).get_by_label("Secret").wait_for()


def test_a_key_ends_with_a_day_of_the_merchants_clock(settings: Desk, merchant: Merchant) -> None:
    settings.page.get_by_role("button", name="Make a key").click()
    dialog(settings).get_by_role("checkbox", name="Read orders").check()
    dialog(settings).get_by_label("Ends").select_option("At the end of a day")
    day = datetime.now(ZONE).date() + timedelta(days=10)
    dialog(settings).get_by_label("Last day").fill(day.isoformat())
    dialog(settings).get_by_role("button", name="Make the key").click()
    dialog(settings).get_by_label("Secret").wait_for()
    key = merchant.stack.mongo.takings_people.api_keys.find_one({"m": merchant.id, "expires_at": {"$exists": True}})
    assert key is not None
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), ZONE)
    assert key["expires_at"] == midnight.astimezone(UTC)


def test_what_is_wrong_with_a_key_is_told_beside_the_field_and_stays_typed(settings: Desk) -> None:
    settings.expect(422)
    settings.page.get_by_role("button", name="Make a key").click()
    form = dialog(settings)
    form.get_by_label("Name").fill("x" * 101)
    form.get_by_role("button", name="Make the key").click()
    form.get_by_role("link", name="Name: At most 100 characters; these are 101.").wait_for()
    assert settings.page.evaluate("document.activeElement.id") == "summary"
    form.get_by_role("link", name="What it may do: Choose at least one.").click()
    assert settings.page.evaluate("document.activeElement.value") == "orders:write"
    settings.page.keyboard.press("Space")
    form.get_by_label("Name").fill("Till")
    form.get_by_label("Ends").select_option("At the end of a day")
    form.get_by_label("Last day").fill("2020-02-03")
    form.get_by_role("button", name="Make the key").click()
    form.get_by_role("link", name=re.compile("^Last day: Must lie ahead")).wait_for()
    assert form.get_by_label("Name").input_value() == "Till"
    assert form.get_by_label("Last day").get_attribute("aria-invalid") == "true"


# ---- members ----


def test_a_new_member_gets_a_password_that_is_shown_once(settings: Desk, merchant: Merchant) -> None:
    email = new_email()
    settings.page.get_by_role("button", name="Add somebody").click()
    dialog(settings).get_by_label("Email").fill(email)
    dialog(settings).get_by_role("radio", name="Analyst").check()
    dialog(settings).get_by_role("button", name="Add").click()
    dialog(settings).get_by_text(f"{email} is analyst now.").wait_for()
    password = dialog(settings).get_by_label("Password").input_value()
    with Browser(merchant.stack) as browser:
        [mine] = expect(browser.log_in(email, password))["merchants"]
    assert (mine["id"], mine["role"]) == (merchant.id, "analyst")
    dialog(settings).get_by_role("button", name="I have passed it on").click()
    rows(settings, "members").filter(has_text=email).filter(has_text="Analyst").wait_for()
    assert password not in settings.page.content()


def test_roles_change_and_members_go_but_an_owner_stays(settings: Desk, merchant: Merchant, owner: str) -> None:
    settings.expect(422)
    clerk = add_user(merchant.stack, merchant.id, "clerk")
    settings.page.reload()
    row = rows(settings, "members").filter(has_text=clerk)
    row.get_by_role("button", name="Change role").click()
    dialog(settings).get_by_role("radio", name="Analyst").check()
    dialog(settings).get_by_role("button", name="Change the role").click()
    row.filter(has_text="Analyst").wait_for()
    row.get_by_role("button", name="Remove").click()
    dialog(settings).get_by_role("button", name="Remove", exact=True).click()
    row.wait_for(state="detached")
    mine = rows(settings, "members").filter(has_text=owner)
    mine.get_by_role("button", name="Remove").click()
    dialog(settings).get_by_text("This is you: you are logged out at once.").wait_for()
    dialog(settings).get_by_role("button", name="Remove", exact=True).click()
    dialog(settings).get_by_role("group").get_by_text("owner").wait_for()
    settings.page.keyboard.press("Escape")
    assert mine.count() == 1
    # of who is a member no more only the id is known
    people = merchant.stack.mongo.takings_people.users
    user = people.find_one({"email": clerk})
    assert user is not None
    settings.page.get_by_role("button", name="Refresh").click()
    rows(settings, "audit").filter(has_text=f"removed {user['_id']}").wait_for()
    assert (owner, f"made {user['_id']} analyst") in audit(settings)
    assert ("The command line", f"added {user['_id']} as clerk") in audit(settings)


# ---- the merchant ----


def save(desk: Desk, **texts: str) -> None:
    labels = {"name": "Name", "zone": "Time zone", "currencies": "Add currencies", "locale": "Figures and dates as in"}
    for name, text in texts.items():
        desk.page.locator("#shop").get_by_label(labels[name]).fill(text)
    desk.page.locator("#shop").get_by_role("button", name="Save").click()


def test_name_and_locale_show_at_once_everywhere_on_the_page(settings: Desk, merchant: Merchant) -> None:
    example = settings.page.locator("#locale-example")
    assert example.inner_text().startswith("12,345.67 EUR · ")
    settings.page.get_by_label("Figures and dates as in").fill("de-DE")
    assert example.inner_text().startswith("12.345,67 EUR · ")
    made = rows(settings, "keys").first.locator("[data-label=Made]")
    assert re.fullmatch(r"\w{3}, \d+ \w{3,4} \d{4}", made.inner_text())
    save(settings, name="Teeladen <Süd>")
    settings.page.locator("#shop-done", has_text="Saved.").wait_for()
    assert re.fullmatch(r"\w{2}\., \d+\. \w+\.? \d{4}", made.inner_text())
    assert settings.page.get_by_label("Merchant").locator("option:checked").inner_text() == "Teeladen <Süd>"
    assert (stored(merchant)["name"], stored(merchant)["locale"]) == ("Teeladen <Süd>", "de-DE")
    routes = held(settings, "/settings")
    with settings.page.expect_request("**/settings"):
        save(settings, name="Tea")
    settings.page.get_by_label("Figures and dates as in").fill("de-AT")
    [route] = routes
    route.continue_()
    settings.page.locator("#shop-done", has_text="Saved, without what you typed since.").wait_for()
    assert settings.page.get_by_label("Figures and dates as in").input_value() == "de-AT"
    assert (stored(merchant)["name"], stored(merchant)["locale"]) == ("Tea", "de-DE")
    save(settings, locale="")
    eventually(lambda: "locale" not in stored(merchant))
    rows(settings, "audit").filter(has_text="changed the settings: locale none").wait_for()


def test_a_new_zone_says_what_follows_before_it_is_saved(settings: Desk, merchant: Merchant) -> None:
    note = settings.page.locator("#shop-note")
    assert not note.is_visible()
    settings.page.get_by_label("Time zone").fill("Asia/Tokyo")
    assert "cut anew by the clock of Asia/Tokyo" in note.inner_text()
    assert stored(merchant)["zone"] == "Europe/Berlin"
    save(settings)
    settings.page.get_by_text("The history is being made anew: see Status.").wait_for()
    assert stored(merchant)["zone"] == "Asia/Tokyo"
    assert not note.is_visible()


def test_currencies_are_added_behind_those_that_are_there(settings: Desk, merchant: Merchant) -> None:
    save(settings, currencies="usd, JPY")
    settings.page.locator("#shop-done", has_text="Saved.").wait_for()
    assert settings.page.locator("#currencies-there .tag").all_inner_texts() == ["EUR", "USD", "JPY"]
    assert stored(merchant)["currencies"] == ["EUR", "USD", "JPY"]


def test_what_the_server_refuses_stands_beside_the_field_and_nothing_is_lost(
    settings: Desk, merchant: Merchant
) -> None:
    settings.expect(422)
    save(settings, name="", zone="Mars/Olympus", currencies="XAU", locale="de_DE")
    summary = settings.page.locator("#shop-summary")
    for label in ("Name", "Time zone", "Add currencies", "Figures and dates as in"):
        summary.get_by_role("link", name=re.compile(f"^{label}: ")).wait_for()
        assert settings.page.locator("#shop").get_by_label(label).get_attribute("aria-invalid") == "true"
    assert settings.page.evaluate("document.activeElement.id") == "summary"
    assert settings.page.get_by_label("Time zone").input_value() == "Mars/Olympus"
    assert stored(merchant)["zone"] == "Europe/Berlin"
    assert "Request" in summary.inner_text()
    save(settings, name=merchant.id, zone="Europe/Paris", currencies="", locale="de-AT")
    settings.page.locator("#shop-done", has_text="Saved.").wait_for()
    assert settings.page.locator("#shop [aria-invalid]").count() == 0


# ---- oneself ----


@pytest.mark.parametrize("role", ["clerk", "analyst"])
def test_whoever_is_no_owner_sees_their_own_password_alone(
    merchant: Merchant, open_desk: DeskFactory, role: str
) -> None:
    desk = open_desk().logged_in(add_user(merchant.stack, merchant.id, role))
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.page.goto(f"/settings.html?merchant={merchant.id}#password")
    desk.page.get_by_label("Current password").wait_for()
    assert desk.page.evaluate("document.activeElement.id") == "password"
    assert desk.page.locator(".panel").evaluate_all(
        "all => all.filter(one => one.checkVisibility()).map(one => one.id)"
    ) == ["password"]
    assert not [url for url in asked if re.search("/(keys|members|settings|audit)[?]", url)]


def test_ones_own_password_is_changed_and_other_sessions_end(settings: Desk, merchant: Merchant, owner: str) -> None:
    settings.expect(422, 403)  # 403: the session was renewed, and its token is read again
    with Browser(merchant.stack) as elsewhere:
        expect(elsewhere.log_in(owner))
        form = settings.page.locator("#password")
        form.get_by_label("Current password").fill("not the password")
        form.get_by_label("New password").fill("short")
        form.get_by_role("button", name="Change password").click()
        form.get_by_role("link", name="New password: It needs at least 10 characters.").wait_for()
        form.get_by_label("New password").fill("something quite new")
        form.get_by_role("button", name="Change password").click()
        form.get_by_role("link", name=re.compile("^Current password: ")).wait_for()
        assert form.get_by_label("New password").input_value() == "something quite new"
        form.get_by_label("Current password").fill(PASSWORD)
        form.get_by_role("button", name="Change password").click()
        settings.page.get_by_text("Changed. All your other sessions are over.").wait_for()
        assert elsewhere.get("/v1/session").status_code == 401
        expect(elsewhere.log_in(owner, "something quite new"))
    save(settings, name="As before, by the renewed session")
    settings.page.locator("#shop-done", has_text="Saved.").wait_for()


def test_an_ended_session_keeps_what_was_typed_but_no_password(settings: Desk, owner: str) -> None:
    settings.expect(401)
    page, form = settings.page, dialog(settings)
    page.get_by_label("Figures and dates as in").fill("de-CH")
    page.get_by_label("Current password").fill("my present password")
    page.get_by_label("Show both").check()
    page.get_by_role("button", name="Make a key").click()
    form.get_by_label("Name").fill("<i>Till</i> 7")
    form.get_by_role("checkbox", name="Record refunds").check()
    form.get_by_label("Ends").select_option("At the end of a day")
    form.get_by_label("Last day").fill("2031-02-03")
    settings.context.clear_cookies()
    form.get_by_role("button", name="Make the key").click()
    page.get_by_text("What you typed is kept, but for passwords.").wait_for()
    assert "my present password" not in page.evaluate("JSON.stringify(sessionStorage)")
    settings.log_in(owner)
    form.get_by_label("Last day").wait_for()
    assert [form.get_by_label(label).input_value() for label in ("Name", "Last day")] == ["<i>Till</i> 7", "2031-02-03"]
    checked = "boxes => boxes.filter(box => box.checked).map(box => box.value)"
    assert form.get_by_role("checkbox").evaluate_all(checked) == ["refunds:write"]
    form.get_by_role("button", name="Cancel").click()
    assert page.get_by_label("Figures and dates as in").input_value() == "de-CH"
    assert page.get_by_label("Current password").input_value() == ""
    page.reload()
    page.get_by_label("Time zone").wait_for()
    assert not form.is_visible()


def test_logging_out_everywhere_ends_all_sessions(settings: Desk, merchant: Merchant, owner: str) -> None:
    with Browser(merchant.stack) as elsewhere:
        expect(elsewhere.log_in(owner))
        settings.page.get_by_role("button", name="Log out everywhere").click()
        dialog(settings).get_by_role("button", name="Stay logged in").click()
        expect(elsewhere.get("/v1/session"))
        settings.page.get_by_role("button", name="Log out everywhere").click()
        dialog(settings).get_by_role("button", name="Log out everywhere").click()
        settings.page.wait_for_url("**/login.html?next=**")
        settings.page.get_by_text("You are logged out.").wait_for()
        assert elsewhere.get("/v1/session").status_code == 401


def test_the_audit_is_paged(settings: Desk, merchant: Merchant, stack: Stack) -> None:
    with Browser.of_new_user(stack, merchant.id, "owner") as browser:
        for number in range(21):
            expect(browser.send("PATCH", f"{merchant.api.base}/settings", {"name": f"Shop {number}"}))
        wanted = expect(browser.get(f"{merchant.api.base}/audit", limit=200))["data"]
    settings.page.get_by_role("button", name="Refresh").click()
    settings.page.locator("#audit").get_by_role("button", name="Show older ones").click()
    eventually(lambda: rows(settings, "audit").count() == len(wanted) or settings.page.wait_for_timeout(50))
    assert [who for who, _ in audit(settings)] == [entry["email"] or "The command line" for entry in wanted]
    # an answer that comes too late is none
    held: list[Route] = []
    page, refresh = settings.page, settings.page.get_by_role("button", name="Refresh")
    page.route("**/audit?**", lambda route: route.continue_() if held else held.append(route))
    refresh.click()
    eventually(lambda: held or page.wait_for_timeout(50))
    refresh.click()
    eventually(lambda: rows(settings, "audit").count() == 20 or page.wait_for_timeout(50))
    with page.expect_event("requestfinished"):
        held[0].fulfill(json={"data": [], "next_cursor": None})
    page.evaluate("new Promise(requestAnimationFrame)")
    assert rows(settings, "audit").count() == 20


def test_everything_is_done_by_keyboard(settings: Desk) -> None:
    """A key is made, and its dialog left, without a pointer; the focus comes back to where it was."""
    page = settings.page
    page.get_by_role("button", name="Make a key").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("By hand")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    dialog(settings).get_by_label("Secret").wait_for()
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "I have stored it"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "add-key"
    rows(settings, "keys").filter(has_text="By hand").wait_for()
