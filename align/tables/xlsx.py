"""The divergence table as an Excel workbook that a reviewer can work in; called by `tables`.

Sheet one holds the rows: filter, frozen header, wrapped text, the words that differ as rich strings, grades
shaded beside their number, drop-downs in `status` and `grade`. Sheet two says how to review. Text is always
written as text, never as a formula, a link or a number; the bytes are the same on each run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ..store import replacing
from ..tables import FIELDS, GRADES, STATUSES, cell, columns, marks, pieces
from .as_written import COLUMN, REVIEWED, as_written
from .findings import in_words

SHEET, GUIDE = "Divergence", "How to review"
LONGEST_CELL = 32_767  # characters that Excel keeps in a cell
CUT = " [… cut: a cell holds no more; the whole text is in the CSV and JSON Lines files]"
WIDTHS = dict.fromkeys(("text_a", "text_b"), 52) | dict.fromkeys(("backtranslation_a", "backtranslation_b", "comment"), 40)
WIDTHS |= {"bead": 8, "outlet_a": 14, "outlet_b": 14, "divergence": 11, "grade": 8, "percentile": 10, "kinds": 26, "evidence": 60}
WIDTHS |= {"odd_one_out": 16, "status": 14, "alignment_score": 11}
# What a reviewer needs stands open; the rest is folded behind the + above the columns.
OPEN = {name for name in WIDTHS if name not in {"percentile"}}
SHADES = ("E8F3EC", "FFF4CC", "FFDDB8", "F9C6C4")


def write_workbook(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows to `path` as XLSX. Raises OutputError when the file cannot be written."""
    import xlsxwriter

    names = columns(rows) or list(FIELDS)
    names += [COLUMN] if set(FIELDS) <= set(names) else []
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with replacing(path, "wb") as file, xlsxwriter.Workbook(file, options) as workbook:
        workbook.set_properties({"title": "Divergence table", "comments": "schema 1", "created": datetime(2000, 1, 1)})
        formats = {
            "head": workbook.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#26364D", "font_color": "#FFFFFF", "border": 1}),
            "review": workbook.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#7A4A00", "font_color": "#FFFFFF", "border": 1}),
            "text": workbook.add_format({"text_wrap": True, "valign": "top", "num_format": "@"}),
            "aside": workbook.add_format({"text_wrap": True, "valign": "top", "num_format": "@", "italic": True, "font_color": "#555555"}),
            "number": workbook.add_format({"valign": "top", "num_format": "0.0000"}),
            "whole": workbook.add_format({"valign": "top"}),
            "centre": workbook.add_format({"valign": "top", "align": "center", "bold": True}),
            "different": workbook.add_format({"bold": True, "underline": 1, "font_color": "#9C1C1C"}),
        }
        _fill(workbook, workbook.add_worksheet(SHEET), formats, names, rows)
        _guide(workbook.add_worksheet(GUIDE), workbook)


