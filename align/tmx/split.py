"""How good a unit is, and what follows from it: which duplicate stays, which comes last, which folder it goes to.

Used by the export of a run and by `align tmx split`, which also takes a memory apart by pairs of languages.

OmegaT inserts what it finds in `tm/auto` by itself, and takes so many per cent off the matches that come from
`tm/penalty-015` (its manual, "Translation memories"). The quality of a unit is the lower of `x-score` and
1 - `x-divergence`; what a reviewer accepted has 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from math import isfinite
from pathlib import Path

from ..errors import InputError
from .keys import Keys, short_hash
from .languages import canonical, key
from .model import Unit, content_id
from .reader import open_tmx
from .writer import TmxFile, open_writer

# Folder by the least quality that goes there.
FOLDERS = ((0.9, "auto"), (0.75, "penalty-005"), (0.5, "penalty-015"), (0.0, "penalty-030"))
UNKNOWN = "penalty-030"
MAX_FILES = 200


def quality(unit: Unit) -> float | None:
    """0 to 1, or None for a unit that carries no score."""
    if unit.property("x-ConfirmationLevel") not in ("", "Draft"):
        return 1.0
    score, divergence = _number(unit.property("x-score")), _number(unit.property("x-divergence"))
    if score is None:
        return None
    return min(score, 1.0 if divergence is None else 1.0 - divergence)


def folder_of(unit: Unit) -> str:
    """The folder that OmegaT should find the unit in."""
    value = quality(unit)
    return UNKNOWN if value is None else next((name for least, name in FOLDERS if value >= least), UNKNOWN)


def keep_best(units: Sequence[Unit]) -> list[Unit]:
    """Of the units with the same variants, to the letter, only the best, in the place of the first; the first wins a tie."""
    best: dict[tuple[tuple[str, str], ...], int] = {}
    for number, unit in enumerate(units):
        content = tuple((variant.language, variant.markup or variant.text) for variant in unit.variants)
        if content not in best or rank_of(unit) > rank_of(units[best[content]]):
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
            ranked = sorted(numbers, key=lambda number: (rank_of(units[number]), -number))
            for place, number in zip(numbers, ranked, strict=True):
                ordered[place] = units[number]
    return ordered


def by_score(units: Iterable[Unit]) -> dict[str, list[Unit]]:
    """Units by OmegaT's folders; in `auto`, where the client does not ask, one unit a source: the best."""
    found: dict[str, list[Unit]] = {name: [] for _, name in FOLDERS}
    for unit in units:
        found[folder_of(unit)].append(unit)
    best: dict[tuple[str, str], Unit] = {}
    for unit in found["auto"]:
        if source(unit) not in best or rank_of(unit) > rank_of(best[source(unit)]):
            best[source(unit)] = unit
    found["auto"] = list(best.values())
    return {name: part for name, part in found.items() if part}


def split_pairs(path: Path, folder: Path) -> dict[Path, int]:
    """Write `NAME.A_B.tmx` for the source language of a memory with each other one; gives the units of each file.

    Where a unit has two variants in the other language, both make a unit. A unit of another source language
    (its own `srclang`, or a header with `*all*`) goes to a pair of its own.
    """
    memory = open_tmx(path)
    stem = plain_stem(path)
    files: dict[tuple[str, str], tuple[Path, TmxFile]] = {}
    with ExitStack() as stack:
        for unit in memory.units:
            language = unit.attribute("srclang") or memory.header.source_language
            first = next((side for side in unit.variants if key(side.language) == key(language)), unit.variants[0] if language in ("*all*", "") else None)
            if first is None:
                continue
            whole = content_id(unit.variants)
            for side in unit.variants:
                if key(side.language) == key(first.language):
                    continue
                pair = (canonical(first.language, shorten=False), canonical(side.language, shorten=False))
                if pair not in files:
                    if len(files) >= MAX_FILES:
                        raise InputError(f"more than {MAX_FILES} pairs of languages", place=str(path), hint="such a memory is better taken apart by hand")
                    target = folder / f"{stem}.{pair[0]}_{pair[1]}.tmx"
                    header = replace(memory.header, source_language=pair[0])
                    files[pair] = target, stack.enter_context(open_writer(target, pair[0], header=header, faithful=True))
                attributes = tuple(entry for entry in unit.attributes if entry[0] != "srclang")
                # A tuid that was made from the content is made again from what is left of it.
                identifier = content_id((first, side)) if unit.id == whole else unit.id
                files[pair][1].add(replace(unit, id=identifier, variants=(first, side), attributes=attributes))
    return {target: file.written for target, file in files.values()}


def split_by_score(path: Path, folder: Path) -> dict[Path, int]:
    """Write `FOLDER/auto/NAME.tmx`, `FOLDER/penalty-005/NAME.tmx` ...; gives the units of each file.

    `auto` holds one unit a source text: the best, and the last among equals, as the client would take it. Two
    passes in constant memory.
    """
    best, chosen = Keys(), Keys()
    files: dict[str, tuple[Path, TmxFile]] = {}
    try:
        for number, unit in enumerate(open_tmx(path).units):
            if folder_of(unit) == "auto":
                place, rank = short_hash(*source(unit)), int(rank_of(unit) * 1e9)
                if rank >= (best.get(place) or 0):
                    best.set(place, rank)
                    chosen.set(place, number)
        memory = open_tmx(path)
        with ExitStack() as stack:
            for number, unit in enumerate(memory.units):
                name = folder_of(unit)
                if name == "auto" and chosen.get(short_hash(*source(unit))) != number:
                    continue
                if name not in files:
                    target = folder / name / f"{plain_stem(path)}.tmx"
                    files[name] = target, stack.enter_context(open_writer(target, memory.header.source_language, header=memory.header, faithful=True))
                files[name][1].add(unit)
    finally:
        best.close()
        chosen.close()
    return {target: file.written for _, (target, file) in sorted(files.items())}


def plain_stem(path: Path) -> str:
    """The name of a memory without `.tmx` and what it is packed in."""
    name = path.name
    for suffix in (".gz", ".zip", ".tmx"):
        name = name[: -len(suffix)] if name.lower().endswith(suffix) else name
    return name


def source(unit: Unit) -> tuple[str, str]:
    """Language and text of the first variant."""
    return (unit.variants[0].language, unit.variants[0].text) if unit.variants else ("", "")


def rank_of(unit: Unit) -> float:
    """The quality of a unit; one that carries no score comes after all others."""
    value = quality(unit)
    return -1.0 if value is None else value


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return min(1.0, max(0.0, value)) if isfinite(value) else None
