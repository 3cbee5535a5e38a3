"""`align.toml` in, a frozen `Configuration` out; every problem in the file is reported at once, with its place.

Called by `cli` and by `align.run`. Paths in the file are relative to it.
"""

from __future__ import annotations

import datetime
import difflib
import json
import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .backtranslate import Settings as BacktranslateSettings
from .errors import ConfigurationError, InputError, UsageError
from .plain import from_plain, to_plain
from .read import Entry
from .store import write_text

MODES = ("bitext", "renditions", "auto")
ENGINES = ("auto", "argos", "bergamot", "dictionary", "none")
REMEMBERED = "configuration.json"
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*(-x(-[A-Za-z0-9]{1,8})+)?")


@dataclass(frozen=True, slots=True)
class Configuration:
    """A corpus: what to read, how to treat it, where to write. `folder` is where `align.toml` stands."""

    name: str
    folder: Path
    documents: tuple[Entry, ...]
    original_language: str = ""
    mode: str = "auto"
    encoder: str = "auto"
    backtranslate: BacktranslateSettings = field(default_factory=BacktranslateSettings)
    out: Path = Path("out")
    tmx: Path = Path("tmx")
    base: str = ""
    by_score: bool = False
    decisions: Path | None = None


@dataclass(frozen=True, slots=True)
class _Key:
    kind: type | tuple[type, ...]
    says: str
    check: Callable[[Any], bool] = lambda value: True


def _one_of(*names: str) -> _Key:
    return _Key(str, f"one of {', '.join(names)}", lambda value: value in names)


_TEXT = _Key(str, "a text that is not empty", lambda value: bool(value.strip()))
_LANGUAGE = _Key(str, 'a language tag such as "en" or "pt-BR"', lambda value: LANGUAGE.fullmatch(value) is not None)
_COUNT = _Key(int, "a whole number of 1 or more", lambda value: not isinstance(value, bool) and value >= 1)

_NAME = _Key(str, "letters, digits, dots, hyphens, underscores", lambda value: re.fullmatch(r"[\w][\w.-]*", value) is not None)
_THREADS = _Key(int, "a whole number of 0 (all cores) or more", lambda value: not isinstance(value, bool) and value >= 0)

SECTIONS: dict[str, dict[str, _Key]] = {
    "corpus": {"name": _NAME, "original_language": _LANGUAGE, "mode": _one_of(*MODES)},
    "embed": {"encoder": _TEXT},
    "backtranslate": {
        "engine": _one_of(*ENGINES),
        "pivot": _LANGUAGE,
        "compute_type": _TEXT,
        "beam_size": _COUNT,
        "batch_size": _COUNT,
        "threads": _THREADS,
        "device": _TEXT,
    },
    "export": {"tmx": _TEXT, "base": _TEXT, "by_score": _Key(bool, "true or false")},
}
DOCUMENT: dict[str, _Key] = {
    "path": _TEXT,
    "outlet": _TEXT,
    "language": _LANGUAGE,
    "date": _Key((datetime.date, str), "a date such as 2017-05-14", lambda value: _date(value) is not None),
    "url": _TEXT,
    "id": _Key(str, "letters, digits, dots, hyphens, underscores, colons", lambda value: re.fullmatch(r"[\w][\w.:-]*", value) is not None),
    "paragraphs": _Key((str, int), 'a range such as "0-40", "12-" or "7"', lambda value: re.fullmatch(r"\d+(-\d*)?", str(value)) is not None),
    "group": _TEXT,
}


def _date(value: Any) -> str | None:
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    try:
        return datetime.date.fromisoformat(str(value)).isoformat()
    except ValueError:
        return None


def read_configuration(path: Path) -> Configuration:
    """Read `align.toml`, or the one in a folder.

    Raises InputError when there is none, ConfigurationError with every problem in it.
    """
    file = path / "align.toml" if path.is_dir() else path
    if not file.exists():
        raise InputError(
            "there is no corpus here: no align.toml" if path.is_dir() else "no such file or folder",
            place=str(path),
            hint="name a folder that has one (align run corpora/lavrov-2017-05-10), or give documents as FILE:LANGUAGE",
        )
    try:
        content = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(str(file), [f"not TOML: {error}"], hint="text needs quotation marks; the README shows a whole file") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(str(file), [f"not UTF-8 (byte {error.start})"], hint="save the file as UTF-8") from error
    except OSError as error:
        raise InputError(f"cannot read ({error.strerror})", place=str(file)) from error
    problems: list[str] = []
    sections = {name: _section(name, content, problems) for name in SECTIONS}
    for name in content:
        if name not in SECTIONS and name != "documents":
            problems.append(f"{name}: unknown section{_nearest(name, [*SECTIONS, 'documents'])}")
    entries = _documents(content.get("documents"), file.parent, problems)
    named = {name for entry in entries for name in (entry.outlet, entry.language, entry.id, entry.path.stem) if name}
    if named and (base := sections["export"].get("base", "")) and base not in named:
        problems.append(f"export -> base: no document has the outlet, language or id {base!r}{_nearest(base, sorted(named))}")
    if problems:
        raise ConfigurationError(str(file), problems)
    corpus, export = sections["corpus"], sections["export"]
    folder = file.parent
    return Configuration(
        name=corpus.get("name", folder.resolve().name),
        folder=folder,
        documents=tuple(entries),
        original_language=corpus.get("original_language", ""),
        mode=corpus.get("mode", "auto"),
        encoder=sections["embed"].get("encoder", "auto"),
        backtranslate=BacktranslateSettings(**sections["backtranslate"]),
        out=folder / "out",
        tmx=folder / export["tmx"] if "tmx" in export else folder / "out" / "tmx",
        base=export.get("base", ""),
        by_score=export.get("by_score", False),
        decisions=folder / "decisions.jsonl",
    )


