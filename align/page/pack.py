"""What the page shows, packed: rows, beads and documents as plain data, small enough for tables of 100,000 rows.

A row comes in two parts. The light part (places, grade, kinds, scores, status) of every row is always there: the page
filters, sorts and counts on it. The heavy part (texts, marked words, evidence) is kept in chunks that the page reads
when it shows them. A text that is what stands in the source is not repeated. Offsets are in UTF-16 units, as a
browser counts. Used by `page.render` and by the review server.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from ..corpus import Bead, Document, Segment
from ..renditions.speech import recognise
from ..tables import marks
from ..tables.findings import basis

SCORES = ("bleu", "chrf", "ter", "similarity", "coverage_ab", "coverage_ba")
BASES = ("none", "backtranslation", "hint", "rule")
LIGHT_TEXTS = ("outlet", "language", "speaker")
HEAVY_TEXTS = ("backtranslation", "speech", "doubt")
# Sources beyond this many characters in all are kept only around what is linked.
WHOLE_SOURCES = 6_000_000
MARGIN = 1_500


def positions(text: str) -> Callable[[int], int]:
    """A function from offsets in characters, as Python counts, to offsets in UTF-16 units, as a browser counts."""
    wide = [place for place, character in enumerate(text) if character > "\uffff"] if not text.isascii() else []
    return (lambda place: place + bisect_right(wide, place - 1)) if wide else (lambda place: place)


class Pool:
    """Texts, each kept once and named by its number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def __call__(self, text: Any) -> int:
        return self.numbers.setdefault(str(text or ""), len(self.numbers))


def row_id(row: Mapping[str, Any]) -> str:
    """The name by which page and server know a row: its bead and its two spans, hashed."""
    spans = (row.get(f"{name}_{side}") for side in "ab" for name in ("document_id", "start", "end"))
    return sha256("\n".join(map(str, (row.get("bead"), *spans))).encode("utf-8", "surrogatepass")).hexdigest()[:12]


class Packer:
    """Packs rows and beads for a page that holds these documents."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = documents
        self.number = {document.id: index for index, document in enumerate(documents)}
        self.places = {document.id: positions(document.text) for document in documents}

    def rows(self, rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """The light part: `fields`, `rows` (an array each) and `names` (the texts that they name)."""
        pool = Pool()
        packed = [self._light(row, pool) for row in rows]
        return {"fields": list(packed[0]) if packed else [], "rows": [list(row.values()) for row in packed], "names": list(pool.numbers)}

    def details(self, rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """The heavy part: `ids`, `fields`, `rows` and `texts`."""
        pool, ids, packed = Pool(), [], []
        for row in rows:
            ids.append(row_id(row))
            packed.append(self._heavy(row, pool))
        return {"ids": ids, "fields": list(packed[0]) if packed else [], "rows": [list(row.values()) for row in packed], "texts": list(pool.numbers)}

    def beads(self, beads: Iterable[Bead | Mapping[str, Any]]) -> list[Any]:
        """Each bead as [id, score, origin, moved, members]; takes beads, and lines of `beads.jsonl`."""
        return [self._bead(bead) for bead in beads]

    def _light(self, row: Mapping[str, Any], pool: Pool) -> dict[str, Any]:
        packed: dict[str, Any] = {"id": row_id(row), "bead": str(row.get("bead", ""))}
        for side in "ab":
            name = str(row.get(f"document_id_{side}", ""))
            place = self.places.get(name, int)
            packed |= {
                f"document_{side}": self.number.get(name),
                f"start_{side}": place(int(row.get(f"start_{side}") or 0)),
                f"end_{side}": place(int(row.get(f"end_{side}") or 0)),
            }
            packed |= {f"{field}_{side}": pool(row.get(f"{field}_{side}")) for field in LIGHT_TEXTS}
        packed |= {name: row.get(name) for name in (*SCORES, "divergence", "grade", "percentile", "alignment_score")}
        packed |= {
            "kinds": list(row.get("kinds") or ()),
            "basis": BASES.index(_strongest(row)),
            "artefact": int(_has_artefact(row)),
            "doubtful": int(bool(row.get("doubt_a") or row.get("doubt_b"))),
        }
        own = {name: row[name] for name in ("grade_auto", "kinds_auto") if row.get(name) not in (None, row.get(name[:5]))}
        packed |= {name: str(row.get(name) or "") for name in ("odd_one_out", "status", "comment", "reviewer")}
        return packed | {"auto": [own.get("grade_auto"), own.get("kinds_auto")] if own else 0}

    def _heavy(self, row: Mapping[str, Any], pool: Pool) -> dict[str, Any]:
        differing = dict(zip("ab", marks(dict(row)), strict=True))
        packed: dict[str, Any] = {}
        inside = {}
        for side in "ab":
            text = str(row.get(f"text_{side}") or "")
            inside[side] = positions(text)
            stands = self._stands(str(row.get(f"document_id_{side}", "")), row.get(f"start_{side}"), row.get(f"end_{side}"), text)
            packed[f"text_{side}"] = -1 if stands else pool(text)
            packed[f"marks_{side}"] = [[inside[side](start), inside[side](end)] for start, end in differing[side]]
            packed |= {f"{field}_{side}": pool(row.get(f"{field}_{side}")) for field in HEAVY_TEXTS}
        packed["evidence"] = [
            {**evidence, **{f"span_{side}": [inside[side](each) for each in evidence[f"span_{side}"]] for side in "ab"}}
            for evidence in row.get("evidence") or ()
        ]
        return packed | {name: pool(row.get(name)) for name in ("pivot", "engine", "signature")}

    def _stands(self, name: str, start: Any, end: Any, text: str) -> bool:
        """Is the text what the source says at its place?"""
        number = self.number.get(name)
        return number is not None and isinstance(start, int) and isinstance(end, int) and self.documents[number].text[start:end] == text

    def _bead(self, bead: Bead | Mapping[str, Any]) -> list[Any]:
        if isinstance(bead, Bead):
            head: list[Any] = [bead.id, round(bead.score, 4), bead.origin, bead.moved]
            members = [(member.document, member.start, member.end, member.text, member.speaker) for member in bead.members]
        else:
            head = [bead["id"], bead["score"], bead["origin"], bool(bead.get("moved"))]
            members = [(each["document_id"], each["start"], each["end"], each["text"], each.get("speaker", "")) for each in bead["members"]]
        return [*head, [self._member(*member) for member in members if member[0] in self.number]]

    def _member(self, name: str, start: int, end: int, text: str, speaker: str) -> list[Any]:
        place = self.places[name]
        packed = [self.number[name], place(start), place(end), speaker]
        return packed if self._stands(name, start, end, text) else [*packed, text]


def _has_artefact(row: Mapping[str, Any]) -> bool:
    return any(evidence.get("artefact") for evidence in row.get("evidence") or ())


def _strongest(row: Mapping[str, Any]) -> str:
    """What the program's kinds of a row rest on at best: one of BASES. Back-translations count though they make no kind."""
    kinds = row["kinds_auto"] if row.get("kinds_auto") is not None else row.get("kinds") or ()
    found = {basis(evidence) for evidence in row.get("evidence") or () if evidence["kind"] in kinds or evidence.get("artefact")}
    return max(found, key=BASES.index, default="none")


