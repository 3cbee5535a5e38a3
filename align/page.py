"""The report: one self-contained HTML document that opens from disk and loads nothing; called by `write`.

In: the flat rows of `tables.flatten`, beads, documents, segments, summary and run record. Out: a string. The
parts (template, style sheet, scripts) lie in `data/page`; they are put into the document here, the rows as
JSON in a script tag. A content security policy names the hash of each script and of the style sheet, so that
nothing else can run, whatever stands in the texts.
"""

from __future__ import annotations

import json
from base64 import b64encode
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from . import __version__
from .corpus import KINDS, Bead, Document, Segment
from .renditions.speech import recognise
from .tables import GRADES, marks

PARTS = Path(__file__).parent / "data" / "page"
SCORES = ("bleu", "chrf", "ter", "similarity", "coverage_ab", "coverage_ba")
BINS = 20
# Sources beyond this many characters in all are kept only around what is linked.
WHOLE_SOURCES = 6_000_000
MARGIN = 1_500


def render(
    title: str,
    rows: Sequence[dict[str, Any]],
    beads: Sequence[Bead],
    documents: Sequence[Document],
    segments: Sequence[Segment],
    summary: Mapping[str, Any],
    run: Mapping[str, Any],
) -> str:
    """Give the report as one HTML document. `summary` and `run` are what `summary.json` and `run.json` hold.

    `summary["baseline"]`, when there, is the distribution of divergence between human renditions of one
    text: `{"label": str, "quantiles": [...]}` (evenly spaced) or `{"label": str, "values": [...]}`.
    """
    from jinja2 import Environment, FileSystemLoader
    from markupsafe import Markup

    style = (PARTS / "page.css").read_text(encoding="utf-8")
    theme = (PARTS / "theme.js").read_text(encoding="utf-8")
    modules = "\n".join(path.read_text(encoding="utf-8") for path in sorted(PARTS.glob("[0-9]_*.js")))
    script = f'"use strict";\n(() => {{\n{modules}}})();\n'
    data = payload(title, rows, beads, documents, segments, summary, run)
    scripts = " ".join(_source(each) for each in (theme, script))
    policy = f"default-src 'none'; script-src {scripts}; style-src {_source(style)}; img-src data:; base-uri 'none'; form-action 'none'"
    template = Environment(loader=FileSystemLoader(PARTS), autoescape=True, keep_trailing_newline=True).get_template("page.html.j2")
    return template.render(
        title=title, version=__version__, policy=policy, style=Markup(style), theme=Markup(theme), script=Markup(script), data=Markup(embedded(data))
    )


def _source(content: str) -> str:
    """A part of the document as a content security policy names it."""
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


def embedded(value: Any) -> str:
    """JSON that is safe inside a script tag: nothing in it can end the tag, open a comment or break a line."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029\u007f":
        text = text.replace(character, f"\\u{ord(character):04x}")
    # A lone surrogate cannot be written as UTF-8; JSON can name it.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def positions(text: str) -> Callable[[int], int]:
    """A function from offsets in characters, as Python counts, to offsets in UTF-16 units, as a browser counts."""
    wide = [place for place, character in enumerate(text) if character > "\uffff"] if not text.isascii() else []
    return (lambda place: place + bisect_right(wide, place - 1)) if wide else (lambda place: place)


class _Pool:
    """Texts, each kept once and named by its number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def __call__(self, text: Any) -> int:
        return self.numbers.setdefault(str(text or ""), len(self.numbers))


def payload(
    title: str,
    rows: Sequence[dict[str, Any]],
    beads: Sequence[Bead],
    documents: Sequence[Document],
    segments: Sequence[Segment],
    summary: Mapping[str, Any],
    run: Mapping[str, Any],
) -> dict[str, Any]:
    """Everything the page shows, as plain data. Offsets are in UTF-16 units."""
    pool = _Pool()
    number = {document.id: index for index, document in enumerate(documents)}
    places = {document.id: positions(document.text) for document in documents}
    linked = {(member.document, index) for bead in beads if not bead.is_gap for member in bead.members for index in member.segments}
    counted = {document.id: [0, 0] for document in documents}
    for segment in segments:
        if segment.document in counted:
            counted[segment.document][0] += 1
            counted[segment.document][1] += (segment.document, segment.index) in linked
    furniture: dict[str, list[tuple[int, int]]] = {document.id: [] for document in documents}
    for document in documents:
        own = [segment for segment in segments if segment.document == document.id]
        for segment, utterance in zip(own, recognise(own, document.language), strict=True):
            if utterance.role == "furniture" and (segment.document, segment.index) not in linked:
                furniture[document.id].append((segment.start, segment.end))
    shortened = sum(document.end - document.start for document in documents) > WHOLE_SOURCES
    spans: dict[str, list[tuple[int, int]]] = {document.id: [] for document in documents}
    for bead in beads:
        for member in bead.members:
            spans.setdefault(member.document, []).append((member.start, member.end))
    packed = [_row(row, pool, number, places) for row in rows]
    return {
        "schema": 1,
        "title": title,
        "grades": GRADES,
        "kinds": KINDS,
        "documents": [
            _document(document, places[document.id], spans[document.id] if shortened else None, counted[document.id], furniture[document.id])
            for document in documents
        ],
        "scores": SCORES,
        "fields": list(packed[0]) if packed else [],
        "rows": [list(row.values()) for row in packed],
        "beads": [_bead(bead, pool, number, places) for bead in beads],
        "baseline": baseline(summary.get("baseline")),
        "summary": {name: value for name, value in summary.items() if isinstance(value, (int, str))},
        "facts": facts(run),
        "warnings": [str(warning) for warning in run.get("warnings") or ()],
        "texts": list(pool.numbers),
    }


