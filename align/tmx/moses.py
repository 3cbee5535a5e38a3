"""Units as pairs of plain text files, line by line, as Moses and OPUS have them: `NAME.en-de.en`, `NAME.en-de.de`.

`convert` calls this. A line holds text alone: everything else is lost, and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from ..errors import InputError
from ..store import replacing
from .languages import canonical, key
from .lines import bounded_lines
from .model import Unit, Variant

_NAME = re.compile(r"(?P<stem>.+)\.(?P<a>[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*?)-(?P<b>[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*?)\.(?:(?P=a)|(?P=b))")
MAX_PAIRS = 100


def write_moses(path: Path, units: Callable[[], Iterator[Unit]], source_language: str, tally: Counter[str]) -> tuple[int, list[Path]]:
    """Write the source language beside each other one; `path` gives folder and name (`NAME.moses`). Gives lines and files."""
    stem = path.name.removesuffix(".moses")
    pairs: dict[tuple[str, str], tuple[IO[str], IO[str]]] = {}
    files: list[Path] = []
    count = 0
    with ExitStack() as stack:
        for unit in units():
            first = next((side for side in unit.variants if key(side.language) == key(source_language)), None)
            for side in unit.variants:
                if first is None or not first.text.strip() or not side.text.strip():
                    tally["variant without a source beside it"] += side is not first
                elif key(side.language) != key(first.language):
                    pair = (canonical(first.language), canonical(side.language))
                    if pair not in pairs:
                        if len(pairs) >= MAX_PAIRS:
                            raise InputError(f"more than {MAX_PAIRS} pairs of languages", place=str(path), hint="split the memory first")
                        names = [path.parent / f"{stem}.{pair[0]}-{pair[1]}.{language}" for language in pair]
                        files += names
                        pairs[pair] = stack.enter_context(replacing(names[0])), stack.enter_context(replacing(names[1]))
                    for file, text in zip(pairs[pair], (first.text, side.text), strict=True):
                        file.write(" ".join(text.encode("utf-8", "replace").decode().split()) + "\n")
                    count += 1
                tally["inline codes of a segment"] += bool(side.markup)
            tally["properties, notes, attributes and identifier of a unit"] += bool(unit.properties or unit.notes or unit.attributes or unit.id)
    return count, files


def partners(path: Path) -> tuple[Path, str, Path, str] | None:
    """The two files (with their languages) that a name like `corpus.en-de.en` stands for, or None for another name."""
    found = _NAME.fullmatch(path.name)
    if not found:
        return None
    a, b = found["a"], found["b"]
    front = f"{found['stem']}.{a}-{b}"
    return path.with_name(f"{front}.{a}"), a, path.with_name(f"{front}.{b}"), b


def read_moses(path: Path) -> Iterator[Unit]:
    """The units of the two files that belong together. Raises InputError when one is missing or they differ in length."""
    found = partners(path)
    assert found is not None
    first, a, second, b = found
    number = 0
    try:
        with first.open(encoding="utf-8-sig", newline="\n") as one, second.open(encoding="utf-8-sig", newline="\n") as other:
            for left, right in zip(bounded_lines(one, first), bounded_lines(other, second), strict=True):
                number += 1
                yield Unit("", (Variant(a, left.rstrip("\r\n")), Variant(b, right.rstrip("\r\n"))))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read ({error})", place=str(path), hint=f"{first.name} and {second.name} must stand side by side, in UTF-8") from error
    except ValueError as error:
        raise InputError("the two files differ in their number of lines", place=f"{first}:{number + 1}", hint=f"compare it with {second.name}") from error
