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

TRS = """:test-result: PASS
:test-result: FAIL
:test-result: SKIP
:test-result: XFAIL
:test-result: ERROR
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
        Outcome("money 1", Result.PASSED),
        Outcome("money 2", Result.FAILED, "FAIL"),
        Outcome("money 3", Result.SKIPPED, "SKIP"),
        Outcome("money 4", Result.PASSED, "XFAIL"),
        Outcome("money 5", Result.FAILED, "ERROR"),
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
