"""Pairs of documents that are whole translations or copies of each other, linked as such within rendition mode.

In: the sentences of two documents with their vectors. Out: groups of sentences that render each other, or nothing when
the documents only share statements. Called by `renditions`, for which every sentence of such a pair counts, quoted or not.
What stands in order goes to `bitext`; what is shuffled is linked one to one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from . import lexical

if TYPE_CHECKING:
    from .registry import Vectors as Matrix

Floats = NDArray[np.float64]

LEAST = 5  # sentences: less says nothing about a document
SHARE = 0.45  # of the longer document's sentences that must have a partner of their own
NEIGHBOURS = 5  # nearest others that say how near a sentence is to everything
CLEAR = 0.06  # how much nearer than that a partner must be
STEP = 4  # sentences between one anchor and the next in a text that stands in order
SAMPLE = 48


@dataclass(frozen=True, slots=True)
class Match:
    """Sentence numbers within the two documents, confidence from 0 to 1, and whether it stands out of order."""

    left: tuple[int, ...]
    right: tuple[int, ...]
    confidence: float
    moved: bool = False


def match(left: Sequence[str], right: Sequence[str], encode: Callable[[Sequence[str]], Matrix], languages: tuple[str, str] = ("", "")) -> list[Match] | None:
    """Link two parallel documents; None when they are not parallel."""
    shorter, longer = sorted((len(left), len(right)))
    if shorter < LEAST or shorter < SHARE * longer or not _promising(left, right, encode):
        return None
    scores = _scores(left, right, encode, same=languages[0].split("-")[0] == languages[1].split("-")[0])
    anchors = _mutual(scores)
    if len(anchors) < SHARE * longer:
        return None
    steps = [after - before for (_, before), (_, after) in pairwise(anchors)]
    if sum(0 < step <= STEP for step in steps) >= 0.5 * len(steps):
        from .bitext import align

        pairings = align(left, right, encode, languages=languages)
        return [Match(one.source, one.target, one.confidence, one.moved) for one in pairings if one.source and one.target]
    return [Match((one,), (other,), round(float(1 / (1 + np.exp(-8 * (scores[one, other] - CLEAR) - 1))), 4), True) for one, other in anchors]


def _promising(left: Sequence[str], right: Sequence[str], encode: Callable[[Sequence[str]], Matrix]) -> bool:
    """A cheap look at a sample: some sentences of the shorter document have a partner that stands out."""
    shorter, longer = (left, right) if len(left) <= len(right) else (right, left)
    rows = np.unique(np.linspace(0, len(shorter) - 1, min(SAMPLE, len(shorter))).astype(np.int64))
    one, other = (np.asarray(encode(texts), dtype=np.float32) for texts in (shorter, longer))
    scores = np.sort(np.round((one - one.mean(axis=0))[rows] @ (other - other.mean(axis=0)).T, 4), axis=1)
    stands_out = scores[:, -1] - scores[:, -NEIGHBOURS:].mean(axis=1)
    return bool((stands_out > CLEAR).mean() > SHARE * 0.8)


def _scores(left: Sequence[str], right: Sequence[str], encode: Callable[[Sequence[str]], Matrix], *, same: bool) -> Floats:
    """How much nearer each pair is than either is to its nearest others; in one language words count beside vectors."""
    scores = _less_hubs(_centred(encode(left)) @ _centred(encode(right)).T)
    if same:
        lexicon = lexical.build([[lexical.stem(word) for word in lexical.words(text)] for text in (*left, *right)])
        rows = np.zeros((len(left) + len(right), len(lexicon.rarity)), dtype=np.float32)
        for number in range(len(rows)):
            terms, weights = lexicon.row(number)
            rows[number, terms] = weights
        scores = scores + 0.5 * _less_hubs(rows[: len(left)] @ rows[len(left) :].T)
    return np.round(scores, 5)


def _centred(vectors: Matrix) -> Matrix:
    """Without what all sentences of a document have in common, such as its language; rows of unit length."""
    shifted = np.asarray(vectors, dtype=np.float32)
    shifted = shifted - shifted.mean(axis=0)
    return np.asarray(shifted / np.maximum(np.linalg.norm(shifted, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def _less_hubs(similarity: Matrix) -> Floats:
    """Similarity less the mean of both sides' nearest few (Conneau et al. 2018, cross-domain similarity local scaling)."""
    rows = np.sort(similarity, axis=1)[:, -NEIGHBOURS:].mean(axis=1)
    columns = np.sort(similarity, axis=0)[-NEIGHBOURS:].mean(axis=0)
    return np.asarray(similarity - (rows[:, None] + columns[None, :]) / 2, dtype=np.float64)


def _mutual(scores: Floats) -> list[tuple[int, int]]:
    """Pairs that are each other's best and clearly near, in order of the left side."""
    best, back = scores.argmax(axis=1), scores.argmax(axis=0)
    return [(one, int(other)) for one, other in enumerate(best) if back[other] == one and scores[one, other] >= CLEAR]
