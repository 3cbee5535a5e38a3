"""What is in a memory: counts, languages, properties, duplicates, lengths. `align tmx info` prints it.

One pass in constant memory, whatever the size of the file.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .keys import Keys, short_hash
from .reader import open_tmx
from .split import quality

# Beyond this many different names of languages or properties, a file is not described any better by listing them.
MAX_NAMES = 1000
BINS = 10


@dataclass(slots=True)
class Lengths:
    """Characters in the segments of one language."""

    segments: int = 0
    total: int = 0
    shortest: int = 0
    longest: int = 0

    def add(self, length: int) -> None:
        """Count one segment."""
        self.shortest = length if not self.segments else min(self.shortest, length)
        self.longest = max(self.longest, length)
        self.segments += 1
        self.total += length


@dataclass(slots=True)
class Information:
    """What `info` found. `duplicates`: units that are the same to the letter as one before; `same_source`: of which only the source is."""

    path: Path
    source_language: str = ""
    version: str = ""
    tool: str = ""
    units: int = 0
    languages: dict[str, Lengths] = field(default_factory=dict)
    properties: Counter[str] = field(default_factory=Counter)
    sides: Counter[int] = field(default_factory=Counter)
    with_codes: int = 0
    empty: int = 0
    duplicates: int = 0
    same_source: int = 0
    scores: list[int] = field(default_factory=lambda: [0] * BINS)

    def as_record(self) -> dict[str, Any]:
        """What `--json` prints; lengths are characters, `scores` counts units by tenths of their quality."""
        return {
            "file": str(self.path),
            "version": self.version,
            "source_language": self.source_language,
            "tool": self.tool,
            "units": self.units,
            "languages": {
                name: {
                    "segments": found.segments,
                    "mean_chars": round(found.total / found.segments, 4),
                    "shortest_chars": found.shortest,
                    "longest_chars": found.longest,
                }
                for name, found in sorted(self.languages.items())
            },
            "variants_per_unit": {str(count): number for count, number in sorted(self.sides.items())},
            "properties": dict(sorted(self.properties.items())),
            "with_inline_codes": self.with_codes,
            "empty_segments": self.empty,
            "duplicates": self.duplicates,
            "same_source": self.same_source,
            "scores": self.scores if any(self.scores) else [],
        }


def describe(path: Path) -> Information:
    """Read a memory through and say what is in it. Raises InputError like the reader."""
    memory = open_tmx(path)
    found = Information(path, memory.header.source_language, memory.header.version, dict(memory.header.attributes).get("creationtool", ""))
    keys = Keys()
    try:
        for unit in memory.units:
            found.units += 1
            found.sides[len(unit.variants)] += 1
            for name, _ in unit.properties:
                if name in found.properties or len(found.properties) < MAX_NAMES:
                    found.properties[name] += 1
            for variant in unit.variants:
                if variant.language not in found.languages and len(found.languages) < MAX_NAMES:
                    found.languages[variant.language] = Lengths()
                if variant.language in found.languages:
                    found.languages[variant.language].add(len(variant.text))
                found.empty += not variant.text.strip() and not variant.markup
            found.with_codes += any(variant.markup for variant in unit.variants)
            value = quality(unit)
            if value is not None:
                found.scores[min(BINS - 1, int(value * BINS))] += 1
            if unit.variants:
                first = next((variant for variant in unit.variants if variant.language == found.source_language), unit.variants[0])
                rest = [part for variant in unit.variants if variant is not first for part in (variant.language, variant.markup or variant.text)]
                if keys.add(short_hash("unit", first.language, first.markup or first.text, *rest)) is not None:
                    found.duplicates += 1
                elif keys.add(short_hash("source", first.language, first.markup or first.text)) is not None:
                    found.same_source += 1
    finally:
        keys.close()
    return found
