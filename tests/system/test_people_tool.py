"""`takings`, the people's tool: what its commands print for scripts, and how they exit when they refuse."""

from __future__ import annotations

import json
import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from support.api import Api, expect
from support.browser import Browser
from support.merchant import Merchant
from support.names import new_email, new_merchant_id
from support.stack import Stack, attempt, succeeded

MINE = "MERCHANT"  # stands for the id of a merchant that exists

REFUSALS = [
    (("nonsense",), os.EX_USAGE),
    (("merchant",), os.EX_USAGE),
    (("merchant", "add"), os.EX_USAGE),
    (("merchant", "add", "shop", "--zone", "UTC", "--currency", "EUR", "--colour", "red"), os.EX_USAGE),
    (("merchant", "add", "Shop", "--zone", "UTC", "--currency", "EUR"), os.EX_DATAERR),
    (("merchant", "add", "-shop", "--zone", "UTC", "--currency", "EUR"), os.EX_USAGE),
    (("merchant", "add", "s", "--zone", "UTC", "--currency", "EUR"), os.EX_DATAERR),
    (("merchant", "add", "s" * 33, "--zone", "UTC", "--currency", "EUR"), os.EX_DATAERR),
    (("merchant", "add", "shop", "--zone", "Mars/Olympus", "--currency", "EUR"), os.EX_DATAERR),
    (("merchant", "add", "shop", "--zone", "UTC", "--currency", "eur"), os.EX_DATAERR),
    (("merchant", "add", "shop", "--zone", "UTC", "--currency", "EUR,XAU"), os.EX_DATAERR),
    (("merchant", "add", "shop", "--zone", "UTC", "--currency", "EUR,EUR"), os.EX_DATAERR),
    (("merchant", "add", MINE, "--zone", "UTC", "--currency", "EUR"), os.EX_CANTCREAT),
    (("merchant", "add", "shop", "--zone", "UTC", "--currency", "EUR", "--locale", "de_DE"), os.EX_DATAERR),
    (("merchant", "add", "shop", "--zone", "UTC", "--currency", "EUR", "--locale", ""), os.EX_DATAERR),
    (("merchant", "set-zone", MINE), os.EX_USAGE),
    (("merchant", "set-zone", MINE, "Mars/Olympus"), os.EX_DATAERR),
    (("merchant", "set-zone", "nobody-here", "UTC"), os.EX_NOINPUT),
    (("merchant", "set-locale", MINE), os.EX_USAGE),
    (("merchant", "set-locale", MINE, "German"), os.EX_DATAERR),
    (("merchant", "set-locale", "nobody-here", "de"), os.EX_NOINPUT),
    (("key", "add", "--merchant", MINE), os.EX_USAGE),
    (("key", "add", "--merchant", MINE, "--scopes", "admin"), os.EX_DATAERR),
    (("key", "add", "--merchant", MINE, "--scopes", "orders:read,everything"), os.EX_DATAERR),
    (("key", "add", "--merchant", MINE, "--scopes", "orders:read", "--expires", "tomorrow"), os.EX_DATAERR),
    (("key", "add", "--merchant", MINE, "--scopes", "orders:read", "--expires", "2020-01-01T00:00:00Z"), os.EX_DATAERR),
    (("key", "add", "--merchant", "nobody-here", "--scopes", "orders:read"), os.EX_NOINPUT),
    (("key", "add", "--merchant", MINE, "--scopes", "orders:read", "--name", ""), os.EX_DATAERR),
    (("key", "add", "--merchant", MINE, "--scopes", "orders:read", "--name", "\u20ac" * 101), os.EX_DATAERR),
    (("key", "add", "--merchant", MINE, "--scopes", "orders:read", "--name", "a\nb"), os.EX_DATAERR),
    (("key", "list", "--merchant", "nobody-here"), os.EX_NOINPUT),
    (("key", "revoke", "--merchant", MINE, "key_none"), os.EX_NOINPUT),
    (("user", "add", "no-address", "--merchant", MINE, "--role", "owner", "-g"), os.EX_DATAERR),
    (("user", "add", "a@b.example", "--merchant", MINE, "--role", "boss", "-g"), os.EX_DATAERR),
    (("user", "add", "a@b.example", "--merchant", "nobody-here", "--role", "owner", "-g"), os.EX_NOINPUT),
    (("status", "--merchant", "nobody-here"), os.EX_NOINPUT),
    (("show",), os.EX_USAGE),
    (("show", "--merchant", MINE, "--range", "ever"), os.EX_USAGE),
    (("show", "--merchant", MINE, "--interval", "second"), os.EX_USAGE),
    (("show", "--merchant", MINE, "--from", "2026-01-01"), os.EX_USAGE),
    (("show", "--merchant", MINE, "--metrics", "profit"), os.EX_USAGE),
    (("show", "--merchant", MINE, "--from", "2026-01-02", "--to", "2026-01-01"), os.EX_DATAERR),
    (("show", "--merchant", MINE, "--currency", "USD"), os.EX_DATAERR),
    (("show", "--merchant", "nobody-here"), os.EX_NOINPUT),
    (("verify", "--merchant", MINE, "--from", "yesterday"), os.EX_USAGE),
]


