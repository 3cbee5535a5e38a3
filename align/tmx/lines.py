"""The lines of a text file, each of a bounded length. The readers of JSON Lines, TSV and Moses pairs use it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ..errors import InputError

MAX_LINE_CHARS = 10_000_000


def bounded_lines(file: IO[str], path: Path) -> Iterator[str]:
    """One line after the other, with its end. Raises InputError with file and line for one that would fill the memory."""
    number = 0
    while line := file.readline(MAX_LINE_CHARS + 1):
        number += 1
        if len(line) > MAX_LINE_CHARS:
            raise InputError(f"a line of more than {MAX_LINE_CHARS} characters", place=f"{path}:{number}", hint="the file is damaged, or none of this format")
        yield line
