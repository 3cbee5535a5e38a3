"""What a reviewer's decisions leave to the search: places that no bead may reach across, beads that must not be found, nor larger ones; called by `aligner`.

In: positions in the texts as they are searched. Out: scores in which those beads are impossible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .beadsearch import IMPOSSIBLE, Band, Floats, Integers

Size = tuple[int, int]
Beads = Sequence[tuple[tuple[int, ...], tuple[int, ...]]]

NOWHERE: Integers = np.zeros(0, dtype=np.int64)
NEAR = 4  # segments around a forbidden bead in which its second choice may end: no joint stands there


@dataclass(frozen=True, slots=True)
class Limits:
    """`source` and `target`: segments that no bead may hold together with the one before; `forbidden`: beads that no bead may hold."""

    source: Integers
    target: Integers
    forbidden: Beads

    def away(self, rows: Integers) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which of the source segments are not near a forbidden bead."""
        result = np.ones(len(rows), dtype=bool)
        for left, _ in self.forbidden:
            result &= (rows < left[0] - NEAR) | (rows > left[-1] + NEAR)
        return result


NONE = Limits(NOWHERE, NOWHERE, ())


def limits_of(rows: Sequence[int], columns: Sequence[int], fixed: Beads, forbidden: Beads) -> Limits:
    """The limits among the segments that are searched, `rows` and `columns`: those without text and those of `fixed` beads are not."""
    place = {i: k for k, i in enumerate(rows)}, {j: k for k, j in enumerate(columns)}
    barred = [
        (tuple(sorted(place[0][i] for i in left)), tuple(sorted(place[1][j] for j in right)))
        for left, right in forbidden
        if left and right and all(i in place[0] for i in left) and all(j in place[1] for j in right)
    ]
    return Limits(_barriers(rows, {i for left, _ in fixed for i in left}), _barriers(columns, {j for _, right in fixed for j in right}), barred)


def _barriers(kept: Sequence[int], taken: set[int]) -> Integers:
    """Positions among the kept segments that have a taken one before them."""
    return np.array([k for k in range(1, len(kept)) if any(x in taken for x in range(kept[k - 1] + 1, kept[k]))], dtype=np.int64)


def apply_limits(limits: Limits, cuts: Integers, rows: slice, places: slice, order: Integers, scores: Floats, band: Band, sizes: tuple[Size, ...]) -> None:
    """Take out, in a section, the beads that go against the limits or reach across `cuts` of the order of the target."""
    straddled = np.concatenate([_inside(cuts, places), np.flatnonzero(np.isin(order, limits.target))])
    _forbid_across(scores, band, _inside(limits.source, rows), straddled, sizes)
    place = {int(j): p for p, j in enumerate(order)} if limits.forbidden else {}
    for left, right in limits.forbidden:
        spots = sorted(place.get(j, -1) for j in right)
        if rows.start <= left[0] and left[-1] < rows.stop and spots[0] >= 0:
            _forbid_together(scores, band, (left[0] - rows.start, left[-1] - rows.start), (spots[0], spots[-1]), sizes)


def _forbid_together(scores: Floats, band: Band, source: Size, target: Size, sizes: tuple[Size, ...]) -> None:
    """Take out the beads that hold all from the first to the last of both: a larger one would say of them, too, that they belong together."""
    starts = band.starts()
    for k, (a, b) in enumerate(sizes):
        for row in range(source[1] + 1, min(source[0] + a + 1, band.rows)):
            low, high = max(target[1] + 1, int(band.first[row])), min(target[0] + b + 1, int(band.last[row]))
            if high > low:
                scores[k, starts[row] + 1 + low - band.first[row] : starts[row] + 1 + high - band.first[row]] = IMPOSSIBLE


def _inside(places: Integers, part: slice) -> Integers:
    """The places within a part of a text, counted from its start."""
    return np.asarray(places[(places > part.start) & (places < part.stop)] - part.start)


def _forbid_across(scores: Floats, band: Band, source_cuts: Integers, target_cuts: Integers, sizes: tuple[Size, ...]) -> None:
    """Take out the beads that begin before a cut of either text and end after it."""
    starts = band.starts()
    for cut in source_cuts:
        for k, (a, _) in enumerate(sizes):
            scores[k, starts[min(int(cut) + 1, band.rows)] : starts[min(int(cut) + a, band.rows)]] = IMPOSSIBLE
    for cut in target_cuts:
        for row in np.flatnonzero((band.first < cut + max(b for _, b in sizes)) & (band.last > cut)):
            for k, (_, b) in enumerate(sizes):
                low, high = max(int(cut) + 1, int(band.first[row])), min(int(cut) + b, int(band.last[row]))
                if high > low:
                    scores[k, starts[row] + 1 + low - band.first[row] : starts[row] + 1 + high - band.first[row]] = IMPOSSIBLE
