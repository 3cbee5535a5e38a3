"""Stage `score`: pairs of members in, numbers out; nothing is decided here (`diverge` does that).

Called by `pipeline` and `judge`. Each scorer is a plug-in (`registry.Scorer`) that gives one number a pair, or None
where it has nothing to say. BLEU, chrF and TER hold texts of one language against each other: across languages that is
text A against B's back-translation, and absent without one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .corpus import BackTranslation, Pair, Score
from .coverage import VERSION, covered, signature_of
from .worddiff import primary

if TYPE_CHECKING:
    from .registry import Vectors as Matrix

Encode = Callable[[Sequence[str]], "Matrix"]
# TER's search grows with the square of the length and more; beyond this many words a side it is left out.
TER_WORDS = 200


def same_language(pair: Pair) -> bool:
    return primary(pair.language_a) == primary(pair.language_b)


def usable(translation: BackTranslation | None) -> str:
    """The text of a back-translation that may be scored, or ""."""
    return "" if translation is None or translation.doubt else translation.text.strip()


def comparable(pair: Pair) -> tuple[str, str] | None:
    """Two texts of one language that stand for the pair: A, and B or its translation into A's language; None without one."""
    if same_language(pair):
        return pair.member_a.text, pair.member_b.text
    translated = usable(pair.backtranslation_b)
    return (pair.member_a.text, translated) if translated else None


class _SentenceMetric:
    """A sacreBLEU metric (Post 2018) at the level of one pair: A is the reference, B the hypothesis."""

    name = ""

    def __init__(self, encode: Encode | None = None) -> None:
        del encode

    @cached_property
    def _metric(self) -> Any:
        raise NotImplementedError

    @cached_property
    def signature(self) -> str:
        self._metric.sentence_score("a", ["a"])
        return f"{self.name}|{self._metric.get_signature().format(short=False)}"

    def value(self, hypothesis: str, reference: str) -> float | None:
        return float(self._metric.sentence_score(hypothesis, [reference]).score)

    def score(self, pairs: Sequence[Pair]) -> list[float | None]:
        """0 to 100, TER upwards of 0; None across languages without a back-translation, or where a side is empty."""
        values: list[float | None] = []
        for pair in pairs:
            texts = comparable(pair)
            values.append(self.value(texts[1], texts[0]) if texts and texts[0].strip() and texts[1].strip() else None)
        return values


class Bleu(_SentenceMetric):
    """BLEU of one sentence, exponential smoothing, effective order (else short sentences score 0)."""

    name = "bleu"

    @cached_property
    def _metric(self) -> Any:
        from sacrebleu.metrics.bleu import BLEU

        return BLEU(effective_order=True)


class Chrf(_SentenceMetric):
    """Character n-gram F-score (Popović 2015), sacreBLEU's defaults."""

    name = "chrf"

    @cached_property
    def _metric(self) -> Any:
        from sacrebleu.metrics.chrf import CHRF

        return CHRF()


class Ter(_SentenceMetric):
    """Translation edit rate (Snover et al. 2006): 0 is equal; not computed where a side has more than 200 words."""

    name = "ter"

    @cached_property
    def _metric(self) -> Any:
        from sacrebleu.metrics.ter import TER

        return TER()

    def value(self, hypothesis: str, reference: str) -> float | None:
        if max(len(hypothesis.split()), len(reference.split())) > TER_WORDS:
            return None
        return super().value(hypothesis, reference)


class Similarity:
    """Cosine of the two texts' vectors, -1 to 1, in any language that the encoder knows."""

    name = "similarity"

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self.signature = f"similarity|{signature_of(encode)}|cosine"

    def of(self, texts: Sequence[tuple[str, str]]) -> list[float | None]:
        import numpy as np

        filled = [index for index, (a, b) in enumerate(texts) if a.strip() and b.strip()]
        values: list[float | None] = [None] * len(texts)
        if filled:
            # One call for both sides: an encoder that caches sees each text once.
            vectors = self._encode([texts[index][0] for index in filled] + [texts[index][1] for index in filled])
            cosines = np.clip(np.einsum("ij,ij->i", vectors[: len(filled)], vectors[len(filled) :], dtype=np.float64), -1.0, 1.0)
            for index, cosine in zip(filled, cosines, strict=True):
                values[index] = float(cosine)
        return values

    def score(self, pairs: Sequence[Pair]) -> list[float | None]:
        return self.of([(pair.member_a.text, pair.member_b.text) for pair in pairs])


