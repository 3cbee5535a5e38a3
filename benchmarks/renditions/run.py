"""Rendition linking against plain baselines, with what each kind of evidence is worth.

Usage: python benchmarks/renditions/run.py

Baselines and rows of the ablation take the threshold with the best F1 on the answer itself, so each is an upper bound.
The ablation is cross-validated (three times ten folds of whole statements, see `learn.py`); "as shipped" is what `link` gives, in
sample on this gold.
"""

from __future__ import annotations

import csv
import random
import time

import numpy as np
from gold import SHARED, encoder, own_segments, read, score
from learn import SEEDS, cross_validate, figures, fit, folds, labels, odds, prepare

from align.corpus import Document, Segment
from align.renditions import SIFTED, candidates, link

GROUPS = {
    "similarity of vectors": ["similarity", "margin"],
    "words and letters": ["words", "letters", "covered"],
    "meaning of words": ["meaning_most", "meaning_least"],
    "lengths": ["length", "ratio"],
    "roles": list(candidates.ROLES),
    "direct or reported": ["both_direct", "one_direct"],
    "speakers": ["same_speaker", "other_speaker"],
}
SURROUNDINGS = {"support": ["support", "beside"], "rival": ["rival"], "relatives": ["relatives"]}


def show(name: str, values) -> None:
    f1, precision, recall = np.mean(values, axis=0)
    print(f"| {name} | {f1:.3f} | {precision:.3f} | {recall:.3f} |", flush=True)


def lavrov() -> None:
    gold = read()
    sentences, found = prepare(gold)
    label, usable, crossing = labels(gold, found)
    counted, held = usable & crossing, gold.held_back
    sure = sum(status == "S" and a[0] != b[0] and a not in held and b not in held for (a, b), status in gold.links.items())
    column = {name: place for place, name in enumerate(candidates.ALONE)}
    print("| | F1 | precision | recall |\n|---|---|---|---|")
    for name, columns in (
        ("cosine of USE", ["similarity"]),
        ("cosine of USE less hubs", ["margin"]),
        ("tf-idf", ["words"]),
        ("letters", ["letters"]),
        ("meaning of words", ["meaning_least"]),
        ("tf-idf + USE less hubs", ["words", "margin"]),
    ):
        show(name, [figures(found.table[:, [column[one] for one in columns]].sum(axis=1), label, counted, sure)[:3]])
    use = usable & (label != 2)
    sift = found.table[:, : len(candidates.SIFT)]
    passed = odds(fit(sift[use], label[use] == 1), sift) >= SIFTED
    found = candidates.Candidates(found.left[passed], found.right[passed], found.table[passed])
    label, usable, counted = label[passed], usable[passed], counted[passed]

    def cross(columns, around_columns):
        results = []
        for seed in range(SEEDS):
            fold = folds(gold, seed)
            values = cross_validate(found.table[:, columns], label, usable, found.left, found.right, fold)
            if around_columns:
                around = candidates.surroundings(sentences, found, values)[:, around_columns]
                values = cross_validate(around, label, usable, found.left, found.right, fold)
            results.append(figures(values, label, counted, sure)[:3])
        return results

    every, around = list(range(len(candidates.ALONE))), list(range(len(candidates.AROUND)))
    show("all, cross-validated", cross(every, around))
    show("without surroundings", cross(every, []))
    for name, left_out in GROUPS.items():
        kept_around = [place for place in around if name != "roles" or candidates.AROUND[place] not in candidates.ROLES]
        show(f"without {name}", cross([place for place in every if candidates.ALONE[place] not in left_out], kept_around))
    for name, left_out in SURROUNDINGS.items():
        show(f"without {name}", cross(every, [place for place in around if candidates.AROUND[place] not in left_out]))
    vectors = encoder()
    for name, segments in (("gold sentences", gold.segments), ("own sentences", own_segments(gold.documents))):
        begin = time.process_time()
        result = score(link(gold.documents, segments, vectors), gold.documents)
        seconds = time.process_time() - begin
        show(f"as shipped, {name}", [(result["f1"], result["precision"], result["recall"])])
        print(f"|   hard negatives {result['negatives_linked']} of {result['negatives']}, {seconds:.0f} CPU seconds | | | |")


def two_references() -> None:
    """One text shuffled, a third of the other dropped: which sentences render each other?"""
    with (SHARED / "data" / "divergence" / "two_references_ru" / "wmt21_news.tsv").open(encoding="utf8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    vectors = encoder()
    for name, language in (("reference_a_ru", "ru"), ("source_en", "en")):
        values = []
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
            found = set()
            for bead in link(documents, segments, vectors):
                sides = {code: [index for one in bead.members if one.document == code for index in one.segments] for code in "ab"}
                found |= {(a, b) for a in sides["a"] for b in sides["b"]}
            precision, recall = len(found & truth) / max(len(found), 1), len(found & truth) / len(truth)
            values.append((2 * precision * recall / max(precision + recall, 1e-9), precision, recall))
        show(f"{name} shuffled, a third of reference_b_ru dropped", values)


if __name__ == "__main__":
    lavrov()
    two_references()
