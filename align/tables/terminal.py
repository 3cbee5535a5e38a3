"""The worst rows of a divergence table as something Rich can print; made by `tables.worst_rows`.

Two layouts: side by side from 100 columns on, one text above the other below that.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ..tables import GRADES, marks, pieces
from .findings import BASES, basis, sorted_findings, values

GRADE_STYLES = ("green", "yellow", "bold dark_orange", "bold red")
SIDE_BY_SIDE = 100


def visible(text: str) -> str:
    """White space as single blanks, control and bidirectional characters as their number, so that no text steers the terminal."""
    shown = (
        " "
        if character.isspace()
        else f"<U+{ord(character):04X}>"
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co"} and character not in "\u200c\u200d\u00ad"
        else character
        for character in text
    )
    return "".join(shown)


class WorstRows:
    """A Rich renderable; whether words are underlined or bracketed is decided when the console is known."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], total: int, width: int, rejected: int = 0, what: str = "pairs") -> None:
        self.rows, self.total, self.width, self.rejected, self.what = rows, total, max(width, 40), rejected, what

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        styled = console.is_terminal and not console.is_dumb_terminal and not console.legacy_windows
        if not self.rows:
            yield Text(f"No pairs to show{self._left_out()}.")
            return
        for row in self.rows:
            yield Padding(self._row(row, styled), (0, 0, 1, 0))
        marked = "underlined" if styled else "in [brackets]"
        said = f"{len(self.rows)} of {self.total} {self.what}, the most divergent first; words the other text lacks are {marked}{self._left_out()}."
        yield Text(said, style="dim")

    def _left_out(self) -> str:
        return f"; {self.rejected} rejected {'row is' if self.rejected == 1 else 'rows are'} left out" if self.rejected else ""

    def _row(self, row: Mapping[str, Any], styled: bool) -> RenderableType:
        grade = int(row.get("grade") or 0)
        head = Text()
        head.append(f"grade {grade} ", style=GRADE_STYLES[min(grade, 3)])
        head.append("■" * grade + "□" * (3 - grade) + f" {GRADES[min(grade, 3)]}", style=GRADE_STYLES[min(grade, 3)])
        head.append(f"   divergence {_figure(row.get('divergence'))}", style="bold")
        head.append(f"   link {_figure(row.get('alignment_score'))}   unit {visible(str(row.get('bead', '')))}")
        return Group(Rule(style="dim"), head, *self._review(row), *self._kinds(row), self._texts(row, styled))

    def _kinds(self, row: Mapping[str, Any]) -> Iterator[Text]:
        """A line for each kind, with its strongest finding and how many more there are."""
        found, _ = sorted_findings(row)
        for kind in row.get("kinds") or ():
            line = Text(visible(str(kind)), style="cyan")
            own = sorted((each for each in found if each["kind"] == kind), key=lambda each: (list(BASES).index(basis(each)), -float(each.get("severity") or 0)))
            if own:
                said = BASES[basis(own[0])] if basis(own[0]) != "rule" else ""
                more = f"{len(own) - 1} more" if len(own) > 1 else ""
                line.append(f"  {visible(values(own[0], 40))}", style="not cyan")
                line.append("".join(f"  ({note})" for note in (said, more) if note), style="dim")
            yield line
        if not row.get("kinds"):
            yield Text("no kind named", style="cyan")

    def _review(self, row: Mapping[str, Any]) -> list[Text]:
        """What a reviewer said, on a line of its own; nothing where nobody said anything."""
        said = [str(row["status"])] if row.get("status") else []
        if row.get("grade_auto") not in (None, row.get("grade")):
            said.append(f"regraded (the program: {row['grade_auto']})")
        if row.get("kinds_auto") is not None and list(row["kinds_auto"]) != list(row.get("kinds") or ()):
            said.append(f"kinds changed (the program: {', '.join(row['kinds_auto']) or 'none'})")
        if row.get("comment"):
            said.append(f"“{row['comment']}”")
        if not said:
            return []
        who = f"{row['reviewer']}: " if row.get("reviewer") else ""
        return [Text(visible(f"✎ {who}{'; '.join(said)}"), style="italic")]

    def _texts(self, row: Mapping[str, Any], styled: bool) -> RenderableType:
        sides = []
        for side, spans in zip("ab", marks(row), strict=True):
            name = visible(str(row.get(f"outlet_{side}") or row.get(f"document_{side}") or side.upper()))
            sides.append((Text(name, style="bold", overflow="fold"), _marked(str(row.get(f"text_{side}") or ""), spans, styled)))
        if self.width >= SIDE_BY_SIDE:
            table = Table(box=None, width=self.width, padding=(0, 1), show_edge=False, pad_edge=False)
            for heading, _ in sides:
                table.add_column(heading, ratio=1, overflow="fold")
            table.add_row(*(text for _, text in sides))
            return table
        table = Table.grid(padding=(0, 2), pad_edge=False)
        table.width = self.width
        table.add_column(width=min(18, max(len(heading) for heading, _ in sides)), overflow="fold")
        table.add_column(ratio=1, overflow="fold")
        for heading, text in sides:
            table.add_row(heading, text)
        return table


def _marked(text: str, spans: Sequence[tuple[int, int]], styled: bool) -> Text:
    shown = Text()
    for marked, part in pieces(text, spans):
        if not marked:
            shown.append(visible(part))
        elif styled:
            shown.append(visible(part), style="bold underline magenta")
        else:
            shown.append(f"[{visible(part)}]")
    return shown


def _figure(value: Any) -> str:
    return "-" if value is None else f"{float(value):.2f}"
