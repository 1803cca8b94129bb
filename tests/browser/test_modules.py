"""What the pages compute by themselves: amounts as text, time in a zone, ranges.

Expected values are Python's own; how a locale writes them is Babel's word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.dates import format_skeleton, format_time
from babel.numbers import format_decimal, get_minus_sign_symbol

Modules = Callable[..., Any]


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 4])
def test_minor_units_become_decimal_text(modules: Modules, exponent: int) -> None:
    for minor in (0, 1, -1, 9, 10, 99, -100, 123456, 2**53 - 1, -(2**53 - 1)):
        amount = Decimal(minor).scaleb(-exponent)
        assert modules("money.js", "decimalFromMinor", minor, exponent) == f"{amount:.{exponent}f}"
        assert modules("money.js", "formatMoney", minor, exponent) == f"{amount:,.{exponent}f}"


@pytest.mark.parametrize(
    ("text", "exponent", "minor"),
    [
        ("12.50", 2, 1250),
        ("12.5", 2, 1250),
        ("12.", 2, 1200),
        ("12", 2, 1200),
        (" 0.05 ", 2, 5),
        ("0", 0, 0),
        ("7", 0, 7),
        ("1.005", 3, 1005),
        ("0.0001", 4, 1),
        ("10000000000.00", 2, 10**12),
        ("4.35", 2, 435),  # 4.35 * 100 is 434.99999999999994 in floating point
        ("1.10", 2, 110),
    ],
)
def test_an_amount_is_read_without_rounding(modules: Modules, text: str, exponent: int, minor: int) -> None:
    assert modules("money.js", "minorFromDecimal", text, exponent, ".") == {"minor": minor}


@pytest.mark.parametrize(
    ("text", "exponent"),
    [
        ("", 2),
        (".", 2),
        (".5", 2),
        ("-1", 2),
        ("+1", 2),
        ("1e3", 2),
        ("0x10", 2),
        ("1,234.50", 2),
        ("1 000", 2),
        ("1.234", 2),
        ("1.5", 0),
        ("12.50 EUR", 2),
        ("\u0661", 2),
        ("NaN", 2),
        ("10000000000.01", 2),
        ("9" * 400, 2),
    ],
)
def test_what_is_no_amount_is_refused(modules: Modules, text: str, exponent: int) -> None:
    assert list(modules("money.js", "minorFromDecimal", text, exponent, ".")) == ["error"]


def test_a_comma_is_a_decimal_mark_only_where_the_locale_writes_one(modules: Modules) -> None:
    assert modules("money.js", "minorFromDecimal", "12,50", 2, ",") == {"minor": 1250}
    assert modules("money.js", "minorFromDecimal", "12.50", 2, ",") == {"minor": 1250}
    assert list(modules("money.js", "minorFromDecimal", "12,50", 2, ".")) == ["error"]
    assert list(modules("money.js", "minorFromDecimal", "1.234,50", 2, ",")) == ["error"]


@pytest.fixture
def in_locale(modules: Modules) -> Iterator[Callable[[str | None], object]]:
    """in_locale(tag): how the pages write from now on. All tests share the page."""
    yield lambda tag: modules("locale.js", "setLocale", tag)
    modules("locale.js", "setLocale", None)


# as the currency's minor unit has it: JPY, EUR, KWD
EXPONENTS = (0, 2, 3)
AMOUNTS = (0, 5, 123, -123, 99_999, 1_234_567, -1_234_567, 9_876_543_210, 2**53 - 1)
BABELS = {
    "de-DE": "de_DE",
    "ja-JP": "ja_JP",
    "ar-KW": "ar_KW",
    "en-IN": "en_IN",
    "en-KW": "en",  # Babel knows no English of Kuwait: its parent
    "fr-FR": "fr_FR",
    "sv-SE": "sv_SE",
}


ARABIC = str.maketrans("0123456789", "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669")


def written(minor: int, exponent: int, babel: str, digits: str = "default") -> str:
    """Babel knows each locale's marks, but writes the digits of Europe everywhere."""
    pattern = f"#,##0.{'0' * exponent}" if babel != "en_IN" else f"#,##,##0.{'0' * exponent}"
    amount = Decimal(abs(minor)).scaleb(-exponent)
    text = format_decimal(amount, format=pattern, locale=babel, numbering_system=digits)
    if digits == "default" and Locale.parse(babel).default_numbering_system == "arab":
        text = text.translate(ARABIC)
    return (get_minus_sign_symbol(babel, numbering_system=digits) if minor < 0 else "") + text


