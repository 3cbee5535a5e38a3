"""The columns of the Parquet parts: those of `beads.jsonl` and of the divergence table that `align run` writes, with `pair` in front.

A field that a run adds to those files needs a line here (a test says so).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from ..registry import required

TEXTS = (
    *("pair", "bead", "document_a", "outlet_a", "language_a", "text_a", "backtranslation_a"),
    *("document_b", "outlet_b", "language_b", "text_b", "backtranslation_b", "pivot", "engine"),
)
SCORES = ("bleu", "chrf", "ter", "similarity", "coverage_ab", "coverage_ba")
FURTHER = (
    *("lowest_ab", "lowest_ba", "matched", "displacement"),
    *("chrf_backtranslation_a", "chrf_backtranslation_b", "similarity_backtranslation_a", "similarity_backtranslation_b"),
)
SIDES = (
    ("document_id", "string"),
    ("start", "int64"),
    ("end", "int64"),
    ("speaker", "string"),
    ("speech", "string"),
    ("pivot_text", "string"),
    ("doubt", "string"),
)


@cache
def beads() -> Any:
    """The schema of `beads/part-*.parquet`."""
    arrow = required("pyarrow", "batch")
    text, whole = arrow.string(), arrow.int64()
    member = [(name, text) for name in ("document", "document_id", "outlet", "language")]
    member += [("start", whole), ("end", whole), ("text", text), ("segments", arrow.list_(whole)), ("speaker", text), ("speech", text)]
    member.append(("score", arrow.float64()))
    columns = [("pair", text), ("id", text), ("members", arrow.list_(arrow.struct(member)))]
    return arrow.schema([*columns, ("score", arrow.float64()), ("origin", text), ("moved", arrow.bool_()), ("status", text)])


@cache
def divergence() -> Any:
    """The schema of `divergence/part-*.parquet`."""
    arrow = required("pyarrow", "batch")
    text, number, whole = arrow.string(), arrow.float64(), arrow.int64()
    span = arrow.list_(whole)
    evidence = [("kind", text), ("channel", text), ("span_a", span), ("span_b", span), ("value_a", text), ("value_b", text), ("artefact", arrow.bool_())]
    evidence += [("basis", text), ("severity", number), ("version", text)]
    columns = [(name, text) for name in TEXTS] + [(name, number) for name in (*SCORES, "divergence")]
    columns += [("grade", whole), ("percentile", number), ("kinds", arrow.list_(text)), ("evidence", arrow.list_(arrow.struct(evidence)))]
    columns += [("odd_one_out", text), ("alignment_score", number), ("status", text), ("comment", text), ("signature", text)]
    columns += [(f"{name}_{side}", getattr(arrow, kind)()) for side in ("a", "b") for name, kind in SIDES]
    columns += [("grade_auto", whole), ("kinds_auto", arrow.list_(text)), ("reviewer", text)]
    return arrow.schema([*columns, *((name, number) for name in FURTHER), ("schema", whole)])
