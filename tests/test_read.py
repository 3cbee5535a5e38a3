"""`align.read`: formats, encodings, parts of files, and every complaint at once."""

from __future__ import annotations

import codecs
import zipfile
from pathlib import Path

import pytest

from align.errors import InputError
from align.read import Entry, read, read_text
from align.read.languages import doubt

GERMAN = (
    "Der Minister empfing die Abordnung am Mittwoch in der Hauptstadt und sprach mit ihr über die Lage im Osten des Landes. Beide Seiten wollen die Gespräche "
    "fortsetzen, sagte er nach dem Treffen vor den Kameras, doch über den Zeitpunkt müsse noch entschieden werden. Niemand erwarte schnelle Ergebnisse."
)
RUSSIAN = (
    "Министр принял делегацию в среду в столице и говорил с ней о положении на востоке страны. Обе стороны хотят продолжить переговоры, сказал он после "
    "встречи перед камерами, однако о сроках ещё предстоит договориться. Никто не ждёт быстрых результатов, добавил представитель правительства."
)


def write(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return path


@pytest.mark.parametrize(
    ("data", "language", "text", "warns"),
    [
        ("één\r\ntwee\rdrie\n".encode(), "nl", "één\r\ntwee\rdrie\n", ""),
        (codecs.BOM_UTF8 + b"one", "en", "one", ""),
        (codecs.BOM_UTF16_LE + "да\r\n".encode("utf-16-le"), "ru", "да\r\n", ""),
        (codecs.BOM_UTF16_BE + "да".encode("utf-16-be"), "ru", "да", ""),
        (codecs.BOM_UTF32_LE + "да".encode("utf-32-le"), "ru", "да", ""),
        (RUSSIAN.encode("cp1251"), "ru", RUSSIAN, "cp1251"),
        (RUSSIAN.encode("koi8_r"), "ru-RU", RUSSIAN, "koi8_r"),
        (GERMAN.encode("cp1252"), "de", GERMAN, "cp1252"),
        ("日本語の文章です。これは試験です。".encode("cp932"), "ja", "日本語の文章です。これは試験です。", "cp932"),
        (("é" * 100).encode() + b"\xff", "fr", "é" * 100 + "\ufffd", "1 places are not valid UTF-8 (first in line 1)"),
    ],
)
def test_plain_text_is_decoded_and_left_alone(tmp_path: Path, data: bytes, language: str, text: str, warns: str) -> None:
    found = read_text(write(tmp_path, "a.txt", data), language)
    assert found.text == text
    assert len(found.warnings) == bool(warns)
    assert warns in "".join(found.warnings)


@pytest.mark.parametrize(
    ("name", "data", "says", "hint"),
    [
        ("a.txt", b"", "is empty", "needs text"),
        ("a.txt", b" \n\t\n", "nothing but blanks", "needs text"),
        ("a.txt", codecs.BOM_UTF8 + b"\n", "holds no text", "needs text"),
        ("a.txt", b"ab\0cd", "NUL bytes", "byte-order mark"),
        ("a.pdf", b"%PDF-1.7 ...", "is a PDF", "pdftotext"),
        ("a.txt", b"%PDF-1.7 ...", "is a PDF", "pdftotext"),
        ("a.odt", b"PK\x03\x04mimetypeapplication/vnd.oasis", "zip archive", "DOCX"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Office document", "soffice"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "PNG image", "text recognition"),
        ("a.docx", b"no zip", "is not a DOCX", "save it again"),
        ("a.docx", b"PK\x03\x04 cut off", "is not a DOCX", "save it again"),
        ("a.tsv", b"id\tnote\n1\tx\n", "the columns are 'id', 'note'", "name the column 'en'"),
        ("a.csv", b'text\n"open\n', "is not CSV", "RFC 4180"),
        ("a.html", b"<html><body></body></html>", "holds no text", "needs text"),
    ],
)
def test_what_is_no_text_is_refused_with_a_remedy(tmp_path: Path, name: str, data: bytes, says: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        read([Entry(write(tmp_path, name, data), "en", label=f"texts/{name}")])
    assert says in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.place == f"texts/{name}"


def test_documents_bear_stem_id_and_what_the_entry_says(tmp_path: Path) -> None:
    path = write(tmp_path, "abcnews.1.en.txt", "One.\n\nTwo.\nThree.\n")
    whole, part = read(
        [
            Entry(path, "EN_us", outlet="ABC", date="2017-05-14", group="g", id="whole"),
            Entry(path, "en", paragraphs="1-2"),
        ]
    ).documents
    assert (whole.id, whole.stem, whole.language, whole.outlet, whole.date, whole.group) == ("whole", "abcnews.1.en", "en-US", "ABC", "2017-05-14", "g")
    assert (whole.start, whole.end) == (0, len(whole.text))
    assert (part.id, part.stem, part.text) == ("abcnews.1.en:1-2", "abcnews.1.en", whole.text)
    assert part.text[part.start : part.end] == "Two.\nThree."


@pytest.mark.parametrize(
    ("paragraphs", "text"),
    [
        ("0", "One."),
        ("7", None),
        ("0-1", "One.\n \nTwo."),
        ("2-", "Three."),
        ("1-1", "Two."),
        ("2-3", None),
        ("2-1", None),
        ("a", None),
        ("-", None),
        ("-2", None),
    ],
)
def test_paragraphs_count_lines_that_are_not_blank(tmp_path: Path, paragraphs: str, text: str | None) -> None:
    entry = Entry(write(tmp_path, "a.txt", "One.\n \nTwo.\nThree.\n"), "en", paragraphs=paragraphs)
    if text is None:
        with pytest.raises(InputError, match=r"paragraphs = ") as caught:
            read([entry])
        assert "counted from 0" in caught.value.hint
        return
    (document,) = read([entry]).documents
    assert document.text[document.start : document.end] == text


def test_too_many_paragraphs_are_told_how_many_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the file has 3 \(0 to 2\)"):
        read([Entry(write(tmp_path, "a.txt", "One.\n\nTwo.\nThree.\n"), "en", paragraphs="2-9")])


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    good = write(tmp_path, "good.txt", "Text.")
    entries = [
        Entry(tmp_path / "missing.txt", "en", label="missing.txt"),
        Entry(tmp_path, "en", label="folder"),
        Entry(good, "english", label="good.txt"),
        Entry(good, "en", paragraphs="3", label="good.txt"),
        Entry(tmp_path / "missing.txt", "en", label="missing.txt", paragraphs="1"),
    ]
    with pytest.raises(InputError) as caught:
        read(entries)
    message = caught.value.message
    assert message.startswith("4 problems with the documents\n")
    for expected in ("missing.txt: no such file", f"looked for at {tmp_path}", "folder: is a folder", "'english' is no language tag", "paragraphs = '3'"):
        assert expected in message


def test_one_id_for_two_documents(tmp_path: Path) -> None:
    one, two = write(tmp_path, "one.txt", "One."), write(tmp_path, "two.txt", "Two.")
    with pytest.raises(InputError, match=r"two documents have the id 'x': one and two") as caught:
        read([Entry(one, "en", id="x", label="one"), Entry(two, "en", id="x", label="two")])
    assert 'id = "..."' in caught.value.hint
    with pytest.raises(InputError, match=r"two documents have the id 'one': one\.txt twice"):
        read([Entry(one, "en", label="one.txt"), Entry(one, "en", label="one.txt")])


def test_one_stem_for_two_files(tmp_path: Path) -> None:
    german, french = write(tmp_path, "dev.de", "Eins."), write(tmp_path, "dev.fr", "Un.")
    with pytest.raises(InputError, match=r"dev\.de and dev\.fr are both called 'dev'") as caught:
        read([Entry(german, "de", label="dev.de"), Entry(french, "fr", label="dev.fr")])
    assert 'id = "..."' in caught.value.hint
    assert "\n" not in caught.value.message
    documents = read([Entry(german, "de", id="german"), Entry(french, "fr", id="french")]).documents
    assert [(document.id, document.stem) for document in documents] == [("german", "german"), ("french", "french")]


PAGE = """<!DOCTYPE html><html lang="en"><head><title>Talks go on</title>
<meta property="og:site_name" content="The Daily"><meta property="article:published_time" content="2017-05-14T10:00:00Z">
<link rel="canonical" href="https://example.org/talks"></head><body><nav><a href="/">Home</a> <a href="/more">More</a></nav>
<article><h1>Talks go on</h1><p>The minister received the delegation on Wednesday and spoke about the state of the talks for two hours.</p>
<p>Both sides want to go on, he said after the meeting, but “nobody expects &amp; hopes for quick results” in this round.</p></article>
<footer>Read more. All rights reserved.</footer></body></html>"""


@pytest.mark.parametrize("name", ["page.html", "page.txt"])
def test_html_gives_main_text_and_its_own_details(tmp_path: Path, name: str) -> None:
    (document,) = read([Entry(write(tmp_path, name, PAGE), "en")]).documents
    assert "“nobody expects & hopes for quick results”" in document.text
    assert "rights reserved" not in document.text
    assert (document.outlet, document.date, document.url) == ("The Daily", "2017-05-14", "https://example.org/talks")
    (named,) = read([Entry(write(tmp_path, name, PAGE), "en", outlet="D", date="2017-05-15", url="u")]).documents
    assert (named.outlet, named.date, named.url) == ("D", "2017-05-15", "u")


def test_html_in_an_old_encoding_that_it_states(tmp_path: Path) -> None:
    page = PAGE.replace("<head>", '<head><meta charset="iso-8859-1">').replace("“", '"').replace("”", '"').replace("Wednesday", "Méèrcoledì")
    assert "Méèrcoledì" in read_text(write(tmp_path, "a.html", page.encode("latin-1")), "en").text


@pytest.mark.parametrize("page", ["<html>" + "<div>" * 60_000 + "deep", "<html>" + "<p>x" * 250_000])
def test_hostile_html_ends(tmp_path: Path, page: str) -> None:
    path = write(tmp_path, "a.html", page)
    try:
        assert read_text(path, "en").text.strip()
    except InputError as error:
        assert error.hint


def test_docx_gives_paragraphs_tables_and_insertions_in_order(tmp_path: Path) -> None:
    import docx
    from docx.oxml import parse_xml

    made = docx.Document()
    made.add_heading("Heading", 1)
    paragraph = made.add_paragraph("Before\ttab ")
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    paragraph._p.append(parse_xml(f'<w:ins {space} w:id="1" w:author="a"><w:r><w:t>inserted</w:t></w:r></w:ins>'))
    paragraph._p.append(parse_xml(f'<w:del {space} w:id="2" w:author="a"><w:r><w:delText>deleted</w:delText></w:r></w:del>'))
    table = made.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "left", "right"
    made.add_paragraph("After")
    made.save(str(tmp_path / "a.docx"))
    assert read_text(tmp_path / "a.docx").text == "Heading\nBefore\ttab inserted\nleft\nright\nAfter\n"
    (tmp_path / "a.docx").rename(tmp_path / "no-suffix")
    assert read_text(tmp_path / "no-suffix").text.startswith("Heading\n")


def test_docx_that_unpacks_to_too_much(tmp_path: Path) -> None:
    path = tmp_path / "bomb.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w", force_zip64=True) as part:
        for _ in range(80):
            part.write(b" " * 2**20)
    with pytest.raises(InputError, match="unpacks to more"):
        read_text(path)


@pytest.mark.parametrize(
    ("name", "data", "language", "text"),
    [
        ("a.tsv", "id\ten\tpt_BR\n1\tone\tum\n2\ttwo\tdois\n", "pt-BR", "um\ndois\n"),
        ("a.tsv", "id\ten\tpt_BR\n1\tone\tum\n2\ttwo\tdois\n", "pt", "um\ndois\n"),
        ("a.tsv", 'id\ttext\n1\tsays "no\n2\n3\ta\\tb\\nc\\\\d\n', "en", 'says "no\n\na b c\\d\n'),
        ("a.csv", 'text,n\r\n"one, ""two""\nthree",1\r\nfour,2\r\n', "en", 'one, "two" three\nfour\n'),
        ("a.csv", "id;target\n1;eins, zwei\n", "de", "eins, zwei\n"),
    ],
)
def test_tables_give_one_line_a_row(tmp_path: Path, name: str, data: str, language: str, text: str) -> None:
    assert read_text(write(tmp_path, name, data), language).text == text


MEMORY = """<?xml version="1.0" encoding="UTF-8"?><tmx version="1.4"><header creationtool="t" creationtoolversion="1" segtype="sentence" o-tmf="t"
 adminlang="en" srclang="en" datatype="plaintext"/><body>
<tu><tuv xml:lang="en"><seg>One &amp; only.</seg></tuv><tuv xml:lang="de-DE"><seg>Einzig.</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>Two.</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>Three.</seg></tuv><tuv xml:lang="de-DE"><seg>Drei
Zeilen.</seg></tuv></tu></body></tmx>"""


def test_a_memory_gives_one_line_a_unit_and_a_stem_a_language(tmp_path: Path) -> None:
    path = write(tmp_path, "m.tmx", MEMORY)
    english, german = read([Entry(path, "en", id="a"), Entry(path, "de", id="b")]).documents
    assert english.text == "One & only.\nTwo.\nThree.\n"
    assert german.text == "Einzig.\n\nDrei Zeilen.\n"
    assert english.stem != german.stem
    assert read([Entry(path, "de")]).documents[0].stem == "m"
    with pytest.raises(InputError, match="no text in fr; its languages are: de-DE, en"):
        read([Entry(path, "fr")])


def test_a_hostile_memory_is_refused(tmp_path: Path) -> None:
    entities = '<!DOCTYPE tmx [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    with pytest.raises(InputError):
        read_text(write(tmp_path, "m.tmx", MEMORY.replace("<tmx ", entities + "<tmx ").replace("only", "&b;")), "en")


@pytest.mark.parametrize(
    ("text", "language", "reads"),
    [
        (GERMAN, "de", ""),
        (GERMAN, "fr", "de"),
        (GERMAN, "de-AT", ""),
        (RUSSIAN, "ru", ""),
        (RUSSIAN, "en", "ru"),
        (GERMAN[:100], "fr", ""),
        ("12345 " * 200, "fr", ""),
        (GERMAN, "qaa", ""),
    ],
)
def test_a_language_is_doubted_when_the_text_is_long_and_clear(text: str, language: str, reads: str) -> None:
    assert doubt(text, language) == (f"says it is {language} but reads like {reads}; if that is so, name {reads} as its language" if reads else "")


def test_the_doubt_is_a_warning_of_the_reading(tmp_path: Path) -> None:
    (warning,) = read([Entry(write(tmp_path, "a.txt", GERMAN), "fr", label="texts/a.txt")]).warnings
    assert warning.startswith("texts/a.txt: says it is fr but reads like de")


def test_no_news_article_in_eleven_languages_is_doubted(shared: Path) -> None:
    paths = sorted((shared / "data" / "documents" / "ntrex-dev").glob("*/*.txt"))[::3]
    assert len(paths) > 100
    assert [path for path in paths if doubt(path.read_text(encoding="utf-8"), path.stem)] == []
    wrong = {"de": "fr", "en": "de", "ru": "uk", "uk": "ru", "es": "pt", "pt-BR": "es", "fr": "en", "tr": "en", "zh": "ja", "ja": "zh", "ar": "fa"}
    seen = [bool(doubt(path.read_text(encoding="utf-8"), wrong[path.stem])) for path in paths if path.stat().st_size > 1500]
    assert sum(seen) > 0.95 * len(seen)
