"""What stands beside the rows on the page: the baseline as shares of bins, and how the report was made, as lines."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping
from itertools import pairwise
from statistics import median
from typing import Any

from .. import __version__

BINS = 20


def baseline(given: Any) -> dict[str, Any] | None:
    """The share of the baseline in each of BINS equal parts of 0 to 1, and its median; None without one."""
    if not isinstance(given, Mapping):
        return None
    values = sorted(float(value) for value in given.get("quantiles") or given.get("values") or ())
    if len(values) < 2:
        return None

    def below(edge: float) -> float:
        """The share that lies below an edge, between two values in proportion."""
        place = bisect_right(values, edge)
        if place in (0, len(values)):
            return place / len(values)
        low, high = values[place - 1], values[place]
        return (place - 1 + (edge - low) / (high - low)) / (len(values) - 1)

    edges = [0.0, *(below(number / BINS) for number in range(1, BINS)), 1.0]
    shares = [round(high - low, 5) for low, high in pairwise(edges)]
    return {"label": str(given.get("label") or "human renditions"), "shares": shares, "median": round(median(values), 4)}


def facts(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How the report was made, as lines of a name and a value."""
    lines: list[tuple[str, str]] = [("align", __version__)]
    for name in ("mode", "signature", "backtranslation", "packages"):
        value = run.get(name)
        if isinstance(value, Mapping):
            lines += [(f"{name}: {key}", _short(each)) for key, each in value.items() if each not in (None, "", [], {})]
        elif value:
            lines.append((name, _short(value)))
    return lines


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 600 else f"{text[:600]} …"
