"""Stage `link`, bitext mode: two texts that are translations of each other in, every segment in exactly one bead out.

Called by `pipeline`. The vectors come from a callable (`embed.Vectors`), so any encoder serves: they are centred
per document, which takes out what all sentences of one language share, and scaled so that a typical anchor has
similarity 1. `corridor` finds anchors, moved blocks and the band to search, `beadfeatures` says how good a bead is,
`beadsearch` gives every bead its probability, `bestchain` picks. Long texts are searched in sections.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..store import digest
from . import surface
from .beadfeatures import Channel, Marks, Texts, Weights, bead_scores, make_channel
from .beadorder import Pairing, flag_moved, in_order
from .beadsearch import Band, Lattice, Posterior, posterior, sizes_up_to
from .bestchain import best_chain
from .corridor import Anchors, Route, bead_reach, find_anchors, find_route, gap_odds, make_band, neighbourhood, typical_similarity
from .limits import NONE, Limits, apply_limits, limits_of
from .rescoring import WORDS, Spans, features, narrowed, second_lattice

Matrix = NDArray[np.float32]
Integers = NDArray[np.int64]
Encode = Callable[[Sequence[str]], Matrix]
Fixed = Sequence[tuple[tuple[int, ...], tuple[int, ...]]]

SECTION = 1500  # source segments that are searched at once, so that memory does not grow with the texts
RELATED = 0.25  # median likeness of surfaces at the anchors of German and French
PLAIN_PAD = 20  # without an encoder
PAD = 6  # columns that the band is wider than the anchors say, on either side


@dataclass(frozen=True, slots=True)
class Settings:
    """`largest_bead`: a bead has at most this many segments on one side (and one more on both together)."""

    largest_bead: int = 8


def signature(settings: Settings) -> str:
    """How alignments with these settings are made; the last part changes with the learnt weights."""
    return f"bitext:3|centred:yes|largest:{settings.largest_bead}|weights:{digest(str(load_weights()))[:8]}"


def align(
    source: Sequence[str],
    target: Sequence[str],
    encode: Encode | None,
    settings: Settings = Settings(),
    *,
    anchors: Fixed = (),
    forbidden: Fixed = (),
    languages: tuple[str, str] = ("", ""),
) -> list[Pairing]:
    """Align two texts, one segment a string. Empty segments stand alone; the result is in source order. Numbers that count the lines are not looked at.

    `encode` gives unit vectors, shape (texts, any number of dimensions); without it length, punctuation, cognates and a
    lexicon of the document have to do. `anchors` are beads that a reviewer accepted: they come back as they are, and no
    other bead reaches across their segments. `forbidden` are beads that a reviewer rejected: the best alignment without them is given.
    `languages` is for the record: nothing here depends on them.
    """
    source, target = ([text[skip:] for text, skip in zip(texts, surface.numbering(texts), strict=True)] for texts in (source, target))
    taken_source, taken_target = {i for left, _ in anchors for i in left}, {j for _, right in anchors for j in right}
    rows = [i for i, text in enumerate(source) if text.strip() and i not in taken_source]
    columns = [j for j, text in enumerate(target) if text.strip() and j not in taken_target]
    found = [Pairing(tuple(left), tuple(right), 1.0) for left, right in anchors if left or right]
    if rows and columns:
        lines, others = [source[i] for i in rows], [target[j] for j in columns]
        for pairing in _align_texts(lines, others, encode, settings, limits_of(rows, columns, anchors, forbidden)):
            found.append(replace(pairing, source=tuple(rows[i] for i in pairing.source), target=tuple(columns[j] for j in pairing.target)))
    return in_order(flag_moved(found), len(source), len(target))


@dataclass(frozen=True, slots=True)
class Section:
    """A part of both texts after the first pass: its segments (`rows`, and `order` of the target) and what was found."""

    rows: slice
    order: Integers
    source: Spans
    target: Spans
    typical: float
    texts: Texts
    band: Band
    sizes: tuple[tuple[int, int], ...]
    reach: Integers
    scores: Matrix
    first: Posterior

    def indices(self, start: int, end: int) -> tuple[int, ...]:
        return tuple(range(self.rows.start + start, self.rows.start + end))

    def places(self, start: int, end: int) -> tuple[int, ...]:
        return tuple(sorted(int(j) for j in self.order[start:end]))


def first_pass(
    source: list[str],
    target: list[str],
    encode: Encode,
    settings: Settings,
    weights: Weights,
    limits: Limits = NONE,
    plain: bool = False,
) -> Iterator[Section]:
    """Route, sections, and in each the probabilities of all beads by sums of the vectors of single segments."""
    (first, mean), (second, other_mean) = ((centred(vectors), document_mean(vectors)) for vectors in map(encode, (source, target)))
    anchors = find_anchors(first, second, neighbourhood(first, second))
    typical = typical_similarity(anchors)
    route = find_route(first, second, anchors, typical, plain)
    ratio = length_ratio(source, target, anchors, typical)
    share = gap_odds(route, _lengths(source) * ratio, _lengths(target))
    sizes = sizes_up_to(settings.largest_bead)
    for rows, places in sections(route, len(source), len(target)):
        order = route.order[places]
        lines, others = source[rows], [target[j] for j in order]
        here = (route.rows >= rows.start) & (route.rows < rows.stop)
        on_route = route.rows[here] - rows.start, route.places[here] - places.start
        texts = Texts(
            {"z": make_channel(first[rows], second[order], settings.largest_bead, typical), "lex": _surface_channel(lines, others, on_route, settings)},
            _marks(lines, ratio),
            _marks(others, 1.0),
            share,
        )
        band = make_band(*on_route, len(lines), len(order), PLAIN_PAD if plain else PAD, None if plain else route.good[here] & limits.away(route.rows[here]))
        reach = bead_reach(*on_route, len(lines))
        scores = bead_scores(texts, weights, band, sizes, reach)
        apply_limits(limits, route.cuts, rows, places, order, scores, band, sizes)
        lattice = Lattice(band, sizes, scores, *gap_prices(texts, weights))
        yield Section(
            rows,
            order,
            Spans(lines, first[rows], mean),
            Spans(others, second[order], other_mean),
            typical,
            texts,
            band,
            sizes,
            reach,
            scores,
            posterior(lattice),
        )


def gap_prices(texts: Texts, weights: Weights) -> tuple[Matrix, Matrix, float, float]:
    """Scores of leaving segments of either text alone, of opening a run of gaps, and of going on in the other text.

    What kind of segment it is does not count: short ones, say, are left out in one text and repeated in the next.
    """
    prices = [round(weights.get(name, 0.0) + weights.get(f"{name}_share", 0.0) * texts.gap_share, 3) for name in ("open", "turn")]
    source, target = (np.full(len(marks.lengths) + 1, weights.get("gap", 0.0), dtype=np.float32) for marks in (texts.source, texts.target))
    return source, target, prices[0], prices[1]


def second_pass(section: Section, encode: Encode, weights: Weights) -> tuple[Posterior, Band]:
    """Look again at what the first pass kept, with the vectors of whole spans, in a narrower band."""
    kept, band = narrowed(section.first, section.band, section.sizes)
    words = not weights.keys().isdisjoint(WORDS)
    named = features(kept, section.scores, section.band, section.sizes, section.source, section.target, encode, section.typical, words)
    lattice = second_lattice(kept, named, gap_prices(section.texts, weights), weights, band, section.sizes)
    return posterior(lattice), band


def _align_texts(source: list[str], target: list[str], encode: Encode | None, settings: Settings, limits: Limits) -> Iterator[Pairing]:
    """Pairings of two texts without empty segments, gaps included."""
    kind = "" if encode is not None else "plain_"
    weights = load_weights()
    encode = encode or surface.encoder(source, target)
    for section in first_pass(source, target, encode, settings, weights[f"{kind}first"], limits, bool(kind)):
        result, band = second_pass(section, encode, weights[f"{kind}second"])
        chances = {(int(i), int(j), section.sizes[k]): float(chance) for (i, j, k), chance in zip(result.beads, result.probability, strict=True)}
        free_rows, free_places = set(range(len(section.source.texts))), set(range(len(section.order)))
        for i, k, p, q in best_chain(result, section.sizes, band):
            yield Pairing(section.indices(i, k), section.places(p, q), round(chances[k, q, (k - i, q - p)], 4))
            free_rows.difference_update(range(i, k))
            free_places.difference_update(range(p, q))
        for i in sorted(free_rows):
            yield Pairing(section.indices(i, i + 1), (), round(min(1.0, float(result.source_gaps[i + 1])), 4))
        for p in sorted(free_places):
            yield Pairing((), section.places(p, p + 1), round(min(1.0, float(result.target_gaps[p + 1])), 4))


def load_weights() -> dict[str, dict[str, float]]:
    """The learnt weights of the passes (`benchmarks/bitext/train.py` rebuilds the file)."""
    import json
    from importlib.resources import files

    result: dict[str, dict[str, float]] = json.loads((files("align") / "data" / "bitext.json").read_text(encoding="utf-8"))
    return result


def sections(route: Route, n: int, m: int) -> Iterator[tuple[slice, slice]]:
    """Cut long texts behind anchors that stand in the middle of a run of anchors, about every SECTION segments."""
    low_row, low_place = 0, 0
    steps = (np.diff(route.rows) == 1) & (np.diff(route.places) == 1)
    for k in range(1, len(route.rows) - 1):
        row, place = int(route.rows[k]), int(route.places[k])
        if row + 1 - low_row >= SECTION and n - row > SECTION // 2 and steps[k - 1] and steps[k]:
            yield slice(low_row, row + 1), slice(low_place, place + 1)
            low_row, low_place = row + 1, place + 1
    yield slice(low_row, n), slice(low_place, m)


def _surface_channel(source: list[str], target: list[str], on_route: tuple[Integers, Integers], settings: Settings) -> Channel:
    """Likeness of numbers, names and cognates, as far as it means something in this pair of texts: scaled by its median at the anchors."""
    tokens = [surface.words(text) for text in source], [surface.words(text) for text in target]
    weights = surface.rarity(*tokens)
    left, right = surface.surface_vectors(tokens[0], weights), surface.surface_vectors(tokens[1], weights)
    trust = surface_trust(left[on_route[0]], right[on_route[1]])
    return make_channel(left, right, settings.largest_bead, 1 / trust)


def surface_trust(left: Matrix, right: Matrix) -> float:
    """The median cosine of paired rows over that of related languages, at most 1; of few rows less."""
    lengths = np.maximum(np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1), 1e-3)
    median = float(np.median(np.einsum("kd,kd->k", left, right) / lengths)) if len(left) else 0.0
    return float(np.clip(median / RELATED * len(left) / (len(left) + 8.0), 0.05, 1.0))


def _marks(texts: list[str], ratio: float) -> Marks:
    return Marks(_lengths(texts) * ratio, surface.endings(texts), surface.openings(texts))


def _lengths(texts: Sequence[str]) -> NDArray[np.float64]:
    return np.array([len(text) for text in texts], dtype=np.float64)


def length_ratio(source: list[str], target: list[str], anchors: Anchors, typical: float) -> float:
    """How many characters the target has for one of the source, by the median of good anchors."""
    good = np.flatnonzero(anchors.similarity > 0.8 * typical)
    logs = [np.log((len(target[int(anchors.target[k])]) + 5) / (len(source[int(anchors.source[k])]) + 5)) for k in good]
    return float(np.exp(np.median(logs))) if logs else 1.0


def document_mean(vectors: Matrix) -> Matrix:
    """The mean of the rows; of few rows only a part of it, for it says little."""
    return np.asarray(vectors.mean(axis=0) * (len(vectors) / (len(vectors) + 4.0)), dtype=np.float32)


def centred(vectors: Matrix) -> Matrix:
    """Rows less their mean, of unit length again; with few rows the mean says little and is taken out in part."""
    rest = vectors - document_mean(vectors)
    rest /= np.maximum(np.sqrt(np.einsum("kd,kd->k", rest, rest))[:, None], 1e-6)
    return np.asarray(rest, dtype=np.float32)


def looks_parallel(source: Sequence[str], target: Sequence[str], encode: Encode | None) -> tuple[bool, str]:
    """Whether two texts are parallel rather than comparable, and the reason in words: how many anchors form a chain.

    On unrelated texts a chain of about 2 * sqrt(anchors) comes about by chance.
    """
    lines, others = [text for text in source if text.strip()], [text for text in target if text.strip()]
    if not lines or not others:
        return True, "one side is empty"
    encode = encode or surface.encoder(lines, others)
    first, second = centred(encode(lines)), centred(encode(others))
    anchors = find_anchors(first, second, neighbourhood(first, second))
    chained = len(find_route(first, second, anchors, typical_similarity(anchors)).rows)
    words = f"{chained} of {len(anchors.source)} mutual best matches follow each other, for {len(lines)} and {len(others)} segments"
    return chained >= max(0.3 * min(len(lines), len(others)), 2 * len(anchors.source) ** 0.5 if len(anchors.source) > 4 else 0), words
