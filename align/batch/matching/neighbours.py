"""Document vectors, and for each document the nearest ones of another language.

A document's vector is the mean of its sentence vectors, less the mean of its language (which takes out what all sentences of one language
share), each scaled to unit length and weighted by how few documents of the archive have that sentence: menus and notices count little.
Up to EXACT comparisons all documents are compared, block by block; beyond that an inverted file of the library faiss looks only
at the nearest cells of a space parted by k-means. With one thread and a fixed seed both give the same result every time.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .gathering import Gathered
from .profiles import Profile

Matrix = NDArray[np.float32]
Integers = NDArray[np.int64]
Pair = tuple[int, int]
EXACT = 4_000_000_000  # comparisons: some two minutes of one core
BLOCK = 1_024
NEIGHBOURS = 20  # that hubs are measured with (CSLS, Lample et al. 2018), and that candidates are taken from
CELLS_LOOKED_AT = 32


def sentence_weights(profiles: Sequence[Profile]) -> list[Matrix]:
    """For each document of one language, a weight a sentence, sum 1: by the inverse number of times that the sentence occurs."""
    hashes = np.concatenate([profile.sentences for profile in profiles])
    _, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    raw = (1.0 / counts[inverse]).astype(np.float32)
    ends = np.cumsum([len(profile.sentences) for profile in profiles])[:-1]
    return [part / part.sum() for part in np.split(raw, ends)]


class Space:
    """The documents of one language under one encoder. `vectors` has a unit row a document, in the order of `documents`."""

    def __init__(self, gathered: Gathered, language: str, encoder: str) -> None:
        self.documents = gathered.of(language)
        self._shelf = gathered.shelves[encoder]
        self.weights = sentence_weights([gathered.profiles[number] for number in self.documents])
        self._mean = self._language_mean()
        self.vectors = np.zeros((len(self.documents), self._shelf.dimensions), dtype=np.float32)
        for row in range(len(self.documents)):
            self.vectors[row] = unit((self.weights[row] @ self.sentences(row))[None])[0]

    def _language_mean(self) -> Matrix:
        """The mean of all sentences; of few only a part of it, for it says little."""
        total, count = np.zeros(self._shelf.dimensions, dtype=np.float64), 0
        for number in self.documents:
            rows = self._shelf.get(number)
            total += rows.sum(axis=0, dtype=np.float64)
            count += len(rows)
        return np.asarray(total / (count + 4.0), dtype=np.float32)

    def raw(self, row: int) -> Matrix:
        return self._shelf.get(self.documents[row])

    def sentences(self, row: int) -> Matrix:
        """Centred sentence vectors of a document, of unit length."""
        return unit(self.raw(row) - self._mean)


def unit(rows: Matrix) -> Matrix:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6), dtype=np.float32)


def nearest(queries: Matrix, base: Matrix, count: int, exact: bool | None = None) -> tuple[Integers, Matrix]:
    """For each row of `queries` the `count` rows of `base` with the largest dot product, falling, and these products, to four decimals."""
    count = min(count, len(base))
    if exact is None:
        exact = len(queries) * len(base) <= EXACT or slow(len(queries) * len(base))
    return _all(queries, base, count) if exact else _cells(queries, base, count)


def slow(comparisons: int) -> bool:
    """Whether so many comparisons have to be made one by one because faiss is not installed."""
    return comparisons > EXACT and find_spec("faiss") is None


def one_thread() -> AbstractContextManager[Any]:
    """Within it, one BLAS thread: the same bits on every machine with the same processor, and no quarrel between workers."""
    from importlib import import_module

    limits: AbstractContextManager[Any] = import_module("threadpoolctl").threadpool_limits(1)
    return limits


def _all(queries: Matrix, base: Matrix, count: int) -> tuple[Integers, Matrix]:
    where, value = np.zeros((len(queries), count), dtype=np.int64), np.zeros((len(queries), count), dtype=np.float32)
    with one_thread():
        for low in range(0, len(queries), BLOCK):
            here = slice(low, low + BLOCK)
            best: Matrix = np.full((len(queries[here]), 0), 0, dtype=np.float32)
            place: Integers = np.zeros(best.shape, dtype=np.int64)
            for start in range(0, len(base), 16 * BLOCK):
                products = np.round(queries[here] @ base[start : start + 16 * BLOCK].T, 4)
                top = np.argpartition(-products, min(count, products.shape[1]) - 1, axis=1)[:, :count]
                best = np.concatenate([best, np.take_along_axis(products, top, axis=1)], axis=1)
                place = np.concatenate([place, top + start], axis=1)
            order = np.lexsort((place, -best), axis=1)[:, :count]
            where[here], value[here] = np.take_along_axis(place, order, axis=1), np.take_along_axis(best, order, axis=1)
    return where, value


def _cells(queries: Matrix, base: Matrix, count: int) -> tuple[Integers, Matrix]:
    from importlib import import_module

    faiss: Any = import_module("faiss")
    faiss.omp_set_num_threads(1)
    cells = max(1, int(4 * len(base) ** 0.5))
    quantizer = faiss.IndexFlatIP(base.shape[1])
    index = faiss.IndexIVFFlat(quantizer, base.shape[1], cells, faiss.METRIC_INNER_PRODUCT)
    index.cp.seed, index.cp.max_points_per_centroid, index.cp.niter = 1, 64, 8
    index.train(base)
    index.add(base)
    index.nprobe = min(cells, CELLS_LOOKED_AT)
    value, where = index.search(queries, count)
    value = np.round(np.where(where < 0, -1.0, value), 4).astype(np.float32)
    order = np.lexsort((where, -value), axis=1)
    return np.take_along_axis(where, order, axis=1).astype(np.int64), np.take_along_axis(value, order, axis=1)


def candidates(source: Space, target: Space, count: int) -> tuple[list[Pair], list[Pair]]:
    """Pairs of rows worth a closer look, in order, and among them those that are each other's best.

    Of the nearest documents of each, the `count` best by CSLS: cosine less half of what both reach with their own nearest on average.
    """
    forth, back = nearest(source.vectors, target.vectors, NEIGHBOURS), nearest(target.vectors, source.vectors, NEIGHBOURS)
    source_level, target_level = forth[1].mean(axis=1), back[1].mean(axis=1)
    found: set[tuple[int, int]] = set()
    best: list[dict[int, int]] = [{}, {}]
    for side, (where, value) in enumerate((forth, back)):
        mine, other = (source_level, target_level) if side == 0 else (target_level, source_level)
        margin = np.round(value - (mine[:, None] + other[np.maximum(where, 0)]) / 2, 4)
        margin[where < 0] = -9.0
        order = np.lexsort((where, -margin), axis=1)[:, :count]
        for row, places in enumerate(np.take_along_axis(where, order, axis=1)):
            known = [int(place) for place in places if place >= 0]
            found.update((row, place) if side == 0 else (place, row) for place in known)
            best[side][row] = known[0] if known else -1
    return sorted(found), [(row, place) for row, place in sorted(best[0].items()) if place >= 0 and best[1].get(place) == row]
