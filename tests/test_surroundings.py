"""What the neighbourhood of a pair says, on numbers set by hand."""

from __future__ import annotations

import numpy as np
import pytest

from align.corpus import Segment
from align.encoders import HashEncoder
from align.renditions import candidates, surroundings
from align.renditions.speech import Utterance

WORDS = ("bridge", "river", "treaty", "market", "winter", "harbour")


def sentences(*sizes: int) -> candidates.Sentences:
    groups = []
    for number, size in enumerate(sizes):
        texts = [f"The {WORDS[place]} of document {number}." for place in range(size)]
        groups.append([Segment(str(number), place, place, 0, len(text), text) for place, text in enumerate(texts)])
    return candidates.gather(groups, [[Utterance("utterance", "", "", ())] * size for size in sizes], ["en"] * len(sizes))


def column(name: str, pairs: dict[tuple[int, int], float], *sizes: int) -> dict[tuple[int, int], float]:
    left, right = (np.array([pair[side] for pair in sorted(pairs)], dtype=np.int64) for side in (0, 1))
    found = candidates.Candidates(left, right, np.zeros((len(left), len(candidates.ALONE))))
    table = surroundings.measure(sentences(*sizes), found, np.array([pairs[pair] for pair in sorted(pairs)]))
    return dict(zip(sorted(pairs), table[:, surroundings.AROUND.index(name)].tolist(), strict=True))


def test_a_likely_pair_beside_it_supports_a_pair() -> None:
    support = column("support", {(0, 3): -2.0, (1, 4): 4.0, (2, 3): -2.0}, 3, 3)
    assert support[0, 3] > support[2, 3]


def test_company_counts_partners_in_the_other_document() -> None:
    pairs = {(0, 2): 5.0, (0, 3): 5.0, (1, 2): -5.0, (0, 4): 5.0}
    most, least = column("company_most", pairs, 2, 2, 1), column("company_least", pairs, 2, 2, 1)
    assert np.exp(most[0, 2]) > 1.9
    assert 0.9 < np.exp(least[0, 2]) < 1.2
    assert np.exp(most[0, 4]) < 1.2


def test_pairs_of_one_document_are_told_apart() -> None:
    assert column("same_document", {(0, 1): 0.0, (0, 2): 0.0}, 2, 1) == {(0, 1): 1.0, (0, 2): 0.0}


def test_pairs_beside_a_likely_one_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sentence proposes one partner only; the neighbours of a likely pair are measured all the same."""
    texts = sentences(6, 6)
    vectors = HashEncoder().encode
    likely = candidates.LIKELY

    def keys(odds: float) -> set[tuple[int, int]]:
        found = candidates.retrieve(texts, vectors, lambda table, _: np.where(table[:, candidates.SIFT.index("words")] > 0.3, odds, likely - 1))
        return {*zip(found.left.tolist(), found.right.tolist(), strict=True)}

    monkeypatch.setattr(candidates, "NEAREST", 1)
    monkeypatch.setattr(candidates, "LEAST_NEAREST", 1)
    few, more = keys(likely - 1), keys(likely)
    assert few < more
    assert all(any(abs(a - c) <= candidates.STEPS and abs(b - d) <= candidates.STEPS for c, d in few) for a, b in more)
