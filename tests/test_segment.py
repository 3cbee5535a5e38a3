"""`align.segment`: what is a sentence, what is a paragraph, and that nothing is lost."""

from __future__ import annotations

import csv
import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.corpus import Document
from align.segment import is_wrapped, lines, segment, signature, split_sentences


def document(text: str, language: str = "en", start: int = 0, end: int | None = None) -> Document:
    return Document("d", "", language, text, "d.txt", "d", start, len(text) if end is None else end)


# A bar stands where a sentence ends; the blanks beside it are part of the text.
ROOT = Path(__file__).resolve().parent.parent
GOLD = ROOT / "corpora" / "lavrov-2017-05-10" / "gold"
SEEDS = ROOT / "seeds"
SPLITS = [
    ("en", "One came. | Two left."),
    ("en", "Mr. Smith met Dr. Jones. | They spoke."),
    ("en", "He left the U.S. in May. | She stayed."),
    ("en", "They met in the U.S. | The talks were long."),
    ("en", "They met in the U.S. | “It was a start,” he said."),
    ("en", "They met in the U.S. | However, nothing was signed."),
    ("en", "The U.S. State Department and the U.S. He Xiaoming Fund agreed."),
    ("de", "Sie trafen sich in den U.S.A. | Es ging lange."),
    ("ru", "Они встретились в С.Ш.А. | Это было начало."),
    ("en", "The U. S. delegation and J. R. Smith agreed."),
    ("en", "“We agree. | We always did.” | They left."),
    ("en", '"We agree. | We always did," he said. | They left.'),
    ("en", "'Is it so?' she asked. | 'It is.'"),
    ("en", "Is it so? | It is! | Good."),
    ("en", "He paused … and went on."),
    ("en", "He paused… | Then he went on."),
    ("en", "It rose by 3.5 percent. | It fell by .5 percent."),
    ("en", "1. First we eat. | 2. Then we talk."),
    ("en", "He said: “Go now.” | They went."),
    ("en", "(They had met before.) | Now they met again."),
    ("en", "He agreed. | [This was reported.] | She did not."),
    ("en", "A heading without a mark"),
    ("de", "Der 1. Weltkrieg begann 1914. | Er endete 1918."),
    ("de", "Er sagte: „Wir gehen.“ | Dann ging er."),
    ("de", "Das gilt z. B. für Obst. | Auch für Gemüse."),
    ("fr", "« Nous partons. » | Il partit."),
    ("fr", "Est-ce vrai ? | Oui !"),
    ("es", "¿Vienes? | ¡Sí! | Vamos a EE. UU. mañana."),
    ("pt", 'Ele disse: "Vamos." | Depois saiu.'),
    ("tr", "Bu 17. bölgedir. | Orada yaşıyor."),
    ("ru", "Он сказал: «Мы уходим». | Потом ушёл."),
    ("ru", "А. С. Пушкин родился в Москве. | Это было в 1799 году. | Он писал стихи."),
    ("uk", "Вони зустрілися у Києві. | Розмова була довгою."),
    ("ar", "هل وصل الوزير؟ | نعم، وصل أمس. | ثم غادر."),
    ("zh", "他来了。|她走了！|真的吗？|是的。"),
    ("zh", "他说：“我们走吧。”|她同意了。"),
    ("ja", "彼は来た。|彼女は行った。"),
    ("ja", "彼は「行きましょう。」と言った。|彼女は同意した。"),
    ("is", "„Við förum.“ | Svo fór hann."),
    ("xx", "Un. | Du."),
]


@pytest.mark.parametrize(("language", "marked"), SPLITS)
def test_sentences(language: str, marked: str) -> None:
    blank = "" if language in {"zh", "ja"} else " "
    expected = [part.strip() for part in marked.split("|")]
    text = blank.join(expected)
    assert [text[start:end] for start, end in split_sentences(text, language)] == expected


@given(st.text(max_size=300), st.sampled_from(["en", "de", "zh", "ja", "ar", "und"]))
@settings(max_examples=300, deadline=None)
def test_nothing_is_lost(text: str, language: str) -> None:
    check(document(text, language))


# Text made of what the rules look at: far more likely to upset them than characters at random.
PIECES = st.sampled_from(
    [*".!?…。！？؟:;,\"'“”„‘’«»「」()[]-–\n\r\u2028\u00a0 ", " ", " ", "Mr", "U.S", "a", "B", "12", "と", "的", "Weltkrieg", "и", "\ufeff"]
)


