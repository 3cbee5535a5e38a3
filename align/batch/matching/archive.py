"""The files of an archive and their languages: a folder, with or without a naming pattern, or a list of files.

Nothing is read but names and the list itself. The language of a file comes from the list, else from its name; where neither says it,
it stays "" and `profiles` identifies it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ...errors import InputError, UsageError
from ...pairfiles import unescape
from .results import Entry, LeftOut

_PLACE = re.compile(r"\{(id|language)\}")
_TOKEN = re.compile(r"[._/\s]+|-(?![A-Z]{2}\b)")  # what parts a name; the hyphen of pt-BR does not


def list_archive(path: Path, languages: Sequence[str], pattern: str = "") -> tuple[list[Entry], list[LeftOut]]:
    """The files to match, in alphabetical order (of a list: in its order), and those that take no part.

    Raises InputError for a folder or a list that cannot be read or holds nothing, UsageError for a pattern that is none.
    """
    if path.is_dir():
        entries, left_out = _folder(path, languages, pattern)
    elif pattern:
        raise UsageError("--pattern is for a folder", hint=f"{path} is a file" if path.exists() else f"there is no folder {path}")
    else:
        entries, left_out = _list(path, languages)
    if not entries:
        what = f"no file fits the pattern {pattern}" if pattern and not left_out else f"no document in {', '.join(languages)}"
        raise InputError(what, place=str(path), hint="see --pattern and --languages in `align batch match --help`")
    return _once(entries, left_out)


def _folder(folder: Path, languages: Sequence[str], pattern: str) -> tuple[list[Entry], list[LeftOut]]:
    expression = _expression(pattern) if pattern else None
    entries, left_out = [], []
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if any(part.startswith(".") for part in name.split("/")) or not file.is_file():
            continue
        said, identity = "", ""
        if expression is None:
            said, identity = language_in_name(name, languages)
        elif match := expression.fullmatch(name):
            parts = match.groupdict()
            said, identity = parts.get("language", ""), parts.get("id", "")
        else:
            continue
        language = _known(said, languages)
        entry = Entry(file, name, language, identity)
        if said and not language:
            left_out.append(LeftOut(entry, f"its name says {said}, which is not one of {', '.join(languages)}"))
        else:
            entries.append(entry)
    return entries, left_out


def _expression(pattern: str) -> re.Pattern[str]:
    places = _PLACE.findall(pattern)
    if not places or len(set(places)) < len(places):
        raise UsageError(
            f"the pattern {pattern!r} needs {{id}} or {{language}}, each once at most", hint="such as '{id}.{language}.txt' or '{language}/{id}.html'"
        )
    parts = _PLACE.split(pattern)
    known = {"id": "(?P<id>.+)", "language": "(?P<language>[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)"}
    return re.compile("".join(known[part] if number % 2 else re.escape(part) for number, part in enumerate(parts)))


def language_in_name(name: str, languages: Sequence[str]) -> tuple[str, str]:
    """The language that stands in a name between dots, slashes, hyphens or underscores (the last one counts), and the name without it."""
    stem = name.rpartition(".")[0] or name
    tokens = [token for token in _TOKEN.split(stem) if token]
    for place in range(len(tokens) - 1, -1, -1):
        if len(tokens) > 1 and (language := _known(tokens[place], languages, exact=True)):
            return language, ".".join(tokens[:place] + tokens[place + 1 :])
    return "", ".".join(tokens)


def _known(said: str, languages: Sequence[str], exact: bool = False) -> str:
    """Which of the languages is meant: the same tag, else the one with the same first part (pt for pt-BR)."""
    low = said.lower().replace("_", "-")
    same = [language for language in languages if language.lower() == low]
    akin = [] if exact else [language for language in languages if low and language.split("-")[0].lower() == low.split("-")[0]]
    return (same or akin or [""])[0]


def _list(path: Path, languages: Sequence[str]) -> tuple[list[Entry], list[LeftOut]]:
    """Lines of a path and, behind a tab, a language; paths are relative to the folder of the list."""
    try:
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(f"cannot read ({error.strerror})", place=str(path), hint="give a folder, or a file with one path a line") from error
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 (byte {error.start})", place=str(path), hint="give a folder, or a text file with one path a line") from error
    entries, left_out = [], []
    for number, line in enumerate(lines, 1):
        cells = [unescape(cell.strip()) for cell in line.split("\t")]
        if not cells[0] or (number == 1 and cells[0].lower() in {"path", "file"}):
            continue
        if len(cells) > 2:
            raise InputError(f"{len(cells)} fields in a line", place=f"{path}:{number}", hint="a line is a path, or a path, a tab and a language")
        found, identity = language_in_name(cells[0], languages)
        said = cells[1] if len(cells) > 1 and cells[1] else found
        entry = Entry(path.parent / cells[0], cells[0], _known(said, languages), identity)
        if said and not entry.language:
            left_out.append(LeftOut(entry, f"line {number} says {said}, which is not one of {', '.join(languages)}"))
        else:
            entries.append(entry)
    return entries, left_out


def _once(entries: Sequence[Entry], left_out: Sequence[LeftOut]) -> tuple[list[Entry], list[LeftOut]]:
    """Every file once, whatever it is called."""
    first: dict[Path, Entry] = {}
    kept, out = [], list(left_out)
    for entry in entries:
        other = first.setdefault(entry.path.resolve(), entry)
        if other is entry:
            kept.append(entry)
        else:
            out.append(LeftOut(entry, f"is the same file as {other.name}"))
    return kept, out
