"""Articles in several languages that are not translations of each other as a whole: which sentences render each other?

Usage: python benchmarks/renditions/languages.py

Made from parallel news by cutting, dropping and shuffling with a seed; every sentence is a real one. Two sets:
- two references: one English text and two Russian translations of it, each shuffled, a third dropped, cut into ten articles;
- NTREX: one article in each of nine languages and a second one in English, each made of stretches of half a story,
  from two thirds of twelve stories, in an order of its own.
"""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from itertools import combinations

from gold import SHARED, encoder

from align.corpus import Document, Segment
from align.renditions import link

Article = tuple[str, list[tuple[str, str]]]  # language; (what the sentence is a rendition of, sentence) in order
LANGUAGES = ("en", "ru", "de", "fr", "es", "zh", "ar", "ja", "tr")
STORIES = 12
SEEDS = (1,)


def two_references(seed: int) -> list[Article]:
    with (SHARED / "data" / "divergence" / "two_references_ru" / "wmt21_news.tsv").open(encoding="utf8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    dice, articles = random.Random(seed), []
    for column, language in (("source_en", "en"), ("reference_a_ru", "ru"), ("reference_b_ru", "ru")):
        kept = dice.sample(rows, len(rows) - len(rows) // 3)
        articles += [(language, [(row["seg"], row[column]) for row in kept[first::10]]) for first in range(10)]
    return articles


def ntrex(seed: int) -> list[Article]:
    stories = sorted(path for path in (SHARED / "data" / "documents" / "ntrex-dev").iterdir() if path.is_dir())
    dice = random.Random(seed)
    chosen = dice.sample(stories, STORIES)
    articles = []
    for language in ("en", *LANGUAGES):
        article = []
        for story in dice.sample(chosen, STORIES * 2 // 3):
            lines = (story / f"{language}.txt").read_text("utf8").splitlines()
            half = max(len(lines) // 2, 1)
            first = dice.randrange(len(lines) - half + 1)
            article += [(f"{story.name}:{number}", lines[number]) for number in range(first, first + half)]
        articles.append((language, article))
    return articles


def corpus(articles: list[Article]) -> tuple[list[Document], list[Segment]]:
    documents, segments = [], []
    for number, (language, lines) in enumerate(articles):
        name = f"{number:02d}-{language}"
        text = "\n".join(line for _, line in lines)
        documents.append(Document(name, name, language, text, name, name, 0, len(text)))
        place = 0
        for index, (_, line) in enumerate(lines):
            segments.append(Segment(name, index, index, place, place + len(line), line))
            place += len(line) + 1
    return documents, segments


def measure(articles: list[Article], vectors) -> tuple[dict[str, tuple[float, float, float]], list[tuple[float, bool]]]:
    """F1, precision and recall of links in one language and across two, and each predicted link's confidence and whether it is right."""
    documents, segments = corpus(articles)
    means = {(document.id, index): meaning for document, (_, lines) in zip(documents, articles, strict=True) for index, (meaning, _) in enumerate(lines)}
    language = {document.id: document.language for document in documents}
    places = defaultdict(list)
    for place, meaning in means.items():
        places[meaning].append(place)
    truth = {pair for group in places.values() for pair in combinations(sorted(group), 2) if pair[0][0] != pair[1][0]}
    found: dict[tuple[tuple[str, int], tuple[str, int]], float] = {}
    for bead in link(documents, segments, vectors):
        for one, other in combinations(bead.members, 2):
            for a in one.segments:
                for b in other.segments:
                    if one.document != other.document:
                        pair = tuple(sorted([(one.document, a), (other.document, b)]))
                        found[pair] = max(found.get(pair, 0.0), bead.score)
    figures = {}
    for name, across in (("one language", False), ("across languages", True)):
        wanted = {pair for pair in truth if (language[pair[0][0]] != language[pair[1][0]]) == across}
        got = {pair for pair in found if (language[pair[0][0]] != language[pair[1][0]]) == across}
        precision, recall = len(got & wanted) / max(len(got), 1), len(got & wanted) / max(len(wanted), 1)
        figures[name] = (2 * precision * recall / max(precision + recall, 1e-9), precision, recall)
    return figures, [(value, pair in truth) for pair, value in sorted(found.items())]


def main() -> None:
    vectors = encoder()
    print("| | links | F1 | precision | recall |\n|---|---|---|---|---|")
    for name, make in (("two references", two_references), ("NTREX, nine languages", ntrex)):
        draws = [measure(make(seed), vectors)[0] for seed in SEEDS]
        for kind in draws[0]:
            values = [sum(draw[kind][place] for draw in draws) / len(draws) for place in range(3)]
            print(f"| {name} | {kind} | " + " | ".join(f"{value:.3f}" for value in values) + " |", flush=True)


if __name__ == "__main__":
    main()
