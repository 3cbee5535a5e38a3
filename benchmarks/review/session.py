"""What a decision costs: a review session over a made bitext of three versions, CPU seconds of each kind of decision.

    python benchmarks/review/session.py --lines 2000

The texts are made of random words, the encoder is `hash`, nothing is translated back: what is measured is the session, not the models.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from align.corpus import Bead
from align.decide import target_of
from align.decide.grammar import span_record
from align.review.imports import import_file
from align.review.session import Session


def corpus(folder: Path, lines: int) -> Path:
    """Three versions of one text, a word in seven another in each."""
    draw = random.Random(1)
    words = [f"w{number}" for number in range(4000)]
    base = [[draw.choice(words) for _ in range(draw.randint(5, 14))] for _ in range(lines)]
    documents = ""
    for name, language in (("a", "en"), ("b", "en-GB"), ("c", "en-US")):
        said = (" ".join(word if draw.random() > 0.15 else draw.choice(words) for word in line).capitalize() for line in base)
        (folder / f"{name}.txt").write_text("".join(f"{line}.\n" for line in said), encoding="utf-8")
        documents += f'[[documents]]\npath = "{name}.txt"\nlanguage = "{language}"\noutlet = "{name.upper()}"\n'
    head = '[corpus]\nname = "made"\nmode = "bitext"\n[embed]\nencoder = "hash"\n[backtranslate]\nengine = "none"\n'
    (folder / "align.toml").write_text(head + documents, encoding="utf-8")
    return folder


def timed(label: str, work: Callable[[], Any]) -> Any:
    began = time.process_time()
    result = work()
    print(f"{label:<44}{time.process_time() - began:>8.3f}")
    return result


def decision(action: str, *beads: Bead, **payload: Any) -> dict[str, Any]:
    return {"action": action, "target": [span_record(span) for span in target_of(member for bead in beads for member in bead.members)], "payload": payload}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--lines", type=int, default=2000)
    lines = parser.parse_args().lines
    with tempfile.TemporaryDirectory() as folder:
        path = corpus(Path(folder), lines)
        Session.open(path, "nobody")
        print(f"{'CPU seconds':<44}")
        session = timed("open, nothing to run", lambda: Session.open(path, "anna"))
        state = timed("the whole state", session.state)
        print(f"  {len(state['beads'])} beads, {len(state['rows'])} rows")
        beads = [bead for bead in state["beads"] if len(bead.members) == 3]
        half = len(beads) // 2
        timed("accept one bead", lambda: session.decide([decision("accept", beads[0])]))
        timed(f"accept {half - 1} beads at once", lambda: session.decide([decision("accept", bead) for bead in beads[1:half]]))
        merged = timed("merge two beads", lambda: session.decide([decision("merge", beads[half], beads[half + 1])]))["decisions"][0]
        name = {"time": merged["time"], "reviewer": merged["reviewer"]}
        timed("undo it", lambda: session.decide([decision("undo", **name)]))
        timed("redo it", lambda: session.decide([decision("redo", **name)]))
        first = beads[-1].members[0]
        timed("candidates, first time", lambda: session.candidates(first.document, first.start, first.end))
        timed("candidates", lambda: session.candidates(first.document, first.start, first.end - 5))
        timed("what changed in all", lambda: session.since(0))
        timed("a workbook in, unchanged", lambda: import_file(session, session.out / "divergence.xlsx"))


if __name__ == "__main__":
    main()
