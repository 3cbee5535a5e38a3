"""The second look at contested beads: true vectors of whole spans and a lexicon learnt from the document; called by `bitext`.

In: the posterior of the first pass. Out: the posterior of a second pass over the beads that it kept. Encoding is what
costs, so only spans of beads that have a serious rival are encoded; the rest keep sums of the vectors of their segments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import lexicon, surface
from .beadsearch import IMPOSSIBLE, Band, Floats, Integers, Lattice, Posterior

Encode = Callable[[Sequence[str]], Floats]
Features = dict[str, NDArray[np.float64]]
Size = tuple[int, int]

CANDIDATE = 0.01  # beads less probable in the first pass have no second chance
SURE = 0.98


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


def span_vectors(spans: Spans, wanted: Sequence[tuple[int, int]], contested: set[tuple[int, int]], encode: Encode) -> dict[tuple[int, int], Floats]:
    """The centred unit vector of every wanted span (start, end): encoded where contested, else the sum of its segments."""
    encoded = [span for span in wanted if span in contested and span[1] - span[0] > 1]
    found: dict[tuple[int, int], Floats] = {}
    if encoded:
        rest = encode([join(spans.texts[start:end]) for start, end in encoded]) - spans.mean
        found.update(zip(encoded, rest / np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-6), strict=True))
    for start, end in wanted:
        if (start, end) not in found:
            total = spans.vectors[start:end].sum(axis=0)
            found[start, end] = total / max(float(np.linalg.norm(total)), 1e-6)
    return found


def candidates(first: Posterior) -> Posterior:
    keep = first.probability >= CANDIDATE
    return Posterior(first.beads[keep], first.probability[keep], first.source_gaps, first.target_gaps, first.evidence, first.gap_runs)


def features(
    first: Posterior, scores: Floats, band: Band, sizes: Sequence[Size], source: Spans, target: Spans, encode: Encode | None, typical: float
) -> Features:
    """Named features of the candidates, one number a bead; `scores` are those of the first pass."""
    beads = first.beads
    size = np.array(sizes)[beads[:, 2]]
    starts = band.starts()
    more = (size.sum(axis=1) - 2).astype(np.float64)
    share = float(np.clip((first.probability * (more > 0)).sum() / max(first.probability.sum(), 1.0), 0.02, 0.9))
    result: Features = {
        "first": scores[beads[:, 2], starts[beads[:, 0]] + 1 + beads[:, 1] - band.first[beads[:, 0]]].astype(np.float64),
        "bead": np.ones(len(beads)),
        "merge": (more > 0).astype(np.float64),
        "more": more,
        "both": (size.min(axis=1) - 1).astype(np.float64),
        "merge_share": (more > 0) * np.log(share / (1 - share)),
    }
    contested = first.probability < SURE
    if encode is not None:
        result |= _vector_features(beads, size, contested, source, target, encode, typical, more)
    result |= _word_features(beads, size, first.probability, contested, source.texts, target.texts, more)
    return {name: np.round(value, 4) for name, value in result.items()}


def _vector_features(
    beads: Integers, size: Integers, contested: NDArray[np.bool_], source: Spans, target: Spans, encode: Encode, typical: float, more: NDArray[np.float64]
) -> Features:
    left = [(int(i - a), int(i)) for i, a in zip(beads[:, 0], size[:, 0], strict=True)]
    right = [(int(j - b), int(j)) for j, b in zip(beads[:, 1], size[:, 1], strict=True)]
    source_vectors = span_vectors(source, *_with_parts(left, contested), encode)
    target_vectors = span_vectors(target, *_with_parts(right, contested), encode)

    def cosine(x: tuple[int, int], y: tuple[int, int]) -> float:
        return float(source_vectors[x] @ target_vectors[y]) / typical

    whole, gain = np.zeros(len(beads)), np.zeros(len(beads))
    for index, (x, y) in enumerate(zip(left, right, strict=True)):
        whole[index] = cosine(x, y)
        parts = [cosine(part, y) for part in _parts(x)] + [cosine(x, part) for part in _parts(y)]
        if parts:
            gain[index] = whole[index] - max(parts)
    return {"whole": whole, "whole_low": np.minimum(whole, 0.5), "whole_more": whole * more, "gain": gain, "gain_loss": np.minimum(gain, 0.0)}


def _parts(span: tuple[int, int]) -> list[tuple[int, int]]:
    """A span without its first, and without its last segment."""
    start, end = span
    return [(start + 1, end), (start, end - 1)] if end - start > 1 else []


def _with_parts(spans: Sequence[tuple[int, int]], contested: NDArray[np.bool_]) -> tuple[list[tuple[int, int]], set[tuple[int, int]]]:
    wanted = dict.fromkeys(span for whole in spans for span in (whole, *_parts(whole)))
    return list(wanted), {span for span, yes in zip(spans, contested, strict=True) if yes}


def _word_features(
    beads: Integers, size: Integers, probability: Floats, contested: NDArray[np.bool_], source: Sequence[str], target: Sequence[str], more: NDArray[np.float64]
) -> Features:
    left, right = [surface.words(text) for text in source], [surface.words(text) for text in target]
    rarity = surface.rarity(left, right)
    spans = [(_flat(left[i - a : i]), _flat(right[j - b : j])) for (i, j, _), (a, b) in zip(beads, size, strict=True)]
    trusted = [pair for pair, chance in zip(spans, probability, strict=True) if chance > 0.7]
    there, back = lexicon.learn(trusted), lexicon.learn((y, x) for x, y in trusted)
    cover = np.zeros(len(beads))
    for index in np.flatnonzero(contested):
        x, y = spans[index]
        cover[index] = (lexicon.coverage(x, y, there, rarity) + lexicon.coverage(y, x, back, rarity)) / 2
    return {"cover": cover, "cover_more": cover * more}


def _flat(lines: Sequence[Sequence[str]]) -> list[str]:
    return [word for line in lines for word in line]


def second_lattice(
    first: Posterior, named: Mapping[str, NDArray[np.float64]], gaps: tuple[Floats, Floats], weights: Mapping[str, float], band: Band, sizes: tuple[Size, ...]
) -> Lattice:
    """The lattice of the candidates with their new scores."""
    starts = band.starts()
    scores = np.full((len(sizes), int(starts[-1])), IMPOSSIBLE, dtype=np.float32)
    total = np.zeros(len(first.beads))
    for name, value in named.items():
        total += weights.get(name, 0.0) * value
    beads = first.beads
    scores[beads[:, 2], starts[beads[:, 0]] + 1 + beads[:, 1] - band.first[beads[:, 0]]] = np.round(total, 3)
    return Lattice(band, sizes, scores, *gaps, weights.get("open", 0.0))
