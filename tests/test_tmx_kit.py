"""The LISA compliance kit and real memories of many tools: what another parser sees is what we read, write and convert."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from align.tmx import Unit, open_tmx, read_tmx, write_tmx
from align.tmx.check import check
from align.tmx.convert import convert
from align.tmx.languages import key

XML = "{http://www.w3.org/XML/1998/namespace}"
LANG = f"{XML}lang"
DTD_RULES = {
    "xml", "dtd-element", "dtd-missing", "dtd-twice", "dtd-order", "dtd-attribute", "dtd-required", "dtd-value", "dtd-text", "source-language",
    "old-language", "old-version", "version",
}  # fmt: skip


# What the data model does not carry, by file; everything else must come through.
@pytest.fixture(scope="module")
def memories(shared: Path) -> list[Path]:
    folder = shared / "data" / "tmx"
    found = [*sorted((folder / "zoo").glob("*.tmx*")), *sorted((folder / "compliance-kit").glob("*.tmx"))]
    if not found:
        pytest.skip(f"no memories under {folder}")
    return found


@pytest.fixture(scope="module")
def smaller(memories: list[Path]) -> list[Path]:
    """Without the two of some four thousand units, which would only cost time here."""
    return [path for path in memories if path.stat().st_size < 1_500_000]


def reference(path: Path) -> Any:
    """The file as lxml sees it."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    elif path.suffix == ".zip":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = archive.read(archive.namelist()[0])
    return etree.fromstring(data, etree.XMLParser(load_dtd=False, resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True))


def shape(element: Any) -> Any:
    """An inline tree as plain values: text, then (tag, attributes, inner, tail) of each child."""
    return (element.text or "", [(child.tag, dict(child.attrib), shape(child), child.tail or "") for child in element])


def shown(element: Any) -> str:
    """The text outside native codes."""
    parts = [element.text or ""]
    for child in element:
        parts.append(shown(child) if child.tag not in ("bpt", "ept", "it", "ph", "ut") else "")
        parts.append(child.tail or "")
    return "".join(parts)


def entries(element: Any) -> tuple[list[tuple[str, str]], list[str]]:
    properties = [(prop.get("type", ""), prop.text or "") for prop in element.findall("prop")]
    return properties, [note.text or "" for note in element.findall("note")]


def inner(element: Any) -> dict[str, str]:
    """What properties and notes have beside their type."""
    return {
        f"{tag}[{number}]/@{name.replace(XML, 'xml:')}": value
        for tag in ("prop", "note")
        for number, child in enumerate(element.findall(tag), 1)
        for name, value in child.attrib.items()
        if name != "type"
    }


def compare(root: Any, units: Iterator[Unit], languages_as_found: bool) -> None:
    expected = root.findall(".//tu")
    found = list(units)
    assert len(found) == len(expected)
    for tu, unit in zip(expected, found, strict=True):
        assert unit.id == tu.get("tuid", "")
        assert (list(unit.properties), list(unit.notes)) == entries(tu)
        known = dict(unit.attributes)
        assert {name: value for name, value in known.items() if "/@" in name} == inner(tu)
        assert {name: value for name, value in tu.attrib.items() if name in known} == {name: value for name, value in known.items() if "/@" not in name} or (
            not languages_as_found
        )
        assert len(unit.variants) == len(tu.findall("tuv"))
        for tuv, variant in zip(tu.findall("tuv"), unit.variants, strict=True):
            language = tuv.get(LANG) or tuv.get("lang")
            assert variant.language == language if languages_as_found else key(variant.language) == key(language)
            assert (list(variant.properties), list(variant.notes)) == entries(tuv)
            assert {name: value for name, value in variant.attributes if "/@" in name} == inner(tuv)
            seg = tuv.find("seg")
            assert variant.text == shown(seg)
            again = etree.fromstring(f"<seg>{variant.markup}</seg>".encode()) if variant.markup else None
            assert (shape(again) if again is not None else (variant.text, [])) == shape(seg)


def test_every_memory_is_read_as_another_parser_reads_it(memories: list[Path]) -> None:
    for path in memories:
        memory = open_tmx(path)
        compare(reference(path), memory.units, True)
        assert not memory.lost, path.name
        assert memory.header.source_language == reference(path).find("header").get("srclang", "")


