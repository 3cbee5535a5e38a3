"""Align a made text of the given length and print aligner, segments of both sides, CPU seconds of the search, peak MB, beads.

Usage: python benchmarks/bitext/scaling.py SOURCE_SEGMENTS [ours | galechurch | sentweave]

The seconds are without encoding, the memory is that of the whole process, vectors included.

Segments are random words; the vector of a text is the sum of a random vector a word and of noise, so spans behave like
real ones. A quarter of the beads are 1-2, some 2-1, some segments stand alone.
"""

from __future__ import annotations

import os
import random
import resource
import sys
import time
import zlib
from collections.abc import Sequence

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

STEMS = ("river", "minister", "report", "market", "winter", "train", "letter", "garden", "council", "energy")
SHAPES = [((1, 1), 60), ((1, 2), 25), ((2, 1), 5), ((0, 1), 7), ((1, 0), 3)]


def make(segments: int, seed: int = 1) -> tuple[list[str], list[str]]:
    chance = random.Random(seed)
    source: list[str] = []
    target: list[str] = []
    while len(source) < segments:
        (a, b), *_ = chance.choices([shape for shape, _ in SHAPES], [weight for _, weight in SHAPES])
        lines = [" ".join(f"{chance.choice(STEMS)}{chance.randrange(3000)}" for _ in range(7)) for _ in range(max(a, b))]
        for side, many in ((source, a), (target, b)):
            side += [" ".join(lines) + "."] if many == 1 else [line + "." for line in lines[:many]]
    return source, target


class MadeEncoder:
    """Sums of random word vectors (windows of one long row of random numbers) and noise; counts its own CPU seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.pool = np.random.default_rng(7).standard_normal(1 << 20, dtype=np.float32)

    def window(self, text: str) -> np.ndarray:
        start = zlib.crc32(text.encode()) % (len(self.pool) - 512)
        return self.pool[start : start + 512]

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        start = time.process_time()
        vectors = np.zeros((len(texts), 512), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in text.rstrip(".").split():
                row += self.window(word)
            row += 1.5 * self.window(text)
            row /= np.sqrt(row @ row)
        self.seconds += time.process_time() - start
        return vectors


def ours(source: list[str], target: list[str], encode: MadeEncoder) -> int:
    import importlib

    found = importlib.import_module("align.aligner").align(source, target, encode)
    return sum(bool(pairing.source and pairing.target) for pairing in found)


def galechurch(source: list[str], target: list[str], encode: MadeEncoder) -> int:
    import galechurch

    return sum(bead.source_end > bead.source_start and bead.target_end > bead.target_start for bead in galechurch.align(source, target).beads)


def sentweave(source: list[str], target: list[str], encode: MadeEncoder) -> int:
    from sentweave import align

    return sum(bool(bead.src_indices and bead.tgt_indices) for bead in align(source, target, encode).alignments)


ALIGNERS = {"ours": ours, "galechurch": galechurch, "sentweave": sentweave}


def main() -> None:
    size, name = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "ours"
    source, target = make(size)
    encode, start = MadeEncoder(), time.process_time()
    beads = ALIGNERS[name](source, target, encode)
    seconds = time.process_time() - start - encode.seconds
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name} {len(source)} {len(target)} {seconds:.1f} {peak:.0f} {beads}", flush=True)


if __name__ == "__main__":
    main()
