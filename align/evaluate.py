"""Predictions held against a gold standard: beads (strict and lax) and rendition units (links). Called by `align eval`.

The definitions are those of Vecalign's evaluation (Thompson and Koehn 2019) for beads, and of word-alignment scoring with
sure and possible links (Och and Ney 2003) for units: precision counts sure and possible, recall asks for sure ones only.
"""

from __future__ import annotations

import csv
import json
import re
from ast import literal_eval
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from .errors import InputError

Indices = tuple[tuple[int, ...], tuple[int, ...]]
Link = tuple[tuple[str, int], tuple[str, int]]


def read_beads(path: Path) -> list[Indices]:
    """Beads from `[0, 1]:[2]` or `[0, 1]:[2]:score` lines.

    Raises InputError with file and line.
    """
    beads = []
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            source, target = line.strip().split(":")[:2]
            beads.append((tuple(map(int, literal_eval(source))), tuple(map(int, literal_eval(target)))))
        except (ValueError, SyntaxError, TypeError) as error:
            raise InputError("not a bead", place=f"{path}:{number}", hint="a line reads [0, 1]:[2] or [0, 1]:[2]:0.87, an empty list for a gap") from error
    return beads


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise InputError(f"cannot read ({error.strerror})", place=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 (byte {error.start})", place=str(path)) from error


def score_beads(pairs: Sequence[tuple[Sequence[Indices], Sequence[Indices]]]) -> dict[str, Any]:
    """Strict and lax precision, recall and F1 over (gold, predicted) pairs, counts summed over all of them.

    Strict: the bead stands in the gold exactly. Lax: it shares at least one link with a gold bead. Precision counts every
    predicted bead, recall only gold beads with both sides.
    """
    found, missed = [0, 0, 0], [0, 0, 0]
    for gold, predicted in pairs:
        for total, (reference, hypothesis) in ((found, (gold, predicted)), (missed, (_two_sided(predicted), _two_sided(gold)))):
            for place, count in enumerate(_agreement(reference, hypothesis)):
                total[place] += count
    result: dict[str, Any] = {}
    for place, name in enumerate(("strict", "lax")):
        precision, recall = _ratio(found[place], found[2]), _ratio(missed[place], missed[2])
        result |= {f"{name}_precision": precision, f"{name}_recall": recall, f"{name}_f1": _f1(precision, recall)}
    result = {name: round(value, 4) for name, value in result.items()}
    return result | {"documents": len(pairs), "gold_beads": missed[2], "predicted_beads": found[2]}


def _two_sided(beads: Iterable[Indices]) -> list[Indices]:
    return [bead for bead in beads if bead[0] and bead[1]]


def _agreement(reference: Iterable[Indices], hypothesis: Iterable[Indices]) -> tuple[int, int, int]:
    known = {bead for bead in reference if bead[0] or bead[1]}
    asked = {bead for bead in hypothesis if bead[0] or bead[1]}
    links = {(i, j) for source, target in known for i in source for j in target}
    strict = sum(bead in known for bead in asked)
    lax = sum(bead in known or any((i, j) in links for i in bead[0] for j in bead[1]) for bead in asked)
    return strict, lax, len(asked)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def score_units(gold: Path, units: Path, ignore: Path | None = None) -> dict[str, Any]:
    """Precision, recall and F1 of the sentence links that rendition units imply.

    `gold` is a folder with `segments.tsv` and `links.tsv`; `units` a `beads.jsonl`. A span stands for a sentence when it
    covers half of it, or at least 15 of its characters that are most of the span. Links within a document do not count;
    those that touch a sentence listed in `ignore` (doc, sent) are left out of every count.
    """
    sentences = _sentences(gold / "segments.tsv")
    links = _links(gold / "links.tsv")
    predicted, count = _predicted(units, sentences)
    if ignore is not None:
        skip = {(row["doc"], int(row["sent"])) for row in _table(ignore)}
        predicted = {link for link in predicted if not skip & set(link)}
        links = {link: status for link, status in links.items() if not skip & set(link)}
    right = predicted & links.keys()
    sure = {link for link, status in links.items() if status == "S"}
    precision, recall = _ratio(len(right), len(predicted)), _ratio(len(right & sure), len(sure))
    return {
        "precision": round(precision, 4), "recall": round(recall, 4), "f1": round(_f1(precision, recall), 4),
        "predicted_links": len(predicted), "right": len(right), "sure_links": len(sure),
        "possible_links": sum(status == "P" for status in links.values()), "units": count,
    }  # fmt: skip


def _table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(_lines(path), delimiter="\t", quoting=csv.QUOTE_NONE))


def _sentences(path: Path) -> dict[str, list[tuple[int, int, int]]]:
    sentences: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for row in _table(path):
        sentences[row["doc"]].append((int(row["sent"]), int(row["start"]), int(row["end"])))
    return sentences


def _links(path: Path) -> dict[Link, str]:
    links = {}
    for row in _table(path):
        link = _link((row["doc_a"], int(row["sent_a"])), (row["doc_b"], int(row["sent_b"])))
        if row["doc_a"] != row["doc_b"]:
            links[link] = row["status"]
    return links


def _link(a: tuple[str, int], b: tuple[str, int]) -> Link:
    return (a, b) if a <= b else (b, a)


def _predicted(units: Path, sentences: dict[str, list[tuple[int, int, int]]]) -> tuple[set[Link], int]:
    predicted: set[Link] = set()
    count = 0
    for number, line in enumerate(_lines(units), 1):
        if not line.strip():
            continue
        count += 1
        try:
            members = [(_code(str(member["document"]), sentences), int(member["start"]), int(member["end"])) for member in json.loads(line)["members"]]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"not a unit ({error})", place=f"{units}:{number}", hint="a line is an object with members: document, start, end") from error
        spans = [(code, covered(sentences[code], start, end)) for code, start, end in members]
        for place, (document, ours) in enumerate(spans):
            for other, theirs in spans[place + 1 :]:
                if document != other:
                    predicted |= {_link((document, a), (other, b)) for a in ours for b in theirs}
    return predicted, count


def _code(name: str, codes: Collection[str]) -> str:
    if name in codes:
        return name
    hits = [code for code in codes if re.search(rf"(?<!\d){re.escape(code)}(?!\d)", name)]
    if len(hits) != 1:
        raise ValueError(f"cannot tell which gold document {name!r} is")
    return hits[0]


def covered(sentences: Iterable[tuple[int, int, int]], start: int, end: int) -> list[int]:
    """The sentences (number, start, end) that a span stands for."""
    found = []
    for sentence, first, last in sentences:
        overlap = min(last, end) - max(first, start)
        if overlap > 0 and (overlap >= 0.5 * (last - first) or (overlap >= 15 and overlap >= 0.5 * (end - start))):
            found.append(sentence)
    return found


def evaluate(gold: Path, prediction: Path, ignore: Path | None = None) -> dict[str, Any]:
    """Units when the gold is a folder, beads when it is a file."""
    if not gold.exists():
        raise InputError("no such file or folder", place=str(gold))
    if gold.is_dir():
        return score_units(gold, prediction, ignore)
    return score_beads([(read_beads(gold), read_beads(prediction))])
