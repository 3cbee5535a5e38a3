"""Units of a translation memory in, the same ones with their divergence as properties out; called by `align score`. Tables: `pairfiles`.

Units stream through in blocks, so memory does not grow with the file.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .corpus import Verdict

if TYPE_CHECKING:
    from .tmx import Unit

_CODE = re.compile(r'<(bpt|it|ph|hi|ut)\b(?:[^>]*?\sx="(\d{1,9})")?')


def score_memory(
    path: Path, out: Path, languages: tuple[str, str] | None, keep_below: float | None, encoder: str, translate: bool, base_rate: float | None = None
) -> tuple[int, int, float]:
    """A memory with `x-divergence`, `x-grade`, `x-kinds` on each unit, `x-inline-codes` where a side lost some; gives (read, written, greatest divergence).

    Without `languages`, those of the first unit, the header's source language first. A unit without both passes through unjudged.
    Raises InputError for what is no memory.
    """
    from .embed import open_encoder
    from .judge import judged
    from .tmx import open_tmx, write_tmx

    memory = open_tmx(path)
    counts, worst = [0, 0], 0.0
    waiting: deque[tuple[Unit, bool]] = deque()
    first = next(memory.units, None)
    tags = languages or (_languages(first, memory.header.source_language) if first else ("und", "und"))

    def units() -> Iterator[Unit]:
        if first is not None:
            yield first
        yield from memory.units

    def texts() -> Iterator[tuple[str, str]]:
        for unit in units():
            counts[0] += 1
            sides = _sides(unit, tags)
            waiting.append((unit, sides is not None))
            if sides is not None:
                yield sides

    def passing() -> Iterator[Unit]:
        while waiting and not waiting[0][1]:
            counts[1] += 1
            yield waiting.popleft()[0]

    def scored() -> Iterator[Unit]:
        nonlocal worst
        for found in judged(texts(), tags, open_encoder(encoder, tags).encode, translate, base_rate):
            yield from passing()
            unit, verdict = waiting.popleft()[0], found.verdict
            worst = max(worst, verdict.divergence)
            if keep_below is None or verdict.divergence < keep_below:
                counts[1] += 1
                yield replace(unit, properties=_properties(unit.properties, verdict, lost_codes(unit, tags)))
        yield from passing()

    write_tmx(out, scored(), memory.header.source_language, header=memory.header, faithful=True)
    return counts[0], counts[1], worst


def _languages(unit: Unit, source: str) -> tuple[str, str]:
    tags = [variant.language for variant in unit.variants]
    first = next((tag for tag in tags if tag.lower() == source.lower()), tags[0])
    return first, next((tag for tag in tags if tag != first), first)


def _sides(unit: Unit, languages: tuple[str, str]) -> tuple[str, str] | None:
    texts = {variant.language.lower(): variant.text for variant in unit.variants}
    a, b = texts.get(languages[0].lower()), texts.get(languages[1].lower())
    return None if a is None or b is None else (a, b)


def lost_codes(unit: Unit, languages: tuple[str, str]) -> str:
    """The inline codes that only one side has, by element and number (`en: ph 2`), or ""; they take no part in the meaning."""
    sides = []
    for language in languages:
        markup = next((variant.markup for variant in unit.variants if variant.language.lower() == language.lower()), "")
        sides.append([f"{name} {number}".strip() for name, number in _CODE.findall(markup)])
    lost = [
        f"{language}: {code}" for language, own, other in zip(languages, sides, sides[::-1], strict=True) for code in dict.fromkeys(own) if code not in other
    ]
    return " | ".join(lost)


def _properties(known: Sequence[tuple[str, str]], verdict: Verdict, codes: str) -> tuple[tuple[str, str], ...]:
    ours = {"x-divergence": f"{verdict.divergence:.4f}", "x-grade": str(verdict.grade), "x-kinds": "|".join(verdict.kinds), "x-inline-codes": codes}
    return (*(pair for pair in known if pair[0] not in ours), *((name, value) for name, value in ours.items() if value))
