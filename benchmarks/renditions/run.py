"""Rendition linking against plain baselines, with what each kind of evidence is worth.

Usage: python benchmarks/renditions/run.py

Baselines and rows of the ablation take the threshold with the best F1 on the answer itself, so each is an upper bound.
The ablation is cross-validated (ten folds of whole statements, see `learn.py`), the mean of the same three draws a row; "as shipped" is what `link` gives, in
sample on this gold.
"""

from __future__ import annotations

import csv
import random
import time
from collections import defaultdict
from itertools import pairwise

import numpy as np
from gold import SHARED, encoder, own_segments, read, score
from learn import SEEDS, calibration, figures, folds, prepare, proposed

from align.corpus import Document, Segment
from align.renditions import Settings, _threshold, candidates, link, surroundings

GROUPS = {
    "similarity of vectors": ["margin"],
    "words and letters": ["words", "letters"],
    "meaning of words": ["meaning_most", "meaning_least"],
    "clauses and quotations": ["parts", "part_whole"],
    "lengths": ["length", "ratio"],
    "roles": list(candidates.ROLES),
    "direct or reported": ["both_direct", "one_direct"],
    "speakers": ["same_speaker", "other_speaker"],
}
EDGES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)
# Rows of reference B that do not render their own source row: row 392 holds two, the ten that follow hold the next one's, 403 the first half of 404.
SHIFTED = {392: [392, 393], **{row: [row + 1] for row in range(393, 404)}}
DRAWS = 3  # for a row of the ablation
SURROUNDINGS = {
    "support": ["support", "beside"],
    "rival": ["rival"],
    "relatives": ["relatives"],
    "company": ["company_most", "company_least"],
    "same document": ["same_document"],
}


def show(name: str, values) -> None:
    f1, precision, recall = np.mean(values, axis=0)
    print(f"| {name} | {f1:.3f} | {precision:.3f} | {recall:.3f} |", flush=True)


def lavrov() -> None:
    gold = read()
    every = proposed(gold)
    column = {name: place for place, name in enumerate(candidates.ALONE)}
    print("| | F1 | precision | recall |\n|---|---|---|---|")
    vectors = np.asarray(encoder()([segment.text for segment in gold.segments]))
    vectors = vectors - vectors.mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosine = np.einsum("ij,ij->i", vectors[every.found.left], vectors[every.found.right])
    show("cosine of USE", [figures(cosine, every.label, every.counted, every.sure)[:3]])
    for name, columns in (
        ("cosine of USE less hubs", ["margin"]),
        ("tf-idf", ["words"]),
        ("letters", ["letters"]),
        ("meaning of words", ["meaning_least"]),
        ("tf-idf + USE less hubs", ["words", "margin"]),
    ):
        show(name, [figures(every.found.table[:, [column[one] for one in columns]].sum(axis=1), every.label, every.counted, every.sure)[:3]])
    bitext(gold)
    data = prepare(every)
    found, label, counted, sure = data.found, data.label, data.counted, data.sure
    finals = []

    def cross(columns, around_columns, seeds=DRAWS):
        results = []
        for seed in range(seeds):
            fold = folds(gold, seed)
            values = data.unseen(found.table[:, columns], fold)
            if around_columns:
                values = data.unseen(surroundings.measure(data.sentences, found, values)[:, around_columns], fold)
            finals.append(values)
            results.append(figures(values, label, counted, sure)[:3])
        return results

    everything, around = list(range(len(candidates.ALONE))), list(range(len(surroundings.AROUND)))
    show(f"all, cross-validated, mean of {SEEDS} draws", cross(everything, around, SEEDS))
    unseen, threshold = np.concatenate(finals), _threshold(Settings())
    slope, shift = calibration(unseen, np.concatenate([label] * SEEDS), np.concatenate([counted] * SEEDS))
    show(f"the same at the shipped threshold ({threshold})", [at(slope * one + shift, np.log(threshold / (1 - threshold)), data) for one in finals])
    finals = []
    show(f"all, first {DRAWS} draws", cross(everything, around))
    show("without surroundings", cross(everything, []))
    for name, left_out in GROUPS.items():
        show(f"without {name}", cross([place for place in everything if candidates.ALONE[place] not in left_out], around))
    for name, left_out in SURROUNDINGS.items():
        show(f"without {name}", cross(everything, [place for place in around if surroundings.AROUND[place] not in left_out]))
    reliability(unseen, np.concatenate([label] * SEEDS) > 0, np.concatenate([counted] * SEEDS))
    vectors = encoder()
    for name, segments in (("gold sentences", gold.segments), ("own sentences", own_segments(gold.documents))):
        begin = time.process_time()
        result = score(link(gold.documents, segments, vectors), gold.documents)
        seconds = time.process_time() - begin
        show(f"as shipped, {name}", [(result["f1"], result["precision"], result["recall"])])
        print(f"|   hard negatives {result['negatives_linked']} of {result['negatives']}, {seconds:.0f} CPU seconds | | | |")