@pytest.mark.parametrize("tag", BABELS)
def test_an_amount_is_written_as_the_merchants_locale_has_it(
    modules: Modules, in_locale: Callable[[str | None], object], tag: str
) -> None:
    in_locale(tag)
    for exponent in EXPONENTS:
        texts = [modules("money.js", "formatMoney", minor, exponent) for minor in AMOUNTS]
        assert texts == [written(minor, exponent, BABELS[tag]) for minor in AMOUNTS]


def test_switzerland_writes_an_apostrophe(modules: Modules, in_locale: Callable[[str | None], object]) -> None:
    in_locale("de-CH")
    assert modules("money.js", "formatMoney", 123_456_789, 2).replace("\u2019", "'") == "1'234'567.89"
    assert modules("money.js", "decimalMark") == "."


def test_the_digits_may_be_chosen(modules: Modules, in_locale: Callable[[str | None], object]) -> None:
    in_locale("ar-KW-u-nu-latn")
    assert modules("money.js", "formatMoney", 1_234_567, 3) == written(1_234_567, 3, "ar_KW", digits="latn")


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("de-DE", "1234,56"),
        ("de-DE", "1234.56"),
        ("de-CH", "1234.56"),
        ("ja-JP", "1234.56"),
        ("fr-FR", "1234,56"),
        ("ar-KW", "\u0661\u0662\u0663\u0664\u066b\u0665\u0666"),
        ("ar-KW", "1234.56"),
        ("ar-KW", "1234\u066b56"),
    ],
)
def test_an_amount_is_read_as_the_merchants_locale_has_it(
    modules: Modules, in_locale: Callable[[str | None], object], tag: str, text: str
) -> None:
    in_locale(tag)
    assert modules("money.js", "minorFromDecimal", text, 2) == {"minor": 123_456}


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("de-DE", "1.234,56"),
        ("de-CH", "1234,56"),
        ("ja-JP", "1234,56"),
        ("de-DE", "\u0661\u0662"),
        ("ar-KW", "\u0967"),
        ("ar-KW", "1\u066c234"),
        ("de-CH", "1'234"),
    ],
)
def test_marks_and_digits_of_other_locales_are_refused(
    modules: Modules, in_locale: Callable[[str | None], object], tag: str, text: str
) -> None:
    in_locale(tag)
    assert list(modules("money.js", "minorFromDecimal", text, 2)) == ["error"]


@pytest.mark.parametrize("tag", ["de-DE", "de-CH", "ja-JP", "fr-FR", "sv-SE", "ar-KW-u-nu-latn"])
def test_a_date_is_written_as_the_merchants_locale_has_it(
    modules: Modules, in_locale: Callable[[str | None], object], tag: str
) -> None:
    in_locale(tag)
    babel = tag.partition("-u-")[0].replace("-", "_")
    for at in (datetime(2026, 3, 20, 9, 46, 40, tzinfo=UTC), datetime(2026, 12, 31, 23, 5, 7, tzinfo=UTC)):
        local = at.astimezone(ZoneInfo("Asia/Tokyo"))
        shown = [
            modules("zone.js", function, int(at.timestamp() * 1000), "Asia/Tokyo")
            for function in ("shortDayText", "dayText", "hourText", "clockText")
        ]
        assert shown == [
            format_skeleton("yMMMEd", local, locale=babel),
            format_skeleton("MMMEd", local, locale=babel),
            format_time(local, "short", locale=babel),
            format_time(local, "medium", locale=babel),
        ]


@pytest.mark.parametrize("tag", [None, "", "x-mine", "de_DE", "a"])
def test_without_a_locale_the_browsers_own_counts(
    modules: Modules, in_locale: Callable[[str | None], object], tag: str | None
) -> None:
    in_locale("de-DE")
    in_locale(tag)
    assert modules("money.js", "formatMoney", 123_456, 2) == "1,234.56"


def test_a_query_says_a_blank_as_the_api_reads_it(modules: Modules) -> None:
    query = {"reference": "two words", "from": "", "q": "1+1&2"}
    assert modules("api.js", "queryText", query) == "?reference=two%20words&q=1%2B1%262"


ZONES = ["UTC", "Europe/Copenhagen", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]


