"""Rendition linking: small invented articles with the hash encoder; the gold with the real one."""

from __future__ import annotations

from align.corpus import Document, Segment
from align.encoders import HashEncoder
from align.renditions import link

HASH = HashEncoder()
FIRST = [
    "The minister met reporters on Tuesday.",
    "“We agreed to reopen the bridge over the river in September,” the minister said.",
    "“The sanctions are not our problem,” he added.",
    "Read more",
]
SECOND = [
    "Weather was mild in the capital.",
    "According to the minister, the sanctions are not our problem.",
    "He said that they agreed to reopen the bridge over the river in September.",
    "Read more",
]
STRANGER = ["Bake the dough for forty minutes.", "Serve it warm with butter and jam."]


def corpus(**texts: list[str]) -> tuple[list[Document], list[Segment]]:
    documents, segments = [], []
    for name, sentences in texts.items():
        text = "\n".join(sentences)
        documents.append(Document(name, name, "en", text, f"{name}.txt", name, 0, len(text)))
        place = 0
        for index, sentence in enumerate(sentences):
            segments.append(Segment(name, index, index, place, place + len(sentence), sentence))
            place += len(sentence) + 1
    return documents, segments


def linked(**texts: list[str]) -> set[tuple[str, ...]]:
    documents, segments = corpus(**texts)
    return {tuple(f"{member.document}:{member.segments[0]}" for member in bead.members) for bead in link(documents, segments, HASH.encode)}


def test_statements_are_found_in_another_order() -> None:
    assert linked(a=FIRST, b=SECOND) == {("a:1", "b:2"), ("a:2", "b:1")}


def test_nothing_in_common_gives_no_units() -> None:
    assert linked(a=FIRST, c=STRANGER) == set()


def test_one_document_and_none() -> None:
    assert linked(a=FIRST) == set()
    assert linked() == set()
    assert linked(a=["One sentence."]) == set()


def test_members_are_exact_spans() -> None:
    documents, segments = corpus(a=FIRST, b=SECOND)
    texts = {document.id: document.text for document in documents}
    beads = link(documents, segments, HASH.encode)
    assert beads
    for bead in beads:
        for member in bead.members:
            assert member.text == texts[member.document][member.start : member.end]
