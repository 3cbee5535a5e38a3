"""The tagger on sentences of six languages: which words are verbs, when they say it happened, and where it keeps silent."""

from __future__ import annotations

import pytest

from align.channels.reading import SIX, read
from align.channels.tagger import profile, tags, times


@pytest.mark.parametrize(
    ("text", "language", "verbs"),
    [
        ("The ministers discussed the conflict and signed a document.", "en", ["discussed", "signed"]),
        ("Министры обсудили конфликт и подписали документ.", "ru", ["обсудили", "подписали"]),
        ("Die Minister besprachen die Lage.", "de", ["besprachen"]),
        ("Les ministres ont signé un accord important.", "fr", ["signé"]),
        ("Los ministros firmaron un acuerdo importante.", "es", ["firmaron"]),
        ("Os ministros assinaram um acordo importante.", "pt", ["assinaram"]),
    ],
)
def test_verbs_are_found(text: str, language: str, verbs: list[str]) -> None:
    reading = read(text, language)
    assert [word.text for word, tag in zip(reading.words, tags(reading), strict=True) if tag[0] == "V"] == verbs


@pytest.mark.parametrize(
    ("text", "language", "told"),
    [
        ("He said the talks were useful.", "en", {"past"}),
        ("He says the talks are useful.", "en", {"pres"}),
        ("The talks will continue.", "en", {"fut"}),
        ("He has signed the document.", "en", {"past"}),
        ("Он подписал документ.", "ru", {"past"}),
        ("Он подписывает документ.", "ru", {"pres"}),
        ("Er hat das Abkommen unterzeichnet.", "de", {"past"}),
        ("Er wird das Abkommen unterzeichnen.", "de", {"fut"}),
        ("Il a signé le document.", "fr", {"past"}),
        ("El ministro firmó el documento.", "es", {"past"}),
        ("O ministro assinou o documento.", "pt", {"past"}),
    ],
)
def test_times(text: str, language: str, told: set[str]) -> None:
    assert {time for time in times(read(text, language)) if time} == told


def test_a_lost_verb_is_missed_in_the_count() -> None:
    whole, spoilt = (profile(read(text, "en")) for text in ("The army attacked the city on Monday.", "The army the city on Monday."))
    assert whole is not None and spoilt is not None
    assert (whole.verbs, spoilt.verbs) == (1, 0)
    assert whole.nouns == spoilt.nouns


def test_other_languages_get_no_tags() -> None:
    assert "ja" not in SIX
    assert tags(read("会議は終わった。", "ja")) == ()
    assert profile(read("会議は終わった。", "ja")) is None


@pytest.mark.parametrize("language", sorted(SIX))
def test_odd_texts_get_a_tag_a_word(language: str) -> None:
    for text in ("", "?!", "123 456,7", "ЫЫЫ qqq ﷽ 漢字", "a" * 500, "don't l'homme d'accord"):
        reading = read(text, language)
        assert len(tags(reading)) == len(times(reading)) == len(reading.words)
