"""Long documents are worked in stretches, so that memory does not grow with them.

Two lists of segments in, stretches of both out. A cut stands behind the middle of a run of anchors that follow each other
in both texts, with nothing moved across it: there the aligner's own sections end too. Called by `pairwork`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..embed import Vectors


def stretches(source: Sequence[str], target: Sequence[str], open_vectors: Callable[[], Vectors], limit: int) -> Iterator[tuple[slice, slice, Vectors]]:
    """Stretches of at most `limit` segments a side, in order, without a gap, each with the vectors that serve it.

    Where a window has no safe place, it is cut in the middle of both texts in proportion: nothing is dropped.
    """
    low, floor = 0, 0
    while len(source) - low > limit or len(target) - floor > limit:
        vectors = open_vectors()
        rows, places = source[low : low + limit], target[floor : floor + limit]
        found = safe_place(rows, places, vectors) or _proportional(len(source) - low, len(target) - floor, limit)
        yield slice(low, low + found[0]), slice(floor, floor + found[1]), vectors
        low, floor = low + found[0], floor + found[1]
    yield slice(low, len(source)), slice(floor, len(target)), open_vectors()


def safe_place(source: Sequence[str], target: Sequence[str], vectors: Vectors) -> tuple[int, int] | None:
    """The last place where both texts can be cut: so many segments of each stand before it. None where there is none."""
    import numpy as np

    from ..aligner import centred
    from ..aligner.corridor import find_anchors, find_route, neighbourhood, run_middles, typical_similarity

    if not source or not target:
        return None
    first, second = centred(vectors(source)), centred(vectors(target))
    anchors = find_anchors(first, second, neighbourhood(first, second))
    route = find_route(first, second, anchors, typical_similarity(anchors))
    # How far into the target the order has reached: where that equals the place, nothing before it was moved behind it.
    reached = np.maximum.accumulate(route.order) + 1 if len(route.order) else route.order
    for row, place in run_middles(route.rows, route.places, route.good)[::-1]:
        if reached[int(place) - 1] == place:
            return int(row), int(place)
    return None


def _proportional(rows: int, places: int, limit: int) -> tuple[int, int]:
    """Half a window of the longer text, and as large a share of the other."""
    step = max(1, limit // 2)
    share = step / max(rows, places)
    return min(rows, round(rows * share)), min(places, round(places * share))
