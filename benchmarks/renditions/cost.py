"""Time and memory of rendition linking on many long articles.

Usage: python benchmarks/renditions/cost.py [ARTICLES] [SENTENCES]     (200 articles of 500 sentences)

The articles are mixed with a seed from the sentences at hand in the languages that have most: runs of three to twelve
sentences, each article in one language. Every sentence stands in several articles: a hard case, for real articles share
less. Encoding is timed apart: vectors are cached between runs.
"""

from __future__ import annotations

import csv
import random
import resource
import sys
import time
from collections import defaultdict

from gold import SHARED, encoder, read
from languages import corpus

from align.renditions import review

COLUMNS = {
    "stsb_mt/stsb_dev.tsv": {"en1": "en", "en2": "en", "ru1": "ru", "fr1": "fr", "pt1": "pt"},
    "refresd/refresd_raw.tsv": {"en": "en", "fr": "fr"},
    "demetr/demetr_sample.tsv": {"ref": "en"},
    "wmt22_ced/en-de_test.tsv": {"src": "en", "ref": "de"},
    "wmt22_ced/pt-en_test.tsv": {"src": "pt", "ref": "en"},
    "two_references_ru/wmt21_news.tsv": {"source_en": "en", "reference_b_ru": "ru"},
}
LEAST = 2000  # sentences of a language: of fewer, any two articles would be half the same
LANGUAGES = ("en", "ru", "de", "fr", "es", "zh", "ar", "ja", "tr")


def pools() -> dict[str, list[str]]:
    """Sentences in their order, by language, each once."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, columns in COLUMNS.items():
        with (SHARED / "data" / "divergence" / name).open(encoding="utf8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                for column, language in columns.items():
                    found[language].append(row[column])
    for path in sorted((SHARED / "data" / "documents" / "ntrex-dev").glob("*/*.txt")):
        if path.stem in LANGUAGES:
            found[path.stem] += path.read_text("utf8").splitlines()
    found["en"] += [segment.text for segment in read().segments]
    unique = {language: list(dict.fromkeys(text for text in texts if text and text.strip())) for language, texts in found.items()}
    return {language: texts for language, texts in unique.items() if len(texts) >= LEAST}


def mixed(articles: int, sentences: int, seed: int = 1):
    dice, pool = random.Random(seed), pools()
    languages = sorted(pool)
    result = []
    for _ in range(articles):
        language = "en" if dice.random() < 0.5 else dice.choice(languages)
        lines: list[tuple[str, str]] = []
        while len(lines) < sentences:
            first = dice.randrange(len(pool[language]))
            lines += [("", line) for line in pool[language][first : first + dice.randint(3, 12)]]
        result.append((language, lines[:sentences]))
    return corpus(result)


def memory() -> float:
    """Peak memory of this process, GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    articles, sentences = (int(value) for value in (*sys.argv[1:3], *("200", "500")[len(sys.argv) - 1 :]))
    documents, segments = mixed(articles, sentences)
    vectors = encoder()
    clock, begin = [time.process_time(), time.perf_counter()], time.process_time()
    vectors([segment.text for segment in segments])
    print(f"{articles} articles, {len(segments)} sentences ({len({one.text for one in segments})} different); before: {memory():.2f} GB", flush=True)
    print(f"encoding the sentences: {time.process_time() - begin:.0f} CPU seconds", flush=True)
    clock = [time.process_time(), time.perf_counter()]
    found = review(documents, segments, vectors)
    print(f"linking, vectors of words included: {time.process_time() - clock[0]:.0f} CPU seconds, {time.perf_counter() - clock[1]:.0f} s by the clock")
    print(f"{len(found.beads)} units, {len(found.twins)} pairs of documents taken as parallel; peak memory {memory():.2f} GB")


if __name__ == "__main__":
    main()
