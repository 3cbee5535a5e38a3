"""Documents to sentences: `segment` is the second stage, called by the pipeline; `split_sentences` splits one paragraph.

In: `Document`s as `read` makes them. Out: `Segment`s with offsets into the document's text. A segment never leaves
its paragraph, and a paragraph is a line that is not blank. The exception is a text whose lines were broken at a fixed
width (plain text of old, mail, books): there a paragraph is a block of lines, and a segment may hold line ends.
`is_wrapped` decides, once a document and carefully: at least six breaks, lines of 40 to 120 characters (from 20 in
Chinese and Japanese), in nine of ten breaks the next word would not have fitted, and half of the lines end in the
middle of a sentence.

Sentences come from the library razdel (rules over the characters around each mark, exact offsets, linear time), the
abbreviations of each language from the lists of the Moses project that sacremoses ships, and a few rules of ours that
hold for all languages. What each of these is worth: `benchmarks/segmentation`.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version

import regex

from .corpus import Document, Segment

RULES = "2"  # version of the rules below: raise it when a change moves boundaries

CLOSERS = r"""”’»›」』）)\]}】》〉"'＂＇"""
OPENERS = r"""“‘„‚«‹「『（(\[{【《〈"'¿¡—–\-•*"""
UNSPACED = frozenset({"zh", "ja", "yue", "wuu", "lzh"})
# Languages that write an ordinal number with a full stop ("1. Weltkrieg").
ORDINAL_STOP = frozenset({"de", "lb", "tr", "az", "da", "no", "nb", "nn", "fo", "is", "fi", "et", "lv", "hu", "cs", "sk", "sl", "hr", "sr", "bs", "pl", "eu"})
CYRILLIC = frozenset({"uk", "be", "bg", "mk", "kk", "ky", "tg", "mn"})  # served by the Russian list of abbreviations

