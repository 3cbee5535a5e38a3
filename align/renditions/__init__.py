"""Stage `link`, rendition mode: which spans of several articles render the same statement, in any order, partly, repeated.

In: documents, their segments and the encoder's vectors. Out: beads of two members or more, none for what stands alone.
Called by `link`. Candidate pairs are retrieved and measured (`candidates`), weighed by a small learnt model (from
`data/renditions.json`), weighed again with what their surroundings say, and joined into `units`: they may overlap, and
nothing is closed transitively. Documents that are translations or copies of each other are linked by `parallel` instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..corpus import Bead, Document, Segment
from . import candidates, parallel, speech, surroundings, units

if TYPE_CHECKING:
    from ..registry import Vectors as Matrix

Floats = NDArray[np.float64]
Encode = Callable[[Sequence[str]], "Matrix"]
NEAR = 0.3  # of the threshold: from here on a pair that was not linked is a near miss
MERGED = 0.5  # of the threshold: what stands between two units that share most members and become one


@dataclass(frozen=True, slots=True)
class Settings:
    """`threshold`: the least confidence of a link (None: the one that the model was made with); `parallel`: whether
    documents that are translations or copies of each other are linked as such."""

    threshold: float | None = None
    parallel: bool = True


@dataclass(frozen=True, slots=True)
class Linking:
    """`beads` in the order of their first members; `near_misses`, the likeliest first: pairs that were almost linked;
    `unlinked`: what somebody says and nobody else renders, in order; `twins`: pairs of documents linked as parallel."""

    beads: tuple[Bead, ...]
    near_misses: tuple[Bead, ...]
    unlinked: tuple[Segment, ...]
    twins: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of a logistic regression: log odds = bias + sum of weight times (value - mean) / deviation."""

    mean: Floats
    deviation: Floats
    weight: Floats
    bias: float

    def odds(self, table: Floats) -> Floats:
        """The log odds of each row of the table; shape (rows,)."""
        return np.asarray(np.round(((table - self.mean) / self.deviation) @ self.weight + self.bias, 6), dtype=np.float64)


def link(
    documents: Sequence[Document], segments: Sequence[Segment], encode: Encode, settings: Settings = Settings(), *, anchors: Sequence[Bead] = ()
) -> list[Bead]:
    """Find the units that render the same statement; in the order of their first members, without ids.

    `anchors` are beads that a reviewer fixed: they are given back as they are, and what they link is not linked again.
    """
    return list(review(documents, segments, encode, settings, anchors=anchors).beads)


def near_misses(
    documents: Sequence[Document], segments: Sequence[Segment], encode: Encode, settings: Settings = Settings(), *, anchors: Sequence[Bead] = ()
) -> list[Bead]:
    """Pairs that were almost linked, the likeliest first; of one sentence with one document only the best."""
    return list(review(documents, segments, encode, settings, anchors=anchors).near_misses)


def signature(settings: Settings) -> str:
    """How the beads were made: the version of the model and the settings."""
    return f"renditions|model:{_data()['version']}|threshold:{_threshold(settings)}|parallel:{'yes' if settings.parallel else 'no'}"


def review(
    documents: Sequence[Document],
    segments: Sequence[Segment],
    encode: Encode,
    settings: Settings = Settings(),
    *,
    anchors: Sequence[Bead] = (),
    rejected: Sequence[Bead] = (),
) -> Linking:
    """Link, and say what was almost linked and what was not. The sentences that a bead of `rejected` links are not linked."""
    groups = [sorted((one for one in segments if one.document == document.id), key=lambda one: one.index) for document in documents]
    flat = [segment for group in groups for segment in group]
    utterances = [speech.recognise(group, document.language) for group, document in zip(groups, documents, strict=True)]
    sentences = candidates.gather(groups, utterances, [document.language for document in documents])
    if len(flat) < 2:
        return Linking(tuple(anchors), (), tuple(flat), ())
    links, twins, together = _parallel(documents, groups, encode) if settings.parallel else ({}, [], set())
    found, chance = _weigh(sentences, encode)
    threshold = _threshold(settings)
    fixed = _fixed(anchors, flat)
    barred = fixed | _fixed(rejected, flat)
    missed: list[tuple[int, int, float]] = []
    for left, right, value in zip(found.left.tolist(), found.right.tolist(), chance.tolist(), strict=True):
        pair = sentences.document[left], sentences.document[right]
        known = pair in twins or (left, right) in barred or (left, right) in together
        furniture = "furniture" in (sentences.utterances[left].role, sentences.utterances[right].role)
        if value < NEAR * threshold or known or furniture or _conflict(sentences.utterances[left], sentences.utterances[right]):
            continue
        if value >= threshold:
            links[left, right] = value
        else:
            missed.append((left, right, value))
    for pair in barred:
        links.pop(pair, None)
    meaning = units.Meaning([segment.text for segment in flat], encode)
    loose = {(left, right): value for left, right, value in missed}
    beads = units.build(links, flat, sentences.utterances, meaning, loose, MERGED * threshold)
    linked = _fixed(beads, flat)
    missed = [miss for miss in missed if miss[:2] not in linked]
    heard = {place for pair in links for place in pair} | {place for pair in fixed for place in pair}
    alone = [
        segment
        for place, (segment, one) in enumerate(zip(flat, sentences.utterances, strict=True))
        if place not in heard and one.role in ("utterance", "question", "heading")
    ]
    return Linking(
        (*anchors, *beads),
        tuple(units.pairs(_best_misses(missed, sentences), flat, sentences.utterances)),
        tuple(alone),
        tuple((documents[one].id, documents[other].id) for one, other in twins),
    )


