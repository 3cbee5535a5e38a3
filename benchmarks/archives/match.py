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
from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from match_data import CONDITIONS, KEEP, LANGUAGES, STRAYS, drawn, part, read, right

from align.batch.matching.gathering import Gathered, encoder_for
from align.batch.matching.matcher import Settings, pair_up


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
