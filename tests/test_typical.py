"""What honest translations look like in a pair of languages: the order of a pair does not matter, and no pair of languages is alarmed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from align.channels.omissions import find
from align.channels.reading import read
from align.corpus import Member, Pair
from align.coverage import covered
from align.diverge import diverge
from align.encoders import UniversalSentenceEncoder
from align.model import features
from align.scorers import score
from align.typical import SCORES, reference, shifted, turned, typical

SEEDS = Path(__file__).resolve().parent.parent / "seeds" / "ntrex-news"


def pair(text_a: str, text_b: str, language_a: str, language_b: str) -> Pair:
    return Pair("1", Member("a", 0, len(text_a), text_a, ()), Member("b", 0, len(text_b), text_b, ()), language_a, language_b)


def lines(language: str) -> list[str]:
    return [line for path in sorted(SEEDS.glob(f"*.{language}.txt")) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def encoder() -> UniversalSentenceEncoder:
    return UniversalSentenceEncoder()


def test_within_one_language_nothing_is_shifted() -> None:
    assert typical("ru", "ru") is None
    assert shifted({"similarity": 0.4}, "ru", "ru") == {"similarity": 0.4}


@pytest.mark.parametrize(("language_a", "language_b"), [("ru", "de"), ("en", "ja"), ("pt", "de"), ("ko", "en"), ("xx", "yy")])
def test_a_typical_translation_of_any_pair_scores_as_one_of_the_reference_pair(language_a: str, language_b: str) -> None:
    found = typical(language_a, language_b)
    assert found is not None
    values = shifted(found.scores, language_a, language_b)
    assert values == pytest.approx(dict(reference().scores))
    assert 0.1 < found.missing_a < 0.5 and 0.1 < found.missing_b < 0.5


@pytest.mark.parametrize(("language_a", "language_b"), [("ru", "de"), ("zh", "en"), ("ko", "tr")])
def test_the_order_of_a_pair_does_not_matter(language_a: str, language_b: str) -> None:
    one, other = typical(language_a, language_b), typical(language_b, language_a)
    assert one is not None and other is not None
    assert (one.missing_a, one.missing_b, one.length) == pytest.approx((other.missing_b, other.missing_a, -other.length), abs=1e-3)
    values = dict.fromkeys(SCORES, 0.5)
    turned_round = {turned(name): value for name, value in shifted(values, language_b, language_a).items()}
    assert shifted(values, language_a, language_b) == pytest.approx(turned_round, abs=1e-3)


def test_unrelated_texts_stay_unrelated() -> None:
    found = typical("ar", "ru")
    assert found is not None
    values = shifted({"similarity": found.unrelated["similarity"]}, "ar", "ru")
    assert values["similarity"] == pytest.approx(reference().unrelated["similarity"], abs=0.02)


def test_features_are_the_same_from_both_sides(encoder: UniversalSentenceEncoder) -> None:
    text_a, text_b = lines("ru")[1], lines("de")[1]
    one, other = pair(text_a, text_b, "ru", "de"), pair(text_b, text_a, "de", "ru")
    values = [{item.name: item.value for item in found} for found in score([one, other], encoder.encode)]
    forth = features(values[0], read(text_a, "ru"), read(text_b, "de"))
    back = features(values[1], read(text_b, "de"), read(text_a, "ru"))
    for name in ("similarity", "coverage_low", "lowest_low", "length", "near", "free_matched"):
        assert forth[name] == pytest.approx(back[name], abs=2e-3)


@pytest.mark.parametrize(("language_a", "language_b"), [("ru", "de"), ("pt-BR", "ru"), ("pt-BR", "de")])
def test_human_translations_of_one_text_are_seldom_called_divergent(language_a: str, language_b: str, encoder: UniversalSentenceEncoder) -> None:
    pairs = [pair(a, b, language_a, language_b) for a, b in zip(lines(language_a), lines(language_b), strict=True)]
    mixed = [pair(one.member_a.text, other.member_b.text, language_a, language_b) for one, other in zip(pairs, [*pairs[1:], pairs[0]], strict=True)]

    def alarmed(rows: list[Pair]) -> float:
        verdicts = diverge(rows, score(rows, encoder.encode, edit_rate=False), encoder.encode)
        return float(np.mean([verdict.grade >= 2 for verdict in verdicts]))

    assert alarmed(pairs) < 0.15
    assert alarmed(mixed) > 0.9


def test_what_e5_says_is_read_as_if_use_had_said_it() -> None:
    from align.encoders import MultilingualE5

    e5 = MultilingualE5()
    russian, german = lines("ru")[:8], lines("de")[:8]
    good = [pair(a, b, "ru", "de") for a, b in zip(russian, german, strict=True)]
    mixed = [pair(a, b, "ru", "de") for a, b in zip(russian, german[1:] + german[:1], strict=True)]
    scores = score(good + mixed, e5.encode, edit_rate=False)
    found = [verdict.divergence for verdict in diverge(good + mixed, scores, e5.encode)]
    assert float(np.mean(found[:8])) < 0.4
    assert min(found[8:]) > 0.7


def test_signs_are_no_words_where_blanks_do_not_part_them(encoder: UniversalSentenceEncoder) -> None:
    one = pair("The earthquake destroyed thousands of homes.", "这场地震摧毁了数千座房屋，总统表示哀悼。", "en", "zh")
    (cover,) = covered([one], encoder.encode)
    assert cover is not None
    found = find(read(one.member_a.text, "en"), read(one.member_b.text, "zh"), cover)
    for item in found:
        size = item.span_b[1] - item.span_b[0]
        assert item.kind != "addition" or (item.channel == "addition:word") == (size < 4)
