"""What speaks for and against two sentences being renditions of one statement: candidate pairs and their features.

In: sentences with their roles, speakers, words and vectors. Out: `Candidates`, pairs of sentence numbers with a table of
features, one row a pair; `surroundings` adds what the neighbourhood says. Called by `renditions`; the weights are
learnt by `benchmarks/renditions/learn.py`. Similarities are rounded before anything is decided on them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from . import lexical
from .speech import person

if TYPE_CHECKING:
    from ..registry import Vectors as Matrix
    from .speech import Utterance

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

# similarity: cosine of the vectors; margin: the same less how near each is to its nearest; words, letters: cosine of
# rarity-weighted word stems and of letter sequences; covered: the lesser share of one text's stems in the other;
# meaning: the share of one text's words with a word of like meaning in the other; length, ratio: log of the
# shorter length in words, and of how many times longer the other is. Where a number says "as good as the same"
# more of it says nothing new, so it is capped.
CHEAP = {"similarity": 0.8, "margin": 1.0, "words": 0.6, "letters": 0.6, "covered": 0.6, "length": 9.0, "ratio": 9.0}
MEANING = {"meaning_most": 0.9, "meaning_least": 0.8}
ROLES = ("narration", "furniture", "title", "heading", "question")
SPEECH = ("both_direct", "one_direct", "same_speaker", "other_speaker")
SIFT = (*CHEAP, *ROLES, *SPEECH)
ALONE = (*SIFT, *MEANING)
AROUND = ("alone", "support", "beside", "rival", "relatives", *ROLES)

NEAREST, LEAST_NEAREST = 60, 20  # partners that each channel proposes for a sentence: fewer in a large corpus
PROPOSED = 300_000  # partners proposed in all, before there are fewer for each
HUB = 10  # nearest sentences whose mean similarity says how much of a hub a sentence is
GRAM = 4  # letters in a sequence
UNRELATED = 0.3  # cosine of the vectors of two words that have nothing to do with each other
REACH = 4  # sentences before and after that count as the neighbourhood
NOTHING = -8.0  # log odds of a pair that was not even proposed
BLOCK = 1 << 15
LARGE = 20_000  # sentences
DIRECTIONS, SAMPLE = 128, 8192  # in which neighbours are looked for in a large corpus; sentences that say which
FEW = 20  # sentences: with so many of a language, half of what they have in common is taken off
DIGITS = 5


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of all documents in order; `document` and `language` number theirs, `starts` and `ends` bound each one's document."""

    texts: tuple[str, ...]
    utterances: tuple[Utterance, ...]
    document: Integers
    language: Integers
    starts: Integers
    ends: Integers


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs `left < right` of sentence numbers, in order; `table` has a column for each name in ALONE."""

    left: Integers
    right: Integers
    table: Floats


def gather(texts: Sequence[Sequence[str]], utterances: Sequence[Sequence[Utterance]], languages: Sequence[str]) -> Sentences:
    """Join the sentences of all documents, a list each, with what `speech` says of them; `languages` are those of the documents."""
    sizes = np.array([len(document) for document in texts], dtype=np.int64)
    ends = np.cumsum(sizes)
    document = np.repeat(np.arange(len(sizes)), sizes)
    joined = tuple(utterance for group in utterances for utterance in group)
    known: dict[str, int] = {}
    tongue = np.array([known.setdefault(language.split("-")[0].lower(), len(known)) for language in languages], dtype=np.int64)
    return Sentences(tuple(text for group in texts for text in group), joined, document, tongue[document], (ends - sizes)[document], ends[document])


def retrieve(sentences: Sentences, encode: Callable[[Sequence[str]], Matrix], sift: Callable[[Floats, NDArray[np.bool_]], NDArray[np.bool_]]) -> Candidates:
    """Propose pairs by vectors and by words, keep those that `sift` passes, and measure these in full.

    `sift` is given the columns SIFT and which pairs are in two languages.
    """
    vectors = centred(np.asarray(encode(sentences.texts), dtype=np.float32), sentences.language)
    words = [lexical.words(text) for text in sentences.texts]
    stems = lexical.build([[lexical.stem(word) for word in text] for text in words])
    grams = lexical.build([_grams(text) for text in words])
    size, language = len(words), sentences.language
    count = min(int(np.clip(PROPOSED // max(size, 1), LEAST_NEAREST, NEAREST)), size - 1)
    proposed, hub = _nearest(vectors, language, count)
    keys = np.unique(np.concatenate([proposed, lexical.nearest(stems, count)]))
    sizes = np.array([max(len(set(text)), 1) for text in words], dtype=np.float64)
    talk = _talk(sentences)
    kept: list[tuple[Integers, Floats]] = []
    for begin in range(0, len(keys), BLOCK):
        left, right = np.divmod(keys[begin : begin + BLOCK], size)
        similarity = np.einsum("ij,ij->i", vectors[left], vectors[right]).astype(np.float64)
        cosine, covered_left, covered_right = stems.compare(left, right)
        letters, _, _ = grams.compare(left, right)
        crowd = (hub[left, language[right]] + hub[right, language[left]]) / 2
        columns = [similarity, similarity - crowd, cosine, letters, np.minimum(covered_left, covered_right)]
        columns += [np.log(np.minimum(sizes[left], sizes[right])), np.abs(np.log(sizes[left] / sizes[right]))]
        table = np.column_stack([np.minimum(np.round(np.column_stack(columns), DIGITS), [*CHEAP.values()]), _talks(talk, left, right)])
        passed = sift(table, language[left] != language[right])
        kept.append((keys[begin : begin + BLOCK][passed], table[passed]))
    left, right = np.divmod(np.concatenate([part for part, _ in kept]), size)
    table = np.concatenate([part for _, part in kept])
    meaning = _meaning(words, stems, left, right, encode)
    return Candidates(left, right, np.column_stack([table, np.minimum(np.round(meaning, DIGITS), [*MEANING.values()])]))


def centred(vectors: Matrix, language: Integers) -> Matrix:
    """Vectors less what all sentences of their language have in common, at unit length; little is taken where there are few sentences."""
    result = np.empty_like(vectors)
    for tongue in np.unique(language):
        rows = language == tongue
        result[rows] = vectors[rows] - vectors[rows].sum(axis=0) / (rows.sum() + FEW)
    return np.asarray(result / np.maximum(np.linalg.norm(result, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def surroundings(sentences: Sentences, found: Candidates, odds: Floats) -> Floats:
    """What the neighbourhood says, given the log odds of each pair by itself: a column for each name in AROUND.

    support: pairs of neighbouring sentences, the nearer to a diagonal through this pair the more; beside: one of the two
    with the other's neighbour; rival: a better partner in the same document that is neither a repeat nor a neighbour
    of this one; relatives: the mean log odds of pairs of one of the two with a likely partner of the other.
    """
    chance = 1 / (1 + np.exp(-np.clip(odds, -50, 50)))
    size = len(sentences.texts)
    left, right = found.left, found.right
    keys = left * size + right

    def place(one: Integers, other: Integers) -> tuple[Integers, NDArray[np.bool_]]:
        wanted = np.minimum(one, other) * size + np.maximum(one, other)
        where = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return where, keys[where] == wanted

    against = np.ones(len(left))
    beside = np.zeros(len(left))
    for step in range(-REACH, REACH + 1):
        for shift in range(-REACH, REACH + 1):
            diagonal = bool(step and shift)
            if not diagonal and abs(step + shift) != 1:
                continue
            a, b = left + step, right + shift
            inside = (a >= sentences.starts[left]) & (a < sentences.ends[left]) & (b >= sentences.starts[right]) & (b < sentences.ends[right]) & (a != b)
            where, known = place(np.where(inside, a, left), np.where(inside, b, right))
            near = np.where(inside & known, chance[where], 0.0)
            if diagonal:
                against *= 1 - near * (1.0 if step * shift > 0 else 0.5) / ((1 + abs(step - shift)) * max(abs(step), abs(shift)) ** 0.5)
            else:
                beside = np.maximum(beside, near)
    rival = np.zeros(len(left))
    total, weight = np.clip(odds, NOTHING, 4.0), np.ones(len(left))
    partners = _partners(found, chance, size)
    for begin in range(0, len(left), BLOCK):
        rows = np.arange(begin, min(begin + BLOCK, len(left)))
        for own, other in ((left, right), (right, left)):
            row, third, likely = _expand(partners, rows, own[rows])
            facing = other[row]
            likely = np.where(third == facing, 0.0, likely)
            where, known = place(third, facing)
            same = sentences.document[third] == sentences.document[facing]
            next_to = np.where(np.abs(third - facing) == 1, 0.3, 1.0)
            np.maximum.at(rival, row[same], (likely * next_to * (1 - np.where(known, chance[where], 0.0)))[same])
            strong = likely > 0.2
            total += np.bincount(row[strong], weights=(likely * np.where(known, np.clip(odds[where], NOTHING, 4.0), NOTHING))[strong], minlength=len(left))
            weight += np.bincount(row[strong], weights=likely[strong], minlength=len(left))
    columns = [odds, np.log(1.01 - against), np.log(beside + 0.01), np.log(rival + 0.01), total / weight]
    roles = found.table[:, len(CHEAP) : len(CHEAP) + len(ROLES)]
    return np.round(np.column_stack([*columns, roles]), DIGITS)


def _partners(found: Candidates, chance: Floats, size: int) -> tuple[Integers, Integers, Floats]:
    """For each sentence its likely partners: bounds, partners, chances."""
    likely = chance > 0.02
    ends = np.concatenate([found.left[likely], found.right[likely]])
    order = np.argsort(ends, kind="stable")
    others = np.concatenate([found.right[likely], found.left[likely]])[order]
    return np.searchsorted(ends[order], np.arange(size + 1)), others, np.concatenate([chance[likely]] * 2)[order]


def _expand(partners: tuple[Integers, Integers, Floats], rows: Integers, owners: Integers) -> tuple[Integers, Integers, Floats]:
    """Each row repeated for each likely partner of its owner, with the partner and its chance."""
    bounds, others, chances = partners
    counts = bounds[owners + 1] - bounds[owners]
    flat = np.repeat(bounds[owners] - np.cumsum(counts) + counts, counts) + np.arange(int(counts.sum()))
    return np.repeat(rows, counts), others[flat], chances[flat]


def _talk(sentences: Sentences) -> tuple[Floats, Floats, Integers]:
    """For each sentence: its role (a column a role), whether it is direct speech, and a number for its speaker (0: unknown)."""
    roles = np.array([[float(one.role == role) for role in ROLES] for one in sentences.utterances])
    direct = np.array([float(one.speech == "direct") for one in sentences.utterances])
    people = {"": 0}
    speaker = np.array([people.setdefault(person(one.speaker), len(people)) for one in sentences.utterances], dtype=np.int64)
    return roles, direct, speaker


def _talks(talk: tuple[Floats, Floats, Integers], left: Integers, right: Integers) -> Floats:
    """The columns ROLES and SPEECH of pairs."""
    roles, direct, speaker = talk
    known = (speaker[left] > 0) & (speaker[right] > 0)
    same = speaker[left] == speaker[right]
    columns = [direct[left] * direct[right], np.abs(direct[left] - direct[right]), known & same, known & ~same]
    both = roles[left] + roles[right]
    both[:, 0] = np.minimum(both[:, 0], 1.0)  # narration twice speaks no more against a link than once: it may be a copy or a translation
    return np.column_stack([both, *columns]).astype(np.float64)


def _grams(words: Sequence[str]) -> list[str]:
    text = f" {' '.join(lexical.latin(word) for word in words)} "
    return [text[i : i + GRAM] for i in range(max(len(text) - GRAM + 1, 0))]


def _nearest(vectors: Matrix, language: Integers, count: int) -> tuple[Integers, Floats]:
    """Pairs (lower row times the number of rows, plus the higher) of each row with its nearest others in each language, and each
    row's mean similarity to its nearest few, shape (rows, languages).

    In a large corpus they are looked for along the main directions of the vectors, by a bound estimated from every 16th row; similarities
    are exact all the same.
    """
    size = len(vectors)
    keys: list[Integers] = []
    search = _main_directions(vectors) if size > LARGE else vectors
    hub = np.zeros((size, int(language.max()) + 1), dtype=np.float64)
    for tongue in range(hub.shape[1]):
        columns = np.flatnonzero(language == tongue)
        facing = np.ascontiguousarray(search[columns].T)
        for begin in range(0, size, 256):
            block = search[begin : begin + 256] @ facing
            rows = np.arange(begin, begin + len(block))
            own = np.flatnonzero(language[rows] == tongue)
            block[own, np.searchsorted(columns, rows[own])] = -2.0
            owner, other = _top(block, count)
            met = block[owner, other] > -1.5
            owner, other = owner[met], other[met]
            exact = block[owner, other] if search is vectors else np.einsum("ij,ij->i", vectors[owner + begin], vectors[columns[other]])
            values = np.round(exact, DIGITS)
            order = np.lexsort((other, -values, owner))
            place = np.arange(len(order)) - np.searchsorted(owner[order], owner[order])
            hub[rows, tongue] = np.bincount(owner[order], weights=np.where(place < HUB, values[order], 0.0), minlength=len(block))
            hub[rows, tongue] /= np.maximum(np.bincount(owner[order], weights=place < HUB, minlength=len(block)), 1)
            order = order[place < count]
            left, right = owner[order] + begin, columns[other[order]]
            keys.append(np.unique(np.minimum(left, right) * size + np.maximum(left, right)))
    return np.concatenate(keys), np.asarray(np.round(hub, DIGITS), dtype=np.float64)


def _main_directions(vectors: Matrix) -> Matrix:
    """The vectors along the few directions in which they differ most (principal components of a sample)."""
    sample = vectors[:: max(len(vectors) // SAMPLE, 1)]
    _, directions = np.linalg.eigh((sample.T @ sample).astype(np.float64))
    return np.asarray(vectors @ np.round(directions[:, -DIRECTIONS:], DIGITS).astype(np.float32), dtype=np.float32)


def _top(block: Matrix, count: int) -> tuple[Integers, Integers]:
    """Rows and columns of the greatest values of each row: `count` of them, or about as many where there are very many columns."""
    if block.shape[1] <= count:
        owner, other = np.nonzero(block > -np.inf)
    elif block.shape[1] <= LARGE:
        near = np.argpartition(np.round(-block, DIGITS), count - 1, axis=1)[:, :count]
        owner, other = np.repeat(np.arange(len(block)), count), near.ravel()
    else:
        sample = block[:, ::16]
        bound = np.partition(sample, -max(count // 16, 1), axis=1)[:, -max(count // 16, 1)]
        owner, other = np.nonzero(block >= np.minimum(bound, block.max(axis=1))[:, None])
    return owner, other


def _meaning(words: Sequence[Sequence[str]], stems: lexical.Lexicon, left: Integers, right: Integers, encode: Callable[[Sequence[str]], Matrix]) -> Floats:
    """The greater and the lesser share of words, weighed by rarity, with a word of like meaning on the other side: shape (pairs, 2)."""
    vocabulary = list(dict.fromkeys(word for text in words for word in text))
    number = {word: place for place, word in enumerate(vocabulary)}
    rows = [np.array([number[word] for word in dict.fromkeys(text)], dtype=np.int64) for text in words]
    weight = np.array([stems.rarity[stems.vocabulary[lexical.stem(word)]] for word in vocabulary])
    vectors = np.asarray(encode(vocabulary), dtype=np.float32)
    result = np.zeros((len(left), 2))
    for place, (one, other) in enumerate(zip(left, right, strict=True)):
        a, b = rows[one], rows[other]
        if len(a) and len(b):
            match = np.clip((vectors[a] @ vectors[b].T - UNRELATED) / (1 - UNRELATED), 0, 1)
            shares = match.max(axis=1) @ weight[a] / weight[a].sum(), match.max(axis=0) @ weight[b] / weight[b].sum()
            result[place] = max(shares), min(shares)
    return result
