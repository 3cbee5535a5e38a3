"""Likely partners of a stretch of text in the other documents; called by `session`.

By the vectors of the run, each document's own mean taken out (what all its sentences share says nothing), and by what the linker almost
linked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..corpus import Document, Segment
from ..decide import Replay
from ..decide.spans import Texts
from ..embed import Vectors
from ..errors import InputError
from ..link import Linked

if TYPE_CHECKING:
    from ..registry import Vectors as Matrix

LEAST_OF_EACH = 2  # candidates of each document, however near those of others are


class Candidates:
    """Holds the vectors of all segments once they were asked for."""

    def __init__(self, documents: Sequence[Document], segments: Sequence[Segment], vectors: Vectors, linked: Linked) -> None:
        self._documents = {document.id: document for document in documents}
        self._segments = [segment for segment in segments if segment.text.strip()]
        self._texts = Texts(documents, segments)
        self._vectors, self._linked = vectors, linked
        self._matrix: dict[str, tuple[list[Segment], Matrix, Matrix]] = {}

    def __call__(self, document: str, start: int, end: int, replay: Replay, limit: int) -> list[dict[str, Any]]:
        import numpy as np

        own = self._documents.get(document)
        if own is None:
            raise InputError(f"there is no document {document!r}")
        member = self._texts.member(document, start, end) if 0 <= start < end <= len(own.text) else None
        if member is None:
            raise InputError(f"there is no text at {start} to {end} of {document!r}")
        query = np.asarray(self._vectors([member.text]), dtype=np.float32)[0]
        inside = set(member.segments)
        near = self._near(document, inside)
        together = {
            (other.document, index)
            for name in replay.on_segments([member])
            for other in replay.beads[name].members
            if other.document != document
            for index in other.segments
        }
        found: list[tuple[float, dict[str, Any]]] = []
        mean = self._of(document)[2]
        for name, other in self._documents.items():
            if name == document or (self._linked.mode == "bitext" and other.group != own.group):
                continue
            segments, matrix, other_mean = self._of(name)
            if not segments:
                continue
            likeness = matrix @ query
            centred = _unit(matrix - other_mean) @ _unit(query - mean)
            for place, segment in enumerate(segments):
                miss = near.get((name, segment.index))
                rank = float(centred[place]) + (miss or 0.0)
                found.append((rank, self._record(segment, other, float(likeness[place]), miss, (name, segment.index) in together, replay)))
        found.sort(key=lambda entry: (-round(entry[0], 6), entry[1]["document_id"], entry[1]["start"]))
        return _chosen([record for _, record in found], limit)

    def _of(self, document: str) -> tuple[list[Segment], Matrix, Matrix]:
        import numpy as np

        if document not in self._matrix:
            segments = [segment for segment in self._segments if segment.document == document]
            matrix = np.asarray(self._vectors([segment.text for segment in segments]), dtype=np.float32)
            mean = np.asarray(matrix.sum(axis=0) / (len(matrix) + 4.0), dtype=np.float32)
            self._matrix[document] = (segments, matrix, mean)
        return self._matrix[document]

    def _near(self, document: str, inside: set[int]) -> dict[tuple[str, int], float]:
        """What the linker almost linked with these segments, and how sure it was."""
        near = {}
        for bead in self._linked.near_misses:
            if any(member.document == document and inside & set(member.segments) for member in bead.members):
                near.update({(member.document, index): bead.score for member in bead.members if member.document != document for index in member.segments})
        return near

    def _record(self, segment: Segment, document: Document, similarity: float, miss: float | None, together: bool, replay: Replay) -> dict[str, Any]:
        member = self._texts.member(segment.document, segment.start, segment.end)
        beads = replay.on_segments([member]) if member else []
        return {
            "document": document.stem,
            "document_id": document.id,
            "outlet": document.outlet,
            "language": document.language,
            "start": segment.start,
            "end": segment.end,
            "text": segment.text,
            "segment": segment.index,
            "similarity": round(similarity, 4),
            "near_miss": None if miss is None else round(miss, 4),
            "linked": together,
            "beads": [name for name in beads if not replay.beads[name].is_gap],
        }


def _unit(rows: Matrix) -> Matrix:
    import numpy as np

    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9), dtype=np.float32)


def _chosen(records: Sequence[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    """The best of all, with the best few of each document among them."""
    counts: dict[str, int] = {}
    first = []
    for number, record in enumerate(records):
        counts[record["document_id"]] = counts.get(record["document_id"], 0) + 1
        if counts[record["document_id"]] <= LEAST_OF_EACH or number < limit - LEAST_OF_EACH * len(counts):
            first.append(number)
    return [records[number] for number in sorted(first[: max(limit, 1)])]
