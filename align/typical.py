"""What honest translations look like in a pair of languages, so that scores mean the same in all of them.

An encoder finds a good translation from Russian into German less alike than one from English into French, and fewer of its words
covered; `model` and the omission channel therefore see scores as if the pair were `REFERENCE`. The figures (means over human
translations of the same news) are in `data/typical.json`, with the command that rebuilds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from .channels.reading import table

REFERENCE = ("en", "fr")
# A difference is stretched no more than this.
STEEPEST = 2.0
# Scores that are shifted; those of a direction end in _ab and _ba.
SCORES = ("similarity", "coverage_ab", "coverage_ba", "lowest_ab", "lowest_ba", "matched", "displacement")


@dataclass(frozen=True, slots=True)
class Typical:
    """Means over human translations from A to B: of each of SCORES; `length`: of the log ratio of content words, A by B.

    `missing_a`: the cover under which a word of A counts as missing, as rare in honest translations as in the reference pair; `missing_b` of B.
    """

    scores: Mapping[str, float]
    unrelated: Mapping[str, float]
    length: float
    missing_a: float
    missing_b: float


def shifted(scores: Mapping[str, float], language_a: str, language_b: str) -> dict[str, float]:
    """The scores of a pair as they would be in the reference pair; those of one language as they are."""
    found = typical(language_a, language_b)
    if found is None:
        return dict(scores)
    base = reference()
    return {name: _shifted(name, value, found, base) if name in SCORES else value for name, value in scores.items()}


def _shifted(name: str, value: float, found: Typical, base: Typical) -> float:
    """Translations come to where those of the reference pair are, unrelated texts to about where its unrelated texts are."""
    reach, wanted = found.scores[name] - found.unrelated[name], base.scores[name] - base.unrelated[name]
    slope = min(max(wanted / reach, 1.0), STEEPEST) if reach * wanted > 0 else 1.0
    return base.scores[name] + slope * (value - found.scores[name])


@cache
def reference() -> Typical:
    """The reference pair with its sides made alike, so that the order of a pair does not matter."""
    one, other = _known(*REFERENCE), _known(*REFERENCE[::-1])
    middle, unrelated = ({name: (getattr(one, kind)[name] + getattr(other, kind)[name]) / 2 for name in SCORES} for kind in ("scores", "unrelated"))
    missing = (one.missing_a + one.missing_b) / 2
    return Typical(middle, unrelated, 0.0, missing, missing)


@cache
def typical(language_a: str, language_b: str) -> Typical | None:
    """None within one language, where nothing is shifted. Of two languages that were not measured together: the sum of what each does to the mean."""
    return None if language_a == language_b else _known(language_a, language_b)


@cache
def _known(language_a: str, language_b: str) -> Typical:
    data = table("typical.json")
    names = sorted((language_a, language_b))
    values: dict[str, float] = data["pairs"].get("-".join(names)) or _summed(data, names)
    if names[0] != language_a:
        values = {turned(name): -value if name == "length" else value for name, value in values.items()}
    return Typical(
        {name: values[name] for name in SCORES},
        {name: values[f"unrelated_{name}"] for name in SCORES},
        values["length"],
        values["missing_ab"],
        values["missing_ba"],
    )


def _summed(data: Mapping[str, Any], names: list[str]) -> dict[str, float]:
    first, second = (data["languages"].get(name, {}) for name in names)
    return {name: mean + first.get(name, 0.0) + second.get(f"{name}@other", 0.0) for name, mean in data["mean"].items()}


def turned(name: str) -> str:
    """The name of a score with the sides exchanged."""
    return f"{name[:-2]}{name[-1]}{name[-2]}" if name.endswith(("_ab", "_ba")) else name
