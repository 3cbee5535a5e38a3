"""Align texts with sentweave (the search of Vecalign); run by `run.py` in the peer's environment.

JSON on stdin: pairs of texts, and a file of vectors ("" at first). Without vectors the texts that it wants vectors of go
to stdout; with them beads and CPU seconds of the search. Vecalign's own settings: beads of up to 8 segments on both sides.
"""

import json
import sys
import time

import numpy as np
from sentweave import align

task = json.load(sys.stdin)
wanted, encoding = {}, [0.0]
if task["vectors"]:
    with np.load(task["vectors"]) as file:
        vectors = file["vectors"]
    wanted = {text: row for row, text in enumerate(task["texts"])}


def encode(texts):
    start = time.process_time()
    if task["vectors"]:
        found = vectors[[wanted[text] for text in texts]].astype(np.float32)
    else:
        wanted.update(dict.fromkeys(texts))
        found = np.random.default_rng(1).standard_normal((len(texts), 64), dtype=np.float32)
    encoding[0] += time.process_time() - start
    return found


start = time.process_time()
results = [align(source, target, encode) for source, target in task["pairs"]]
seconds = time.process_time() - start - encoding[0]


def beads(result):
    found = []
    for bead in result.alignments:
        left, right = list(bead.src_indices), list(bead.tgt_indices)
        found += [[left, right]] if left and right else [[[i], []] for i in left] + [[[], [j]] for j in right]
    return found


json.dump({"beads": [beads(result) for result in results], "seconds": seconds} if task["vectors"] else list(wanted), sys.stdout)
