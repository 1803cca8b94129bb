"""The counters as a monitoring system reads them."""

from __future__ import annotations

import httpx
from prometheus_client.parser import text_string_to_metric_families

from support.stack import Stack

# a sample's name and its labels
Series = tuple[str, frozenset[tuple[str, str]]]


class Scrape:
    """One answer of /metrics, read by the reference parser."""

    def __init__(self, stack: Stack) -> None:
        answer = httpx.get(stack.env["TAKINGS_METRICS_URL"], timeout=15.0, headers={"Accept": "text/plain"})
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        self.text = answer.text
        self.families = list(text_string_to_metric_families(answer.text))
        self.samples: dict[Series, float] = {}
        for sample in (sample for family in self.families for sample in family.samples):
            series = sample.name, frozenset(sample.labels.items())
            assert series not in self.samples, f"{series} comes twice"
            assert sample.value == sample.value, f"{series} is no number"
            self.samples[series] = sample.value

    def get(self, name: str, **labels: str) -> float | None:
        """None: it is absent."""
        return self.samples.get((name, frozenset(labels.items())))

    def count(self, name: str, **labels: str) -> float:
        """A counter that has not counted yet may be absent."""
        return self.get(name, **labels) or 0

    def counted(self) -> dict[Series, float]:
        """All that may only grow."""
        kinds = {family.name: family.type for family in self.families}
        growing = {name for name, kind in kinds.items() if kind in ("counter", "histogram")}
        ends = ("_total", "_bucket", "_sum", "_count")
        return {
            series: value
            for series, value in self.samples.items()
            if any(series[0] == name + end for name in growing for end in ends)
        }
