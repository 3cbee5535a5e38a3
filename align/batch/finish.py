"""The closing files of a run: `failed.jsonl`, `warnings.jsonl`, `summary.json` and the report; called by `driver`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from .. import __version__
from ..store import write_lines, write_text
from .manifest import Manifest
from .parts import Places, read_record
from .progress import State

SCHEMA = 1


def finish(places: Places, counts: dict[str, Any], manifest: Manifest, state: State) -> dict[str, Any]:
    """Write the closing files and give the summary, which depends on the inputs alone."""
    from .report import write_report

    parts = len(counts["parts"])
    write_lines(places.out / "failed.jsonl", _failures(places, parts))
    write_lines(places.out / "warnings.jsonl", _warnings(places, parts))
    summary = summarise(counts, len(manifest.items))
    write_text(places.out / "summary.json", json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
    write_report(places, summary, state)
    return summary


def _failures(places: Places, parts: int) -> Iterator[dict[str, str]]:
    for part in range(parts):
        for pair in read_record(places, part)["pairs"]:
            if failure := pair.get("failure"):
                yield {name: failure[name] for name in ("id", "file", "reason")}


def _warnings(places: Places, parts: int) -> Iterator[dict[str, str]]:
    for part in range(parts):
        for pair in read_record(places, part)["pairs"]:
            yield from ({"id": pair["id"], "warning": warning} for warning in pair.get("warnings", ()))


def summarise(counts: dict[str, Any], pairs: int) -> dict[str, Any]:
    """Sums over all parts, in all and by pair of languages, and what each memory holds."""
    everything: Counter[str] = Counter()
    languages: dict[str, Counter[str]] = {}
    for part in counts["parts"]:
        everything.update(part["all"])
        for name, found in part["languages"].items():
            languages.setdefault(name, Counter()).update(found)
    memories = [{"file": f"tmx/{name}.tmx", **{key: found[key] for key in ("units", "duplicates")}} for name, found in sorted(counts["memories"].items())]
    head = {"schema": SCHEMA, "align": __version__, "pairs": pairs, "parts": len(counts["parts"])}
    by_languages = {name: _counts(found) for name, found in sorted(languages.items())}
    return {**head, **_counts(everything), "languages": by_languages, "memories": memories}


def _counts(found: Counter[str]) -> dict[str, Any]:
    plain = ("done", "failed", "source_segments", "target_segments", "beads", "gaps", "rows", "units", "warnings")
    kinds = {name.removeprefix("kind:"): count for name, count in sorted(found.items()) if name.startswith("kind:")}
    modes = {name.removeprefix("mode:"): count for name, count in sorted(found.items()) if name.startswith("mode:")}
    return {name: found[name] for name in plain} | {"grades": {str(grade): found[f"grade_{grade}"] for grade in range(4)}, "kinds": kinds, "modes": modes}
