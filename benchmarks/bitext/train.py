"""Learn the weights of both passes from all dev sets pooled, and print them with the F1 that they give.

Usage: python benchmarks/bitext/train.py [--plain] [--write] [--leave-out FAMILY ...] [--steps 40]

`--write` puts them into align/data/bitext.json. `--leave-out textberg parice ntrex` learns once for each of these families without
it, prints the F1 on it and writes nothing. `--plain` is for alignment without an encoder.

Maximizes the conditional likelihood of the gold beads (L-BFGS from scipy, quadratic penalty on weights times the size of
their feature). Sets are weighted so that the hand-made ones are not drowned; of the made ones one document a language pair
serves, its variant in turn clean, with gaps, moved. Segments on which the gold is silent or not in order are left to
the model. Vectors are kept in the user's cache: encoding takes minutes the first time, learning one or two.
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
from align.aligner.beadsearch import IMPOSSIBLE, Band, Lattice, Posterior, posterior

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
GAPS = ("gap", "gap_best", "gap_length", "open")  # weights of the first pass that the second one starts from
FOR = frozenset({"lex_gain", "z_gain", "whole", "whole_low", "gain", "gain_loss", "cover", "cover_more", "merge_share", "gap_share"})  # never speak against


@dataclass
class Case:
    """One document as arrays: candidate beads (rows i, j, size) with features, gaps with features, and what the gold allows."""

    text: data.Text
    section: Any
    beads: np.ndarray
    features: np.ndarray
    names: list[str]
    source_gaps: np.ndarray
    target_gaps: np.ndarray
    gap_names: list[str]
    allowed: np.ndarray
    gap_allowed: tuple[np.ndarray, np.ndarray]
    weight: float

    @property
    def band(self) -> Band:
        return self.section.band


def lattice(case: Case, weights: np.ndarray, gold: bool = False) -> Lattice:
    many = len(case.names)
    value = case.features @ weights[:many].astype(np.float32)
    gaps = [side @ weights[many:-1] for side in (case.source_gaps, case.target_gaps)]
    if gold:
        value = np.where(case.allowed, value, -1e9)
        gaps = [np.where(yes, gap, -1e9) for gap, yes in zip(gaps, case.gap_allowed, strict=True)]
    scores = np.full((len(case.section.sizes), int(case.band.starts()[-1])), IMPOSSIBLE, dtype=np.float32)
    scores[case.beads[:, 2], nodes(case.band, case.beads)] = value
    lists = [np.concatenate([[0.0], gap]).astype(np.float32) for gap in gaps]
    return Lattice(case.band, case.section.sizes, scores, *lists, float(weights[-1]))


def nodes(band: Band, beads: np.ndarray) -> np.ndarray:
    return band.starts()[beads[:, 0]] + 1 + beads[:, 1] - band.first[beads[:, 0]]


def keys(beads: np.ndarray) -> np.ndarray:
    """One number a bead."""
    return (beads[:, 0] << 40) | (beads[:, 1] << 12) | beads[:, 2]


def expected(case: Case, found: Posterior, order: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Expected sums of the features; `known` are the keys of the case's beads in their `order`."""
    rows = order[np.searchsorted(known, keys(found.beads))]
    gaps = found.source_gaps[1:] @ case.source_gaps + found.target_gaps[1:] @ case.target_gaps
    return np.concatenate([found.probability @ case.features[rows], gaps, [found.gap_runs]])


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
    open_rows = set(range(len(section.source.texts))) - alone[0] - {i for _, _, left, _ in right_beads for i in left}
    open_places = set(range(len(section.order))) - alone[1] - {p for _, spots, _, _ in right_beads for p in spots}
    allowed = np.zeros(len(beads), dtype=bool)
    allowed[[k for _, _, _, k in right_beads]] = True
    for index, (i, j, k) in enumerate(beads):
        a, b = section.sizes[k]
        allowed[index] |= open_rows.issuperset(range(i - a, i)) and open_places.issuperset(range(j - b, j))
    may = [
        np.array([x in single or x in free for x in range(n)])
        for single, free, n in ((alone[0], open_rows, len(section.source.texts)), (alone[1], open_places, len(section.order)))
    ]
    return allowed, (may[0], may[1])


