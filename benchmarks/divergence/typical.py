"""Rebuild `align/data/typical.json`: what the scores of human translations are in each pair of languages.

    ALIGN_SHARED=../shared OMP_NUM_THREADS=1 python benchmarks/divergence/typical.py

Means over every second news document (`data/documents`; the others are for `languages.py`), over the shipped corpus `ntrex-news` for Portuguese,
and for Italian and Polish over the unspoilt translations of DEMETR. For other pairs, the sum of what each language does to the mean (least squares).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import data
import numpy as np

from align.channels.omissions import MISSING
from align.channels.reading import read
from align.corpus import Pair
from align.coverage import covered
from align.scorers import score
from align.typical import REFERENCE, SCORES, turned

TARGET = Path(__file__).resolve().parents[2] / "align" / "data" / "typical.json"
COMMAND = "ALIGN_SHARED=../shared python benchmarks/divergence/typical.py"
LEAST = 40


def translations(encoder: str) -> Iterator[tuple[str, str, list[Pair]]]:
    """Pairs of languages in the order of their tags, each with translations that people made (of the languages of DEMETR: that machines made well)."""
    languages = data.NEWS if encoder == "use" else (*data.NEWS, "uk")
    for a, b in combinations(languages, 2):
        yield min(a, b), max(a, b), [row.pair for row in data.news(min(a, b), max(a, b), every=1 if encoder == "use" else 4)]
    for a, b in (("de", "pt-BR"), ("en", "pt-BR"), ("pt-BR", "ru")):
        yield a.split("-")[0], b.split("-")[0], [row.pair for row in data.shipped(a, b)]
    good = [row.pair for row in data.demetr("src") if row.part == "good"]
    for language in ("it", "pl") if encoder == "use" else ("cs", "hi", "it", "pl"):
        a, b = sorted(("en", language))
        yield a, b, [pair if pair.language_a == a else turned_round(pair) for pair in good if pair.language_a == language]


def turned_round(pair: Pair) -> Pair:
    return data.make(pair.member_b.text, pair.member_a.text, pair.language_b, pair.language_a)


def measured(pairs: Sequence[Pair], encode: Callable[[Sequence[str]], Any]) -> tuple[dict[str, float], tuple[np.ndarray, np.ndarray]]:
    """Means of the scores, of the same for texts that have nothing to do with each other, and of the length ratio; and the cover of all words."""
    shuffled = zip(pairs, [*pairs[1:], pairs[0]], strict=True)
    others = [data.make(pair.member_a.text, other.member_b.text, pair.language_a, pair.language_b) for pair, other in shuffled]
    found = means(pairs, encode) | {f"unrelated_{name}": value for name, value in means(others, encode).items()}
    counts = np.array([[len(read(pair.member_a.text, pair.language_a).content), len(read(pair.member_b.text, pair.language_b).content)] for pair in pairs])
    found["length"] = float(np.mean(np.log(counts[:, 0] + 1) - np.log(counts[:, 1] + 1)))
    covers = [cover for cover in covered(pairs, encode) if cover is not None]
    return found, (np.concatenate([cover.cover_a for cover in covers]), np.concatenate([cover.cover_b for cover in covers]))


def means(pairs: Sequence[Pair], encode: Callable[[Sequence[str]], Any]) -> dict[str, float]:
    rows = [{item.name: item.value for item in found} for found in score(pairs, encode, edit_rate=False)]
    return {name: float(np.mean([row[name] for row in rows if name in row])) for name in SCORES}


def summed(pairs: dict[str, dict[str, float]]) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """The mean of each figure and what each language, as side A, adds to it."""
    languages = sorted({language for name in pairs for language in name.split("-")})
    names = list(next(iter(pairs.values())))
    effects: dict[str, dict[str, float]] = {language: {} for language in languages}
    mean_of = {}
    for name in names:
        # A directed figure has an effect for the language itself and one for the language on the other side.
        rows, values = [], []
        for pair, found in pairs.items():
            a, b = (languages.index(language) for language in pair.split("-"))
            for first, second, value in ((a, b, found[name]), (b, a, -found[name] if name == "length" else found[turned(name)])):
                row = np.zeros(2 * len(languages))
                row[first] += 1
                row[len(languages) + second] += 1
                rows.append(row)
                values.append(value)
        mean = 0.0 if name == "length" else float(np.mean(values))
        matrix, target = np.array(rows), np.array(values) - mean
        solved = np.linalg.solve(matrix.T @ matrix + 0.1 * np.eye(matrix.shape[1]), matrix.T @ target)
        mean_of[name] = round(mean, 4)
        for place, language in enumerate(languages):
            effects[language][name] = round(float(solved[place]), 4)
            effects[language][f"{name}@other"] = round(float(solved[len(languages) + place]), 4)
    return mean_of, effects


def figures(name: str, encode: Callable[[Sequence[str]], Any], rare: tuple[float, float] | None) -> tuple[dict[str, Any], tuple[float, float]]:
    """What one encoder makes of translations. `rare`: the shares of words left uncovered by the reference pair and within one language, once they are known."""
    pairs: dict[str, dict[str, float]] = {}
    words: dict[str, np.ndarray] = {}
    for a, b, rows in translations(name):
        if len(rows) >= LEAST:
            pairs[f"{a}-{b}"], (of_a, of_b) = measured(rows, encode)
            words |= {f"{a}-{b}": of_a, f"{b}-{a}": of_b}
            print(name, a, b, len(rows), flush=True)
    same, (of_a, of_b) = measured([row.pair for row in data.two_references()], encode)
    both = np.concatenate([of_a, of_b])
    if rare is None:
        a, b = REFERENCE
        rare = float((np.concatenate([words[f"{a}-{b}"], words[f"{b}-{a}"]]) < MISSING).mean()), float((both < MISSING).mean())
    for pair, found in pairs.items():
        a, b = pair.split("-")
        found |= {"missing_ab": float(np.quantile(words[pair], rare[0])), "missing_ba": float(np.quantile(words[f"{b}-{a}"], rare[0]))}
    same |= dict.fromkeys(("missing_ab", "missing_ba"), float(np.quantile(both, rare[1])))
    mean_of, effects = summed(pairs)
    rounded = {pair: {key: round(value, 4) for key, value in values.items()} for pair, values in sorted(pairs.items())}
    return {"pairs": rounded, "same": {key: round(value, 4) for key, value in same.items()}, "mean": mean_of, "languages": effects}, rare


def main() -> None:
    from align.embed import Vectors
    from align.encoders import MultilingualE5, UniversalSentenceEncoder

    encoders: dict[str, Any] = {}
    signatures: list[str] = []
    rare = None
    for name, make in (("use", UniversalSentenceEncoder), ("e5", MultilingualE5)):
        encoder = make()
        signatures.append(encoder.signature)
        encoders[name], rare = figures(name, Vectors(lambda encoder=encoder: encoder, encoder.signature), rare)
    found = {"command": COMMAND, "encoders measured": signatures, "reference": "-".join(REFERENCE), "encoders": encoders}
    TARGET.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"written: {TARGET}")


if __name__ == "__main__":
    main()
