"""Verdicts: identical sides, empty sides, kinds with spans that hold, artefacts, the odd one out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.corpus import KINDS, BackTranslation, Divergence, Member, Pair, Verdict
from align.diverge import diverge, odd_one_out, signature
from align.encoders import HashEncoder
from align.scorers import score

ENCODE = HashEncoder().encode


def pair(text_a: str, text_b: str, language_a: str = "en", language_b: str = "en", back_b: str = "") -> Pair:
    members = Member("a", 0, len(text_a), text_a, ()), Member("b", 0, len(text_b), text_b, ())
    return Pair("1", *members, language_a, language_b, None, BackTranslation(back_b, "", "", "test") if back_b else None)


def judged(*pairs: Pair) -> list[Verdict]:
    return diverge(pairs, score(pairs, ENCODE), ENCODE)


@pytest.mark.parametrize(
    ("text_a", "text_b"),
    [
        ("The talks ended.", "The talks ended."),
        ("“The talks ended.”", "the talks  ended."),
        ("It isn’t over – yet…", "It isn't over - yet..."),
        ("No\u00a0break\u200b here", "no break here"),
        ("«Да», — сказал он", '"Да", - сказал он'),
    ],
)
def test_identical_sides_do_not_diverge(text_a: str, text_b: str) -> None:
    (verdict,) = judged(pair(text_a, text_b))
    assert (verdict.divergence, verdict.grade, verdict.kinds, verdict.evidence) == (0.0, 0, (), ())


@pytest.mark.parametrize(("text_a", "text_b", "kind"), [("", "Some text", "addition"), ("Some text", " \n", "omission")])
def test_an_empty_side_diverges_wholly(text_a: str, text_b: str, kind: str) -> None:
    (verdict,) = judged(pair(text_a, text_b))
    assert (verdict.divergence, verdict.grade, verdict.kinds) == (1.0, 3, (kind,))


@pytest.mark.parametrize(
    ("text_a", "text_b", "languages", "kind", "values"),
    [
        ("The blast killed 15 people in the city.", "The blast killed 20 people in the city.", ("en", "en"), "number/date", ("15", "20")),
        ("We will not discuss sanctions with them.", "We will discuss sanctions with them.", ("en", "en"), "negation", ("not", "-")),
        (
            "The meeting was held in Geneva on Monday.",
            "The meeting was held in Vienna on Monday.",
            ("en", "en"),
            "named-entity/attribution",
            ("Geneva", "Vienna"),
        ),
        ("Das Treffen dauerte drei Stunden.", "The meeting lasted five hours.", ("de", "en"), "number/date", ("drei", "five")),
        ("Le ministre n'a pas signé le contrat.", "The minister signed the contract.", ("fr", "en"), "negation", ("n'a", "-")),
    ],
)
def test_kinds_show_where_they_stand(text_a: str, text_b: str, languages: tuple[str, str], kind: str, values: tuple[str, str]) -> None:
    (verdict,) = judged(pair(text_a, text_b, *languages))
    found = next(item for item in verdict.evidence if item.kind == kind)
    assert kind in verdict.kinds
    assert (found.value_a, found.value_b) == values
    assert text_a[slice(*found.span_a)] == (values[0] if values[0] != "-" else "")
    assert text_b[slice(*found.span_b)] == (values[1] if values[1] != "-" else "")


def test_what_only_a_back_translation_shows_is_an_artefact_and_no_kind() -> None:
    text_a, text_b = "Er hat den Vertrag unterschrieben.", "He signed the contract."
    clean, lossy = judged(pair(text_a, text_b, "de", "en", back_b=text_a), pair(text_a, text_b, "de", "en", back_b="Er hat den Vertrag nicht unterschrieben."))
    assert not any(item.artefact for item in clean.evidence)
    artefacts = [item for item in lossy.evidence if item.artefact]
    assert [item.kind for item in artefacts] == ["negation"]
    assert artefacts[0].channel.startswith("backtranslation:")
    assert "negation" not in lossy.kinds


def test_evidence_says_what_it_rests_on_and_how_much_it_weighs() -> None:
    (verdict,) = judged(pair("The blast killed 15 people in the old market.", "The blast killed 20 people in the market."))
    number = next(item for item in verdict.evidence if item.channel == "numbers")
    hint = next(item for item in verdict.evidence if item.channel == "omission:word")
    assert (number.basis, hint.basis) == ("rule", "hint")
    assert number.severity > 0.5 > hint.severity
    assert number.version and f"numbers:{number.version}" in verdict.signature
    (lossy,) = judged(pair("Er hat unterschrieben.", "He signed.", "de", "en", back_b="Er hat nicht unterschrieben."))
    assert {item.basis for item in lossy.evidence if item.artefact} == {"backtranslation"}


def test_a_close_rendition_is_only_called_divergent_for_a_reason() -> None:
    text = "The committee met on Tuesday in the old town hall and agreed that the budget for schools would grow by 12 per cent."
    (close,) = judged(pair(text, text.replace("agreed", "decided").replace("grow", "rise")))
    assert close.divergence < 0.5 and close.grade < 2


@pytest.mark.parametrize(
    ("text_a", "text_b", "language", "channel", "values"),
    [
        ("Lavrov said the talks were useful.", "Tillerson said the talks were useful.", "en", "names:alone", ("Lavrov", "Tillerson")),
        ("The minister praised the agreement.", "The minister criticised the agreement.", "en", "antonyms:alone", ("praised", "criticised")),
        ("He may visit Moscow in June.", "He will visit Moscow in June.", "en", "stance:alone", ("may", "will")),
        ("The talks begin on Monday in Geneva.", "The talks begin on Tuesday in Geneva.", "en", "dates:alone", ("Monday", "Tuesday")),
        ("Der Minister reiste am Abend nach Berlin.", "Der Minister reiste am Abend nach Wien.", "de", "names:alone", ("Berlin", "Wien")),
        ("Он может посетить Москву в июне.", "Он должен посетить Москву в июне.", "ru", "stance:alone", ("может", "должен")),
    ],
)
def test_two_words_that_are_the_whole_difference_decide(text_a: str, text_b: str, language: str, channel: str, values: tuple[str, str]) -> None:
    (verdict,) = judged(pair(text_a, text_b, language, language))
    found = next(item for item in verdict.evidence if item.channel == channel)
    assert (found.value_a, found.value_b, found.basis) == (*values, "rule")
    assert verdict.divergence > 0.6 and verdict.grade >= 2 and found.kind in verdict.kinds


def test_the_same_rule_is_less_sure_where_more_differs() -> None:
    (verdict,) = judged(pair("Lavrov met reporters and said the talks were useful.", "Tillerson told a crowded press briefing that the talks had been useful."))
    found = next(item for item in verdict.evidence if item.channel.startswith("names"))
    assert found.channel == "names" and found.severity < 0.5


@pytest.mark.parametrize(
    ("text_a", "text_b"),
    [
        ("The US rejected the proposal.", "The United States rejected the proposal."),
        ("The US rejected the proposal.", "America rejected the proposal."),
        ("Moscow said the talks were useful.", "Russia said the talks were useful."),
        ("The talks begin on Monday in Geneva.", "The talks begin Monday in Geneva."),
        ("Lavrov said the talks were useful.", "Mr. Lavrov said the talks were useful."),
        ("Lavrov said the talks were useful.", "Sergei Lavrov said the talks were useful."),
        ("The meeting was organised by the embassy.", "The meeting was organized by the embassy."),
        ("The factory in Bombay burnt down.", "The factory in Mumbai burnt down."),
        ("The Second World War ended in 1945.", "World War II ended in 1945."),
        ("Members shall pay the fee.", "Members must pay the fee."),
        ("He will come to Moscow.", "He will go to Moscow."),
        ("He could visit Moscow in June.", "He may visit Moscow in June."),
    ],
)
def test_another_word_for_the_same_is_no_whole_difference(text_a: str, text_b: str) -> None:
    (verdict,) = judged(pair(text_a, text_b))
    assert not any(item.channel.endswith(":alone") for item in verdict.evidence)
    assert verdict.divergence < 0.5 and verdict.grade < 2


def test_a_pair_gets_the_same_verdict_in_any_company() -> None:
    rows = [pair("He signed it in May.", "He did not sign it."), pair("A", "B"), pair("We left.", "We have gone."), pair("", "x")]
    assert judged(*rows) == [judged(row)[0] for row in rows]


def test_a_sharp_channel_is_not_averaged_away() -> None:
    long = "The committee met on Tuesday in the old town hall and agreed that the budget for schools would grow by {} per cent over the next two years."
    same, other = judged(pair(long.format(12), long.format(12).replace("agreed", "decided")), pair(long.format(12), long.format(40)))
    assert other.divergence > 0.6 > same.divergence
    assert other.grade >= 2


@pytest.mark.parametrize(
    ("text_a", "text_b", "languages"),
    [
        ("word " * 10_000, "слово " * 10_000, ("en", "ru")),
        ("שלום עולם 5", "hello\x00\x1b world <b>5</b>", ("he", "en")),
        ("𝕬𝖇𝖈 ﷽ \u202eabc", "<ph id='1'/>&nbsp;", ("ar", "en")),
        ("?", "!", ("xx", "zz")),
        ("12 34 56", "12 34 57", ("en", "ru")),
        ("\u202bمرحبا John\u202c Москва", "ﬁnal\u0000 привет שלום", ("ar", "ru")),
    ],
)
def test_awkward_input_gets_a_verdict(text_a: str, text_b: str, languages: tuple[str, str]) -> None:
    (verdict,) = judged(pair(text_a, text_b, *languages))
    assert 0.0 <= verdict.divergence <= 1.0


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80), st.sampled_from(["en", "ru", "de", "fr", "es", "pt", "zh", "he"]), st.sampled_from(["en", "ru", "fr"]))
def test_any_text_keeps_the_contract(text_a: str, text_b: str, language_a: str, language_b: str) -> None:
    (verdict,) = judged(pair(text_a, text_b, language_a, language_b))
    assert 0.0 <= verdict.divergence <= 1.0
    assert verdict.grade in range(4)
    assert verdict.percentile is None or 0.0 <= verdict.percentile <= 100.0
    assert set(verdict.kinds) <= set(KINDS)
    for item in verdict.evidence:
        assert 0 <= item.span_a[0] <= item.span_a[1] <= len(text_a)
        assert 0 <= item.span_b[0] <= item.span_b[1] <= len(text_b)


def test_the_odd_one_out_is_the_document_that_differs_most() -> None:
    def row(document_a: str, document_b: str, divergence: float) -> Divergence:
        members = [Member(name, 0, 1, "x", ()) for name in (document_a, document_b)]
        return Divergence(Pair("1", members[0], members[1], "en", "en"), (), Verdict(divergence, 0, None, (), (), ""), 1.0)

    assert odd_one_out([row("a", "b", 0.1), row("a", "c", 0.9), row("b", "c", 0.8)]) == "c"
    assert odd_one_out([row("a", "b", 0.5), row("a", "c", 0.5), row("b", "c", 0.52)]) == ""
    assert odd_one_out([row("a", "b", 0.9)]) == ""


def test_the_signature_names_every_channel() -> None:
    assert all(f"{name}:" in signature() for name in ("numbers", "negation", "names", "antonyms", "omissions"))
