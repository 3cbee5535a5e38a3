"""What is said of human translations in pairs of languages, most of which no judged set knows.

    ALIGN_SHARED=../shared OMP_NUM_THREADS=1 python benchmarks/divergence/languages.py
    ALIGN_SHARED=../shared OMP_NUM_THREADS=1 python benchmarks/divergence/languages.py --encoder e5 --pairs en-uk,ru-uk,de-tr --every 10

For each pair of nine languages, news that people translated, of the documents that `typical.py` and `fit.py` have not seen: how many are called divergent,
get grade 2 or more, or a claimed kind. Beside them the share of grade 2 or more of two texts that have nothing to do with each other (a sentence and
the next one's translation), and of translations cut in half, and how well translations are told from cut ones (AUC of `divergence`).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import data
import numpy as np
from sklearn.metrics import roc_auc_score

from align.corpus import Pair, Verdict
from align.diverge import diverge
from align.embed import Vectors
from align.encoders import MultilingualE5, UniversalSentenceEncoder
from align.scorers import score
from align.worddiff import UNSPACED


def judged(pairs: Sequence[Pair], encode: Callable[[Sequence[str]], Any]) -> list[Verdict]:
    return diverge(pairs, score(pairs, encode, edit_rate=False), encode)


def half(pair: Pair) -> Pair:
    """The pair with the second half of B's words taken away."""
    text = pair.member_b.text
    words = text.split()
    cut = text[: len(text) // 2] if pair.language_b in UNSPACED else " ".join(words[: (len(words) + 1) // 2])
    return data.make(pair.member_a.text, cut, pair.language_a, pair.language_b)


def share(values: Sequence[bool]) -> float:
    return float(np.mean(values))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--encoder", choices=("use", "e5"), default="use")
    arguments.add_argument("--pairs", default=",".join("-".join(pair) for pair in combinations(data.NEWS, 2)))
    arguments.add_argument("--every", type=int, default=3, help="take only every N-th line")
    options = arguments.parse_args()
    encoder = UniversalSentenceEncoder() if options.encoder == "use" else MultilingualE5()
    encode = Vectors(lambda: encoder, encoder.signature)
    print("| pair | pairs | divergence, mean | .5 or more | grade 2 or 3 | grade 3 | a kind claimed | unrelated: grade 2 or 3 | cut: grade 2 or 3 | cut: AUC |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    rows = []
    for name in options.pairs.split(","):
        language_a, language_b = name.split("-")
        pairs = [row.pair for row in data.news(language_a, language_b, part=1, every=options.every)]
        shuffled = zip(pairs, [*pairs[1:], pairs[0]], strict=True)
        unrelated = judged([data.make(one.member_a.text, other.member_b.text, language_a, language_b) for one, other in shuffled], encode)
        good, cut = judged(pairs, encode), judged([half(pair) for pair in pairs if len(pair.member_b.text) > 40], encode)
        values = [verdict.divergence for verdict in good + cut]
        found = (
            float(np.mean([verdict.divergence for verdict in good])),
            *(share([verdict.divergence >= 0.5 for verdict in good]), share([verdict.grade >= 2 for verdict in good])),
            *(share([verdict.grade == 3 for verdict in good]), share([bool(verdict.kinds) for verdict in good])),
            *(share([verdict.grade >= 2 for verdict in unrelated]), share([verdict.grade >= 2 for verdict in cut])),
            float(roc_auc_score([0] * len(good) + [1] * len(cut), values)),
        )
        rows.append(found)
        print(f"| {name} | {len(pairs)} | " + " | ".join(f"{value:.2f}" for value in found) + " |", flush=True)
    print("| all | | " + " | ".join(f"{value:.2f}" for value in np.mean(rows, axis=0)) + " |")


if __name__ == "__main__":
    main()
