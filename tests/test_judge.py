"""The stream of judgements: order, memory of words only, inline codes, what was not checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from align.encoders import HashEncoder
from align.judge import BLOCK, judge

ENCODER = HashEncoder()


def test_one_judgement_a_pair_in_order_and_only_a_block_is_read_ahead() -> None:
    taken = 0

    def endless() -> Iterator[tuple[str, str]]:
        nonlocal taken
        while True:
            taken += 1
            yield f"The blast killed {taken} people.", f"The blast killed {taken} people."

    found = list(islice(judge(endless(), ("en", "en"), ENCODER.encode), 300))
    assert [item.pair.member_a.text for item in found[:2]] == ["The blast killed 1 people.", "The blast killed 2 people."]
    assert taken == 2 * BLOCK
    assert all(item.verdict.divergence == 0.0 for item in found)


def test_inline_codes_have_no_meaning_but_must_be_there() -> None:
    same, lost = judge([("Press <b>Start</b> {1}", "Press Start {1}"), ("%s files", "files")], ("en", "en"), ENCODER.encode)
    assert same.verdict.divergence == 0.0
    assert same.tags == (("<b>", "</b>"), ())
    assert lost.tags == (("%s",), ())


def test_offsets_hold_beside_inline_codes() -> None:
    text_a, text_b = "<i>The blast</i> killed 15 people.", "The blast killed 20 people."
    (found,) = judge([(text_a, text_b)], ("en", "en"), ENCODER.encode)
    number = next(item for item in found.verdict.evidence if item.kind == "number/date")
    assert (text_a[slice(*number.span_a)], text_b[slice(*number.span_b)]) == ("15", "20")


def test_words_are_encoded_once_and_sentences_are_not_kept() -> None:
    asked: list[str] = []

    def encode(texts: Sequence[str]) -> object:
        asked.extend(texts)
        return ENCODER.encode(texts)

    rows = [("The minister resigned yesterday.", "Yesterday the minister quit.")] * (BLOCK + 1)
    assert len(list(judge(rows, ("en", "en"), encode))) == BLOCK + 1  # type: ignore[arg-type]
    assert asked.count("minister") == 1
    assert asked.count("The minister resigned yesterday.") == 2


def test_what_was_not_checked_is_said_and_the_signature_names_the_encoder() -> None:
    (found,) = judge([("Ein Satz.", "A sentence.")], ("de", "en"), ENCODER.encode)
    assert found.unchecked == ("antonyms", "order")
    assert any("hash:1" in score.signature for score in found.scores if score.name == "similarity")


def test_a_known_base_rate_shifts_the_probability_and_nothing_else() -> None:
    rows = [("The minister resigned on Monday.", "The minister stepped down on Monday."), ("He said yes.", "He said yes.")]
    (plain, same), (rare, still) = (list(judge(rows, ("en", "en"), ENCODER.encode, base_rate=rate)) for rate in (None, 0.02))
    assert 0 < rare.verdict.divergence < plain.verdict.divergence
    assert (rare.verdict.grade, rare.verdict.percentile, rare.verdict.kinds) == (plain.verdict.grade, plain.verdict.percentile, plain.verdict.kinds)
    assert same.verdict.divergence == still.verdict.divergence == 0.0
    assert rare.verdict.signature.endswith("|base rate:0.02")
