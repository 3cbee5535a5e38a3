"""The report as a document: what is in it, that nothing in the texts gets out of it, and that it loads nothing."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align import page, tables
from align.corpus import Bead, Divergence, Document, Evidence, Member, Pair, Score, Segment, Verdict
from align.page import pack

HOSTILE = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>\"'&\u2028\u202e\x00\ud800"
TEXT_A = "He said the 😀 talks were good. Read more"
TEXT_B = "The talks were 😀 rather bad, he said."


class Parts(HTMLParser):
    """Every tag with its attributes, and the text inside scripts and style sheets."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[tuple[str, dict[str, str | None], str]] = []
        self.within = False
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.within = tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self.within = False

    def handle_data(self, data: str) -> None:
        if self.within:
            self.inside.append((*self.tags[-1], data))


def built(source_a: str = TEXT_A, source_b: str = TEXT_B, title: str = "talks", **changes: Any) -> tuple[str, dict[str, Any]]:
    documents = [
        Document("a", "One", "en", source_a, "a.txt", "001_one", 0, len(source_a), "2017-05-10", "https://one.example/"),
        Document("b", "Two", "en", source_b, "b.txt", "002_two", 0, len(source_b)),
    ]
    end = len(source_a) - 10
    members = Member("a", 0, end, source_a[:end], (0,)), Member("b", 0, len(source_b), source_b, (0,))
    evidence = (Evidence("modality/strength", "words", (12, 13), (15, 16), "x", "y"),)
    verdict = Verdict(0.5, 2, 80.0, ("modality/strength",), evidence, "divergence:1")
    row = Divergence(Pair("1", *members, "en", "en"), (Score("chrf", 50.0, "chrF2"),), verdict, 0.9)
    flat = tables.flatten(row, {document.id: document for document in documents}) | changes
    segments = [
        Segment("a", 0, 0, 0, end, source_a[:end]),
        Segment("a", 1, 1, end + 1, len(source_a), source_a[end + 1 :]),
        Segment("b", 0, 0, 0, len(source_b), source_b),
    ]
    summary = {"baseline": {"label": "renditions", "quantiles": [0.0, 0.1, 0.2, 0.4, 0.8]}}
    document = page.render(title, [flat], [Bead("1", members, 0.9)], documents, segments, summary, {"warnings": ["careful"], "mode": {"mode": "renditions"}})
    scripts = [(attributes, text) for tag, attributes, text in Parts(document).inside if tag == "script"]
    (data,) = [json.loads(text) for attributes, text in scripts if attributes.get("id") == "data"]
    return document, data | {"chunks": [json.loads(text) for attributes, text in scripts if attributes.get("class") == "rows"]}


def row_of(data: dict[str, Any]) -> dict[str, Any]:
    """The only row of a page, both its parts put together, with its texts."""
    (details,) = data["chunks"]
    light, heavy = dict(zip(data["fields"], data["rows"][0], strict=True)), dict(zip(details["fields"], details["rows"][0], strict=True))
    assert details["ids"] == [light["id"]]
    for name, value in light.items():
        if name.startswith(("outlet_", "language_", "speaker_")):
            light[name] = data["names"][value]
    for name, value in heavy.items():
        side = name[-1]
        if name.startswith("text_") and value == -1:
            start, text = data["documents"][light[f"document_{side}"]]["pieces"][0]
            units = text.encode("utf-16-le", "surrogatepass")
            heavy[name] = units[2 * (light[f"start_{side}"] - start) : 2 * (light[f"end_{side}"] - start)].decode("utf-16-le", "surrogatepass")
        elif not name.startswith(("marks_", "evidence")):
            heavy[name] = details["texts"][value]
    return light | heavy


def test_the_data_say_what_the_rows_say() -> None:
    _, data = built()
    row = row_of(data)
    assert [row[name] for name in ("text_a", "text_b", "outlet_b")] == [TEXT_A[:-10], TEXT_B, "Two"]
    assert (row["divergence"], row["grade"], row["percentile"], row["kinds"]) == (0.5, 2, 80.0, ["modality/strength"])
    assert [document["segments"] for document in data["documents"]] == [2, 1]
    assert [document["linked"] for document in data["documents"]] == [1, 1]
    assert data["warnings"] == ["careful"]


