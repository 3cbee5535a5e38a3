"""How well divergence is told, beside BLEU, chrF, TER and the encoder alone: prints a table, all from one run.

    ALIGN_SHARED=../shared python benchmarks/divergence/run.py [--picture FILE.svg] [--e5]

Every figure of ours is cross-validated: ten folds (by document pair for the grades), the model refitted for each without the fold's
rows; intervals are 95 % bootstrap. BLEU, chrF and TER compare the two texts as they stand, also across languages.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Callable, Mapping, Sequence

import data
import fit
import numpy as np
import picture
from sets import Table, tabulated
from sklearn.metrics import cohen_kappa_score, matthews_corrcoef, roc_auc_score

from align.embed import Vectors
from align.encoders import MultilingualE5, UniversalSentenceEncoder
from align.model import shifted
from align.scorers import Bleu, Chrf, Ter

FOLDS, DRAWS = 10, 400
Measure = Callable[[np.ndarray, np.ndarray], float]


def auc(labels: np.ndarray, values: np.ndarray) -> float:
    return float(roc_auc_score(labels, values)) if 0 < labels.sum() < len(labels) else float("nan")


def recall_at(labels: np.ndarray, values: np.ndarray, alarms: float = 0.05) -> float:
    """The share of divergent pairs above the value that 5 % of the good pairs exceed."""
    good = np.sort(values[labels == 0])[::-1]
    return float((values[labels == 1] > good[int(alarms * len(good))]).mean())


def calibration_error(labels: np.ndarray, values: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error: ten bins of equal width, weighted by their size."""
    place = np.minimum((values * bins).astype(int), bins - 1)
    return float(
        sum(abs(labels[place == index].mean() - values[place == index].mean()) * (place == index).mean() for index in range(bins) if (place == index).any())
    )


def least_error(values: np.ndarray, draws: int = 200) -> float:
    """The calibration error that probabilities without any fault would show on a set of this size: labels drawn from them, averaged."""
    generator = np.random.default_rng(7)
    return float(np.mean([calibration_error((generator.random(len(values)) < values).astype(float), values) for _ in range(draws)]))


def correlation(labels: np.ndarray, values: np.ndarray) -> float:
    """Matthews correlation of calling a pair divergent from .5 on."""
    return float(matthews_corrcoef(labels, values >= 0.5))


def best_correlation(labels: np.ndarray, values: np.ndarray) -> float:
    """The same at the best threshold of the set itself: an upper bound, the only way to ask uncalibrated scores."""
    return max(float(matthews_corrcoef(labels, values >= threshold)) for threshold in np.quantile(values, np.linspace(0.02, 0.98, 97)))


