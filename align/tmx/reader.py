"""Read a translation memory of any version, 1.1 to 1.4b, unit by unit, in constant memory.

In goes a file from anywhere, out come `Unit`s and, through `open_tmx`, the header and a list of what the data
model does not hold. Inline codes, notes, properties, dates and several variants are kept. What a hostile file
could try is refused (`safe`); what is merely odd is read as far as it makes sense.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from .builder import Builder
from .model import Header, Memory, Unit
from .plain import skim
from .safe import Guard
from .source import open_source


def read_tmx(path: Path, lenient: bool = False) -> Iterator[Unit]:
    """The units of a memory, in order. Raises InputError with file, line, column, rule and remedy."""
    yield from open_tmx(path, lenient).units


def open_tmx(path: Path, lenient: bool = False) -> Memory:
    """The header of a memory, and its units as an iterator.

    Strict: raises InputError where the file stops being well-formed or is hostile (while `units` is consumed).
    `lenient` reads on after damage and puts what was lost into `losses`; see `recover`.
    """
    if lenient:
        from .recover import recover

        return recover(path)
    source = open_source(path)
    guard = Guard(source)
    memory = Memory(path, Header(""), iter(()))
    builder = Builder(guard, memory)
    drive = guard.drive(skim(source.pieces, guard, builder))

    def units() -> Iterator[Unit]:
        quiet = 0
        for taken in drive:
            quiet = builder.take(quiet + taken)
            yield from builder.found
            builder.found.clear()

    quiet = 0
    for taken in drive:
        quiet = builder.take(quiet + taken)
        if builder.past_header:
            break
    memory.units = chain(tuple(builder.found), units())
    builder.found.clear()
    return memory
