"""A large archive for `align batch match`: time, memory and figures. Called by `match.py --scale N`.

N documents a language are made of runs of sentences of the documents at hand, drawn with a seed; a document and its partner have the same runs.
Every sentence occurs in many documents, so rivals are nearer than in a real archive. A tenth of each side has no partner, names say nothing.
The vectors of the sentences are put into the cache beforehand: what is timed is reading, search, comparison and writing.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from match_data import SHARED

from align.batch.matching import Settings, match, write
from align.batch.matching.gathering import encoder_for
from align.batch.matching.profiles import sentences_of
from align.embed import encoder_signature, open_vectors
from align.read import read_text
from align.store import Cache, digest

RUNS, SHORTEST, LONGEST = 3, 3, 6
STRAYS = 0.1


def scale(count: int, languages: tuple[str, str]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="align-archive-"))
    os.environ["ALIGN_CACHE"] = str(folder / "cache")
    try:
        wanted = build(folder, count, languages)
        measure(folder, languages, wanted)
    finally:
        shutil.rmtree(folder)


def parallel_sentences(languages: tuple[str, str]) -> list[list[tuple[str, str]]]:
    """Lines of both languages of each document, those that the splitter leaves whole."""
    documents = []
    for folder in sorted(path for path in (SHARED / "data" / "documents").glob("*/*") if path.is_dir()):
        sides = [read_text(folder / f"{language}.txt", language).text.split("\n") for language in languages]
        both = zip(*sides, strict=False)
        documents.append(
            [(a.strip(), b.strip()) for a, b in both if [a.strip()] == sentences_of(a, languages[0]) and [b.strip()] == sentences_of(b, languages[1])]
        )
    return [document for document in documents if len(document) >= LONGEST]


def build(folder: Path, count: int, languages: tuple[str, str]) -> dict[str, str]:
    """Write the files and fill the cache; gives the right partner of each source file."""
    rng = np.random.default_rng(0)
    documents = parallel_sentences(languages)
    encoder = encoder_for("auto", languages)
    vectors = open_vectors(encoder, languages)
    cache = Cache("vectors")
    names = rng.permutation(4 * count)
    strays = round(count * STRAYS)
    wanted: dict[str, str] = {}
    entries: dict[str, bytes] = {}
    for number in range(count + strays):
        lines: list[tuple[str, str]] = []
        for _ in range(RUNS):
            document = documents[rng.integers(len(documents))]
            length = int(rng.integers(SHORTEST, LONGEST + 1))
            start = int(rng.integers(len(document) - length + 1))
            lines += document[start : start + length]
        for side in (0,) if number < strays else (1,) if number >= count else (0, 1):
            texts = [line[side] for line in lines]
            name = f"{names[2 * number + side]:08d}.{languages[side]}.txt"
            path = folder / "archive" / name[:2] / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(texts) + "\n", encoding="utf-8")
            unique = list(dict.fromkeys(texts))
            entries[digest(encoder_signature(encoder), *unique)] = vectors(unique).tobytes()
            wanted.setdefault(f"{number}", "")
            wanted[f"{number}"] += f"{name[:2]}/{name} "
        if len(entries) >= 500 or number == count + strays - 1:
            cache.put(entries)  # not one by one: each transaction looks through the whole table
            entries = {}
    cache.close()
    pairs = [names.split() for names in wanted.values()]
    print(f"{sum(map(len, pairs)):,} documents, {strays:,} strays a side, made of {sum(map(len, documents)):,} sentences of {len(documents)} documents")
    return {pair[0]: pair[1] if len(pair) > 1 else "" for pair in pairs} | {pair[1]: pair[0] for pair in pairs if len(pair) > 1}


def measure(folder: Path, languages: tuple[str, str], wanted: dict[str, str]) -> None:
    stages: dict[str, float] = {}
    started = last = time.process_time()

    def advance(stage: str, _: int, __: int) -> None:
        nonlocal last
        now = time.process_time()
        stages[stage] = stages.get(stage, 0.0) + now - last
        last = now

    clock = time.perf_counter()
    found = match(folder / "archive", Settings(languages), advance)
    write(found, folder / "manifest.tsv", folder / "unmatched.tsv")
    seconds, processor = time.perf_counter() - clock, time.process_time() - started
    counts: Counter[str] = Counter()
    partner = {one: other for each in found.matches for one, other in ((each.source, each.target), (each.target, each.source))}
    for number, entry in enumerate(found.entries):
        mine = found.entries[partner[number]].name if number in partner else ""
        counts["documents"] += 1
        counts["right"] += wanted[entry.name] == mine
        counts["missed"] += bool(wanted[entry.name]) and not mine
        counts["stray paired"] += not wanted[entry.name] and bool(mine)
        counts["wrong partner"] += bool(wanted[entry.name] and mine) and wanted[entry.name] != mine
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**counts, "share right": round(counts["right"] / counts["documents"], 4)}))
    print(f"{processor:.0f} CPU seconds ({', '.join(f'{name} {value:.0f}' for name, value in stages.items())}), {seconds:.0f} s, {peak:.0f} MB at most")


if __name__ == "__main__":
    sys.exit("python benchmarks/archives/match.py --scale N")
