"""Learn the weights in `align/data/renditions.json` from the gold; prints the figures in sample and cross-validated.

Usage: python benchmarks/renditions/learn.py [--write]

Two logistic regressions with a ridge penalty. Cross-validation leaves out a tenth of the statements at a time (a
statement is a set of sentences that the gold links, directly or through others), with every pair that touches one of
their sentences; the second model is always learnt on what the first says of statements that it has not seen.
Held-back sentences are left out of everything; links that only one annotator made are neither right nor wrong.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from gold import Gold, encoder, read

from align.renditions import SIFTED, candidates, speech

VERSION = 2
SEEDS = 3
FOLDS = 10
RIDGE = 10.0
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


def prepare(gold: Gold, sift=lambda table: np.ones(len(table), dtype=bool)):
    texts, utterances = [], []
    for document in gold.documents:
        group = [segment for segment in gold.segments if segment.document == document.id]
        texts.append([segment.text for segment in group])
        utterances.append(speech.recognise(group, document.language))
    sentences = candidates.gather(texts, utterances)
    return sentences, candidates.retrieve(sentences, encoder(), sift)


def main() -> None:
    gold = read()
    sentences, found = prepare(gold)
    label, usable, crossing = labels(gold, found)
    held = gold.held_back
    sure = sum(status == "S" and one[0] != other[0] and one not in held and other not in held for (one, other), status in gold.links.items())
    print(f"{len(found.left)} pairs proposed, {int((label[usable & crossing] == 1).sum())} of {sure} sure links among them")
    cheap = found.table[:, : len(candidates.SIFT)]
    use = usable & (label != 2)
    sift = fit(cheap[use], label[use] == 1)
    passed = odds(sift, cheap) >= SIFTED
    found = candidates.Candidates(found.left[passed], found.right[passed], found.table[passed])
    label, usable, crossing, use = label[passed], usable[passed], crossing[passed], use[passed]
    counted = usable & crossing
    print(f"{len(found.left)} pairs sifted, {int((label[counted] == 1).sum())} of {sure} sure links among them")
    alone = fit(found.table[use], label[use] == 1)
    surrounded = fit(candidates.surroundings(sentences, found, odds(alone, found.table))[use], label[use] == 1)
    unseen = []
    for seed in range(SEEDS):
        fold = folds(gold, seed)
        first = cross_validate(found.table, label, usable, found.left, found.right, fold)
        around = candidates.surroundings(sentences, found, first)
        unseen.append((first, around, cross_validate(around, label, usable, found.left, found.right, fold)))
    # The second model learns from what the first says of statements that it has not seen.
    surrounded = fit(np.concatenate([around[use] for _, around, _ in unseen]), np.concatenate([label[use] == 1] * SEEDS), RIDGE * SEEDS)
    in_sample = odds(surrounded, candidates.surroundings(sentences, found, odds(alone, found.table)))
    best(odds(alone, found.table), label, counted, sure, "alone, in sample")
    best(in_sample, label, counted, sure, "with surroundings, in sample")
    thresholds = []
    for seed, (first, _, final) in enumerate(unseen):
        best(first, label, counted, sure, f"alone, cross-validated, {seed}")
        thresholds.append(best(final, label, counted, sure, f"with surroundings, cross-validated, {seed}"))
    threshold = float(np.mean(thresholds))
    for names, model in ((candidates.ALONE, alone), (candidates.AROUND, surrounded)):
        print("  ".join(f"{name} {weight:+.2f}" for name, weight in zip(names, model[2], strict=True)))
    if "--write" in sys.argv:
        data = {"version": VERSION, "command": "python benchmarks/renditions/learn.py --write", "threshold": round(float(1 / (1 + np.exp(-threshold))), 3)}
        for name, model in (("sift", sift), ("alone", alone), ("around", surrounded)):
            data[name] = {part: np.round(value, 5).tolist() for part, value in zip(("mean", "deviation", "weight", "bias"), model, strict=True)}
        OUT.write_text(json.dumps(data, indent=1) + "\n", "utf8")


if __name__ == "__main__":
    main()
