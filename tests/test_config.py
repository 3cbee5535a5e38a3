"""`align.toml`: what is read, and that every problem is reported at once with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from align.config import from_arguments, read_configuration
from align.errors import ConfigurationError, InputError, UsageError

GOOD = """
[corpus]
name = "two-sides"
original_language = "ru"
mode = "renditions"
[[documents]]
path = "a.txt"
outlet = "A"
language = "en"
date = 2017-05-14
[[documents]]
path = "b.txt"
id = "second-half"
language = "pt-BR"
paragraphs = "3-9"
[backtranslate]
engine = "argos"
beam_size = 2
[export]
tmx = "memories"
base = "A"
by_score = true
"""


def write(folder: Path, text: str) -> Path:
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text("One sentence.\n", encoding="utf-8")
    (folder / "align.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_whole_file(tmp_path: Path) -> None:
    configuration = read_configuration(write(tmp_path, GOOD))
    first, second = configuration.documents
    assert (configuration.name, configuration.mode, configuration.original_language, configuration.base) == ("two-sides", "renditions", "ru", "A")
    assert configuration.by_score
    assert (first.path, first.outlet, first.language, first.date) == (tmp_path / "a.txt", "A", "en", "2017-05-14")
    assert (second.id, second.paragraphs, second.language) == ("second-half", "3-9", "pt-BR")
    assert (configuration.backtranslate.engine, configuration.backtranslate.beam_size) == ("argos", 2)
    assert (configuration.out, configuration.tmx) == (tmp_path / "out", tmp_path / "memories")


def test_every_problem_at_once_each_with_its_place(tmp_path: Path) -> None:
    text = """
    [corpus]
    nmae = "x"
    mode = "both"
    [embedd]
    encoder = "use"
    [backtranslate]
    beam_size = "four"
    [[documents]]
    path = "missing.txt"
    language = "English"
    [[documents]]
    outlet = "B"
    """
    with pytest.raises(ConfigurationError) as caught:
        read_configuration(write(tmp_path, text))
    said = "\n".join(caught.value.problems)
    for wanted in (
        "corpus -> nmae: unknown key (did you mean name?)",
        "corpus -> mode: 'both' is not one of bitext, renditions, auto",
        "embedd: unknown section (did you mean embed?)",
        "backtranslate -> beam_size: 'four' is not a whole number",
        "documents 1 -> language: 'English' is not a language tag",
        "documents 2 -> path: is missing",
        "documents 2 -> language: is missing",
    ):
        assert wanted in said


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[corpus", "not TOML"),
        ("", "at least one [[documents]] entry"),
        ('[[documents]]\npath = "gone.txt"\nlanguage = "en"', "no such file: gone.txt"),
        ('[[documents]]\npath = "a.txt"\nlanguage = "en"\ndate = "May"', "is not a date"),
        ('[[documents]]\npath = "{group}.xyz"\nlanguage = "en"', "no file fits"),
        ('[[documents]]\npath = "a.txt"\nid = "x"\nlanguage = "en"\n[[documents]]\npath = "b.txt"\nid = "x"\nlanguage = "en"', "two of them have the id 'x'"),
        ('[[documents]]\npath = "a.txt"\nlanguage = "en"\n[export]\nbase = "Reuters"', "no document has the outlet, language or id 'Reuters'"),
        ("documents = 3", "at least one [[documents]] entry"),
        ("corpus = 3", "must be a section"),
    ],
)
def test_one_problem(tmp_path: Path, text: str, wanted: str) -> None:
    with pytest.raises(ConfigurationError, match="problem") as caught:
        read_configuration(write(tmp_path, text))
    assert wanted in str(caught.value)


def test_not_utf8_and_not_there(tmp_path: Path) -> None:
    (tmp_path / "align.toml").write_bytes(b'name = "\xff\xfe"')
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        read_configuration(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        read_configuration(tmp_path / "nowhere")


def test_group_pattern_makes_an_entry_a_file(tmp_path: Path) -> None:
    for name in ("one.en.txt", "two.en.txt", "one.de.txt", "other.txt"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    (tmp_path / "align.toml").write_text('[[documents]]\npath = "{group}.en.txt"\nlanguage = "en"\n', encoding="utf-8")
    entries = read_configuration(tmp_path).documents
    assert [(entry.path.name, entry.group) for entry in entries] == [("one.en.txt", "one"), ("two.en.txt", "two")]


def test_arguments(tmp_path: Path) -> None:
    configuration = from_arguments(["talks/a.txt:en:The Moscow Times", "b.html:pt-BR"], tmp_path / "result")
    assert [(str(entry.path), entry.language, entry.outlet) for entry in configuration.documents] == [
        ("talks/a.txt", "en", "The Moscow Times"),
        ("b.html", "pt-BR", ""),
    ]
    assert configuration.tmx == tmp_path / "result" / "tmx"
    with pytest.raises(UsageError, match="in which language"):
        from_arguments(["a.txt"], tmp_path)