@pytest.mark.parametrize("zone", ZONES)
def test_local_time_is_the_zones(modules: Modules, zone: str) -> None:
    for at in (datetime(2026, month, 1, 0, 30, tzinfo=ZoneInfo("UTC")) for month in range(1, 13)):
        ms = int(at.timestamp() * 1000)
        local = at.astimezone(ZoneInfo(zone))
        offset = local.utcoffset() or timedelta()
        assert modules("zone.js", "offsetMs", ms, zone) == offset / timedelta(milliseconds=1)
        assert modules("zone.js", "localDate", ms, zone) == local.date().isoformat()
        assert modules("zone.js", "localTimeText", ms, zone) == local.replace(tzinfo=None).isoformat()
        assert modules("zone.js", "instantsOf", local.strftime("%Y-%m-%dT%H:%M"), zone) == [ms]


def test_a_skipped_time_has_no_instant_and_a_repeated_one_two(modules: Modules) -> None:
    assert modules("zone.js", "instantsOf", "2026-03-29T02:30", "Europe/Berlin") == []
    # 00:30 and 01:30 UTC on 25 October 2026
    assert modules("zone.js", "instantsOf", "2026-10-25T02:30", "Europe/Berlin") == [1792888200000, 1792891800000]
    # Samoa had no 30 December 2011
    assert modules("zone.js", "instantsOf", "2011-12-30T12:00", "Pacific/Apia") == []


@pytest.mark.parametrize(
    ("preset", "first", "end"),
    [
        ("today", "2026-03-01", "2026-03-02"),
        ("yesterday", "2026-02-28", "2026-03-01"),
        ("last_7d", "2026-02-22", "2026-03-01"),
        ("last_28d", "2026-02-01", "2026-03-01"),
        ("last_30d", "2026-01-30", "2026-03-01"),
        ("mtd", "2026-03-01", "2026-03-02"),
        ("qtd", "2026-01-01", "2026-03-02"),
        ("ytd", "2026-01-01", "2026-03-02"),
        ("last_month", "2026-02-01", "2026-03-01"),
        ("last_12mo", "2025-03-01", "2026-03-01"),
    ],
)
def test_the_dates_of_a_preset(modules: Modules, preset: str, first: str, end: str) -> None:
    assert modules("range.js", "rangeDates", {"range": preset}, "2026-03-01") == {"from": first, "to": end}


@pytest.mark.parametrize(
    ("today", "given", "earlier", "later"),
    [
        ("2026-11-27", {"range": "mtd"}, {"range": "last_month"}, None),
        ("2026-11-27", {"range": "last_month"}, {"from": "2026-09-01", "to": "2026-10-01"}, {"range": "mtd"}),
        ("2026-11-27", {"range": "qtd"}, {"from": "2026-07-01", "to": "2026-10-01"}, None),
        (
            "2026-11-27",
            {"from": "2026-07-01", "to": "2026-10-01"},
            {"from": "2026-04-01", "to": "2026-07-01"},
            {"range": "qtd"},
        ),
        (
            "2026-11-27",
            {"from": "2025-01-01", "to": "2026-01-01"},
            {"from": "2024-01-01", "to": "2025-01-01"},
            {"range": "ytd"},
        ),
        ("2026-01-01", {"range": "today"}, {"range": "yesterday"}, None),
        ("2026-01-01", {"range": "mtd"}, {"range": "last_month"}, None),
        ("2024-03-15", {"range": "last_month"}, {"from": "2024-01-01", "to": "2024-02-01"}, {"range": "mtd"}),
    ],
)
def test_whole_months_move_by_months(
    modules: Modules, today: str, given: dict[str, str], earlier: object, later: object
) -> None:
    assert modules("range.js", "shiftRange", given, -1, today) == earlier
    assert modules("range.js", "shiftRange", given, 1, today) == later


def half_even_tenths(now: Fraction, was: Fraction) -> int:
    """Python rounds fractions half to even."""
    return round((now - was) / was * 1000)


@pytest.mark.parametrize(
    ("now", "was"),
    [
        (48210, 42890),
        (0, 1),
        (1, 3),
        (10005, 10000),  # 0.05 %: half, to the even 0.0
        (10015, 10000),  # 0.15 %: half, to the even 0.2
        (9985, 10000),
        (9995, 10000),
        (2**53 - 1, 1),
        (2**53 - 1, 2**53 - 2),
        (-50, 100),
    ],
)
def test_a_change_is_exact_to_a_tenth_of_a_percent(modules: Modules, now: int, was: int) -> None:
    tenths = Decimal(half_even_tenths(Fraction(now), Fraction(was)))
    words = f"{abs(tenths) / 10:,.1f}%"
    said = modules("panels/table.js", "changeWords", now, was)
    assert said == ("+" if now > was else "-") + words


