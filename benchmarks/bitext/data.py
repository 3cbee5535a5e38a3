"""The dev sets of bitext alignment, and an encoder with a cache on disk; used by `run.py` and `train.py`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
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


class KeptVectors:
    """An encoder whose vectors are kept a text, on disk and in memory: training asks for ever other mixtures of spans.

    The last bits of a vector depend on what it was encoded with, so they are rounded off.
    """

    def __init__(self, name: str) -> None:
        from align.store import Cache

        self.name, self.model, self.known = name, None, dict[str, Any]()
        self.cache = Cache("benchmark", limit_bytes=1_000_000_000)

    def __call__(self, texts: Sequence[str]) -> Any:
        import numpy as np

        from align.registry import load
        from align.store import digest

        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        keys = {digest(self.name, text): text for text in new}
        self.known |= {keys[key]: np.frombuffer(value, dtype=np.float32) for key, value in self.cache.get(list(keys)).items()}
        new = [text for text in new if text not in self.known]
        for start in range(0, len(new), 256):
            self.model = self.model or load("encoders", self.name)()
            block = new[start : start + 256]
            vectors = np.round(np.asarray(self.model.encode(block), dtype=np.float32), 5)
            self.known |= zip(block, vectors, strict=True)
            self.cache.put({digest(self.name, text): vector.tobytes() for text, vector in zip(block, vectors, strict=True)})
        return np.stack([self.known[text] for text in texts])


@cache
def encoder(name: str) -> KeptVectors:
    """An encoder by name whose vectors are kept in the user's cache of the package."""
    return KeptVectors(name)
