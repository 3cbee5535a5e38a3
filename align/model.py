"""The learnt part of `diverge`: coefficients read from `data/divergence.json`, and the features that they weigh.

Nothing here is hidden: a logistic sum of a few scores, one weight a channel, three grade borders and a table of quantiles.
The file carries its own model card and the command that rebuilds it.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from .channels.reading import Reading, table
from .channels.tagger import profile
from .corpus import Score
from .coverage import NEAR
from .typical import ENCODER, is_known, typical
from .typical import shifted as as_in_reference

FEATURES: tuple[str, ...] = (
    *("similarity", "matched", "coverage_low", "coverage_high", "lowest_low", "lowest_high", "displacement"),
    *("missing", "added", "length", "size", "near", "near_missing", "near_added", "chrf"),
    *("verbs_missing", "verbs_added", "nouns_missing", "nouns_added", "modifiers_missing", "modifiers_added", "times", "turned"),
    *("near_similarity", "near_coverage", "near_size"),
    *("free_similarity", "free_matched", "free_coverage_low", "free_coverage_high", "free_lowest_low", "free_lowest_high", "free_missing", "free_added"),
    *("free_displacement", "free_length", "free_size", "free_chrf"),
)
# What stands in for a score that is absent: a pair without content words is not called divergent for that.
ABSENT = {
    "similarity": 0.5,
    "matched": 0.6,
    "coverage_low": 0.6,
    "coverage_high": 0.7,
    "lowest_low": 0.3,
    "lowest_high": 0.4,
    "displacement": 0.1,
    "chrf": 40.0,
}
ONE_WORD = 1.05
# Differences of this many words of a class, and of more, are one: long texts differ more.
MOST = 2


@cache
def coefficients() -> dict[str, Any]:
    loaded: dict[str, Any] = table("divergence.json")
    return loaded


def encoder_of(scores: Iterable[Score]) -> str:
    """Which encoder's coefficients apply: `use`, `e5`, or `none` for one that was not calibrated."""
    for score in scores:
        if score.name == "similarity":
            return score.signature.split("|")[1].split(":")[0]
    return "none"


def models_of(encoder: str) -> Any:
    """The models for what an encoder says: those of USE where its scores can be shifted to be like USE's, else those that do without."""
    return coefficients()["models"][ENCODER if is_known(encoder) else "none"]


def model_of(models: Mapping[str, Any], language_a: str, language_b: str) -> Any:
    """The coefficients of a pair of languages where they were learnt apart, else those of its mode."""
    if language_a == language_b:
        return models.get(f"same:{language_a}", models["same"])
    return models.get("cross:" + "-".join(sorted((language_a, language_b))), models["cross"])


def features(scores: Mapping[str, float], a: Reading, b: Reading, encoder: str = ENCODER) -> dict[str, float]:
    """The numbers that the models weigh, by name, in the order of FEATURES.

    `missing` and `added`: by how many content words (log of 1 + n) A has more uncovered than B, and the other way round; `length`:
    absolute log ratio of the numbers of content words; `size`: log of both together; `near`: 0 to 1, how closely both say the same (see
    `nearness`). What starts with `near_`, and the counts of `classes`, is times `near`, what starts with `free_` times 1 - `near`: in a
    close rendition one word left out tells, in a free one it does not.
    """
    usual = typical(a.language, b.language, encoder)
    alike = as_in_reference(scores, a.language, b.language, encoder)
    found: dict[str, float] = {name: alike[name] for name in ("similarity", "matched", "displacement", "chrf") if name in alike}
    words_a, words_b = float(len(a.content)), float(len(b.content))
    if usual:
        words_b *= math.exp(usual.length)
    if "coverage_ab" in alike and "coverage_ba" in alike:
        found["coverage_low"], found["coverage_high"] = sorted((alike["coverage_ab"], alike["coverage_ba"]))
        found["lowest_low"], found["lowest_high"] = sorted((alike["lowest_ab"], alike["lowest_ba"]))
        surplus = words_a * (1 - scores["coverage_ab"]) - words_b * (1 - scores["coverage_ba"])
        found["missing"], found["added"] = math.log1p(max(0.0, surplus)), math.log1p(max(0.0, -surplus))
    found["length"] = abs(math.log((words_a + 1) / (words_b + 1)))
    found["size"] = math.log(words_a + words_b + 1)
    found["near"] = logistic((found.get("coverage_low", 0.0) - NEAR) / 0.05)
    for name in ("missing", "added"):
        found[f"near_{name}"] = found["near"] * found.get(name, 0.0)
    found |= {name: found["near"] * value for name, value in classes(a, b).items()}
    near = found["near"]
    known = {name: found.get(name, ABSENT.get(name, 0.0)) for name in FEATURES if not name.startswith("free_")}
    known |= {"near_similarity": near * known["similarity"], "near_coverage": near * known["coverage_low"], "near_size": near * known["size"]}
    return known | {name: (1.0 - near) * known[name.removeprefix("free_")] for name in FEATURES if name.startswith("free_")}


