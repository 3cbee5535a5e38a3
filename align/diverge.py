"""Stage `diverge`: pairs and their scores in, a verdict each out: how likely the meaning differs, how far, in which way, and where.

Called by `pipeline` and `judge`. Three layers that stay apart: (1) a calibrated probability from the scores, (2) typed channels
with their evidence, (3) a percentile among pairs of legitimate renditions. The first two meet in a noisy-or, so that one
sharp channel is not averaged away. This measures divergence of meaning, not quality of translation.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from .channels import CHANNELS, antonyms, check, omissions, settled
from .channels.reading import Reading, read
from .claims import Closeness, doubtful, kinds_of
from .corpus import Divergence, Evidence, Pair, Score, Verdict
from .coverage import Cover, covers, name_of
from .model import calibrated, coefficients, encoder_of, features, linear, model_of, models_of, nearness, noisy_or, percentile, plain_probability, shifted
from .scorers import same_language, usable
from .worddiff import primary

if TYPE_CHECKING:
    from .registry import Vectors as Matrix

Encode = Callable[[Sequence[str]], "Matrix"]
_QUOTES = dict.fromkeys(map(ord, "\"“”„«»‘’‚‹›'`´＂＇"), None)
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")


def signature() -> str:
    """Which coefficients and which version of each channel made a verdict."""
    channels = ",".join([*(f"{channel.name}:{channel.version}" for channel in CHANNELS), f"omissions:{omissions.VERSION}"])
    return f"divergence:{coefficients()['version']}|{channels}"


def plain(text: str) -> str:
    """A text without what carries no meaning: quotation marks, typography, white space, control signs, the first letter's case."""
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES).translate(_DASHES).replace("…", "...")
    text = "".join(sign if unicodedata.category(sign) not in {"Cc", "Cf"} else " " if sign.isspace() else "" for sign in text)
    text = " ".join(text.split()).rstrip(".;, ")
    return text[:1].lower() + text[1:]


def diverge(pairs: Sequence[Pair], scores: Sequence[tuple[Score, ...]], encode: Encode | None = None, *, base_rate: float | None = None) -> list[Verdict]:
    """One verdict a pair, in order. With `encode` (the function that `score` was given) uncovered words are told by meaning too.

    `base_rate`: the share of divergent pairs where these come from, 0 to 1, if known: `divergence` is shifted to it (grade and percentile are not).
    """
    readings = [_compared(pair) for pair in pairs]
    return [_verdict(*row, base_rate) for row in zip(pairs, scores, readings, collect(pairs, readings, encode), strict=True)]


def collect(pairs: Sequence[Pair], readings: Sequence[tuple[Reading, Reading]], encode: Encode | None) -> list[list[Evidence]]:
    """All evidence on each pair, from the texts and, with `encode`, from the vectors of their words."""
    found = covers(readings, encode)
    opposed = antonyms.by_meaning(readings, found, encode) if encode is not None else [[] for _ in pairs]
    return [gather(*row, name_of(encode)) for row in zip(pairs, readings, found, opposed, strict=True)]


def _compared(pair: Pair) -> tuple[Reading, Reading]:
    return read(pair.member_a.text, pair.language_a), read(pair.member_b.text, pair.language_b)


