"""Exact search beside faiss, on document vectors made of sentences at hand: CPU seconds, and how many true neighbours are found. `match.py --search N`.

N documents a language, each the mean of the sentence vectors of three runs of sentences, English to search in and Russian to search with.
"""

from __future__ import annotations

import time

import numpy as np
from match_scale import LONGEST, RUNS, parallel_sentences

from align.batch.matching.neighbours import NEIGHBOURS, nearest, unit
from align.embed import open_vectors
from align.store import Cache

QUERIES = 2_000


def search(count: int, languages: tuple[str, str]) -> None:
    documents = parallel_sentences(languages)
    vectors = open_vectors("auto", languages, Cache("vectors"))
    starts = np.cumsum([0, *map(len, documents)])
    sides = []
    for side in (0, 1):
        rows = np.concatenate([vectors([line[side] for line in document]) for document in documents])
        sides.append(unit(rows - rows.mean(axis=0)))
    rng = np.random.default_rng(0)
    chosen = np.zeros((count, RUNS * LONGEST), dtype=np.int64)
    for run in range(RUNS):
        which = rng.integers(len(documents), size=count)
        begin = starts[which] + rng.integers(np.diff(starts)[which] - LONGEST + 1)
        chosen[:, run * LONGEST : (run + 1) * LONGEST] = begin[:, None] + np.arange(LONGEST)
    base, queries = (
        np.concatenate([unit(side[part].sum(axis=1)) for part in np.array_split(chosen[:n], max(1, n // 1000))])
        for side, n in zip(sides, (count, QUERIES), strict=True)
    )
    found = {}
    for name, exact in (("all compared", True), ("faiss", False)):
        started = time.process_time()
        found[name] = nearest(queries, base, NEIGHBOURS, exact=exact)[0]
        print(f"{name:<14}{count:>10,} documents, {QUERIES:,} queries: {time.process_time() - started:7.1f} CPU seconds", end="")
        print(f", the partner is first for {(found[name][:, 0] == np.arange(QUERIES)).mean():.4f}", flush=True)
    shared = [len(set(one) & set(other)) / NEIGHBOURS for one, other in zip(*found.values(), strict=True)]
    print(f"of {NEIGHBOURS} true neighbours faiss finds {np.mean(shared):.4f}")