def test_every_memory_is_read_leniently_just_the_same(smaller: list[Path]) -> None:
    for path in smaller:
        strict, lenient = open_tmx(path), open_tmx(path, lenient=True)
        assert list(strict.units) == list(lenient.units), path.name
        assert strict.header == lenient.header and strict.lost == lenient.lost


def test_writing_and_reading_again_loses_nothing(memories: list[Path], tmp_path: Path) -> None:
    for path in memories:
        out = tmp_path / "again.tmx"
        done = convert(path, out)
        compare(reference(path), read_tmx(out), False)
        assert done.units == len(reference(path).findall(".//tu"))
        report = check(out)
        assert not DTD_RULES & set(report.counts), (path.name, report.problems)
        second = tmp_path / "second.tmx"
        convert(out, second)
        assert second.read_bytes() == out.read_bytes(), "a second time changes nothing"


def test_through_json_lines_and_back(smaller: list[Path], tmp_path: Path) -> None:
    for path in smaller:
        convert(path, tmp_path / "a.jsonl")
        convert(tmp_path / "a.jsonl", tmp_path / "a.tmx")
        for before, after in zip(read_tmx(path), read_tmx(tmp_path / "a.tmx"), strict=True):
            assert before.id == after.id and before.notes == after.notes and sorted(before.properties) == sorted(after.properties)
            assert [(side.text, side.markup) for side in before.variants] == [(side.text, side.markup) for side in after.variants]


def test_the_checker_agrees_with_the_document_type(smaller: list[Path], shared: Path) -> None:
    with (shared / "data" / "tmx" / "tmx14.dtd").open("rb") as file:
        dtd = etree.DTD(file)
    for path in smaller:
        report = check(path)
        assert dtd.validate(reference(path)) == (not DTD_RULES & set(report.counts)), (path.name, report.problems, dtd.error_log)


IMPORT_CASES = ["A", "B", "C", "D", "E", "F", "G", "H", "I"]


@pytest.mark.parametrize("case", IMPORT_CASES)
def test_kit_import_the_text_is_translated_to_the_letter(shared: Path, case: str) -> None:
    folder = shared / "data" / "tmx" / "compliance-kit"
    source = folder / f"ImportTest1{case}.txt"
    if not source.exists():
        pytest.skip(f"no compliance kit under {folder}")
    (target,) = folder.glob(f"ImportTest1{case}_*.txt")
    language = target.stem.partition("_")[2]
    memory = {
        side.text: other.text
        for unit in read_tmx(folder / f"ImportTest1{case}.tmx")
        for side in unit.variants
        for other in unit.variants
        if key(side.language) == "en-us" and key(other.language) == language
    }

    def lines(path: Path) -> list[str]:
        data = path.read_bytes()
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig").removesuffix("\n").split("\n")

    assert [memory[line] for line in lines(source)] == lines(target)


@pytest.mark.parametrize("name", ["ExportTest1A", "ExportTest1B", "ExportTest1C", "ExportTest1D", "ExportTest1E", "ExportTest2A"])
def test_kit_export_what_we_write_equals_what_the_kit_expects(shared: Path, tmp_path: Path, name: str) -> None:
    path = shared / "data" / "tmx" / "compliance-kit" / f"{name}.tmx"
    if not path.exists():
        pytest.skip(f"no compliance kit at {path.parent}")
    memory = open_tmx(path)
    units = list(memory.units)
    out = tmp_path / "out.tmx"
    assert write_tmx(out, units, memory.header.source_language, header=memory.header, faithful=True) == len(units)
    mine, theirs = reference(out), reference(path)
    assert [shape(seg) for seg in mine.iter("seg")] == [shape(seg) for seg in theirs.iter("seg")]
    for wanted in ("segtype", "o-tmf", "datatype"):
        assert mine.find("header").get(wanted) == theirs.find("header").get(wanted)


def test_kit_one_unit_may_have_its_own_source_language(shared: Path) -> None:
    path = shared / "data" / "tmx" / "compliance-kit" / "ImportTest1K.tmx"
    if not path.exists():
        pytest.skip(f"no compliance kit at {path.parent}")
    assert "de-de" in [unit.attribute("srclang").lower() for unit in read_tmx(path)]
