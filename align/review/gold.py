"""A review as gold: what `align eval` holds predictions against. Called by `cli`.

`segments.tsv` and `links.tsv`: sentences, and which of them render each other: S where a reviewer said so (accepted, or made by hand), P
where nobody decided. `negatives.jsonl`: what was rejected. `divergence.tsv`: rows that a reviewer accepted or graded. `open.tsv`: sentences
that nobody has reviewed, for `--ignore`. For a bitext also `STEM-A.STEM-B.beads`, a bead a line as `[0, 1]:[2]`, and beside it what the
program found before the review (`.auto.beads`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..corpus import Bead, Document, Member, Segment
from ..decide import Decided
from ..decide.reviews import row_keys
from ..decide.spans import place_of
from ..evaluate import covered
from ..store import replacing, write_text
from ..tables import tsv_line
from .session import Session

Sentence = tuple[str, int]
Link = tuple[Sentence, Sentence]


class _Sentences:
    """Sentences of all documents, counted from 0 within a file: parts of one file count on."""

    def __init__(self, documents: Sequence[Document], segments: Sequence[Segment]) -> None:
        self.stem = {document.id: document.stem for document in documents}
        by_stem: dict[str, list[Segment]] = defaultdict(list)
        for segment in segments:
            by_stem[self.stem[segment.document]].append(segment)
        self.of = {stem: sorted(own, key=lambda one: (one.start, one.end)) for stem, own in by_stem.items()}
        self._spans = {stem: [(number, one.start, one.end) for number, one in enumerate(own)] for stem, own in self.of.items()}
        self.number = {(one.document, one.index): number for own in self.of.values() for number, one in enumerate(own)}

    def held(self, member: Member) -> list[Sentence]:
        stem = self.stem[member.document]
        return [(stem, number) for number in covered(self._spans.get(stem, ()), member.start, member.end)]

    def text(self, sentence: Sentence) -> str:
        return self.of[sentence[0]][sentence[1]].text


def write_gold(session: Session, folder: Path) -> dict[str, Any]:
    """Write the review of a session into a folder and give what was written, with counts.

    Raises OutputError when the folder cannot be written.
    """
    state = session.state()
    decided = session.decided()
    sentences = _Sentences(state["documents"], state["segments"])
    links, negatives, seen = _links(decided, sentences)
    everything = {(stem, number) for stem, own in sentences.of.items() for number in range(len(own))}
    unseen = sorted(everything - seen)
    graded = [row for row in state["rows"] if row["status"] == "accepted" or (row["status"] != "rejected" and _judged(row))]
    written: dict[str, Any] = {}

    def table(name: str, header: str, lines: Iterable[Sequence[Any]]) -> None:
        count = 0
        with replacing(folder / name) as file:
            file.write(header.replace(" ", "\t") + "\n")
            for line in lines:
                file.write(tsv_line([" ".join(str(value).split()) for value in line]))
                count += 1
        written[name] = count

    table(
        "segments.tsv",
        "doc para sent start end text",
        ((stem, one.paragraph, number, one.start, one.end, one.text) for stem, own in sentences.of.items() for number, one in enumerate(own)),
    )
    table("links.tsv", "doc_a sent_a doc_b sent_b status", ((*a, *b, status) for (a, b), status in sorted(links.items())))
    table("open.tsv", "doc sent", unseen)
    table("divergence.tsv", "doc_a sents_a doc_b sents_b speaker grade_1 grade_2 types_1 types_2 text_a text_b", (_graded(row, sentences) for row in graded))
    with replacing(folder / "negatives.jsonl") as file:
        for (a, b), reason in sorted(negatives.items()):
            sides = {name: {"doc": one[0], "sent": one[1]} for name, one in (("a", a), ("b", b))}
            file.write(json.dumps({**sides, "reason": reason, "text_a": sentences.text(a), "text_b": sentences.text(b)}, ensure_ascii=False) + "\n")
    written["negatives.jsonl"] = len(negatives)
    if state["mode"] == "bitext":
        written |= _beads(folder, state, decided, session.first_beads())
    counts = {
        "sentences": len(everything),
        "sure_links": sum(status == "S" for status in links.values()),
        "possible_links": sum(status == "P" for status in links.values()),
        "negatives": len(negatives),
        "graded": len(graded),
        "open_sentences": len(unseen),
        "reviewers": state["summary"]["review"]["reviewers"],
    }
    write_text(folder / "README.md", _readme(state["title"], counts, written))
    return {"folder": str(folder), "files": written, **counts}


def _judged(row: dict[str, Any]) -> bool:
    return bool(row["grade"] != row["grade_auto"] or row["kinds"] != row["kinds_auto"])


def _links(decided: Decided, sentences: _Sentences) -> tuple[dict[Link, str], dict[Link, str], set[Sentence]]:
    """Links with S or P, rejected ones with the reviewer's comment, and the sentences of reviewed rows."""
    links: dict[Link, str] = {}
    negatives: dict[Link, str] = {}
    seen: set[Sentence] = set()
    for bead in decided.beads:
        review = decided.reviews.get(bead.id)
        by_place = {place_of(member): sentences.held(member) for member in bead.members}
        if bead.is_gap and (bead.origin == "human" or (review and review.status == "accepted")):
            seen.update(one for held in by_place.values() for one in held)
        for key in row_keys(bead):
            said = review.of_row(key) if review else None
            status = said.status if said else ""
            sure = status == "accepted" or (bead.origin == "human" and not status)
            for link in _between(by_place[key[0]], by_place[key[1]]):
                if status == "rejected":
                    negatives.setdefault(link, (said.comment if said else "") or "rejected in review")
                elif sure or link not in links:
                    links[link] = "S" if sure else "P"
                if sure or status == "rejected":
                    seen.update(link)
    return links, {link: reason for link, reason in negatives.items() if link not in links}, seen


