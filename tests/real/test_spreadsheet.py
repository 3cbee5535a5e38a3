"""The workbook for review, saved again by a real spreadsheet program, comes back as it went out."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from openpyxl import load_workbook
from review_corpora import row_target, write_bitext

from align.review.imports import import_file
from align.review.session import Session
from align.tables.xlsx import SHEET

pytestmark = pytest.mark.real


def saved_again(path: Path, folder: Path) -> Path:
    """The workbook as LibreOffice writes it after opening it."""
    program = shutil.which("soffice")
    if program is None and os.environ.get("CI") != "true":
        pytest.skip("LibreOffice is not installed: apt-get install --no-install-recommends libreoffice-calc")
    assert program is not None, "LibreOffice is not installed"
    home = folder / "profile"
    command = [program, f"-env:UserInstallation={home.as_uri()}", "--headless", "--convert-to", "xlsx", "--outdir", str(folder / "saved"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (folder / "saved" / path.name).exists(), done.stderr
    return folder / "saved" / path.name


def test_a_workbook_that_libreoffice_saved_holds_the_changes_and_nothing_else(tmp_path: Path) -> None:
    session = Session.open(write_bitext(tmp_path / "corpus"), "eva")
    hostile = "=1+1 <b>\u202etext\n second line"
    session.decide([{"action": "comment", "target": row_target(session.state()["rows"][0]), "payload": {"text": hostile}}])
    session.export()
    plain = session.out / "divergence.xlsx"
    assert import_file(session, saved_again(plain, tmp_path)).record()["taken"] == 0
    book = load_workbook(plain)
    sheet = book[SHEET]
    columns = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(3, columns["status"]).value = "accepted"
    sheet.cell(4, columns["grade"]).value = 3
    sheet.cell(5, columns["comment"]).value = "naïve — “quoted”\nline two"
    reviewed = tmp_path / "reviewed.xlsx"
    book.save(reviewed)
    imported = import_file(session, saved_again(reviewed, tmp_path))
    assert imported.record()["actions"] == {"accept": 1, "comment": 1, "regrade": 1}
    rows = session.state()["rows"]
    assert [row["comment"] for row in rows if row["comment"]] == [hostile, "naïve — “quoted”\nline two"]