@pytest.mark.parametrize(
    ("arguments", "status"), REFUSALS, ids=lambda value: " ".join(value) if type(value) is tuple else None
)
def test_what_is_refused_says_why_and_exits_by_sysexits(
    merchant: Merchant, arguments: tuple[str, ...], status: int
) -> None:
    done = merchant.stack.try_cli(*(merchant.id if part == MINE else part for part in arguments))
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith(("takings", "Usage: takings"))


def test_a_library_that_warns_is_not_heard(merchant: Merchant) -> None:
    """What libmongoc keeps its counters in is named by the process's id, and here already, as after a kill -9."""
    program, config = merchant.stack.program("takings"), merchant.stack.env["TAKINGS_CONFIG"]
    taken = 'counters=/dev/shm/mongoc-$$; touch "$counters"; echo "$counters"; exec "$0" "$@"'
    done = attempt(["sh", "-c", taken, program, "merchant", "list", "--config", config])
    counters, *lines = done.stdout.splitlines()
    Path(counters).unlink(missing_ok=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert any(line.startswith(merchant.id) for line in lines)


COMMANDS = [
    ("setup",),
    ("merchant", "add"),
    ("merchant", "list"),
    ("merchant", "set-zone"),
    ("merchant", "set-locale"),
    ("key", "add"),
    ("key", "list"),
    ("key", "revoke"),
    ("user", "add"),
    ("user", "set-password"),
    ("import",),
    ("status",),
    ("show",),
    ("restatements",),
    ("verify",),
    ("config", "check"),
]


def said(stack: Stack, *arguments: str | Path) -> str:
    """What a command that must succeed prints for a person."""
    command = [stack.program("takings"), *arguments, "--config", stack.env["TAKINGS_CONFIG"]]
    return succeeded(attempt(command))


def test_help_lists_every_command(stack: Stack) -> None:
    listed = re.findall(r"^  (\S+(?: \S+)?) {2,}\S", succeeded(attempt([stack.program("takings"), "--help"])), re.M)
    assert listed == [" ".join(command) for command in COMMANDS]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help(stack: Stack, command: tuple[str, ...]) -> None:
    """Usage, what it does, and at least the options that all have; no store is asked."""
    usage, what, *options = succeeded(attempt([stack.program("takings"), *command, "--help"])).splitlines()
    assert usage.startswith(f"Usage: takings {' '.join(command)} ")
    assert re.match(r"[A-Z][^:]+\S", what)
    for option in ("--config=FILE", "--json", "--help"):
        assert any(option in line for line in options), option


def test_what_was_done_is_told(stack: Stack, tmp_path: Path) -> None:
    """Each command that changes something names it, and what it made of it."""
    merchant, email = new_merchant_id(), new_email()
    mine = ("--merchant", merchant)
    added = said(stack, "merchant", "add", merchant, "--zone", "Asia/Tokyo", "--currency", "JPY,EUR")
    assert added == f"merchant {merchant} added: Asia/Tokyo, JPY,EUR\n"
    moved = said(stack, "merchant", "set-zone", merchant, "UTC")
    assert moved == f"merchant {merchant}: UTC instead of Asia/Tokyo; its history is being cut anew (takings status)\n"

    assert said(stack, "merchant", "set-locale", merchant, "ja-JP") == f"merchant {merchant}: ja-JP instead of none\n"
    same = said(stack, "merchant", "set-locale", merchant, "ja-JP")
    assert same == f"merchant {merchant}: ja-JP already, nothing changes\n"

    began = datetime.now(UTC).replace(second=0, microsecond=0)  # uses are noted to the minute
    named = ("--scopes", "orders:read", "--name", "the till")
    made, secret = said(stack, "key", "add", *mine, *named).splitlines()
    key = made.split()[1]
    assert made == f"key {key} of merchant {merchant} made. Its secret, which is not shown again:"
    assert Api(stack.url, merchant, secret).get("/orders").status_code == 200
    assert said(stack, "key", "revoke", *mine, key) == f"key {key} of merchant {merchant} revoked\n"
    header, row = said(stack, "key", "list", *mine).splitlines()
    assert header.split() == ["ID", "STATE", "EXPIRES", "USED", "SCOPES", "NAME"]
    identity, state, expires, used, scopes, name = row.split(maxsplit=5)
    assert (identity, state, expires, scopes, name) == (key, "revoked", "never", "orders:read", "the till")
    assert began <= datetime.fromisoformat(used) <= datetime.now(UTC)

    user, told, password = said(stack, "user", "add", email, *mine, "--role", "clerk", "-g").splitlines()
    assert (user, told) == (f"user {email}: clerk of merchant {merchant}", "The password, which is not shown again:")
    assert len(password) == 20

    listed = said(stack, "merchant", "list").splitlines()
    assert listed[0].split() == ["ID", "ZONE", "CURRENCIES", "LOCALE", "NAME"]
    assert [merchant, "UTC", "JPY,EUR", "ja-JP", merchant] in [row.split() for row in listed[1:]]


def test_where_the_figures_stand_is_told(merchant: Merchant) -> None:
    merchant.settled()
    stack = merchant.stack
    verified = said(stack, "verify", "--merchant", merchant.id)
    assert re.match(rf"{merchant.id}: \d+ buckets, 0 differ, 0 parked; verified through ", verified), verified
    header, row = said(stack, "status", "--merchant", merchant.id).splitlines()
    assert header.startswith("MERCHANT") and row.split()[:2] == [merchant.id, "ok"]
    checked = said(stack, "config", "check").splitlines()
    assert f"{stack.env['TAKINGS_CONFIG']}: ok" in checked
    assert said(stack, "setup").strip()


def test_a_merchant_is_listed_as_it_was_added(stack: Stack) -> None:
    identity = new_merchant_id()
    added = stack.cli(
        *("merchant", "add", identity, "--zone", "Asia/Kathmandu", "--currency", "NPR,JPY", "--name", "Tee & Söhne"),
        *("--locale", "ne-NP"),
    )
    wanted = {"id": identity, "name": "Tee & Söhne", "timezone": "Asia/Kathmandu", "currencies": ["NPR", "JPY"]}
    assert added == wanted | {"locale": "ne-NP"}
    assert added in stack.cli("merchant", "list")["data"]
    stack.cli("merchant", "set-locale", identity, "none")
    assert wanted | {"locale": None} in stack.cli("merchant", "list")["data"]


def test_the_same_zone_again_changes_nothing(merchant: Merchant) -> None:
    """The merchant is in Berlin."""
    command = [merchant.stack.program("takings"), "merchant", "set-zone", merchant.id, "Europe/Berlin"]
    done = attempt([*command, "--config", merchant.stack.env["TAKINGS_CONFIG"]])
    assert (done.returncode, done.stdout) == (0, f"merchant {merchant.id}: Europe/Berlin already, nothing changes\n")


def test_a_key_is_listed_without_its_secret_and_can_be_revoked(merchant: Merchant) -> None:
    key = merchant.new_key("orders:read", "metrics:read")
    mine = ("--merchant", merchant.id)
    listed = merchant.stack.cli("key", "list", *mine)["data"]
    assert {name: value for name, value in key.items() if name != "secret"} in listed
    assert (key["name"], key["last_used"]) == (None, None)
    assert key["secret"] not in json.dumps(listed)

    api = Api(merchant.stack.url, merchant.id, key["secret"])
    expect(api.summary(range="today"))
    (used,) = (one["last_used"] for one in merchant.stack.cli("key", "list", *mine)["data"] if one["id"] == key["id"])
    assert used is not None
    assert merchant.stack.cli("key", "revoke", "--merchant", merchant.id, key["id"])["revoked"] is True
    expect(api.summary(range="today"), 401)


def test_a_key_has_a_name_for_people(merchant: Merchant) -> None:
    """Of 100 characters at most, whatever their bytes; owners see it, too."""
    mine = ("--merchant", merchant.id)
    names = ["\u20ac" * 100, "K\u00e4se & S\u00f6hne"]
    add = ("key", "add", *mine, "--scopes", "orders:read", "--name")
    made = {key["id"]: key["name"] for key in (merchant.stack.cli(*add, name) for name in names)}
    assert list(made.values()) == names
    listed = merchant.stack.cli("key", "list", *mine)["data"]
    with Browser.of_new_user(merchant.stack, merchant.id, "owner") as browser:
        served = expect(browser.get(f"/v1/merchants/{merchant.id}/keys"))["data"]
    for found in (listed, served):
        assert made.items() <= {key["id"]: key["name"] for key in found}.items()


def test_a_user_keeps_the_password_when_a_merchant_is_added(merchant: Merchant, tmp_path: Path) -> None:
    email = new_email()
    password_file = tmp_path / "password"
    password_file.write_text("a fine long password\n")

    def add(role: str, *options: str) -> Any:
        return merchant.stack.cli("user", "add", email, "--merchant", merchant.id, "--role", role, *options)

    first = add("owner", "--password-file", str(password_file))
    second = add("clerk", "--generate-password")
    assert (first["password_kept"], "password" in first) == (False, False)
    assert (second["password_kept"], "password" in second) == (True, False)


def test_only_a_new_user_is_asked_for_a_password(merchant: Merchant) -> None:
    """Without a terminal asking fails."""
    email = new_email()
    add = ("user", "add", "--merchant", merchant.id, "--role", "clerk")
    command = [merchant.stack.program("takings"), *add, "--config", merchant.stack.env["TAKINGS_CONFIG"], email]

    def add_without_terminal() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True, start_new_session=True, timeout=60, check=False)

    refused = add_without_terminal()
    assert (refused.returncode, "no terminal to ask for a password" in refused.stderr) == (os.EX_DATAERR, True)
    made = merchant.stack.cli(*add, email, "--generate-password")["password"]
    kept = add_without_terminal()
    assert kept.stdout.splitlines()[-1] == "The user was there already, and the password stays as it was.", kept.stderr
    with Browser(merchant.stack) as browser:
        expect(browser.log_in(email, made))


