"""What speaks for a pair of documents: numbers for each candidate, later weighed by `pairing`.

Similarities are divided by what good pairs of these two languages in this archive typically reach (as the aligner does with
its anchors), so one set of weights serves every encoder and every pair of languages.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...aligner import centred
from ...aligner.corridor import find_anchors, find_route, neighbourhood, typical_similarity
from .neighbours import Space
from .profiles import Profile

Matrix = NDArray[np.float32]
Floats = NDArray[np.float64]
# Cosine of the documents; of each side's sentences the mean best similarity, the lesser and the greater of both sides, with vectors centred
# on the language and on the document itself; similarity along the aligner's chain of anchors.
SIMILARITIES = ("document", "least", "most", "least_own", "most_own", "chain")
FEATURES = (*SIMILARITIES, "evidence", "length", "numbers", "size")
LEAST_TYPICAL = 0.75  # of what is typical elsewhere: an archive in which nothing belongs together must not set the measure
PRIOR = 5.0  # pairs that the typical similarities from elsewhere count for
CACHED = 1_000  # documents whose vectors are held


@dataclass(frozen=True, slots=True)
class Raw:
    """Unscaled evidence of one candidate: similarities, the shorter side's sentences, log of the length ratio, share of numbers."""

    similarities: tuple[float, ...]
    size: int
    length: float
    numbers: float


class Comparer:
    """Takes the evidence of pairs of rows of two spaces."""

    def __init__(self, source: Space, target: Space, profiles: Sequence[Profile]) -> None:
        self._spaces = source, target
        self._profiles = profiles
        self._kept: OrderedDict[tuple[int, int], tuple[Matrix, Matrix]] = OrderedDict()
        self._rarity = rarity([profiles[number].numbers for space in self._spaces for number in space.documents])

    def _vectors(self, side: int, row: int) -> tuple[Matrix, Matrix]:
        key = side, row
        if key not in self._kept:
            space = self._spaces[side]
            self._kept[key] = space.sentences(row), centred(space.raw(row))
            if len(self._kept) > CACHED:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def __call__(self, row: int, place: int) -> Raw:
        source, target = self._spaces
        (first, first_own), (second, second_own) = self._vectors(0, row), self._vectors(1, place)
        both, own = first @ second.T, first_own @ second_own.T
        sides = [_best(products, source.weights[row], target.weights[place]) for products in (both, own)]
        size = min(both.shape)
        one, other = (self._profiles[space.documents[number]] for space, number in zip(self._spaces, (row, place), strict=True))
        documents = float(source.vectors[row] @ target.vectors[place])
        similarities = (documents, min(sides[0]), max(sides[0]), min(sides[1]), max(sides[1]), _chain(first_own, second_own, both))
        length = math.log((other.chars + 30) / (one.chars + 30))
        return Raw(tuple(round(value, 4) for value in similarities), size, round(length, 4), round(self._numbers(one.numbers, other.numbers), 4))

    def _numbers(self, one: frozenset[str], other: frozenset[str]) -> float:
        """How much of the rarer numbers of the side with less of them the other has too."""
        return self._weight(one & other) / (min(self._weight(one), self._weight(other)) + 1.0)

    def _weight(self, numbers: frozenset[str]) -> float:
        return math.fsum(self._rarity[number] for number in numbers)


def rarity(sets: Sequence[frozenset[str]]) -> dict[str, float]:
    """1 for what stands in one document, towards 0 for what stands in all."""
    counts: dict[str, int] = {}
    for numbers in sets:
        for number in numbers:
            counts[number] = counts.get(number, 0) + 1
    total = math.log(1 + len(sets))
    return {number: 1 - math.log(count) / total for number, count in counts.items()}


def _best(products: Matrix, source: Matrix, target: Matrix) -> tuple[float, float]:
    return float(products.max(axis=1) @ source), float(products.max(axis=0) @ target)


def _chain(source: Matrix, target: Matrix, products: Matrix) -> float:
    """Sum of similarities along the aligner's route, by the sentences of the shorter side."""
    anchors = find_anchors(source, target, neighbourhood(source, target))
    route = find_route(source, target, anchors, typical_similarity(anchors))
    along = products[route.rows, route.order[route.places]] if len(route.rows) else np.zeros(0, dtype=np.float32)
    return float(along.sum()) / float(min(products.shape))


def scale(raws: Sequence[Raw], elsewhere: Mapping[str, float]) -> tuple[Floats, float, int]:
    """From pairs that are each other's best: what similarities typically are, the typical length ratio, the number of pairs."""
    usual = np.array([elsewhere[name] for name in SIMILARITIES])
    if not raws:
        return usual, 0.0, 0
    here = np.median(np.array([raw.similarities for raw in raws]), axis=0)
    count = len(raws)
    typical = (PRIOR * usual + count * here) / (PRIOR + count)
    return np.maximum(typical, LEAST_TYPICAL * usual), float(np.median([raw.length for raw in raws])), count


def features(raws: Sequence[Raw], typical: Floats, length: float, count: int) -> Floats:
    """Shape (pairs, FEATURES)."""
    rows = np.zeros((len(raws), len(FEATURES)))
    trust = count / (count + 3.0)  # in the typical length
    for row, raw in zip(rows, raws, strict=True):
        row[: len(SIMILARITIES)] = np.array(raw.similarities) / typical
        chain = max(float(row[len(SIMILARITIES) - 1]), 0.0)
        row[len(SIMILARITIES) :] = math.log1p(chain * raw.size), trust * abs(raw.length - length), raw.numbers, math.log(raw.size)
    return np.round(rows, 4)
