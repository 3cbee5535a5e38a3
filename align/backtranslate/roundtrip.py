"""Texts through translators and back: sentences cut, sent, guarded, cached, put together again, and what that did to them measured.

In: texts and open translators. Out: a `BackTranslation` a text and the row of a route for `run.json`. Called by
`backtranslate`, which decides what goes where.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..corpus import BackTranslation
from ..store import Cache, digest
from .guard import clean, doubt, joint
from .routing import Choice

if TYPE_CHECKING:
    from ..registry import Translator


class Leg:
    """One translator in one direction, with its cache, counts and progress."""

    def __init__(
        self, translator: Translator, source: str, target: str, batch_size: int, cache: Cache | None, advance: Callable[[int], None], keep: bool = False
    ) -> None:
        self.translator = translator
        self._keep = keep
        self.source, self.target = source, target
        self.joint = joint(target)
        self._cache, self._advance = cache, advance
        self._block = max(1, batch_size) * 2  # two workers have a batch each
        self.cached = self.retried = 0
        self.outcome: dict[str, tuple[str, str]] = {}
        self.doubts: Counter[str] = Counter()

    def __call__(self, sentences: Iterable[str]) -> dict[str, tuple[str, str]]:
        """sentence -> (translation, doubt)."""
        unique = sorted(set(sentences), key=lambda text: (-len(text), text))
        keys = {text: digest(self.translator.signature, text) for text in unique}
        kept = self._cache.get(list(keys.values())) if self._cache else {}
        made = {text: kept[key].decode("utf-8", "surrogatepass") for text, key in keys.items() if key in kept}
        todo = [text for text in unique if text not in made]
        self._advance(len(made))
        for start in range(0, len(todo), self._block):
            part = todo[start : start + self._block]
            results = self._translate(part)
            if self._cache:
                self._cache.put({keys[text]: result.encode("utf-8", "surrogatepass") for text, result in results.items()})
            made.update(results)
            self._advance(len(part))
        if (rest := getattr(self.translator, "rest", None)) and not self._keep:
            rest()  # one model in memory at a time
        outcome = {text: (made[text], self._doubt(text, made[text])) for text in unique}
        self.outcome.update(outcome)
        self.cached += len(unique) - len(todo)
        self.doubts.update(why for _, why in outcome.values() if why)
        return outcome

    def _doubt(self, text: str, result: str) -> str:
        return doubt(text, result, self.source, self.target)

    def _translate(self, part: list[str]) -> dict[str, str]:
        results = dict(zip(part, self.translator.translate(part), strict=True))
        wrong = [text for text in part if self._doubt(text, results[text])]
        again = getattr(self.translator, "translate_again", None)
        if wrong and again is not None:
            self.retried += len(wrong)
            results.update({text: result for text, result in zip(wrong, again(wrong), strict=True) if not self._doubt(text, result)})
        return results

    def counts(self) -> dict[str, Any]:
        return {
            "from": self.source,
            "to": self.target,
            "signature": self.translator.signature,
            "sentences": len(self.outcome),
            "cached": self.cached,
            "retried": self.retried,
            "doubts": dict(sorted(self.doubts.items())),
        }


class Work:
    """The texts of one language that go one way: cut into sentences, sent, put together again."""

    def __init__(self, texts: Iterable[str], language: str) -> None:
        from ..segment import split_sentences

        self.cut: dict[str, list[str]] = {}
        for text in sorted(set(texts)):
            line = clean(text)
            self.cut[text] = [line[start:end] for start, end in split_sentences(line, language)]
        self.sentences = {sentence for cut in self.cut.values() for sentence in cut}

    def round_trips(self, out: Leg, back: Leg) -> dict[str, BackTranslation]:
        """Every text to the pivot and back."""
        there = out(self.sentences)
        again = back(text for text, _ in there.values())
        engine = f"{out.translator.signature} > {back.translator.signature}"
        results = {}
        for text, cut in self.cut.items():
            middle = [there[sentence][0] for sentence in cut]
            reasons = [f"{there[s][1]} (into {out.target})" for s in cut if there[s][1]] + [f"{again[s][1]} (from {out.target})" for s in middle if again[s][1]]
            result = back.joint.join(again[sentence][0] for sentence in middle).strip()
            results[text] = BackTranslation(result, out.target, out.joint.join(middle), engine, reasons[0] if reasons else "")
        return results

    def across(self, out: Leg) -> dict[str, BackTranslation]:
        """Every text into another language."""
        there = out(self.sentences)
        results = {}
        for text, cut in self.cut.items():
            reasons = [there[sentence][1] for sentence in cut if there[sentence][1]]
            joined = out.joint.join(there[sentence][0] for sentence in cut).strip()
            results[text] = BackTranslation(joined, "", "", out.translator.signature, reasons[0] if reasons else "")
        return results


def noise(trips: dict[str, str]) -> dict[str, Any]:
    """What a round trip alone does to texts (text -> its round trip): chrF (Popovic 2015, as sacreBLEU counts it) of each, 0 to 100.

    `chrf_mean` is the mean over texts, `chrf_tenth` the tenth percentile, `unchanged` the share that came back as it was.
    """
    texts = sorted(text for text in trips if any(mark.isalpha() for mark in text))
    if not texts:
        return {"texts": 0, "chrf_mean": None, "chrf_tenth": None, "unchanged": None}
    from sacrebleu.metrics import CHRF

    metric = CHRF()
    values = sorted(metric.sentence_score(trips[text], [text]).score for text in texts)
    return {
        "texts": len(texts),
        "chrf_mean": round(sum(values) / len(values), 2),
        "chrf_tenth": round(values[len(values) // 10], 2),
        "unchanged": round(sum(trips[text] == text for text in texts) / len(texts), 4),
    }


def noise_in_words(row: dict[str, Any]) -> str:
    """The noise of a route in one sentence for reports; "" where none was measured."""
    found, legs = row["noise"], row["legs"]
    if not found["texts"] or len(legs) != 2:
        return ""
    way = f"{legs[0]['from']} to {legs[0]['to']} and back by {row['engine']}"
    return f"{way}: chrF {found['chrf_mean']:.1f} of 100 to the text itself, {found['chrf_tenth']:.1f} in the worst tenth ({found['texts']:,} texts)"


def row(languages: list[str], choice: Choice, results: dict[str, BackTranslation], measured: dict[str, Any], legs: Sequence[Leg]) -> dict[str, Any]:
    return {
        "languages": languages,
        "kind": "round trip" if len(languages) == 1 else "translation",
        "engine": choice.engine,
        "pivot": choice.pivot,
        "reason": choice.reason,
        "texts": len(results),
        "doubtful": sum(1 for result in results.values() if result.doubt),
        "noise": measured,
        "legs": [leg.counts() for leg in legs],
    }