LINE = regex.compile(r"[^\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
LINE_END = regex.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
WORD = regex.compile(r"\w")
# A mark with a closing quotation mark, a question or an exclamation, or a mark that stands alone (tokenised text).
MISSED = regex.compile(rf"""(?<![.!?…؟۔])(?:[.!?…؟۔]++[{CLOSERS}“‘«]++|[!?؟۔]++|(?<=\s)[.!?]++)(?=\s+[{OPENERS}]*(?:\p{{Lu}}|\p{{Lo}}))""")
# Chinese and Japanese put no blank between sentences. A quotation that its sentence goes on to report is not an end.
MISSED_UNSPACED = regex.compile(rf"""(?<![。！？｡!?])[。！？｡!?]++[{CLOSERS}]*+(?!\s*[，、,：:；;])""")
REPORTED = regex.compile(r"\s*(?:と(?!ころ|ても|き|にかく)|って|という|との)")
CLOSING = regex.compile(rf"""[{CLOSERS}]+|[“‘«]+(?=\s|$)|\s+[”’»」』）]+(?=\s|$)""")
ORDINAL = regex.compile(r"(?:^|[^\d.,\p{L}])\d{1,2}\.$")
ENUMERATOR = regex.compile(r"\W*(?:\d{1,3}|\p{L}|[IVXivx]{1,5})[.)]")
LAST_WORD = regex.compile(r"""([^\s“„‘‚«"'(\[]{1,20})\.$""")
INITIALS = regex.compile(r"(?:^|[\s.])(?:\p{L}|\p{Lu}{2})\.$")
# "in the U.S. The talks": initials written together end a sentence before a word that opens one, unless all is written like a title.
DOTTED_END = regex.compile(r"\p{Lu}\.\p{Lu}\.(?=\s)")
OPENING_WORD = regex.compile(rf"""\s+[{OPENERS}]*+(\p{{Lu}}[\p{{L}}’']*+),?\s+\p{{Ll}}""")
NEXT_INITIALS = regex.compile(r"\s*(?:\p{L}|\p{Lu}{2})\.")


def signature() -> str:
    """What made the segments: library and list versions, and the version of our own rules."""
    return f"razdel:{version('razdel')}|sacremoses:{version('sacremoses')}|rules:{RULES}"


def segment(documents: Sequence[Document]) -> list[Segment]:
    """The sentences of all documents, in order.

    `paragraph` is the number, from 0, of the line that is not blank in which the segment begins, in the whole file;
    `index` counts from 0 within the document. Segments have no blanks at their ends, are never empty, and hold every
    character between `Document.start` and `end` that is not a blank.
    """
    result = []
    for document in documents:
        index = 0
        for paragraph, start, end in paragraphs(document):
            # Line ends become blanks, one for one: offsets stay, and the rules need not know of them.
            text = LINE_END.sub(" ", document.text[start:end])
            for first, last in split_sentences(text, document.language):
                result.append(Segment(document.id, index, paragraph, start + first, start + last, document.text[start + first : start + last]))
                index += 1
    return result


def lines(text: str) -> list[tuple[int, int]]:
    """Start and end of every line that is not blank: these are what `paragraphs = "0-40"` in `align.toml` counts."""
    return [(match.start(), match.end()) for match in LINE.finditer(text) if not match[0].isspace()]


def paragraphs(document: Document) -> Iterator[tuple[int, int, int]]:
    """Number (of its first line), start and end of each paragraph within the document's part of the file."""
    inside = [
        (number, max(start, document.start), min(end, document.end))
        for number, (start, end) in enumerate(lines(document.text))
        if start < document.end and end > document.start
    ]
    if not is_wrapped(document):
        yield from inside
        return
    width = max((end - start for _, start, end in inside), default=0)
    block: tuple[int, int, int] | None = None
    for number, start, end in inside:
        if block is not None and _continues(document.text, block[2], start, end, width, _unspaced(document.language)):
            block = (block[0], block[1], end)
            continue
        if block is not None:
            yield block
        block = (number, start, end)
    if block is not None:
        yield block


def _continues(text: str, last_end: int, start: int, end: int, width: int, unspaced: bool) -> bool:
    """Whether the line from `start` goes on with the paragraph that ends at `last_end`: no blank line, no indent, no early break."""
    gap = text[last_end:start]
    if gap not in {"\n", "\r\n", "\r"} or text[start].isspace():
        return False
    line = text[max(text.rfind("\n", 0, last_end), text.rfind("\r", 0, last_end)) + 1 : last_end]
    return _full(line, text[start:end], width, unspaced)


def _full(line: str, following: str, width: int, unspaced: bool) -> bool:
    """Whether the first word of the following line would have been too long for this one."""
    first = 2 if unspaced else len(following.split(maxsplit=1)[0]) + 1
    return len(line.rstrip()) + first > width


def is_wrapped(document: Document) -> bool:
    """Whether the lines of a document were broken at a fixed width rather than at the ends of paragraphs."""
    text = document.text[document.start : document.end]
    spans = lines(text)
    width = max((end - start for start, end in spans), default=0)
    unspaced = _unspaced(document.language)
    if not (20 if unspaced else 40) <= width <= 120:
        return False
    breaks = full = open_ended = 0
    for (start, end), (next_start, next_end) in itertools.pairwise(spans):
        if text[end:next_start] not in {"\n", "\r\n", "\r"}:
            continue
        line = text[start:end].rstrip()
        breaks += 1
        full += _full(line, text[next_start:next_end], width, unspaced)
        open_ended += line[-1].isalnum() or line[-1] in ",-–—;，、"
    return breaks >= 6 and full >= 0.9 * breaks and open_ended >= 0.5 * breaks


def split_sentences(text: str, language: str) -> list[tuple[int, int]]:
    """Start and end of each sentence of one paragraph, without the blanks around it; nothing else is left out."""
    cuts = _repair(text, {*_library(text), *_missed(text, language)}, language)
    spans = []
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        piece = text[start:end]
        stripped = piece.strip()
        if stripped:
            first = start + len(piece) - len(piece.lstrip())
            spans.append((first, first + len(stripped)))
    return spans


def _library(text: str) -> Iterator[int]:
    from razdel import sentenize

    for sentence in sentenize(text):
        yield sentence.stop


def _missed(text: str, language: str) -> Iterator[int]:
    for match in MISSED.finditer(text):
        yield match.end()
    for match in DOTTED_END.finditer(text):
        if _opens_after_initials(text, match.end(), language):
            yield match.end()
    if _unspaced(language):
        for match in MISSED_UNSPACED.finditer(text):
            yield match.end()


def _repair(text: str, candidates: Iterable[int], language: str) -> list[int]:
    """The candidates that stand, in order, each moved behind the closing marks that belong to its sentence."""
    moved = set()
    for cut in candidates:
        closing = CLOSING.match(text, cut)
        cut = closing.end() if closing else cut
        if 0 < cut < len(text):
            moved.add(cut)
    cuts: list[int] = []
    start, searched, has_word = 0, 0, False
    for cut in sorted(moved):
        if not _stands(text, cut, language):
            continue
        # A list number alone goes with what it numbers; marks alone go with what follows them.
        has_word = has_word or WORD.search(text, searched, cut) is not None
        searched = cut
        if not has_word or (cut - start < 16 and ENUMERATOR.fullmatch(text[start:cut].strip())):
            continue
        cuts.append(cut)
        start, has_word = cut, False
    if cuts and not WORD.search(text, cuts[-1]):
        cuts.pop()
    return cuts


def _stands(text: str, cut: int, language: str) -> bool:
    """Whether a sentence can end at `cut`."""
    left = text[max(0, cut - 40) : cut].rstrip()
    if not left or left[-1] in ":;,：；，、":
        return False
    primary = _primary(language)
    if primary in UNSPACED:
        return not (left[-1] in "」』”’" and REPORTED.match(text, cut))
    if primary in ORDINAL_STOP and ORDINAL.search(left):
        return False
    if left[-1] != ".":
        return True
    if INITIALS.search(left) and NEXT_INITIALS.match(text, cut):
        return False
    word = LAST_WORD.search(left)
    if word is None:
        return True
    always, before_number = _abbreviations(primary)
    if word[1] in before_number and text[cut : cut + 2].strip()[:1].isdigit():
        return False
    return word[1] not in always


def _opens_after_initials(text: str, cut: int, language: str) -> bool:
    """Whether what follows begins with a function word and is not written like a title."""
    from .channels.reading import function_words

    opening = OPENING_WORD.match(text, cut)
    return opening is not None and opening[1].lower() in function_words(_primary(language))


@functools.cache
def _abbreviations(language: str) -> tuple[frozenset[str], frozenset[str]]:
    """Words after which a full stop ends no sentence, and those for which this holds before a number (Moses' lists)."""
    from sacremoses.corpus import NonbreakingPrefixes

    # A language without a list is served by the English one, as in Moses, or by the Russian one.
    lists = NonbreakingPrefixes()
    listed = language if language in lists.available_langs else "ru" if language in CYRILLIC else "en"
    always: set[str] = set()
    before_number: set[str] = set()
    for entry in lists.words(listed):
        word, _, condition = entry.partition(" ")
        if "NUMERIC_ONLY" in condition:
            before_number.add(word)
        elif not word.isdigit() and not (len(word) == 1 and word.islower()):
            always.add(word)
    return frozenset(always), frozenset(before_number)


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()


def _unspaced(language: str) -> bool:
    return _primary(language) in UNSPACED