def classes(a: Reading, b: Reading) -> dict[str, float]:
    """How many verbs, nouns and modifiers A has more than B and the other way round, at most MOST, and how far their verbs tell other times.

    Empty where the tagger does not know a language. `times`: the differences in the numbers of past, present and
    future verbs, summed up; `turned`: how many have one time in A and another in B.
    """
    of_a, of_b = profile(a), profile(b)
    if of_a is None or of_b is None:
        return {}
    found = {}
    for name in ("verbs", "nouns", "modifiers"):
        more = getattr(of_a, name) - getattr(of_b, name)
        found[f"{name}_missing"], found[f"{name}_added"] = float(min(MOST, max(0, more))), float(min(MOST, max(0, -more)))
    told = (of_a.past - of_b.past, of_a.present - of_b.present, of_a.future - of_b.future)
    turned = max(0, min(max(told), -min(told)))
    return found | {"times": float(min(2 * MOST, sum(map(abs, told)))), "turned": float(min(MOST, turned))}


def nearness(values: Mapping[str, float]) -> str:
    """`near` when one text says nearly all that the other says: a flag weighs more there than in a free rendition.

    In a short text a single other word is a large share: there one uncovered word leaves a pair near.
    """
    words = (math.exp(values["size"]) - 1) / 2
    return "near" if values["coverage_low"] >= NEAR or (1 - values["coverage_low"]) * words <= ONE_WORD else "free"


def linear(model: Mapping[str, float], values: Mapping[str, float]) -> float:
    return model["intercept"] + sum(weight * values[name] for name, weight in model.items() if name != "intercept")


def logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, value))))


def plain_probability(model: Mapping[str, Any], values: Mapping[str, float]) -> float:
    """What the scores alone say: a logistic sum, and of two texts that cover each other no more than `highest_near`."""
    highest = float(model.get("highest_near", 1.0))
    return logistic(linear(model["divergence"], values)) * (1.0 - values["near"] * (1.0 - highest))


def noisy_or(probability: float, weights: Iterable[float]) -> float:
    """The chance that at least one independent cause is at work."""
    none = 1.0 - probability
    for weight in weights:
        none *= 1.0 - weight
    return 1.0 - none


def calibrated(model: Mapping[str, Any], probability: float) -> float:
    """A probability with its log odds stretched and shifted as the judged pairs ask for (Platt 1999)."""
    offset, slope = model.get("calibration", (0.0, 1.0))
    kept = min(max(probability, 1e-9), 1 - 1e-9)
    return logistic(offset + slope * math.log(kept / (1 - kept)))


def shifted(probability: float, assumed: float, known: float) -> float:
    """A probability that assumes one share of divergent pairs, for a place where another is known (Saerens et al. 2002)."""
    kept = min(max(probability, 1e-9), 1 - 1e-9)
    odds = kept / (1 - kept) * (1 - assumed) / assumed * known / (1 - known)
    return odds / (1 + odds)


def percentile(quantiles: list[float], value: float) -> float:
    """The share of legitimate renditions that differ less, 0 to 100, from a table of evenly spaced quantiles."""
    if value <= quantiles[0]:
        return 0.0
    if value >= quantiles[-1]:
        return 100.0
    place = bisect.bisect_right(quantiles, value) - 1
    step = quantiles[place + 1] - quantiles[place]
    share = (value - quantiles[place]) / step if step > 0 else 0.0
    return 100.0 * (place + share) / (len(quantiles) - 1)