def gap_arrays(texts: Any) -> tuple[np.ndarray, np.ndarray, list[str]]:
    sides = []
    for marks, share in ((texts.source, texts.gap_share[0]), (texts.target, texts.gap_share[1])):
        named = beadfeatures.gap_features(marks, share)
        sides.append(np.stack([np.broadcast_to(value, len(marks.lengths)) for value in named.values()], axis=1))
    return sides[0], sides[1], list(named)


def first_case(text: data.Text, section: Any) -> Case:
    """Candidates of the first pass: beads in the band that are not hopeless."""
    band, rows, values, names = section.band, [], [], []
    for low, high in band.blocks():
        left, right = int(band.first[low:high].min()), int(band.last[low:high].max())
        for k, use, named in beadfeatures.block_features(section.texts, low, high, left, right, section.sizes, section.reach):
            a, b = section.sizes[k]
            i, j = np.meshgrid(use + low, np.arange(left, right), indexing="ij")
            hopeful = np.asarray(named["z"]) > 0.15 if a + b > 2 else np.ones(i.shape, dtype=bool)
            here = np.nonzero((i >= a) & (j >= b) & (j >= band.first[i]) & (j < band.last[i]) & hopeful)
            names = names or [*named, *(f"{channel}_{kind}" for channel in section.texts.channels for kind in ("more", "low_more", "gain"))]
            rows.append(np.stack([i[here], j[here], np.full(len(here[0]), k)], axis=1))
            values.append(np.stack([np.broadcast_to(np.float32(named.get(name, 0.0)), i.shape)[here] for name in names], axis=1))
    beads = np.concatenate(rows)
    allowed, gap_allowed = supervise(text, section, beads)
    return Case(text, section, beads, np.concatenate(values), names, *gap_arrays(section.texts), allowed, gap_allowed, SHARES[text.set])


def second_case(text: data.Text, section: Any, encode: Any) -> Case:
    """Candidates of the second pass: what the first one kept."""
    kept = rescoring.candidates(section.first)
    named = rescoring.features(kept, section.scores, section.band, section.sizes, section.source, section.target, encode, section.typical)
    texts = replace(section.texts, gap_share=(bitext.gap_odds(kept.source_gaps), bitext.gap_odds(kept.target_gaps)))
    allowed, gap_allowed = supervise(text, section, kept.beads)
    values = np.stack(list(named.values()), axis=1).astype(np.float32)
    return Case(text, section, kept.beads, values, list(named), *gap_arrays(texts), allowed, gap_allowed, SHARES[text.set])


def fit(cases: list[Case], guess: dict[str, float], steps: int) -> dict[str, float]:
    """The weights with the greatest penalized likelihood; features are scaled to about one, so that few steps do."""
    from scipy.optimize import minimize

    names = [*cases[0].names, *cases[0].gap_names, "open"]
    scale = np.ones(len(names))
    gold = np.concatenate([case.features[case.allowed] for case in cases])
    scale[: len(cases[0].names)] = np.sqrt((gold.astype(np.float64) ** 2).mean(axis=0)) + 0.05
    start = np.array([guess.get(name, 0.0) for name in names])
    reachable = [posterior(lattice(case, start, gold=True), 1e-5).evidence > -1e6 for case in cases]
    if not all(reachable):
        print("left out, as the band misses the gold:", *(f"{case.text.set}/{case.text.name}" for case, yes in zip(cases, reachable, strict=True) if not yes))
    cases = [case for case, yes in zip(cases, reachable, strict=True) if yes]
    orders = [np.argsort(keys(case.beads)) for case in cases]
    places = [(order, keys(case.beads)[order]) for case, order in zip(cases, orders, strict=True)]

    def objective(scaled: np.ndarray) -> tuple[float, np.ndarray]:
        weights = scaled / scale
        loss, slope = PENALTY * float((scaled**2).sum()), 2 * PENALTY * scaled
        for case, place in zip(cases, places, strict=True):
            every, right = posterior(lattice(case, weights), 1e-5), posterior(lattice(case, weights, gold=True), 1e-5)
            loss += case.weight * (every.evidence - right.evidence)
            slope += case.weight * (expected(case, every, *place) - expected(case, right, *place)) / scale
        return loss, slope

    bounds = [(0.0, None) if name in FOR else (None, None) for name in names]
    done = minimize(objective, start * scale, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps, "maxcor": 20, "ftol": 1e-6})
    beads = sum(int(case.allowed.sum()) for case in cases)
    print(f"loss {objective(start * scale)[0]:.2f} to {done.fun:.2f} in {done.nit} steps: {len(cases)} parts of texts, {beads} beads allowed", flush=True)
    return {name: round(float(value), 3) for name, value in zip(names, done.x / scale, strict=True) if abs(value) >= 5e-4}


