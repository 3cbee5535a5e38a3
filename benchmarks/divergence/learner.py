"""Maximum likelihood of the noisy-or: the probability from the scores, the weight of each channel, then the calibration. Called by `fit`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from sets import SYNTHETIC_SHARE, VISIBLE, Table

from align.model import FEATURES

NEAR = FEATURES.index("near")
COUNTS = ("verbs_missing", "verbs_added", "nouns_missing", "nouns_added", "modifiers_missing", "modifiers_added", "times", "turned")
MORE = ("displacement", "missing", "added", "length", "near_missing", "near_added", *COUNTS)
MORE += tuple(f"free_{name}" for name in ("displacement", "missing", "added", "length"))
SIGNS: dict[str, tuple[float | None, float | None]] = dict.fromkeys(MORE, (0.0, None))
SIGNS |= dict.fromkeys(("size", "near_size", "free_size", "near"), (None, None))
SHARP = ("numbers", "negation", "names", "antonyms", "antonyms:meaning", "stance:question", "voice:gender", "dates")
HINT = 0.12
# Few free renditions have two names in one place, and of those of one language most mean the same.
MOST_FREE_NAMES = 0.3
# Of two texts that differ in nothing else; made errors alone would say that it never errs, but some cities have two names.
MOST_ALONE = 0.85
# Uncovered words of a close rendition are counted by the probability already (`near_missing`).
COUNTED = ("omission:word@near", "omission:phrase@near", "addition:word@near", "addition:phrase@near")


def highest(channel: str) -> float | None:
    """The bound on a channel's log odds: only rules that seldom err may decide alone; hints add up and are kept small."""
    most = 0.02 if channel in COUNTED else MOST_ALONE if channel.startswith("alone@") else HINT
    if channel == "names@free":
        most = MOST_FREE_NAMES
    elif channel.split("@", maxsplit=1)[0] in SHARP:
        return None
    return float(np.log(most / (1 - most)))


def weights_of(table: Table, visible: float = 1.0) -> np.ndarray:
    """The weights of the rows for the probability: of a synthetic set mostly its unspoilt pairs, none of a text beside its own edit."""
    if not table.synthetic:
        return table.weights
    shown = np.array([VISIBLE.get(row.part, 0.0) for row in table.rows])
    unspoilt = np.array([row.part != "harmless" for row in table.rows])
    return table.weights * np.where(table.labels == 1, shown * visible, unspoilt)


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