def _weigh(sentences: candidates.Sentences, encode: Encode) -> tuple[candidates.Candidates, Floats]:
    """The probability of each candidate pair: by itself first, then with its surroundings."""
    found = candidates.retrieve(sentences, encode, lambda table, across: _odds("sift", table, across))
    if not len(found.left):
        return found, np.zeros(0)
    alone = _odds("alone", found.table, sentences.language[found.left] != sentences.language[found.right])
    odds = model("around").odds(surroundings.measure(sentences, found, alone))
    return found, np.asarray(np.round(1 / (1 + np.exp(-np.clip(odds, -50, 50))), 4), dtype=np.float64)


def _odds(name: str, table: Floats, across: NDArray[np.bool_]) -> Floats:
    """Pairs in two languages have a model of their own: they share few words and are less alike."""
    return np.where(across, model(f"{name}_across").odds(table), model(name).odds(table))


def _parallel(
    documents: Sequence[Document], groups: Sequence[Sequence[Segment]], encode: Encode
) -> tuple[dict[tuple[int, int], float], list[tuple[int, int]], set[tuple[int, int]]]:
    """Links between parallel documents, by sentence numbers; the pairs of document numbers that are parallel; and the
    sentences of one document that render one sentence of the other together, so that they are no repeats of each other."""
    first = np.concatenate([[0], np.cumsum([len(group) for group in groups])]).tolist()
    links: dict[tuple[int, int], float] = {}
    twins: list[tuple[int, int]] = []
    together: set[tuple[int, int]] = set()
    sides = [parallel.side([segment.text for segment in group], encode, document.language) for group, document in zip(groups, documents, strict=True)]
    for one, other in combinations(range(len(groups)), 2):
        matches = parallel.match(sides[one], sides[other], encode)
        if matches is None:
            continue
        twins.append((one, other))
        for match in matches:
            for left in match.left:
                for right in match.right:
                    links[first[one] + left, first[other] + right] = round(match.confidence, 4)
            for begin, side in ((first[one], match.left), (first[other], match.right)):
                together.update((begin + a, begin + b) for a, b in combinations(sorted(side), 2))
    return links, twins, together


def _conflict(one: speech.Utterance, other: speech.Utterance) -> bool:
    """Whether the two say themselves who speaks, and it is not the same person."""
    left, right = speech.person(one.speaker), speech.person(other.speaker)
    return one.named and other.named and bool(left) and bool(right) and left != right


def _fixed(anchors: Sequence[Bead], segments: Sequence[Segment]) -> set[tuple[int, int]]:
    """The pairs of sentence numbers that reviewed beads link."""
    number = {(segment.document, segment.index): place for place, segment in enumerate(segments)}
    pairs: set[tuple[int, int]] = set()
    for bead in anchors:
        places = sorted(number[member.document, index] for member in bead.members for index in member.segments if (member.document, index) in number)
        pairs.update(combinations(places, 2))
    return pairs


def _best_misses(missed: Sequence[tuple[int, int, float]], sentences: candidates.Sentences) -> list[tuple[int, int, float]]:
    taken: set[tuple[int, int]] = set()
    best = []
    for left, right, value in sorted(missed, key=lambda miss: (-miss[2], miss[:2])):
        keys = {(left, int(sentences.document[right])), (right, int(sentences.document[left]))}
        if not keys & taken:
            best.append((left, right, value))
        taken |= keys
    return best


def _threshold(settings: Settings) -> float:
    return float(_data()["threshold"]) if settings.threshold is None else settings.threshold


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(files("align").joinpath("data/renditions.json").read_text("utf8"))
    return data


@cache
def model(name: str) -> Model:
    """A model of `data/renditions.json`: "sift" and "alone", each also "_across" languages, over the columns of that name in `candidates`;
    "around", over those in `surroundings`."""
    part = _data()[name]
    return Model(np.array(part["mean"]), np.array(part["deviation"]), np.array(part["weight"]), float(part["bias"]))
