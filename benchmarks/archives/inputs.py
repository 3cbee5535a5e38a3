"""Makes an archive of any size from documents at hand: whole documents, or runs of their sentences, drawn with a seed.

The texts are those of `data/documents/ntrex-dev` (line N is line N in every language), so a pair's two sides are real translations of
each other. What comes again, comes again by drawing: nothing is invented. Every document bears its number as its last line, so that no
two are equal.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

SHARED = Path(os.environ.get("ALIGN_SHARED", Path(__file__).resolve().parents[3] / "shared"))
LANGUAGES = ("de", "fr", "es", "pt-BR", "ru", "tr", "zh", "ja", "ar")  # those that the default encoder knows
COLUMNS = ("id", "source", "target", "source_language", "target_language")


def make(folder: Path, pairs: int, sentences: int, seed: int = 1) -> Path:
    """`pairs` pairs of about `sentences` sentences a side, English with a drawn language; gives the manifest."""
    draw = random.Random(seed)
    sources = sorted(path for path in (SHARED / "data" / "documents" / "ntrex-dev").iterdir() if path.is_dir())
    lines = {(path.name, language): _lines(path / f"{language}.txt") for path in sources for language in ("en", *LANGUAGES)}
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["\t".join(COLUMNS)]
    for number in range(pairs):
        language, sides = draw.choice(LANGUAGES), ([], [])  # type: ignore[var-annotated]
        while len(sides[0]) < sentences:
            name = draw.choice(sources).name
            size = min(sentences - len(sides[0]), len(lines[name, "en"]))
            start = draw.randint(0, len(lines[name, "en"]) - size)
            for side, tag in zip(sides, ("en", language), strict=True):
                side += lines[name, tag][start : start + size]
        place = folder / f"{number // 1000:03d}"
        place.mkdir(exist_ok=True)
        for side, tag in zip(sides, ("en", language), strict=True):
            (place / f"{number:06d}.{tag}.txt").write_text("\n".join([*side, f"{number}."]) + "\n", encoding="utf-8")
        own = f"{place.name}/{number:06d}"
        rows.append(f"{number:06d}\t{own}.en.txt\t{own}.{language}.txt\ten\t{language}")
    manifest = folder / "manifest.tsv"
    manifest.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return manifest


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