def test_an_average_is_compared_by_its_fraction(modules: Modules) -> None:
    def average(total: int, orders: int) -> dict[str, int]:
        return {"value": round(Fraction(total, orders)), "numerator": total, "denominator": orders}

    said = modules("panels/table.js", "changeWords", average(1000, 3), average(999, 3))
    assert said == "+0.1%"  # though both are shown as 333
    assert half_even_tenths(Fraction(1000, 3), Fraction(999, 3)) == 1


@pytest.mark.parametrize(
    ("now", "was", "words"),
    [(5, 0, "\u25b2"), (0, 0, "="), (7, 7, "="), (-5, 0, "\u25bc"), (5, -10, "\u25b2"), (None, 5, ""), (5, None, "")],
)
def test_there_is_no_percentage_of_nothing(modules: Modules, now: int | None, was: int | None, words: str) -> None:
    assert modules("panels/table.js", "changeWords", now, was) == words


@pytest.mark.parametrize(
    ("minor", "exponent", "text"),
    [
        (250000, 2, "2,500"),
        (9999999, 2, "99,999.99"),
        (10000000, 2, "100k"),
        (125000000, 2, "1.25m"),
        (-20000000, 2, "-200k"),
        (123456789, 0, "123.456789m"),
        (2**53 - 1, 3, "9.007199254740991tn"),
        (12345, 3, "12.345"),
    ],
)
def test_an_axis_is_short_and_never_rounded(modules: Modules, minor: int, exponent: int, text: str) -> None:
    assert modules("compact.js", "formatMoneyCompact", minor, exponent) == text


def seconds(zone: str, *days: str) -> list[int]:
    return [int(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).timestamp()) for day in days]


def test_weeks_and_months_are_named_by_their_days(modules: Modules) -> None:
    zone = "Europe/Berlin"
    *starts, end = seconds(zone, "2026-03-25", "2026-03-30", "2026-04-06", "2026-04-08")
    weeks = {"interval": "week", "start": starts, "end": end}
    names = [modules("buckets.js", "bucketText", weeks, i, zone) for i in range(3)]
    assert [plain(name) for name in names] == ["25-29 March 2026", "30 March-5 April 2026", "6-7 April 2026"]
    assert modules("buckets.js", "bucketBounds", weeks, 1, zone) == {"from": "2026-03-30", "to": "2026-04-06"}
    *starts, end = seconds(zone, "2026-03-01", "2026-04-01", "2026-04-08")
    months = {"interval": "month", "start": starts, "end": end}
    assert modules("buckets.js", "bucketText", months, 0, zone) == "March 2026"
    assert modules("buckets.js", "shortBucketText", months, 0, zone) == "Mar 2026"
    assert plain(modules("buckets.js", "bucketText", months, 1, zone)) == "1-7 April 2026"


def plain(text: str) -> str:
    """With hyphens and blanks as one types them."""
    return re.sub("\\s*\u2013\\s*", "-", text)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_each_hour_knows_its_day(modules: Modules, zone: str) -> None:
    """Over a hundred days in which clocks change, even twice."""
    [start, end] = seconds(zone, "2026-02-01", "2026-05-12")
    starts = list(range(start, end, 3600))
    dates = modules("buckets.js", "localDates", {"interval": "hour", "start": starts, "end": end}, zone)
    assert dates == [datetime.fromtimestamp(at, ZoneInfo(zone)).date().isoformat() for at in starts]


def test_a_year_of_weeks_is_marked_by_its_months(modules: Modules) -> None:
    monday = date(2026, 1, 5)
    days = ["2026-01-01", *(str(monday + timedelta(weeks=week)) for week in range(52)), "2027-01-01"]
    *starts, end = seconds("Europe/Berlin", *days)
    ticks = modules("buckets.js", "timeTicks", {"interval": "week", "start": starts, "end": end}, "Europe/Berlin", 4)
    assert [(days[tick["index"]], tick["label"]) for tick in ticks] == [
        ("2026-01-01", "Jan 2026"),
        ("2026-04-06", "Apr 2026"),
        ("2026-07-06", "Jul 2026"),
        ("2026-10-05", "Oct 2026"),
    ]


def meta(lag_ms: int = 40, **more: Any) -> dict[str, Any]:
    said = {"as_of": "2026-03-28T13:03:07.120Z", "lag_ms": lag_ms, "timezone": "Europe/Berlin", "warnings": []}
    return said | more