PASSWORDS = [
    (b"ninechars", os.EX_DATAERR),
    (b"ten  chars", os.EX_OK),
    ("ten \u00e4\u00f6\u00fc\u00df\u20ac\u20ac".encode(), os.EX_OK),  # 10 characters in 18 bytes
    ("ten\u00e4\u00f6\u00fc\u00df\u20ac\u20ac".encode(), os.EX_DATAERR),
    (b"x" * 1024, os.EX_OK),
    (b"x" * 1025, os.EX_DATAERR),
    (b"not UTF-8, \xff", os.EX_DATAERR),
]


def test_a_password_is_long_enough_and_can_be_sent(merchant: Merchant, tmp_path: Path) -> None:
    file = tmp_path / "password"
    for password, status in PASSWORDS:
        email = new_email()
        file.write_bytes(password)
        added = merchant.stack.try_cli(
            "user", "add", email, "--merchant", merchant.id, "--role", "owner", "--password-file", file
        )
        assert added.returncode == status, (password, added.stderr)
        assert added.stderr.startswith("takings user add: a password ") == (status != os.EX_OK)
        if status == os.EX_OK:
            with Browser(merchant.stack) as browser:
                expect(browser.log_in(email, password.decode()))


def test_a_made_password_is_shown_once(merchant: Merchant) -> None:
    added = merchant.stack.cli("user", "add", new_email(), "--merchant", merchant.id, "--role", "owner", "-g")
    assert len(added["password"]) == 20


