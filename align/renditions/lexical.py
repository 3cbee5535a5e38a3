"""Words as evidence that two sentences say the same: rare words weigh most (tf-idf), whatever the language.

In: texts. Out: `Lexicon`, which holds each text as weighted terms and compares pairs of texts by number. Called by
`renditions`. A term is a word cut to its first letters, which does for inflection what a stemmer does and knows no
language; text without blanks between words (Chinese, Japanese, Thai) is cut into pairs of characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from anyascii import anyascii
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

STEM = 6
WORD = re.compile(r"[^\W_]+(?:[.,’'][^\W_]+)*")
UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]+")
APOSTROPHE = re.compile("[’']")
TINY = 1e-9
COMMON = 200


@lru_cache(maxsize=1 << 17)
def words(text: str) -> tuple[str, ...]:
    """The words of a text in order, lower case, without apostrophe endings; unspaced scripts in pairs of characters."""
    found: list[str] = []
    for word in WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        if word.isascii() or not UNSPACED.search(word):
            found.append(word.replace(",", "") if word[0].isdigit() else APOSTROPHE.split(word, maxsplit=1)[0].replace(".", ""))
        else:
            for run in UNSPACED.findall(word):
                found += [run[i : i + 2] for i in range(max(len(run) - 1, 1))]
    return tuple(found)


@lru_cache(maxsize=1 << 17)
def latin(word: str) -> str:
    """A word of another alphabet in Latin letters, so that names meet across scripts; unspaced scripts stay as they are."""
    return word if word.isascii() or UNSPACED.search(word) else anyascii(word).casefold().replace("'", "") or word


def stem(word: str) -> str:
    """The first letters of a word in Latin script; numbers stay whole."""
    return word if word[0].isdigit() else latin(word)[:STEM]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Texts as terms: row r holds `terms[starts[r]:starts[r + 1]]`, sorted, once each, with unit-length `weights`.

    `rarity` is the inverse document frequency of each term: ln((1 + texts) / (1 + texts with the term)) + 1.
    """

    starts: Integers
    terms: Integers
    weights: Floats
    rarity: Floats
    vocabulary: dict[str, int]

    def row(self, number: int) -> tuple[Integers, Floats]:
        part = slice(int(self.starts[number]), int(self.starts[number + 1]))
        return self.terms[part], self.weights[part]

    def compare(self, left: Integers, right: Integers) -> Floats:
        """Cosines of pairs of texts: `left` and `right` are row numbers, one pair each; so is the result."""
        cosine = np.zeros(len(left))
        order = np.argsort(left, kind="stable")
        dense = np.zeros(len(self.rarity))
        bounds = np.flatnonzero(np.diff(left[order], prepend=-1))
        for begin, end in zip(bounds, [*bounds[1:], len(order)], strict=True):
            members = order[begin:end]
            terms, weights = self.row(int(left[members[0]]))
            dense[terms] = weights
            rows = right[members]
            lengths = self.starts[rows + 1] - self.starts[rows]
            flat = np.repeat(self.starts[rows] - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths) + np.arange(int(lengths.sum()))
            owner = np.repeat(np.arange(len(rows)), lengths)
            cosine[members] = np.bincount(owner, weights=dense[self.terms[flat]] * self.weights[flat], minlength=len(rows))
            dense[terms] = 0.0
        return cosine


def build(texts: Sequence[Sequence[str]]) -> Lexicon:
    """A lexicon of texts given as lists of terms; terms are numbered in the order in which they first occur."""
    vocabulary: dict[str, int] = {}
    term_rows: list[Integers] = []
    count_rows: list[Integers] = []
    for text in texts:
        numbers = np.array([vocabulary.setdefault(term, len(vocabulary)) for term in text], dtype=np.int64)
        terms_of_text, counts_of_text = np.unique(numbers, return_counts=True)
        term_rows.append(terms_of_text)
        count_rows.append(counts_of_text)
    starts = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(row) for row in term_rows], out=starts[1:])
    terms = np.concatenate([*term_rows, np.zeros(0, dtype=np.int64)])
    counts = np.concatenate([*count_rows, np.zeros(0, dtype=np.int64)])
    frequency = np.bincount(terms, minlength=len(vocabulary))
    rarity = np.log((1 + len(texts)) / (1 + frequency)) + 1.0
    weights = (1.0 + np.log(np.maximum(counts, 1))) * rarity[terms]
    owner = np.repeat(np.arange(len(texts)), np.diff(starts))
    norms = np.sqrt(np.bincount(owner, weights=weights**2, minlength=len(texts)))
    return Lexicon(starts, terms, weights / np.maximum(norms[owner], TINY), rarity, vocabulary)


def nearest(lexicon: Lexicon, count: int) -> Integers:
    """Pairs (lower row times the number of rows, plus the higher) of each row with the rows most like it, by cosine over terms that are not everywhere."""
    size = len(lexicon.starts) - 1
    owner = np.repeat(np.arange(size), np.diff(lexicon.starts))
    order = np.argsort(lexicon.terms, kind="stable")
    bounds = np.searchsorted(lexicon.terms[order], np.arange(len(lexicon.rarity) + 1))
    rows, weights = owner[order], lexicon.weights[order]
    common = max(COMMON, min(size // 20, 2000))
    total = np.zeros(size)
    keys: list[Integers] = [np.zeros(0, dtype=np.int64)]
    for row in range(size):
        terms, values = lexicon.row(row)
        touched = [rows[bounds[term] : bounds[term + 1]] for term in terms if bounds[term + 1] - bounds[term] <= common]
        if not touched:
            continue
        for term, value in zip(terms, values, strict=True):
            if bounds[term + 1] - bounds[term] <= common:
                total[rows[bounds[term] : bounds[term + 1]]] += value * weights[bounds[term] : bounds[term + 1]]
        found = np.unique(np.concatenate(touched))
        found = found[found != row]
        score = np.round(total[found], 9)
        if len(found) > count:
            found = found[np.lexsort((found, -score))[:count]]
        total[np.concatenate(touched)] = 0.0
        keys.append(np.minimum(found, row) * size + np.maximum(found, row))
    return np.unique(np.concatenate(keys))
