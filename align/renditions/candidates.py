"""What speaks for and against two sentences being renditions of one statement: candidate pairs and their features.

In: sentences with their roles, speakers, words and vectors. Out: `Candidates`, pairs of sentence numbers with a table of
features, one row a pair; `surroundings` says what their neighbourhood has to add. Called by `renditions`; the weights are
learnt by `benchmarks/renditions/learn.py`. Similarities are rounded before anything is decided on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from . import fragments, lexical
from .speech import person, reporting

if TYPE_CHECKING:
    from ..corpus import Segment
    from ..registry import Vectors as Matrix
    from .speech import Utterance

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Sift = Callable[[Floats, NDArray[np.bool_]], Floats]

# margin: cosine of the vectors less how near each is to its nearest; words, letters: cosine of rarity-weighted word stems
# and of letter sequences; length, ratio: log of the shorter length in words, and of how many times longer the other is;
# meaning: the share of one text's words with a word of like meaning in the other; parts, part_whole: the greatest
# margin of a clause, a quotation or the whole of one text with one of the other, and with the whole of the other.
# Where a number says "as good as the same" more of it says nothing new, so it is capped.
CHEAP = {"margin": 1.0, "words": 0.6, "letters": 0.6, "length": 9.0, "ratio": 9.0}
MEANING = {"meaning_most": 0.9, "meaning_least": 0.8}
PARTS = {"parts": 1.0, "part_whole": 1.0}
ROLES = ("narration", "furniture", "title", "heading", "question")
SPEECH = ("both_direct", "one_direct", "same_speaker", "other_speaker")
SIFT = (*CHEAP, *ROLES, *SPEECH)
ALONE = (*SIFT, *MEANING, *PARTS)
SIFTED = -7.0  # log odds below which a pair is not looked at again
LIKELY, STEPS = 0.0, 2  # log odds from which on neighbouring sentences are looked at too, so many before and after

NEAREST, LEAST_NEAREST = 60, 20  # partners that each channel proposes for a sentence: fewer in a large corpus
PROPOSED = 300_000  # partners proposed in all, before there are fewer for each
HUB = 10  # nearest sentences whose mean similarity says how much of a hub a sentence is
GRAM = 4  # letters in a sequence
UNRELATED = 0.3  # cosine of the vectors of two words that have nothing to do with each other
BLOCK = 1 << 15
LARGE = 20_000  # sentences
DIRECTIONS, SAMPLE = 128, 8192  # in which neighbours are looked for in a large corpus; sentences that say which
FEW = 20  # sentences: with so many of a language, half of what they have in common is taken off
DIGITS = 5


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of all documents in order; `document` and `language` number theirs, `starts` and `ends` bound each one's document.

    `parts` holds of each sentence itself, its clauses, its quotations and what is said in it without who says it.
    """

    texts: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]
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


def gather(groups: Sequence[Sequence[Segment]], utterances: Sequence[Sequence[Utterance]], languages: Sequence[str]) -> Sentences:
    """Join the sentences of all documents, a list each, with what `speech` says of them; `languages` are those of the documents."""
    sizes = np.array([len(group) for group in groups], dtype=np.int64)
    ends = np.cumsum(sizes)
    document = np.repeat(np.arange(len(sizes)), sizes)
    joined = tuple(utterance for group in utterances for utterance in group)
    known: dict[str, int] = {}
    tongue = np.array([known.setdefault(language.split("-")[0].lower(), len(known)) for language in languages], dtype=np.int64)
    verbs = [reporting(language) for language in languages]
    parts = tuple(
        fragments.parts(segment, one, verbs[number])
        for number, (group, spoken) in enumerate(zip(groups, utterances, strict=True))
        for segment, one in zip(group, spoken, strict=True)
    )
    texts = tuple(segment.text for group in groups for segment in group)
    return Sentences(texts, parts, joined, document, tongue[document], (ends - sizes)[document], ends[document])


def retrieve(sentences: Sentences, encode: Callable[[Sequence[str]], Matrix], sift: Sift) -> Candidates:
    """Propose pairs by vectors, by words and by what stands beside likely ones, keep those that `sift` passes, and measure these in full.

    `sift` is given the columns SIFT and which pairs are in two languages, and gives their log odds.
    """
    words = [lexical.words(text) for text in sentences.texts]
    stems = lexical.build([[lexical.stem(word) for word in text] for text in words])
    centres, left, right, table, crowd = _sifted(sentences, words, stems, encode, sift)
    meaning = _meaning(words, stems, left, right, encode)
    parts = _parts(sentences, centres, left, right, encode) - crowd[:, None]
    fine = np.minimum(np.round(np.column_stack([meaning, parts]), DIGITS), [*MEANING.values(), *PARTS.values()])
    return Candidates(left, right, np.column_stack([table, fine]))


