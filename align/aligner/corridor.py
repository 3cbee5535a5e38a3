"""A coarse alignment of two texts: anchors, the chain through them, blocks that were moved, and the corridor to search.

In: centred vectors of both texts. Out: a `Route`: target segments in the order of the source, and a band around the anchors
in which `beadsearch` looks for beads. Called by `aligner`. Anchors are mutual best matches; a chain through them in source
order may jump back in the target at a price, so moved blocks are found as runs of anchors (after the chaining of
seeds in genome alignment, Li 2018). Long texts are chained first over means of neighbouring segments: linear cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .beadsearch import Band

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

DENSE = 12_000_000  # pairs of segments that are compared one by one; beyond, segments are pooled first
POOLED = 2_000  # segments of the longer text after pooling
JUMP = 3.0  # price of a jump, in anchors
RUN = 7  # anchors without a break whose middle one is beyond doubt
GOOD = 0.8  # share of the typical similarity that anchors beside a joint have: two sentences of one bead may also look like a pair each
SPACING = 24  # rows between joints at least
SLACK = 0.25  # difference of length that two texts may have and still translate each other
LOOK_BACK = 40  # anchors that a chain may skip


@dataclass(frozen=True, slots=True)
class Anchors:
    """Mutual best matches (source[k], target[k]) in source order with their similarity."""

    source: Integers
    target: Integers
    similarity: Floats


@dataclass(frozen=True, slots=True)
class Route:
    """`order[p]` is the target segment at place p when moved blocks are put where the source has them; `cuts` are the
    places that no bead may straddle; (`rows`, `places`) are the anchors, rising in both, and `good` says which are as alike as most are."""

    order: Integers
    cuts: Integers
    rows: Integers
    places: Integers
    good: Flags


def find_anchors(source: Floats, target: Floats, near: list[tuple[slice, Integers]] | None = None) -> Anchors:
    """Compare rows with the columns that `near` lists for them (all, without it) and keep mutual best matches."""
    n, m = len(source), len(target)
    pieces = near if near is not None else [(slice(low, min(low + 1024, n)), np.arange(m)) for low in range(0, n, 1024)]
    best, where = np.full(n, -1.0, dtype=np.float32), np.zeros(n, dtype=np.int64)
    back, back_where = np.full(m, -1.0, dtype=np.float32), np.zeros(m, dtype=np.int64)
    for rows, columns in pieces:
        similarity = np.round(source[rows] @ target[columns].T, 4)
        where[rows] = columns[similarity.argmax(axis=1)]
        best[rows] = similarity.max(axis=1)
        top = similarity.argmax(axis=0)
        value = similarity[top, np.arange(len(columns))]
        better = value > back[columns]
        back[columns[better]], back_where[columns[better]] = value[better], top[better] + rows.start
    mutual = np.flatnonzero(back_where[where] == np.arange(n))
    return Anchors(mutual, where[mutual], best[mutual])


def typical_similarity(anchors: Anchors) -> float:
    """The median similarity of the anchors: what a good match of single segments looks like with this encoder."""
    return max(float(np.median(anchors.similarity)) if len(anchors.similarity) else 1.0, 0.1)


def chain(rows: Integers, columns: Integers, weights: NDArray[np.float64], jump: float | None = None, look_back: int = LOOK_BACK) -> Integers:
    """Indices of the heaviest chain of anchors in source order, jumps and skipped segments paid for."""
    count, jump = len(rows), JUMP if jump is None else jump
    best, previous = np.zeros(count), np.full(count, -1)
    for k in range(count):
        low = max(0, k - look_back)
        down, across = rows[k] - rows[low:k], columns[k] - columns[low:k]
        drift = np.minimum(0.15 * np.log1p(np.abs(across - down)), JUMP)
        value = best[low:k] - np.where(across > 0, drift, jump)
        best[k] = weights[k]
        if len(value):
            x = len(value) - 1 - int(np.argmax(np.round(value, 6)[::-1]))  # of equals the nearest
            if value[x] > 0:
                best[k], previous[k] = best[k] + value[x], low + x
    if not count:
        return np.zeros(0, dtype=np.int64)
    k, path = int(np.argmax(np.round(best, 6))), []
    while k >= 0:
        path.append(k)
        k = int(previous[k])
    return np.array(path[::-1], dtype=np.int64)


def find_route(source: Floats, target: Floats, anchors: Anchors, typical: float, plain: bool = False) -> Route:
    """Chain the anchors, cut the target into blocks that stand in one order in both texts, and put them in source order.

    `plain` anchors (no encoder) are weak: only the better half counts, and no block is moved on their word.
    """
    strong = np.flatnonzero(anchors.similarity > (1.0 if plain else 0.5) * typical)
    rows, columns = anchors.source[strong], anchors.target[strong]
    weights = np.minimum(anchors.similarity[strong] / typical, 1.2).astype(np.float64)
    path = chain(rows, columns, weights, 1e6 if plain else None)
    return _ordered(source, target, rows[path], columns[path], anchors.similarity[strong][path] >= GOOD * typical)


def _ordered(source: Floats, target: Floats, rows: Integers, columns: Integers, good: Flags) -> Route:
    m = len(target)
    if not len(rows):
        return Route(np.arange(m), np.zeros(0, dtype=np.int64), rows, columns, good)
    rank = np.argsort(np.argsort(columns))
    blocks = np.split(np.arange(len(rows)), np.flatnonzero(np.diff(rank) != 1) + 1)
    by_target = sorted(range(len(blocks)), key=lambda b: int(columns[blocks[b][0]]))
    starts = [0] * len(blocks)
    for left, right in pairwise(by_target):
        starts[right] = _cut(source, target, (rows[blocks[left][-1]], columns[blocks[left][-1]]), (rows[blocks[right][0]], columns[blocks[right][0]]))
    stops = dict(zip(by_target, [starts[b] for b in by_target[1:]] + [m], strict=True))
    starts[by_target[0]] = 0
    order = np.concatenate([np.arange(starts[b], stops[b]) for b in range(len(blocks))])
    place = np.empty(m, dtype=np.int64)
    place[order] = np.arange(m)
    breaks = np.flatnonzero(np.diff(order) != 1) + 1
    return Route(order, breaks, rows, place[columns], good)


def _cut(source: Floats, target: Floats, left: tuple[int, int], right: tuple[int, int]) -> int:
    """Where the block that ends with the anchor `left` gives way, in the target, to the one that begins with `right`.

    The source segments of the anchors themselves count: what stands beside an anchor is often the rest of its translation.
    """
    low, high = int(left[1]) + 1, int(right[1])
    between = target[low:high]
    if not len(between):
        return low
    reach = 2 * len(between) + 2
    after, before = source[left[0] : left[0] + 1 + reach], source[max(0, right[0] - reach) : right[0] + 1]
    to_left, to_right = (between @ after.T).max(axis=1), (between @ before.T).max(axis=1)
    gain = np.concatenate([[0.0], np.cumsum(to_left - to_right)])
    return low + int(np.argmax(np.round(gain, 4)))


def gap_odds(route: Route, source: NDArray[np.float64], target: NDArray[np.float64]) -> float:
    """Log-odds of the share of both texts that has no counterpart, guessed before the search from lengths of segments.

    Between two anchors, they included, a translation is about as long as its source; what one side has more than that is missing on
    the other. (How alike the segments are says less: a free translation looks like a gap.)
    """
    sums = np.concatenate([[0.0], np.cumsum(source)]), np.concatenate([[0.0], np.cumsum(target[route.order])])
    i, j = np.concatenate([[-1], route.rows, [len(source)]]), np.concatenate([[-1], route.places, [len(target)]])
    wide = np.flatnonzero((np.diff(i) > 1) | (np.diff(j) > 1))
    lengths = [total[np.minimum(x[wide + 1] + 1, len(total) - 1)] - total[np.maximum(x[wide], 0)] for total, x in zip(sums, (i, j), strict=True)]
    missing = np.maximum(np.abs(lengths[0] - lengths[1]) - SLACK * np.maximum(*lengths), 0.0).sum()
    share = float(np.clip(missing / (sums[0][-1] + sums[1][-1]), 0.003, 0.6))
    return round(float(np.log(share / (1 - share))), 3)


def make_band(rows: Integers, places: Integers, n: int, m: int, pad: int, good: Flags | None) -> Band:
    """Columns within `pad` of the rectangles between successive anchors (both ends included), for rows 0 to n.

    The ends of `good` anchors in the middle of a run of RUN are joints: no chain goes around them. None: no joints.
    """
    nodes_i = np.concatenate([[0], np.stack([rows, rows + 1], axis=1).ravel(), [n]])
    nodes_j = np.concatenate([[0], np.stack([places, places + 1], axis=1).ravel(), [m]])
    first, last = np.full(n + 1, m + 1), np.zeros(n + 1, dtype=np.int64)
    for i, j, next_i, next_j in zip(nodes_i, nodes_j, nodes_i[1:], nodes_j[1:], strict=False):
        here = slice(max(0, int(i) - pad), min(n, int(next_i) + pad) + 1)
        first[here] = np.minimum(first[here], max(0, int(j) - pad))
        last[here] = np.maximum(last[here], min(m, int(next_j) + pad) + 1)
    first[0], last[-1] = 0, m + 1
    joints = np.zeros((0, 2), dtype=np.int64) if good is None else run_middles(rows, places, good)
    first[joints[:, 0]], last[joints[:, 0]] = joints[:, 1], joints[:, 1] + 1
    ends = np.concatenate([[0], joints[:, 0], [n]]).astype(np.int64)
    for low, high in pairwise(ends):  # a part reaches from joint to joint, and no further
        first[low + 1 : high] = np.maximum(first[low + 1 : high], first[low] if low else 0)
        last[low + 1 : high] = np.minimum(last[low + 1 : high], last[high] if high < n else m + 1)
    return Band(first.astype(np.int64), last.astype(np.int64), ends)


def bead_reach(rows: Integers, places: Integers, n: int) -> Integers:
    """How many segments, of both texts, a bead that ends in a row may have: more where anchors are far apart (rows 0 to n)."""
    i, j = np.concatenate([[-1], rows, [n]]), np.concatenate([[-1], places, [places[-1] + 99 if len(places) else 99]])
    reach = np.full(n + 1, 5, dtype=np.int64)
    for k in np.flatnonzero(np.maximum(np.diff(i), np.diff(j)) > 1):
        here = slice(max(0, int(i[k]) - 1), int(i[k + 1]) + 4)
        reach[here] = np.maximum(reach[here], 4 + 2 * (max(i[k + 1] - i[k], j[k + 1] - j[k]) - 1))
    return reach


def run_middles(rows: Integers, places: Integers, good: Flags) -> Integers:
    """Nodes between two `good` anchors in the middle of runs of RUN anchors without a break, at least SPACING rows apart: shape (joints, 2)."""
    steps = ((np.diff(rows) == 1) & (np.diff(places) == 1)).astype(np.int64)
    whole = np.convolve(steps, np.ones(RUN - 1, dtype=np.int64), mode="valid") == RUN - 1 if len(steps) >= RUN - 1 else np.zeros(0, dtype=bool)
    found: list[tuple[int, int]] = []
    middles = np.flatnonzero(whole) + RUN // 2
    for k in middles[good[middles] & good[middles + 1]]:
        if int(rows[k]) + 1 - (found[-1][0] if found else 0) >= SPACING and rows[k] + 1 < rows[-1]:
            found.append((int(rows[k]) + 1, int(places[k]) + 1))
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def pooled(vectors: Floats, size: int) -> Floats:
    """Means of `size` neighbouring rows, of unit length."""
    count = -(-len(vectors) // size)
    sums = np.add.reduceat(vectors, np.arange(count) * size, axis=0)
    return np.asarray(sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6), dtype=np.float32)


def neighbourhood(source: Floats, target: Floats) -> list[tuple[slice, Integers]] | None:
    """For long texts: which columns each run of rows is to be compared with, from a chain over pooled segments."""
    n, m = len(source), len(target)
    if n * m <= DENSE:
        return None
    size = -(-max(n, m) // POOLED)
    coarse_source, coarse_target = pooled(source, size), pooled(target, size)
    anchors = find_anchors(coarse_source, coarse_target)
    typical = typical_similarity(anchors)
    strong = np.flatnonzero(anchors.similarity > 0.5 * typical)
    rows, columns = anchors.source[strong], anchors.target[strong]
    path = chain(rows, columns, np.minimum(anchors.similarity[strong] / typical, 1.2).astype(np.float64))
    return list(_near(rows[path], columns[path], len(coarse_source), len(coarse_target), size, n, m))


def _near(rows: Integers, columns: Integers, coarse_n: int, coarse_m: int, size: int, n: int, m: int, reach: int = 3) -> Iterator[tuple[slice, Integers]]:
    """Pooled rows one by one: the pooled columns of the anchors around them and, where the order holds, all between."""
    wanted: list[set[int]] = [set() for _ in range(coarse_n)]
    ends_i, ends_j = [-1, *map(int, rows), coarse_n], [-1, *map(int, columns), coarse_m]
    for i, j, next_i, next_j in zip(ends_i, ends_j, ends_i[1:], ends_j[1:], strict=False):
        for row in range(max(0, i), min(coarse_n, next_i + 1)):
            forward = next_j >= j and next_j - j <= 50
            share = (row - i) / max(1, next_i - i)
            centres = {j, next_j, round(j + share * (next_j - j))} if not forward else set(range(j, next_j + 1))
            wanted[row] |= {c + d for c in centres for d in range(-reach, reach + 1) if 0 <= c + d < coarse_m}
    for row, cells in enumerate(wanted):
        spread = np.array(sorted(cells), dtype=np.int64)[:, None] * size + np.arange(size)
        yield slice(row * size, min((row + 1) * size, n)), spread[spread < m]
