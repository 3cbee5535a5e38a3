"""Near-duplicates: documents of one language that are for the most part one text, such as an article and its update."""

from __future__ import annotations

import numpy as np

from .gathering import Gathered
from .neighbours import Space, nearest

LOOKED_AT = 6
ALIKE_DOCUMENTS = 0.7  # cosine from which two documents are compared by sentence
ALIKE_SENTENCES = 0.9
NEAR = 0.6  # share of the sentences of the shorter document that the other has too
FURNITURE = 5  # a sentence that stands in more documents than that is no sign of a duplicate


def near_duplicates(gathered: Gathered, spaces: list[Space]) -> dict[int, dict[int, float]]:
    """For each document that has some: its near-duplicates with the share of sentences in common."""
    found: dict[int, dict[int, float]] = {}
    for space in spaces:
        where, value = nearest(space.vectors, space.vectors, LOOKED_AT)
        for row in range(len(space.documents)):
            for place, likeness in zip(where[row], value[row], strict=True):
                if place > row and likeness >= ALIKE_DOCUMENTS and (share := common_share(gathered, space, row, int(place))) >= NEAR:
                    one, other = space.documents[row], space.documents[int(place)]
                    found.setdefault(one, {})[other] = share
                    found.setdefault(other, {})[one] = share
    return found


def common_share(gathered: Gathered, space: Space, row: int, place: int) -> float:
    """How many sentences of the shorter document the other one has, word for word or nearly; sentences that many documents have do not count."""
    (one, first), (other, second) = sorted(((_own(space, number), number) for number in (row, place)), key=lambda pair: (int(pair[0].sum()), pair[1]))
    if not one.any() or not other.any():
        return 0.0
    hashes = gathered.profiles[space.documents[first]].sentences[one]
    others = gathered.profiles[space.documents[second]].sentences
    products = space.sentences(first)[one] @ space.sentences(second).T
    same = np.isin(hashes, others) | (np.round(products.max(axis=1), 4) >= ALIKE_SENTENCES)
    return round(float(same.mean()), 4)


def _own(space: Space, row: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Which sentences of a document few others have (from the weights: these are inverse counts but for their scale)."""
    weights = space.weights[row]
    return np.asarray(weights * FURNITURE >= weights.max() - 1e-6)