def _between(one: Sequence[Sentence], other: Sequence[Sentence]) -> Iterator[Link]:
    """Each sentence with each; links within a document are listed too (`align eval` does not count them)."""
    for a in one:
        for b in other:
            if a != b:
                yield (a, b) if a <= b else (b, a)


def _graded(row: dict[str, Any], sentences: _Sentences) -> list[Any]:
    sides = []
    for side in "ab":
        member = Member(row[f"document_id_{side}"], row[f"start_{side}"], row[f"end_{side}"], "", ())
        sides += [row[f"document_{side}"], ",".join(str(number) for _, number in sentences.held(member))]
    speaker = row["speaker_a"] or row["speaker_b"]
    return [*sides, speaker, row["grade"], "", "|".join(row["kinds"]), "", row["text_a"], row["text_b"]]


def _beads(folder: Path, state: dict[str, Any], decided: Decided, first: Sequence[Bead]) -> dict[str, int]:
    """For each two documents of a group, the base's first: the beads in the notation of `align bitext`, gaps included."""
    documents: Sequence[Document] = state["documents"]
    counted: dict[str, int] = defaultdict(int)
    for segment in state["segments"]:
        counted[segment.document] += 1
    written = {}
    groups: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        groups[document.group].append(document)
    for group in groups.values():
        base, *others = sorted(group, key=lambda document: state["base"] not in (document.outlet, document.language))
        for other in others:
            sizes = counted[base.id], counted[other.id]
            rejected = {bead.id for bead in decided.beads if _is_rejected(decided, bead, base.id, other.id)}
            for name, beads in ((".beads", [bead for bead in decided.beads if bead.id not in rejected]), (".auto.beads", first)):
                lines = list(_lines(beads, base.id, other.id, sizes))
                write_text(folder / f"{base.stem}.{other.stem}{name}", "".join(f"{left}:{right}\n" for left, right in lines))
                written[f"{base.stem}.{other.stem}{name}"] = len(lines)
    return written


def _is_rejected(decided: Decided, bead: Bead, base: str, other: str) -> bool:
    review = decided.reviews.get(bead.id)
    keys = [key for key in row_keys(bead) if {key[0][0], key[1][0]} == {base, other}]
    return bool(review and keys) and all(review is not None and review.of_row(key).status == "rejected" for key in keys)


def _lines(beads: Iterable[Bead], base: str, other: str, sizes: tuple[int, int]) -> Iterator[tuple[list[int], list[int]]]:
    found, free = [], (set(range(sizes[0])), set(range(sizes[1])))
    for bead in beads:
        left, right = (sorted({index for member in bead.members if member.document == name for index in member.segments}) for name in (base, other))
        if left and right:
            found.append((left, right))
            free[0].difference_update(left)
            free[1].difference_update(right)
    found += [([index], []) for index in free[0]] + [([], [index]) for index in free[1]]
    return iter(sorted(found, key=lambda pair: (pair[0] or [sizes[0]], pair[1])))


def _readme(name: str, counts: dict[str, Any], written: dict[str, int]) -> str:
    who = ", ".join(counts["reviewers"]) or "nobody yet"
    lines = [f"# Gold: {name}", "", f"Written from a review (`align review --export-gold`); reviewed by: {who}.", ""]
    lines += [f"- {label.replace('_', ' ')}: {value}" for label, value in counts.items() if label != "reviewers"]
    lines += ["", "`align eval` takes this folder: `align eval FOLDER beads.jsonl --ignore FOLDER/open.tsv` leaves out what nobody has reviewed."]
    lines += ["Links: S a reviewer said so, P nobody decided. `divergence.tsv` has the reviewer's grade and kinds in `grade_1` and `types_1`."]
    if any(file.endswith(".beads") for file in written):
        lines += ["`A.B.beads` has the beads of two documents (`align eval A.B.beads PREDICTION`), `A.B.auto.beads` what the program found before the review."]
    return "\n".join(lines) + "\n"
