"""Archives whose pairs are known, made of the documents of `data/documents` in the folder that ALIGN_SHARED names (default: ../shared)."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from align.aligner.surface import words
from align.batch.matching.gathering import Gathered, gather, plan_for
from align.batch.matching.profiles import Shelf, sentences_of
from align.batch.matching.results import Entry
from align.read import read_text

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("ALIGN_SHARED", ROOT.parent / "shared"))
LANGUAGES = ("en", "ru", "de", "fr", "es", "uk", "zh", "ar", "ja", "tr")
CONDITIONS = ("whole", "first 5 sentences", "first 3 sentences", "a third missing")
STRAYS = 0.1
Keep = Callable[[int, np.random.Generator], np.ndarray]
KEEP: dict[str, Keep] = {
    "whole": lambda n, _: np.arange(n),
    "first 5 sentences": lambda n, _: np.arange(min(n, 5)),
    "first 3 sentences": lambda n, _: np.arange(min(n, 3)),
    "a third missing": lambda n, rng: np.sort(rng.permutation(n)[: max(1, round(n * 2 / 3))]),
}


def read(languages: Sequence[str]) -> Gathered:
    """All documents in these languages; an entry's id is the document that it is a version of."""
    folders = sorted(path for path in (SHARED / "data" / "documents").glob("*/*") if path.is_dir())
    if not folders:
        sys.exit(f"no documents in {SHARED / 'data' / 'documents'}: set ALIGN_SHARED")
    entries = [Entry(folder / f"{language}.txt", f"{folder.name}.{language}", language, folder.name) for folder in folders for language in languages]
    return gather(entries, plan_for("auto", languages))


@cache
def sentences(entry: Entry) -> list[str]:
    return sentences_of(read_text(entry.path, entry.language).text, entry.language)


def part(whole: Gathered, picked: Sequence[int], keep: Keep, rng: np.random.Generator) -> Gathered:
    """An archive of some of the documents, in the order given, with names that say nothing, and of each document some sentences."""
    shelves = {encoder: Shelf() for encoder in whole.shelves}
    entries, profiles = [], []
    for place, number in enumerate(picked):
        profile = whole.profiles[number]
        rows = keep(len(profile.sentences), rng)
        for encoder, shelf in whole.shelves.items():
            if number in shelf:
                shelves[encoder].put(place, shelf.get(number)[rows])
        kept = [sentences(whole.entries[number])[row] for row in rows]
        numbers = frozenset(word for sentence in kept for word in words(sentence) if word[0].isdigit())
        entries.append(replace(whole.entries[number], name=f"{place}"))
        profiles.append(replace(profile, sentences=profile.sentences[rows], chars=sum(map(len, kept)) + len(kept), numbers=numbers))
    return Gathered(tuple(entries), tuple(profiles), shelves)


def drawn(whole: Gathered, languages: Sequence[str], seed: int, strays: float) -> tuple[list[int], np.random.Generator]:
    """Documents in shuffled order; of a share of them in each language, others, the versions in all other languages are taken away.

    With two languages every document whose partner is gone is a stray; with more a document may keep some partners.
    """
    rng = np.random.default_rng([seed, *(ord(letter) for letter in "".join(languages))])
    ids = sorted({entry.id for entry in whole.entries})
    order = rng.permutation(len(ids))
    count = round(len(ids) * strays)
    gone = {language: {ids[k] for k in order[place * count : (place + 1) * count]} for place, language in enumerate(languages)}
    if len(languages) > 2:
        gone = {language: {ids[k] for k in rng.permutation(len(ids))[:count]} for language in languages}
    picked = [number for number, entry in enumerate(whole.entries) if entry.language in gone and entry.id not in gone[entry.language]]
    return [picked[k] for k in rng.permutation(len(picked))], rng


def right(archive: Gathered, pairs: Sequence[tuple[int, int]], languages: tuple[str, str]) -> Counter[str]:
    """Of the documents in two languages: how many are paired with their partner or rightly left alone, and what went wrong."""
    partner = {one: other for pair in pairs for one, other in (pair, pair[::-1])}
    there = {(entry.id, entry.language): number for number, entry in enumerate(archive.entries)}
    counts: Counter[str] = Counter()
    for number, entry in enumerate(archive.entries):
        if entry.language in languages:
            wanted = there.get((entry.id, languages[entry.language == languages[0]]))
            found = partner.get(number)
            counts["documents"] += 1
            counts["right"] += found == wanted
            counts["missed"] += wanted is not None and found is None
            counts["stray paired"] += wanted is None and found is not None
            counts["wrong partner"] += None not in (wanted, found) and found != wanted
    return counts
