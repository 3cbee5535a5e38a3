"""Posterior probabilities of beads in a band of the grid of two texts, and the best chain; called by `bitext`.

A node (i, j) says that the first i source and j target segments are covered; a bead of size (a, b) leads from
(i - a, j - b) to (i, j). The lattice is a semi-Markov conditional random field with three states: after a bead, in
a run of source gaps, in a run of target gaps (in this order, so that a run has one derivation); the first gap
of a run pays `gap_open`, so blocks left out are cheaper than scattered segments. Forward and backward sums (Rabiner
1989; for segments Sarawagi and Cohen 2004) give each bead's probability; the chain that is returned is the one with
the most expected right beads. Time and memory are proportional to the number of nodes in the band.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Chain = list[tuple[int, int, int, int]]

IMPOSSIBLE = np.float32(-1e9)


@dataclass(frozen=True, slots=True)
class Band:
    """Row i of the lattice holds the columns first[i] to last[i] - 1.

    Nodes are kept in one flat array with a guard cell, which is never reached, on either side of every row.
    """

    first: Integers
    last: Integers

    @property
    def rows(self) -> int:
        return len(self.first)

    @property
    def columns(self) -> int:
        return int(self.last[-1])

    def starts(self) -> Integers:
        """Where each row's left guard is; the last number is the length of the flat array."""
        return np.concatenate([[0], np.cumsum(self.last - self.first + 2)])

    def blocks(self, cells: int = 1 << 13) -> Iterator[tuple[int, int]]:
        """Runs of rows whose enclosing rectangle has at most `cells` nodes (or that are one row)."""
        low = 0
        while low < self.rows:
            left, right, high = int(self.first[low]), int(self.last[low]), low + 1
            while high < self.rows:
                left, right = min(left, int(self.first[high])), max(right, int(self.last[high]))
                if (high + 1 - low) * (right - left) > cells:
                    break
                high += 1
            yield low, high
            low = high


@dataclass(frozen=True, slots=True)
class Lattice:
    """What the search walks over.

    `sizes` are the bead sizes with both sides; `scores` has shape (sizes, length of the flat array): the bead of that
    size that ends in the node, IMPOSSIBLE where there is none. `source_gaps[i]` is the score of leaving source segment
    i - 1 alone (rows long), `target_gaps` likewise (columns long).
    """

    band: Band
    sizes: tuple[tuple[int, int], ...]
    scores: Floats
    source_gaps: Floats
    target_gaps: Floats
    gap_open: float


@dataclass(frozen=True, slots=True)
class Posterior:
    """Beads that are worth keeping: `beads` has a row a bead (i, j, index of its size), `probability` one number each.

    `source_gaps[i]` and `target_gaps[j]` are the probabilities that segment i - 1 or j - 1 stands alone;
    `evidence` is the logarithm of the sum over all chains, `gap_runs` the expected number of runs of gaps.
    """

    beads: Integers
    probability: Floats
    source_gaps: Floats
    target_gaps: Floats
    evidence: float
    gap_runs: float


def sizes_up_to(largest: int) -> tuple[tuple[int, int], ...]:
    """All bead sizes (a, b) with both sides and a + b at most largest + 1: 1-1 first, then by sum and source."""
    return tuple((a, total - a) for total in range(2, largest + 2) for a in range(1, total))


def posterior(lattice: Lattice, keep: float = 1e-3) -> Posterior:
    """Forward and backward sums; beads less probable than `keep` are left out."""
    grid = _Grid(lattice)
    bead, source, target, total = _forward(lattice, grid)
    return _backward(lattice, grid, _Tables(bead, source, target, total), keep)


