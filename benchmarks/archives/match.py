"""Which documents belong together? `align batch match` held against archives whose pairs are known.

    python benchmarks/archives/match.py               # every language pair, with strays, four kinds of text: the table
    python benchmarks/archives/match.py --groups      # all languages at once
    python benchmarks/archives/match.py --fit         # fit align/data/matching.json again, with cross-validated figures
    python benchmarks/archives/match.py --scale 10000 # 10,000 + 10,000 documents made of runs of sentences: time, memory, figures
    python benchmarks/archives/match.py --search 50000 # exact search beside faiss

The documents are those of `data/documents` in the folder that ALIGN_SHARED names (default: ../shared). Names are hidden, the order is shuffled,
and of a tenth of the documents the partner is taken away, on each side.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np

from align.aligner.surface import words
from align.batch.matching.gathering import Gathered, encoder_for, gather, plan_for
from align.batch.matching.matcher import Settings, pair_up
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


def table(whole: Gathered, languages: Sequence[str], seeds: Sequence[int], strays: float, conditions: Sequence[str]) -> None:
    total: dict[str, Counter[str]] = {condition: Counter() for condition in conditions}
    confidences: list[tuple[float, bool]] = []
    print(f"{'languages':<10}{'encoder':<9}" + "".join(f"{condition:>19}" for condition in conditions))
    for pair in combinations(languages, 2):
        cells = []
        for condition in conditions:
            counts: Counter[str] = Counter()
            for seed in seeds:
                picked, rng = drawn(whole, pair, seed, strays)
                archive = part(whole, picked, KEEP[condition], rng)
                found = pair_up(archive, Settings(pair))
                archive.close()
                counts += right(archive, [(match.source, match.target) for match in found.matches], pair)
                confidences += [(match.confidence, archive.entries[match.source].id == archive.entries[match.target].id) for match in found.matches]
            total[condition] += counts
            cells.append(f"{counts['right'] / counts['documents']:>19.4f}")
        print(f"{'-'.join(pair):<10}{encoder_for('auto', pair):<9}" + "".join(cells), flush=True)
    print(f"{'all':<19}" + "".join(f"{counts['right'] / counts['documents']:>19.4f}" for counts in total.values()))
    for name in ("documents", "missed", "stray paired", "wrong partner"):
        print(f"{name:<19}" + "".join(f"{counts[name]:>19}" for counts in total.values()))
    print(f"seeds: {', '.join(map(str, seeds))}; strays: {strays:.0%} of each side")
    reliability(confidences)


def reliability(confidences: Sequence[tuple[float, bool]]) -> None:
    print("\nconfidence    pairs  mean confidence  right")
    for low, high in ((0.5, 0.7), (0.7, 0.9), (0.9, 0.97), (0.97, 0.99), (0.99, 1.01)):
        inside = [(sure, good) for sure, good in confidences if low <= sure < high]
        if inside:
            print(f"{low:.2f}-{min(high, 1):.2f}{len(inside):>10}{np.mean([sure for sure, _ in inside]):>17.3f}{np.mean([good for _, good in inside]):>7.3f}")


def all_at_once(whole: Gathered, languages: Sequence[str], seeds: Sequence[int], strays: float, conditions: Sequence[str]) -> None:
    print(f"{'all languages at once':<24}{'right':>8}{'documents':>12}{'missed':>9}{'stray paired':>14}{'wrong partner':>15}")
    for condition in conditions:
        counts: Counter[str] = Counter()
        for seed in seeds:
            picked, rng = drawn(whole, languages, seed, strays)
            archive = part(whole, picked, KEEP[condition], rng)
            found = pair_up(archive, Settings(tuple(languages)))
            archive.close()
            for pair in combinations(languages, 2):
                mine = [(m.source, m.target) for m in found.matches if {archive.entries[m.source].language, archive.entries[m.target].language} == set(pair)]
                counts += right(archive, mine, pair)
        share = counts["right"] / counts["documents"]
        print(
            f"{condition:<24}{share:>8.4f}{counts['documents']:>12}{counts['missed']:>9}{counts['stray paired']:>14}{counts['wrong partner']:>15}", flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--languages", default=",".join(LANGUAGES))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--strays", type=float, default=STRAYS)
    parser.add_argument("--conditions", default=",".join(CONDITIONS))
    parser.add_argument("--groups", action="store_true")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--scale", type=int, default=0, metavar="N")
    parser.add_argument("--search", type=int, default=0, metavar="N")
    options = parser.parse_args()
    languages, seeds, conditions = options.languages.split(","), range(options.seeds), options.conditions.split(",")
    if options.scale:
        from match_scale import scale

        scale(options.scale, ("en", "ru"))
        return
    if options.search:
        from match_search import search

        search(options.search, ("en", "ru"))
        return
    whole = read(languages)
    if options.fit:
        from match_fit import fit

        fit(whole, languages)
    elif options.groups:
        all_at_once(whole, languages, seeds, options.strays, conditions)
    else:
        table(whole, languages, seeds, options.strays, conditions)


if __name__ == "__main__":
    main()