@given(st.lists(PIECES, max_size=80).map("".join), st.sampled_from(["en", "de", "ru", "ja", "tr"]))
@settings(max_examples=400, deadline=None)
def test_nothing_is_lost_around_marks(text: str, language: str) -> None:
    check(document(text, language))


def check(whole: Document) -> None:
    segments = segment([whole])
    paragraphs = lines(whole.text)
    assert [found.index for found in segments] == list(range(len(segments)))
    at = 0
    for found in segments:
        assert found.text == whole.text[found.start : found.end] == found.text.strip() != ""
        assert not whole.text[at : found.start].strip()
        start, end = paragraphs[found.paragraph]
        assert start <= found.start < end
        assert found.end <= end or is_wrapped(whole)
        at = found.end
    assert not whole.text[at:].strip()


def test_only_the_part_that_belongs_to_the_document() -> None:
    text = "Zero. Nought.\n\nOne. Two.\n \nThree.\r\nFour."
    found = segment([document(text, start=15, end=text.index("Four") - 2)])
    assert [(part.text, part.paragraph, part.index) for part in found] == [("One.", 1, 0), ("Two.", 1, 1), ("Three.", 2, 2)]


def test_each_document_counts_from_zero() -> None:
    assert [part.index for part in segment([document("A. B c. Then d."), document("One. Two.")])].count(0) == 2


FIRST = (
    "The delegation arrived on the tenth of May and was received by the minister, who said that the talks would go on. “We expect that the ties will be "
    "unblocked and that the property is given back. There is no other way,” he added before lunch, and nobody in the room who had followed the matter for "
    "years was much surprised."
)
SECOND = (
    "A second paragraph follows here, of which the lines are as long as those of the first, for it was broken by the same program at the same width. "
    "It ends in the middle of the page."
)
WRAPPED = "\n\n".join(textwrap.fill(paragraph, 72) for paragraph in (FIRST, SECOND)) + "\n"


def test_a_wrapped_text_gives_whole_sentences() -> None:
    whole = document(WRAPPED)
    assert is_wrapped(whole)
    found = segment([whole])
    assert [part.text.split()[0] for part in found] == ["The", "“We", "There", "A", "It"]
    assert [part.paragraph for part in found] == [0, 0, 0, 5, 5]
    assert found[0].text.endswith("the\nminister, who said that the talks would go on.")


def test_the_wrapped_paragraph_is_that_of_its_first_line() -> None:
    found = segment([document("x" * 60 + "\n\n" + WRAPPED)])
    assert found[1].paragraph == 1


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(["A line of verse that goes on", "and one that does not", "and a third", "and yet another line"] * 5),
        "\n".join(["One sentence stands on each line of this file, as corpora have it.", "Some are short.", "They end in full stops, all of them."] * 5),
        WRAPPED.replace("\n", " "),
        "One line that is short\n" * 3,
    ],
)
def test_other_texts_are_not_wrapped(text: str) -> None:
    assert not is_wrapped(document(text))


def test_the_measured_articles_are_not_wrapped_and_keep_their_figure() -> None:
    """The gold's sentences by exact span: the README of the benchmark has the boundaries' F1."""
    gold: dict[str, set[tuple[int, int, int]]] = {}
    with (GOLD / "segments.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            gold.setdefault(row["doc"], set()).add((int(row["para"]), int(row["start"]), int(row["end"])))
    right = total = found_count = 0
    for path in sorted(SEEDS.glob("*.txt")):
        whole = document(path.read_bytes().decode("utf-8"))
        assert not is_wrapped(whole)
        found = {(part.paragraph, part.start, part.end) for part in segment([whole])}
        right += len(found & gold[path.name[:3]])
        total += len(gold[path.name[:3]])
        found_count += len(found)
    assert 2 * right / (total + found_count) > 0.96


@pytest.mark.parametrize("unit", ["a", ". ", "A. ", "word ", "! ", '("', "1.", "… ", ".", "。」", '. "', "U.S. ", ". ("])
def test_a_long_line_does_not_hang(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    started = time.process_time()
    spans = split_sentences(text, "ja")
    assert time.process_time() - started < 5
    assert "".join(text[start:end] for start, end in spans).replace(" ", "") == text.replace(" ", "")


def test_the_signature_names_libraries_and_rules() -> None:
    assert [part.partition(":")[0] for part in signature().split("|")] == ["razdel", "sacremoses", "rules"]
