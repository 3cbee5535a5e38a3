"""The texts that sentence splitters are measured on: paragraphs with known sentence ends.

In: the folder of shared data. Out: `Text`s, one a language and source. Used by `run.py` alone.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

NTREX_NAMES = {"pt-BR": "pt"}
UNSPACED = {"zh", "ja"}


@dataclass(frozen=True, slots=True)
class Text:
    """Paragraphs of one source in one language.

    `sentences` holds, for each paragraph, its sentences; `paragraphs` the same as running text.
    """

    source: str
    language: str
    paragraphs: tuple[str, ...]
    sentences: tuple[tuple[str, ...], ...]


def load(shared: Path) -> list[Text]:
    """Every text that the shared data hold, in a fixed order."""
    return [
        *lavrov(shared),
        *ntrex(shared),
        *lines(shared / "data" / "bitext" / "textberg-dev", ("de", "fr"), "textberg"),
        *lines(shared / "data" / "bitext" / "parice-dev", ("en", "is"), "parice"),
    ]


def lavrov(shared: Path) -> list[Text]:
    """Five English articles, their sentences marked by hand inside paragraphs."""
    texts = {path.name[:3]: path.read_bytes().decode("utf-8") for path in sorted((shared / "seeds").glob("*.txt"))}
    found: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    with (shared / "gold" / "lavrov" / "segments.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            found[row["doc"], int(row["para"])].append((int(row["start"]), int(row["end"])))
    paragraphs, sentences = [], []
    for (document, _), spans in sorted(found.items()):
        text = texts[document]
        paragraphs.append(text[spans[0][0] : spans[-1][1]])
        sentences.append(tuple(text[start:end] for start, end in spans))
    return [Text("lavrov", "en", tuple(paragraphs), tuple(sentences))]


def ntrex(shared: Path) -> list[Text]:
    """News, one sentence a line: the lines of a document are joined to one paragraph, as a splitter would meet them."""
    found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for path in sorted((shared / "data" / "documents" / "ntrex-dev").glob("*/*.txt")):
        language = NTREX_NAMES.get(path.stem, path.stem)
        found[language].append(tuple(line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()))
    return [joined("ntrex", language, documents) for language, documents in sorted(found.items())]


def lines(folder: Path, languages: tuple[str, ...], source: str) -> list[Text]:
    """Documents of a bitext, one sentence a line (some with the line's number before a tab)."""
    result = []
    for language in languages:
        documents = []
        for path in sorted(folder.glob(f"*.{language}")):
            documents.append(tuple(re.sub(r"^\d+\t", "", line).strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()))
        result.append(joined(source, language, documents))
    return result


def joined(source: str, language: str, documents: list[tuple[str, ...]]) -> Text:
    """Lines as running text. A heading (a line that ends in a letter or digit) closes its paragraph, as it would in an article."""
    blank = "" if language in UNSPACED else " "
    paragraphs: list[str] = []
    sentences: list[tuple[str, ...]] = []
    for document in documents:
        group: list[str] = []
        for number, line in enumerate(document):
            group.append(line)
            if line[-1].isalnum() or number == len(document) - 1:
                paragraphs.append(blank.join(group))
                sentences.append(tuple(group))
                group = []
    return Text(source, language, tuple(paragraphs), tuple(sentences))
