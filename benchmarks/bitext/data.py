"""The dev sets of bitext alignment, and an encoder with a cache on disk; used by `run.py` and `train.py`."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("ALIGN_SHARED", ROOT.parent / "shared"))
SETS = (
    "textberg-dev",
    "textberg-dev-blockdel25",
    "textberg-dev-blockswap",
    "ntrex-dev-clean",
    "ntrex-dev-gaps",
    "ntrex-dev-moved",
    "parice-dev",
    "bible-kjv-web-dev",
)
OUTSIDE_USE = frozenset(["uk", "is"])  # languages of the sets that the default encoder does not know
Bead = tuple[tuple[int, ...], tuple[int, ...]]

sys.path.insert(0, str(SHARED / "tools"))


@dataclass(frozen=True, slots=True)
class Text:
    """A pair of texts with its gold beads."""

    set: str
    name: str
    languages: tuple[str, str]
    source: list[str]
    target: list[str]
    gold: list[Bead]

    @property
    def encoder(self) -> str:
        return "e5" if OUTSIDE_USE & set(self.languages) else "use"


def texts(name: str) -> list[Text]:
    """All documents of a set."""
    from score_bitext import read_beads

    found = []
    for gold in sorted((SHARED / "data" / "bitext" / name).glob("*.gold")):
        pair = re.match(r"([a-z]{2})-([a-z]{2})-\d", gold.stem)
        suffixes = {"t": ("de", "fr"), "b": ("kjv", "web"), "p": ("en", "is")}[name[0]] if not pair else (pair[1], pair[2])
        sides = [gold.with_suffix(f".{suffix}").read_text(encoding="utf-8").removesuffix("\n").split("\n") for suffix in suffixes]
        languages = ("en", "en") if name.startswith("bible") else suffixes
        found.append(Text(name, gold.stem, languages, sides[0], sides[1], read_beads(str(gold))))
    return found


@cache
def encoder(name: str) -> Any:
    """An encoder by name that keeps its vectors in the user's cache of the package."""
    from align.embed import Vectors
    from align.registry import load
    from align.store import Cache

    made = load("encoders", name)
    return Vectors(made, f"bitext-benchmark:{name}", Cache("vectors"))