class _Grid:
    """Where the nodes before and after those of a row lie in the flat arrays."""

    def __init__(self, lattice: Lattice) -> None:
        band = lattice.band
        self.starts = band.starts()
        self.first = band.first
        self.width = band.last - band.first
        self.rows = band.rows
        self.a = np.array([a for a, _ in lattice.sizes])
        self.b = np.array([b for _, b in lattice.sizes])[:, None]
        self.offset = (np.arange(len(self.a)) * self.starts[-1])[:, None]

    def row(self, row: int) -> slice:
        return slice(int(self.starts[row]) + 1, int(self.starts[row + 1]) - 1)

    def shifted(self, row: int, sign: int) -> Integers:
        """The nodes (row + sign * a, j + sign * b) for all sizes and columns of a row: shape (sizes, width); guards where there is none."""
        other = row + sign * self.a
        other = np.where((other < 0) | (other >= self.rows), row, other)
        columns = np.arange(self.first[row], self.first[row] + self.width[row]) + (1 + sign * self.b - self.first[other][:, None])
        columns = np.minimum(np.maximum(columns, 0), (self.width[other] + 1)[:, None])
        columns[other == row] = 0
        return np.asarray(columns + self.starts[other][:, None])

    def beside(self, row: int, other: int) -> Integers:
        """The nodes of another row at the columns of this one."""
        columns = np.arange(self.first[row] + 1 - self.first[other], self.first[row] + 1 - self.first[other] + self.width[row])
        return np.asarray(np.clip(columns, 0, self.width[other] + 1) + self.starts[other])


@dataclass(frozen=True, slots=True)
class _Tables:
    """Forward sums per node, flat: after a bead, in a run of source gaps, in a run of target gaps, and all together."""

    bead: Floats
    source: Floats
    target: Floats
    total: Floats


def _forward(lattice: Lattice, grid: _Grid) -> tuple[Floats, Floats, Floats, Floats]:
    bead, source, target, total = (np.full(grid.starts[-1], IMPOSSIBLE, dtype=np.float32) for _ in range(4))
    band = lattice.band
    for row in range(band.rows):
        here = grid.row(row)
        if row == 0:
            bead[here.start] = 0.0
        else:
            bead[here] = _log_sum(total[grid.shifted(row, -1)] + lattice.scores[:, here])
            above = grid.beside(row, row - 1)
            source[here] = np.logaddexp(bead[above] + lattice.gap_open, source[above]) + lattice.source_gaps[row]
        opened = np.logaddexp(bead[here] + lattice.gap_open, source[here])
        target[here] = _run_right(opened, lattice.target_gaps[band.first[row] : band.last[row]])
        total[here] = np.logaddexp(np.logaddexp(bead[here], source[here]), target[here])
    return bead, source, target, total


def _backward(lattice: Lattice, grid: _Grid, tables: _Tables, keep: float) -> Posterior:
    band = lattice.band
    evidence = float(tables.total[grid.row(band.rows - 1)][-1])
    after_bead, after_source = (np.full(grid.starts[-1], IMPOSSIBLE, dtype=np.float32) for _ in range(2))
    source_gaps, target_gaps = np.zeros(band.rows), np.zeros(band.columns)
    kept: list[Integers] = []
    chances: list[Floats] = []
    flat = lattice.scores.reshape(-1)
    runs = 0.0
    for row in range(band.rows - 1, -1, -1):
        here = grid.row(row)
        if row == band.rows - 1:
            following = np.full(here.stop - here.start, IMPOSSIBLE, dtype=np.float32)
            following[-1] = 0.0
            down = np.full_like(following, IMPOSSIBLE)
        else:
            ahead = grid.shifted(row, 1)
            leaving = flat[ahead + grid.offset] + after_bead[ahead]
            following = _log_sum(leaving)
            down = after_source[grid.beside(row, row + 1)] + lattice.source_gaps[row + 1]
            chance = leaving + (tables.total[here] - evidence)
            which, column = np.nonzero(chance > np.log(keep))
            kept.append(np.stack([row + grid.a[which], band.first[row] + column + grid.b[which, 0], which], axis=1))
            chances.append(chance[which, column])
        inside, more = _run_left(following, lattice.target_gaps[band.first[row] : band.last[row]])
        on = np.logaddexp(down, more)
        after_source[here] = np.logaddexp(following, on)
        after_bead[here] = np.logaddexp(following, on + lattice.gap_open)
        source_gaps[row] = np.exp(tables.source[here] + after_source[here] - evidence).sum()
        target_gaps[band.first[row] : band.last[row]] += np.exp(tables.target[here] + inside - evidence)
        runs += float(np.exp(tables.bead[here] + lattice.gap_open + on - evidence).sum())
    beads, probability = np.concatenate(kept), np.exp(np.concatenate(chances))
    order = np.lexsort((beads[:, 2], beads[:, 1], beads[:, 0]))
    return Posterior(beads[order], np.minimum(probability[order], np.float32(1.0)), source_gaps, target_gaps, evidence, runs)