def pack_documents(documents: Sequence[Document], beads: Sequence[Bead], segments: Sequence[Segment], packer: Packer) -> list[dict[str, Any]]:
    """Each document with its source (or the stretches around what is linked), its sentences and its furniture."""
    linked = {(member.document, index) for bead in beads if not bead.is_gap for member in bead.members for index in member.segments}
    own: dict[str, list[Segment]] = {document.id: [] for document in documents}
    for segment in segments:
        if segment.document in own:
            own[segment.document].append(segment)
    shortened = sum(document.end - document.start for document in documents) > WHOLE_SOURCES
    spans: dict[str, list[tuple[int, int]]] = {document.id: [] for document in documents}
    for bead in beads:
        for member in bead.members:
            spans.setdefault(member.document, []).append((member.start, member.end))
    packed = []
    for document in documents:
        here, place = own[document.id], packer.places[document.id]
        furniture = [
            (segment.start, segment.end)
            for segment, utterance in zip(here, recognise(here, document.language), strict=True)
            if utterance.role == "furniture" and (segment.document, segment.index) not in linked
        ]
        kept = windows(spans[document.id], document.start, document.end) if shortened else [(document.start, document.end)]
        packed.append(
            {
                **{name: getattr(document, name) for name in ("id", "stem", "outlet", "language", "url", "group")},
                "date": str(document.date),
                "start": place(document.start),
                "end": place(document.end),
                "segments": len(here),
                "linked": sum((segment.document, segment.index) in linked for segment in here),
                "pieces": [[place(start), document.text[start:end]] for start, end in kept],
                "sentences": [edge for segment in here if _within(segment, kept) for edge in (place(segment.start), place(segment.end))],
                "furniture": [[place(start), place(end)] for start, end in furniture],
                # Where characters stand that a browser counts as two: decisions name places as Python counts them.
                "wide": [] if document.text.isascii() else [place(at) for at, character in enumerate(document.text) if character > "\uffff"],
            }
        )
    return packed


def _within(segment: Segment, kept: Sequence[tuple[int, int]]) -> bool:
    number = bisect_right(kept, (segment.start, 1 << 62)) - 1
    return number >= 0 and segment.end <= kept[number][1]


def windows(spans: Sequence[tuple[int, int]], first: int, last: int) -> list[tuple[int, int]]:
    """The stretches within MARGIN characters of a span, joined where they meet, in order."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted((max(first, start - MARGIN), min(last, end + MARGIN)) for start, end in spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