def interval(measure: Measure, labels: np.ndarray, values: np.ndarray) -> str:
    """A figure with its 95 % bootstrap interval."""
    generator = np.random.default_rng(7)
    drawn = []
    for _ in range(DRAWS):
        rows = generator.integers(0, len(labels), len(labels))
        if 0 < labels[rows].sum() < len(rows):
            drawn.append(measure(labels[rows], values[rows]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{measure(labels, values):.3f} [{low:.2f}, {high:.2f}]"


def folds(groups: Sequence[str], count: int = FOLDS) -> np.ndarray:
    """The fold of each row; rows of one group share theirs. The same on every machine."""
    return np.array([zlib.crc32(group.encode()) % count for group in groups])


def crossed(tables: Mapping[str, Table], mode: str, name: str) -> np.ndarray:
    """The probability of each row of a set from models that have not seen it."""
    place = folds([row.group for row in tables[name].rows])
    found = np.zeros(len(place))
    for fold in np.unique(place):
        found[place == fold] = fit.learn(tables, mode, without=name, held=place == fold).probability(tables[name])[place == fold]
    return found


def surface(table: Table, seen: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """BLEU, chrF and TER of the texts as they stand, turned so that more is more divergent."""
    values = {}
    for label, metric, sign in (("BLEU", Bleu(), -1), ("chrF", Chrf(), -1), ("TER", Ter(), 1)):
        values[label] = np.array([sign * (metric.value(row.pair.member_b.text, row.pair.member_a.text) or 0.0) for row in table.rows])
    return values | {"USE": -table.similarity} | seen


def grades(table: Table) -> str:
    """Quadratic weighted kappa with both annotators, the document pair under test left out of the fit."""
    groups = np.array([row.group for row in table.rows])
    given = np.zeros(len(groups), dtype=int)
    columns = [fit.FEATURES.index(name) for name in fit.GRADE]
    for group in np.unique(groups):
        linear, borders = fit.grade_model(table, groups != group)
        values = table.values[:, columns] @ np.array([linear[name] for name in fit.GRADE]) + linear["intercept"]
        given[groups == group] = np.digitize(values, borders)[groups == group]
    pairs = [(int(given[index]), grade) for index, row in enumerate(table.rows) for grade in row.grades]

    def kappa(rows: Sequence[tuple[int, int]]) -> float:
        return float(cohen_kappa_score(*zip(*rows, strict=True), weights="quadratic"))

    generator = np.random.default_rng(7)
    drawn = [kappa([pairs[index] for index in generator.integers(0, len(pairs), len(pairs))]) for _ in range(DRAWS)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{kappa(pairs):.3f} [{low:.2f}, {high:.2f}]"


def line(title: str, ours: str, others: Mapping[str, str], goal: str) -> None:
    print(f"| {title} | **{ours}** | " + " | ".join(others.values()) + f" | {goal} |", flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--picture", help="write precision against recall per channel to this SVG file")
    arguments.add_argument("--e5", action="store_true", help="E5 beside the others (slow)")
    options = arguments.parse_args()
    encoder = UniversalSentenceEncoder()
    encode = Vectors(lambda: encoder, encoder.signature)
    tables = tabulated(encode)
    second = Vectors(MultilingualE5, "e5") if options.e5 else None

    def cosine(table: Table) -> dict[str, np.ndarray]:
        if second is None:
            return {}
        sides = second([row.pair.member_a.text for row in table.rows]), second([row.pair.member_b.text for row in table.rows])
        return {"E5": -np.einsum("ij,ij->i", *sides)}

    def compare(title: str, name: str, mode: str, measure: Measure, goal: str, keep: np.ndarray | None = None, plain: Measure | None = None) -> None:
        table = tables[name]
        if (mode, name) not in ours:
            ours[mode, name] = crossed(tables, mode, name)
            others[name] = surface(table, cosine(table))
        rows = np.ones(len(table.rows), dtype=bool) if keep is None else keep
        labels = table.labels[rows]
        found = {label: f"{(plain or measure)(labels, values[rows]):.3f}" for label, values in others[name].items()}
        line(title, interval(measure, labels, ours[mode, name][rows]), found, goal)

    ours: dict[tuple[str, str], np.ndarray] = {}
    others: dict[str, dict[str, np.ndarray]] = {}

    def part(name: str, *parts: str) -> np.ndarray:
        return np.array([row.part in parts for row in tables[name].rows])

    print("| set and measure | ours, cross-validated | BLEU | chrF | TER | USE |" + (" E5 |" if options.e5 else "") + " goal |")
    print("|---|---|---|---|---|---|---|" + ("---|" if options.e5 else ""))
    compare("REFreSD en-fr, divergent or equal, AUC", "refresd", "cross:en-fr", auc, ".93")
    compare("the same, equal or some difference, AUC", "refresd", "cross:en-fr", auc, ".87", ~part("refresd", "unrelated"))
    for name in ("semdiverge-commoncrawl", "semdiverge-opensubs"):
        compare(f"{name} en-fr, AUC", name, "cross:en-fr", auc, "")
    for name, mode, goal in (("demetr-reference", "same:en", ".70"), ("demetr-source", "cross", ".55")):
        critical = part(name, "good", *data.CRITICAL.values())
        compare(f"{name}, critical errors, recall at 5 %", name, mode, recall_at, goal, critical)
        for kind in data.CRITICAL.values():
            compare(f"{name}, {kind}, recall at 5 %", name, mode, recall_at, "", part(name, "good", kind))
        for kind in ("verb removed", "adjective removed", "tense"):
            compare(f"{name}, {kind}, AUC", name, mode, auc, ".70" if mode == "same:en" else "", part(name, "good", kind))
    for name, mode, goal in (("wmt22-pt-en", "cross:en-pt", ".60"), ("wmt22-en-de", "cross:de-en", "")):
        compare(f"{name}, critical errors, MCC at .5 (others: best)", name, mode, correlation, goal, plain=best_correlation)
        compare(f"{name}, critical errors, MCC at the best threshold", name, mode, best_correlation, "")
        compare(f"{name}, critical errors, AUC", name, mode, auc, "")
    compare("Lavrov, grade 2 or worse, AUC", "lavrov", "same:en", auc, "")
    print(f"\nLavrov grades, quadratic weighted kappa, leave one document pair out: {grades(tables['lavrov'])} (goal .65)\n")
    print("| expected calibration error | divergent | cross-validated | of a faultless forecast | transferred: left out of the fit | its base rate given |")
    print("|---|---|---|---|---|---|")
    for (mode, name), probability in ours.items():
        if not name.startswith("demetr"):
            labels = tables[name].labels
            model = fit.learn(tables, mode, without=name)
            away = model.probability(tables[name])
            told = np.array([shifted(value, model.base_rate, float(labels.mean())) for value in away])
            figures = (calibration_error(labels, probability), least_error(probability), calibration_error(labels, away), calibration_error(labels, told))
            print(f"| {name} | {labels.mean():.2f} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |", flush=True)
    if options.picture:
        picture.write(options.picture, tables["demetr-reference"])
        print(f"\nprecision against recall per channel: {options.picture}")


if __name__ == "__main__":
    main()
