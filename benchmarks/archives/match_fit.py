"""Fits the weights of `align batch match` (align/data/matching.json) and prints what they reach on documents that they were not fitted on.

Called by `match.py --fit`. Archives with a tenth and with 40 % strays are drawn, in all language pairs and all kinds of text; the candidates that
matching would look at are labelled by whether they are versions of one document. Cross-validation: documents are parted into five folds; a
candidate is judged by weights that saw neither of its documents.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from match_data import KEEP, drawn, part

from align.batch.matching.evidence import FEATURES, SIMILARITIES, Comparer, features, scale
from align.batch.matching.gathering import Gathered, encoder_for
from align.batch.matching.matcher import PER_DOCUMENT
from align.batch.matching.neighbours import Space, candidates
from align.batch.matching.pairing import leads, log_odds

WEIGHTS = Path(__file__).resolve().parents[2] / "align" / "data" / "matching.json"
DRAWS = ((0, 0.1), (1, 0.4))  # seed, share of strays
FOLDS = 5


@dataclass
class Drawn:
    """Candidates of one archive of two languages: pairs, raw evidence, and of each the document that its two sides are versions of."""

    encoder: str
    condition: str
    pairs: list[tuple[int, int]]
    raws: list
    mutual: list
    ids: list[tuple[str, str]]
    rows: np.ndarray | None = None


def collect(whole: Gathered, languages: Sequence[str]) -> list[Drawn]:
    found = []
    for pair in combinations(languages, 2):
        for condition, keep in KEEP.items():
            for seed, strays in DRAWS:
                picked, rng = drawn(whole, pair, seed, strays)
                archive = part(whole, picked, keep, rng)
                source, target = (Space(archive, language, encoder_for("auto", pair)) for language in pair)
                compare = Comparer(source, target, archive.profiles)
                rows, mutual = candidates(source, target, PER_DOCUMENT)
                raws = {each: compare(*each) for each in rows}
                pairs = [(source.documents[one], target.documents[other]) for one, other in rows]
                ids = [(archive.entries[one].id, archive.entries[other].id) for one, other in pairs]
                found.append(Drawn(encoder_for("auto", pair), condition, pairs, list(raws.values()), [raws[each] for each in mutual], ids))
                archive.close()
        print(f"  drawn {'-'.join(pair)}", flush=True)
    return found


def typical(draws: Sequence[Drawn]) -> dict[str, dict[str, float]]:
    """What right pairs of whole documents reach with each encoder: medians by archive, averaged."""
    result = {}
    for encoder in sorted({draw.encoder for draw in draws}):
        medians = [
            np.median([raw.similarities for raw, (one, other) in zip(draw.raws, draw.ids, strict=True) if one == other], axis=0)
            for draw in draws
            if draw.encoder == encoder and draw.condition == "whole"
        ]
        result[encoder] = {name: round(float(value), 4) for name, value in zip(SIMILARITIES, np.mean(medians, axis=0), strict=True)}
    return result


def logistic(rows: np.ndarray, labels: np.ndarray, ridge: float = 1e-3) -> np.ndarray:
    """Weights of logistic regression by Newton's method, the constant last; the ridge is on standardised columns."""
    scale_ = rows.std(axis=0) + 1e-9
    table = np.column_stack([rows / scale_, np.ones(len(rows))])
    penalty = np.append(np.full(rows.shape[1], ridge * len(rows)), 0.0)
    weights = np.zeros(table.shape[1])
    for _ in range(60):
        chance = 1 / (1 + np.exp(-np.clip(table @ weights, -30, 30)))
        gradient = table.T @ (chance - labels) + penalty * weights
        step = np.linalg.solve((table * (chance * (1 - chance))[:, None]).T @ table + np.diag(penalty + 1e-6), gradient)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    return np.append(weights[:-1] / scale_, weights[-1])


def as_dict(weights: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip((*names, "constant"), weights, strict=True)}


def two_steps(draws: Sequence[Drawn], use: list[np.ndarray]) -> tuple[dict[str, float], dict[str, float]]:
    """Weights of both steps from the candidates that `use` marks in each draw."""
    rows = np.concatenate([draw.rows[mask] for draw, mask in zip(draws, use, strict=True)])
    labels = np.concatenate([is_right(draw)[mask] for draw, mask in zip(draws, use, strict=True)])
    first = as_dict(logistic(rows, labels), FEATURES)
    second_rows = np.concatenate([second(draw, first)[mask] for draw, mask in zip(draws, use, strict=True)])
    return first, as_dict(logistic(second_rows, labels, 1e-5), ("pair", "lead"))


def second(draw: Drawn, first: dict[str, float]) -> np.ndarray:
    alone = log_odds(draw.rows, first)
    return np.stack([alone, np.clip(leads(draw.pairs, alone, {}), -12, 12)], axis=1)


def is_right(draw: Drawn) -> np.ndarray:
    return np.array([float(one == other) for one, other in draw.ids])


def fit(whole: Gathered, languages: Sequence[str]) -> None:
    draws = collect(whole, languages)
    usual = typical(draws)
    for draw in draws:
        draw.rows = features(draw.raws, *scale(draw.mutual, usual[draw.encoder]))
    ids = sorted({entry.id for entry in whole.entries})
    fold = dict(zip(ids, np.random.default_rng(1).permutation(len(ids)) % FOLDS, strict=True))
    odds = [np.zeros(len(draw.pairs)) for draw in draws]
    for number in range(FOLDS):
        held = [np.array([number in (fold[one], fold[other]) for one, other in draw.ids]) for draw in draws]
        first, last = two_steps(draws, [~mask for mask in held])
        for draw, mask, value in zip(draws, held, odds, strict=True):
            value[mask] = log_odds(second(draw, first), last, ("pair", "lead"))[mask]
    report(draws, odds)
    first, last = two_steps(draws, [np.ones(len(draw.pairs), dtype=bool) for draw in draws])
    print(first, last, usual, sep="\n")
    WEIGHTS.write_text(json.dumps({"pair": first, "rivals": last, "typical": usual}, indent=1) + "\n", encoding="utf-8")


def report(draws: Sequence[Drawn], odds: Sequence[np.ndarray]) -> None:
    """Candidates decided wrongly at one half, cross-validated, by kind of text and encoder."""
    print("cross-validated: candidates judged wrongly, of the right ones / of the others")
    for encoder in sorted({draw.encoder for draw in draws}):
        for condition in KEEP:
            mine = [(is_right(draw) > 0, value > 0) for draw, value in zip(draws, odds, strict=True) if (draw.encoder, draw.condition) == (encoder, condition)]
            truth, said = (np.concatenate([each[k] for each in mine]) for k in (0, 1))
            print(f"  {encoder:<6}{condition:<20}{(truth & ~said).sum():>6} of {truth.sum():<8}{(~truth & said).sum():>6} of {(~truth).sum()}")
