"""Conversions between formats: what arrives, what is lost and said to be, which files are refused."""

from __future__ import annotations

import csv
import json
import time
import zipfile
from pathlib import Path

import pytest
from lxml import etree
from openpyxl import load_workbook

from align.errors import InputError, UsageError
from align.tmx import Header, Unit, Variant, read_tmx, write_tmx
from align.tmx.convert import convert
from align.tmx.jsonl import read_jsonl
from align.tmx.moses import read_moses
from align.tmx.tabular import read_table
from align.tmx.xliff_reader import read_xliff

CODES = Unit(
    "a/b 1",
    (
        Variant(
            "en",
            "Press OK now",
            'Press <bpt i="1" type="bold">&lt;b&gt;</bpt>OK<ept i="1">&lt;/b&gt;</ept> <hi type="term">now</hi><ph type="image">&lt;img&gt;</ph>',
        ),
        Variant("de", "Jetzt OK", 'Jetzt <bpt i="1" type="bold">&lt;b&gt;</bpt>OK<ept i="1">&lt;/b&gt;</ept><it pos="begin">&lt;i&gt;</it>'),
    ),
    (("x-score", "0.9000"), ("x-kinds", "a & b"), ("x-ConfirmationLevel", "Translated")),
    ("A note.",),
)
PLAIN = Unit(
    "2", (Variant("en", 'Tab\there, "quotes", back\\slash\\n, line\nbreak; =1+1'), Variant("de", "Zwei"), Variant("fr", "Deux")), (("x-score", "0.5000"),)
)


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    path = tmp_path / "m.tmx"
    write_tmx(path, [CODES, PLAIN], "en", header=Header("en"), faithful=True)
    return path


def texts(unit: Unit) -> list[tuple[str, str]]:
    return [(side.language, side.text) for side in unit.variants]


def test_jsonl_is_what_the_contract_says(memory: Path, tmp_path: Path) -> None:
    convert(memory, tmp_path / "m.jsonl")
    first, second = (json.loads(line) for line in (tmp_path / "m.jsonl").read_text().splitlines())
    assert {"id", "properties", "notes", "variants"} <= set(first) and first["notes"] == ["A note."]
    assert first["properties"] == {"x-score": "0.9000", "x-kinds": "a & b", "x-ConfirmationLevel": "Translated"}
    assert set(first["variants"][0]) == {"language", "text", "markup", "properties"}
    assert first["variants"][0]["text"] == "Press OK now" and first["variants"][0]["markup"].startswith("Press <bpt")
    assert second["variants"][0]["markup"] == ""
    assert list(read_jsonl(tmp_path / "m.jsonl")) == [CODES, PLAIN]


def test_tsv_has_one_header_line_and_no_quoting(memory: Path, tmp_path: Path) -> None:
    done = convert(memory, tmp_path / "m.tsv")
    lines = (tmp_path / "m.tsv").read_text().split("\n")
    assert lines[0] == "id\ten\tde\tfr\tx-score\tx-kinds\tx-ConfirmationLevel\tnote" and len(lines) == 4
    assert lines[2].split("\t")[1] == 'Tab\\there, "quotes", back\\\\slash\\\\n, line\\nbreak; =1+1'
    assert done.lost["inline codes of a segment"] == 2


