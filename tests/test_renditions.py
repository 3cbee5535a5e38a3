"""Rendition linking: small invented articles with the hash encoder; the gold with the real one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from align.corpus import Document, Segment
from align.embed import Vectors
from align.encoders import HashEncoder
from align.registry import load
from align.renditions import link, parallel, review, units
from align.renditions.speech import recognise

ROOT = Path(__file__).resolve().parent.parent

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


def test_a_statement_of_one_speaker_never_links_to_one_of_another() -> None:
    other = [sentence.replace("The minister", "Zakharova").replace("the minister", "Zakharova").replace("He", "Zakharova") for sentence in SECOND]
    first = [sentence.replace("the minister said", "Lavrov said").replace("he added", "Lavrov added") for sentence in FIRST]
    assert linked(a=FIRST, b=SECOND)
    assert linked(a=first, b=other) == set()


def test_units_that_share_most_members_become_one_unless_a_loose_link_joins_them() -> None:
    _, segments = corpus(a=["First."], b=["Second."], c=["Third."], d=["Fourth."], e=["Fifth."])
    utterances = [recognise([segment], "en")[0] for segment in segments]
    links = {(0, 1): 0.9, (0, 2): 0.9, (1, 2): 0.9, (0, 3): 0.8, (1, 3): 0.8}

    def build(loose: dict[tuple[int, int], float]) -> list[str]:
        beads = units.build(links, segments, utterances, units.Meaning([one.text for one in segments], HASH.encode), loose, 0.2)
        return ["".join(member.document for member in bead.members) for bead in beads]

    assert build({}) == ["abc", "abd"]
    assert build({(2, 3): 0.1}) == ["abc", "abd"]
    assert build({(2, 3): 0.3}) == ["abcd"]
    links[0, 4] = links[1, 4] = 0.7
    assert build({(2, 3): 0.3, (2, 4): 0.3, (3, 4): 0.3}) == ["abcde"]
    del links[0, 4], links[1, 4], links[1, 3]
    assert build({(2, 3): 0.3, (1, 3): 0.3}) == ["abc", "ad"]


def test_the_same_article_under_two_names_is_recognised() -> None:
    sentences = [*FIRST, *STRANGER, "The river froze in January."]
    documents, segments = corpus(a=sentences, b=sentences)
    found = review(documents, segments, HASH.encode)
    assert found.twins == (("a", "b"),)
    assert {bead.members[0].text for bead in found.beads} == set(sentences)


def test_boilerplate_alone_gives_nothing() -> None:
    assert linked(a=["Read more", "Click here to subscribe", "© Reuters"], b=["Read more", "Share", "© Reuters"]) == set()


def test_what_was_not_linked_is_listed() -> None:
    documents, segments = corpus(a=[*FIRST, "“Nobody asked about fishing,” the minister said."], b=SECOND)
    found = review(documents, segments, HASH.encode)
    assert [segment.id for segment in found.unlinked] == ["a:4"]


def test_reviewed_beads_come_back_and_are_not_linked_again() -> None:
    documents, segments = corpus(a=FIRST, b=SECOND)
    automatic = link(documents, segments, HASH.encode)
    human = replace(automatic[0], id="7", origin="human", score=1.0)
    assert link(documents, segments, HASH.encode, anchors=[human]) == [human, *automatic[1:]]


def test_the_order_of_the_result_is_that_of_the_documents_and_always_the_same() -> None:
    documents, segments = corpus(a=FIRST, b=SECOND, c=FIRST[::-1])
    once, again = (link(documents, list(given), HASH.encode) for given in (segments, segments[::-1]))
    assert once == again
    places = {segment.id: place for place, segment in enumerate(segments)}
    heads = [places[f"{bead.members[0].document}:{bead.members[0].segments[0]}"] for bead in once]
    assert heads == sorted(heads)


def test_documents_without_segments_are_no_trouble() -> None:
    documents, segments = corpus(a=FIRST, b=SECOND)
    empty = Document("z", "z", "en", "", "z.txt", "z", 0, 0)
    assert link([empty, *documents], segments, HASH.encode) == link(documents, segments, HASH.encode)
    assert linked(a=["...", "!", "—"], b=["...", "!"]) == set()


def test_the_gold_is_reached_with_the_real_encoder(shared: Path) -> None:
    """F1 on development links, with the project's own sentences; the floor is a little under what was measured."""
    sys.path.insert(0, str(ROOT / "benchmarks" / "renditions"))
    import gold

    known = gold.read()
    beads = link(known.documents, gold.own_segments(known.documents), gold.encoder())  # type: ignore[arg-type]
    result = gold.score(beads, known.documents)
    assert result["f1"] >= 0.79
    assert result["negatives_linked"] <= 2


