"""The divergence table, flat: rows for files and other programs, and the worst of them for the terminal.

`flatten` turns a `Divergence` into one flat dictionary; `write_table` writes such dictionaries as TSV, CSV,
JSON Lines or XLSX, chosen by suffix through the writer plug-ins; `worst_rows` shows a few in the terminal.
`pipeline` writes the files, `cli` prints; `page` builds the HTML report from the same flat rows.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..registry import available, load
from ..store import replacing

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..corpus import BackTranslation, Divergence, Document, Evidence

SCHEMA = 1
FIELDS: tuple[str, ...] = (
    *("bead", "document_a", "outlet_a", "language_a", "text_a", "backtranslation_a"),
    *("document_b", "outlet_b", "language_b", "text_b", "backtranslation_b"),
    *("pivot", "engine", "bleu", "chrf", "ter", "similarity", "coverage_ab", "coverage_ba"),
    *("divergence", "grade", "percentile", "kinds", "evidence", "odd_one_out", "alignment_score", "status", "comment", "signature"),
)
STATUSES = ("accepted", "needs review", "rejected")
GRADES = ("same meaning", "nuance", "part of the meaning differs", "another claim")


def flatten(row: Divergence, documents: Mapping[str, Document]) -> dict[str, Any]:
    """One row as a flat dictionary: the contract's fields in their order, then ours.

    `documents` maps ids to documents. Numbers are rounded to four decimals; a score that was not taken is
    None. `grade` and `kinds` are the reviewer's where there is one, `grade_auto` and `kinds_auto` always the program's own.
    `kinds` is a list of names, `evidence` a list of objects with offsets into `text_a` and `text_b`.
    """
    pair, verdict = row.pair, row.verdict
    scores = {score.name: score.value for score in row.scores}
    back = {"a": pair.backtranslation_a, "b": pair.backtranslation_b}
    flat: dict[str, Any] = {"bead": pair.bead}
    further: dict[str, Any] = {}
    for side, member, language in (("a", pair.member_a, pair.language_a), ("b", pair.member_b, pair.language_b)):
        document = documents[member.document]
        translation = back[side]
        flat |= {
            f"document_{side}": document.stem,
            f"outlet_{side}": document.outlet,
            f"language_{side}": language,
            f"text_{side}": member.text,
            f"backtranslation_{side}": translation.text if translation else "",
        }
        further |= {
            f"document_id_{side}": member.document,
            f"start_{side}": member.start,
            f"end_{side}": member.end,
            f"speaker_{side}": member.speaker,
            f"speech_{side}": member.speech,
            f"pivot_text_{side}": translation.pivot_text if translation else "",
            f"doubt_{side}": translation.doubt if translation else "",
        }
    flat |= {"pivot": _both(back.values(), "pivot"), "engine": _both(back.values(), "engine")}
    flat |= {name: _number(scores.pop(name, None)) for name in ("bleu", "chrf", "ter", "similarity", "coverage_ab", "coverage_ba")}
    flat |= {
        "divergence": _number(verdict.divergence),
        "grade": row.grade,
        "percentile": _number(verdict.percentile),
        "kinds": list(row.kinds),
        "evidence": [_evidence(evidence) for evidence in verdict.evidence],
        "odd_one_out": row.odd_one_out,
        "alignment_score": _number(row.alignment_score),
        "status": row.status,
        "comment": row.comment,
        "signature": verdict.signature,
    }
    further |= {"grade_auto": verdict.grade, "kinds_auto": list(verdict.kinds), "reviewer": row.reviewer}
    return flat | further | {name: _number(value) for name, value in scores.items()} | {"schema": SCHEMA}


def _both(translations: Iterable[BackTranslation | None], name: str) -> str:
    """What the two back-translations say of themselves, once when they agree."""
    return " | ".join(dict.fromkeys(value for each in translations if each and (value := getattr(each, name))))


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "kind": evidence.kind,
        "channel": evidence.channel,
        "span_a": list(evidence.span_a),
        "span_b": list(evidence.span_b),
        "value_a": evidence.value_a,
        "value_b": evidence.value_b,
        "artefact": evidence.artefact,
        "basis": evidence.basis,
        "severity": _number(evidence.severity),
        "version": evidence.version,
    }


def _number(value: float | None) -> float | None:
    """Rounded to four decimals; None for what is not a finite number (JSON has no word for it), never -0.0."""
    return None if value is None or not math.isfinite(value) else round(float(value), 4) + 0.0


def plain(value: Any) -> Any:
    """A value with its numbers rounded to four decimals, at any depth."""
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


def cell(value: Any) -> str | int | float:
    """A value as one cell of a spreadsheet: names joined by `|`, anything deeper as JSON, nothing as ""."""
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return "|".join(value)
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return value if isinstance(value, (int, float)) else str(value)


def columns(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The names of all fields, in the order in which they first appear."""
    return list(dict.fromkeys(name for row in rows for name in row))


