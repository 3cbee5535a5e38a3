"""Learn the weights in `align/data/renditions.json` from the gold; prints the figures in sample and cross-validated.

Usage: python benchmarks/renditions/learn.py [--write]

Logistic regressions with a ridge penalty: one of each pair by itself, in one language or across two, and one that knows what
the first says of the neighbourhood. Pairs across languages are the same gold with some files machine-translated into Portuguese.
Cross-validation leaves out a tenth of the statements at a time (a statement is a set of sentences that the gold links, directly
or through others), with every pair that touches one of their sentences; the second model is always learnt on what the first
says of statements that it has not seen. Held-back sentences are left out of everything; links that only one annotator made are
neither right nor wrong. Confidences are calibrated on what the models say of statements that they have not seen (Platt 1999).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from gold import Gold, encoder, in_portuguese, read

from align.renditions import candidates, speech, surroundings

VERSION = 4
SEEDS = 10
FOLDS = 10
RIDGE = 10.0
PORTUGUESE = ({"000", "002", "003", "004"}, {"001", "004"})  # files translated in each variant of the gold: every two files differ in one
OUT = Path(__file__).resolve().parents[2] / "align" / "data" / "renditions.json"


def fit(table, labels, ridge=RIDGE):
    """Weights by Newton's method: mean and deviation of each column, weights, bias."""
    mean, deviation = table.mean(axis=0), table.std(axis=0) + 1e-9
    design = np.column_stack([(table - mean) / deviation, np.ones(len(table))])
    weights = np.zeros(design.shape[1])
    penalty = np.diag([ridge] * (design.shape[1] - 1) + [1e-6])
    for _ in range(100):
        chance = 1 / (1 + np.exp(-design @ weights))
        step = np.linalg.solve((design * (chance * (1 - chance))[:, None]).T @ design + penalty, design.T @ (chance - labels) + penalty @ weights)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    return mean, deviation, weights[:-1], weights[-1]


def odds(model, table):
    mean, deviation, weights, bias = model
    return ((table - mean) / deviation) @ weights + bias


def folds(gold: Gold, seed: int = 0) -> np.ndarray:
    """A fold for each sentence: statements whole, other sentences by paragraph."""
    place = {key: number for number, key in enumerate(gold.keys)}
    leader = list(range(len(gold.keys)))

    def find(number):
        while leader[number] != number:
            number = leader[number]
        return number

    for one, other in gold.links:
        leader[find(place[one])] = find(place[other])
    linked = {key for pair in gold.links for key in pair}
    names = [
        f"statement {find(number)}" if key in linked else f"paragraph {segment.document}:{segment.paragraph}"
        for number, (key, segment) in enumerate(zip(gold.keys, gold.segments, strict=True))
    ]
    random = np.random.default_rng(seed)
    unique = list(dict.fromkeys(names))
    fold = dict(zip(unique, random.permutation(len(unique)) % FOLDS, strict=True))
    return np.array([fold[name] for name in names])


class Data:
    """The gold's pairs, with features, labels (1 sure, 2 possible, 0 none) and what may be learnt from; `sift` is the model of the sieve."""

    def __init__(self, gold: Gold, sentences, found, sift=None) -> None:
        self.gold, self.sentences, self.found, self.sift = gold, sentences, found, sift
        self.label, self.usable, self.crossing = labels(gold, found)
        self.across = sentences.language[found.left] != sentences.language[found.right]
        self.learn = self.usable & (self.label != 2)
        self.counted = self.usable & self.crossing
        held = gold.held_back
        self.sure = sum(status == "S" and one[0] != other[0] and one not in held and other not in held for (one, other), status in gold.links.items())

    def unseen(self, table, fold):
        return cross_validate(table, self.label, self.usable, self.found.left, self.found.right, fold)