def _sifted(
    sentences: Sentences, words: Sequence[Sequence[str]], stems: lexical.Lexicon, encode: Callable[[Sequence[str]], Matrix], sift: Sift
) -> tuple[Matrix, Integers, Integers, Floats, Floats]:
    """The centres of the languages, and the pairs that pass: left, right, the columns SIFT, and what the margin is less than the cosine."""
    raw = np.asarray(encode(sentences.texts), dtype=np.float32)
    centres = _centres(raw, sentences.language)
    vectors = _centred(raw, centres, sentences.language)
    del raw  # in a large corpus vectors are most of the memory
    grams = lexical.build([_grams(text) for text in words])
    size, language = len(words), sentences.language
    count = min(int(np.clip(PROPOSED // max(size, 1), LEAST_NEAREST, NEAREST)), size - 1)
    proposed, hub = _nearest(vectors, language, count)
    sizes = np.array([max(len(set(text)), 1) for text in words], dtype=np.float64)
    talk = _talk(sentences)

    def measured(keys: Integers) -> Iterator[tuple[Integers, Floats, Floats]]:
        """The pairs that pass, their columns SIFT and their log odds, a block at a time."""
        for begin in range(0, len(keys), BLOCK):
            left, right = np.divmod(keys[begin : begin + BLOCK], size)
            similarity = np.einsum("ij,ij->i", vectors[left], vectors[right]).astype(np.float64)
            columns = [similarity - _crowd(hub, language, left, right), stems.compare(left, right), grams.compare(left, right)]
            columns += [np.log(np.minimum(sizes[left], sizes[right])), np.abs(np.log(sizes[left] / sizes[right]))]
            table = np.column_stack([np.minimum(np.round(np.column_stack(columns), DIGITS), [*CHEAP.values()]), _talks(talk, left, right)])
            odds = sift(table, language[left] != language[right])
            passed = odds >= SIFTED
            yield keys[begin : begin + BLOCK][passed], table[passed], odds[passed]

    keys = np.unique(np.concatenate([proposed, lexical.nearest(stems, count)]))
    kept = list(measured(keys))
    likely = np.concatenate([part[odds >= LIKELY] for part, _, odds in kept])
    kept += measured(np.setdiff1d(_beside(sentences, likely), keys))
    joined = np.concatenate([part for part, _, _ in kept])
    order = np.argsort(joined, kind="stable")
    left, right = np.divmod(joined[order], size)
    return centres, left, right, np.concatenate([part for _, part, _ in kept])[order], _crowd(hub, language, left, right)


def _crowd(hub: Floats, language: Integers, left: Integers, right: Integers) -> Floats:
    """How near the two sentences of each pair are to what is nearest to them in the other's language."""
    return np.asarray((hub[left, language[right]] + hub[right, language[left]]) / 2, dtype=np.float64)


def _beside(sentences: Sentences, keys: Integers) -> Integers:
    """The pairs whose sentences stand some steps at most from those of the pairs given, in the same two documents."""
    size = len(sentences.texts)
    left, right = np.divmod(keys, size)
    found = [np.zeros(0, dtype=np.int64)]
    for step in range(-STEPS, STEPS + 1):
        for shift in range(-STEPS, STEPS + 1):
            a, b = left + step, right + shift
            inside = (a >= sentences.starts[left]) & (a < sentences.ends[left]) & (b >= sentences.starts[right]) & (b < sentences.ends[right]) & (a != b)
            found.append(np.minimum(a, b)[inside] * size + np.maximum(a, b)[inside])
    return np.unique(np.concatenate(found))


def _centres(vectors: Matrix, language: Integers) -> Matrix:
    """What all sentences of each language have in common, little where there are few sentences; shape (languages, dimensions)."""
    tongues = range(int(language.max()) + 1)
    return np.stack([vectors[language == tongue].sum(axis=0) / ((language == tongue).sum() + FEW) for tongue in tongues])


def _centred(vectors: Matrix, centres: Matrix, language: Integers) -> Matrix:
    """Vectors less what is common in their language, at unit length."""
    result = np.empty(vectors.shape, dtype=np.float32)
    for begin in range(0, len(result), BLOCK):
        part = vectors[begin : begin + BLOCK] - centres[language[begin : begin + BLOCK]]
        result[begin : begin + BLOCK] = part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-9)
    return result


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


def _parts(sentences: Sentences, centres: Matrix, left: Integers, right: Integers, encode: Callable[[Sequence[str]], Matrix]) -> Floats:
    """The greatest similarity of a part of one sentence with a part of the other, and with the whole of the other: shape (pairs, 2)."""
    used = np.unique(np.concatenate([left, right])).tolist()
    number: dict[tuple[str, int], int] = {}
    rows = {one: [number.setdefault((part, int(sentences.language[one])), len(number)) for part in sentences.parts[one]] for one in used}
    if not number:
        return np.zeros((0, 2))
    vectors = _centred(np.asarray(encode([part for part, _ in number]), dtype=np.float32), centres, np.array([tongue for _, tongue in number]))
    result = np.zeros((len(left), 2))
    for place, (one, other) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        match = vectors[rows[one]] @ vectors[rows[other]].T
        result[place] = match.max(), max(match[0].max(), match[:, 0].max())
    return result