def test_offsets_count_as_a_browser_counts() -> None:
    _, data = built()
    row = row_of(data)
    units = TEXT_B.encode("utf-16-le")
    (evidence,) = row["evidence"]
    assert units[2 * evidence["span_b"][0] : 2 * evidence["span_b"][1]].decode("utf-16-le") == "😀"
    assert row["end_b"] == len(TEXT_B) + 1
    assert "rather bad" in [units[2 * start : 2 * end].decode("utf-16-le") for start, end in row["marks_b"]][-1]


@pytest.mark.parametrize(
    ("found", "kinds", "strongest"),
    [
        ([], ["negation"], "none"),
        ([("negation", "hint"), ("negation", "rule")], ["negation"], "rule"),
        ([("omission", "hint"), ("negation", "rule")], ["omission"], "hint"),
        ([("omission", "hint")], [], "none"),
        ([("negation", "backtranslation")], [], "backtranslation"),
    ],
)
def test_a_row_counts_under_the_strongest_evidence_of_its_kinds(found: list[tuple[str, str]], kinds: list[str], strongest: str) -> None:
    evidence = [
        {"kind": kind, "basis": basis, "artefact": basis == "backtranslation", "span_a": [0, 1], "span_b": [0, 1], "channel": "x"} for kind, basis in found
    ]
    _, data = built(kinds=kinds, kinds_auto=kinds, evidence=evidence)
    row = row_of(data)
    assert data["bases"][row["basis"]] == strongest
    assert row["artefact"] == (strongest == "backtranslation")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_positions_are_lengths_in_utf_16(text: str) -> None:
    place = page.positions(text)
    assert [place(count) for count in range(len(text) + 1)] == [len(text[:count].encode("utf-16-le")) // 2 for count in range(len(text) + 1)]


def test_furniture_that_is_not_linked_is_named() -> None:
    _, data = built()
    assert [document["furniture"] for document in data["documents"]] == [[[len(TEXT_A) - 8, len(TEXT_A) + 1]], []]


@pytest.mark.parametrize(
    "field", ["text_a", "text_b", "backtranslation_a", "outlet_a", "comment", "status", "odd_one_out", "engine", "pivot", "bead", "signature", "speaker_a"]
)
def test_hostile_text_stays_inside_the_data(field: str) -> None:
    document, data = built(**{field: HOSTILE})
    harmless, _ = built()
    assert [tag for tag, _ in Parts(document).tags] == [tag for tag, _ in Parts(harmless).tags]
    row = row_of(data)
    assert row[field] == HOSTILE


def test_hostile_documents_and_titles_stay_text() -> None:
    text = HOSTILE * 2
    document, data = built(source_a=text, source_b=text, title="<script>alert(1)</script>")
    assert [tag for tag, _ in Parts(document).tags] == [tag for tag, _ in Parts(built()[0]).tags]
    assert data["documents"][0]["pieces"][0][1] == text
    document.encode("utf-8")


@given(st.text())
def test_embedded_json_is_the_same_value_and_cannot_end_its_tag(text: str) -> None:
    written = page.embedded({"text": text})
    assert not set(written) & set("<>&\u2028\u2029")
    assert json.loads(written) == {"text": text}


def test_nothing_is_loaded_and_only_our_scripts_may_run() -> None:
    parts = Parts(built()[0])
    policy = next(str(attributes["content"]) for tag, attributes in parts.tags if attributes.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag, attributes, text in parts.inside:
        if attributes.get("type") != "application/json":
            assert f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" in policy, tag
    assert not [attributes for _, attributes in parts.tags for name in attributes if name in {"src", "style"} or name.startswith("on")]
    assert [attributes["href"] for tag, attributes in parts.tags if "href" in attributes] == ["data:,"]


def test_no_part_puts_text_in_as_markup() -> None:
    for path in page.PARTS.glob("*.js"):
        code = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|</", code), path.name


def test_the_same_run_gives_the_same_bytes() -> None:
    assert built()[0] == built()[0]


def test_a_text_that_stands_in_the_source_is_not_repeated() -> None:
    document, _ = built()
    assert document.count(TEXT_B) == 1
    _, changed = built(text_b="another text")
    assert row_of(changed)["text_b"] == "another text"


def test_what_is_shown_first_lies_in_the_first_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "CHUNK", 2)
    rows = [{"bead": str(number), "grade": number % 4, "divergence": 0.1, "kinds": [], "evidence": []} for number in range(5)]
    document = page.render("many", rows, [], [], [], {}, {})
    chunks = [json.loads(text) for tag, attributes, text in Parts(document).inside if attributes.get("class") == "rows"]
    ids = [pack.row_id(row) for row in rows]
    assert [chunk["ids"] for chunk in chunks] == [[ids[3], ids[2]], [ids[1], ids[0]], [ids[4]]]


def test_a_page_with_a_server_behind_it_fetches_the_texts() -> None:
    row = {"bead": "1", "text_a": "a text of its own", "grade": 1, "divergence": 0.1, "kinds": [], "evidence": []}
    assert "a text of its own" in page.render("many", [row], [], [], [], {}, {})
    assert "a text of its own" not in page.render("many", [row], [], [], [], {}, {}, {"transport": "server"})


def test_what_the_program_said_stands_beside_what_a_reviewer_said() -> None:
    assert row_of(built()[1])["auto"] == 0
    assert row_of(built(grade=0, grade_auto=2, kinds_auto=["modality/strength"])[1])["auto"] == [2, None]


def test_the_decisions_of_the_log_are_in_the_page_and_cannot_leave_it() -> None:
    decision = {"time": "2026-01-01T00:00:00Z", "reviewer": HOSTILE, "action": "comment", "target": [], "payload": {"text": HOSTILE}}
    document = page.render("talks", [], [], [], [], {}, {}, {"decisions": [decision], "orphans": [decision | {"reason": HOSTILE}]})
    (data,) = [json.loads(text) for _, attributes, text in Parts(document).inside if attributes.get("id") == "data"]
    assert data["review"]["decisions"] == [decision]
    assert [tag for tag, _ in Parts(document).tags] == [tag for tag, _ in Parts(page.render("talks", [], [], [], [], {}, {})).tags]


def test_a_run_without_rows_is_still_a_report() -> None:
    document = page.render("empty", [], [], [], [], {}, {})
    assert "empty · divergence report" in document


def test_a_large_source_is_kept_around_what_is_linked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "WHOLE_SOURCES", 10)
    monkeypatch.setattr(pack, "MARGIN", 3)
    _, data = built()
    (start, text), *rest = data["documents"][0]["pieces"]
    assert (start, text, rest) == (0, TEXT_A[:-7], [])


@pytest.mark.parametrize(
    ("spans", "expected"), [([], []), ([(5, 6)], [(0, 36)]), ([(100, 110), (50, 60)], [(20, 140)]), ([(0, 1), (500, 501)], [(0, 31), (470, 531)])]
)
def test_windows(spans: list[tuple[int, int]], expected: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "MARGIN", 30)
    assert page.windows(spans, 0, 1000) == expected


@pytest.mark.parametrize(
    ("given_baseline", "shares"),
    [
        ({"quantiles": [0.0, 1.0]}, [0.05] * 20),
        ({"quantiles": [0.0, 0.05, 0.1]}, [0.5, 0.5, *[0.0] * 18]),
        ({"values": [0.2]}, None),
        (None, None),
        ("text", None),
    ],
)
def test_the_baseline(given_baseline: Any, shares: list[float] | None) -> None:
    found = page.baseline(given_baseline)
    if shares is None:
        assert found is None
    else:
        assert found is not None
        assert found["shares"] == pytest.approx(shares, abs=1e-4)
        assert sum(found["shares"]) == pytest.approx(1.0, abs=1e-3)
