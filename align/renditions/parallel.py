"""Pairs of documents that are whole translations or copies of each other, linked as such within rendition mode.

In: the sentences of two documents with their vectors. Out: groups of sentences that render each other, or nothing when
the documents only share statements. Called by `renditions`, for which every sentence of such a pair counts, quoted or not.
What stands in order goes to `aligner`; what is shuffled is linked one to one.
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
    from ..registry import Vectors as Matrix

Floats = NDArray[np.float64]

LEAST = 5  # sentences: less says nothing about a document
SHARE = 0.45  # of the longer document's sentences that must have a partner of their own
NEIGHBOURS = 5  # nearest others that say how near a sentence is to everything
CLEAR = 0.06  # how much nearer than that a partner must be
# Any sentence has some partner: in unrelated documents up to 60 % of the sentences are each other's nearest, clearly, but at most
# 14 % by this much; in translations of each other 21 % at least (an encoder that does not know the language), and mostly over 50 %.
SURE, SURE_SHARE = 0.2, 0.18
SHUFFLED_SHARE = 0.4  # the same where the order does not speak for a translation
STEP = 4  # sentences between one anchor and the next in a text that stands in order
SAMPLE = 48
STANDS_OUT, STANDING = 0.16, 0.2  # what a sample must show before two documents are compared in full: that much nearer, for that share


@dataclass(frozen=True, slots=True)
class Match:
    """Sentence numbers within the two documents, confidence from 0 to 1, and whether it stands out of order."""

    left: tuple[int, ...]
    right: tuple[int, ...]
    confidence: float
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """A document: its sentences, their vectors without what they have in common, and its language."""

    texts: tuple[str, ...]
    vectors: Matrix
    language: str


def side(texts: Sequence[str], encode: Callable[[Sequence[str]], Matrix], language: str = "") -> Side:
    """Prepare a document once for all that it is held against; its vectors are made free of the language itself, for one."""
    vectors = np.asarray(encode(texts), dtype=np.float32)
    vectors = vectors - vectors.mean(axis=0) if len(texts) else vectors
    return Side(tuple(texts), np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), dtype=np.float32), language)


def match(left: Side, right: Side, encode: Callable[[Sequence[str]], Matrix]) -> list[Match] | None:
    """Link two parallel documents; None when they are not parallel."""
    shorter, longer = sorted((len(left.texts), len(right.texts)))
    if shorter < LEAST or shorter < SHARE * longer or not _promising(left, right):
        return None
    scores = _less_hubs(left.vectors @ right.vectors.T)
    anchors = _mutual(scores)
    sure = sum(scores[pair] >= SURE for pair in anchors)
    if len(anchors) < SHARE * longer or sure < SURE_SHARE * longer:
        return None
    steps = [after - before for (_, before), (_, after) in pairwise(anchors)]
    in_order = sum(0 < step <= STEP for step in steps) >= 0.5 * len(steps)
    if not in_order and sure < SHUFFLED_SHARE * longer:
        return None
    if in_order:
        from ..aligner import align

        pairings = align(left.texts, right.texts, encode, languages=(left.language, right.language))
        return [Match(one.source, one.target, one.confidence, one.moved) for one in pairings if one.source and one.target]
    if left.language.split("-")[0] == right.language.split("-")[0]:
        scores = np.round(scores + 0.5 * _less_hubs(_shared_words(left.texts, right.texts)), 5)
        anchors = _mutual(scores)
    return [Match((one,), (other,), round(float(1 / (1 + np.exp(-8 * (scores[one, other] - CLEAR) - 1))), 4), True) for one, other in anchors]


def _promising(left: Side, right: Side) -> bool:
    """A cheap look at a sample: some sentences of the shorter document have a partner that stands out."""
    shorter, longer = (left, right) if len(left.texts) <= len(right.texts) else (right, left)
    rows = np.unique(np.linspace(0, len(shorter.texts) - 1, min(SAMPLE, len(shorter.texts))).astype(np.int64))
    scores = np.round(shorter.vectors[rows] @ longer.vectors.T, 4)
    best = np.sort(np.partition(scores, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS:], axis=1)
    nearer = best[:, -1] - best.mean(axis=1)
    return bool((nearer > CLEAR).mean() > SHARE and (nearer > STANDS_OUT).mean() >= STANDING)


def _shared_words(left: Sequence[str], right: Sequence[str]) -> Matrix:
    """Cosines over rarity-weighted word stems: shape (left, right)."""
    lexicon = lexical.build([[lexical.stem(word) for word in lexical.words(text)] for text in (*left, *right)])
    rows = np.zeros((len(left) + len(right), len(lexicon.rarity)), dtype=np.float32)
    for number in range(len(rows)):
        terms, weights = lexicon.row(number)
        rows[number, terms] = weights
    return np.asarray(rows[: len(left)] @ rows[len(left) :].T, dtype=np.float32)


def _less_hubs(similarity: Matrix) -> Floats:
    """Similarity less the mean of both sides' nearest few (Conneau et al. 2018, cross-domain similarity local scaling)."""
    rows, columns = (np.partition(table, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS:].mean(axis=1) for table in (_wide(similarity), _wide(similarity.T)))
    return np.asarray(np.round(similarity - (rows[:, None] + columns[None, :]) / 2, 5), dtype=np.float64)


def _wide(table: Matrix) -> Matrix:
    """Padded to at least as many columns as there are neighbours to look at."""
    return np.pad(table, ((0, 0), (0, max(NEIGHBOURS - table.shape[1], 0))), mode="edge")


def _mutual(scores: Floats) -> list[tuple[int, int]]:
    """Pairs that are each other's best and clearly near, in order of the left side."""
    best, back = scores.argmax(axis=1), scores.argmax(axis=0)
    return [(one, int(other)) for one, other in enumerate(best) if back[other] == one and scores[one, other] >= CLEAR]
