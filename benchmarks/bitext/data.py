"""The dev sets of bitext alignment, and an encoder with a cache on disk; used by `run.py` and `train.py`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
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

    from align.aligner.surface import numbering

    found = []
    for gold in sorted((SHARED / "data" / "bitext" / name).glob("*.gold")):
        pair = re.match(r"([a-z]{2})-([a-z]{2})-\d", gold.stem)
        suffixes = {"t": ("de", "fr"), "b": ("kjv", "web"), "p": ("en", "is")}[name[0]] if not pair else (pair[1], pair[2])
        sides = [gold.with_suffix(f".{suffix}").read_text(encoding="utf-8").removesuffix("\n").split("\n") for suffix in suffixes]
        sides = [[line[skip:] for line, skip in zip(side, numbering(side), strict=True)] for side in sides]  # as the aligner does itself
        languages = ("en", "en") if name.startswith("bible") else suffixes
        found.append(Text(name, gold.stem, languages, sides[0], sides[1], read_beads(str(gold))))
    return found


def thirds(texts: Sequence[Text]) -> list[list[Text]]:
    """Three parts to learn from and to measure on in turn: thirds of each hand-made long text, the same ones in all its variants, else whole texts."""
    folds: list[list[Text]] = [[], [], []]
    marks: dict[str, list[str]] = {}
    small = 0
    for text in texts:
        if text.set.startswith("textberg"):
            marks.setdefault("textberg", [text.source[cut] for cut in _clean_cuts(text)])
            rows = [0, *(_nearest(text, mark) for mark in marks["textberg"]), len(text.source)]
            for fold, (low, high) in zip(folds, pairwise(rows), strict=True):
                fold.append(part(text, low, high))
        elif len(text.gold) > 100 and not text.set.startswith("ntrex"):
            folds[0].append(text)
        elif text.set.startswith("ntrex"):
            folds[sum(other.set.startswith("ntrex") for fold in folds for other in fold) % 3].append(text)
        else:
            folds[1 + small % 2].append(text)
            small += 1
    return folds


def _borders(text: Text) -> list[int]:
    """Rows before which both texts can be cut without cutting a gold bead."""
    found, far, behind = [], -1, {j for _, right in text.gold for j in right}
    by_row = sorted((bead for bead in text.gold if bead[0]), key=lambda bead: bead[0])
    for row in range(len(text.source)):
        before = [bead for bead in by_row if bead[0][0] < row]
        far = max((max(bead[1]) for bead in before if bead[1]), default=-1)
        rest = {j for bead in by_row if bead[0][0] >= row for j in bead[1]} & behind
        if all(max(bead[0]) < row for bead in before) and (not rest or min(rest) > far):
            found.append(row)
    return found


def _clean_cuts(text: Text) -> list[int]:
    borders = _borders(text)
    return [min(borders, key=lambda row: abs(row - share * len(text.source) / 3)) for share in (1, 2)]


def _nearest(text: Text, mark: str) -> int:
    """The border nearest to where a sentence stands (or would stand, if it was left out)."""
    place = text.source.index(mark) if mark in text.source else -1
    borders = _borders(text)
    return min(borders, key=lambda row: abs(row - place)) if place >= 0 else borders[len(borders) // 2]


def part(text: Text, low: int, high: int) -> Text:
    """The rows low to high - 1 with all that the gold pairs them with."""
    right = [j for source, target in text.gold if source and low <= source[0] < high for j in target]
    others = [j for source, target in text.gold if source and source[0] < low for j in target]
    left = max(others, default=-1) + 1 if low else 0
    stop = max(right, default=left - 1) + 1 if high < len(text.source) else len(text.target)
    gold = [
        (tuple(i - low for i in source), tuple(j - left for j in target))
        for source, target in text.gold
        if (low <= source[0] < high if source else left <= target[0] < stop)
    ]
    return replace(text, name=f"{text.name}:{low}-{high}", source=text.source[low:high], target=text.target[left:stop], gold=gold)


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
