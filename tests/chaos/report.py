"""Counts with their bounds, and the tables that the campaign writes into the documentation."""

import json
import math
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parent.parent.parent
DOCUMENT = HOME / "docs/reliability.md"
RESULTS = HOME / "docs/figures/chaos.json"


def upper_bound(failures: int, trials: int, confidence: float = 0.95) -> float:
    """Return the one-sided Clopper-Pearson upper bound of a rate; near 3/n without a failure."""
    if trials == 0 or failures >= trials:
        return 1.0
    low, high = failures / trials, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _at_most(failures, trials, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def _at_most(failures: int, trials: int, rate: float) -> float:
    """Return the chance of at most *failures* in *trials*."""
    total = 0.0
    for k in range(failures + 1):
        total += math.exp(
            math.lgamma(trials + 1)
            - math.lgamma(k + 1)
            - math.lgamma(trials - k + 1)
            + k * math.log(rate)
            + (trials - k) * math.log1p(-rate)
        )
    return total


def keep(
    section: str,
    name: str,
    row: dict[str, Any],
    *,
    document: Path = DOCUMENT,
    results: Path = RESULTS,
) -> None:
    """Keep the newest row of a part and rewrite the document's tables."""
    kept = json.loads(results.read_text("utf-8")) if results.exists() else {}
    kept.setdefault(section, {})[name] = row
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    for title, rows in kept.items():
        write_between(document, title, table(rows))


def table(rows: dict[str, dict[str, Any]]) -> str:
    """Return rows of equal keys as a Markdown table."""
    keys = list(dict.fromkeys(key for row in rows.values() for key in row))
    lines = ["| part | " + " | ".join(keys) + " |", "|---" * (len(keys) + 1) + "|"]
    for name, row in rows.items():
        lines.append(f"| {name} | " + " | ".join(str(row.get(key, "")) for key in keys) + " |")
    return "\n".join(lines)


def write_between(document: Path, name: str, text: str) -> None:
    """Put *text* between the markers of *name* in *document*."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    head, _, rest = document.read_text("utf-8").partition(begin)
    tail = rest.partition(end)[2]
    if not tail:
        raise ValueError(f"{document.name} has no markers of {name}")
    document.write_text(f"{head}{begin}\n{text}\n{end}{tail}", "utf-8")
