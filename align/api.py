"""The Python face: `align.run`, `align.bitext`, `align.score`; each mirrors a command and returns data.

Whole texts come in as paths or as lists of segments; nothing here prints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .corpus import Bead, Document, Segment
from .errors import InputError

if TYPE_CHECKING:
    from .judge import Judgement
    from .pipeline import Result
    from .steps import Progress

Text = str | Path | Sequence[str]

UNEVEN = 4  # times as many segments on one side as on the other: a warning


def run(corpus: str | Path, *, out: str | Path | None = None, start: str = "", force: bool = False, progress: Progress | None = None) -> Result:
    """Run the pipeline on a corpus folder (or its `align.toml`); as `align run`."""
    from . import pipeline
    from .config import read_configuration

    return pipeline.run(read_configuration(Path(corpus)), out=Path(out) if out is not None else None, start="read" if force else start, progress=progress)


def score(
    pairs: Iterable[tuple[str, str]], languages: tuple[str, str], *, encoder: str = "auto", backtranslate: bool = False, base_rate: float | None = None
) -> Iterator[Judgement]:
    """Judge pairs of texts, in order, while they come; as `align score`. `languages` are those of the two sides.

    `base_rate`: the share of pairs that diverge where these come from, if you know it; the probabilities are shifted to it.
    """
    from .embed import open_encoder
    from .judge import judged

    return judged(pairs, languages, open_encoder(encoder, languages).encode, backtranslate, base_rate)


@dataclass(frozen=True, slots=True)
class Bitext:
    """Two texts and their beads. `beads` are in the order of the source; `mode` and `reason` say how they were made."""

    source: Document
    target: Document
    source_segments: tuple[Segment, ...]
    target_segments: tuple[Segment, ...]
    beads: tuple[Bead, ...]
    mode: str
    reason: str
    signature: str
    warnings: tuple[str, ...] = ()

    def indices(self, bead: Bead) -> tuple[list[int], list[int]]:
        """The 0-based segments of a bead on both sides."""
        sides: tuple[list[int], list[int]] = ([], [])
        for member in bead.members:
            sides[member.document != self.source.id].extend(member.segments)
        return sorted(sides[0]), sorted(sides[1])


def bitext(
    source: Text,
    target: Text,
    source_language: str,
    target_language: str,
    *,
    segmented: bool = False,
    mode: str = "auto",
    encoder: str = "auto",
    min_confidence: float = 0.0,
    advance: Callable[[int], None] = lambda _: None,
) -> Bitext:
    """Align two texts; as `align bitext`.

    A path is read and split into sentences (with `segmented`, each line is a segment, empty ones counted); a list of
    texts is taken as segments. A bead of lower confidence than `min_confidence` is dissolved into gaps. With the encoder
    "none", lengths, punctuation, numbers, names and cognates have to do. Raises InputError for a file that cannot be read.
    """
    from .embed import embed, open_vectors
    from .link import link
    from .store import Cache

    sides = [_side(name, text, language, segmented) for name, text, language in (("source", source, source_language), ("target", target, target_language))]
    documents = [document for document, _, _ in sides]
    vectors = open_vectors(encoder, (source_language, target_language), Cache("vectors")) if encoder != "none" else None
    segments = [segment for _, parts, _ in sides for segment in parts]
    if vectors is not None:
        embed(segments, vectors, advance)
    linked = link(documents, segments, vectors, mode)
    beads = partition(linked.beads, documents, segments, min_confidence) if linked.mode == "renditions" or min_confidence > 0 else list(linked.beads)
    doubts = [warning for _, _, found in sides for warning in found]
    warnings = [*(_swapped(documents) or doubts), *([vectors.doubt] if vectors and vectors.doubt else []), *_same(documents), *_uneven(sides)]
    return Bitext(
        documents[0], documents[1], tuple(sides[0][1]), tuple(sides[1][1]), tuple(beads), linked.mode, linked.reason, linked.signature, tuple(warnings)
    )


def _side(name: str, text: Text, language: str, segmented: bool) -> tuple[Document, list[Segment], list[str]]:
    from .segment import segment

    if isinstance(text, (str, Path)):
        from .read import Entry, read

        reading = read([Entry(path=Path(text), language=language, id=name, label=str(text))])
        document = reading.documents[0]
        if not segmented:
            return document, segment([document]), list(reading.warnings)
        return document, _line_segments(document, _lines(document.text)), list(reading.warnings)
    lines, start = [], 0
    for line in text:
        lines.append((start, line))
        start += len(line) + 1
    document = Document(name, name, language, "\n".join(text), "", name, 0, start)
    return document, _line_segments(document, lines), []


def _lines(text: str) -> list[tuple[int, str]]:
    """The lines and where they start; a line ends with a line feed, a carriage return, or both."""
    ends = [(found.start(), found.end()) for found in re.finditer(r"\r\n|\n|\r", text)]
    starts = [0, *(end for _, end in ends)]
    lines = [(start, text[start:end]) for start, end in zip(starts, [*(start for start, _ in ends), len(text)], strict=True)]
    return lines[:-1] if lines[-1][1] == "" else lines


def _line_segments(document: Document, lines: Sequence[tuple[int, str]]) -> list[Segment]:
    """A segment a line, without the blanks at its ends and the numbers of numbered lines; an empty line is an empty segment."""
    from .aligner.surface import numbering

    segments = []
    for index, ((start, line), skip) in enumerate(zip(lines, numbering([line for _, line in lines]), strict=True)):
        text = line[skip:].strip()
        begin = start + skip + (len(line[skip:]) - len(line[skip:].lstrip()) if text else 0)
        segments.append(Segment(document.id, index, index, begin, begin + len(text), text))
    return segments


def _same(documents: Sequence[Document]) -> list[str]:
    if documents[0].text == documents[1].text and documents[0].language != documents[1].language:
        return [f"both sides hold the same text, said to be {documents[0].language} and {documents[1].language}: is one of them the wrong file?"]
    return []


def _swapped(documents: Sequence[Document]) -> list[str]:
    """A warning in place of two doubts, where each text reads like what the other is said to be."""
    from .read.languages import doubt

    source, target = documents
    wrong = all(doubt(one.text, one.language) and not doubt(one.text, other.language) for one, other in ((source, target), (target, source)))
    if source.language == target.language or not wrong:
        return []
    return [
        f"the languages look swapped: the source reads like {target.language}, the target like {source.language}; "
        "exchange the two files, or --source-language and --target-language"
    ]


def _uneven(sides: Sequence[tuple[Document, Sequence[Segment], object]]) -> list[str]:
    """A warning where one side has so many more segments than the other that most of them must stay alone."""
    few, many = sorted((sum(bool(segment.text) for segment in parts), document.id) for document, parts, _ in sides)
    if few[0] and many[0] <= UNEVEN * few[0]:
        return []
    return [f"{many[1]} has {many[0]} segments, {few[1]} has {few[0]}: are these the right two files?"] if many[0] else []


def partition(beads: Sequence[Bead], documents: Sequence[Document], segments: Sequence[Segment], min_confidence: float = 0.0) -> list[Bead]:
    """The best beads that do not overlap, what is left as gaps: every segment in exactly one bead, in source order."""
    rank = {document.id: place for place, document in enumerate(documents)}
    taken: set[tuple[str, int]] = set()
    kept: list[Bead] = []
    gaps = {(bead.members[0].document, bead.members[0].segments): bead.score for bead in beads if bead.is_gap}
    for bead in sorted(beads, key=lambda bead: -bead.score):
        places = {(member.document, index) for member in bead.members for index in member.segments}
        if bead.score >= min_confidence and len({document for document, _ in places}) > 1 and not places & taken:
            kept.append(bead)
            taken |= places
    from .corpus import Member

    for segment in segments:
        if (segment.document, segment.index) not in taken:
            member = Member(segment.document, segment.start, segment.end, segment.text, (segment.index,))
            kept.append(Bead("", (member,), gaps.get((segment.document, (segment.index,)), 0.0)))
    return sorted(kept, key=lambda bead: min((rank[member.document], member.segments[0]) for member in bead.members))


def rows(result: Bitext) -> list[dict[str, Any]]:
    """A plain row a bead: the segments and texts of both sides, confidence, whether it was moved."""
    found = []
    for bead in result.beads:
        source, target = result.indices(bead)
        found.append(
            {
                "source": source,
                "target": target,
                "confidence": round(bead.score, 4),
                "moved": bead.moved,
                "source_text": " ".join(result.source_segments[index].text for index in source),
                "target_text": " ".join(result.target_segments[index].text for index in target),
            }
        )
    return found


def vecalign_lines(result: Bitext) -> list[str]:
    """Lines `[0, 1]:[2]:0.87`."""
    return [f"{row['source']}:{row['target']}:{row['confidence']:.4f}" for row in rows(result)]


FORMATS = ("vecalign", "tsv", "jsonl", "tmx", "xlsx", "csv")


def write_bitext(result: Bitext, path: Path, form: str) -> None:
    """Write the beads to a file, whole or not at all, in one of FORMATS."""
    from .store import write_text

    if form == "vecalign":
        write_text(path, "".join(f"{line}\n" for line in vecalign_lines(result)))
    elif form == "tmx":
        _write_memory(result, path)
    elif form in FORMATS:
        from .registry import load

        flat = [{**row, "source": str(row["source"]), "target": str(row["target"])} for row in rows(result)] if form != "jsonl" else rows(result)
        load("writers", form)().write(path, flat)
    else:
        raise InputError(f"there is no format {form!r}", hint=f"known: {', '.join(FORMATS)}")


def _write_memory(result: Bitext, path: Path) -> None:
    from .tmx import Unit, Variant, write_tmx

    units = []
    for row in rows(result):
        if row["source"] and row["target"]:
            properties = (
                ("x-score", f"{row['confidence']:.4f}"),
                ("x-bead", f"{len(row['source'])}-{len(row['target'])}"),
                ("x-source-document", Path(result.source.path).name or "source"),
                ("x-target-document", Path(result.target.path).name or "target"),
                ("x-Origin", "Alignment"),
                ("x-ConfirmationLevel", "Draft"),
                *((("x-moved", "yes"),) if row["moved"] else ()),
            )
            variants = (Variant(result.source.language, row["source_text"]), Variant(result.target.language, row["target_text"]))
            units.append(Unit("", variants, properties))
    write_tmx(path, units, result.source.language)