def test_status_tells_each_merchant(merchant: Merchant) -> None:
    (mine,) = merchant.stack.cli("status", "--merchant", merchant.id)["data"]
    assert (mine["merchant"], mine["state"], mine["drift"], mine["parked"]) == (merchant.id, "ok", 0, [])
    assert mine["lag_ms"] >= 0
    assert merchant.id in {one["merchant"] for one in merchant.stack.cli("status")["data"]}


def test_a_part_that_was_compared_is_not_verified_through_1970(merchant: Merchant) -> None:
    """Yesterday alone proves nothing about the days before it."""
    printed = merchant.stack.batch("close", "day", "--merchant", merchant.id)
    assert printed.endswith(" 0 differ, 0 parked; not verified from the start yet\n")
    (mine,) = merchant.stack.cli("status", "--merchant", merchant.id)["data"]
    assert (mine["last_verify"]["ok"], mine["verified_through"]) == (True, None)
    assert "verified through 20" in merchant.stack.batch("verify", "--merchant", merchant.id)


def test_show_names_a_currency_that_the_merchant_has_not(merchant: Merchant) -> None:
    done = merchant.stack.try_cli("show", "--merchant", merchant.id, "--currency", "GBP")
    assert done.stderr == "takings show: the merchant does not sell in 'GBP'\n"