def at(values, threshold, data):
    """F1, precision and recall of what is above a threshold."""
    taken = data.counted & (values >= threshold)
    precision, recall = (data.label[taken] > 0).mean(), (data.label[taken] == 1).sum() / data.sure
    return 2 * precision * recall / (precision + recall), precision, recall


def bitext(gold) -> None:
    """The bitext aligner on every two documents of different files, as if they were translations."""
    from align.aligner import align
    from align.corpus import Bead, Member

    vectors, beads = encoder(), []
    groups = [[segment for segment in gold.segments if segment.document == document.id] for document in gold.documents]
    for number, one in enumerate(groups):
        for other in groups[number + 1 :]:
            for pairing in align([segment.text for segment in one], [segment.text for segment in other], vectors, languages=("en", "en")):
                members = [
                    Member(side[0].document, side[place].start, side[place].end, side[place].text, (place,))
                    for side, places in ((one, pairing.source), (other, pairing.target))
                    for place in places
                ]
                if pairing.source and pairing.target:
                    beads.append((pairing.confidence, Bead("", tuple(members), pairing.confidence)))
    ranked = [bead for _, bead in sorted(beads, key=lambda entry: -entry[0])]
    results = [score(ranked[:count], gold.documents) for count in range(25, len(ranked) + 1, 25)]
    best = max(results, key=lambda result: result["f1"])
    show("bitext aligner, two documents at a time", [(best["f1"], best["precision"], best["recall"])])


def reliability(odds_of, right, use) -> None:
    """How often a confidence is right, on statements that the model has not seen; calibrated on the same (two parameters)."""
    slope, shift = calibration(odds_of, right, use)
    chance, right = 1 / (1 + np.exp(-(slope * odds_of[use] + shift))), right[use]
    print("\n| confidence | pairs | mean confidence | share right |\n|---|---|---|---|")
    for low, high in pairwise(EDGES):
        inside = (chance >= low) & (chance < high)
        print(f"| {low:.2f} to {min(high, 1):.2f} | {inside.sum() / SEEDS:.0f} | {chance[inside].mean():.3f} | {right[inside].mean():.3f} |")
    for low in (0.0, 0.1):
        kept = chance >= low
        bins = np.minimum((chance[kept] * 10).astype(int), 9)
        error = sum(abs(chance[kept][bins == one].sum() - right[kept][bins == one].sum()) for one in np.unique(bins)) / kept.sum()
        print(f"expected calibration error of pairs from {low:.1f} on: {error:.4f}")
    print()


def two_references() -> None:
    """One text shuffled, a third of the other dropped: which sentences render each other?"""
    with (SHARED / "data" / "divergence" / "two_references_ru" / "wmt21_news.tsv").open(encoding="utf8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    vectors = encoder()
    for name, language in (("reference_a_ru", "ru"), ("source_en", "en")):
        values = defaultdict(list)
        for seed in (1, 2, 3):
            dice = random.Random(seed)
            order = dice.sample(range(len(rows)), len(rows))
            kept = sorted(dice.sample(range(len(rows)), len(rows) - len(rows) // 3))
            documents, segments = [], []
            for code, tongue, texts in (("a", language, [rows[one][name] for one in order]), ("b", "ru", [rows[one]["reference_b_ru"] for one in kept])):
                text = "\n".join(texts)
                documents.append(Document(code, code, tongue, text, code, code, 0, len(text)))
                place = 0
                for index, sentence in enumerate(texts):
                    segments.append(Segment(code, index, index, place, place + len(sentence), sentence))
                    place += len(sentence) + 1
            truth = {(order.index(one), place) for place, one in enumerate(kept)}
            mended = {(order.index(meaning), place) for place, one in enumerate(kept) for meaning in SHIFTED.get(one, [one])}
            found = set()
            for bead in link(documents, segments, vectors):
                sides = {code: [index for one in bead.members if one.document == code for index in one.segments] for code in "ab"}
                found |= {(a, b) for a in sides["a"] for b in sides["b"]}
            for kind, right, links in (("", truth, found), (", mended", mended, found), (", a perfect linker", truth, mended)):
                precision, recall = len(links & right) / max(len(links), 1), len(links & right) / len(right)
                values[kind].append((2 * precision * recall / max(precision + recall, 1e-9), precision, recall))
        for kind, figures_of in values.items():
            show(f"{name} shuffled, a third of reference_b_ru dropped{kind}", figures_of)


if __name__ == "__main__":
    two_references()
    lavrov()