def _verdict(pair: Pair, scores: tuple[Score, ...], readings: tuple[Reading, Reading], evidence: list[Evidence], base_rate: float | None) -> Verdict:
    text_a, text_b = plain(pair.member_a.text), plain(pair.member_b.text)
    if not text_a or not text_b:
        return _one_sided(pair, text_a, text_b)
    if text_a == text_b and same_language(pair):
        return Verdict(0.0, 0, 0.0, (), (), signature())
    encoder = encoder_of(scores)
    models = model_of(models_of(encoder), readings[0].language, readings[1].language)
    values = features({score.name: score.value for score in scores}, *readings, encoder)
    probability = plain_probability(models, values)
    near = nearness(values)
    known = models["channels"][near]
    closeness = Closeness(near == "near", not same_language(pair), math.expm1(values["missing"]) - math.expm1(values["added"]))
    weights = _weights(evidence, known)
    divergence = calibrated(models, noisy_or(probability, weights.values()))
    quantiles = models.get("percentile")
    return Verdict(
        divergence if base_rate is None else shifted(divergence, float(models["base_rate"]), base_rate),
        _grade(divergence, values, models, max(weights.values(), default=0.0)),
        # Of the figure that is shown: the last bits of vectors depend on what is encoded together.
        percentile(quantiles, round(divergence, 4)) if quantiles else None,
        kinds_of(evidence, known, closeness),
        tuple(_signed(item, known, closeness) for item in evidence),
        signature() if base_rate is None else f"{signature()}|base rate:{base_rate:g}",
    )


def _signed(item: Evidence, known: Mapping[str, float], closeness: Closeness) -> Evidence:
    """Evidence with what it rests on, how much it weighs among pairs as close as this one, and the version of its channel."""
    hint = item.channel.startswith(HINTS) or doubtful(item, closeness)
    basis: Literal["rule", "hint", "backtranslation"] = "backtranslation" if item.artefact else "hint" if hint else "rule"
    channel = item.channel.removeprefix("backtranslation:")
    return replace(item, basis=basis, severity=round(_weight(item, known), 4), version=_versions()[channel.split(":")[0]])


HINTS = ("omission:", "addition:", "antonyms:meaning")


@cache
def _versions() -> dict[str, str]:
    return {channel.name: channel.version for channel in CHANNELS} | dict.fromkeys(("omission", "addition"), omissions.VERSION)


def _one_sided(pair: Pair, text_a: str, text_b: str) -> Verdict:
    """An empty side: the whole other side is missing or added; two empty sides are the same."""
    if not text_a and not text_b:
        return Verdict(0.0, 0, 0.0, (), (), signature())
    kind = "omission" if text_a else "addition"
    member_a, member_b = pair.member_a.text, pair.member_b.text
    whole = Evidence(kind, "empty", (0, len(member_a)), (0, len(member_b)), member_a.strip() or "-", member_b.strip() or "-", severity=1.0, version="1")
    return Verdict(1.0, 3, 100.0, (kind,), (whole,), signature())


def gather(pair: Pair, readings: tuple[Reading, Reading], cover: Cover | None, opposed: Sequence[Evidence], encoder: str) -> list[Evidence]:
    """The evidence on one pair: from the texts, `opposed` words, and across languages from B's back-translation, marked as an artefact if alone."""
    evidence = check(*readings, cover)
    places = {(item.span_a, item.span_b) for item in evidence}
    evidence = settled(evidence + [item for item in opposed if (item.span_a, item.span_b) not in places])
    if cover is not None:
        evidence = (alone(evidence, cover) if same_language(pair) else evidence) + omissions.find(*readings, cover, encoder)
    translated = "" if same_language(pair) else usable(pair.backtranslation_b)
    if translated:
        direct = {item.kind for item in evidence}
        unseen = check(readings[0], read(translated, pair.language_a))
        # Offsets into a back-translation are none into B: the whole of B stands for them.
        whole = (0, len(pair.member_b.text))
        evidence += [
            Evidence(item.kind, f"backtranslation:{item.channel}", item.span_a, whole, item.value_a, item.value_b, artefact=True)
            for item in unseen
            if item.kind not in direct
        ]
    return evidence


# Rules whose two words are far surer evidence where nothing else differs: elsewhere the word may have another form further on.
ALONE = frozenset({"names", "dates", "antonyms", "antonyms:alike", "stance"})
# Cover from which a word counts as rendered there.
RENDERED = 0.9


