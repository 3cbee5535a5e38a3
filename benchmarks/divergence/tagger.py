"""Rebuild `align/data/tags_*.json`, the tagger's weights, from treebanks of Universal Dependencies (CC BY-SA; not part of the project).

    python benchmarks/divergence/tagger.py path/to/treebanks [en ru ...]

The folder holds the CoNLL-U files named below, from the repositories UniversalDependencies/UD_* on GitHub (release 2.16). Prints the
accuracy on HELD, learnt from the rest; what is written is learnt from all.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from align.channels.reading import Reading, read
from align.channels.tagger import END, START, features, guess, plain

FILES = {
    "en": ("en_ewt-ud-dev", "en_pud-ud-test", "en_ewt-ud-test"),
    "ru": ("ru_gsd-ud-dev", "ru_taiga-ud-dev", "ru_taiga-ud-test", "ru_pud-ud-test", "ru_gsd-ud-test"),
    "de": ("de_gsd-ud-dev", "de_pud-ud-test", "de_gsd-ud-test"),
    "fr": ("fr_gsd-ud-dev", "fr_pud-ud-test", "fr_gsd-ud-test"),
    "es": ("es_gsd-ud-dev", "es_pud-ud-test", "es_gsd-ud-test"),
    "pt": ("pt_bosque-ud-dev", "pt_pud-ud-test", "pt_bosque-ud-test"),
}
NOTICE = (
    "Weights learnt from Universal Dependencies (https://universaldependencies.org), treebanks {names}, by their authors, CC BY-SA 4.0 (PUD: CC BY-SA 3.0). "
    "This file is an adaptation of them and under CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0/)."
)
ROUNDS, SCALE, LEAST, SEEN = 6, 10, 3, 2
FIXED_COUNT = 8
ORDER = "VANJPRX"
Sentence = tuple[Reading, list[str]]


def tag_of(part: str, traits: str) -> str:
    """The tag of a word of a treebank: its class, and of verbs and auxiliaries the form."""
    short = {"NOUN": "N", "PROPN": "P", "ADJ": "J", "ADV": "R", "VERB": "V", "AUX": "A"}.get(part, "X")
    if short not in "VA":
        return short
    known = dict(trait.split("=") for trait in traits.split("|") if "=" in trait)
    form = {"Inf": "inf", "Part": "part", "Ger": "ger", "Conv": "ger"}.get(known.get("VerbForm", ""), "")
    if form == "part" and known.get("Tense") == "Pres":
        form = "ger"
    if not form and known.get("Mood") in {"Cnd", "Imp"}:
        form = {"Cnd": "cond", "Imp": "inf"}[known["Mood"]]
    return f"{short}.{form or {'Past': 'past', 'Imp': 'past', 'Pqp': 'past', 'Pres': 'pres', 'Fut': 'fut'}.get(known.get('Tense', ''), 'fin')}"


def sentences(path: Path, language: str) -> Iterator[Sentence]:
    """The sentences of a file as the program reads them; a word that a treebank parts (n't, du) bears the weightiest tag of its parts."""
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        text, place, spans, until = "", 0, [], 0
        for line in block.splitlines():
            if line.startswith("# text = "):
                text = line.removeprefix("# text = ")
            fields = line.split("\t")
            if len(fields) < 10 or "." in fields[0]:
                continue
            if "-" in fields[0]:
                start = text.find(fields[1], place)
                place, until = start + len(fields[1]), int(fields[0].split("-")[1])
                whole = (start, place)
            elif int(fields[0]) <= until:
                spans.append((*whole, tag_of(fields[3], fields[5])))
            else:
                start = text.find(fields[1], place)
                place = start + len(fields[1])
                spans.append((start, place, tag_of(fields[3], fields[5])))
        reading = read(text, language)
        found = [sorted((ORDER.index(tag[0]), tag) for start, end, tag in spans if start < word.end and end > word.start) for word in reading.words]
        if reading.words and all(found):
            yield reading, [tags[0][1] if word.is_word else "X" for word, tags in zip(reading.words, found, strict=True)]


def train(data: list[Sentence]) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
    """Averaged perceptron: the words that are always the same, and the weights of the rest, rounded, small and rare ones dropped."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    seen: Counter[str] = Counter()
    for reading, tags in data:
        for word, tag in zip(reading.words, tags, strict=True):
            counts[word.low][tag] += 1
    fixed = {low: tags.most_common(1)[0][0] for low, tags in counts.items() if low[0].isalpha() and tags.total() >= FIXED_COUNT and len(tags) == 1}
    rows: dict[str, dict[str, int]] = {}
    sums: dict[tuple[str, str], list[int]] = {}
    step = 0
    order = random.Random(5)
    data = list(data)

    def change(name: str, tag: str, value: int) -> None:
        total = sums.setdefault((name, tag), [0, 0])
        row = rows.setdefault(name, {})
        total[0] += (step - total[1]) * row.get(tag, 0)
        total[1] = step
        row[tag] = row.get(tag, 0) + value

    for turn in range(ROUNDS):
        order.shuffle(data)
        for reading, tags in data:
            previous = two = START
            lows = plain(reading)
            for index, (word, tag) in enumerate(zip(reading.words, tags, strict=True)):
                given = fixed.get(word.low) if word.is_word else "X"
                if given is None:
                    before, after = lows[index - 1] if index else START, lows[index + 1] if index + 1 < len(lows) else END
                    names = features(lows[index], before, after, previous, two, capital=word.capital)
                    if not turn:
                        seen.update(names)
                    given = guess(names, rows)
                    step += 1
                    if given != tag:
                        for name in names:
                            change(name, tag, 1)
                            change(name, given, -1)
                two, previous = previous, given
    averaged: dict[str, dict[str, int]] = {}
    for (name, tag), (total, since) in sums.items():
        value = round(SCALE * (total + (step - since) * rows[name][tag]) / step)
        if abs(value) >= LEAST and seen[name] >= SEEN:
            averaged.setdefault(name, {})[tag] = value
    return fixed, averaged


def right(data: list[Sentence], fixed: dict[str, str], rows: dict[str, dict[str, int]]) -> tuple[float, float]:
    """The share of words with the right tag, and with the right class."""
    hits = classes = words = 0
    for reading, tags in data:
        previous = two = START
        lows = plain(reading)
        for index, (word, tag) in enumerate(zip(reading.words, tags, strict=True)):
            given = fixed.get(word.low) if word.is_word else "X"
            if given is None:
                before, after = lows[index - 1] if index else START, lows[index + 1] if index + 1 < len(lows) else END
                given = guess(features(lows[index], before, after, previous, two, capital=word.capital), rows)
            two, previous = previous, given
            if word.is_word:
                words += 1
                hits += given == tag
                classes += given[0] == tag[0]
    return hits / words, classes / words


def main() -> None:
    folder = Path(sys.argv[1])
    for language in sys.argv[2:] or FILES:
        parts = {name: list(sentences(folder / f"{name}.conllu", language)) for name in FILES[language]}
        held = FILES[language][-1]
        rest = [item for name, data in parts.items() if name != held for item in data]
        exact, classes = right(parts[held], *train(rest))
        fixed, rows = train([*rest, *parts[held]])
        words = sum(len(tags) for data in parts.values() for _, tags in data)
        print(f"{language}: {words} words; learnt without {held} and asked about it: tag {exact:.3f}, class {classes:.3f}", flush=True)
        groups: dict[str, dict[str, list[str]]] = {}
        for name in sorted(rows):
            for tag, value in sorted(rows[name].items()):
                groups.setdefault(tag, {}).setdefault(str(value), []).append(name)
        content = {
            "licence": NOTICE.format(names=", ".join(FILES[language])),
            "command": f"python benchmarks/divergence/tagger.py path/to/treebanks {language}",
            "card": {"words": words, "held out": held, "accuracy of the tag": round(exact, 3), "accuracy of the class": round(classes, 3)},
            "fixed": {tag: " ".join(sorted(low for low, known in fixed.items() if known == tag)) for tag in sorted(set(fixed.values()))},
            "weights": {
                tag: {value: " ".join(names) for value, names in sorted(found.items(), key=lambda item: int(item[0]))} for tag, found in sorted(groups.items())
            },
        }
        target = Path(__file__).resolve().parents[2] / "align" / "data" / f"tags_{language}.json"
        target.write_text(json.dumps(content, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
