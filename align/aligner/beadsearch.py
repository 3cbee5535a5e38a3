"""Posterior probabilities of beads in a band of the grid of two texts; called by `aligner`.

A node (i, j) says that the first i source and j target segments are covered; a bead of size (a, b) leads from
(i - a, j - b) to (i, j). The lattice is a semi-Markov conditional random field with three states: after a bead, in
a run of source gaps, in a run of target gaps (in this order, so that a run has one derivation); the first gap
of a run pays `gap_open`, so blocks left out are cheaper than scattered segments, and a run that goes on in the other text
pays `gap_turn`, for what stands in the same place is mostly a translation, however free. Forward and backward sums (Rabiner
1989; for segments Sarawagi and Cohen 2004) give each bead's probability. Time and memory are proportional to the number of
nodes in the band.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.int64]

IMPOSSIBLE = np.float32(-1e9)
WIDE = 64  # parts with a wider row are searched alone


@dataclass(frozen=True, slots=True)
class Band:
    """Row i of the lattice holds the columns first[i] to last[i] - 1.

    Nodes are kept in one flat array with a guard cell, which is never reached, on either side of every row. `joints` are
    rows of a single node that every chain goes through, the first and the last row among them: the parts between
    are independent, so that they are searched side by side, a row of each at a time.
    """

    first: Integers
    last: Integers
    joints: Integers

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
    i - 1 alone (rows long), `target_gaps` likewise (columns long); `gap_open` and `gap_turn` are numbers, or one for each part.
    """

    band: Band
    sizes: tuple[tuple[int, int], ...]
    scores: Floats
    source_gaps: Floats
    target_gaps: Floats
    gap_open: float | Floats
    gap_turn: float | Floats


@dataclass(frozen=True, slots=True)
class Posterior:
    """Beads that are worth keeping: `beads` has a row a bead (i, j, index of its size), `probability` one number each.

    `source_gaps[i]` and `target_gaps[j]` are the probabilities that segment i - 1 or j - 1 stands alone. Of each part
    between joints, `evidence` is the logarithm of the sum over all chains, `gap_runs` the expected number of runs of gaps and
    `gap_turns` of runs that go on in the other text.
    """

    beads: Integers
    probability: Floats
    source_gaps: Floats
    target_gaps: Floats
    evidence: Floats
    gap_runs: Floats
    gap_turns: Floats


def sizes_up_to(largest: int) -> tuple[tuple[int, int], ...]:
    """All bead sizes (a, b) with both sides and a + b at most largest + 1: 1-1 first, then by sum and source."""
    return tuple((a, total - a) for total in range(2, largest + 2) for a in range(1, total))


def posterior(lattice: Lattice, keep: float = 1e-3) -> Posterior:
    """Forward and backward sums; beads less probable than `keep` are left out."""
    band = lattice.band
    width = np.maximum.reduceat(band.last - band.first, band.joints[:-1])
    width[-1] = max(width[-1], band.last[-1] - band.first[-1])
    many = live_sizes(lattice)
    narrow = [(np.flatnonzero((width <= WIDE) & (many == count)), int(count)) for count in np.unique(many)]
    wide = [(np.asarray([part]), int(many[part])) for part in np.flatnonzero(width > WIDE)]
    groups = [(parts, count) for parts, count in narrow + wide if len(parts)]
    tables = _Tables(*(np.full(int(band.starts()[-1]) + 1, IMPOSSIBLE, dtype=np.float32) for _ in range(6)))
    found = [_search(lattice, _Grid(lattice, parts, count), tables, np.float32(np.log(keep))) for parts, count in groups]
    beads, probability = (np.concatenate([part[x] for part in found]) for x in (0, 1))
    order = np.lexsort((beads[:, 2], beads[:, 1], beads[:, 0]))
    gaps = [np.minimum(sum(part[x] for part in found), 1.0).astype(np.float32) for x in (2, 3)]
    back = np.argsort(np.concatenate([parts for parts, _ in groups]))
    counts = [np.concatenate([part[x] for part in found])[back] for x in (4, 5, 6)]
    return Posterior(beads[order], np.minimum(probability[order], np.float32(1.0)), gaps[0], gaps[1], *counts)


