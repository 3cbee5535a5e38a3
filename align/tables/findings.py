"""Evidence in words, one line a finding: for the workbook and the terminal, where nothing can be marked in the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

BASES = {"rule": "words that differ", "hint": "hint", "backtranslation": "back-translation only: possible artefact"}


def basis(evidence: Mapping[str, Any]) -> str:
    """What a finding rests on: `rule`, `hint` or `backtranslation`."""
    return "backtranslation" if evidence.get("artefact") else str(evidence.get("basis") or "rule")


def sorted_findings(row: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """The findings under the kinds of a row, in the order of the kinds, and those that made no kind."""
    kinds, found = list(row.get("kinds") or ()), list(row.get("evidence") or ())
    return [each for kind in kinds for each in found if each["kind"] == kind], [each for each in found if each["kind"] not in kinds]


def values(evidence: Mapping[str, Any], longest: int = 200) -> str:
    """Both values of a finding: `“15” → “20”`; the channel where it has none."""
    said = [_shown(str(evidence.get(f"value_{side}") or ""), longest) for side in "ab"]
    return " → ".join(said) if any(evidence.get(f"value_{side}") for side in "ab") else str(evidence.get("channel", ""))


def _shown(value: str, longest: int) -> str:
    if value in ("", "-"):
        return "nothing"
    value = " ".join(value.split())
    return f"“{value}”" if len(value) <= longest else f"“{value[: longest - 1]}…”"


def _channel(evidence: Mapping[str, Any]) -> str:
    return f"{str(evidence.get('channel') or '').removeprefix('backtranslation:')} {evidence.get('version') or ''}".strip()


def in_words(row: Mapping[str, Any]) -> str:
    """All findings of a row, a line each: kind, values, what it rests on, severity, channel and its version."""
    return "\n".join(_lines(row))


def _lines(row: Mapping[str, Any]) -> Iterator[str]:
    for place, group in enumerate(sorted_findings(row)):
        for each in group:
            about = [BASES[basis(each)], f"severity {float(each.get('severity') or 0):.2f}", _channel(each)]
            yield f"{each['kind']}{' (made no kind)' if place else ''}: {values(each)} [{'; '.join(about)}]"