def _row(row: Mapping[str, Any], pool: _Pool, number: Mapping[str, int], places: Mapping[str, Callable[[int], int]]) -> dict[str, Any]:
    differing = dict(zip("ab", marks(row), strict=True))
    packed: dict[str, Any] = {"bead": str(row.get("bead", ""))}
    inside = {}
    for side in "ab":
        name = str(row.get(f"document_id_{side}", ""))
        place = places.get(name, int)
        inside[side] = positions(str(row.get(f"text_{side}") or ""))
        packed |= {
            f"document_{side}": number.get(name),
            f"start_{side}": place(int(row.get(f"start_{side}") or 0)),
            f"end_{side}": place(int(row.get(f"end_{side}") or 0)),
            f"marks_{side}": [[inside[side](start), inside[side](end)] for start, end in differing[side]],
        }
        packed |= {
            f"{field}_{side}": pool(row.get(f"{field}_{side}")) for field in ("outlet", "language", "text", "backtranslation", "speaker", "speech", "doubt")
        }
    packed["evidence"] = [
        {**evidence, **{f"span_{side}": [inside[side](each) for each in evidence[f"span_{side}"]] for side in "ab"}} for evidence in row.get("evidence") or ()
    ]
    packed |= {name: pool(row.get(name)) for name in ("pivot", "engine", "signature")}
    packed |= {name: row.get(name) for name in (*SCORES, "divergence", "grade", "percentile", "alignment_score")}
    packed |= {"kinds": list(row.get("kinds") or ())}
    return packed | {name: str(row.get(name) or "") for name in ("odd_one_out", "status", "comment")}


def _bead(bead: Bead, pool: _Pool, number: Mapping[str, int], places: Mapping[str, Callable[[int], int]]) -> list[Any]:
    members = [
        [number[member.document], places[member.document](member.start), places[member.document](member.end), pool(member.text), pool(member.speaker)]
        for member in bead.members
        if member.document in number
    ]
    return [bead.id, round(bead.score, 4), bead.origin, bead.moved, members]


def _document(
    document: Document, place: Callable[[int], int], spans: Sequence[tuple[int, int]] | None, counted: Sequence[int], furniture: Sequence[tuple[int, int]]
) -> dict[str, Any]:
    kept = [(document.start, document.end)] if spans is None else windows(spans, document.start, document.end)
    return {
        "id": document.id,
        "stem": document.stem,
        "outlet": document.outlet,
        "language": document.language,
        "date": str(document.date),
        "url": document.url,
        "start": place(document.start),
        "end": place(document.end),
        "segments": counted[0],
        "linked": counted[1],
        "pieces": [[place(start), document.text[start:end]] for start, end in kept],
        "furniture": [[place(start), place(end)] for start, end in furniture],
    }


def windows(spans: Sequence[tuple[int, int]], first: int, last: int) -> list[tuple[int, int]]:
    """The stretches within MARGIN characters of a span, joined where they meet, in order."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted((max(first, start - MARGIN), min(last, end + MARGIN)) for start, end in spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def baseline(given: Any) -> dict[str, Any] | None:
    """The share of the baseline in each of BINS equal parts of 0 to 1, and its median; None without one."""
    if not isinstance(given, Mapping):
        return None
    values = sorted(float(value) for value in given.get("quantiles") or given.get("values") or ())
    if len(values) < 2:
        return None

    def below(edge: float) -> float:
        """The share that lies below an edge, between two values in proportion."""
        place = bisect_right(values, edge)
        if place in (0, len(values)):
            return place / len(values)
        low, high = values[place - 1], values[place]
        return (place - 1 + (edge - low) / (high - low)) / (len(values) - 1)

    edges = [0.0, *(below(number / BINS) for number in range(1, BINS)), 1.0]
    shares = [round(high - low, 5) for low, high in pairwise(edges)]
    return {"label": str(given.get("label") or "human renditions"), "shares": shares, "median": round(median(values), 4)}


def facts(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How the report was made, as lines of a name and a value."""
    lines: list[tuple[str, str]] = [("align", __version__)]
    for name in ("mode", "signature", "backtranslation", "packages"):
        value = run.get(name)
        if isinstance(value, Mapping):
            lines += [(f"{name}: {key}", _short(each)) for key, each in value.items() if each not in (None, "", [], {})]
        elif value:
            lines.append((name, _short(value)))
    return lines


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 600 else f"{text[:600]} …"