def test_show_prints_what_the_api_serves(merchant: Merchant) -> None:
    merchant.settled()
    within = ("--from", "2026-03-28", "--to", "2026-03-30")  # 24 hours, then 23
    shown = merchant.stack.cli("show", "--merchant", merchant.id, *within, "--interval", "hour")
    served = expect(merchant.api.series(**{"from": within[1], "to": within[3]}, interval="hour"))["data"]
    (part,) = shown["data"]
    assert part["start"] == served["start"]
    assert len(part["start"]) == 47
    assert part["values"] == served["values"]
    assert part["totals"]["orders"] == 0
    assert part["totals"]["average_order_value"] is None


@pytest.mark.parametrize(("preset", "interval"), [("ytd", "month"), ("last_12mo", "week"), ("mtd", None)])
def test_show_has_the_ranges_and_intervals_of_the_api(merchant: Merchant, preset: str, interval: str | None) -> None:
    options = ("--interval", interval) if interval else ()
    (part,) = merchant.stack.cli("show", "--merchant", merchant.id, "--range", preset, *options)["data"]
    params = {"range": preset} | ({"interval": interval} if interval else {})
    served = expect(merchant.api.series(**params))["data"]
    assert (part["interval"], part["start"], part["values"]) == (served["interval"], served["start"], served["values"])


