"""The judged sets as numbers: features, the channels that fired, labels and weights. Called by `fit`, `learner`, `run` and `picture`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import data
import numpy as np

from align.channels.reading import read
from align.diverge import collect, weighed_as
from align.model import features, nearness
from align.scorers import score

# A set whose share of divergent pairs comes from how it was made (DEMETR, STSb) is re-weighted to this share.
SYNTHETIC_SHARE = 0.4
# Removed and added words do show in the scores: those spoilt pairs teach the probability too, so weighted that verbs, nouns and modifiers count alike.
VISIBLE = {"verb removed": 2.0, "adjective removed": 4.0, "tense": 0.25, "addition": 1.0}
VISIBLE |= dict.fromkeys(("noun removed", "subject removed", "phrase removed", "name removed"), 0.25)
SIX_SOURCES = ("ru", "de", "fr", "es")


@dataclass
class Table:
    """A set as numbers: features (rows, len(FEATURES)), the channels that fired, labels and weights."""

    rows: list[data.Row]
    values: np.ndarray
    fired: list[frozenset[str]]
    labels: np.ndarray
    weights: np.ndarray
    chrf: np.ndarray
    similarity: np.ndarray
    synthetic: bool = False


def tabulate(rows: Sequence[data.Row], encode: Callable[[Sequence[str]], Any], *, synthetic: bool = False, balanced: bool = False) -> Table:
    rows = list(rows)
    pairs = [row.pair for row in rows]
    scores = [{item.name: item.value for item in found} for found in score(pairs, encode)]
    values, fired = [], []
    readings = [(read(pair.member_a.text, pair.language_a), read(pair.member_b.text, pair.language_b)) for pair in pairs]
    for both, found, evidence in zip(readings, scores, collect(pairs, readings, encode), strict=True):
        numbers = features(found, *both)
        values.append(list(numbers.values()))
        side = nearness(numbers)
        # Texts that differ in nothing else are near, whatever the share of their words.
        fired.append(frozenset(f"{name}@{'near' if name == 'alone' else side}" for name in map(weighed_as, evidence)))
    labels = np.array([row.label for row in rows], dtype=float)
    weights = np.ones(len(rows))
    if synthetic or balanced:
        weights[labels == 1] *= SYNTHETIC_SHARE / (1 - SYNTHETIC_SHARE) * (labels == 0).sum() / max(1, (labels == 1).sum())
    similarity = np.array([found.get("similarity", 0.0) for found in scores])
    return Table(rows, np.array(values), fired, labels, weights, np.array([found.get("chrf", np.nan) for found in scores]), similarity, synthetic)


SETS: dict[str, Callable[[], Sequence[data.Row]]] = {
    "lavrov": data.lavrov,
    **{f"stsb-{language}": partial(data.similarity_benchmark, language) for language in ("en", "ru", "fr", "pt")},
    "two_references": data.two_references,
    "demetr-reference": partial(data.demetr, "ref"),
    "demetr-alone": data.demetr_alone,
    "refresd": data.refresd,
    "semdiverge-commoncrawl": partial(data.semdiverge, "commoncrawl"),
    "semdiverge-opensubs": partial(data.semdiverge, "opensubs"),
    "wmt22-pt-en": partial(data.critical_errors, "pt-en"),
    "wmt22-en-de": partial(data.critical_errors, "en-de"),
    "two_sources": data.two_sources,
    "demetr-source": partial(data.demetr, "src", SIX_SOURCES),
    "news": data.all_news,
    "news-en-fr": partial(data.news, "en", "fr"),
    "news-de-en": partial(data.news, "de", "en"),
    "news-en-pt": partial(data.shipped, "en", "pt-BR"),
}


def tabulated(encode: Callable[[Sequence[str]], Any]) -> dict[str, Table]:
    """Every set by name."""
    return {name: tabulate(list(load()), encode, synthetic=name.startswith("demetr"), balanced=name.startswith("stsb")) for name, load in SETS.items()}
