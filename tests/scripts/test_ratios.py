"""How bench/run reckons with what it measured."""

import json
from pathlib import Path

import pytest
from ratios.order_to_readable import delays_ms, percentile
from ratios.order_to_screen import delays_on_page
from ratios.result import Result, write
from stack.layout import StackError


def test_the_ratio_is_the_median_of_the_rounds_ratios() -> None:
    # ratios 1, 0.5 and 3; the medians 20 and 30
    result = Result.of_rounds("a", "1/s", 0.6, [(10, 10), (20, 40), (90, 30)])
    assert (result.value, result.baseline, result.ratio) == (20, 30, 1.0)


def test_the_file_is_an_array_with_a_line_for_each_result(tmp_path: Path) -> None:
    results = [Result("a", 1.0, "ms", 2.0, 0.5, 0.9), Result("b", 3.0, "1/s", 4.0, 0.75, 0.6)]
    write(results, tmp_path / "out.json")
    text = (tmp_path / "out.json").read_text()
    assert [result["name"] for result in json.loads(text)] == ["a", "b"]
    assert json.loads(text.splitlines()[1].rstrip(",")) == {
        **{"name": "a", "value": 1.0, "unit": "ms", "baseline": 2.0, "ratio": 0.5, "aim": 0.9, "aim_of": "ratio"}
    }


def test_an_order_is_readable_at_the_first_checkpoint_at_or_past_it() -> None:
    sent = [(1_000_000, 10), (2_000_000, 11), (3_000_000, 20)]
    observed = [(1_500_000, 5), (4_000_000, 11), (9_000_000, 25)]
    assert delays_ms(sent, observed) == [2.0, 3.0, 6.0]


def test_an_order_that_nobody_observed_is_an_error() -> None:
    with pytest.raises(StackError, match="never observed"):
        delays_ms([(1, 10)], [(2, 9)])


def test_an_order_is_on_screen_with_the_first_count_that_has_it_and_those_before_it() -> None:
    # sent at 1, 2 and 3 ms; the second was stored last
    sent = [(1_000_000, 10), (2_000_000, 30), (3_000_000, 20)]
    assert delays_on_page(sent, [(5.0, 1), (9.0, 3)]) == [4.0, 6.0, 7.0]


@pytest.mark.parametrize(("share", "expected"), [(50, 50.0), (99, 99.0), (100, 100.0)])
def test_apercentile_is_a_value_that_occurred(share: int, expected: float) -> None:
    assert percentile([float(value) for value in range(101)], share) == expected
