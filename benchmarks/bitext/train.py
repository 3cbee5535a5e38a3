"""Learn the weights of both passes from all dev sets pooled, and print them with the F1 that they give.

Usage: python benchmarks/bitext/train.py [--plain] [--write] [--check] [--steps 40]

`--write` puts them into align/data/bitext.json. `--check` writes nothing: it learns with a family of texts left out, and
with a third of every document (or of the documents) left out, and prints the F1 on what was left out. `--plain` is for
alignment without an encoder.

Maximizes the conditional likelihood of the gold beads (L-BFGS from scipy, quadratic penalty on weights times the size of
their feature). Sets are weighted so that the hand-made ones are not drowned; of the made ones one document a language pair
serves, its variant in turn clean, with gaps, moved. Segments on which the gold is silent or not in order are left to
the model. Vectors are kept in the user's cache: encoding takes minutes the first time.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import data

from align.aligner import beadfeatures, rescoring, surface
from align.aligner.beadorder import rising
from align.aligner.beadsearch import IMPOSSIBLE, Band, Lattice, posterior

bitext = importlib.import_module("align.aligner")

FILE = data.ROOT / "align" / "data" / "bitext.json"
SHARES = {
    "textberg-dev": 3.0,
    "textberg-dev-blockdel25": 2.0,
    "textberg-dev-blockswap": 1.0,
    "ntrex-dev-clean": 0.9,
    "ntrex-dev-gaps": 0.9,
    "ntrex-dev-moved": 0.9,
    "parice-dev": 2.5,
}
PENALTY = 0.5
LARGEST = 5  # segments on a side of a bead that is learnt from: larger ones are rare and cost much
FIRST_GUESS = {"z": 6.0, "more": -1.0, "bead": -1.0, "gap": -1.0, "open": -2.0}
SECOND_GUESS = {"first": 1.0}
GAPS = ("gap", "open", "turn", "open_share", "turn_share")  # weights of the first pass that the second one starts from
# Weights that must not be negative: what these say never speaks against a bead, nor against gaps where there are many.
FOR = frozenset({"lex", "lex_more", "whole", "gain", "cover", "cover_more", "open_share", "turn_share"})
AGAINST = frozenset({"torn", "cut"})  # and these never for one
Passes = tuple[dict[str, float], dict[str, float]]


@dataclass
class Case:
    """One document as arrays: candidate beads (rows i, j, size) with features, and which beads and gaps the gold allows."""

    text: data.Text
    section: Any
    beads: np.ndarray
    features: np.ndarray
    names: list[str]
    allowed: np.ndarray
    gap_allowed: tuple[np.ndarray, np.ndarray]
    weight: float


class Pile:
    """All cases as one lattice, so that they are searched side by side: between two of them stands a joint.

    A case is left by a bead of one row and one column to the joint and entered by another; both have score 0.
    """

    def __init__(self, cases: list[Case]) -> None:
        self.cases, self.sizes = cases, cases[0].section.sizes
        first, last, joints, row, column = [], [], [0], 0, 0
        beads, doors, self.owner = [], [], []
        for number, case in enumerate(cases):
            band = case.section.band
            if number:
                first.append(np.array([column - 1]))
                last.append(np.array([column]))
                joints.append(row - 1)
                doors += [(row - 1, column - 1, 0), (row, column, 0)]
            first.append(band.first + column)
            last.append(band.last + column)
            joints += [int(joint) + row for joint in band.joints[1:-1]]
            self.owner += [number] * (len(band.joints) - 1)
            beads.append(case.beads + np.array([row, column, 0]))
            row, column = row + band.rows + 1, column + band.columns + 1
        joints.append(row - 2)
        self.band = Band(np.concatenate(first), np.concatenate(last), np.array(joints))
        self.places = self._places(np.concatenate(beads))
        self.doors = self._places(np.array(doors, dtype=np.int64).reshape(-1, 3))
        self.features = np.concatenate([case.features for case in cases])
        self.allowed = np.concatenate([case.allowed for case in cases])
        self.weight = np.repeat([case.weight for case in cases], [len(case.beads) for case in cases])
        self.share = np.array([case.section.texts.gap_share for case in cases])[self.owner]
        self.case_weight = np.array([case.weight for case in cases])
        self.gaps = [self._gap_rows(side) for side in (0, 1)]
        self.number = np.full(len(self.sizes) * int(self.band.starts()[-1]), -1, dtype=np.int32)
        self.number[self.places] = np.arange(len(self.places))

    def _places(self, beads: np.ndarray) -> np.ndarray:
        starts = self.band.starts()
        return beads[:, 2] * starts[-1] + starts[beads[:, 0]] + 1 + beads[:, 1] - self.band.first[beads[:, 0]]

    def _gap_rows(self, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows (columns) of the lattice that have a segment of a case behind them, which may be gaps by the gold, and weights of their cases."""
        allowed = [case.gap_allowed[side] for case in self.cases]
        starts = np.cumsum([0] + [len(part) + 2 for part in allowed[:-1]])
        rows = np.concatenate([start + 1 + np.arange(len(part)) for start, part in zip(starts, allowed, strict=True)])
        return rows, np.concatenate(allowed), np.repeat(self.case_weight, [len(part) for part in allowed])

    def lattice(self, weights: np.ndarray, gold: bool) -> Lattice:
        many = self.features.shape[1]
        value = self.features @ weights[:many].astype(np.float32)
        scores = np.full((len(self.sizes), int(self.band.starts()[-1])), IMPOSSIBLE, dtype=np.float32)
        scores.reshape(-1)[self.places] = np.where(self.allowed, value, IMPOSSIBLE) if gold else value
        scores.reshape(-1)[self.doors] = 0.0
        lists = []
        for (rows, allowed, _), length in zip(self.gaps, (self.band.rows, self.band.columns), strict=True):
            side = np.full(length, IMPOSSIBLE, dtype=np.float32)
            side[rows[allowed] if gold else rows] = weights[many]
            lists.append(side)
        return Lattice(self.band, self.sizes, scores, lists[0], lists[1], *(weights[x] + weights[x + 2] * self.share for x in (-4, -3)))

    def search(self, weights: np.ndarray, gold: bool) -> tuple[np.ndarray, np.ndarray]:
        """The evidence of each case, and the expected sums of the features, cases weighted."""
        found = posterior(self.lattice(weights, gold), 1e-5)
        numbers = self.number[self._places(found.beads)]
        known = numbers >= 0
        total = (found.probability * known * self.weight[numbers]) @ self.features[numbers]
        gaps = sum(float(chances[rows] @ weight) for chances, (rows, _, weight) in zip((found.source_gaps, found.target_gaps), self.gaps, strict=True))
        runs = [
            (count * self.case_weight[self.owner]) @ share for share in (np.ones(len(self.owner)), self.share) for count in (found.gap_runs, found.gap_turns)
        ]
        return np.bincount(self.owner, found.evidence), np.concatenate([total, [gaps], runs])