def write_table(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows to `path` in the format of its suffix (.tsv, .csv, .jsonl, .xlsx, or a plug-in's).

    Raises UsageError for a suffix that no writer knows, OutputError when the file cannot be written.
    """
    name = path.suffix.lower().lstrip(".")
    known = available("writers")
    if name not in known:
        raise UsageError(
            f"no table format has the suffix {path.suffix or '(none)'!r}", place=str(path), hint=f"known: {', '.join('.' + each for each in known)}"
        )
    load("writers", name)().write(path, rows)


class TsvWriter:
    """Tab-separated UTF-8: a header line, no quoting; tab, line ends and backslash written `\\t \\n \\r \\\\`."""

    suffix = ".tsv"

    def write(self, path: Path, rows: Iterable[dict[str, Any]]) -> None:
        rows = list(rows)
        names = columns(rows) or list(FIELDS)
        with replacing(path) as file:
            file.write(tsv_line(names))
            for row in rows:
                file.write(tsv_line([row.get(name) for name in names]))


def tsv_line(values: Sequence[Any]) -> str:
    """One line of a TSV file as this program writes it."""
    return "\t".join(str(cell(value)).translate(_TSV_ESCAPES) for value in values) + "\n"


_TSV_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class CsvWriter:
    """Comma-separated UTF-8 as in RFC 4180: a header line, CRLF, quotes where a field needs them."""

    suffix = ".csv"

    def write(self, path: Path, rows: Iterable[dict[str, Any]]) -> None:
        rows = list(rows)
        names = columns(rows) or list(FIELDS)
        with replacing(path) as file:
            writer = csv.writer(file, lineterminator="\r\n")
            writer.writerow(names)
            writer.writerows([cell(row.get(name)) for name in names] for row in rows)


class JsonlWriter:
    """JSON Lines: one object a row, every object with the same keys, lists and objects as they are."""

    suffix = ".jsonl"

    def write(self, path: Path, rows: Iterable[dict[str, Any]]) -> None:
        rows = list(rows)
        names = columns(rows)
        with replacing(path) as file:
            for row in rows:
                file.write(json.dumps({name: plain(row.get(name)) for name in names}, ensure_ascii=False) + "\n")


class XlsxWriter:
    """An Excel workbook made for reviewing; see `xlsx`."""

    suffix = ".xlsx"

    def write(self, path: Path, rows: Iterable[dict[str, Any]]) -> None:
        from .xlsx import write_workbook

        write_workbook(path, list(rows))


def marks(row: Mapping[str, Any]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The words of `text_a` and `text_b` that differ, as spans, end exclusive.

    Texts in one language are held against each other; across languages each is held against the other
    side's back-translation, and has no marks without one.
    """
    from ..worddiff import diff, primary

    text_a, text_b = str(row.get("text_a") or ""), str(row.get("text_b") or "")
    language_a, language_b = str(row.get("language_a") or ""), str(row.get("language_b") or "")
    if primary(language_a) == primary(language_b):
        changes = [change for change in diff(text_a, text_b, language_a) if change.operation != "equal"]
        return _words(text_a, [change.span_a for change in changes]), _words(text_b, [change.span_b for change in changes])
    back_a, back_b = str(row.get("backtranslation_a") or ""), str(row.get("backtranslation_b") or "")
    in_a = [change.span_a for change in diff(text_a, back_b, language_a) if change.operation != "equal"] if back_b else []
    in_b = [change.span_b for change in diff(back_a, text_b, language_b) if change.operation != "equal"] if back_a else []
    return _words(text_a, in_a), _words(text_b, in_b)


def _words(text: str, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans that hold a letter or a digit: another comma or quotation mark is no other word."""
    return [(start, end) for start, end in spans if any(character.isalnum() for character in text[start:end])]


def pieces(text: str, spans: Iterable[tuple[int, int]]) -> list[tuple[bool, str]]:
    """Cut a text at spans that are in order and apart: (marked, text) pairs, none of them empty."""
    cut: list[tuple[bool, str]] = []
    place = 0
    for start, end in spans:
        cut += [(False, text[place:start]), (True, text[start:end])]
        place = end
    return [(marked, part) for marked, part in [*cut, (False, text[place:])] if part]


def worst_rows(rows: Sequence[dict[str, Any]], count: int, width: int, what: str = "pairs") -> RenderableType:
    """The `count` most divergent rows (by grade, then divergence), laid out for a terminal `width` columns wide.

    Differing words are underlined where the terminal has styles and stand in [brackets] where it has none;
    colour only adds to that. Control characters in the texts are shown, never sent. Rejected rows are left out.
    `what` says what the rows are, where they are a choice.
    """
    from .terminal import WorstRows

    standing = [row for row in rows if row.get("status") != "rejected"]
    ordered = sorted(enumerate(standing), key=lambda item: (-int(item[1].get("grade") or 0), -float(item[1].get("divergence") or 0), item[0]))
    return WorstRows([row for _, row in ordered[: max(count, 0)]], len(standing), width, len(rows) - len(standing), what)