def parked(*hours: int) -> list[dict[str, str]]:
    """Hours of 28 March, UTC."""
    return [
        {
            "code": "parked",
            "detail": "",
            "from": f"2026-03-28T{hour:02}:00:00Z",
            "to": f"2026-03-28T{hour + 1:02}:00:00Z",
        }
        for hour in hours
    ]


REBUILDING = {"code": "rebuilding", "detail": "all figures are being rebuilt"}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (meta(), ""),
        (meta(10_001), "stale: orders after 14:03:07 are not counted yet"),
        (meta(warnings=[REBUILDING]), "being rebuilt: these are the figures of 14:03:07"),
        (meta(warnings=parked(12)), "figures unknown for Sat 28 Mar, 13:00\u201314:00"),
        (meta(warnings=parked(11, 12)), "figures unknown for Sat 28 Mar, 12:00\u201314:00"),
        (meta(warnings=parked(9, 12)), "figures unknown for Sat 28 Mar, 10:00\u201311:00 and 1 more"),
        (meta(60_000, warnings=parked(12)), "figures unknown for Sat 28 Mar, 13:00\u201314:00"),
    ],
)
def test_the_stamp_tells_in_words_what_is_not_as_it_should_be(
    modules: Modules, said: dict[str, Any], words: str
) -> None:
    text = modules(
        "panels/stamp.js", "alarmText", said, int(datetime(2026, 3, 28, 13, 4, tzinfo=UTC).timestamp() * 1000)
    )
    assert text.startswith(words) if words else text == ""
    assert ("stale" in text) == (said["lag_ms"] > 10_000)


def test_an_address_that_makes_no_sense_still_opens(modules: Modules) -> None:
    merchant = {"id": "m", "currencies": ["EUR"]}

    def view(query: str) -> dict[str, Any]:
        read: dict[str, Any] = modules("address.js", "readView", query, merchant)
        return read

    assert view("")["compare"] == "previous_period"
    assert view("range=today")["compare"] == ""
    odd = view("range=always&compare=yesterday&match=date&interval=minute&metric=<b>&currency=XXX&from=2026-02-30&to=x")
    usual = {"range": {"range": "today"}, "compare": "", "match": "weekday", "interval": None}
    assert odd == usual | {"metric": "total_sales", "currency": "EUR", "merchant": "m", "as": "chart"}


def test_a_range_moves_by_its_own_length_and_not_into_the_future(modules: Modules) -> None:
    def move(given: dict[str, str], direction: int) -> object:
        return modules("range.js", "shiftRange", given, direction, "2026-03-10")

    assert move({"range": "today"}, -1) == {"range": "yesterday"}
    assert move({"range": "yesterday"}, 1) == {"range": "today"}
    assert move({"range": "today"}, 1) is None
    assert move({"from": "2026-03-01", "to": "2026-03-04"}, -1) == {"from": "2026-02-26", "to": "2026-03-01"}


@pytest.mark.parametrize(
    ("days", "most", "labels"),
    [
        (7, 3, ["20 Nov", "23 Nov", "26 Nov"]),  # a chart of 360 pixels
        (7, 11, ["20 Nov", "21 Nov", "22 Nov", "23 Nov", "24 Nov", "25 Nov", "26 Nov"]),
        (29, 3, ["20 Nov", "4 Dec", "18 Dec"]),
        (30, 2, ["20 Nov", "19 Dec"]),
        (1, 3, ["20 Nov"]),
    ],
)
def test_the_first_and_the_last_day_have_a_label(modules: Modules, days: int, most: int, labels: list[str]) -> None:
    midnight = datetime(2026, 11, 20, tzinfo=ZoneInfo("Europe/Berlin"))
    starts = [int((midnight + timedelta(days=day)).timestamp()) for day in range(days + 1)]
    series = {"interval": "day", "start": starts[:-1], "end": starts[-1]}
    ticks = modules("buckets.js", "timeTicks", series, "Europe/Berlin", most)
    assert [tick["label"] for tick in ticks] == labels
    assert (ticks[0]["index"], ticks[-1]["index"]) == (0, days - 1)


def test_a_return_address_stays_on_this_site(modules: Modules) -> None:
    here = "http://takings.example"
    assert modules("session.js", "safeReturn", "/?range=today", here) == "/?range=today"
    for elsewhere in ("//evil.example/", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "", "x"):
        assert modules("session.js", "safeReturn", elsewhere, here) == "/"
    for roundabout in ("/.//evil.example/", "/x/..//evil.example/", "/./\\evil.example", "/%2e//evil.example"):
        assert modules("session.js", "safeReturn", roundabout, here) == "/"