class Coverage:
    """The share of one side's content words that the other side covers: `direction` ab asks what of A is found in B.

    A word is covered wholly by a word of the same stem or nearly the same letters, else in part by the nearest word vector.
    """

    def __init__(self, encode: Encode | None = None, direction: str = "ab") -> None:
        self._encode = encode
        self._forward = direction == "ab"
        self.name = f"coverage_{direction}"
        self.signature = f"{self.name}|{signature_of(encode)}|stems+letters+words:{VERSION}"

    def score(self, pairs: Sequence[Pair]) -> list[float | None]:
        """0 to 1; None where a side has no content word."""
        found = covered(pairs, self._encode)
        return [(item.share_a if self._forward else item.share_b) if item else None for item in found]


def _backtranslation_sides(pair: Pair, side: str) -> tuple[str, str] | None:
    """A text and the back-translation to hold it against: its own round trip, or across languages the other side's."""
    own, other = (pair.member_a, pair.member_b) if side == "a" else (pair.member_b, pair.member_a)
    translated = usable(pair.backtranslation_a if side == "a" else pair.backtranslation_b)
    reference = own.text if same_language(pair) else other.text
    return (reference, translated) if translated and reference.strip() else None


def score(pairs: Sequence[Pair], encode: Encode, advance: Callable[[int], None] = lambda _: None, *, edit_rate: bool = True) -> list[tuple[Score, ...]]:
    """All scores of each pair, in a fixed order; a score that does not apply is absent. `advance` hears how many pairs are done.

    Without `edit_rate` TER, which takes longer than all the rest together, is left out.
    """
    rows: list[list[Score]] = [[] for _ in pairs]

    def add(name: str, signature: str, values: Sequence[float | None]) -> None:
        for row, value in zip(rows, values, strict=True):
            if value is not None:
                row.append(Score(name, value, signature))

    chrf, similarity = Chrf(), Similarity(encode)
    for metric in (Bleu(), chrf, Ter()) if edit_rate else (Bleu(), chrf):
        add(metric.name, metric.signature, metric.score(pairs))
    add(similarity.name, similarity.signature, similarity.score(pairs))
    for name, signature, values in _coverages(pairs, encode):
        add(name, signature, values)
    for side in ("a", "b"):
        sides = [_backtranslation_sides(pair, side) for pair in pairs]
        add(f"chrf_backtranslation_{side}", chrf.signature, [chrf.value(texts[1], texts[0]) if texts else None for texts in sides])
        add(f"similarity_backtranslation_{side}", similarity.signature, similarity.of([texts or ("", "") for texts in sides]))
    advance(len(pairs))
    return [tuple(row) for row in rows]


def _coverages(pairs: Sequence[Pair], encode: Encode) -> Iterator[tuple[str, str, list[float | None]]]:
    """From one pass over the words: both coverages, the mean of each side's three least covered words, how well words pair off."""
    forward, backward = Coverage(encode, "ab"), Coverage(encode, "ba")
    found = covered(pairs, encode)
    yield forward.name, forward.signature, [item.share_a if item else None for item in found]
    yield backward.name, backward.signature, [item.share_b if item else None for item in found]
    yield "lowest_ab", forward.signature, [item.lowest_a if item else None for item in found]
    yield "lowest_ba", backward.signature, [item.lowest_b if item else None for item in found]
    yield "matched", forward.signature, [item.matched if item else None for item in found]
    yield "displacement", forward.signature, [item.displacement if item else None for item in found]
