"""How good a unit is, and what follows from it: which duplicate stays, which comes last, which folder it goes to.

Used by the export of a run and by `align tmx split --by-score`.

OmegaT inserts what it finds in `tm/auto` by itself, and takes so many per cent off the matches that come from
`tm/penalty-015` (its manual, "Translation memories"). The quality of a unit is the lower of `x-score` and
1 - `x-divergence`; what a reviewer accepted has 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import isfinite

from .model import Unit

# Folder by the least quality that goes there.
FOLDERS = ((0.9, "auto"), (0.75, "penalty-005"), (0.5, "penalty-015"), (0.0, "penalty-030"))
UNKNOWN = "penalty-030"


def quality(unit: Unit) -> float | None:
    """0 to 1, or None for a unit that carries no score."""
    if unit.property("x-ConfirmationLevel") not in ("", "Draft"):
        return 1.0
    score, divergence = _number(unit.property("x-score")), _number(unit.property("x-divergence"))
    if score is None:
        return None
    return min(score, 1.0 if divergence is None else 1.0 - divergence)


def folder(unit: Unit) -> str:
    """The folder that OmegaT should find the unit in."""
    value = quality(unit)
    return UNKNOWN if value is None else next((name for least, name in FOLDERS if value >= least), UNKNOWN)


def keep_best(units: Sequence[Unit]) -> list[Unit]:
    """Of the units with the same variants, to the letter, only the best, in the place of the first; the first wins a tie."""
    best: dict[tuple[tuple[str, str], ...], int] = {}
    for number, unit in enumerate(units):
        content = tuple((variant.language, variant.markup or variant.text) for variant in unit.variants)
        if content not in best or _rank(unit) > _rank(units[best[content]]):
            best[content] = number
    first_place: dict[tuple[tuple[str, str], ...], int] = {}
    for unit in units:
        content = tuple((variant.language, variant.markup or variant.text) for variant in unit.variants)
        first_place.setdefault(content, best[content])
    return [units[number] for number in first_place.values()]


def best_last(units: Sequence[Unit]) -> list[Unit]:
    """Units that share their source stand in order of quality, in the places that they had: a client that takes the last takes the best."""
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, unit in enumerate(units):
        places[source(unit)].append(number)
    ordered = list(units)
    for numbers in places.values():
        if len(numbers) > 1:
            # Among equals the first should be taken, so it comes last.
            ranked = sorted(numbers, key=lambda number: (_rank(units[number]), -number))
            for place, number in zip(numbers, ranked, strict=True):
                ordered[place] = units[number]
    return ordered


def by_score(units: Iterable[Unit]) -> dict[str, list[Unit]]:
    """Units by OmegaT's folders; in `auto`, where the client does not ask, one unit a source: the best."""
    found: dict[str, list[Unit]] = {name: [] for _, name in FOLDERS}
    for unit in units:
        found[folder(unit)].append(unit)
    last = {source(unit): number for number, unit in enumerate(best_last(found["auto"]))}
    found["auto"] = [unit for number, unit in enumerate(best_last(found["auto"])) if last[source(unit)] == number]
    return {name: part for name, part in found.items() if part}


def source(unit: Unit) -> tuple[str, str]:
    """Language and text of the first variant."""
    return (unit.variants[0].language, unit.variants[0].text) if unit.variants else ("", "")


def _rank(unit: Unit) -> float:
    value = quality(unit)
    return -1.0 if value is None else value


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return min(1.0, max(0.0, value)) if isfinite(value) else None
