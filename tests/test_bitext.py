"""Bitext alignment: every segment in one bead, awkward input, known shapes."""

from __future__ import annotations

import pytest

from align.bitext import Pairing, Settings, align, in_order, looks_parallel
from align.encoders import HashEncoder

LINES = [
    "The committee met on Tuesday in Geneva.",
    "Nobody had expected the vote to be unanimous.",
    "A spokesman declined to say what comes next!",
    "Rain delayed the opening of the bridge.",
    "Seventeen ministers signed the declaration.",
    "Wheat prices fell for the third month.",
]


def shape(pairings: list[Pairing]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    return [(pairing.source, pairing.target) for pairing in pairings]


def partition(pairings: list[Pairing], sources: int, targets: int) -> bool:
    return sorted(i for p in pairings for i in p.source) == list(range(sources)) and sorted(j for p in pairings for j in p.target) == list(range(targets))


def test_identical_texts_align_one_to_one() -> None:
    assert shape(align(LINES, LINES, HashEncoder().encode)) == [((i,), (i,)) for i in range(len(LINES))]


def test_a_split_sentence_is_one_bead() -> None:
    target = [*LINES[:2], "A spokesman declined", "to say what comes next!", *LINES[3:]]
    assert ((2,), (2, 3)) in shape(align(LINES, target, HashEncoder().encode))


def test_empty_lines_stand_alone_and_keep_their_numbers() -> None:
    source = ["", LINES[0], LINES[1], "  ", *LINES[2:]]
    result = shape(align(source, LINES, HashEncoder().encode))
    assert ((0,), ()) in result
    assert ((3,), ()) in result
    assert ((1,), (0,)) in result


@pytest.mark.parametrize(
    ("source", "target"),
    [([], []), (LINES, []), ([], LINES), (["", " "], LINES), (["one"], ["one"]), (["a\x00b"], ["x" * 100_000]), (LINES, LINES[::-1]), ([""] * 5, [""] * 3)],
)
def test_awkward_input_is_a_partition(source: list[str], target: list[str]) -> None:
    assert partition(align(source, target, HashEncoder().encode, Settings()), len(source), len(target))


def test_gaps_stand_beside_their_neighbours() -> None:
    result = shape(in_order([Pairing((1,), (1,), 1.0)], 3, 3))
    assert result == [((), (0,)), ((0,), ()), ((1,), (1,)), ((), (2,)), ((2,), ())]


def test_parallel_texts_are_told_from_unrelated_ones() -> None:
    encode = HashEncoder().encode
    assert looks_parallel(LINES, LINES, encode)[0]
    assert not looks_parallel(LINES, LINES[::-1], encode)[0]
