"""Feed the reader, the recovery, the checker and the writer with whatever libFuzzer makes of real memories.

    pip install atheris && python benchmarks/tmx/fuzz.py SEEDS... -max_total_time=600 -rss_limit_mb=400 -timeout=5

What must hold for any input: nothing but InputError is raised; what is read, strictly or leniently, can be
written, is valid TMX then, and reads back as the same units.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["align.tmx"]):
    from align.errors import InputError
    from align.tmx.check import check
    from align.tmx.model import Unit
    from align.tmx.reader import open_tmx
    from align.tmx.writer import write_tmx

FOLDER = Path("/dev/shm" if Path("/dev/shm").is_dir() else "/tmp") / f"fuzz-{os.getpid()}"
ALLOWED = ("language", "codes", "version", "source-language")


def one(data: bytes) -> None:
    """One input through everything."""
    path, again = FOLDER / "in.tmx", FOLDER / "out.tmx"
    path.write_bytes(data)
    with suppress(InputError):
        check(path)
    for lenient in (False, True):
        try:
            memory = open_tmx(path, lenient)
            units = list(memory.units)
        except InputError:
            continue
        units = [unit for unit in units if unit.variants]
        assert write_tmx(again, units, memory.header.source_language, header=memory.header, faithful=True) == len(units)
        report = check(again)
        bad = [problem for problem in report.problems if problem.severity == "error" and problem.rule not in ALLOWED]
        assert not bad, bad
        assert texts(list(open_tmx(again).units)) == texts(units)


def texts(units: Sequence[Unit]) -> list[list[tuple[str, str]]]:
    """What must survive writing and reading."""
    return [[(side.text, side.markup) for side in unit.variants] for unit in units]


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
