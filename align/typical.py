"""What honest translations look like to an encoder in a pair of languages, so that scores mean the same in all of them.

An encoder finds a good translation from Russian into German less alike than one from English into French, and fewer of its words
covered; another encoder finds any two texts alike. `model` and the omission channel therefore see scores as if USE had read the pair
`REFERENCE`. The figures (means over human translations of the same news) are in `data/typical.json`, with the command that rebuilds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from .channels.reading import table

# The encoder and the pair that the models are learnt with.
ENCODER, REFERENCE = "use", ("en", "fr")
# A difference is stretched no more than this.
STEEPEST = 2.0
# Scores that are shifted; those of a direction end in _ab and _ba.
SCORES = ("similarity", "coverage_ab", "coverage_ba", "lowest_ab", "lowest_ba", "matched", "displacement")


@dataclass(frozen=True, slots=True)
class Typical:
    """Means over human translations from A to B, of each of SCORES; `unrelated`: the same of texts that have nothing to do with each other.

    `length`: the mean log ratio of content words, A by B; `missing_a`: the cover under which a word of A counts as missing, as rare in honest
    translations as in the reference pair; `missing_b` of B.
    """

    scores: Mapping[str, float]
    unrelated: Mapping[str, float]
    length: float
    missing_a: float
    missing_b: float


def is_known(encoder: str) -> bool:
    """Was this encoder (`use`, `e5`) measured, so that what was learnt with USE holds for its shifted scores?"""
    return encoder in table("typical.json")["encoders"]


def shifted(scores: Mapping[str, float], language_a: str, language_b: str, encoder: str = ENCODER) -> dict[str, float]:
    """The scores of a pair as USE would give them for the reference pair or, within one language, for that language."""
    found = typical(language_a, language_b, encoder)
    if found is None or not is_known(encoder):
        return dict(scores)
    own, base = (reference(name) if language_a != language_b else _same(name) for name in (encoder, ENCODER))
    return {name: _shifted(name, value, found, own, base) if name in SCORES else value for name, value in scores.items()}


def _shifted(name: str, value: float, found: Typical, own: Typical, base: Typical) -> float:
    """Translations come to where those of the reference pair are, unrelated texts to about where its unrelated texts are."""
    reach, reach_own, wanted = (one.scores[name] - one.unrelated[name] for one in (found, own, base))
    steeper = reach_own / reach if reach * reach_own > 0 else 1.0
    return base.scores[name] + wanted / reach_own * min(max(steeper, 1.0), STEEPEST) * (value - found.scores[name])


@cache
def reference(encoder: str = ENCODER) -> Typical:
    """The reference pair with its sides made alike, so that the order of a pair does not matter."""
    one, other = _pair(*REFERENCE, encoder), _pair(*REFERENCE[::-1], encoder)
    middle, unrelated = ({name: (getattr(one, kind)[name] + getattr(other, kind)[name]) / 2 for name in SCORES} for kind in ("scores", "unrelated"))
    missing = (one.missing_a + one.missing_b) / 2
    return Typical(middle, unrelated, 0.0, missing, missing)


@cache
def typical(language_a: str, language_b: str, encoder: str = ENCODER) -> Typical | None:
    """None where nothing is shifted: with USE within one language and for the reference pair.

    Of two languages that were not measured together: the sum of what each does to the mean. Of an encoder that was not measured the figures are
    those of USE.
    """
    if language_a == language_b:
        return None if encoder == ENCODER or not is_known(encoder) else _same(encoder)
    if encoder == ENCODER and {language_a, language_b} == set(REFERENCE):
        return None
    return _pair(language_a, language_b, encoder if is_known(encoder) else ENCODER)


@cache
def _same(encoder: str) -> Typical:
    return _made(table("typical.json")["encoders"][encoder]["same"])


def _pair(language_a: str, language_b: str, encoder: str) -> Typical:
    data = table("typical.json")["encoders"][encoder]
    names = sorted((language_a, language_b))
    values: dict[str, float] = data["pairs"].get("-".join(names)) or _summed(data, names)
    if names[0] != language_a:
        values = {turned(name): -value if name == "length" else value for name, value in values.items()}
    return _made(values)


def _made(values: Mapping[str, float]) -> Typical:
    translations, unrelated = ({name: values[prefix + name] for name in SCORES} for prefix in ("", "unrelated_"))
    return Typical(translations, unrelated, values["length"], values["missing_ab"], values["missing_ba"])


def _summed(data: Mapping[str, Any], names: list[str]) -> dict[str, float]:
    first, second = (data["languages"].get(name, {}) for name in names)
    return {name: mean + first.get(name, 0.0) + second.get(f"{name}@other", 0.0) for name, mean in data["mean"].items()}


def turned(name: str) -> str:
    """The name of a score with the sides exchanged."""
    return f"{name[:-2]}{name[-1]}{name[-2]}" if name.endswith(("_ab", "_ba")) else name
