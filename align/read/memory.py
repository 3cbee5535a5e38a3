"""A translation memory (TMX) to text: the variants in one language, one a line."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from ..errors import InputError
from ..tmx.languages import key, primary
from ..tmx.reader import read_tmx
from .plain import FileText, one_line, read_bytes


def read_memory(path: Path, language: str, name: str) -> FileText:
    """One line a unit, empty where the unit has no variant in the language, so that line N is unit N in every language.

    A variant of another region serves where there is none of the very language (`pt-BR` for `pt`). Raises InputError
    for a malformed or hostile file, and for a language that the memory does not have.
    """
    read_bytes(path, name)
    rows: list[str] = []
    seen: Counter[str] = Counter()
    for unit in read_tmx(path):
        seen.update({variant.language for variant in unit.variants})
        exact = [variant.text for variant in unit.variants if key(variant.language) == key(language)]
        near = [variant.text for variant in unit.variants if primary(variant.language) == primary(language)]
        rows.append(one_line(next(iter(exact or near), "")))
    if not any(rows):
        found = ", ".join(sorted(seen)) or "none"
        raise InputError(f"has no text in {language or 'an unnamed language'}; its languages are: {found}", place=name, hint="name one of them as the language")
    return FileText("\n".join(rows) + "\n", part=language)
