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

from align import candidates, speech

FOLDS = 10
RIDGE = 1.0
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


def best(values, label, use, total, name):
    """The threshold with the best F1 on pairs that `use` names; recall counts what was never a candidate as missed."""
    order = np.argsort(-values[use], kind="stable")
    ranked = label[use][order]
    count = np.arange(1, len(ranked) + 1)
    precision, recall = np.cumsum(ranked > 0) / count, np.cumsum(ranked == 1) / total
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    top = int(f1.argmax())
    threshold = float(values[use][order][top])
    print(f"{name:34s} F1 {f1[top]:.3f}  P {precision[top]:.3f}  R {recall[top]:.3f}  at {1 / (1 + np.exp(-threshold)):.3f}")
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


def prepare(gold: Gold):
    texts, utterances = [], []
    for document in gold.documents:
        group = [segment for segment in gold.segments if segment.document == document.id]
        texts.append([segment.text for segment in group])
        utterances.append(speech.recognise(group, document.language))
    sentences = candidates.gather(texts, utterances)
    return sentences, candidates.retrieve(sentences, encoder())


def chance(log_odds):
    return np.round(1 / (1 + np.exp(-np.clip(log_odds, -50, 50))), 6)


def main() -> None:
    gold = read()
    sentences, found = prepare(gold)
    label, usable, crossing = labels(gold, found)
    held = gold.held_back
    sure = sum(status == "S" and one[0] != other[0] and one not in held and other not in held for (one, other), status in gold.links.items())
    print(f"{len(found.left)} candidate pairs, {int((label[usable & crossing] == 1).sum())} of {sure} sure links among them")
    fold = folds(gold)
    learn_from = usable
    table = found.table
    alone = fit(table[learn_from & (label != 2)], label[learn_from & (label != 2)] == 1)
    best(odds(alone, table), label, usable & crossing, sure, "alone, in sample")
    unseen = cross_validate(table, label, learn_from, found.left, found.right, fold)
    best(unseen, label, usable & crossing, sure, "alone, cross-validated")
    roles = table[:, -len(candidates.ROLES) :]

    def second(first):
        return np.column_stack([first, candidates.context(sentences, found, chance(first)), roles])

    around = second(unseen)
    use = learn_from & (label != 2)
    surrounded = fit(around[use], label[use] == 1)
    best(odds(surrounded, second(odds(alone, table))), label, usable & crossing, sure, "with context, in sample")
    final = cross_validate(around, label, learn_from, found.left, found.right, fold)
    threshold = best(final, label, usable & crossing, sure, "with context, cross-validated")
    for names, model in (((*candidates.FEATURES, *candidates.ROLES), alone), ((*candidates.CONTEXT, *candidates.ROLES), surrounded)):
        print("  ".join(f"{name} {weight:+.2f}" for name, weight in zip(names, model[2], strict=True)))
    if "--write" in sys.argv:
        data = {"version": 1, "command": "python benchmarks/renditions/learn.py --write", "threshold": round(float(chance(threshold)), 4)}
        for name, model in (("alone", alone), ("context", surrounded)):
            data[name] = {part: np.round(value, 6).tolist() for part, value in zip(("mean", "deviation", "weight", "bias"), model, strict=True)}
        OUT.write_text(json.dumps(data, indent=1) + "\n", "utf8")


if __name__ == "__main__":
    main()
