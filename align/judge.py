"""Pairs of texts in, a judgement each out, as a stream: what `align score` shows of a table or a memory.

Constant memory: pairs are taken in blocks, and nothing of a block is kept. Called by `cli` and `align.score`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from .channels import unchecked
from .corpus import BackTranslation, Member, Pair, Score, Verdict
from .coverage import signature_of
from .diverge import diverge
from .scorers import score
from .store import Cache
from .worddiff import primary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .registry import Vectors as Matrix

Encode = Callable[[Sequence[str]], "Matrix"]
Translate = Callable[[Sequence[str]], Sequence[BackTranslation]]
BLOCK = 256
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9:]*(?:\s[^<>]{0,500})?/?>|\{\d{1,3}\}|%\d?\$?[sd]")


@dataclass(frozen=True, slots=True)
class Judgement:
    """A pair with its scores and verdict; `tags` are inline codes that only one side has, `unchecked` the channels that know not both languages."""

    pair: Pair
    scores: tuple[Score, ...]
    verdict: Verdict
    tags: tuple[tuple[str, ...], tuple[str, ...]]
    unchecked: tuple[str, ...]


def judge(
    texts: Iterable[tuple[str, str]],
    languages: tuple[str, str],
    encode: Encode,
    *,
    translate_a: Translate | None = None,
    translate_b: Translate | None = None,
    edit_rate: bool = False,
    base_rate: float | None = None,
) -> Iterator[Judgement]:
    """One judgement a pair, in order. `encode` is the encoder's own method: give none that keeps every vector.

    `translate_a` and `translate_b` give a back-translation for each text of their side. Inline codes (`<b>`, `{1}`, `%s`) take
    no part in the meaning and are compared for presence; offsets in the evidence are those of the texts as given. TER is slow and
    left out unless `edit_rate` asks for it. `base_rate`: see `diverge`.
    """
    encode = _Remembered(encode)
    language_a, language_b = languages
    rest = unchecked(primary(language_a), primary(language_b))
    stream = iter(texts)
    number = 0
    while block := list(islice(stream, BLOCK)):
        # Blanks of the same length stand for the codes, so that offsets hold.
        bare = [(_blank(text_a), _blank(text_b)) for text_a, text_b in block]
        back_a = translate_a([text for text, _ in bare]) if translate_a else [None] * len(bare)
        back_b = translate_b([text for _, text in bare]) if translate_b else [None] * len(bare)
        pairs = []
        for (text_a, text_b), own, other in zip(bare, back_a, back_b, strict=True):
            number += 1
            member_a, member_b = Member("a", 0, len(text_a), text_a, ()), Member("b", 0, len(text_b), text_b, ())
            pairs.append(Pair(str(number), member_a, member_b, language_a, language_b, own, other))
        scores = score(pairs, encode, edit_rate=edit_rate)
        for pair, found, verdict, given in zip(pairs, scores, diverge(pairs, scores, encode, base_rate=base_rate), block, strict=True):
            yield Judgement(pair, found, verdict, _lost_tags(*given), rest)


def judged(
    texts: Iterable[tuple[str, str]], languages: tuple[str, str], encode: Encode, translate: bool, base_rate: float | None = None
) -> Iterator[Judgement]:
    """One judgement a pair, in order; `translate` holds each against its offline back-translation too."""
    to_b, to_a = translators(languages) if translate else (None, None)
    return judge(texts, languages, encode, translate_a=to_b, translate_b=to_a, base_rate=base_rate)


def translators(languages: tuple[str, str]) -> tuple[Translate, Translate]:
    """What makes the back-translations of each side: of A through or into the other language, and of B. Cached on disk.

    Raises NoRouteError when no installed model leads there.
    """
    from .backtranslate import Opened, Settings, backtranslate
    from .backtranslate.argos_packages import no_route, packages
    from .backtranslate.routing import leads, same_language

    a, b = languages
    settings = Settings()
    if not same_language(a, b) and not (leads(a, b, settings) or leads(b, a, settings)):
        raise no_route(a, b, packages())
    cache, opened = Cache("translations"), Opened()

    def side(own: str, other: str) -> Translate:
        def translate(texts: Sequence[str]) -> list[BackTranslation]:
            pairs = [Pair("", Member("a", 0, len(text), text, ()), Member("b", 0, 0, "", ()), own, other) for text in texts]
            made = backtranslate(pairs, "", settings, cache, opened=opened).pairs
            return [pair.backtranslation_a or BackTranslation("", "", "", "", "no route") for pair in made]

        return translate

    return side(a, b), side(b, a)


class _Remembered:
    """An encoder that keeps the vectors of words, not of sentences, and starts anew when it has too many: words come again."""

    longest, most = 24, 20_000

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._known: dict[str, NDArray[np.float32]] = {}
        self.signature = signature_of(encode)

    def __call__(self, texts: Sequence[str]) -> Matrix:
        import numpy as np

        if len(self._known) > self.most:
            self._known = {}
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        found = dict(zip(new, self._encode(new), strict=True)) if new else {}
        self._known.update((text, vector) for text, vector in found.items() if len(text) <= self.longest)
        return np.stack([self._known[text] if text in self._known else found[text] for text in texts])


def _blank(text: str) -> str:
    return _TAG.sub(lambda match: " " * len(match.group()), text) if "<" in text or "{" in text or "%" in text else text


def _lost_tags(text_a: str, text_b: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Inline codes that one side has more often than the other, each once, in order of appearance."""
    sides = [_TAG.findall(text) for text in (text_a, text_b)]

    def surplus(own: list[str], other: list[str]) -> tuple[str, ...]:
        return tuple(tag for tag in dict.fromkeys(own) if own.count(tag) > other.count(tag))

    return surplus(*sides), surplus(sides[1], sides[0])
