"""Entries (files as `align.toml` or the command line names them) to `Document`s: the first stage, called by the pipeline.

`read` is the stage; `read_text` reads one file of any known format. One module a format: `plain` (and what is common
to all), `html`, `docx`, `tabular` (TSV, CSV), `memory` (TMX); `languages` doubts a language that the text is not in.
Nothing here uses the network, and every size is bounded.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..corpus import Document
from ..errors import InputError
from ..segment import lines
from ..tmx.languages import canonical, well_formed
from .formats import read_text
from .plain import FileText

__all__ = ["Entry", "FileText", "Reading", "read", "read_text"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One `[[documents]]` of `align.toml`, or one FILE:LANGUAGE argument; `label` is how the user named the path."""

    path: Path
    language: str
    outlet: str = ""
    date: str = ""
    url: str = ""
    id: str = ""
    paragraphs: str = ""
    group: str = ""
    label: str = ""

    @property
    def name(self) -> str:
        return self.label or str(self.path)


@dataclass(frozen=True, slots=True)
class Reading:
    """The documents in the order of their entries, and what is odd about them, one line each."""

    documents: tuple[Document, ...]
    warnings: tuple[str, ...]


def read(entries: Sequence[Entry]) -> Reading:
    """Read every entry.

    A document's stem is that of its file; its id is the entry's, else the stem, else `stem:paragraphs` for a part.
    Raises one InputError for everything that is wrong: files that are missing, empty or not text, wrong language
    tags and paragraphs, two documents with one id, two files with one stem.
    """
    problems: list[InputError] = []
    texts: dict[tuple[Path, str], FileText | InputError] = {}
    found: list[tuple[Entry, FileText, int, int]] = []
    for entry in entries:
        key = (entry.path.resolve(), entry.language)
        try:
            language = _language(entry)
            if key not in texts:
                texts[key] = _attempt(entry.path, language, entry.name)
                if isinstance(failure := texts[key], InputError):
                    problems.append(failure)
            text = texts[key]
            if isinstance(text, FileText):
                start, end = _part(entry, text.text)
                found.append((replace(entry, language=language), text, start, end))
        except InputError as error:
            problems.append(error)
    stems = _stems([(entry, text) for entry, text, _, _ in found], problems)
    documents = [_document(entry, text, start, end, stem) for (entry, text, start, end), stem in zip(found, stems, strict=True)]
    problems += _clashes([entry for entry, _, _, _ in found], documents)
    if problems:
        raise _together(problems)
    return Reading(tuple(documents), tuple(_warnings(found)))


def _attempt(path: Path, language: str, name: str) -> FileText | InputError:
    try:
        return read_text(path, language, name)
    except InputError as error:
        return error


def _language(entry: Entry) -> str:
    tag = canonical(entry.language)
    if not well_formed(tag) or not 2 <= len(tag.partition("-")[0]) <= 3:
        raise InputError(f"{entry.language!r} is no language tag", place=entry.name, hint="a BCP 47 tag such as en, de or pt-BR")
    return tag


def _part(entry: Entry, text: str) -> tuple[int, int]:
    """Start and end of the paragraphs that the entry asks for ("7", "0-40" with both ends, "12-"); all of the text by default."""
    if not entry.paragraphs:
        return 0, len(text)
    match = re.fullmatch(r"\s*(\d{1,9})\s*(-\s*(\d{1,9})?)?\s*", entry.paragraphs, re.ASCII)
    hint = 'a paragraph is a line that is not blank, counted from 0: "7", "0-40" (both ends belong to it) or "12-"'
    if match is None:
        raise InputError(f"paragraphs = {entry.paragraphs!r} is not understood", place=entry.name, hint=hint)
    spans = lines(text)
    first = int(match[1])
    last = int(match[3]) if match[3] else len(spans) - 1 if match[2] else first
    if last < first and match[3]:
        raise InputError(f"paragraphs = {entry.paragraphs!r} ends before it begins", place=entry.name, hint=hint)
    if max(first, last) >= len(spans):
        raise InputError(
            f"paragraphs = {entry.paragraphs!r}, but the file has {len(spans)} ({'0' if len(spans) == 1 else f'0 to {len(spans) - 1}'})",
            place=entry.name,
            hint=hint,
        )
    return spans[first][0], spans[last][1]


def _stems(found: Sequence[tuple[Entry, FileText]], problems: list[InputError]) -> list[str]:
    """A stem for each entry: one text, one stem. Where stems clash, an entry's own id names its file."""
    texts: dict[str, dict[tuple[Path, str], list[Entry]]] = defaultdict(dict)
    for entry, text in found:
        texts[entry.path.stem].setdefault((entry.path.resolve(), text.part), []).append(entry)
    stems: dict[tuple[Path, str], str] = {}
    for stem, sharing in texts.items():
        several_parts = len({path for path, _ in sharing}) < len(sharing)
        for (path, part), entries in sharing.items():
            own = entries[0].id if len(sharing) > 1 and len(entries) == 1 else ""
            stems[path, part] = own or (f"{stem}.{part}" if several_parts and part else stem)
    holders: dict[str, tuple[Path, str]] = {}
    names = {(entry.path.resolve(), text.part): entry.name for entry, text in found}
    for key, stem in stems.items():
        if stem in holders:
            message = f"{names[holders[stem]]} and {names[key]} are both called {stem!r} in the results"
            problems.append(InputError(message, place=names[key], hint='give each document an id of its own in align.toml (id = "..."), or rename one file'))
        holders.setdefault(stem, key)
    return [stems[entry.path.resolve(), text.part] for entry, text in found]


def _document(entry: Entry, text: FileText, start: int, end: int, stem: str) -> Document:
    identity = entry.id or (f"{stem}:{entry.paragraphs.replace(' ', '')}" if entry.paragraphs else stem)
    return Document(
        id=identity,
        outlet=entry.outlet or text.outlet,
        language=entry.language,
        text=text.text,
        path=str(entry.path),
        stem=stem,
        start=start,
        end=end,
        date=entry.date or text.date,
        url=entry.url or text.url,
        group=entry.group,
    )


def _clashes(entries: Sequence[Entry], documents: Sequence[Document]) -> list[InputError]:
    first: dict[str, tuple[Entry, Document]] = {}
    problems = []
    for entry, document in zip(entries, documents, strict=True):
        other, other_document = first.setdefault(document.id, (entry, document))
        if other is entry or (document.stem == other_document.stem and entry.path.resolve() != other.path.resolve()):
            continue  # two files with one stem have been named already
        both = f"{other.name} twice" if other.name == entry.name else f"{other.name} and {entry.name}"
        problems.append(InputError(f"two documents have the id {document.id!r}: {both}", place=entry.name, hint='give each an id of its own: id = "..."'))
    return problems


def _warnings(found: Sequence[tuple[Entry, FileText, int, int]]) -> list[str]:
    from .languages import doubt

    warnings: dict[str, None] = {}
    for entry, text, start, end in found:
        for warning in text.warnings:
            warnings[f"{entry.name}: {warning}"] = None
        if doubted := doubt(text.text[start:end], entry.language):
            warnings[f"{entry.name}: {doubted}"] = None
    return list(warnings)


def _together(problems: Sequence[InputError]) -> InputError:
    if len(problems) == 1:
        return problems[0]
    return InputError("\n".join([f"{len(problems)} problems with the documents", *(f"  {line}" for problem in problems for line in str(problem).split("\n"))]))
