"""Stage `link`, bitext mode: two texts that are translations of each other in, every segment in exactly one bead out.

Called by `pipeline`. The vectors come from a callable (`embed.Vectors`), so any encoder serves; they are centred
per document, which takes out what all sentences of one language share, and scaled so that a typical pair of
mutual best matches has similarity 1. Dynamic programming over spans (see `beadsearch`) then finds the chain of beads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .beadsearch import Band, Lattice, best_chain, sizes_up_to

Matrix = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Matrix]


@dataclass(frozen=True, slots=True)
class Pairing:
    """One bead: indices of segments of either side; a gap has one segment and the other side empty.

    `confidence` is the probability that the bead is right, 0 to 1; `moved` says that it stands in another order
    than its neighbours.
    """

    source: tuple[int, ...]
    target: tuple[int, ...]
    confidence: float
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """`largest_bead`: a bead has at most this many segments on one side (and one more on both together)."""

    largest_bead: int = 8


Anchors = Sequence[tuple[tuple[int, ...], tuple[int, ...]]]


def align(
    source: Sequence[str],
    target: Sequence[str],
    encode: Encode,
    settings: Settings = Settings(),
    *,
    anchors: Anchors = (),
    languages: tuple[str, str] = ("", ""),
) -> list[Pairing]:
    """Align two texts, one segment a string. Empty segments stand alone; the result is in source order."""
    rows = [i for i, text in enumerate(source) if text.strip()]
    columns = [j for j, text in enumerate(target) if text.strip()]
    found: list[Pairing] = []
    if rows and columns:
        chain = _search(centred(encode([source[i] for i in rows])), centred(encode([target[j] for j in columns])), settings)
        found = [Pairing(tuple(rows[i:k]), tuple(columns[j:m]), 0.5) for i, k, j, m in chain if k > i and m > j]
    return with_gaps(found, len(source), len(target))


def signature(settings: Settings) -> str:
    """How alignments with these settings are made."""
    return f"bitext:1|centred:yes|largest:{settings.largest_bead}"


def looks_parallel(source: Sequence[str], target: Sequence[str], encode: Encode) -> tuple[bool, str]:
    """Whether two texts are parallel rather than comparable, and the reason in words: how many anchors keep the order."""
    rows = [text for text in source if text.strip()]
    columns = [text for text in target if text.strip()]
    if not rows or not columns:
        return True, "one side is empty"
    similarity = scaled_similarity(centred(encode(rows)), centred(encode(columns)))
    best = similarity.argmax(axis=1)
    mutual = np.flatnonzero(similarity.argmax(axis=0)[best] == np.arange(len(rows)))
    ordered = longest_increasing([int(best[i]) for i in mutual])
    share = ordered / min(len(rows), len(columns))
    words = f"{ordered} of {len(mutual)} mutual best matches stand in one order, for {len(rows)} and {len(columns)} segments"
    return share >= 0.3, words


def centred(vectors: Matrix) -> Matrix:
    """Rows less their mean, of unit length again; with few rows the mean says little and is taken out in part."""
    mean = vectors.mean(axis=0) * (len(vectors) / (len(vectors) + 4.0))
    rest = vectors - mean
    return np.asarray(rest / np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-6), dtype=np.float32)


def scaled_similarity(source: Matrix, target: Matrix) -> Matrix:
    """Similarity of all pairs, scaled so that the median of the mutual best matches is 1; rounded against noise."""
    similarity = source @ target.T
    return np.round(similarity / _typical(similarity), 4).astype(np.float32)


def _typical(similarity: Matrix) -> float:
    best = similarity.argmax(axis=1)
    mutual = similarity.argmax(axis=0)[best] == np.arange(len(similarity))
    return max(float(np.median(similarity[mutual, best[mutual]])) if mutual.any() else 1.0, 0.1)


def longest_increasing(numbers: Sequence[int]) -> int:
    """Length of the longest strictly increasing subsequence (patience sorting)."""
    from bisect import bisect_left

    piles: list[int] = []
    for number in numbers:
        place = bisect_left(piles, number)
        piles[place : place + 1] = [number]
    return len(piles)


def span_norms(vectors: Matrix, largest: int) -> NDArray[np.float64]:
    """Length of the sum of the vectors of every span: [a, i] is the span of a rows that ends before row i."""
    sums = np.concatenate([np.zeros((1, vectors.shape[1])), vectors.cumsum(axis=0, dtype=np.float64)])
    norms = np.full((largest + 1, len(sums)), np.inf)
    for a in range(1, min(largest, len(vectors)) + 1):
        norms[a, a:] = np.maximum(np.linalg.norm(sums[a:] - sums[:-a], axis=1), 1e-6)
    return norms


def _search(source: Matrix, target: Matrix, settings: Settings) -> list[tuple[int, int, int, int]]:
    similarity = source @ target.T
    typical = _typical(similarity)
    n, m = similarity.shape
    sums = np.zeros((n + 1, m + 1))
    sums[1:, 1:] = similarity.cumsum(axis=0, dtype=np.float64).cumsum(axis=1)
    sizes = sizes_up_to(settings.largest_bead)
    source_norms, target_norms = span_norms(source, settings.largest_bead), span_norms(target, settings.largest_bead)

    def scores(low: int, high: int) -> NDArray[np.float32]:
        result = np.full((high - low, len(sizes), m + 1), -1e9, dtype=np.float32)
        for k, (a, b) in enumerate(sizes):
            first = max(low, a)
            if first < high and b <= m:
                block = sums[first:high, b:] - sums[first:high, :-b] - sums[first - a : high - a, b:] + sums[first - a : high - a, :-b]
                cosine = block / (source_norms[a, first:high, None] * target_norms[b, None, b:] * typical)
                result[first - low :, k, b:] = 2 * cosine - 0.8 + 0.05 * (a + b - 2)
        return np.asarray(np.round(result, 4), dtype=np.float32)

    band = Band(np.zeros(n + 1, dtype=np.int64), m + 1, m + 1)
    return best_chain(Lattice(band, sizes, scores, np.zeros(n + 1, dtype=np.float32), np.zeros(m + 1, dtype=np.float32)))


def with_gaps(found: Sequence[Pairing], sources: int, targets: int) -> list[Pairing]:
    """Put every segment that no pairing holds beside its neighbours, as a gap of its own; the result is in source order."""
    taken_source = {i for pairing in found for i in pairing.source}
    taken_target = {j for pairing in found for j in pairing.target}
    holder = {j: pairing.source[0] for pairing in found for j in pairing.target}
    keyed = [((float(pairing.source[0]), 0, 0), pairing) for pairing in found]
    keyed += [((float(i), 0, 0), Pairing((i,), (), 0.5)) for i in range(sources) if i not in taken_source]
    after = -0.5
    for j in range(targets):
        if j in taken_target:
            after = float(holder[j])
        else:
            keyed.append(((after, 1, j), Pairing((), (j,), 0.5)))
    return [pairing for _, pairing in sorted(keyed, key=lambda item: item[0])]
