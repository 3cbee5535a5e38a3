"""Is this a translation at all? Cleaning before an engine sees a text, cutting what is too long, doubting what comes back.

Pure functions on strings; called by the engines (`clean`, `pieces`) and by `backtranslate` (`doubt`).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable

NO_SPACES = frozenset(["zh", "zt", "ja", "th", "lo", "km", "my"])
SCRIPTS = {
    **dict.fromkeys(["ru", "uk", "be", "bg", "mk", "kk", "ky", "mn", "tg"], frozenset(["CYRILLIC"])),
    **dict.fromkeys(["ar", "fa", "ur", "ps"], frozenset(["ARABIC"])),
    **dict.fromkeys(["zh", "zt"], frozenset(["CJK"])),
    **dict.fromkeys(["hi", "mr", "ne"], frozenset(["DEVANAGARI"])),
    "ja": frozenset(["CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"]),
    "ko": frozenset(["HANGUL"]),
    "el": frozenset(["GREEK"]),
    "he": frozenset(["HEBREW"]),
    "th": frozenset(["THAI"]),
    "hy": frozenset(["ARMENIAN"]),
    "ka": frozenset(["GEORGIAN"]),
    **dict.fromkeys(["en", "pt", "pb", "es", "fr", "de", "it", "nl", "pl", "cs", "sv", "da", "fi", "tr", "hu", "ro", "id"], frozenset(["LATIN"])),
}
DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
UNTRANSLATED = "left in the source language"
UNDECLARED = "the text is not in the language that it is said to be"
INVISIBLE = dict.fromkeys([0xAD, 0x200B, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
STOPS = (
    re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+|(?<=[。！？])"),
    re.compile(r"(?<=[;:—–])\s+|(?<=[；：])"),
    re.compile(r"(?<=,)\s+|(?<=[，、])"),
    re.compile(r"\s+"),
)


def clean(text: str) -> str:
    """One line of visible text: control characters and runs of blanks become one blank, invisible ones and broken surrogates go."""
    text = text.translate(INVISIBLE)
    kept = (" " if unicodedata.category(mark) == "Cc" else "" if unicodedata.category(mark) == "Cs" else mark for mark in text)
    return " ".join("".join(kept).split())


def joint(language: str) -> str:
    """What stands between two sentences of a language."""
    return "" if language.lower().replace("_", "-").partition("-")[0] in NO_SPACES else " "


def is_wordless(text: str) -> bool:
    """Nothing to translate: no letter anywhere (a number, a row of stars, nothing)."""
    return not any(mark.isalpha() for mark in text)


def pieces(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Cut a text that does not fit: into its sentences; what is still too long, near its middle at a clause, else a word, else anywhere."""
    if len(text) < 2 or fits(text):
        return [text] if text else []
    cuts = [match.end() for match in STOPS[0].finditer(text) if 0 < match.end() < len(text)]
    if not cuts:
        middle = len(text) / 2
        for stop in STOPS[1:]:
            inside = [match.end() for match in stop.finditer(text) if len(text) * 0.1 < match.end() < len(text) * 0.9]
            if inside:
                cuts = [min(inside, key=lambda position: (abs(position - middle), position))]
                break
        else:
            cuts = [len(text) // 2]
    parts = (text[start:end].strip() for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True))
    return [piece for part in parts for piece in pieces(part, fits)]


def _weight(text: str) -> float:
    """Length in characters, an ideograph or kana counted as two and a half."""
    return len(text) + 1.5 * len(DENSE.findall(text))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text)


def _loops(text: str) -> int:
    """How often a stretch of one to eight words, or of up to six letters, stands straight after itself; or three words recur, if they are half the text."""
    words = _words(text.casefold())
    scattered = max(Counter(zip(words, words[1:], words[2:], strict=False)).values(), default=0)
    most = scattered if scattered * 6 >= len(words) else 0
    for period in range(1, 9):
        run = 0
        for word, later in zip(words, words[period:], strict=False):
            run = run + 1 if word == later else 0
            most = max(most, run // period + 1) if run >= period else most
    return max(most, max((len(match[0]) // len(match[1]) for match in re.finditer(r"(\w{1,6}?)\1{7,}", text)), default=0))


def _share(text: str, scripts: frozenset[str]) -> float:
    """The part of the letters that belongs to these scripts."""
    names = [unicodedata.name(mark, "?").split()[0] for mark in text if mark.isalpha()]
    return sum(name in scripts for name in names) / max(1, len(names))


def other_script(text: str, language: str) -> bool:
    """No letter of a text of some length, or hardly any, is of the script of its language."""
    known = SCRIPTS.get(language.lower().split("-")[0])
    return known is not None and sum(mark.isalpha() for mark in text) >= 4 and _share(text, known) < 0.05


def doubt(source: str, result: str, source_language: str, target_language: str) -> str:
    """Why `result` cannot be a translation of `source`; "" when nothing speaks against it.

    Says nothing about how good a translation is: it catches only what no translation looks like.
    """
    if is_wordless(source):
        return ""
    if other_script(source, source_language):
        return UNDECLARED
    if not any(mark.isalnum() for mark in result):
        return "empty"
    before, after = _weight(source), _weight(result)
    if after > 3 * before + 40:
        return "far too long"
    if after < 0.25 * before - 5:
        return "far too short"
    repeats = _loops(result)
    if repeats >= 4 and repeats > _loops(source) + 1:
        return "loops"
    start, goal = source_language.lower().split("-")[0], target_language.lower().split("-")[0]
    known, wanted = SCRIPTS.get(start), SCRIPTS.get(goal)
    if known and wanted and known != wanted and len(result) >= 12 and _share(result, known - wanted) > 0.5 and _share(result, wanted) < 0.1:
        return UNTRANSLATED
    ordinary = [word for word in _words(result) if word[0].islower() and len(word) > 1]
    there = set(_words(source))
    if start != goal and len(ordinary) >= 4 and sum(word in there for word in ordinary) >= 0.75 * len(ordinary):
        return UNTRANSLATED
    return ""
