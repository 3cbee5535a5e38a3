"""The page: one self-contained HTML document that loads nothing; called by `write`, and served by `review.server`.

In: the flat rows of `tables.flatten`, beads, documents, segments, summary and run record. Out: a string. The
parts (template, style sheet, scripts) lie in `data/page`; they are put into the document here, the data as
JSON in script tags. A content security policy names the hash of each script and of the style sheet, so that
nothing else can run, whatever stands in the texts.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from .. import __version__
from ..corpus import KINDS, Bead, Document, Segment
from ..tables import GRADES
from .facts import baseline, facts
from .pack import BASES, SCORES, Packer, pack_documents, positions, windows

__all__ = ["PARTS", "baseline", "embedded", "facts", "payload", "policy", "positions", "render", "windows"]

PARTS = Path(__file__).parent.parent / "data" / "page"
CHUNK = 1_000


def render(
    title: str,
    rows: Sequence[dict[str, Any]],
    beads: Sequence[Bead],
    documents: Sequence[Document],
    segments: Sequence[Segment],
    summary: Mapping[str, Any],
    run: Mapping[str, Any],
    review: Mapping[str, Any] | None = None,
) -> str:
    """Give the page as one HTML document. `summary` and `run` are what `summary.json` and `run.json` hold.

    `summary["baseline"]`, when there, is the distribution of divergence between human renditions of one
    text: `{"label": str, "quantiles": [...]}` (evenly spaced) or `{"label": str, "values": [...]}`.
    `review`: `decisions` (the log as records), `orphans`; with `"transport": "server"` the page gives each
    decision to the server that it came from, otherwise it keeps them in the browser.
    """
    from jinja2 import Environment, FileSystemLoader
    from markupsafe import Markup

    style, theme, script = _code()
    served = bool(review and review.get("transport") == "server")
    data = payload(title, rows, beads, documents, segments, summary, run, review)
    template = Environment(loader=FileSystemLoader(PARTS), autoescape=True, keep_trailing_newline=True).get_template("page.html.j2")
    # A page with a server behind it fetches the texts of rows as it shows them.
    chunks = [] if served else [Markup(embedded(chunk)) for chunk in _chunks(rows, Packer(documents))]
    return template.render(
        title=title, version=__version__, policy=policy(served), style=Markup(style), theme=Markup(theme), script=Markup(script),
        data=Markup(embedded(data)), chunks=chunks, served=served, since=Markup(SINCE),
    )  # fmt: skip


# Where a server writes what was decided since it made the page; no text can hold this, as in texts < is escaped.
SINCE = '<script type="application/json" id="since">'


@cache
def _code() -> tuple[str, str, str]:
    """Style sheet, the script that goes first, and all modules as one script (they share one scope); read once, so that hashes and code agree."""
    style, theme = ((PARTS / name).read_text(encoding="utf-8") for name in ("page.css", "theme.js"))
    modules = "\n".join(path.read_text(encoding="utf-8") for path in sorted(PARTS.glob("[0-9]*_*.js")))
    return style, theme, f'"use strict";\n(() => {{\n{modules}}})();\n'


def policy(served: bool = False) -> str:
    """The content security policy of the page: its own scripts and style sheet by their hashes, and nothing else."""
    style, theme, script = map(_source, _code())
    connect = " connect-src 'self';" if served else ""
    return f"default-src 'none'; script-src {theme} {script}; style-src {style}; img-src data:;{connect} base-uri 'none'; form-action 'none'"


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


def _order(rows: Sequence[dict[str, Any]]) -> list[int]:
    """The numbers of the rows in the order in which the page first shows them."""
    return sorted(range(len(rows)), key=lambda number: (-int(rows[number].get("grade") or 0), -float(rows[number].get("divergence") or 0), number))


def _chunks(rows: Sequence[dict[str, Any]], packer: Packer) -> Iterator[dict[str, Any]]:
    """The heavy parts of the rows, those that are shown first in the first chunk."""
    order = _order(rows)
    for start in range(0, len(rows), CHUNK):
        yield packer.details(rows[number] for number in order[start : start + CHUNK])


def payload(
    title: str,
    rows: Sequence[dict[str, Any]],
    beads: Sequence[Bead],
    documents: Sequence[Document],
    segments: Sequence[Segment],
    summary: Mapping[str, Any],
    run: Mapping[str, Any],
    review: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Everything the page holds from the beginning (the heavy parts of rows are not), as plain data."""
    packer = Packer(documents)
    packed = packer.rows(rows)
    chunk = [0] * len(rows)
    for rank, number in enumerate(_order(rows)):
        chunk[number] = rank // CHUNK
    content = sha256(json.dumps([packed["rows"], [document.id for document in documents]]).encode()).hexdigest()[:16]
    return {
        "schema": 2,
        "title": title,
        "content": content,
        "grades": GRADES,
        "kinds": KINDS,
        "bases": BASES,
        "documents": pack_documents(documents, beads, segments, packer),
        "scores": SCORES,
        **packed,
        "chunk": chunk,
        "beads": packer.beads(beads),
        "baseline": baseline(summary.get("baseline")),
        "summary": {name: value for name, value in summary.items() if isinstance(value, (int, str))},
        "facts": facts(run),
        "warnings": [str(warning) for warning in run.get("warnings") or ()],
        "review": {"transport": "file", "decisions": [], "orphans": [], **(review or {})},
    }
