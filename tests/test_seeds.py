"""The seed documents are untouched, and the manifest says what each is."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

SEEDS = Path(__file__).resolve().parent.parent / "seeds"


def test_every_file_is_in_the_manifest_with_its_checksum() -> None:
    files = tomllib.loads((SEEDS / "MANIFEST.toml").read_text(encoding="utf-8"))["files"]
    assert {file["path"] for file in files} == {path.name for path in SEEDS.glob("*.txt")}
    for file in files:
        assert hashlib.sha256((SEEDS / file["path"]).read_bytes()).hexdigest() == file["sha256"]


def test_the_parts_of_the_round_up_are_those_of_the_corpus() -> None:
    files = tomllib.loads((SEEDS / "MANIFEST.toml").read_text(encoding="utf-8"))["files"]
    parts = {part["paragraphs"]: part["outlet"] for file in files for part in file.get("parts", [])}
    corpus = tomllib.loads((SEEDS.parent / "corpora" / "lavrov-2017-05-10" / "align.toml").read_text(encoding="utf-8"))
    cut = {entry["paragraphs"]: entry["outlet"] for entry in corpus["documents"] if "paragraphs" in entry}
    assert cut == parts
    text = (SEEDS / next(file["path"] for file in files if "parts" in file)).read_text(encoding="utf-8")
    paragraphs = [line for line in text.split("\n") if line.strip()]
    firsts = [int(numbers.split("-")[0]) for numbers in parts]
    lasts = [int(numbers.split("-")[1]) for numbers in parts]
    assert firsts == [0, *(last + 1 for last in lasts[:-1])]
    assert lasts[-1] == len(paragraphs) - 1


def test_where_an_outlet_is_named_the_text_names_it() -> None:
    for name, words in {"000": "Newsweek is committed", "001": "MEMRI", "003": "A Message from The Moscow Times", "004": "Sputnik International"}.items():
        (path,) = SEEDS.glob(f"{name}_*.txt")
        assert words in path.read_text(encoding="utf-8")