def _fill(workbook: Any, sheet: Any, formats: dict[str, Any], names: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    table = set(FIELDS) <= set(names)
    for column, name in enumerate(names):
        folded = {"level": 1, "hidden": True} if table and name not in OPEN else {}
        sheet.set_column(column, column, WIDTHS.get(name, 40 if name.startswith("text") else 14), None, folded)
        sheet.write_string(0, column, name, formats["review" if name in REVIEWED else "head"])
    sheet.set_row(0, 32)
    sheet.freeze_panes(1, 1 if table else 0)
    last = max(len(rows), 1)
    sheet.autofilter(0, 0, last, max(len(names) - 1, 0))
    for number, row in enumerate(rows, start=1):
        differing = dict(zip(("text_a", "text_b"), marks(row), strict=True)) if table else {}
        cells = {name: _cut(cell(row.get(name))) for name in names if name != COLUMN}
        if table:
            cells["evidence"] = _cut(in_words(row))
            cells[COLUMN] = as_written(row, cells)
        for column, name in enumerate(names):
            _write(sheet, (number, column), name, cells[name], differing.get(name, []), formats)
        if table:
            sheet.set_row(number, _height(row))
    _review(workbook, sheet, names, last)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _write(sheet: Any, place: tuple[int, int], name: str, value: str | int | float, spans: Sequence[tuple[int, int]], formats: dict[str, Any]) -> None:
    if isinstance(value, (int, float)):
        sheet.write_number(*place, value, formats["centre" if name == "grade" else "whole" if isinstance(value, int) else "number"])
        return
    style = formats["aside" if name.startswith("backtranslation") else "text"]
    if value.endswith(CUT):
        spans = []
    parts = pieces(value, spans)
    if len(parts) > 1:
        fragments: list[Any] = []
        for marked, part in parts:
            fragments += [formats["different"], part] if marked else [part]
        sheet.write_rich_string(*place, *fragments, style)
    elif parts and parts[0][0]:
        # A rich string needs two fragments: a text that differs as a whole carries the mark on its first character.
        sheet.write_rich_string(*place, *_halves(value, formats["different"]), style)
    elif value:
        sheet.write_string(*place, value, style)
    else:
        sheet.write_blank(*place, None, style)


def _cut(value: str | int | float) -> str | int | float:
    return value[: LONGEST_CELL - len(CUT)] + CUT if isinstance(value, str) and len(value) > LONGEST_CELL else value


def _halves(value: str, different: Any) -> list[Any]:
    return [different, value[:1], different, value[1:]] if len(value) > 1 else [different, value, " "]


def _height(row: dict[str, Any]) -> float:
    """The height in points that shows the longest text of a row, as far as a row can be high (409 points)."""
    lines = max(
        -(-len(str(row.get(name) or "")) // max(WIDTHS[name] - 2, 1)) for name in ("text_a", "text_b", "backtranslation_a", "backtranslation_b", "comment")
    )
    return min(409.0, 15.0 * max(lines, 1) + 3)


def _review(workbook: Any, sheet: Any, names: Sequence[str], last: int) -> None:
    """Drop-downs and shading."""
    if "status" in names:
        column = names.index("status")
        sheet.data_validation(
            1, column, last, column,
            {
                "validate": "list", "source": list(STATUSES), "ignore_blank": True, "input_title": "Status",
                "input_message": "accepted, needs review or rejected", "error_title": "Status",
                "error_message": "Choose accepted, needs review or rejected, or leave the cell empty.",
            },
        )  # fmt: skip
    if "grade" in names:
        column = names.index("grade")
        sheet.data_validation(
            1, column, last, column,
            {
                "validate": "list", "source": [0, 1, 2, 3], "input_title": "Grade",
                "input_message": "\n".join(f"{grade} {meaning}" for grade, meaning in enumerate(GRADES)),
                "error_title": "Grade", "error_message": "Choose 0, 1, 2 or 3.",
            },
        )  # fmt: skip
        for grade, shade in enumerate(SHADES):
            style = workbook.add_format({"bg_color": f"#{shade}"})
            sheet.conditional_format(1, column, last, column, {"type": "cell", "criteria": "==", "value": grade, "format": style})
    if "divergence" in names:
        column = names.index("divergence")
        bar = {"type": "data_bar", "bar_color": "#C9D6EA", "min_type": "num", "min_value": 0, "max_type": "num", "max_value": 1}
        sheet.conditional_format(1, column, last, column, bar)


def _guide(sheet: Any, workbook: Any) -> None:
    """Sheet two: how to review, in a few lines."""
    head = workbook.add_format({"bold": True, "font_size": 14, "valign": "top"})
    strong = workbook.add_format({"bold": True, "valign": "top"})
    text = workbook.add_format({"text_wrap": True, "valign": "top"})
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, 96)
    sheet.write_string(0, 0, "How to review this table", head)
    for number, (name, value) in enumerate(GUIDE_LINES, start=2):
        sheet.write_string(number, 0, name, strong)
        sheet.write_string(number, 1, value, text)


GUIDE_LINES = (
    ("What a row is", "Two renditions of one statement: text_a of outlet_a and text_b of outlet_b. Rows of one unit share `bead`."),
    ("What is marked", "Words that the texts do not share are bold, underlined and red. Across languages each is held against the other's back-translation."),
    ("evidence", "What each kind rests on, a line each: the two values; words that differ (you can point at them), a hint (look, but do "
     "not rely on it), or the back-translation only (possibly a fault of the machine); severity, 0 to 1: how likely it alone makes the pair "
     "divergent; channel and version."),
    ("Back-translation", "What machine translation alone makes of the text. What differs only there is likely noise of the engine named in `engine`."),
    ("Where to write", "Only in the columns with a brown header: status, comment, grade, kinds. Leave the other columns as they are: they identify the row."),
    ("status", "accepted: the texts belong together and the row is right. needs review: look again. rejected: they do not belong together."),
    ("grade", "; ".join(f"{grade}: {meaning}" for grade, meaning in enumerate(GRADES)) + ". Choose another number where you disagree."),
    ("kinds", "What differs, joined by | without spaces. Known: omission, addition, mistranslation, modality/strength, negation, number/date, "
     "named-entity/attribution, tense/aspect, agent/voice, register, paraphrase-to-indirect, order."),
    ("comment", "Anything you like."),
    ("divergence", "0 to 1: how far the two texts are apart. alignment_score, 0 to 1: how sure it is that they belong together."),
    ("More columns", "Document, language, single scores and positions are folded: press the + above the columns (or the 2 at the left edge)."),
    ("Sort and filter", "As you like: the rows are known by their content, not by their place. Do not delete or add columns."),
    ("Give it back", "Save as .xlsx under any name. `align review CORPUS --import FILE` takes over what you changed, and says where a cell cannot be taken."),
)  # fmt: skip
