"""How scripts/test counts what the test runners report."""

from pathlib import Path

import pytest
from suites.results import Outcome, Result, count, read

JUNIT = """<testsuites><testsuite>
<testcase classname="tests.a" name="good"/>
<testcase classname="tests.a" name="bad"><failure message="1 != 2&#10;more">trace</failure></testcase>
<testcase classname="tests.a" name="broken"><error message="no fixture"/></testcase>
<testcase classname="tests.a" name="left_out"><skipped message="needs three nodes"/></testcase>
</testsuite></testsuites>"""

TRS = """:test-result: PASS 1 - adds
:test-result: FAIL 2 - overflows
:test-result: SKIP 3 - slow # SKIP no clock
:test-result: XFAIL 4 - known
:test-result: ERROR money.test - exited with status 139
:global-test-result: ERROR
:recheck: yes
"""


def test_junit_counts_each_kind(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(JUNIT)
    assert read(tmp_path) == [
        Outcome("tests.a::good", Result.PASSED),
        Outcome("tests.a::bad", Result.FAILED, "1 != 2"),
        Outcome("tests.a::broken", Result.FAILED, "no fixture"),
        Outcome("tests.a::left_out", Result.SKIPPED, "needs three nodes"),
    ]


def test_trs_counts_each_kind(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "money.trs").write_text(TRS)
    assert read(tmp_path) == [
        Outcome("money::1 - adds", Result.PASSED),
        Outcome("money::2 - overflows", Result.FAILED),
        Outcome("money::3 - slow", Result.SKIPPED, "SKIP no clock"),
        Outcome("money::4 - known", Result.PASSED),
        Outcome("money::money.test - exited with status 139", Result.FAILED),
    ]


@pytest.mark.parametrize(
    ("results", "line"),
    [
        ([], "0 passed, 0 failed, 0 skipped"),
        ([Result.PASSED, Result.FAILED, Result.PASSED], "2 passed, 1 failed, 0 skipped"),
        ([Result.SKIPPED], "0 passed, 0 failed, 1 skipped"),
    ],
)
def test_closing_line(results: list[Result], line: str) -> None:
    assert count([Outcome("t", result) for result in results]) == line
