"""Links between sentences to units across documents: sets in which every member is linked to every other.

In: links by sentence number with their probabilities. Out: beads. Called by `renditions`. Units that share most of their
members become one where what is not linked between them was nearly so. Neighbouring sentences that
are linked to the same others become one member; a sentence that takes part in several units, or that holds several
sentences, is cut in each to the clauses that the unit renders.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np

from ..corpus import Bead, Member, Segment, Speech
from . import lexical
from .fragments import best_run, clauses, trimmed

if TYPE_CHECKING:
    from ..registry import Vectors as Matrix
    from .speech import Utterance

Links = dict[tuple[int, int], float]
Run = tuple[int, ...]
UNRELATED, USUAL = 0.3, 0.55  # likeness of unrelated words; how much of any sentence finds some likeness in any other
LEAST = 15  # characters of a member
INNER_STOP = re.compile(r"[.!?…][”\"»’)]?\s+(?=[^\W\d_a-zа-яё])")


class Meaning:
    """How well the words of one text are rendered in others; vectors are asked for only where a member is cut."""

    def __init__(self, texts: Sequence[str], encode: Callable[[Sequence[str]], Matrix]) -> None:
        self._words = [lexical.words(text) for text in texts]
        self._lexicon = lexical.build([[lexical.stem(word) for word in text] for text in self._words])
        self._encode = encode

    def gain(self, words: Sequence[str], others: Sequence[int]) -> float:
        """Positive when the words, weighed by rarity, are rendered in the other sentences more than chance would have it."""
        if not words:
            return 0.0
        known = [word for word in words if lexical.stem(word) in self._lexicon.vocabulary]
        if not known:
            return 0.0
        weight = np.array([self._lexicon.rarity[self._lexicon.vocabulary[lexical.stem(word)]] for word in known])
        vectors = np.asarray(self._encode(known), dtype=np.float32)
        rendered = np.zeros(len(known))
        for other in others:
            if self._words[other]:
                likeness = vectors @ np.asarray(self._encode(self._words[other]), dtype=np.float32).T
                rendered += np.clip((likeness.max(axis=1) - UNRELATED) / (1 - UNRELATED), 0, 1)
        return round(float(weight @ (rendered / max(len(others), 1) - USUAL)), 4)


def build(
    links: Links, segments: Sequence[Segment], utterances: Sequence[Utterance], meaning: Meaning, loose: Links | None = None, least: float = 0.0
) -> list[Bead]:
    """Units of mutually linked sentences, in the order of their first members.

    `loose` are pairs that were nearly linked: units may be merged across them where their mean probability is `least` or more.
    The score of a unit is the mean confidence of its links, that of a member the mean of its own links in the unit.
    """
    cliques, links = _merged(_cliques(links), links, loose or {}, least)
    found = _joined([tuple((place,) for place in unit) for unit in cliques], segments)
    uses: dict[int, int] = {}
    for unit in found:
        for run in unit:
            for place in run:
                uses[place] = uses.get(place, 0) + 1
    beads = []
    for unit in found:
        members = []
        for run in unit:
            cut = None
            if len(run) == 1 and (uses[run[0]] > 1 or INNER_STOP.search(segments[run[0]].text)):
                others = [place for other in unit if other != run for place in other]
                cut = _cut(segments[run[0]], meaning, others)
            own = [links[pair] for other in unit if other != run for a in run for b in other if (pair := (min(a, b), max(a, b))) in links]
            members.append(_member(run, segments, utterances, cut, round(sum(own) / len(own), 4)))
        values = [links[a, b] for number, one in enumerate(unit) for other in unit[number + 1 :] for a in one for b in other if (a, b) in links]
        beads.append(Bead("", tuple(members), round(sum(values) / len(values), 4)))
    return beads


def pairs(found: Sequence[tuple[int, int, float]], segments: Sequence[Segment], utterances: Sequence[Utterance]) -> list[Bead]:
    """A bead for each pair of sentences, uncut."""
    return [Bead("", (_member((left,), segments, utterances), _member((right,), segments, utterances)), value) for left, right, value in found]


def _cliques(links: Links) -> list[Run]:
    """Cover the links with sets of sentences that are all linked to each other, the strongest links first."""
    partners: dict[int, set[int]] = {}
    for one, other in links:
        partners.setdefault(one, set()).add(other)
        partners.setdefault(other, set()).add(one)
    covered: set[tuple[int, int]] = set()
    found: list[Run] = []
    for one, other in sorted(links, key=lambda pair: (-links[pair], pair)):
        if (one, other) in covered:
            continue
        unit = [one, other]
        shared = partners[one] & partners[other]
        while shared:
            best = min(shared, key=lambda new: (-round(sum(links[min(new, old), max(new, old)] for old in unit), 6), new))
            unit.append(best)
            shared &= partners[best]
        unit.sort()
        covered.update((a, b) for number, a in enumerate(unit) for b in unit[number + 1 :])
        found.append(tuple(unit))
    return sorted(found)


def _merged(found: list[Run], links: Links, loose: Links, least: float) -> tuple[list[Run], Links]:
    """Units that share more than half of the smaller one's members become one, the surest first, if every pair between the rest is linked or
    `loose`, in the mean by `least`; with the pairs that this adds to the links."""
    links = dict(links)
    while True:
        owners: dict[int, list[int]] = {}
        for number, unit in enumerate(found):
            for place in unit:
                owners.setdefault(place, []).append(number)
        shared = Counter(pair for numbers in owners.values() for pair in combinations(numbers, 2))
        chosen = []
        for (one, other), count in shared.items():
            if 2 * count <= min(len(found[one]), len(found[other])):
                continue
            across = [(min(a, b), max(a, b)) for a in set(found[one]) - set(found[other]) for b in set(found[other]) - set(found[one])]
            if all(pair in links or pair in loose for pair in across):
                value = round(sum(links.get(pair, loose.get(pair, 0.0)) for pair in across) / len(across), 6) if across else 1.0
                if value >= least:
                    chosen.append((-value, one, other))
        touched: set[int] = set()
        gone: set[int] = set()
        for _, one, other in sorted(chosen):
            if not touched & {one, other}:
                touched |= {one, other}
                gone.add(other)
                found[one] = tuple(sorted({*found[one], *found[other]}))
                for pair in combinations(found[one], 2):
                    if pair not in links:
                        links[pair] = loose[pair]
        if not gone:
            return sorted(found), links
        found = [unit for number, unit in enumerate(found) if number not in gone]


def _joined(found: list[tuple[Run, ...]], segments: Sequence[Segment]) -> list[tuple[Run, ...]]:
    """Units that differ only in that one has the next sentence instead become one unit with both."""
    changed = True
    while changed:
        where: dict[tuple[Run, ...], list[tuple[Run, int]]] = {}
        for number, unit in enumerate(found):
            for place in range(len(unit)):
                where.setdefault(unit[:place] + unit[place + 1 :], []).append((unit[place], number))
        gone: set[int] = set()
        touched: set[int] = set()
        for rest, entries in sorted(where.items()):
            for (one, first), (other, second) in pairwise(sorted(entries)):
                if touched & {first, second} or other[0] != one[-1] + 1 or segments[one[-1]].document != segments[other[0]].document:
                    continue
                found[second] = tuple(sorted([*rest, one + other]))
                gone.add(first)
                touched |= {first, second}
        changed = bool(gone)
        found = [unit for number, unit in enumerate(found) if number not in gone]
    return sorted(found)


def _cut(segment: Segment, meaning: Meaning, others: Sequence[int]) -> tuple[int, int] | None:
    """The clauses of a sentence that the others render; None for all of it."""
    parts = clauses(segment.text, 0, len(segment.text))
    if len(parts) < 2:
        return None
    first, last = best_run([meaning.gain(lexical.words(segment.text[a:b]), others) for a, b in parts])
    begin, end = trimmed(segment.text, parts[first][0], parts[last][1])
    return (begin, end) if LEAST <= end - begin < len(segment.text) else None


def _member(run: Run, segments: Sequence[Segment], utterances: Sequence[Utterance], cut: tuple[int, int] | None = None, score: float | None = None) -> Member:
    """A member of neighbouring sentences of one document, or of a part of one; texts are joined by one blank."""
    first, last = segments[run[0]], segments[run[-1]]
    spoken = [utterances[place] for place in run]
    kinds = {one.speech for one in spoken if one.speech}
    speech: Speech = spoken[0].speech if len(kinds) <= 1 and spoken[0].speech else ("mixed" if len(kinds) > 1 else next(iter(kinds), ""))
    speaker = next((one.speaker for one in spoken if one.speaker), "")
    indices = tuple(segments[place].index for place in run)
    if cut is not None:
        begin, end = cut
        return Member(first.document, first.start + begin, first.start + end, first.text[begin:end], indices, speaker, speech, score)
    text = " ".join(segments[place].text for place in run)
    return Member(first.document, first.start, last.end, text, indices, speaker, speech, score)
