"""bench/run: its programs compile, and, at full size, it measures what it says."""

import json
import re
import subprocess
from pathlib import Path

from stack.layout import ROOT

from support.sizes import FULL


def test_the_programs_compile() -> None:
    subprocess.run([ROOT / "scripts" / "build", "--only", "bench-programs"], check=True, timeout=600)


if FULL:

    def test_a_quick_run_measures_everything(tmp_path: Path) -> None:
        file = tmp_path / "results.json"
        command = [ROOT / "bench" / "run", "--quick", "--json", file, "--dir", tmp_path / "stack"]
        subprocess.run(command, check=True, timeout=900)
        results = json.loads(file.read_text())
        page = (ROOT / "docs" / "benchmarks.md").read_text().partition("\n## What is measured\n")[2]
        rows = re.findall(r"^\| (`.*?) \|", page.partition("\n## ")[0], re.MULTILINE)
        named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
        # `order_to_readable_p50`, `_p99`: the second takes its beginning from the first
        assert len(results) == len(named) and {result["name"] for result in results} >= {
            name for name in named if not name.startswith("_")
        }
        assert all(result["value"] > 0 and result["baseline"] > 0 for result in results)
