"""Stage `link`, rendition mode: which spans of several articles render the same statement, in any order, partly, repeated.

In: documents, their segments and the encoder's vectors. Out: beads of two members or more, none for what stands alone.
Called by `link`. Candidate pairs are retrieved and measured (`candidates`), weighed by a small learnt model (`weights`, from
`data/renditions.json`), weighed again with what their neighbours, bridges and rivals say, and joined into units
in which every member is linked to every other: units may overlap, nothing is closed transitively.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import candidates, speech
from .corpus import Bead, Document, Member, Segment

if TYPE_CHECKING:
    from .registry import Vectors as Matrix

Floats = NDArray[np.float64]
SIFTED = -7.0  # log odds below which a pair is not looked at again


@dataclass(frozen=True, slots=True)
class Settings:
    """`threshold`: the least confidence of a link; None takes the one that the model was made with."""

    threshold: float | None = None


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

    def chance(self, table: Floats) -> Floats:
        """The probability of each row of the table; shape (rows,)."""
        return np.asarray(np.round(1 / (1 + np.exp(-np.clip(self.odds(table), -50, 50))), 6), dtype=np.float64)


def link(
    documents: Sequence[Document],
    segments: Sequence[Segment],
    encode: Callable[[Sequence[str]], Matrix],
    settings: Settings = Settings(),
    *,
    anchors: Sequence[Bead] = (),
) -> list[Bead]:
    """Find the units that render the same statement; in the order of their first members, without ids.

    `anchors` are beads that a reviewer fixed: they are given back as they are.
    """
    names = {document.id: place for place, document in enumerate(documents)}
    ordered = sorted((segment for segment in segments if segment.document in names), key=lambda segment: (names[segment.document], segment.index))
    if len(ordered) < 2:
        return list(anchors)
    groups = [[segment for segment in ordered if segment.document == document.id] for document in documents]
    utterances = [speech.recognise(group, document.language) for group, document in zip(groups, documents, strict=True)]
    sentences = candidates.gather([[segment.text for segment in group] for group in groups], utterances)
    found = candidates.retrieve(sentences, encode, lambda table: model("sift").odds(table) >= SIFTED)
    chance = weigh(sentences, found)
    threshold = _data()["threshold"] if settings.threshold is None else settings.threshold
    sure = np.flatnonzero(chance >= threshold)
    links = {(int(found.left[place]), int(found.right[place])): float(chance[place]) for place in sure}
    flat = [utterance for group in utterances for utterance in group]
    beads = [_bead(unit, links, ordered, flat) for unit in _units(links)]
    return [*anchors, *beads]


def signature(settings: Settings) -> str:
    threshold = _data()["threshold"] if settings.threshold is None else settings.threshold
    return f"renditions|model:{_data()['version']}|threshold:{threshold}"


def weigh(sentences: candidates.Sentences, found: candidates.Candidates) -> Floats:
    """The probability of each pair: by itself first, then with its surroundings."""
    around = candidates.surroundings(sentences, found, model("alone").odds(found.table))
    return model("around").chance(around)


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(files("align").joinpath("data/renditions.json").read_text("utf8"))
    return data


def model(name: str) -> Model:
    """A model of `data/renditions.json`: "sift", "alone" or "around", over the columns of that name in `candidates`."""
    part = _data()[name]
    return Model(np.array(part["mean"]), np.array(part["deviation"]), np.array(part["weight"]), float(part["bias"]))


def _units(links: dict[tuple[int, int], float]) -> list[tuple[int, ...]]:
    """Cover the links with sets of sentences that are all linked to each other, the strongest links first."""
    partners: dict[int, set[int]] = {}
    for one, other in links:
        partners.setdefault(one, set()).add(other)
        partners.setdefault(other, set()).add(one)
    covered: set[tuple[int, int]] = set()
    units: list[tuple[int, ...]] = []
    for one, other in sorted(links, key=lambda pair: (-links[pair], pair)):
        if (one, other) in covered:
            continue
        unit = [one, other]
        shared = partners[one] & partners[other]
        while shared:
            best = max(sorted(shared), key=lambda new: sum(links[min(new, old), max(new, old)] for old in unit))
            unit.append(best)
            shared &= partners[best]
        unit.sort()
        covered.update((a, b) for place, a in enumerate(unit) for b in unit[place + 1 :])
        units.append(tuple(unit))
    return sorted(units)


def _bead(unit: Sequence[int], links: dict[tuple[int, int], float], segments: Sequence[Segment], utterances: Sequence[speech.Utterance]) -> Bead:
    members = tuple(
        Member(segment.document, segment.start, segment.end, segment.text, (segment.index,), utterance.speaker, utterance.speech)
        for segment, utterance in ((segments[place], utterances[place]) for place in unit)
    )
    values = [links[a, b] for place, a in enumerate(unit) for b in unit[place + 1 :]]
    return Bead("", members, round(sum(values) / len(values), 4))
