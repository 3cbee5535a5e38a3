"""The judged sets as rows: two texts, their languages, a label (1 divergent, 0 not), a group for cross-validation.

The data stays outside the project: ALIGN_SHARED names the folder (default: `shared` beside the repository).
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from align.corpus import Member, Pair

SHARED = Path(os.environ.get("ALIGN_SHARED", Path(__file__).resolve().parents[2] / ".." / "shared")).resolve()
DIVERGENCE = SHARED / "data" / "divergence"
LANGUAGES = {"chinese_simple": "zh", "spanish": "es", "german": "de", "japanese": "ja", "hindi": "hi", "czech": "cs", "italian": "it", "russian": "ru"}
LANGUAGES |= {"french": "fr", "polish": "pl"}


@dataclass(frozen=True, slots=True)
class Row:
    """One judged pair; `part` tells perturbations and grades apart, `grades` holds what annotators said (Lavrov only)."""

    pair: Pair
    label: int
    part: str
    group: str
    grades: tuple[int, ...] = ()


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))


def make(text_a: str, text_b: str, language_a: str, language_b: str) -> Pair:
    return Pair("", Member("a", 0, len(text_a), text_a, ()), Member("b", 0, len(text_b), text_b, ()), language_a, language_b)


def refresd() -> list[Row]:
    rows = table(DIVERGENCE / "refresd" / "refresd_raw.tsv")
    return [Row(make(row["en"], row["fr"], "en", "fr"), int(row["label"] == "divergent"), row["label3"], str(index)) for index, row in enumerate(rows)]


def semdiverge(part: str) -> list[Row]:
    rows = table(DIVERGENCE / "semdiverge" / f"{part}.tsv")
    return [Row(make(row["en"], row["fr"], "en", "fr"), 1 - int(row["nondivergent"]), part, str(index)) for index, row in enumerate(rows)]


def critical_errors(pair: str, side: str = "src") -> list[Row]:
    """WMT22: machine translations with (1) and without (0) a critical error, beside their source or their reference."""
    rows = table(DIVERGENCE / "wmt22_ced" / f"{pair}_test.tsv")
    source, target = pair.split("-")
    language = source if side == "src" else target
    return [Row(make(row[side], row["mt"], language, target), int(row["label"] == "BAD"), pair, row["src"]) for row in rows]


def lavrov() -> list[Row]:
    found = []
    for row in table(SHARED / "gold" / "lavrov" / "divergence.tsv"):
        grades = tuple(int(row[name]) for name in ("grade_1", "grade_2") if row[name])
        group = f"{row['doc_a']}-{row['doc_b']}"
        found.append(Row(make(row["text_a"], row["text_b"], "en", "en"), int(sum(grades) / len(grades) >= 1.5), row["speaker"], group, grades))
    return found


def similarity_benchmark(language: str = "en") -> list[Row]:
    """STSb: divergent under 3.5 of 5, the same from 4 on; what lies between is left out."""
    rows = [row for row in table(DIVERGENCE / "stsb_mt" / "stsb_dev.tsv") if not 3.5 <= float(row["score"]) < 4]
    return [
        Row(make(row[f"{language}1"], row[f"{language}2"], language, language), int(float(row["score"]) < 3.5), "stsb", str(index))
        for index, row in enumerate(rows)
    ]


def two_references() -> list[Row]:
    rows = table(DIVERGENCE / "two_references_ru" / "wmt21_news.tsv")
    return [Row(make(row["reference_a_ru"], row["reference_b_ru"], "ru", "ru"), 0, "references", row["seg"]) for row in rows]


def two_sources() -> list[Row]:
    rows = table(DIVERGENCE / "two_references_ru" / "wmt21_news.tsv")
    return [Row(make(row["source_en"], row[name], "en", "ru"), 0, name, row["seg"]) for row in rows for name in ("reference_a_ru", "reference_b_ru")]


# The languages of the news documents that the encoder knows.
NEWS = ("ar", "de", "en", "es", "fr", "ja", "ru", "tr", "zh")
SHIPPED = Path(__file__).resolve().parents[2] / "seeds" / "ntrex-news"


def news(language_a: str, language_b: str, part: int = 0, every: int = 1) -> list[Row]:
    """What people translated from one English text, line by line: half of the documents (0 or 1), or every so many lines of it."""
    folders = sorted((SHARED / "data" / "documents" / "ntrex-dev").glob("*/"))[part::2]
    sides = ([line for folder in folders for line in _lines(folder / f"{language}.txt")] for language in (language_a, language_b))
    lines = [(a, b) for a, b in zip(*sides, strict=True) if a.strip() and b.strip()]
    return [Row(make(a, b, language_a, language_b), 0, "news", str(index)) for index, (a, b) in enumerate(lines) if not index % every]


def shipped(language_a: str, language_b: str) -> list[Row]:
    """The same of the news that ship with the program (en, pt-BR, ru, de)."""
    sides = ([line for path in sorted(SHIPPED.glob(f"*.{language}.txt")) for line in _lines(path)] for language in (language_a, language_b))
    return [Row(make(a, b, language_a, language_b), 0, "news", str(index)) for index, (a, b) in enumerate(zip(*sides, strict=True))]


def all_news() -> Iterator[Row]:
    """Every twelfth line of all pairs of languages."""
    for language_a, language_b in combinations(NEWS, 2):
        yield from news(language_a, language_b, every=12)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


CRITICAL = {
    "critical_id8_negation": "negation",
    "critical_id10_numbers_replaced": "number",
    "critical_id9_ne_replaced": "name",
    "critical_id7_antonym": "antonym",
}
OTHER = {"critical_id22_verb_removed": "verb removed", "critical_id21_adj_adv_removed": "adjective removed", "major_id17_tense": "tense"}
OTHER |= {"critical_id11_gender": "gender", "critical_id20_shuffled": "shuffled", "critical_id23_noun_removed": "noun removed"}
OTHER |= {"critical_id24_subj_removed": "subject removed", "critical_id25_ne_removed": "name removed", "critical_id6_addition": "addition"}
OTHER |= {"major_id19_question": "question", "major_id5_pp_removed": "phrase removed", "base_id33_shuffle_trans": "unrelated"}


def demetr(side: str, languages: tuple[str, ...] = ()) -> Iterator[Row]:
    """DEMETR: each translation beside its reference or source as label 0 (part `good`), each perturbation of it as label 1."""
    seen: set[tuple[str, str, str]] = set()
    for name in ("demetr_sample.tsv", "demetr_russian.tsv"):
        for row in table(DIVERGENCE / "demetr" / name):
            language = LANGUAGES[row["lang"]]
            if languages and language not in languages:
                continue
            own = language if side == "src" else "en"
            group = f"{language}-{row['id']}"
            for part, text in (("good", row["mt"]), ({**CRITICAL, **OTHER}.get(row["pert_name"], ""), row["pert"])):
                if part and (language, row["id"], part) not in seen:
                    seen.add((language, row["id"], part))
                    yield Row(make(row[side], text, own, "en"), int(part != "good"), part, group)


# Edits that leave the meaning as it is.
HARMLESS = ("minor_id13_pos_shift", "minor_id15_case", "minor_id26_misspelled", "minor_id27_char_removed", "minor_id30_tokenized", "minor_id31_full_lower")


def demetr_alone() -> Iterator[Row]:
    """DEMETR: each translation beside itself with one made error that changes a name or an opposite (label 1), or with a harmless edit (label 0)."""
    for name in ("demetr_sample.tsv", "demetr_russian.tsv"):
        for row in table(DIVERGENCE / "demetr" / name):
            part = "harmless" if row["pert_name"] in HARMLESS else CRITICAL.get(row["pert_name"], "")
            if part in ("harmless", "name", "antonym"):
                group = f"{LANGUAGES[row['lang']]}-{row['id']}"
                yield Row(make(row["mt"], row["pert"], "en", "en"), int(part != "harmless"), part, group)
