"""How likely each candidate is right, and one partner at most for each document.

Two logistic steps, fitted by `benchmarks/archives/match.py --fit`: the evidence of the pair alone, then that together with the lead over the
best rival, the next likeliest partner of either document. What file names say comes on top only where the user asks for it.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .evidence import FEATURES
from .results import Entry

Floats = NDArray[np.float64]
Pair = tuple[int, int]
LIMIT = 12.0  # of log-odds
NO_RIVAL = -8.0
SURE = 0.95
_DATE = re.compile(r"(?<!\d)(?:(\d{4})[-_.]?(\d{2})[-_.]?(\d{2})|(\d{2})[-_.](\d{2})[-_.](\d{4}))(?!\d)")
_NUMBER = re.compile(r"\d{4,}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two documents of the archive; `log_odds` that they belong together by their texts alone, `chance` with everything."""

    source: int
    target: int
    log_odds: float
    chance: float


@cache
def load_weights() -> dict[str, Any]:
    """The fitted weights and the similarities that are typical of each encoder."""
    weights: dict[str, Any] = json.loads((files("align") / "data" / "matching.json").read_text(encoding="utf-8"))
    return weights


def usual(encoder: str) -> dict[str, float]:
    """What good pairs typically reach with an encoder; of one that was not measured, what `use` reaches."""
    typical: dict[str, dict[str, float]] = load_weights()["typical"]
    return typical.get(encoder, typical["use"])


def log_odds(rows: Floats, weights: Mapping[str, float], names: Sequence[str] = FEATURES) -> Floats:
    total = np.full(len(rows), weights["constant"])
    for column, name in enumerate(names):
        total = total + weights[name] * rows[:, column]
    return np.asarray(np.clip(np.round(total, 4), -LIMIT, LIMIT))


def leads(pairs: Sequence[Pair], odds: Floats, twins: Mapping[int, Mapping[int, float]]) -> Floats:
    """How far each pair is ahead of the best other pair of either of its documents; near-duplicates of a document are no rivals."""
    by_document: dict[int, list[tuple[float, int]]] = {}
    for (one, other), value in zip(pairs, odds, strict=True):
        by_document.setdefault(one, []).append((float(value), other))
        by_document.setdefault(other, []).append((float(value), one))
    for rivals in by_document.values():
        rivals.sort(reverse=True)

    def best(document: int, chosen: int) -> float:
        return next((value for value, other in by_document[document] if other != chosen and other not in twins.get(chosen, {})), NO_RIVAL)

    return np.array([float(value) - max(best(one, other), best(other, one)) for (one, other), value in zip(pairs, odds, strict=True)])


def chances(pairs: Sequence[Pair], rows: Floats, twins: Mapping[int, Mapping[int, float]]) -> tuple[Floats, Floats]:
    """Log-odds of each pair by its own evidence, and with its lead over rivals."""
    weights = load_weights()
    alone = log_odds(rows, weights["pair"])
    lead = np.clip(leads(pairs, alone, twins), -LIMIT, LIMIT)
    return alone, log_odds(np.stack([alone, lead], axis=1), weights["rivals"], ("pair", "lead"))


def probability(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))


def date_in(name: str) -> str:
    """The date in a file's name as YYYYMMDD, "" without one."""
    for match in _DATE.finditer(name):
        year, month, day = (match[1], match[2], match[3]) if match[1] else (match[6], match[5], match[4])
        if 1 <= int(month) <= 12 and 1 <= int(day) <= 31 and 1000 <= int(year) <= 2999:
            return f"{year}{month}{day}"
    return ""


def clue(one: Entry, other: Entry) -> str:
    """In what two file names agree."""
    if one.id and one.id.casefold() == other.id.casefold():
        return "same name"
    dates = date_in(one.id), date_in(other.id)
    if all(dates):
        return "same date" if dates[0] == dates[1] else "other date"
    if set(_NUMBER.findall(one.id)) & set(_NUMBER.findall(other.id)):
        return "same number"
    return "nothing"


def name_odds(pairs: Sequence[Pair], odds: Floats, entries: Sequence[Entry]) -> Floats:
    """What file names add to the log-odds of each pair: how much likelier a clue is among pairs that the texts alone make sure than among the rest.

    So names are trusted as far as they prove right in this archive, and not at all where they say nothing.
    """
    clues = [clue(entries[one], entries[other]) for one, other in pairs]
    sure = Counter(name for name, value in zip(clues, odds, strict=True) if probability(float(value)) >= SURE)
    rest = Counter(name for name, value in zip(clues, odds, strict=True) if probability(float(value)) < 1 - SURE)
    kinds = len(set(clues)) or 1
    worth = {
        name: math.log((sure[name] + 0.5) / (sum(sure.values()) + 0.5 * kinds)) - math.log((rest[name] + 0.5) / (sum(rest.values()) + 0.5 * kinds))
        for name in set(clues)
    }
    return np.array([max(-6.0, min(6.0, worth[name])) for name in clues])