def live_sizes(lattice: Lattice) -> Integers:
    """For each part how many of the sizes, from the first, its beads have; counted in steps, so that parts can share a search."""
    nodes = lattice.band.starts()[lattice.band.joints[:-1] + 1]
    live = np.maximum.reduceat(lattice.scores, nodes, axis=1) > IMPOSSIBLE / 2
    count = np.where(live.any(axis=0), len(live) - np.argmax(live[::-1], axis=0), 1)
    steps = np.unique(np.minimum([x * (x - 1) // 2 for x in (3, 5, 6, 7, 9)] + [len(live)], len(live)))
    return np.asarray(steps[np.searchsorted(steps, count)])


class _Grid:
    """Where the nodes before and after those of a row lie in the flat arrays; one row of each of several parts at a time."""

    def __init__(self, lattice: Lattice, parts: Integers, sizes: int) -> None:
        band = lattice.band
        self.starts, self.first, self.width = band.starts(), band.first, band.last - band.first
        self.a = np.array([a for a, _ in lattice.sizes[:sizes]])[:, None]
        self.b = np.array([b for _, b in lattice.sizes[:sizes]])[:, None, None]
        self.offset = (np.arange(len(self.a)) * self.starts[-1])[:, None, None]
        self.low, self.high = band.joints[parts], band.joints[parts + 1]
        self.open, self.turn = (np.broadcast_to(price, len(band.joints) - 1)[parts][:, None] for price in (lattice.gap_open, lattice.gap_turn))
        self.shared = np.isin(np.arange(band.rows), band.joints[1:-1])

    def nodes(self, rows: Integers) -> tuple[Integers, NDArray[np.bool_]]:
        """The nodes of the rows, shape (rows, widest), and which of them exist; the others point to the spare last cell."""
        inside = np.arange(self.width[rows].max()) < self.width[rows][:, None]
        return np.where(inside, self.starts[rows][:, None] + 1 + np.arange(inside.shape[1]), self.starts[-1]), inside

    def shifted(self, rows: Integers, parts: Integers, sign: int, columns: int) -> Integers:
        """The nodes (row + sign * a, j + sign * b): shape (sizes, rows, columns); guards where there is none."""
        other = rows + sign * self.a
        outside = (other < self.low[parts]) | (other > self.high[parts])
        other = np.where(outside, rows, other)
        place = np.arange(columns) + (self.first[rows] - self.first[other] + 1)[:, :, None] + sign * self.b
        place = np.minimum(np.maximum(place, 0), (self.width[other] + 1)[:, :, None])
        place[outside] = 0
        return np.asarray(place + self.starts[other][:, :, None])

    def beside(self, rows: Integers, sign: int, columns: int) -> Integers:
        """The nodes of the rows before or after at the same columns."""
        other = rows + sign
        place = np.arange(columns) + (self.first[rows] - self.first[other] + 1)[:, None]
        return np.asarray(np.minimum(np.maximum(place, 0), (self.width[other] + 1)[:, None]) + self.starts[other][:, None])

    def gaps(self, values: Floats, rows: Integers, columns: int) -> Floats:
        """The gap scores of the target at the columns of the rows."""
        return np.asarray(values[np.minimum(self.first[rows][:, None] + np.arange(columns), len(values) - 1)])


@dataclass(frozen=True, slots=True)
class _Tables:
    """Sums per node, flat. Forward: after a bead, in a run of source gaps, in a run of target gaps, together; backward likewise."""

    bead: Floats
    source: Floats
    target: Floats
    total: Floats
    after_bead: Floats
    after_source: Floats


def _search(lattice: Lattice, grid: _Grid, tables: _Tables, keep: np.float32) -> tuple[Integers, Floats, Floats, Floats, Floats, Floats, Floats]:
    """Both sums over some parts: beads, their probabilities, gaps of both sides; of each part evidence, runs of gaps and turns."""
    joints = np.union1d(grid.low, grid.high)
    for table in (tables.bead, tables.total, tables.after_bead, tables.after_source):
        table[grid.starts[joints[grid.shared[joints]]] + 1] = 0.0
    evidence = _forward(lattice, grid, tables)
    return _backward(lattice, grid, tables, evidence, keep)


def _forward(lattice: Lattice, grid: _Grid, tables: _Tables) -> Floats:
    flat, length = lattice.scores.reshape(-1), grid.high - grid.low
    evidence = np.zeros(len(length), dtype=np.float32)
    for step in range(int(length.max()) + 1):
        parts = np.flatnonzero(length >= step)
        rows = grid.low[parts] + step
        here, inside = grid.nodes(rows)
        columns = here.shape[1]
        bead, source = (np.full(here.shape, IMPOSSIBLE, dtype=np.float32) for _ in range(2))
        if step == 0:
            bead[:, 0] = 0.0
        else:
            scores = flat[np.where(inside, here, 0) + grid.offset]
            bead = np.where(inside, _log_sum(tables.total[grid.shifted(rows, parts, -1, columns)] + scores), IMPOSSIBLE)
            above = grid.beside(rows, -1, columns)
            source = np.logaddexp(tables.bead[above] + grid.open[parts], tables.source[above]) + lattice.source_gaps[rows][:, None]
        target = _run_right(np.logaddexp(bead + grid.open[parts], source + grid.turn[parts]), grid.gaps(lattice.target_gaps, rows, columns))
        total = np.logaddexp(np.logaddexp(bead, source), target)
        ends = length[parts] == step
        evidence[parts[ends]] = total[np.arange(len(rows)), grid.width[rows] - 1][ends]
        write = inside & ~grid.shared[rows][:, None]
        for table, value in ((tables.bead, bead), (tables.source, source), (tables.target, target), (tables.total, total)):
            table[here[write]] = value[write]
    return evidence


def _backward(
    lattice: Lattice, grid: _Grid, tables: _Tables, evidence: Floats, keep: np.float32
) -> tuple[Integers, Floats, Floats, Floats, Floats, Floats, Floats]:
    band, flat, length = lattice.band, lattice.scores.reshape(-1), grid.high - grid.low
    source_gaps, target_gaps = np.zeros(band.rows), np.zeros(band.columns)
    kept: list[Integers] = [np.zeros((0, 3), dtype=np.int64)]
    chances: list[Floats] = [np.zeros(0, dtype=np.float32)]
    runs, turns = np.zeros(len(length)), np.zeros(len(length))
    for step in range(int(length.max()) + 1):
        parts = np.flatnonzero(length >= step)
        rows, known = grid.high[parts] - step, evidence[parts][:, None]
        here, inside = grid.nodes(rows)
        columns = here.shape[1]
        gaps = grid.gaps(lattice.target_gaps, rows, columns)
        following, down = (np.full(here.shape, IMPOSSIBLE, dtype=np.float32) for _ in range(2))
        if step == 0:
            following[np.arange(len(rows)), grid.width[rows] - 1] = 0.0
        else:
            ahead = grid.shifted(rows, parts, 1, columns)
            leaving = flat[ahead + grid.offset] + tables.after_bead[ahead]
            following = np.where(inside, _log_sum(leaving), IMPOSSIBLE)
            down = np.where(inside, tables.after_source[grid.beside(rows, 1, columns)] + lattice.source_gaps[rows + 1][:, None], IMPOSSIBLE)
            chance = leaving + (tables.total[here] - known)
            which, part, column = np.nonzero((chance > keep) & inside)
            kept.append(np.stack([rows[part] + grid.a[which, 0], grid.first[rows[part]] + column + grid.b[which, 0, 0], which], axis=1))
            chances.append(np.exp(np.minimum(chance[which, part, column], 0.0)))
        after_target, more = _run_left(following, gaps)
        opening, turning = np.logaddexp(down, more) + grid.open[parts], more + grid.turn[parts]
        after_source, after_bead = np.logaddexp(following, np.logaddexp(down, turning)), np.logaddexp(following, opening)
        through = [
            np.where(inside, np.exp(tables.source[here] + after_source - known), 0.0),
            np.where(inside, np.exp(tables.target[here] + after_target - known), 0.0),
        ]
        write = inside & ~grid.shared[rows][:, None]
        np.add.at(source_gaps, rows, np.where(write, through[0], 0.0).sum(axis=1))
        np.add.at(target_gaps, np.where(inside, grid.first[rows][:, None] + np.arange(columns), 0), np.where(write, through[1], 0.0))
        opens = inside if step else write
        runs[parts] += np.where(opens, np.exp(tables.bead[here] + opening - known), 0.0).sum(axis=1)
        turns[parts] += np.where(write, np.exp(tables.source[here] + turning - known), 0.0).sum(axis=1)
        tables.after_bead[here[write]], tables.after_source[here[write]] = after_bead[write], after_source[write]
    return np.concatenate(kept), np.concatenate(chances), source_gaps, target_gaps, evidence, runs, turns


def _log_sum(values: Floats) -> Floats:
    top = values.max(axis=0)
    return np.asarray(top + np.log(np.exp(values - top).sum(axis=0)), dtype=np.float32)


def _run_right(opened: Floats, gaps: Floats) -> Floats:
    """Sums over runs of target gaps that end in each column: opened[j'] plus the gaps of the columns j' + 1 to j."""
    run = np.full_like(opened, IMPOSSIBLE)
    sums = np.cumsum(gaps, axis=1, dtype=np.float64) - gaps[:, :1]
    run[:, 1:] = np.logaddexp.accumulate(opened - sums, axis=1)[:, :-1] + sums[:, 1:]
    return run


def _run_left(following: Floats, gaps: Floats) -> tuple[Floats, Floats]:
    """Backward sums for the state inside a run of target gaps, and for one more gap."""
    sums = np.cumsum(gaps, axis=1, dtype=np.float64) - gaps[:, :1]
    inside = np.logaddexp.accumulate((following + sums)[:, ::-1], axis=1)[:, ::-1] - sums
    more = np.full_like(following, IMPOSSIBLE)
    more[:, :-1] = inside[:, 1:] + gaps[:, 1:]
    return inside, more
