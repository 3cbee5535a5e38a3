"""The gold of five articles as documents, segments and labelled pairs; used by `learn.py` and `run.py`.

The shared data are found through ALIGN_SHARED, by default `../shared` beside the repository.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from align.corpus import Document, Segment

SHARED = Path(os.environ.get("ALIGN_SHARED", Path(__file__).resolve().parents[3] / "shared"))
GOLD = SHARED / "gold" / "lavrov"
# The third file is several articles in a row: (first, last) paragraph of each.
PARTS = {"002": [(0, 35), (36, 75), (76, 83), (84, 10**6)]}

Key = tuple[str, int]


@dataclass(frozen=True)
class Gold:
    documents: list[Document]
    segments: list[Segment]
    keys: list[Key]
    links: dict[tuple[Key, Key], str]
    held_back: set[Key]


def read() -> Gold:
    with (GOLD / "segments.tsv").open(encoding="utf8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    documents, segments, keys = [], [], []
    for path in sorted((SHARED / "seeds").glob("*.txt")):
        code = path.stem.split("_")[0]
        text = path.read_bytes().decode("utf8")
        for number, (first, last) in enumerate(PARTS.get(code, [(0, 10**6)])):
            part = [row for row in rows if row["doc"] == code and first <= int(row["para"]) <= last]
            name = f"{path.stem}-{number}" if code in PARTS else path.stem
            documents.append(Document(name, name, "en", text, path.name, path.stem, int(part[0]["start"]), int(part[-1]["end"])))
            for index, row in enumerate(part):
                segments.append(Segment(name, index, int(row["para"]), int(row["start"]), int(row["end"]), row["text"]))
                keys.append((code, int(row["sent"])))
    links = {}
    with (GOLD / "links.tsv").open(encoding="utf8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            one, other = sorted([(row["doc_a"], int(row["sent_a"])), (row["doc_b"], int(row["sent_b"]))])
            links[one, other] = row["status"]
    with (GOLD / "held_back.tsv").open(encoding="utf8", newline="") as file:
        held = {(row["doc"], int(row["sent"])) for row in csv.DictReader(file, delimiter="\t")}
    return Gold(documents, segments, keys, links, held)


def in_portuguese(gold: Gold, codes: set[str]) -> Gold:
    """The same gold with some files machine-translated sentence by sentence (the bundled Argos package); kept in the temporary folder."""
    from align.backtranslate.argos import open_route

    path = Path(tempfile.gettempdir()) / "align-benchmarks" / "lavrov-pt.json"
    known: dict[str, str] = json.loads(path.read_text("utf8")) if path.exists() else {}
    wanted = [segment.text for segment in gold.segments if segment.text not in known]
    if wanted:
        known |= dict(zip(wanted, open_route("en", "pt").translate(wanted), strict=True))
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(known, ensure_ascii=False), "utf8")
    code = {segment.document: key[0] for segment, key in zip(gold.segments, gold.keys, strict=True)}
    documents, segments = [], []
    for document in gold.documents:
        part = [segment for segment in gold.segments if segment.document == document.id]
        if code[document.id] not in codes:
            documents.append(document)
            segments += part
            continue
        text = "\n".join(known[one.text] for one in part)
        documents.append(replace(document, language="pt", text=text, start=0, end=len(text)))
        place = 0
        for one in part:
            segments.append(replace(one, text=known[one.text], start=place, end=place + len(known[one.text])))
            place += len(known[one.text]) + 1
    return replace(gold, documents=documents, segments=segments)


def encoder(name: str = "use") -> Callable[..., object]:
    from align.embed import Vectors
    from align.registry import load

    return Vectors(load("encoders", name), name)


def own_segments(documents: list[Document]) -> list[Segment]:
    """The same documents split by `align.segment`, as the pipeline does."""
    from align.segment import segment

    return segment(documents)


def score(beads, documents: list[Document]) -> dict[str, float]:
    """The figures of the shared scorer: links between files, hard negatives, held-back sentences left out."""
    stems = {document.id: document.stem for document in documents}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "beads.jsonl"
        lines = [{"members": [{"document": stems[one.document], "start": one.start, "end": one.end} for one in bead.members]} for bead in beads]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf8")
        command = [sys.executable, SHARED / "tools" / "score_renditions.py", GOLD, path]
        command += ["--ignore", GOLD / "held_back.tsv", "--negatives", GOLD / "negatives.jsonl"]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