def supervise(text: data.Text, section: Any, beads: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Which beads and gaps agree with the gold: the heaviest ordered part of it, and anything among the segments it leaves open."""
    place = {int(j): p for p, j in enumerate(section.order)}
    known = {bead.tobytes(): k for k, bead in enumerate(beads)}
    sizes = {size: k for k, size in enumerate(section.sizes)}
    alone = {i for left, right in text.gold if not right for i in left}, {place[j] for left, right in text.gold if not left for j in right}
    certain = []
    for left, right in text.gold:
        spots = sorted(place[j] for j in right)
        whole = left and right and len(spots) == spots[-1] - spots[0] + 1 and len(left) == left[-1] - left[0] + 1 and (len(left), len(right)) in sizes
        if whole and (k := known.get(np.array([left[-1] + 1, spots[-1] + 1, sizes[len(left), len(right)]], dtype=np.int64).tobytes())) is not None:
            certain.append((left[0], spots, left, k))
    certain.sort(key=lambda item: item[0])
    kept = rising([spots[0] for _, spots, _, _ in certain], [1] * len(certain))
    right_beads = [certain[x] for x in sorted(kept)]
    open_rows = np.ones(len(section.source.texts) + 1, dtype=np.int64)
    open_rows[[0, *(i + 1 for i in alone[0] | {i for _, _, left, _ in right_beads for i in left})]] = 0
    open_places = np.ones(len(section.order) + 1, dtype=np.int64)
    open_places[[0, *(p + 1 for p in alone[1] | {p for _, spots, _, _ in right_beads for p in spots})]] = 0
    size = np.array(section.sizes)[beads[:, 2]]
    free = [
        np.cumsum(open_side)[beads[:, side]] - np.cumsum(open_side)[beads[:, side] - size[:, side]] == size[:, side]
        for side, open_side in enumerate((open_rows, open_places))
    ]
    allowed = free[0] & free[1]
    allowed[[k for _, _, _, k in right_beads]] = True
    may = [open_side[1:].astype(bool) for open_side in (open_rows, open_places)]
    for side, single in zip(may, alone, strict=True):
        side[sorted(single)] = True
    return allowed, (may[0], may[1])


def first_case(text: data.Text, section: Any) -> Case:
    """Candidates of the first pass: all beads in the band."""
    band, rows, values, names = section.band, [], [], []
    for low, high in band.blocks():
        left, right = int(band.first[low:high].min()), int(band.last[low:high].max())
        for k, use, named in beadfeatures.block_features(section.texts, low, high, left, right, section.sizes, section.reach):
            a, b = section.sizes[k]
            i, j = np.meshgrid(use + low, np.arange(left, right), indexing="ij")
            here = np.nonzero((i >= a) & (j >= b) & (j >= band.first[i]) & (j < band.last[i]))
            names = names or [*named, *(f"{channel}_more" for channel in section.texts.channels)]
            rows.append(np.stack([i[here], j[here], np.full(len(here[0]), k)], axis=1))
            values.append(np.stack([np.broadcast_to(np.float32(named.get(name, 0.0)), i.shape)[here] for name in names], axis=1))
    beads = np.concatenate(rows)
    allowed, gap_allowed = supervise(text, section, beads)
    return Case(text, section, beads, np.concatenate(values), names, allowed, gap_allowed, SHARES[text.set])


def second_case(text: data.Text, section: Any, encode: Any, plain: bool) -> Case:
    """Candidates of the second pass: what the first one kept."""
    kept, band = rescoring.narrowed(section.first, section.band, section.sizes)
    named = rescoring.features(kept, section.scores, section.band, section.sizes, section.source, section.target, encode, section.typical, plain)
    allowed, gap_allowed = supervise(text, section, kept.beads)
    values = np.stack(list(named.values()), axis=1).astype(np.float32)
    return Case(text, replace(section, band=band), kept.beads, values, list(named), allowed, gap_allowed, SHARES[text.set])


def fit(cases: list[Case], guess: dict[str, float], steps: int) -> dict[str, float]:
    """The weights with the greatest penalized likelihood; features are scaled to about one, so that few steps do."""
    from scipy.optimize import minimize

    names = [*cases[0].names, "gap", "open", "turn", "open_share", "turn_share"]
    scale = np.ones(len(names))
    gold = np.concatenate([case.features[case.allowed] for case in cases])
    scale[: len(cases[0].names)] = np.sqrt((gold.astype(np.float64) ** 2).mean(axis=0)) + 0.05
    scale[[name.endswith("_share") for name in names]] = 4.0
    start = np.array([guess.get(name, 0.0) for name in names])
    pile = Pile(cases)
    reachable = pile.search(start, gold=True)[0] > -1e6
    if not reachable.all():
        print("left out, as the band misses the gold:", *(f"{case.text.set}/{case.text.name}" for case, yes in zip(cases, reachable, strict=True) if not yes))
        pile = Pile([case for case, yes in zip(cases, reachable, strict=True) if yes])

    def objective(scaled: np.ndarray) -> tuple[float, np.ndarray]:
        weights = scaled / scale
        (every, up), (right, down) = pile.search(weights, gold=False), pile.search(weights, gold=True)
        loss = PENALTY * float((scaled**2).sum()) + float((every - right) @ pile.case_weight)
        return loss, 2 * PENALTY * scaled + (up - down) / scale

    bounds = [(0.0 if name in FOR else None, 0.0 if name in AGAINST else None) for name in names]
    done = minimize(objective, start * scale, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps, "maxcor": 20, "ftol": 1e-6})
    beads = int(pile.allowed.sum())
    print(f"loss {objective(start * scale)[0]:.2f} to {done.fun:.2f} in {done.nit} steps: {len(pile.cases)} parts of texts, {beads} beads allowed", flush=True)
    return {name: round(float(value), 3) for name, value in zip(names, done.x / scale, strict=True) if abs(value) >= 5e-4}


def sections(texts: list[data.Text], plain: bool, weights: dict[str, float]) -> list[tuple[data.Text, Any, Any]]:
    found = []
    for text in texts:
        encode = surface.encoder(text.source, text.target) if plain else data.encoder(text.encoder)
        for section in bitext.first_pass(text.source, text.target, encode, bitext.Settings(LARGEST), weights, plain=plain):
            found.append((text, section, encode))
    return found


KNOWN: dict[tuple[str, str, bool], list[Case]] = {}


def first_cases(text: data.Text, plain: bool) -> list[Case]:
    """Those of one text, kept: they do not depend on weights."""
    key = text.set, text.name, plain
    if key not in KNOWN:
        KNOWN[key] = [first_case(text, section) for _, section, _ in sections([text], plain, FIRST_GUESS)]
    return KNOWN[key]


def learn(texts: list[data.Text], plain: bool, steps: int) -> Passes:
    """The weights of the first and the second pass."""
    first = fit([case for text in texts for case in first_cases(text, plain)], FIRST_GUESS, steps)
    cases = [second_case(text, section, encode, plain) for text, section, encode in sections(texts, plain, first)]
    return first, fit(cases, SECOND_GUESS | {name: first[name] for name in GAPS if name in first}, steps)


def figures(groups: dict[str, list[data.Text]], plain: bool, passes: Passes) -> dict[str, list[Any]]:
    """Pairs of gold and found beads by set, all documents aligned as a user would."""
    kind, found = "plain_" if plain else "", {}
    with patch.object(bitext, "load_weights", lambda: {f"{kind}first": passes[0], f"{kind}second": passes[1]}):
        for name, texts in groups.items():
            found[name] = []
            for text in texts:
                beads = bitext.align(text.source, text.target, None if plain else data.encoder(text.encoder))
                found[name].append((text.gold, [(bead.source, bead.target) for bead in beads]))
    return found


def show(title: str, found: dict[str, list[Any]]) -> None:
    from score_bitext import score

    results = {name: score(pairs) for name, pairs in found.items()}
    print(f"{title}\n" + "\n".join(f"  {name:25s} strict {one['strict_f1']:.4f} lax {one['lax_f1']:.4f}" for name, one in results.items()))
    means = [np.mean([one[kind] for one in results.values()]) for kind in ("strict_f1", "lax_f1")]
    print(f"  {'mean of the sets':25s} strict {means[0]:.4f} lax {means[1]:.4f}", flush=True)


def learnt_from() -> list[data.Text]:
    """All hand-made documents; of the made ones the first of each language pair, in one of its three variants."""
    made = [name for name in SHARES if name.startswith("ntrex")]
    found = [text for name in SHARES if name not in made for text in data.texts(name)]
    by_variant = [[text for text in data.texts(name) if text.name.endswith("-0")] for name in made]
    return found + [by_variant[k % len(made)][k] for k in range(len(by_variant[0]))]


def check(plain: bool, steps: int) -> None:
    """F1 on families, and on thirds of the documents, that were not learnt from."""
    texts, folds = learnt_from(), data.thirds(learnt_from())
    everything = {name: [text for text in texts if text.set == name] for name in SHARES}
    left: dict[str, list[Any]] = {}
    for family in ("textberg", "parice", "ntrex"):
        passes = learn([text for text in texts if not text.set.startswith(family)], plain, steps)
        left |= figures({name: group for name, group in everything.items() if name.startswith(family)}, plain, passes)
    show("families left out", left)
    pieces: dict[str, list[Any]] = {name: [] for name in SHARES}
    for fold in folds:
        passes = learn([text for other in folds if other is not fold for text in other], plain, steps)
        for name, pairs in figures({name: [text for text in fold if text.set == name] for name in SHARES}, plain, passes).items():
            pieces[name] += pairs
    show("thirds left out", pieces)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--steps", type=int, default=40)
    options = parser.parse_args()
    if options.check:
        check(options.plain, options.steps)
    else:
        passes = learn(learnt_from(), options.plain, options.steps)
        print(json.dumps(passes))
        if options.write:
            kind = "plain_" if options.plain else ""
            file = json.loads(FILE.read_text(encoding="utf-8")) | {f"{kind}first": passes[0], f"{kind}second": passes[1]}
            FILE.write_text(json.dumps(file, indent=1) + "\n", encoding="utf-8")
        show("the sets themselves", figures({name: data.texts(name) for name in data.SETS}, options.plain, passes))
    print(f"{time.process_time():.0f} CPU seconds", file=sys.stderr)


if __name__ == "__main__":
    main()
