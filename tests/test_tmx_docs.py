"""docs/memories.md: its commands run, its Python runs, and its folders are those that the program writes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from align.cli import app
from align.tmx import Unit, Variant, read_tmx, write_tmx
from align.tmx.split import FOLDERS, UNKNOWN

PAGE = Path(__file__).parent.parent / "docs" / "memories.md"
COMMANDS = re.findall(r"^ *align (tmx .*?)(?: +#.*)?$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    draft = (("x-score", "0.9500"), ("x-Origin", "Alignment"), ("x-ConfirmationLevel", "Draft"))
    units = [
        Unit("", (Variant("en", "One."), Variant("fr", "Un.")), draft),
        Unit("", (Variant("en", "Two."), Variant("fr", "Deux.")), (("x-score", "0.6000"),)),
    ]
    for name in ("memory.tmx", "edited.tmx", "tmx/book.en_fr.tmx", "tmx/lavrov.en_en-x-moscow-times.tmx"):
        write_tmx(tmp_path / name, units, "en")
    (tmp_path / "broken.tmx").write_text((tmp_path / "memory.tmx").read_text().replace("One.", "One & only."))
    return tmp_path


def test_there_are_commands() -> None:
    assert {command.split()[1] for command in COMMANDS} == {"check", "info", "merge", "split", "convert"}


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(folder: Path, command: str) -> None:
    if command.startswith("tmx convert pair.csv"):
        CliRunner().invoke(app, ["tmx", "convert", "memory.tmx", "--out", "pair.csv"])
    arguments = [part for word in shlex.split(command) for part in (map(str, sorted(Path().glob(word))) if "*" in word else [word])]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == (1 if "broken.tmx" in arguments and "check" in arguments else 0), result.output
    for place, name in enumerate(arguments):
        if name == "--out":
            assert Path(arguments[place + 1]).exists()


def test_the_python_runs(folder: Path) -> None:
    (code,) = re.findall(r"```python\n(from align.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    exec(code, {"path": folder / "memory.tmx", "better": folder / "better.tmx"})
    assert [unit.variants[0].text for unit in read_tmx(folder / "better.tmx")] == ["One."]


def test_the_folders_are_the_programs(folder: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    for least, name in FOLDERS:
        assert f"`tm/{name}`" in text and (str(least) in text or not least)
    assert f"`tm/{UNKNOWN}`" in text
