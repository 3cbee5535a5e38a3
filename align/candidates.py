"""What speaks for and against two sentences being renditions of one statement: candidate pairs and their features.

In: sentences as texts with vectors, words and roles. Out: `Candidates`, pairs of sentence numbers with a table of
features (one row a pair, one column a name in `FEATURES` or `CONTEXT`). Called by `renditions`; `benchmarks/renditions`
learns the weights. All arrays are deterministic: similarities are rounded before anything is decided on them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from . import lexical

if TYPE_CHECKING:
    from .registry import Vectors as Matrix
    from .speech import Utterance

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

FEATURES = ("similarity", "margin", "words", "letters", "covered_most", "covered_least", "meaning_most", "meaning_least", "length", "ratio")
ROLES = ("narration", "furniture", "heading")
CONTEXT = ("alone", "support", "beside", "bridge", "rival")
NEAREST = 60
HUB = 10
GRAM = 4
FLOOR = 0.3
REACH = 4
DIGITS = 5


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences of all documents in order: `starts` and `ends` bound the document that each one is in."""

    texts: tuple[str, ...]
    document: Integers
    starts: Integers
    ends: Integers
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs `left < right` of sentence numbers, in order; `table` has a column for each of FEATURES and ROLES."""

    left: Integers
    right: Integers
    table: Floats


def gather(texts: Sequence[Sequence[str]], utterances: Sequence[Sequence[Utterance]]) -> Sentences:
    """Join the sentences of all documents, a list each, with what `speech` says of them."""
    sizes = [len(document) for document in texts]
    ends = np.cumsum(sizes, dtype=np.int64)
    document = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
    starts = ends - np.array(sizes, dtype=np.int64)
    roles = tuple(utterance.role for group in utterances for utterance in group)
    return Sentences(tuple(text for group in texts for text in group), document, starts[document], ends[document], roles)


def retrieve(sentences: Sentences, encode: Callable[[Sequence[str]], Matrix]) -> Candidates:
    """Retrieve the pairs that may be renditions and measure each."""
    vectors = np.asarray(encode(sentences.texts), dtype=np.float32)
    words = [lexical.words(text) for text in sentences.texts]
    stems = lexical.build([[lexical.stem(word) for word in text] for text in words])
    grams = lexical.build([_grams(text) for text in words])
    dense, hub = _nearest(vectors)
    pairs = np.unique(np.concatenate([dense, lexical.nearest(stems, NEAREST)]), axis=0)
    left, right = pairs[:, 0], pairs[:, 1]
    similarity = _cosines(vectors, left, right)
    cosine, covered_left, covered_right = stems.compare(left, right)
    letters, _, _ = grams.compare(left, right)
    meaning = _meaning(words, stems, left, right, encode)
    sizes = np.array([max(len(set(text)), 1) for text in words], dtype=np.float64)
    role = {name: np.array([one == name for one in sentences.roles], dtype=np.float64) for name in ROLES}
    columns = [
        similarity,
        similarity - (hub[left] + hub[right]) / 2,
        cosine,
        letters,
        np.maximum(covered_left, covered_right),
        np.minimum(covered_left, covered_right),
        meaning.max(axis=1, initial=0.0),
        meaning.min(axis=1, initial=1.0),
        np.log(np.minimum(sizes[left], sizes[right])),
        np.abs(np.log(sizes[left] / sizes[right])),
        *(role[name][left] + role[name][right] for name in ROLES),
    ]
    return Candidates(left, right, np.round(np.column_stack(columns), DIGITS))


def context(sentences: Sentences, found: Candidates, chance: Floats) -> Floats:
    """What the neighbourhood says, given a first probability for each pair: one column for each of CONTEXT but the first.

    support: pairs of neighbouring sentences on a diagonal through this one; beside: the same sentence with the
    neighbour of the other; bridge: a third sentence likely to go with both; rival: a better partner in the same document.
    """
    size = len(sentences.texts)
    key = found.left * size + found.right
    order = np.argsort(key)
    sorted_key, sorted_chance = key[order], chance[order]

    def look(left: Integers, right: Integers) -> Floats:
        wanted = np.minimum(left, right) * size + np.maximum(left, right)
        place = np.minimum(np.searchsorted(sorted_key, wanted), max(len(sorted_key) - 1, 0))
        return np.where(sorted_key[place] == wanted, sorted_chance[place], 0.0)

    left, right = found.left, found.right
    against = np.ones(len(left))
    beside = np.zeros(len(left))
    for step in range(-REACH, REACH + 1):
        for other in range(-REACH, REACH + 1):
            if (not step and not other) or (not (step and other) and abs(step + other) > 1):
                continue
            a, b = left + step, right + other
            inside = (a >= sentences.starts[left]) & (a < sentences.ends[left]) & (b >= sentences.starts[right]) & (b < sentences.ends[right]) & (a != b)
            near = np.where(inside, look(np.where(inside, a, left), np.where(inside, b, right)), 0.0)
            if step and other:
                weight = (1.0 if step * other > 0 else 0.5) / ((1 + abs(step - other)) * max(abs(step), abs(other)) ** 0.5)
                against *= 1 - weight * near
            else:
                beside = np.maximum(beside, near)
    columns = [1 - against, beside, _bridge(found, chance, size), _rival(sentences, found, chance)]
    return np.asarray(np.round(np.log(np.column_stack(columns) + 0.01), DIGITS), dtype=np.float64)


def _grams(words: Sequence[str]) -> list[str]:
    text = f" {' '.join(words)} "
    return [text[i : i + GRAM] for i in range(max(len(text) - GRAM + 1, 0))]


def _nearest(vectors: Matrix) -> tuple[Integers, Floats]:
    """Pairs of each row with its nearest others, and each row's mean similarity to its nearest few (how much of a hub it is)."""
    size = len(vectors)
    count = min(NEAREST, size - 1)
    pairs: list[Integers] = []
    hub = np.zeros(size, dtype=np.float64)
    for begin in range(0, size, 512):
        block = np.round(vectors[begin : begin + 512] @ vectors.T, DIGITS)
        rows = np.arange(begin, begin + len(block))
        block[np.arange(len(block)), rows] = -2.0
        near = np.sort(np.argpartition(-block, count - 1, axis=1)[:, :count], axis=1)
        values = np.sort(np.take_along_axis(block, near, axis=1), axis=1)[:, ::-1]
        hub[rows] = values[:, :HUB].mean(axis=1)
        left = np.repeat(rows, count)
        pairs.append(np.column_stack([np.minimum(left, near.ravel()), np.maximum(left, near.ravel())]))
    return np.concatenate(pairs), hub.astype(np.float64)