def _section(name: str, content: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    section = content.get(name, {})
    if not isinstance(section, dict):
        problems.append(f"{name}: must be a section, written [{name}]")
        return {}
    return _checked(name, section, SECTIONS[name], problems)


def _checked(place: str, table: dict[str, Any], keys: dict[str, _Key], problems: list[str]) -> dict[str, Any]:
    good = {}
    for name, value in table.items():
        if name not in keys:
            problems.append(f"{place} -> {name}: unknown key{_nearest(name, keys)}")
        elif not isinstance(value, keys[name].kind) or not keys[name].check(value):
            problems.append(f"{place} -> {name}: {value!r} is not {keys[name].says}")
        else:
            good[name] = value
    return good


def _nearest(name: str, known: Sequence[str] | dict[str, _Key]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else f" (known: {', '.join(known)})"


def _documents(tables: Any, folder: Path, problems: list[str]) -> list[Entry]:
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        problems.append("documents: needs at least one [[documents]] entry with path and language")
        return []
    entries: list[Entry] = []
    for number, table in enumerate(tables, 1):
        place = f"documents {number}"
        before = len(problems)
        good = _checked(place, table, DOCUMENT, problems)
        problems += [f"{place} -> {key}: is missing" for key in ("path", "language") if key not in table]
        if len(problems) == before:
            entries += _entries(place, good, folder, problems)
    ids: dict[str, str] = {}
    for entry in entries:
        if entry.id and ids.setdefault(entry.id, entry.label) != entry.label:
            problems.append(f"documents: two of them have the id {entry.id!r} ({ids[entry.id]} and {entry.label})")
    return entries


def _entries(place: str, table: dict[str, Any], folder: Path, problems: list[str]) -> list[Entry]:
    """One entry, or with `{group}` in the path one for each file that fits, in alphabetical order."""
    date = _date(table["date"]) or "" if "date" in table else ""
    common = {name: table.get(name, "") for name in ("language", "outlet", "url", "id")}
    common |= {"date": date, "paragraphs": str(table.get("paragraphs", ""))}
    path = str(table["path"])
    if "{group}" not in path:
        file = folder / path
        if not file.exists():
            problems.append(f"{place} -> path: no such file: {path}")
        return [Entry(path=file, label=path, group=table.get("group", ""), **common)]
    before, _, after = path.rpartition("/")[2].partition("{group}")
    parent = folder / path.rpartition("/")[0]
    if "{group}" in path.rpartition("/")[0] or "{group}" in after:
        problems.append(f"{place} -> path: {{group}} may stand once, in the file's name")
        return []
    found = sorted(file for file in parent.glob("*") if file.name.startswith(before) and file.name.endswith(after) and len(file.name) > len(before + after))
    if not found:
        problems.append(f"{place} -> path: no file fits {path}")
    return [Entry(path=file, label=str(file), group=file.name[len(before) : len(file.name) - len(after) or None], **common) for file in found]


def from_arguments(arguments: Sequence[str], out: Path) -> Configuration:
    """A corpus from `FILE:LANGUAGE[:OUTLET]` arguments.

    Raises UsageError for an argument of another form.
    """
    entries = []
    for argument in arguments:
        match = re.fullmatch(r"(?P<path>.+?):(?P<language>[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*)(?::(?P<outlet>[^:]+))?", argument)
        if match is None or (Path(argument).exists() and ":" not in argument):
            raise UsageError(
                f"{argument!r} does not say in which language it is", hint="write FILE:LANGUAGE or FILE:LANGUAGE:OUTLET, such as speech.txt:en:Reuters"
            )
        path = Path(match["path"])
        entries.append(Entry(path=path, label=str(path), language=match["language"], outlet=match["outlet"] or ""))
    return Configuration(
        name=out.resolve().name or "align", folder=Path(), documents=tuple(entries), out=out, tmx=out / "tmx", decisions=out / "decisions.jsonl"
    )


def remember(configuration: Configuration) -> None:
    """Keep the configuration beside what the run wrote, so that `recall` can take the run up again without the corpus at hand."""
    absolute = replace(
        configuration,
        **{name: getattr(configuration, name).absolute() for name in ("folder", "out", "tmx")},
        decisions=configuration.decisions.absolute() if configuration.decisions else None,
        documents=tuple(replace(entry, path=entry.path.absolute()) for entry in configuration.documents),
    )
    path, text = configuration.out / ".stages" / REMEMBERED, json.dumps(to_plain(absolute), ensure_ascii=False) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)


def recall(out: Path) -> Configuration:
    """The configuration of the run that wrote this folder.

    Raises InputError when no run did.
    """
    path = out / ".stages" / REMEMBERED
    try:
        configuration: Configuration = from_plain(Configuration, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("no run wrote this folder", place=str(out), hint="run first: align run CORPUS") from error
    # The folder may have been moved since.
    inside = configuration.decisions is not None and configuration.decisions.parent == configuration.out
    return replace(configuration, out=out, decisions=out / "decisions.jsonl" if inside else configuration.decisions)