def alone(evidence: Sequence[Evidence], cover: Cover) -> list[Evidence]:
    """The evidence, a rule's two words as `NAME:alone` where the words of rules are the whole difference: every other content word is rendered."""
    starts_a = {item.span_a[0] for item in evidence if item.value_a != "-"}
    starts_b = {item.span_b[0] for item in evidence if item.value_b != "-"}
    if not any(item.channel in ALONE for item in evidence) or not _rendered(cover, starts_a, starts_b):
        return list(evidence)
    return [replace(item, channel=f"{item.channel.split(':')[0]}:alone") if item.channel in ALONE else item for item in evidence]


def _rendered(cover: Cover, starts_a: Set[int], starts_b: Set[int]) -> bool:
    """Are the content words pairs of one with one, but for those at some places: the same words, else each nearest to the other?"""
    spare_a = {index for index, word in enumerate(cover.words_a) if word.start not in starts_a}
    spare_b = {index for index, word in enumerate(cover.words_b) if word.start not in starts_b}
    if len(spare_a) != len(spare_b):
        return False
    for index in sorted(spare_a):
        same = next((place for place in sorted(spare_b) if cover.words_b[place].low == cover.words_a[index].low), None)
        if same is None:
            same = next((place for place in sorted(spare_b) if cover.words_b[place].stem == cover.words_a[index].stem), cover.partner_a[index])
            if same not in spare_b or cover.cover_a[index] < RENDERED:
                return False
        spare_b.remove(same)
    return True


def _weights(evidence: Sequence[Evidence], known: dict[str, float]) -> dict[str, float]:
    """The weight of each channel that fired, once; what only a back-translation shows counts nothing."""
    found: dict[str, float] = {}
    for item in evidence:
        channel = weighed_as(item)
        found[channel] = max(_weight(item, known), found.get(channel, 0.0))
    return found


def weighed_as(item: Evidence) -> str:
    """The name of the weight of a finding: what is the whole difference has one weight, whichever rule found it."""
    return "alone" if item.channel.endswith(":alone") else item.channel.removeprefix("backtranslation:")


def _weight(item: Evidence, known: Mapping[str, float]) -> float:
    """What only a back-translation shows counts nothing: counted half it made the order of pairs worse (`benchmarks/backtranslation`)."""
    return 0.0 if item.artefact else known.get(weighed_as(item), 0.0)


def _grade(divergence: float, values: dict[str, float], models: Mapping[str, Any], sharpest: float) -> int:
    """0 same, 1 nuance, 2 part differs, 3 another claim: borders on a linear sum learnt from graded pairs, else on the probability."""
    borders = models["borders"]
    measure = linear(models["grade"], values) if "grade" in models else divergence
    grade = int(sum(measure >= border for border in borders))
    if sharpest >= 0.5:
        grade = max(grade, 2)
    return min(3, grade)


def baseline(encoder: str, language_a: str, language_b: str) -> list[float]:
    """Evenly spaced quantiles of the divergence of legitimate human renditions, as this encoder and these languages measure it.

    `encoder` is the encoder's signature. Empty where nothing was measured.
    """
    models = models_of(encoder.split(":", maxsplit=1)[0])
    return list(model_of(models, primary(language_a), primary(language_b)).get("percentile", ()))


def odd_one_out(rows: Sequence[Divergence]) -> str:
    """Among the rows of one bead with three documents or more: the id of the document that differs most from the others, or "".

    A document's distance is its mean divergence from the others; the odd one must stand out from the next by .1.
    """
    distances: dict[str, list[float]] = {}
    for row in rows:
        for member in (row.pair.member_a, row.pair.member_b):
            distances.setdefault(member.document, []).append(row.verdict.divergence)
    if len(distances) < 3:
        return ""
    ranked = sorted(((sum(values) / len(values), document) for document, values in distances.items()), key=lambda item: (-item[0], item[1]))
    return ranked[0][1] if ranked[0][0] - ranked[1][0] >= 0.1 else ""
