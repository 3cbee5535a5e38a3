"""The second look at contested beads: true vectors of whole spans and a lexicon learnt from the document; called by `aligner`.

In: the posterior of the first pass. Out: the posterior of a second pass over the beads that it kept. Encoding is what
costs, so only spans of beads that have a serious rival are encoded; the rest keep sums of the vectors of their segments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from . import beadfeatures, lexicon, surface
from .beadsearch import IMPOSSIBLE, Band, Floats, Integers, Lattice, Posterior

Encode = Callable[[Sequence[str]], Floats]
Features = dict[str, NDArray[np.float64]]
Size = tuple[int, int]

CANDIDATE = 0.01  # beads less probable in the first pass have no second chance
CERTAIN = 0.995  # all chains of the second pass go through the ends of more probable beads
SURE = 0.98  # beads more probable have no serious rival
WORDS = frozenset({"cover", "cover_more"})  # features of the lexicon: made where they have a weight, which is without an encoder
TRUSTED = 0.7  # beads that the lexicon is learnt from


@dataclass(frozen=True, slots=True)
class Spans:
    """One text of a section: its segments, their centred unit vectors, and the mean that was taken out."""

    texts: Sequence[str]
    vectors: Floats
    mean: Floats


def join(texts: Sequence[str]) -> str:
    """A span as one text: segments in Chinese or Japanese follow each other without a blank."""
    result = texts[0]
    for text in texts[1:]:
        wide = bool(result[-1:] and ord(result[-1]) > 0x2E7F and text[:1] and ord(text[0]) > 0x2E7F)
        result += text if wide else " " + text
    return result


def span_vectors(spans: Spans, wanted: Integers, contested: NDArray[np.bool_], encode: Encode) -> Floats:
    """Centred unit vectors of spans (rows start, end): encoded where contested and of several segments, else summed."""
    sums = np.concatenate([np.zeros((1, spans.vectors.shape[1])), np.cumsum(spans.vectors, axis=0, dtype=np.float64)])
    found = sums[wanted[:, 1]] - sums[wanted[:, 0]]
    encoded = np.flatnonzero(contested & (wanted[:, 1] - wanted[:, 0] > 1))
    if len(encoded):
        found[encoded] = encode([join(spans.texts[start:end]) for start, end in wanted[encoded]]) - spans.mean
    return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-6), dtype=np.float32)


def narrowed(first: Posterior, band: Band, sizes: Sequence[Size]) -> tuple[Posterior, Band]:
    """The candidates of a second pass and their band: where two beads meet that the first pass was sure of is a joint."""
    size = np.array(sizes)[first.beads[:, 2]]
    certain = first.probability > CERTAIN
    ends, begins = first.beads[certain, :2], (first.beads[:, :2] - size)[certain]
    sure = ends[np.isin(ends @ [1 << 32, 1], begins @ [1 << 32, 1])]
    low, high = band.first.copy(), band.last.copy()
    low[sure[:, 0]], high[sure[:, 0]] = sure[:, 1], sure[:, 1] + 1
    joints = np.union1d(band.joints[1:-1], sure[:, 0])
    part = np.searchsorted(joints, np.arange(band.rows))
    low = np.maximum(low, np.concatenate([[0], low[joints]])[part])
    high = np.minimum(high, np.concatenate([high[joints], [band.last[-1]]])[part])
    keep = first.probability >= CANDIDATE
    for i, j in (first.beads[:, :2].T, (first.beads[:, :2] - size).T):
        keep &= (low[i] <= j) & (j < high[i])
    inside = np.searchsorted(joints, first.beads[:, 0] - size[:, 0], side="right") < np.searchsorted(joints, first.beads[:, 0])
    keep &= ~inside
    kept = replace(first, beads=first.beads[keep], probability=first.probability[keep])
    return kept, Band(low, high, np.concatenate([[0], joints, [band.rows - 1]]))


def features(
    first: Posterior, scores: Floats, band: Band, sizes: Sequence[Size], source: Spans, target: Spans, encode: Encode, typical: float, words: bool = False
) -> Features:
    """Named features of the candidates, one number a bead; `scores` are those of the first pass; with `words` those of the lexicon too."""
    beads = first.beads
    size = np.array(sizes)[beads[:, 2]]
    starts = band.starts()
    more = (size.sum(axis=1) - 2).astype(np.float64)
    result: Features = {
        "first": scores[beads[:, 2], starts[beads[:, 0]] + 1 + beads[:, 1] - band.first[beads[:, 0]]].astype(np.float64),
        "bead": np.ones(len(beads)),
        "merge": (more > 0).astype(np.float64),
        "more": more,
        "both": (size.min(axis=1) - 1).astype(np.float64),
    }
    contested = first.probability < SURE
    spans = np.stack([beads[:, 0] - size[:, 0], beads[:, 0], beads[:, 1] - size[:, 1], beads[:, 1]], axis=1)
    result |= _mark_features(spans, source.texts, target.texts)
    result |= _vector_features(spans, contested, source, target, encode, typical, more)
    if words:
        result |= _word_features(spans, first.probability, contested, source.texts, target.texts, more)
    return {name: np.round(value, 4) for name, value in result.items()}


def _mark_features(spans: Integers, source: Sequence[str], target: Sequence[str]) -> Features:
    """How many sides of the bead leave a bracket open, or close one of another bead, and how many end within a sentence."""
    torn, cut = np.zeros(len(spans)), np.zeros(len(spans))
    for texts, start, end in ((source, spans[:, 0], spans[:, 1]), (target, spans[:, 2], spans[:, 3])):
        depth = np.concatenate([[0], np.cumsum([surface.brackets(text) for text in texts])])
        torn += depth[end] != depth[start]
        cut += surface.unfinished(texts)[end - 1]
    return {"torn": torn, "cut": cut}


def _vector_features(
    spans: Integers, contested: NDArray[np.bool_], source: Spans, target: Spans, encode: Encode, typical: float, more: NDArray[np.float64]
) -> Features:
    """Cosine of the true vectors of both spans, and what the bead gains over the best one that lacks an outer segment."""
    left, left_at = _with_parts(spans[:, :2], contested)
    right, right_at = _with_parts(spans[:, 2:], contested)
    source_vectors = span_vectors(source, *left, encode)
    target_vectors = span_vectors(target, *right, encode)

    def cosine(x: Integers, y: Integers) -> NDArray[np.float64]:
        known = (x >= 0) & (y >= 0)
        product = np.einsum("kd,kd->k", source_vectors[np.maximum(x, 0)], target_vectors[np.maximum(y, 0)]).astype(np.float64)
        return np.where(known, product / typical, -np.inf)

    whole = cosine(left_at[:, 0], right_at[:, 0])
    rivals = np.stack([cosine(left_at[:, part], right_at[:, 0]) for part in (1, 2)] + [cosine(left_at[:, 0], right_at[:, part]) for part in (1, 2)])
    gain = np.where(more > 0, whole - rivals.max(axis=0), 0.0)
    whole = np.maximum(whole, beadfeatures.NOISE)
    return {"whole": whole, "whole_more": whole * more, "gain": gain}


def _with_parts(spans: Integers, contested: NDArray[np.bool_]) -> tuple[tuple[Integers, NDArray[np.bool_]], Integers]:
    """Distinct spans with those that lack the first or the last segment, and which are contested; for each span the three places (-1: none)."""
    start, end = spans[:, 0], spans[:, 1]
    every = np.concatenate([spans, np.stack([start + 1, end], axis=1), np.stack([start, end - 1], axis=1)])
    every[np.concatenate([np.zeros(len(spans), dtype=bool), np.tile(end - start < 2, 2)])] = -1
    distinct, where = np.unique(every, axis=0, return_inverse=True)
    where = where.reshape(3, -1).T
    fought = np.zeros(len(distinct), dtype=bool)
    fought[where[contested, 0]] = True
    none = distinct[:, 0] < 0
    places = np.where(none, -1, np.cumsum(~none) - 1)
    return (distinct[~none], fought[~none]), places[where]


def _word_features(
    spans: Integers, probability: Floats, contested: NDArray[np.bool_], source: Sequence[str], target: Sequence[str], more: NDArray[np.float64]
) -> Features:
    left, right = [surface.words(text) for text in source], [surface.words(text) for text in target]
    rarity = surface.rarity(left, right)
    first, second = lexicon.number_words(left, rarity), lexicon.number_words(right, rarity)
    turned = spans[:, [2, 3, 0, 1]]
    trusted = probability > TRUSTED
    there, back = lexicon.learn(first, second, spans[trusted]), lexicon.learn(second, first, turned[trusted])
    cover = np.zeros(len(spans))
    cover[contested] = (lexicon.coverage(first, second, there, spans[contested]) + lexicon.coverage(second, first, back, turned[contested])) / 2
    return {"cover": cover, "cover_more": cover * more}


def second_lattice(
    first: Posterior,
    named: Mapping[str, NDArray[np.float64]],
    gaps: tuple[Floats, Floats, float, float],
    weights: Mapping[str, float],
    band: Band,
    sizes: tuple[Size, ...],
) -> Lattice:
    """The lattice of the candidates with their new scores."""
    starts = band.starts()
    scores = np.full((len(sizes), int(starts[-1])), IMPOSSIBLE, dtype=np.float32)
    total = np.zeros(len(first.beads))
    for name, value in named.items():
        total += weights.get(name, 0.0) * value
    beads = first.beads
    scores[beads[:, 2], starts[beads[:, 0]] + 1 + beads[:, 1] - band.first[beads[:, 0]]] = np.round(total, 3)
    return Lattice(band, sizes, scores, *gaps)