def _cosines(vectors: Matrix, left: Integers, right: Integers) -> Floats:
    result = np.zeros(len(left))
    for begin in range(0, len(left), 8192):
        part = slice(begin, begin + 8192)
        result[part] = np.einsum("ij,ij->i", vectors[left[part]], vectors[right[part]])
    return result


def _meaning(words: Sequence[Sequence[str]], stems: lexical.Lexicon, left: Integers, right: Integers, encode: Callable[[Sequence[str]], Matrix]) -> Floats:
    """How much of each sentence's words, weighed by rarity, has a word of like meaning in the other: shape (pairs, 2)."""
    vocabulary = list(dict.fromkeys(word for text in words for word in text))
    number = {word: place for place, word in enumerate(vocabulary)}
    rows = [np.array([number[word] for word in dict.fromkeys(text)], dtype=np.int64) for text in words]
    weight = np.array([stems.rarity[stems.vocabulary[lexical.stem(word)]] for word in vocabulary])
    vectors = np.asarray(encode(vocabulary), dtype=np.float32)
    result = np.zeros((len(left), 2))
    for place, (one, other) in enumerate(zip(left, right, strict=True)):
        a, b = rows[one], rows[other]
        if len(a) and len(b):
            match = np.clip((vectors[a] @ vectors[b].T - FLOOR) / (1 - FLOOR), 0, 1)
            result[place, 0] = match.max(axis=1) @ weight[a] / weight[a].sum()
            result[place, 1] = match.max(axis=0) @ weight[b] / weight[b].sum()
    return result


def _bridge(found: Candidates, chance: Floats, size: int) -> Floats:
    """The best third sentence: the product of its chances with both."""
    strong = chance > 0.02
    ends = np.concatenate([found.left[strong], found.right[strong]])
    others = np.concatenate([found.right[strong], found.left[strong]])
    values = np.concatenate([chance[strong]] * 2)
    order = np.argsort(ends, kind="stable")
    bounds = np.searchsorted(ends[order], np.arange(size + 1))
    others, values = others[order], values[order]
    result = np.zeros(len(found.left))
    row = np.zeros(size)
    previous = -1
    for place, (one, other) in enumerate(zip(found.left, found.right, strict=True)):
        if one != previous:
            row[:] = 0.0
            row[others[bounds[one] : bounds[one + 1]]] = values[bounds[one] : bounds[one + 1]]
            previous = one
        part = slice(bounds[other], bounds[other + 1])
        if part.stop > part.start:
            result[place] = np.max(row[others[part]] * values[part])
    return result


def _rival(sentences: Sentences, found: Candidates, chance: Floats) -> Floats:
    """The better of: the left sentence's best other partner in the right one's document, and the other way round."""
    documents = int(sentences.document.max(initial=0)) + 1
    result = np.zeros(len(found.left))
    for own, other in ((found.left, found.right), (found.right, found.left)):
        ends = np.concatenate([own, other])
        partners = np.concatenate([other, own])
        values = np.concatenate([chance, chance])
        group = ends * documents + sentences.document[partners]
        order = np.lexsort((-values, group))
        heads = np.flatnonzero(np.diff(group[order], prepend=-1))
        seconds = np.where((heads + 1 < len(order)) & (group[order][np.minimum(heads + 1, len(order) - 1)] == group[order][heads]), heads + 1, -1)
        names = group[order][heads]
        best = values[order][heads]
        second = np.where(seconds >= 0, values[order][np.maximum(seconds, 0)], 0.0)
        place = np.searchsorted(names, own * documents + sentences.document[other])
        result = np.maximum(result, np.where(best[place] > chance, best[place], second[place]))
    return result
