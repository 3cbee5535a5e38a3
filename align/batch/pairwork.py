"""One pair of documents through the stages of the pipeline, as `align run` would work it; called by `worker`.

The same functions in the same order, so a pair has the beads that `align bitext` gives it and the rows of `align run`. What
comes out is a stream of lines, so that a long document, which is worked in stretches, never lies in memory as a whole.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..corpus import Bead, Document, Segment
from ..embed import Vectors
from .manifest import Item
from .tasks import Settings

if TYPE_CHECKING:
    from ..backtranslate import Opened
    from ..link import Linked
    from ..registry import Encoder
    from ..registry import Vectors as Matrix

Line = tuple[str, Any]
STAGES = ("read", "segment", "encode", "link", "backtranslate", "score", "diverge", "write")


class Clock:
    """CPU seconds of each stage; what the encoder takes, wherever it is asked, counts as `encode`."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = dict.fromkeys(STAGES, 0.0)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        began, encoded = time.process_time(), self.seconds["encode"]
        try:
            yield
        finally:
            inner = self.seconds["encode"] - encoded if stage != "encode" else 0.0
            self.seconds[stage] += time.process_time() - began - inner


class Timed:
    """An encoder whose time is taken."""

    def __init__(self, encoder: Encoder, clock: Clock) -> None:
        self.signature, self.languages = encoder.signature, encoder.languages
        self._encoder, self._clock = encoder, clock

    def encode(self, texts: Sequence[str]) -> Matrix:
        with self._clock("encode"):
            return self._encoder.encode(texts)


def work(item: Item, folder: Path, settings: Settings, open_vectors: Callable[[], Vectors], opened: Opened, clock: Clock) -> Iterator[Line]:
    """Lines ("bead", record), ("row", record), ("unit", [language pair, record]) and, last, ("end", counts and warnings).

    Raises InputError for a document that cannot be read.
    """
    from ..read import Entry, read
    from ..segment import segment
    from ..tmx.languages import canonical

    # Two texts of one language are told apart by their side, as outlets of a corpus are by their name.
    alike = canonical(item.source_language) == canonical(item.target_language)
    with clock("read"):
        reading = read(
            [
                Entry(folder / name, language, id=f"{item.id}/{side}", label=name, outlet=side if alike else "")
                for side, name, language in (("source", item.source, item.source_language), ("target", item.target, item.target_language))
            ]
        )
    # In an archive many files bear one name in many folders: a document is called by its path in the manifest.
    documents = [replace(document, stem=name) for document, name in zip(reading.documents, (item.source, item.target), strict=True)]
    with clock("segment"):
        sides = [segment([document]) for document in documents]
    tally: Counter[str] = Counter(source_segments=len(sides[0]), target_segments=len(sides[1]))
    warnings = [*reading.warnings]
    mode, reason = settings.mode, ""
    pieces = _pieces(documents, sides, settings, open_vectors, clock)
    for number, (part, offsets, vectors, whole) in enumerate(pieces, 1):
        if not whole and number == 1:
            warnings.append(f"{item.source}, {item.target}: more than {settings.max_segments} segments, aligned as bitext in stretches")
        with clock("link"):
            linked = _link(documents, part, vectors, settings.mode if whole else "bitext")
        beads = linked.beads if whole else _placed(linked.beads, documents, offsets, number)
        mode, reason = linked.mode, linked.reason
        yield from _judged(documents, beads, linked.mode, settings, vectors, opened, clock, tally, warnings)
        warnings += [doubt for doubt in vectors.doubts if doubt not in warnings]
        tally["stretches"] += 1
    yield "end", {"mode": mode, "reason": reason, "counts": dict(sorted(tally.items())), "warnings": list(dict.fromkeys(warnings))}


def _pieces(
    documents: Sequence[Document], sides: Sequence[list[Segment]], settings: Settings, open_vectors: Callable[[], Vectors], clock: Clock
) -> Iterator[tuple[list[Segment], tuple[int, int], Vectors, bool]]:
    """(segments of both sides, the first of each, vectors, is that all?); each stretch is encoded a document at a time."""
    from ..embed import embed
    from .cut import stretches

    source, target = ([one.text for one in side] for side in sides)
    if max(len(source), len(target)) <= settings.max_segments:
        vectors = open_vectors()
        embed([*sides[0], *sides[1]], vectors)
        yield [*sides[0], *sides[1]], (0, 0), vectors, True
        return
    cut = stretches(source, target, open_vectors, settings.max_segments)
    while True:
        with clock("link"):
            piece = next(cut, None)
        if piece is None:
            return
        rows, places, vectors = piece
        yield [*sides[0][rows], *sides[1][places]], (rows.start, places.start), vectors, False


def _link(documents: Sequence[Document], segments: Sequence[Segment], vectors: Vectors, mode: str) -> Linked:
    from ..link import link

    return link(documents, segments, vectors, mode)


def _placed(beads: Sequence[Bead], documents: Sequence[Document], offsets: tuple[int, int], number: int) -> tuple[Bead, ...]:
    """The beads of a stretch with the segments' places in the whole document and an id that no other stretch has."""
    shift = {document.id: offset for document, offset in zip(documents, offsets, strict=True)}
    return tuple(
        replace(
            bead,
            id=f"{number}.{bead.id}",
            members=tuple(replace(member, segments=tuple(index + shift[member.document] for index in member.segments)) for member in bead.members),
        )
        for bead in beads
    )


def _judged(
    documents: Sequence[Document],
    beads: Sequence[Bead],
    mode: str,
    settings: Settings,
    vectors: Vectors,
    opened: Opened,
    clock: Clock,
    tally: Counter[str],
    warnings: list[str],
) -> Iterator[Line]:
    """Back-translate, score and diverge; beads, rows and units as records."""
    from .. import backtranslate, diverge, pairs, scorers, write
    from ..decide import Decided
    from ..tables import flatten
    from ..tmx.export import pair_units
    from ..tmx.jsonl import to_record

    known = {document.id: document for document in documents}
    with clock("backtranslate"):
        translated = backtranslate.backtranslate(pairs.pairs(beads, documents, mode, ""), "", settings.backtranslate, opened=opened)
    warnings += [warning for warning in translated.warnings if warning not in warnings]
    with clock("score"):
        scores = scorers.score(translated.pairs, vectors)
    with clock("diverge"):
        rows = write.rows_of(translated.pairs, scores, diverge.diverge(translated.pairs, scores, vectors), Decided(tuple(beads), {}, ()))
    tally.update(beads=sum(not bead.is_gap for bead in beads), gaps=sum(bead.is_gap for bead in beads), rows=len(rows))
    tally.update(f"grade_{row.verdict.grade}" for row in rows)
    tally.update(f"kind:{kind}" for row in rows for kind in row.verdict.kinds)
    with clock("write"):
        yield from (("bead", write.bead_record(bead, known)) for bead in beads)
        yield from (("row", flatten(row, known)) for row in rows)
        for (source, target), units in pair_units(documents, rows, beads, mode=mode).items():
            tally["units"] += len(units)
            yield from (("unit", [f"{source}_{target}", to_record(unit)]) for unit in units)