def test_csv_follows_rfc_4180(memory: Path, tmp_path: Path) -> None:
    convert(memory, tmp_path / "m.csv")
    with (tmp_path / "m.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[2][1] == PLAIN.variants[0].text and (tmp_path / "m.csv").read_bytes().count(b"\r\n") == 3


def test_xlsx_holds_texts_not_formulas(memory: Path, tmp_path: Path) -> None:
    convert(memory, tmp_path / "m.xlsx")
    sheet = load_workbook(tmp_path / "m.xlsx").worksheets[0]
    assert sheet["B3"].value == PLAIN.variants[0].text and sheet["B3"].data_type == "s"
    first = (tmp_path / "m.xlsx").read_bytes()
    convert(memory, tmp_path / "m.xlsx")
    assert (tmp_path / "m.xlsx").read_bytes() == first


@pytest.mark.parametrize("suffix", ["tsv", "csv", "xlsx"])
def test_tables_come_back(memory: Path, tmp_path: Path, suffix: str) -> None:
    convert(memory, tmp_path / f"m.{suffix}")
    first, second = read_table(tmp_path / f"m.{suffix}")
    assert texts(first) == texts(CODES) and first.properties == CODES.properties and first.notes == CODES.notes and first.id == CODES.id
    assert second == PLAIN


def test_any_table_with_languages_for_columns_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("pt-BR\tlang:id\tcomment\tprop:p\n\u00f4nibus\tbis\tok\tv\n")
    (unit,) = read_table(path)
    assert texts(unit) == [("pt-BR", "ônibus"), ("id", "bis")] and unit.properties == (("x-comment", "ok"), ("p", "v"))
    convert(path, tmp_path / "t.tmx")
    assert next(read_tmx(tmp_path / "t.tmx")).variants == unit.variants


def test_xliff_12_has_a_file_a_target_and_gives_codes_back(memory: Path, tmp_path: Path) -> None:
    convert(memory, tmp_path / "m.xlf")
    root = etree.parse(str(tmp_path / "m.xlf")).getroot()
    files = root.findall("{*}file")
    assert root.get("version") == "1.2" and [(file.get("source-language"), file.get("target-language")) for file in files] == [("en", "de"), ("en", "fr")]
    assert [unit.find("{*}target").get("state") for unit in files[0].iter("{*}trans-unit")] == ["translated", "needs-review-translation"]
    back = list(read_xliff(tmp_path / "m.xlf"))
    assert [texts(unit) for unit in back] == [texts(CODES), texts(PLAIN)[:2], [texts(PLAIN)[0], texts(PLAIN)[2]]]
    assert [side.markup for side in back[0].variants] == [side.markup for side in CODES.variants]
    assert back[0].properties == CODES.properties and back[0].notes == CODES.notes and back[0].id == CODES.id


def test_xliff_21_has_one_target_and_says_what_is_left_out(memory: Path, tmp_path: Path) -> None:
    done = convert(memory, tmp_path / "m.xliff")
    root = etree.parse(str(tmp_path / "m.xliff")).getroot()
    assert (root.get("version"), root.get("srcLang"), root.get("trgLang")) == ("2.1", "en", "de")
    assert any("fr" in what for what in done.lost)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert all(" " not in name and "/" not in name for name in ids)
    back = list(read_xliff(tmp_path / "m.xliff"))
    assert [texts(unit) for unit in back] == [texts(CODES), texts(PLAIN)[:2]]
    assert (
        "<bpt" in back[0].variants[0].markup
        and "&lt;b&gt;" in back[0].variants[0].markup
        and back[0].variants[1].markup.endswith('<it pos="begin">&lt;i&gt;</it>')
    )
    assert back[0].properties == CODES.properties and back[0].notes == CODES.notes and back[0].id == CODES.id


def test_xliff_of_others_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlf"
    path.write_text(
        '<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2"><file source-language="en" target-language="de" original="a" datatype="x"><body>'
        '<group><trans-unit id="1"><source>a <g id="1">b</g><x id="2"/></source><target>c</target></trans-unit></group>'
        '<trans-unit id="2"><source>only</source></trans-unit></body></file></xliff>'
    )
    first, second = read_xliff(path)
    assert first.variants[0].markup == 'a <bpt i="1"></bpt>b<ept i="1"></ept><ph></ph>'.replace("></bpt>", "/>").replace("></ept>", "/>").replace(
        "></ph>", "/>"
    )
    assert texts(first) == [("en", "a b"), ("de", "c")] and texts(second) == [("en", "only")]


@pytest.mark.parametrize(
    "content, words", [("<xliff><a></xliff>", "not well-formed"), ('<!DOCTYPE xliff [<!ENTITY a "b">]><xliff/>', "entit"), ("<html/>", "no XLIFF")]
)
def test_xliff_that_is_broken_or_hostile_is_refused(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "a.xlf"
    path.write_text(content)
    with pytest.raises(InputError, match=words):
        list(read_xliff(path))


def test_moses_pairs(memory: Path, tmp_path: Path) -> None:
    done = convert(memory, tmp_path / "m.moses")
    assert [path.name for path in done.files] == ["m.en-de.en", "m.en-de.de", "m.en-fr.en", "m.en-fr.fr"] and done.units == 3
    assert (tmp_path / "m.en-de.de").read_text() == "Jetzt OK\nZwei\n"
    assert (tmp_path / "m.en-de.en").read_text().splitlines()[1] == 'Tab here, "quotes", back\\slash\\n, line break; =1+1'
    assert [texts(unit)[1] for unit in read_moses(tmp_path / "m.en-de.en")] == [("de", "Jetzt OK"), ("de", "Zwei")]
    convert(tmp_path / "m.en-de.de", tmp_path / "back.tmx")
    assert len(list(read_tmx(tmp_path / "back.tmx"))) == 2
    (tmp_path / "m.en-de.de").write_text("one\n")
    with pytest.raises(InputError, match="number of lines"):
        list(read_moses(tmp_path / "m.en-de.en"))


@pytest.mark.parametrize(
    "name, content, words",
    [
        ("a.tsv", "first\tsecond\n1\t2\n", "no column"),
        ("a.tsv", "en\tde\n1\t2\t3\n", "3 fields"),
        ("a.jsonl", '{"id": 1}\n', "not a unit"),
        ("a.jsonl", "[]\n", "not a unit"),
        ("a.xlsx", "no zip", "cannot read"),
        ("a.csv", "\xff".encode("latin-1"), "cannot read"),
    ],
)
def test_broken_input_is_an_error_with_its_place(tmp_path: Path, name: str, content: str | bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError, match=words) as caught:
        convert(path, tmp_path / "out.tmx")
    assert str(path) in caught.value.place and not (tmp_path / "out.tmx").exists()


def test_names_that_say_no_format_are_refused(memory: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    for source, out in ((memory, tmp_path / "a.doc"), (tmp_path / "a.txt", tmp_path / "a.tmx")):
        with pytest.raises(UsageError, match="suffix"):
            convert(source, out)


def test_lenient_conversion_lists_what_was_lost(tmp_path: Path) -> None:
    path = tmp_path / "in.tmx"
    path.write_text(
        '<tmx version="1.4"><header srclang="en"/><body>\n<tu><tuv xml:lang="en"><seg>A & B</seg></tuv><tuv xml:lang="de"><seg>C</seg></tuv></tu>\n<tu>'
    )
    with pytest.raises(InputError):
        convert(path, tmp_path / "out.tmx")
    done = convert(path, tmp_path / "out.tmx", lenient=True)
    assert done.units == 1 and next(read_tmx(tmp_path / "out.tmx")).variants[0].text == "A & B"
    assert next((loss.line, loss.what) for loss in done.losses) == (2, "stray & or unknown entity, kept as text")
    assert done.as_record()["lost"]


def test_a_memory_of_all_languages_keeps_its_header(tmp_path: Path) -> None:
    path = tmp_path / "in.tmx"
    path.write_text(
        '<tmx version="1.4"><header srclang="*all*" o-tmf="T"><prop type="p">v</prop></header><body><tu><tuv xml:lang="de"><seg>x</seg></tuv></tu></body></tmx>'
    )
    convert(path, tmp_path / "out.tmx")
    assert 'srclang="*all*"' in (tmp_path / "out.tmx").read_text() and '<prop type="p">v</prop>' in (tmp_path / "out.tmx").read_text()
    convert(path, tmp_path / "out.tmx", source_language="de")
    assert 'srclang="de"' in (tmp_path / "out.tmx").read_text()


XLIFF_1 = '<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2"><file source-language="en" target-language="de" original="a" datatype="x"><body>'
XLIFF_2 = '<xliff version="2.1" xmlns="urn:oasis:names:tc:xliff:document:2.0" srcLang="en" trgLang="de"><file id="f"><unit id="u">'
DATA = f'<originalData><data id="d">{"y" * 100_000}</data></originalData>'
ROW = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>{1}</t></is></c></row>'
MARKS = '<mrk mtype="x-a">' * 200 + "a" + "</mrk>" * 200
MANY_CODES, STORED_CODES = '<x id="1"/>' * 20_000, '<ph id="1" dataRef="d"/>' * 100
HOSTILE = [
    ("a.jsonl", '{"variants":' + "[" * 100_000, "not a unit"),
    ("a.jsonl", '{"id":"' + "x" * 10_000_001, "10000000 characters"),
    ("a.tsv", "en\tde\n" + "x" * 10_000_001, "10000000 characters"),
    ("a.csv", 'en,de\n"' + "x" * 10_000_001, "cannot read"),
    ("a.en-de.en", "x" * 10_000_001, "10000000 characters"),
    ("a.xlf", XLIFF_1 + '<trans-unit id="1"><source>' + '<g id="1">' * 100_000, "not well-formed"),
    ("a.xlf", f'{XLIFF_1}<trans-unit id="1"><source>{MARKS}</source></trans-unit></body></file></xliff>', "nest too deep"),
    ("a.xlf", f'{XLIFF_1}<trans-unit id="1"><source>{MANY_CODES}</source></trans-unit></body></file></xliff>', "10000 inline codes"),
    ("a.xlf", f"{XLIFF_1}<a:b:c/>", "not well-formed"),
    ("a.xliff", f"{XLIFF_2}{DATA}<segment><source>{STORED_CODES}</source></segment></unit></file></xliff>", "2000000 characters"),
    ("a.xlsx", ROW.format(99_999_999, "x"), "rows"),
    ("a.xlsx", ROW.format(2, "x" * 60_000_000), "unpacks"),
    ("a.xlsx", "<c></row>", "damaged"),
    ("doctype.xlsx", ROW.format(2, "&x;"), "document type"),
]


@pytest.mark.parametrize("name, content, words", HOSTILE, ids=[f"{name}: {words}" for name, _, words in HOSTILE])
def test_hostile_files_of_other_formats_are_refused_soon(tmp_path: Path, name: str, content: str, words: str) -> None:
    path = tmp_path / name
    if name.endswith(".xlsx"):
        convert_rows(path, content, '<!DOCTYPE worksheet [<!ENTITY x "y">]>' if name == "doctype.xlsx" else "")
    else:
        path.write_text(content)
        (tmp_path / "a.en-de.de").write_text("x")
    start = time.process_time()
    with pytest.raises(InputError) as caught:
        convert(path, tmp_path / "out.tmx")
    assert words in caught.value.message and str(tmp_path) in caught.value.place and caught.value.hint
    assert time.process_time() - start < 10 and not (tmp_path / "out.tmx").exists()


def convert_rows(path: Path, rows: str, start: str) -> None:
    """An XLSX whose sheet has a header of two languages and these rows."""
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["en", "de"])
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode().replace("</row>", f"</row>{rows}", 1)
    parts["xl/worksheets/sheet1.xml"] = (start + sheet).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


@pytest.mark.parametrize(
    "part, content", [("xl/workbook.xml", "no"), ("xl/worksheets/sheet1.xml", "no"), ("xl/_rels/workbook.xml.rels", "<a"), ("[Content_Types].xml", "<a/>")]
)
def test_damaged_parts_of_an_xlsx_are_an_error_with_its_place(tmp_path: Path, part: str, content: str) -> None:
    path = tmp_path / "a.xlsx"
    convert_rows(path, ROW.format(2, "x"), "")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**parts, part: content.encode()}.items():
            archive.writestr(name, data)
    with pytest.raises(InputError) as caught:
        list(read_table(path))
    assert str(path) in caught.value.place


def test_markup_that_nests_absurdly_falls_back_to_its_text(tmp_path: Path) -> None:
    side = {"language": "en", "text": "x", "markup": "<hi>" * 5000 + "x" + "</hi>" * 5000}
    (tmp_path / "a.jsonl").write_text(json.dumps({"variants": [side]}) + "\n")
    done = convert(tmp_path / "a.jsonl", tmp_path / "out.tmx")
    assert next(read_tmx(tmp_path / "out.tmx")).variants == (Variant("en", "x"),) and done.lost["inline codes that no longer fit the text"] == 1
