"""Translators that need no model: `dictionary`, for tests, smoke runs and as the example of a plug-in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..store import digest


class DictionaryTranslator:
    """Maps words by a dictionary (keys in lower case; a capital stays a capital) and leaves every other mark as it is.

    Registered as `dictionary`; takes the arguments that every translator's factory takes, a pair of languages and
    settings, and ignores the settings.
    """

    def __init__(self, source: str = "", target: str = "", *, words: Mapping[str, str] | None = None, **settings: object) -> None:
        self._words = dict(words or {})
        entries = digest(*(part for pair in sorted(self._words.items()) for part in pair))[:8]
        self.signature = f"dictionary:{source}_{target}|words:{entries}"

    def translate(self, texts: Sequence[str]) -> list[str]:
        return [re.sub(r"[^\W\d_]+", lambda match: self._word(match[0]), text) for text in texts]

    def _word(self, word: str) -> str:
        found = self._words.get(word.lower())
        if found is None:
            return word
        return found[:1].upper() + found[1:] if word[0].isupper() else found
