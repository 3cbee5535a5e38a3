"""The one word diff behind every display: two texts in, the stretches that are equal, replaced, deleted or inserted out.

Called by the report, the spreadsheet and the terminal tables. Words are letters with their marks (a hyphen parts them), numbers with
their separators, and single signs; Chinese, Japanese and Thai fall back to characters. White space takes no part.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Operation = Literal["equal", "replace", "delete", "insert"]
UNSPACED = frozenset({"zh", "ja", "th", "lo", "km", "my", "yue"})
# A diff of more words than this a side is cut: the worst case grows with their product.
LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of both texts, in character offsets, end exclusive; an empty span marks the place where nothing stands."""

    operation: Operation
    span_a: tuple[int, int]
    span_b: tuple[int, int]


@cache
def _pattern(unspaced: bool) -> Any:
    import regex

    number = r"\p{N}+(?:[.,:：/\u00a0\u202f'’]\p{N}+)*"
    word = r"\p{L}[\p{L}\p{M}\p{N}]*(?:['’ʼ.]\p{L}[\p{L}\p{M}\p{N}]*)*"
    return regex.compile(rf"{number}|\p{{Latin}}+|[^\s\p{{C}}]" if unspaced else rf"{number}|{word}|[^\s\p{{C}}]")


def primary(language: str) -> str:
    """The language without script and region: `pt-BR` gives `pt`."""
    return language.replace("_", "-").split("-")[0].lower()


def tokens(text: str, language: str = "") -> list[tuple[int, int]]:
    """Spans of the words and signs of a text, in order."""
    return [match.span() for match in _pattern(primary(language) in UNSPACED).finditer(text)]


def diff(text_a: str, text_b: str, language: str = "") -> list[Change]:
    """The changes that turn A into B, in order, equal stretches included; words compare without case.

    Minimal in insertions and deletions (rapidfuzz Indel opcodes); a deletion that meets an insertion is one replacement.
    """
    from rapidfuzz.distance import Indel

    spans_a, spans_b = tokens(text_a, language)[:LONGEST], tokens(text_b, language)[:LONGEST]
    words_a = [text_a[start:end].casefold() for start, end in spans_a]
    words_b = [text_b[start:end].casefold() for start, end in spans_b]
    changes: list[Change] = []
    pending: tuple[int, int, int, int] | None = None
    for code in Indel.opcodes(words_a, words_b):
        here = (code.src_start, code.src_end, code.dest_start, code.dest_end)
        if code.tag == "equal":
            if pending is not None:
                changes.append(_change(pending, spans_a, spans_b))
                pending = None
            changes.append(Change("equal", _characters(spans_a, *here[:2]), _characters(spans_b, *here[2:])))
        else:
            pending = here if pending is None else (pending[0], here[1], pending[2], here[3])
    if pending is not None:
        changes.append(_change(pending, spans_a, spans_b))
    return changes


def _change(block: tuple[int, int, int, int], spans_a: Sequence[tuple[int, int]], spans_b: Sequence[tuple[int, int]]) -> Change:
    first_a, last_a, first_b, last_b = block
    operation: Operation = "insert" if first_a == last_a else "delete" if first_b == last_b else "replace"
    return Change(operation, _characters(spans_a, first_a, last_a), _characters(spans_b, first_b, last_b))


def _characters(spans: Sequence[tuple[int, int]], first: int, last: int) -> tuple[int, int]:
    if first < last:
        return spans[first][0], spans[last - 1][1]
    place = spans[first - 1][1] if first else 0
    return place, place
