"""The chain of beads with the most expected right ones, from their probabilities; called by `aligner`.

In: a `Posterior` and its band. Out: spans of both texts, in order, gaps left out.
"""

from __future__ import annotations

import numpy as np

from .beadsearch import Band, Integers, Posterior

Chain = list[tuple[int, int, int, int]]


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
