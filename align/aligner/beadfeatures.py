"""What speaks for and against a bead: features of spans, computed for blocks of the lattice; called by `aligner`.

In: two `Side`s (arrays with a row a segment). Out: named features of every bead that ends in a block of nodes, and their
weighted sum. The cosine of two spans comes from sums of the vectors of their segments, so no span is ever stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .beadsearch import IMPOSSIBLE, Band

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Weights = Mapping[str, float]


NOISE = 0.25  # share of the typical similarity that unrelated segments may have: below it there is nothing to tell


@dataclass(frozen=True, slots=True)
class Channel:
    """One kind of vectors of both texts; `norms[a, i]` is the length of the sum of the a vectors that end before row i."""

    source: Floats
    target: Floats
    source_norms: Floats
    target_norms: Floats


@dataclass(frozen=True, slots=True)
class Marks:
    """Per segment: length (scaled so that both texts are equally long), closing and opening mark as small numbers."""

    lengths: NDArray[np.float64]
    endings: NDArray[np.int64]
    openings: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Texts:
    """All that the features of a pair of texts are made of; `gap_share` is `corridor.gap_odds`."""

    channels: Mapping[str, Channel]
    source: Marks
    target: Marks
    gap_share: float


def make_channel(source: Floats, target: Floats, largest: int, typical: float = 1.0) -> Channel:
    """A channel whose cosines are divided by `typical`."""
    return Channel(source, target, span_norms(source, largest) * np.float32(typical), span_norms(target, largest))


def span_norms(vectors: Floats, largest: int) -> Floats:
    """Length of the sum of the vectors of every span: [a, i] is the span of a rows that ends before row i (infinite: none)."""
    norms = np.full((largest + 1, len(vectors) + 1), np.inf, dtype=np.float32)
    sums = np.zeros_like(vectors)
    for a in range(1, min(largest, len(vectors)) + 1):
        sums = vectors.copy() if a == 1 else sums[1:] + vectors[: len(vectors) - a + 1]
        norms[a, a:] = np.maximum(np.linalg.norm(sums, axis=1), 1e-3)
    return norms


def block_cosines(channel: Channel, low: int, high: int, left: int, right: int, sizes: tuple[tuple[int, int], ...]) -> Floats:
    """Cosines of the beads that end in rows low - 1 to high - 1 and columns left - 1 to right - 1, by size; 0 where there is none."""
    reach = channel.source_norms.shape[0] - 1
    similarity = _padded(channel.source, low - 1 - reach, high - 1) @ _padded(channel.target, left - 1 - reach, right - 1).T
    sums = np.zeros((similarity.shape[0] + 1, similarity.shape[1] + 1), dtype=np.float32)
    sums[1:, 1:] = similarity.cumsum(axis=0).cumsum(axis=1)
    down, across = high - low + 1, right - left + 1
    result = np.zeros((len(sizes), down, across), dtype=np.float32)
    for k, (a, b) in enumerate(sizes):
        upper, lower = slice(reach - a, reach - a + down), slice(reach, reach + down)
        before, after = slice(reach - b, reach - b + across), slice(reach, reach + across)
        block = sums[lower, after] - sums[upper, after] - sums[lower, before] + sums[upper, before]
        result[k] = block / (_norms(channel.source_norms[a], low - 1, high)[:, None] * _norms(channel.target_norms[b], left - 1, right)[None, :])
    return result


def _padded(vectors: Floats, low: int, high: int) -> Floats:
    """Rows low to high - 1; rows before the first are zero."""
    part = vectors[max(low, 0) : max(high, 0)]
    return np.concatenate([np.zeros((high - low - len(part), vectors.shape[1]), dtype=np.float32), part]) if low < 0 else part


def _norms(norms: Floats, low: int, high: int) -> Floats:
    return norms[low:high] if low >= 0 else np.concatenate([np.full(-low, np.inf, dtype=np.float32), norms[:high]])


def block_features(
    texts: Texts, low: int, high: int, left: int, right: int, sizes: tuple[tuple[int, int], ...], reach: NDArray[np.int64] | None = None
) -> Iterator[tuple[int, Integers, dict[str, Floats | float]]]:
    """For each size its index, rows of the block, and the named features of the beads that end there, columns left to right - 1.

    With `reach`, a number a row of the text, only rows whose reach is at least a + b are looked at.
    """
    cosines = {name: block_cosines(channel, low, high, left, right, sizes) for name, channel in texts.channels.items()}
    columns = np.arange(left, right)
    source_sums, target_sums = _sums(texts.source.lengths), _sums(texts.target.lengths)
    target_endings, target_openings = texts.target.endings[np.maximum(columns - 1, 0)], texts.target.openings
    for k, (a, b) in enumerate(sizes):
        use = np.arange(high - low) if reach is None else np.flatnonzero(reach[low:high] >= a + b)
        if not len(use):
            continue
        rows, more = use + low, a + b - 2
        first_row, first_column = np.maximum(rows - a, 0), np.maximum(columns - b, 0)
        length_a = (source_sums[rows] - source_sums[first_row]).astype(np.float32)[:, None]
        length_b = (target_sums[columns] - target_sums[first_column]).astype(np.float32)[None, :]
        ratio = np.minimum(np.abs(np.log(length_a + 5) - np.log(length_b + 5)), 2.0)
        starts = texts.source.openings[np.minimum(first_row, len(texts.source.openings) - 1)]
        features: dict[str, Floats | float] = {
            "bead": 1.0,
            "more": float(more),
            "merge": float(more > 0),
            "both": float(min(a, b) - 1),
            "ratio": ratio,
            "spread": np.minimum(np.abs(length_a - length_b) / np.sqrt(length_a + length_b + 10), 8.0),
            "merge_ratio": ratio if more else 0.0,
            "ends": (texts.source.endings[np.maximum(rows - 1, 0)][:, None] == target_endings[None, :]).astype(np.float32),
            "starts": (starts[:, None] == target_openings[np.minimum(first_column, len(target_openings) - 1)][None, :]).astype(np.float32),
        }
        for name, cosine in cosines.items():
            here = np.maximum(cosine[k, 1 + use, 1:], NOISE)
            features[name] = here
            if more:
                features[f"{name}_more"] = here * np.float32(more)
        yield k, use, features


def _sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([[0.0], np.cumsum(values)])


def bead_scores(texts: Texts, weights: Weights, band: Band, sizes: tuple[tuple[int, int], ...], reach: Integers | None = None) -> Floats:
    """Weighted sums of the features of all beads in a band, flat as `beadsearch.Lattice` wants them; rounded against noise."""
    starts = band.starts()
    scores = np.full((len(sizes), int(starts[-1])), IMPOSSIBLE, dtype=np.float32)
    for low, high in band.blocks():
        left, right = int(band.first[low:high].min()), int(band.last[low:high].max())
        here, place = _nodes(band, starts, low, high, left)
        for k, use, features in block_features(texts, low, high, left, right, sizes, reach):
            total = np.full((high - low, right - left), IMPOSSIBLE, dtype=np.float32)
            fixed, value = 0.0, np.zeros((len(use), right - left), dtype=np.float32)
            for name, feature in features.items():
                weight = weights.get(name, 0.0)
                if isinstance(feature, float):
                    fixed += weight * feature
                elif weight:
                    value += np.float32(weight) * feature
            total[use] = np.round(value + np.float32(fixed), 3)
            a, b = sizes[k]
            total[: max(0, a - low)] = IMPOSSIBLE
            total[:, : max(0, b - left)] = IMPOSSIBLE
            scores[k, here] = total.reshape(-1)[place]
    return scores


def _nodes(band: Band, starts: Integers, low: int, high: int, left: int) -> tuple[Integers, Integers]:
    """The nodes of rows low to high - 1: their places in the flat array, and in the rectangle that encloses them."""
    width = band.last[low:high] - band.first[low:high]
    row = np.repeat(np.arange(high - low), width)
    column = np.arange(len(row)) - np.repeat(np.cumsum(width) - width, width)
    across = int(band.last[low:high].max()) - left
    return starts[low + row] + 1 + column, row * across + band.first[low + row] - left + column
