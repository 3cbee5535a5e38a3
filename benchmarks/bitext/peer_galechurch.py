"""Align texts with galechurch: JSON pairs of texts on stdin, beads and CPU seconds on stdout; run by `run.py` in the peer's environment."""

import json
import sys
import time

import galechurch

texts = json.load(sys.stdin)
start = time.process_time()
blocks = [galechurch.align(source, target) for source, target in texts]
seconds = time.process_time() - start


def beads(block):
    found = []
    for bead in block.beads:
        left, right = list(range(bead.source_start, bead.source_end)), list(range(bead.target_start, bead.target_end))
        found += [[left, right]] if left and right else [[[i], []] for i in left] + [[[], [j]] for j in right]
    return found


json.dump({"beads": [beads(block) for block in blocks], "seconds": seconds}, sys.stdout)