TERMS = {"exponents": {"EUR": 2}, "timezone": "Europe/Copenhagen"}


def test_the_order_is_sent_in_minor_units_and_utc(modules: Modules) -> None:
    line = {"product_id": "P1", "name": " Tea ", "quantity": "3", "unit_price": "4.35", "tax": "0.10"}
    draft = {
        "currency": "EUR",
        "lines": [line],
        "whole": {"shipping": "5", "placed_at": "2026-07-01T10:00", "note": ""},
    }
    read = modules("new_order/body.js", "orderBody", draft, TERMS)
    assert read == {
        "body": '{"currency":"EUR","lines":[{"product_id":"P1","name":"Tea","quantity":3,"unit_price":435,"tax":10}],'
        '"shipping":500,"placed_at":"2026-07-01T08:00:00.000Z"}',
        "rows": [0],
        "errors": [],
    }


def test_each_unreadable_field_is_named_by_its_pointer(modules: Modules) -> None:
    lines = [{"product_id": "P1", "name": "Tea", "quantity": "1.5", "unit_price": "4.355"}, {}, {"tax": "1"}]
    draft = {"currency": "EUR", "lines": lines, "whole": {"placed_at": "2026-03-29T02:30"}}
    read = modules("new_order/body.js", "orderBody", draft, TERMS)
    assert read["rows"] == [0, 2]
    assert [error["pointer"] for error in read["errors"]] == [
        "/lines/0/quantity",
        "/lines/0/unit_price",
        "/lines/1/product_id",
        "/lines/1/name",
        "/lines/1/quantity",
        "/lines/1/unit_price",
        "/placed_at",
    ]


def test_a_refund_names_the_lines_that_come_back(modules: Modules) -> None:
    terms = {"exponent": 2, "timezone": "Europe/Berlin"}
    texts = {"by": "lines", "quantities": {"3": "2", "1": "0", "2": ""}, "whole": {"shipping": "4.9", "goods": "7"}}
    read = modules("order/refund_body.js", "refundBody", texts, terms)
    # an amount of goods, typed before, belongs to the other way
    assert read == {"body": '{"lines":[{"line":3,"quantity":2}],"shipping":490}', "rows": [3], "errors": []}
    read = modules("order/refund_body.js", "refundBody", texts | {"by": "amount"}, terms)
    assert read == {"body": '{"goods":700,"shipping":490}', "rows": [], "errors": []}


@pytest.mark.parametrize(
    ("count", "more", "words"),
    [(0, False, ""), (1, False, "1 new order"), (3, False, "3 new orders"), (50, True, "50 or more new orders")],
)
def test_new_orders_are_counted_in_words(modules: Modules, count: int, more: bool, words: str) -> None:
    assert modules("orders/news.js", "newsText", count, more) == words


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("2026-11-19T23:00:00Z", "2026-11-26T23:00:00Z", "20\u201326 Nov 2026"),
        ("2026-11-25T23:00:00Z", "2026-11-26T23:00:00Z", "Thursday 26 November 2026"),
        ("2026-11-26T13:00:00Z", "2026-11-26T14:00:00Z", "Thursday 26 November 2026, 14:00\u201315:00"),
    ],
)
def test_a_span_is_named_inclusively(modules: Modules, start: str, end: str, text: str) -> None:
    named = modules("trace/words.js", "spanText", {"from": start, "to": end}, "Europe/Berlin")
    assert named.replace(" \u2013 ", "\u2013").replace("\u2009", "").replace("day, ", "day ") == text


@pytest.mark.parametrize(
    ("formula", "parts"),
    [
        ("gross_sales - discounts", ["<gross_sales>", " \u2212 ", "<discounts>"]),
        ("(gross_sales - discounts) / orders", ["(", "<gross_sales>", " \u2212 ", "<discounts>", ") / ", "<orders>"]),
        ("stored totals of orders - stored totals of refunds", ["Stored totals of orders \u2212 stored totals of refunds."]),
        ("orders placed; a refunded order still happened", ["Orders placed; a refunded order still happened."]),
    ],
)
def test_only_metrics_that_are_added_up_are_parts_of_a_formula(modules: Modules, formula: str, parts: list[str]) -> None:
    metrics = [{"name": name} for name in ("orders", "gross_sales", "discounts", "refunds", "refunded")]
    found = modules("trace/words.js", "formulaParts", formula, metrics)
    assert [part if isinstance(part, str) else f"<{part['name']}>" for part in found if part != ""] == parts