def sections(texts: list[data.Text], plain: bool, weights: dict[str, float]) -> list[tuple[data.Text, Any, Any]]:
    found = []
    for text in texts:
        encode = surface.encoder(text.source, text.target) if plain else data.encoder(text.encoder)
        for section in bitext.first_pass(text.source, text.target, encode, bitext.Settings(LARGEST), weights, plain=plain):
            found.append((text, section, encode))
    return found


def learn(texts: list[data.Text], plain: bool, steps: int) -> tuple[dict[str, float], dict[str, float]]:
    """The weights of the first and the second pass."""
    first = fit([first_case(text, section) for text, section, _ in sections(texts, plain, FIRST_GUESS)], FIRST_GUESS, steps)
    cases = [second_case(text, section, encode) for text, section, encode in sections(texts, plain, first)]
    return first, fit(cases, SECOND_GUESS | {name: first[name] for name in GAPS if name in first}, steps)


def figures(names: list[str], plain: bool, passes: tuple[dict[str, float], dict[str, float]]) -> dict[str, tuple[float, float]]:
    """Strict and lax F1 by set, all its documents aligned as a user would."""
    from score_bitext import score

    kind, found = "plain_" if plain else "", {}
    with patch.object(bitext, "load_weights", lambda: {f"{kind}first": passes[0], f"{kind}second": passes[1]}):
        for name in names:
            pairs = []
            for text in data.texts(name):
                beads = bitext.align(text.source, text.target, None if plain else data.encoder(text.encoder))
                pairs.append((text.gold, [(bead.source, bead.target) for bead in beads]))
            result = score(pairs)
            found[name] = result["strict_f1"], result["lax_f1"]
    return found


def show(found: dict[str, tuple[float, float]]) -> None:
    for name, (strict, lax) in found.items():
        print(f"{name:25s} strict {strict:.4f} lax {lax:.4f}", flush=True)
    print(
        f"{'mean of the sets':25s} strict {np.mean([one for one, _ in found.values()]):.4f} lax {np.mean([two for _, two in found.values()]):.4f}", flush=True
    )


def learnt_from() -> list[data.Text]:
    """All hand-made documents; of the made ones the first of each language pair, in one of its three variants."""
    made = [name for name in SHARES if name.startswith("ntrex")]
    found = [text for name in SHARES if name not in made for text in data.texts(name)]
    by_variant = [[text for text in data.texts(name) if text.name.endswith("-0")] for name in made]
    return found + [by_variant[k % len(made)][k] for k in range(len(by_variant[0]))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--leave-out", nargs="*", default=[], choices=["textberg", "parice", "ntrex"])
    parser.add_argument("--steps", type=int, default=40)
    options = parser.parse_args()
    texts = learnt_from()
    for family in options.leave_out:
        print(f"without {family}")
        passes = learn([text for text in texts if not text.set.startswith(family)], options.plain, options.steps)
        show(figures([name for name in SHARES if name.startswith(family)], options.plain, passes))
    if not options.leave_out:
        passes = learn(texts, options.plain, options.steps)
        print(json.dumps(passes))
        if options.write:
            kind = "plain_" if options.plain else ""
            file = json.loads(FILE.read_text(encoding="utf-8")) | {f"{kind}first": passes[0], f"{kind}second": passes[1]}
            FILE.write_text(json.dumps(file, indent=1) + "\n", encoding="utf-8")
        show(figures(list(data.SETS), options.plain, passes))
    print(f"{time.process_time():.0f} CPU seconds", file=sys.stderr)


if __name__ == "__main__":
    main()
