"""The scorers: sacreBLEU's own numbers and signatures, what is absent and when, coverage in both directions."""

from __future__ import annotations

import pytest
from sacrebleu import sentence_bleu, sentence_chrf, sentence_ter

from align.corpus import BackTranslation, Member, Pair
from align.encoders import HashEncoder
from align.scorers import Bleu, Chrf, Coverage, Similarity, Ter, score

ENCODE = HashEncoder().encode


def pair(text_a: str, text_b: str, language_a: str = "en", language_b: str = "en", back_a: str = "", back_b: str = "", doubt: str = "") -> Pair:
    def translation(text: str) -> BackTranslation | None:
        return BackTranslation(text, "pt", "", "test", doubt) if text else None

    member_a, member_b = Member("a", 0, len(text_a), text_a, ()), Member("b", 0, len(text_b), text_b, ())
    return Pair("1", member_a, member_b, language_a, language_b, translation(back_a), translation(back_b))


SENTENCES = ("The talks in Moscow ended without an agreement.", "The Moscow talks ended with no agreement at all.")


def test_same_language_scores_are_those_of_sacrebleu() -> None:
    reference, hypothesis = SENTENCES
    rows = [pair(reference, hypothesis)]
    assert Bleu().score(rows) == [pytest.approx(sentence_bleu(hypothesis, [reference], use_effective_order=True).score)]
    assert Chrf().score(rows) == [pytest.approx(sentence_chrf(hypothesis, [reference]).score)]
    assert Ter().score(rows) == [pytest.approx(sentence_ter(hypothesis, [reference]).score)]


@pytest.mark.parametrize(("scorer", "start"), [(Bleu(), "bleu|nrefs:1|case:mixed|eff:yes"), (Chrf(), "chrf|nrefs:1|"), (Ter(), "ter|nrefs:1|case:lc")])
def test_signatures_come_from_sacrebleu(scorer: Bleu | Chrf | Ter, start: str) -> None:
    assert scorer.signature.startswith(start)
    assert "version:" in scorer.signature


def test_across_languages_only_a_back_translation_is_compared() -> None:
    without, doubted = pair("Он ушёл.", "He left.", "ru", "en"), pair("Он ушёл.", "He left.", "ru", "en", back_b="Он ушёл.", doubt="empty")
    translated = pair("Он ушёл.", "He left.", "ru", "en", back_a="He has gone.", back_b="Он ушёл.")
    assert Chrf().score([without, doubted, translated]) == [None, None, pytest.approx(100.0)]
    names = [{item.name for item in row} for row in score([without, translated], ENCODE)]
    assert names[0] == {"similarity", "coverage_ab", "coverage_ba", "lowest_ab", "lowest_ba", "matched", "displacement"}
    assert names[1] >= {"bleu", "chrf", "ter", "chrf_backtranslation_a", "chrf_backtranslation_b", "similarity_backtranslation_a"}
    found = {item.name: item.value for item in score([translated], ENCODE)[0]}
    # Across languages A's translation stands beside B.
    assert found["chrf_backtranslation_a"] == pytest.approx(sentence_chrf("He has gone.", ["He left."]).score)


def test_a_round_trip_is_held_against_its_own_side() -> None:
    found = {item.name: item.value for item in score([pair(*SENTENCES, back_a=SENTENCES[0], back_b="Something else")], ENCODE)[0]}
    assert found["chrf_backtranslation_a"] == pytest.approx(100.0)
    assert found["chrf_backtranslation_b"] < 30


def test_coverage_has_two_directions() -> None:
    short, long = "The minister resigned.", "The minister resigned after journalists published his letters."
    rows = [pair(short, long)]
    assert Coverage(ENCODE, "ab").score(rows) == [1.0]
    assert Coverage(ENCODE, "ba").score(rows)[0] < 0.7
    assert Coverage(ENCODE).score([pair("", long), pair("of the", "of a")]) == [None, None]


def test_similarity_is_a_cosine() -> None:
    same, other = Similarity(ENCODE).score([pair("one two", "one two"), pair("one two", "quite another thing")])
    assert same == pytest.approx(1.0)
    assert other is not None and other < 0.5
    assert Similarity(ENCODE).score([pair("", "text")]) == [None]


def test_progress_and_empty_input() -> None:
    done: list[int] = []
    assert score([], ENCODE) == []
    score([pair(*SENTENCES)] * 3, ENCODE, done.append)
    assert sum(done) == 3


def test_a_very_long_side_takes_bounded_time_and_leaves_ter_out() -> None:
    text = " ".join(f"word{number % 700}" for number in range(10_000))
    names = {item.name for item in score([pair(text, text[: len(text) // 2])], ENCODE)[0]}
    assert "ter" not in names
    assert {"bleu", "chrf", "similarity", "coverage_ab"} <= names