def run_on(folder: Path, **texts: list[str]) -> tuple[subprocess.CompletedProcess[str], Path]:
    """The command line on files of these sentences, a paragraph each."""
    for name, sentences in texts.items():
        (folder / f"{name}.txt").write_text("\n\n".join(sentences) + "\n", encoding="utf-8")
    documents = "".join(f'[[documents]]\npath = "{name}.txt"\noutlet = "{name}"\nlanguage = "en"\n' for name in texts)
    settings = '[corpus]\nname = "c"\nmode = "renditions"\n' + documents + '[embed]\nencoder = "hash"\n[backtranslate]\nengine = "none"\n'
    (folder / "align.toml").write_text(settings, encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "align", "run", str(folder)], capture_output=True, text=True, check=False, env=os.environ | {"COLUMNS": "100"})
    assert done.returncode == 0, done.stderr
    return done, folder / "out"


@pytest.mark.parametrize(
    "texts",
    [
        {"a": FIRST, "c": STRANGER},
        {"a": FIRST},
        {"a": ["Read more", "Click here to subscribe", "© Reuters"], "b": ["Read more", "Share", "© Reuters"]},
    ],
    ids=["no common statement", "one document", "boilerplate only"],
)
def test_nothing_to_link_is_said_and_the_tables_are_empty(tmp_path: Path, texts: dict[str, list[str]]) -> None:
    done, out = run_on(tmp_path, **texts)
    assert "no statement stands in two of the documents" in " ".join((done.stdout + done.stderr).split())
    assert (out / "beads.jsonl").read_text(encoding="utf-8") == ""
    assert (out / "divergence.jsonl").read_text(encoding="utf-8") == ""
    assert len((out / "divergence.csv").read_text(encoding="utf-8").splitlines()) == 1
    assert (out / "report.html").exists() and (out / "divergence.xlsx").exists()
    shown = subprocess.run([sys.executable, "-m", "align", "report", str(out), "--statements"], capture_output=True, text=True, check=True)
    assert "No statement is carried by more than one document." in shown.stdout


def test_one_article_under_two_names_is_said(tmp_path: Path) -> None:
    sentences = [*FIRST, *STRANGER, "The river froze in January."]
    done, out = run_on(tmp_path, a=sentences, b=sentences)
    assert "a and b are one text: they are aligned from end to end" in " ".join(done.stderr.split())
    beads = [json.loads(line) for line in (out / "beads.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {bead["members"][0]["text"] for bead in beads} == set(sentences)
    assert all(0 <= member["score"] <= 1 for bead in beads for member in bead["members"])
    shown = subprocess.run([sys.executable, "-m", "align", "report", str(out), "--statements", "--json"], capture_output=True, text=True, check=True)
    found = json.loads(shown.stdout)
    assert [document["statements"] for document in found["documents"]] == [len(sentences)] * 2
    assert found["documents"][1]["order"] == 1.0


def test_short_articles_about_one_thing_are_no_translations_of_each_other() -> None:
    """In unrelated texts, too, half of the sentences are each other's nearest: that alone says nothing."""
    vectors = Vectors(load("encoders", "use"), "use")
    sides = []
    for path in sorted((ROOT / "seeds").glob("00[13]_*.txt")):
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if len(line) > 60]
        sides += [parallel.side(lines[first : first + 12], vectors, "en") for first in (0, 12)]
    assert len(sides) == 4
    assert [parallel.match(one, other, vectors) for one, other in combinations(sides, 2)] == [None] * 6
    turned = parallel.side(sides[0].texts[::-1], vectors, "en")
    matches = parallel.match(sides[0], turned, vectors)
    assert matches is not None and {(match.left, match.right) for match in matches} == {((place,), (11 - place,)) for place in range(12)}