def test_show_prints_a_table(merchant: Merchant) -> None:
    """The hour that comes twice is told apart by its offset."""
    command = [merchant.stack.program("takings"), "show", "--merchant", merchant.id, "--from", "2025-10-26"]
    command += [
        "--to",
        "2025-10-27",
        "--metrics",
        "orders,total_sales",
        "--config",
        merchant.stack.env["TAKINGS_CONFIG"],
    ]
    lines = attempt(command).stdout.splitlines()
    assert lines[0].split() == ["EUR", "orders", "total_sales"]
    assert [line.split() for line in lines[3:5]] == [
        ["2025-10-26", "02:00", "+02:00", "0", "0.00"],
        ["2025-10-26", "02:00", "+01:00", "0", "0.00"],
    ]
    assert lines[26].split() == ["total", "0", "0.00"]


def test_verify_leaves_nothing_of_its_process_behind(merchant: Merchant) -> None:
    """libmongoc keeps counters in shared memory by the process's id, and warns when it finds another's."""
    free = 'rm -f /dev/shm/mongoc-$$; exec "$0" "$@"'  # a killed one that had this id before may have left its own
    command = ["sh", "-c", free, merchant.stack.program("takings"), "verify", "--merchant", merchant.id]
    command += ["--config", merchant.stack.env["TAKINGS_CONFIG"]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        printed, said = run.communicate(timeout=60)
    assert (run.returncode, printed.startswith(f"{merchant.id}: ")) == (0, True), said
    assert "mongoc" not in said
    assert not Path(f"/dev/shm/mongoc-{run.pid}").exists()


def test_verify_knows_its_own_options(stack: Stack) -> None:
    said = attempt([stack.program("takings"), "verify", "--help"]).stdout
    assert said.startswith("Usage: takings verify [OPTION...]")
    assert {"--merchant=ID", "--from=DATE", "--to=DATE", "--quiet", "--json"} <= set(said.replace(",", " ").split())
    assert "rebuild" not in said


def test_config_check_names_file_and_line(stack: Stack, tmp_path: Path) -> None:
    assert stack.cli("config", "check")["ok"] is True
    wrong = tmp_path / "takings.conf"
    wrong.write_text("[mongo]\nuri=mongodb://localhost/\n[worker]\nthreds=8\n")
    done = attempt([stack.program("takings"), "config", "check", "--config", wrong])
    assert done.returncode == os.EX_CONFIG
    assert f"{wrong}:4: [worker] has no key threds" in done.stderr


@pytest.mark.parametrize("arguments", [("takings-worker",), ("takings-push",), ("takings-tailer",), ("takings-batch", "verify")])
def test_a_program_does_not_start_without_its_configuration(stack: Stack, arguments: tuple[str, ...]) -> None:
    program, *command = arguments
    done = attempt([stack.program(program), *command, "--config", stack.folder / "no-such.conf"])
    assert done.returncode == os.EX_CONFIG and "no-such.conf" in done.stderr


def test_a_socket_that_cannot_be_made_is_the_systems_fault_not_the_configurations(stack: Stack) -> None:
    right = Path(stack.env["TAKINGS_CONFIG"])
    wrong = right.with_name("no-folder.conf")  # beside it, because its paths are relative
    wrong.write_text(re.sub(r"(?m)^socket=.*worker.*$", "socket=no/such/folder/worker.sock", right.read_text()))
    done = attempt([stack.program("takings-worker"), "--config", wrong])
    assert done.returncode == os.EX_OSERR and "cannot listen on" in done.stderr


def test_batch_tells_an_unknown_merchant(stack: Stack) -> None:
    done = stack.try_batch("verify", "--merchant", "nobody-here")
    assert done.returncode == os.EX_NOINPUT and "no such merchant" in done.stderr


def test_a_store_that_is_away_is_told(stack: Stack, tmp_path: Path) -> None:
    away = tmp_path / "takings.conf"
    away.write_text("[mongo]\nuri=mongodb://127.0.0.1:1/?replicaSet=takings\nserver_selection_timeout_ms=200\n")
    for command in (("takings", "merchant", "list"), ("takings-batch", "verify")):
        done = attempt([stack.program(command[0]), *command[1:], "--config", away])
        assert done.returncode == os.EX_UNAVAILABLE


def test_setup_can_be_run_again(stack: Stack) -> None:
    assert stack.cli("setup")["done"]
