"""The word diff: spans are true to both texts, equal texts have no change, unspaced scripts fall back to characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align.worddiff import diff, tokens


@pytest.mark.parametrize(
    ("text_a", "text_b", "language", "expected"),
    [
        ("the cat sat", "the dog sat", "en", [("equal", "the", "the"), ("replace", "cat", "dog"), ("equal", "sat", "sat")]),
        ("a b", "a b c d", "en", [("equal", "a b", "a b"), ("insert", "", "c d")]),
        ("Он не пришёл.", "Он пришёл.", "ru", [("equal", "Он", "Он"), ("delete", "не", ""), ("equal", "пришёл.", "пришёл.")]),
        ("我们不去", "我们去", "zh", [("equal", "我们", "我们"), ("delete", "不", ""), ("equal", "去", "去")]),
        ("", "new", "en", [("insert", "", "new")]),
        ("", "", "en", []),
    ],
)
def test_changes(text_a: str, text_b: str, language: str, expected: list[tuple[str, str, str]]) -> None:
    found = [(change.operation, text_a[slice(*change.span_a)], text_b[slice(*change.span_b)]) for change in diff(text_a, text_b, language)]
    assert found == expected


@given(st.text(max_size=60), st.text(max_size=60))
def test_spans_follow_each_other_and_equal_stretches_are_equal(text_a: str, text_b: str) -> None:
    last_a = last_b = 0
    for change in diff(text_a, text_b):
        assert last_a <= change.span_a[0] <= change.span_a[1] <= len(text_a)
        assert last_b <= change.span_b[0] <= change.span_b[1] <= len(text_b)
        last_a, last_b = change.span_a[1], change.span_b[1]
        if change.operation == "equal":
            words_a = [text_a[start:end].casefold() for start, end in tokens(text_a) if change.span_a[0] <= start < change.span_a[1]]
            words_b = [text_b[start:end].casefold() for start, end in tokens(text_b) if change.span_b[0] <= start < change.span_b[1]]
            assert words_a == words_b


def test_numbers_and_clitics_stay_whole() -> None:
    text = "It isn't 1,500.25, nor U.S. well-being"
    assert [text[start:end] for start, end in tokens(text, "en")] == ["It", "isn't", "1,500.25", ",", "nor", "U.S", ".", "well", "-", "being"]
