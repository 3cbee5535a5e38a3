"""Pairs a CPU second and memory of `align score`, on the pairs of REFreSD over and over, numbered so that no two are the same.

    ALIGN_SHARED=../shared OMP_NUM_THREADS=1 python benchmarks/divergence/speed.py [ROWS] [ENCODER]

Default: 2,000 rows, `use`. Prints a line every tenth of the way: a flat column of memory is what constant memory looks like.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from itertools import count, cycle, islice
from pathlib import Path

import data

from align.embed import open_encoder
from align.judge import judge


def memory() -> float:
    """Resident memory now, MB (Linux); elsewhere the peak."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def pairs(rows: int) -> Iterator[tuple[str, str]]:
    known = [(row.pair.member_a.text, row.pair.member_b.text) for row in data.refresd()]
    return islice(((f"{a} {number}", f"{b} {number}") for (a, b), number in zip(cycle(known), count(), strict=False)), rows)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    encoder = open_encoder(sys.argv[2] if len(sys.argv) > 2 else "use", ("en", "fr"))
    encoder.encode(["warm"])
    began = time.process_time()
    for number, _ in enumerate(judge(pairs(rows), ("en", "fr"), encoder.encode), 1):
        if number % max(1, rows // 10) == 0:
            print(f"{number} pairs, {number / (time.process_time() - began):.0f} a CPU second, {memory():.0f} MB", flush=True)


if __name__ == "__main__":
    main()