def labels(gold: Gold, found) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each pair: 1 sure, 2 possible, 0 none; whether it may be learnt from; whether it crosses files."""
    place = {key: number for number, key in enumerate(gold.keys)}
    truth = {}
    for (one, other), status in gold.links.items():
        truth[tuple(sorted((place[one], place[other])))] = 1 if status == "S" else 2
    label = np.array([truth.get((int(a), int(b)), 0) for a, b in zip(found.left, found.right, strict=True)])
    held = np.array([key in gold.held_back for key in gold.keys])
    files = np.array([key[0] for key in gold.keys])
    return label, ~(held[found.left] | held[found.right]), files[found.left] != files[found.right]


def figures(values, label, use, total):
    """F1, precision, recall and threshold where F1 is best, on pairs that `use` names; what was never a candidate is missed."""
    order = np.argsort(-values[use], kind="stable")
    ranked = label[use][order]
    count = np.arange(1, len(ranked) + 1)
    precision, recall = np.cumsum(ranked > 0) / count, np.cumsum(ranked == 1) / total
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    top = int(f1.argmax())
    return float(f1[top]), float(precision[top]), float(recall[top]), float(values[use][order][top])


def best(values, label, use, total, name):
    """Print the best figures; gives the threshold."""
    f1, precision, recall, threshold = figures(values, label, use, total)
    print(f"{name:34s} F1 {f1:.3f}  P {precision:.3f}  R {recall:.3f}  at {1 / (1 + np.exp(-threshold)):.3f}")
    return threshold


def cross_validate(table, label, learn_from, left, right, fold):
    """Log odds of each pair from models that have not seen its statements; a pair in two folds gets their mean."""
    total, count = np.zeros(len(table)), np.zeros(len(table))
    for number in range(FOLDS):
        test = (fold[left] == number) | (fold[right] == number)
        train = learn_from & (label != 2) & ~test
        total[test] += odds(fit(table[train], label[train] == 1), table[test])
        count[test] += 1
    return total / np.maximum(count, 1)


def proposed(gold: Gold) -> Data:
    """Every pair that is proposed by likeness, before the sieve."""
    groups = [[segment for segment in gold.segments if segment.document == document.id] for document in gold.documents]
    utterances = [speech.recognise(group, document.language) for group, document in zip(groups, gold.documents, strict=True)]
    sentences = candidates.gather(groups, utterances, [document.language for document in gold.documents])
    return Data(gold, sentences, candidates.retrieve(sentences, encoder(), lambda table, _: np.full(len(table), candidates.SIFTED)))


def prepare(data: Data, across: bool = False) -> Data:
    """The pairs in one language, or in two, that pass the sieve, which is learnt here, and those beside the likeliest of them."""
    chosen = data.across == across
    print(f"{chosen.sum()} pairs proposed, {int((data.label[data.counted & chosen] == 1).sum())} of {data.sure} sure links among them", file=sys.stderr)
    learn = data.learn & chosen
    sift = fit(data.found.table[learn][:, : len(candidates.SIFT)], data.label[learn] == 1)
    found = candidates.retrieve(data.sentences, encoder(), lambda table, two: np.where(two == across, odds(sift, table), -np.inf))
    data = Data(data.gold, data.sentences, found, sift)
    print(f"{len(data.label)} pairs sifted, {int((data.label[data.counted] == 1).sum())} of {data.sure} sure links among them", file=sys.stderr)
    return data


def learn_across(gold: Gold) -> dict[str, tuple]:
    """The models of pairs in two languages."""
    every = [proposed(in_portuguese(gold, codes)) for codes in PORTUGUESE]
    parts = [prepare(data, across=True) for data in every]
    cheap = len(candidates.SIFT)
    tables = [part.found.table[part.learn] for part in parts]
    right = np.concatenate([part.label[part.learn] == 1 for part in parts])
    for number, part in enumerate(parts):
        values = np.mean([part.unseen(part.found.table, folds(gold, seed)) for seed in range(3)], axis=0)
        best(values, part.label, part.counted, int((part.label[part.counted] == 1).sum()), f"across languages, alone, {number}, of those sifted")
    return {
        "sift_across": fit(np.concatenate(tables)[:, :cheap], right, RIDGE * len(parts)),
        "alone_across": fit(np.concatenate(tables), right, RIDGE * len(parts)),
    }


def calibration(values, label, use):
    """Slope and intercept that make probabilities of log odds (Platt 1999), learnt on pairs that `use` names."""
    mean, deviation, (slope,), bias = fit(values[use, None], label[use] > 0, 1e-6)
    return float(slope / deviation[0]), float(bias - slope * mean[0] / deviation[0])


def main() -> None:
    gold = read()
    data = prepare(proposed(gold))
    found, label, learn = data.found, data.label, data.learn
    alone = fit(found.table[learn], label[learn] == 1)
    unseen = []
    for seed in range(SEEDS):
        fold = folds(gold, seed)
        first = data.unseen(found.table, fold)
        around = surroundings.measure(data.sentences, found, first)
        unseen.append((first, around, data.unseen(around, fold)))
    # The second model learns from what the first says of statements that it has not seen.
    mean, deviation, weight, bias = fit(np.concatenate([around[learn] for _, around, _ in unseen]), np.concatenate([label[learn] == 1] * SEEDS), RIDGE * SEEDS)
    pooled = np.concatenate([final for _, _, final in unseen])
    slope, shift = calibration(pooled, np.concatenate([label] * SEEDS), np.concatenate([data.counted] * SEEDS))
    surrounded = mean, deviation, weight * slope, bias * slope + shift
    print(f"calibration: slope {slope:.3f}, intercept {shift:+.3f}")
    in_sample = odds(surrounded, surroundings.measure(data.sentences, found, odds(alone, found.table)))
    best(odds(alone, found.table), label, data.counted, data.sure, "alone, in sample")
    best(in_sample, label, data.counted, data.sure, "with surroundings, in sample")
    thresholds = []
    for seed, (first, _, final) in enumerate(unseen):
        best(first, label, data.counted, data.sure, f"alone, cross-validated, {seed}")
        thresholds.append(best(slope * final + shift, label, data.counted, data.sure, f"with surroundings, cross-validated, {seed}"))
    threshold = float(np.mean(thresholds))
    for names, model in ((candidates.ALONE, alone), (surroundings.AROUND, surrounded)):
        print("  ".join(f"{name} {value:+.2f}" for name, value in zip(names, model[2], strict=True)))
    models = {"sift": data.sift, "alone": alone, "around": surrounded, **learn_across(gold)}
    print("  ".join(f"{name} {value:+.2f}" for name, value in zip(candidates.ALONE, models["alone_across"][2], strict=True)))
    if "--write" in sys.argv:
        data = {"version": VERSION, "command": "python benchmarks/renditions/learn.py --write", "threshold": round(float(1 / (1 + np.exp(-threshold))), 3)}
        for name, model in models.items():
            data[name] = {part: np.round(value, 5).tolist() for part, value in zip(("mean", "deviation", "weight", "bias"), model, strict=True)}
        OUT.write_text(json.dumps(data, indent=1) + "\n", "utf8")


if __name__ == "__main__":
    main()
