"""Search for the best chain of beads in a band of the grid of two texts; called by `bitext`.

In: scores of beads, a block of rows at a time. Out: the best chain (Viterbi), or the posterior probability of
every bead (forward-backward). Both walk the same semi-Markov lattice: a node (i, j) says that the first i
source and j target segments are covered; a bead of size (a, b) leads from (i - a, j - b) to (i, j).
Time and memory are proportional to rows * width * number of bead sizes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

IMPOSSIBLE = np.float32(-1e9)


@dataclass(frozen=True, slots=True)
class Band:
    """Row i of the lattice holds the columns offsets[i] to offsets[i] + width - 1; offsets never fall."""

    offsets: Integers
    width: int
    columns: int

    @property
    def rows(self) -> int:
        return len(self.offsets)


@dataclass(frozen=True, slots=True)
class Lattice:
    """What the search walks over.

    `sizes` are the bead sizes with both sides, in a fixed order. `scores(low, high)` gives the beads that end in
    the rows low to high - 1, shape (high - low, len(sizes), width), IMPOSSIBLE where there is none.
    `source_gaps` (rows) is the score of leaving source segment i - 1 alone, `target_gaps` (columns) likewise.
    """

    band: Band
    sizes: tuple[tuple[int, int], ...]
    scores: Callable[[int, int], Floats]
    source_gaps: Floats
    target_gaps: Floats
    block: int = 128


def sizes_up_to(largest: int) -> tuple[tuple[int, int], ...]:
    """All bead sizes (a, b) with both sides and a + b at most largest + 1: 1-1 first, then by sum and source."""
    return tuple((a, total - a) for total in range(2, largest + 2) for a in range(1, total))


def best_chain(lattice: Lattice) -> list[tuple[int, int, int, int]]:
    """The best chain of beads as (source start, source end, target start, target end), gaps included, one segment each."""
    band = lattice.band
    steps = np.zeros((band.rows, band.width), dtype=np.uint8)
    values = np.full((band.rows, band.width), IMPOSSIBLE, dtype=np.float32)
    for low in range(0, band.rows, lattice.block):
        high = min(low + lattice.block, band.rows)
        scores = lattice.scores(low, high)
        for row in range(low, high):
            values[row], steps[row] = _best_row(lattice, values, row, scores[row - low])
    return _walk_back(lattice, steps)


def _best_row(lattice: Lattice, values: Floats, row: int, scores: Floats) -> tuple[Floats, NDArray[np.uint8]]:
    """One row of the Viterbi table; step 0 and 1 are a gap on the source and on the target side, k + 2 is size k."""
    candidates = _arrivals(lattice, values, row, scores)
    step = candidates.argmax(axis=0)
    best = np.take_along_axis(candidates, step[None, :], axis=0)[0]
    step[step > 0] += 1
    if row == 0 and lattice.band.offsets[0] == 0:
        best[0] = 0.0
    gaps = _gap_sums(lattice, row)
    run = np.maximum.accumulate(best - gaps)
    through = run + gaps
    step[through > best + 1e-6] = 1
    return np.maximum(best, through).astype(np.float32), step.astype(np.uint8)


def _arrivals(lattice: Lattice, values: Floats, row: int, scores: Floats) -> Floats:
    """Ways into the nodes of a row from the rows above: shape (1 + sizes, width), the first is a source gap."""
    band = lattice.band
    arrivals = np.full((1 + len(lattice.sizes), band.width), IMPOSSIBLE, dtype=np.float32)
    if row == 0:
        return arrivals
    arrivals[0] = _shifted(band, values, row, 1, 0) + lattice.source_gaps[row]
    for k, (a, b) in enumerate(lattice.sizes):
        if a <= row:
            arrivals[k + 1] = _shifted(band, values, row, a, b) + scores[k]
    return arrivals


def _shifted(band: Band, values: Floats, row: int, a: int, b: int) -> Floats:
    """The values at (row - a, j - b) for the columns j of a row."""
    shift = int(band.offsets[row] - band.offsets[row - a]) - b
    line = np.full(band.width, IMPOSSIBLE, dtype=np.float32)
    start, stop = max(0, -shift), min(band.width, band.width - shift)
    if start < stop:
        line[start:stop] = values[row - a, start + shift : stop + shift]
    return line


def _gap_sums(lattice: Lattice, row: int) -> Floats:
    """Running sums of the target gap scores over the columns of a row, from its first column on."""
    start = int(lattice.band.offsets[row])
    gaps = np.zeros(lattice.band.width, dtype=np.float32)
    inside = lattice.target_gaps[start + 1 : start + lattice.band.width]
    gaps[1 : 1 + len(inside)] = np.cumsum(inside)
    return gaps


def _walk_back(lattice: Lattice, steps: NDArray[np.uint8]) -> list[tuple[int, int, int, int]]:
    i, j = lattice.band.rows - 1, lattice.band.columns - 1
    chain = []
    while i or j:
        step = int(steps[i, j - int(lattice.band.offsets[i])])
        a, b = ((1, 0), (0, 1))[step] if step < 2 else lattice.sizes[step - 2]
        chain.append((i - a, i, j - b, j))
        i, j = i - a, j - b
    return chain[::-1]
