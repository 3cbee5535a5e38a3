"""What translation both ways adds where source and translation are both at hand: critical errors pt-en (WMT22), with and without.

    ALIGN_SHARED=../shared python benchmarks/backtranslation/gain.py

The source is translated and held against the translation, and the translation is translated back and held against the
source, with the bundled packages. All ways to judge are cross-validated over the same ten folds, the coefficients learnt
again for each without the fold's rows: the program's own model without back-translations, which is how the program judges,
and with what only they show counting half; its model for one language on the two English texts; and a logistic regression
over the program's scores without and with the scores of the back-translations. The divergence model that ships is left as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "divergence"))

import data
import fit
import run
import sets
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from align.backtranslate import Settings, backtranslate
from align.channels.reading import read
from align.corpus import Pair
from align.embed import Vectors
from align.encoders import UniversalSentenceEncoder
from align.model import FEATURES, features
from align.scorers import score, usable
from align.store import Cache

SET, MODE, SAME, ANY = "wmt22-pt-en", "cross:en-pt", "same:en", "same"
TAKEN = ("chrf", "similarity", "coverage_low", "lowest_low")  # of two texts of one language
DRAWS = 2000


def of_one_language(pairs: Sequence[Pair], encode: Vectors) -> np.ndarray:
    """The scores of pairs in one language, shape (pairs, len(TAKEN))."""
    found = [{item.name: item.value for item in scores} for scores in score(pairs, encode, edit_rate=False)]
    readings = [(read(pair.member_a.text, pair.language_a), read(pair.member_b.text, pair.language_b)) for pair in pairs]
    values = [features(scores, *sides) for scores, sides in zip(found, readings, strict=True)]
    return np.array([[row[name] for name in TAKEN] for row in values])


def counting_half(model: fit.Model, table: sets.Table) -> np.ndarray:
    """The divergence where what only a back-translation shows counts half."""
    halved = replace(table, fired=[frozenset(name for name in fired if not name.startswith("backtranslation:")) for fired in table.fired])
    none = 1 - model.probability(halved)
    for index, fired in enumerate(table.fired):
        for name in sorted(fired - halved.fired[index]):
            channel = name.removeprefix("backtranslation:")
            if channel not in halved.fired[index]:
                none[index] *= 1 - 0.5 * model.channels.get(channel, 0.0)
    return 1 - none


def regression(values: np.ndarray, labels: np.ndarray, place: np.ndarray) -> np.ndarray:
    found = np.zeros(len(labels))
    for fold in np.unique(place):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
        model.fit(values[place != fold], labels[place != fold])
        found[place == fold] = model.predict_proba(values[place == fold])[:, 1]
    return found


def best_correlation(labels: np.ndarray, values: np.ndarray) -> float:
    """Matthews correlation at the best threshold of the set itself (`run.best_correlation`, fast enough for many draws)."""
    called = values >= np.quantile(values, np.linspace(0.02, 0.98, 97))[:, None]
    hits, calls, bad, size = (called & (labels == 1)).sum(axis=1), called.sum(axis=1), labels.sum(), len(labels)
    spread = np.sqrt(calls * (size - calls) * bad * (size - bad))
    return float(np.max(np.divide(hits * size - calls * bad, spread, out=np.zeros(len(calls)), where=spread > 0)))


def difference(measure: run.Measure, labels: np.ndarray, without: np.ndarray, with_: np.ndarray) -> str:
    """The gain with its 95 % interval: the same rows drawn for both."""
    generator = np.random.default_rng(7)
    drawn = []
    for _ in range(DRAWS):
        rows = generator.integers(0, len(labels), len(labels))
        if 0 < labels[rows].sum() < len(rows):
            drawn.append(measure(labels[rows], with_[rows]) - measure(labels[rows], without[rows]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{measure(labels, with_) - measure(labels, without):+.3f} [{low:+.2f}, {high:+.2f}]"


def main() -> None:
    encoder = UniversalSentenceEncoder()
    encode = Vectors(lambda: encoder, encoder.signature)
    rows = list(sets.SETS[SET]())
    made = backtranslate([row.pair for row in rows], "pt", Settings(engine="argos"), Cache("translations"))
    for route in made.summary["routes"]:
        print(f"{' to '.join(route['languages'])}: {route['engine']}, {route['texts']} texts, noise of the round trip: {route['noise']}", flush=True)
    translated = [replace(row, pair=pair) for row, pair in zip(rows, made.pairs, strict=True)]
    doubtful = [index for index, pair in enumerate(made.pairs) if not (usable(pair.backtranslation_a) and usable(pair.backtranslation_b))]
    print(f"{len(rows)} pairs, {sum(row.label for row in rows)} with a critical error; back-translations not to be trusted: {len(doubtful)}\n")

    names = dict.fromkeys([*fit.MODELS[MODE], *fit.MODELS[SAME], *fit.MODELS[ANY]])
    tables = {name: sets.tabulate(list(sets.SETS[name]()), encode, synthetic=name.startswith("demetr")) for name in names}
    table, both = tables[SET], sets.tabulate(translated, encode)
    labels, place = table.labels, run.folds([row.group for row in rows])
    own = np.hstack([table.values[:, [FEATURES.index(name) for name in fit.features_of(MODE)]], _flags(table)])
    english = [data.make(usable(p.backtranslation_a) or "-", p.member_b.text, "en", "en") for p in made.pairs]
    forward = of_one_language(english, encode)
    same = sets.tabulate([replace(row, pair=pair) for row, pair in zip(rows, english, strict=True)], encode)
    portuguese = [data.make(p.member_a.text, usable(p.backtranslation_b) or "-", "pt", "pt") for p in made.pairs]
    backward = of_one_language(portuguese, encode)
    back = sets.tabulate([replace(row, pair=pair) for row, pair in zip(rows, portuguese, strict=True)], encode)

    plain, shipped = np.zeros(len(rows)), np.zeros(len(rows))
    # The models of one language are learnt from other sets alone: no fold of theirs has these translations.
    in_english, in_portuguese = fit.learn(tables, SAME).probability(same), fit.learn(tables, ANY).probability(back)
    for fold in np.unique(place):
        held = place == fold
        model = fit.learn(tables, MODE, without=SET, held=held)
        plain[held], shipped[held] = model.probability(table)[held], counting_half(model, both)[held]
    ways = {
        "the program's model, no back-translation": plain,
        "the same, what only a back-translation shows counting half": shipped,
        "the program's model of one language, translated source against the translation": in_english,
        "the same, source against the translation translated back": in_portuguese,
        "mean of the first and the translated source": (plain + in_english) / 2,
        "mean of the first and the translation translated back": (plain + in_portuguese) / 2,
        "mean of all three": (plain + in_english + in_portuguese) / 3,
        "regression over the program's scores": regression(own, labels, place),
        "the same and the translated source against the translation": regression(np.hstack([own, forward]), labels, place),
        "the same and the translation, translated back, against the source": regression(np.hstack([own, backward]), labels, place),
        "the same and both": regression(np.hstack([own, forward, backward]), labels, place),
        "both alone": regression(np.hstack([forward, backward]), labels, place),
    }
    base = {name: "regression over the program's scores" if number > 6 else next(iter(ways)) for number, name in enumerate(ways)}
    print("| | AUC | gain | MCC at the best threshold | gain | MCC at .5 | gain |\n|---|---|---|---|---|---|---|")
    for name, values in ways.items():
        cells = []
        for measure in (run.auc, best_correlation, run.correlation):
            cells += [run.interval(measure, labels, values), "" if base[name] == name else difference(measure, labels, ways[base[name]], values)]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def _flags(table: sets.Table) -> np.ndarray:
    """Which channels fired, a column each, near and free alike."""
    fired = [{name.split("@")[0] for name in row} for row in table.fired]
    channels = sorted(set().union(*fired))
    return np.array([[float(channel in row) for channel in channels] for row in fired])


if __name__ == "__main__":
    main()
