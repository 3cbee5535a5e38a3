"""Spans of text and how they are found again: in a bead, or in a document whose offsets may have shifted."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from ..corpus import Document, Member, Segment, Span
from ..store import digest

if TYPE_CHECKING:
    from ..renditions.speech import Utterance

Place = tuple[str, int, int]
Key = tuple[str, str]
FAR, LONG = 20_000, 2_000  # a span without its text is looked for within so many characters of its old place, unless it is longer


@lru_cache(maxsize=262_144)
def text_hash(text: str) -> str:
    """The short hash by which a decision knows its text again: white space does not count."""
    return digest(" ".join(text.split()))[:16]


def place_of(member: Member | Span) -> Place:
    return member.document, member.start, member.end


def key_of(member: Member) -> Key:
    return member.document, text_hash(member.text)


def span_of(member: Member) -> Span:
    """The span that a decision about this member points at."""
    return Span(member.document, member.start, member.end, text_hash(member.text), member.text)


def target_of(members: Iterable[Member]) -> tuple[Span, ...]:
    """The spans that a decision about these members points at."""
    return tuple(sorted((span_of(member) for member in members), key=place_of))


def matched(spans: Sequence[Span], members: Sequence[Member]) -> tuple[int, tuple[Member, ...]] | None:
    """For each span a member of its own with the same text in the same document, and how far they stand from it in all.

    None when a span has no such member.
    """
    free = list(members)
    found, distance = [], 0
    for span in sorted(spans, key=place_of):
        fitting = [member for member in free if member.document == span.document and text_hash(member.text) == span.text_hash]
        if not fitting:
            return None
        best = min(fitting, key=lambda member: (abs(member.start - span.start), member.start))
        free.remove(best)
        found.append(best)
        distance += abs(best.start - span.start)
    return distance, tuple(found)


class Texts:
    """The documents of a run and their segments, for making members out of spans. With `voices` (renditions) members say who speaks."""

    def __init__(self, documents: Iterable[Document], segments: Iterable[Segment], *, voices: bool = False) -> None:
        self._voices: dict[str, list[Utterance]] | None = {} if voices else None
        self.documents = {document.id: document for document in documents}
        self.segments: dict[str, list[Segment]] = defaultdict(list)
        for segment in segments:
            self.segments[segment.document].append(segment)
        self._starts = {name: [segment.start for segment in own] for name, own in self.segments.items()}
        self.order = {name: number for number, name in enumerate(self.documents)}

    def touched(self, document: str, start: int, end: int) -> tuple[int, ...]:
        """The indices of the segments that a stretch of a document touches."""
        own, starts = self.segments.get(document, ()), self._starts.get(document, ())
        # Segments are in order and apart, so that only the one before the first start may reach in.
        first = max(0, bisect_right(starts, start) - 1)
        return tuple(segment.index for segment in own[first : bisect_left(starts, end)] if segment.start < end and segment.end > start)

    def segment(self, document: str, index: int) -> Segment:
        """The segment with that index."""
        return self.segments[document][index]

    def member(self, document: str, start: int, end: int, like: Iterable[Member] = ()) -> Member | None:
        """The member that a stretch makes, white space at its ends left out; None where nothing is left.

        Who speaks, and how, is taken over from those of `like` that share a segment with it, else from the text around it.
        """
        text = self.documents[document].text[start:end]
        start, end = start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip())
        indices = self.touched(document, start, end)
        if start >= end or not indices:
            return None
        near = [member for member in like if member.document == document and set(member.segments) & set(indices)]
        speaker = next((member.speaker for member in near if member.speaker), "")
        ways = {member.speech for member in near if member.speech}
        if not near:
            spoken = self._spoken(document, indices)
            speaker = next((one.speaker for one in spoken if one.speaker), "")
            ways = {one.speech for one in spoken if one.speech}
        speech = next(iter(ways)) if len(ways) == 1 else "mixed" if ways else ""
        return Member(document, start, end, self.documents[document].text[start:end], indices, speaker, speech)

    def _spoken(self, document: str, indices: Sequence[int]) -> list[Utterance]:
        if self._voices is None:
            return []
        if document not in self._voices:
            from ..renditions.speech import recognise

            self._voices[document] = recognise(self.segments[document], self.documents[document].language)
        return [self._voices[document][index] for index in indices]

    def find(self, span: Span, like: Iterable[Member] = ()) -> Member | None:
        """The member that a span makes: where it says, else where the same text stands nearest; None where it does not stand any more."""
        document = self.documents.get(span.document)
        if document is None:
            return None
        low, high = document.start, document.end
        if low <= span.start and span.end <= high and text_hash(document.text[span.start : span.end]) == span.text_hash:
            return self.member(span.document, span.start, span.end, like)
        if span.text.strip():
            words = r"\s+".join(map(re.escape, span.text.split()))
            starts = [(match.start(), match.end()) for match in re.finditer(words, document.text[low:high])]
            places = [(low + start, low + end) for start, end in starts]
        else:
            size = span.end - span.start
            around = range(max(low, span.start - FAR), min(high - size, span.start + FAR) + 1) if size <= LONG else range(0)
            places = [(start, start + size) for start in around if digest(" ".join(document.text[start : start + size].split()))[:16] == span.text_hash]
        fitting = [place for place in places if text_hash(document.text[slice(*place)]) == span.text_hash]
        if not fitting:
            return None
        start, end = min(fitting, key=lambda place: (abs(place[0] - span.start), place))
        return self.member(span.document, start, end, like)

    def joined(self, members: Iterable[Member]) -> tuple[Member, ...]:
        """Members in the order of the documents; those of one document that overlap or have only white space between them become one."""
        done: list[Member] = []
        for member in sorted(members, key=lambda one: (self.order[one.document], one.start, one.end)):
            last = done[-1] if done else None
            if last is not None and last.document == member.document and self._meet(last, member):
                whole = self.member(member.document, last.start, max(last.end, member.end), (last, member))
                if whole is not None:
                    done[-1] = whole
                    continue
            done.append(member)
        return tuple(done)

    def _meet(self, first: Member, second: Member) -> bool:
        between = self.documents[first.document].text[first.end : second.start]
        return second.start <= first.end or not between.strip()
