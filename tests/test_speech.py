"""Roles, speakers and quotations, contents and clauses: tables of input and expected."""

from __future__ import annotations

import pytest

from align.corpus import Segment
from align.renditions import lexical
from align.renditions.fragments import best_run, clauses, content, parts
from align.renditions.speech import person, recognise, reporting


def sentences(*texts: str, same_paragraph: bool = False) -> list[Segment]:
    found, place = [], 0
    for index, text in enumerate(texts):
        found.append(Segment("d", index, 0 if same_paragraph else index, place, place + len(text), text))
        place += len(text) + 1
    return found


@pytest.mark.parametrize(
    ("text", "role", "speech", "speaker"),
    [
        ("“We will sign it tomorrow,” Anna Berg said.", "utterance", "direct", "Anna Berg"),
        ("Anna Berg said that they would sign it tomorrow.", "utterance", "reported", "Anna Berg"),
        ("According to Berg, the treaty “is nearly ready”.", "utterance", "mixed", "Berg"),
        ("Foreign Minister Anna Berg, speaking in Oslo, stressed that the text was ready.", "utterance", "reported", "Anna Berg"),
        ("Answering a question on Oslo, Berg said that the text was ready.", "utterance", "reported", "Berg"),
        ("Concerning the talks, RTB reporter Jane Roe, who was there, wrote on her page: “Nothing was signed.”", "utterance", "mixed", "Jane Roe"),
        ("Anticipating the talks with Roe, Berg was “calm and ready” and answered the question.", "utterance", "mixed", "Berg"),
        ("Sterling told reporters in Oslo, the capital, that the text was ready.", "utterance", "reported", "Sterling"),
        ("Berg said: “We will sign it tomorrow.”", "utterance", "direct", "Berg"),
        ("The text is ready, according to Anna Berg's spokesman, Jens Roe.", "utterance", "reported", "Jens Roe"),
        ("Question: “Will you sign it?”", "question", "direct", "Question"),
        ("Berg: ‘We Will Sign Tomorrow’", "heading", "direct", "Berg"),
        ("Peace in the North", "title", "", ""),
        ("The delegation left Oslo in the evening.", "narration", "", ""),
        ("The United States and Norway border no common sea.", "narration", "", ""),
        ("Read more", "furniture", "", ""),
        ("© REUTERS / Jane Roe", "furniture", "", ""),
        ("«Мы подпишем договор завтра», — заявил Сергей Иванов.", "utterance", "direct", "Сергей Иванов"),
    ],
)
def test_one_sentence(text: str, role: str, speech: str, speaker: str) -> None:
    language = "ru" if "ы" in text else "en"
    found = recognise(sentences(text), language)[0]
    assert (found.role, found.speech, found.speaker) == (role, speech, speaker)


def test_a_turn_goes_on_while_its_quotation_is_open() -> None:
    found = recognise(sentences("Anna Berg: “The text is ready.", "“We sign tomorrow.", "It took a year.”", "The delegation left."), "en")
    assert [one.role for one in found] == ["utterance", "utterance", "utterance", "narration"]
    assert [one.speaker for one in found[:3]] == ["Anna Berg"] * 3


def test_he_is_who_spoke_last() -> None:
    found = recognise(sentences("Anna Berg said that the text was ready.", "She added that it took a year."), "en")
    assert (found[1].speaker, found[1].named) == ("Anna Berg", False)


def test_a_sentence_that_only_names_the_speaker_is_no_utterance() -> None:
    found = recognise(sentences("“How can that be?”", "Berg asked during a press conference in Oslo.", same_paragraph=True), "en")
    assert [one.role for one in found] == ["utterance", "furniture"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Sergey Lavrov", "lavrov"), ("Foreign Minister Lavrov", "lavrov"), ("the minister", ""), ("Question", ""), ("José Núñez", "nunez"), ("", "")],
)
def test_person(name: str, expected: str) -> None:
    assert person(name) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Berg said that the text was ready.", "the text was ready."),
        ("“The text is ready at last,” Berg said.", "“The text is ready at last,”"),
        ("According to Berg, the text was ready at last.", "the text was ready at last."),
        ("Anna Berg: The text is ready.", "The text is ready."),
        ("The delegation left Oslo.", "The delegation left Oslo."),
    ],
)
def test_content(text: str, expected: str) -> None:
    segment = sentences(text)[0]
    begin, end = content(segment, recognise([segment], "en")[0], reporting("en"))
    assert text[begin:end].strip() == expected


def test_parts_are_the_sentence_its_clauses_what_is_said_and_its_quotations() -> None:
    segment = sentences("Anna Berg said that the bridge “will be open for all again”, and that it was not too late.")[0]
    found = parts(segment, recognise([segment], "en")[0], reporting("en"))
    assert found[0] == segment.text
    assert "“will be open for all again”" in found
    assert "the bridge “will be open for all again”, and that it was not too late." in found
    assert "and that it was not too late." in found


def test_clauses_cover_the_text_and_are_not_short() -> None:
    text = "The text is ready at last, and we sign it tomorrow in Oslo; yes."
    found = clauses(text, 0, len(text))
    assert "".join(text[a:b] for a, b in found) == text
    assert len(found) == 2


@pytest.mark.parametrize(("values", "expected"), [([1, 2], (0, 1)), ([-1, 2, -1], (1, 1)), ([2, -1, 2], (0, 2)), ([-3, -1], (1, 1))])
def test_best_run(values: list[float], expected: tuple[int, int]) -> None:
    assert best_run(values) == expected


def test_names_meet_across_scripts() -> None:
    assert lexical.stem("лавров") == lexical.stem("lavrov")
    assert lexical.stem("会谈") == "会谈"
    assert lexical.stem("2017") == "2017"


def test_no_clause_ends_at_an_abbreviation() -> None:
    text = "It was an idea of senior U.S. officials and of the people in their country."
    assert [text[a:b] for a, b in clauses(text, 0, len(text))] == ["It was an idea of senior U.S. officials ", "and of the people in their country."]