def _log_sum(values: Floats) -> Floats:
    top = values.max(axis=0)
    return np.asarray(top + np.log(np.exp(values - top).sum(axis=0)), dtype=np.float32)


def _run_right(opened: Floats, gaps: Floats) -> Floats:
    """Sums over runs of target gaps that end in each column: opened[j'] plus the gaps of the columns j' + 1 to j."""
    run = np.full_like(opened, IMPOSSIBLE)
    sums = np.concatenate([[0.0], np.cumsum(gaps[1:], dtype=np.float64)])
    run[1:] = np.logaddexp.accumulate(opened - sums)[:-1] + sums[1:]
    return run


def _run_left(following: Floats, gaps: Floats) -> tuple[Floats, Floats]:
    """Backward sums for the state inside a run of target gaps, and for one more gap."""
    sums = np.concatenate([[0.0], np.cumsum(gaps[1:], dtype=np.float64)])
    inside = np.logaddexp.accumulate((following + sums)[::-1])[::-1] - sums
    more = np.full(len(following), IMPOSSIBLE)
    more[:-1] = inside[1:] + gaps[1:]
    return inside, more


def best_chain(found: Posterior, sizes: tuple[tuple[int, int], ...], band: Band, bias: float = 0.0, gap_weight: float = 0.5) -> Chain:
    """The chain with the greatest sum of probabilities: beads less `bias` each, gaps times `gap_weight`.

    Spans are half open (i, i', j, j'); gaps are not listed. Only the kept beads are walked, sorted by end: the best sum
    of a column is kept as a table over the columns of the last rows, brought forward with the gaps between.
    """
    grid_starts = band.starts()
    best = np.full(int(grid_starts[-1]), -1e9)
    step = np.full(int(grid_starts[-1]), -3, dtype=np.int64)  # -1 source gap, -2 target gap, else index of the bead
    ends = np.searchsorted(found.beads[:, 0], np.arange(band.rows + 1))
    columns = np.concatenate([[0.0], np.cumsum(found.target_gaps[1:] * gap_weight)])
    gain = found.probability - bias
    spans = np.array(sizes)
    for row in range(band.rows):
        left, width = int(band.first[row]), int(band.last[row] - band.first[row])
        here = slice(int(grid_starts[row]) + 1, int(grid_starts[row]) + 1 + width)
        value, move = best[here], step[here]
        if row == 0:
            value[0], move[0] = 0.0, -3
        else:
            above = np.arange(left - int(band.first[row - 1]), left - int(band.first[row - 1]) + width)
            above = np.clip(above + 1, 0, int(band.last[row - 1] - band.first[row - 1]) + 1) + int(grid_starts[row - 1])
            value[:] = best[above] + gap_weight * found.source_gaps[row]
            move[:] = -1
            for index in range(int(ends[row]), int(ends[row + 1])):
                _, j, k = (int(x) for x in found.beads[index])
                i0, j0 = row - int(spans[k, 0]), j - int(spans[k, 1])
                reached = best[grid_starts[i0] + 1 + j0 - int(band.first[i0])] + float(gain[index])
                if reached > value[j - left] + 1e-9:
                    value[j - left], move[j - left] = reached, index
        run = np.maximum.accumulate(value - columns[left : left + width]) + columns[left : left + width]
        move[run > value + 1e-9] = -2
        value[:] = run
    return _walk_back(found, sizes, band, step, grid_starts)


def _walk_back(found: Posterior, sizes: tuple[tuple[int, int], ...], band: Band, step: Integers, starts: Integers) -> Chain:
    i, j = band.rows - 1, band.columns - 1
    chain: Chain = []
    while i or j:
        move = int(step[starts[i] + 1 + j - int(band.first[i])])
        if move == -1:
            i -= 1
        elif move == -2:
            j -= 1
        else:
            a, b = sizes[int(found.beads[move, 2])]
            chain.append((i - a, i, j - b, j))
            i, j = i - a, j - b
    return chain[::-1]
