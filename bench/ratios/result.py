"""What a measurement found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Result:
    """`ratio` is value to baseline; `aim` is the least ratio wished for of a rate, the greatest of a time, or, with
    `aim_of` "value", the greatest value."""

    name: str
    value: float
    unit: str
    baseline: float
    ratio: float
    aim: float
    aim_of: str = "ratio"

    @classmethod
    def of_rounds(
        cls, name: str, unit: str, aim: float, rounds: Sequence[tuple[float, float]], aim_of: str = "ratio"
    ) -> Result:
        """Of pairs (value, baseline), each measured one after the other, so that a slow minute slows both."""
        value, baseline = (median(side) for side in zip(*rounds, strict=True))
        ratio = median(ours / bare for ours, bare in rounds)
        return cls(name, round(value, 3), unit, round(baseline, 3), round(ratio, 3), aim, aim_of)

    def line(self) -> str:
        return (
            f"{self.name:<24}{self.value:>12,.1f} {self.unit:<10} baseline {self.baseline:>12,.1f}"
            f"   ratio {self.ratio:.2f} (aim {self.aim:g}{f' {self.unit}' if self.aim_of == 'value' else ''})"
        )


def write(results: Sequence[Result], path: Path) -> None:
    """A JSON array, one result a line."""
    path.write_text("[\n" + ",\n".join(json.dumps(asdict(result)) for result in results) + "\n]\n")
