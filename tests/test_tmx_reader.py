"""Reading: versions, encodings, codes, properties; what is refused, in what time and memory; what a complaint says."""

from __future__ import annotations

import gzip
import io
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from align.errors import InputError
from align.tmx import Header, Unit, Variant, open_tmx, read_tmx

HEAD = '<tmx version="1.4"><header srclang="en" segtype="sentence"/><body>'
TAIL = "</body></tmx>"
UNIT = '<tu tuid="1"><tuv xml:lang="en"><seg>Süß</seg></tuv><tuv xml:lang="ru"><seg>сладкий</seg></tuv></tu>'
EXPECTED = Unit("1", (Variant("en", "Süß"), Variant("ru", "сладкий")))


def put(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "in.tmx"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def units(tmp_path: Path, body: str) -> list[Unit]:
    return list(read_tmx(put(tmp_path, HEAD + body + TAIL)))


ONE_BYTE = ("cp1251", "koi8-r")
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")


@pytest.mark.parametrize("encoding, declared", [*((name, True) for name in (*UNICODE, *ONE_BYTE)), *((name, False) for name in UNICODE)])
def test_encodings(tmp_path: Path, encoding: str, declared: bool) -> None:
    single = encoding in ONE_BYTE
    unit = UNIT.replace("Süß", "Sweet") if single else UNIT
    name = encoding.removesuffix("-sig") if encoding not in ("utf-16-le", "utf-16-be") else "UTF-16"
    content = (f'<?xml version="1.0" encoding="{name}"?>\n' if declared else "") + HEAD + unit + TAIL
    (found,) = read_tmx(put(tmp_path, content.encode(encoding)))
    assert found.variants[1].text == "сладкий"


@pytest.mark.parametrize(
    "start",
    [
        "\ufeff",
        " \n",
        '\n<?xml version="1.0"?>',
        "<!-- a -->",
        '<?xml version="1.0" encoding="UTF-16"?>',
        '<?xml version="1.1"?>',
        "<?pi?><!DOCTYPE tmx SYSTEM 'tmx14.dtd'>",
    ],
)
def test_odd_but_readable_starts(tmp_path: Path, start: str) -> None:
    assert list(read_tmx(put(tmp_path, start + HEAD + UNIT + TAIL))) == [EXPECTED]


def test_packed(tmp_path: Path) -> None:
    plain = (HEAD + UNIT + TAIL).encode()
    assert list(read_tmx(put(tmp_path, gzip.compress(plain)))) == [EXPECTED]
    assert list(read_tmx(put(tmp_path, gzip.compress(plain[:50]) + gzip.compress(plain[50:]) + b"\0\0"))) == [EXPECTED]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.tmx", plain)
    assert list(read_tmx(put(tmp_path, buffer.getvalue()))) == [EXPECTED]


def test_older_versions_say_lang(tmp_path: Path) -> None:
    text = HEAD.replace("1.4", "1.1") + UNIT.replace("xml:lang", "lang") + TAIL
    memory = open_tmx(put(tmp_path, text))
    assert memory.header.version == "1.1" and list(memory.units) == [EXPECTED]
    both = '<tu><tuv lang="xx" xml:lang="en"><seg>a</seg></tuv></tu>'
    assert units(tmp_path, both)[0].variants[0].language == "en"


@pytest.mark.parametrize("prefix, declaration", [("", ' xmlns="http://www.lisa.org/tmx14"'), ("t:", ' xmlns:t="urn:x"'), ("t:", "")])
def test_namespaces(tmp_path: Path, prefix: str, declaration: str) -> None:
    text = HEAD.replace(" version", f"{declaration} version") + UNIT + TAIL
    for name in ("tmx", "header", "body", "tuv", "tu", "seg"):
        text = text.replace(f"<{name} ", f"<{prefix}{name} ").replace(f"<{name}>", f"<{prefix}{name}>").replace(f"</{name}>", f"</{prefix}{name}>")
    memory = open_tmx(put(tmp_path, text))
    assert memory.header.source_language == "en" and list(memory.units) == [EXPECTED] and not memory.lost


def test_everything_about_a_unit_is_kept(tmp_path: Path) -> None:
    body = (
        '<tu tuid="a b" creationdate="20200101T000000Z" srclang="de"><note>one</note><prop type="x-a">1</prop><note>two</note><prop type="x-a">2</prop>'
        '<tuv xml:lang="en" changeid="me"><prop type="p">3</prop><note>n</note><seg>A</seg></tuv><tuv xml:lang="en"><seg>B</seg></tuv>'
        '<tuv xml:lang="de"><seg/></tuv></tu>'
    )
    assert units(tmp_path, body) == [
        Unit(
            "a b",
            (Variant("en", "A", "", (("p", "3"),), ("n",), (("changeid", "me"),)), Variant("en", "B"), Variant("de", "")),
            (("x-a", "1"), ("x-a", "2")),
            ("one", "two"),
            (("creationdate", "20200101T000000Z"), ("srclang", "de")),
        )
    ]


@pytest.mark.parametrize(
    "inner, text, markup",
    [
        ("a &lt;b&gt; &amp;amp; <![CDATA[<c>]]>", "a <b> &amp; <c>", ""),
        ("a<!-- no -->b<?pi x?>c", "abc", ""),
        ("x&#13;&#10;y\r\nz\t", "x\r\ny\nz\t", ""),
        ('<bpt x="1" i="1">&lt;b&gt;</bpt>bold<ept i="1"/>.', "bold.", '<bpt i="1" x="1">&lt;b&gt;</bpt>bold<ept i="1"/>.'),
        ("a<ph>code<sub>flow<hi>x</hi></sub></ph>b", "ab", "a<ph>code<sub>flow<hi>x</hi></sub></ph>b"),
        ('<hi type="t">in <hi>deep</hi></hi> out', "in deep out", '<hi type="t">in <hi>deep</hi></hi> out'),
        ('<it pos="begin" x="2">[</it><ut>u</ut>t', "t", '<it pos="begin" x="2">[</it><ut>u</ut>t'),
        ('<ph type="a&lt;&quot;&#10;b"/>', "", '<ph type="a&lt;&quot;&#10;b"/>'),
        ("<g id='1'>in <ph/></g> out", "in  out", "in <ph/> out"),
        ("<ph>a<ph>b</ph></ph>", "", "<ph>ab</ph>"),
        ("<sub>stray</sub>", "stray", ""),
    ],
)
def test_segments(tmp_path: Path, inner: str, text: str, markup: str) -> None:
    (unit,) = units(tmp_path, f'<tu><tuv xml:lang="en"><seg>{inner}</seg></tuv></tu>')
    assert (unit.variants[0].text, unit.variants[0].markup) == (text, markup)


def test_header_is_read_before_the_units(tmp_path: Path) -> None:
    path = put(
        tmp_path,
        '<tmx version="1.4"><header srclang="en" o-tmf="x"><note>n</note><prop type="p">v</prop>'
        '<ude name="u" base="b"><map unicode="#x1" code="#x2"/></ude></header><body>' + UNIT + "<tu><broken",
    )
    memory = open_tmx(path)
    assert memory.header == Header("en", "1.4", (("o-tmf", "x"),), (("p", "v"),), ("n",), '<ude name="u" base="b"><map unicode="#x1" code="#x2"/></ude>')


def test_what_the_units_do_not_hold_is_listed_with_its_place(tmp_path: Path) -> None:
    body = '\n<tu>\n <prop type="a" xml:lang="en">1</prop><odd><seg>x</seg></odd><tuv xml:lang="en"></tuv><tuv xml:lang="de"><seg>a<x/></seg></tuv></tu>'
    memory = open_tmx(put(tmp_path, HEAD + body + TAIL))
    (unit,) = memory.units
    assert [variant.text for variant in unit.variants] == ["a"]
    assert [(loss.line, loss.what) for loss in memory.losses] == [
        (3, "element in a place where TMX has none: odd in tu"),
        (3, "variant without a segment"),
        (3, "inline element that TMX does not know: x"),
    ]


@pytest.mark.parametrize(
    "content, place, words",
    [
        (HEAD + "\n<tu><tuv xml:lang='en'><seg>a & b</seg></tuv></tu>" + TAIL, "2:32", "character that XML does not allow"),
        (HEAD + "<tu>\n <tuv></tu>" + TAIL, "2:9", "end tag that does not fit"),
        (HEAD + "<tu>", "1:", "ends before its last element"),
        (HEAD + UNIT + TAIL + "\n<more/>", "2:", "after the end"),
        (HEAD + "<tu><tuv xml:lang='en'><seg>&nbsp;</seg></tuv></tu>" + TAIL, "1:", "not defined"),
        ("<!DOCTYPE tmx SYSTEM 'x.dtd'>" + HEAD + "<tu><tuv xml:lang='en'><seg>&nbsp;</seg></tuv></tu>" + TAIL, "1:", "not defined"),
        (HEAD + "<tu><tuv xml:lang='en'><seg>&#2;</seg></tuv></tu>" + TAIL, "1:", "reference to a character"),
        (HEAD + "<tu><tuv xml:lang='en'><seg>\x02</seg></tuv></tu>" + TAIL, "1:", "character that XML does not allow"),
        (HEAD + "<tu a='1' a='2'/>" + TAIL, "1:", "twice"),
        ("<html><body/></html>", "1:1", "no TMX"),
        ("id\ten\n1\tx\n", "1:1", "not well-formed"),
        ("", "", "empty"),
        (b"\xff\xfe<\x00t", "", "UTF-16"),
        (HEAD.encode() + b"\xe9" + TAIL.encode(), "1:", "not well-formed"),
        (b'<?xml version="1.0" encoding="x-klingon"?>' + HEAD.encode(), "1:1", "x-klingon"),
        (b'<?xml version="1.0" encoding="rot13"?>' + HEAD.encode(), "1:1", "rot13"),
        (gzip.compress((HEAD + TAIL).encode())[:-9], "", "gzip stream ends too early"),
        (gzip.compress((HEAD + TAIL).encode())[:15] + b"xxxxxxxxxxxxx", "", "gzip stream"),
        (b"PK\x03\x04 no zip", "", "zip file is damaged"),
        (HEAD.encode("utf-16") + b"\x00\xd8\x00\x00", "", "UTF-16"),
    ],
)
def test_complaints_name_place_rule_and_remedy(tmp_path: Path, content: str | bytes, place: str, words: str) -> None:
    path = put(tmp_path, content)
    with pytest.raises(InputError) as caught:
        list(read_tmx(path))
    assert caught.value.place.startswith(f"{path}:{place}" if place else str(path)), caught.value.place
    assert words in caught.value.message and caught.value.hint


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        list(read_tmx(tmp_path / "none.tmx"))
    with pytest.raises(InputError, match="directory"):
        list(read_tmx(tmp_path))


def flood(start: str, part: str, count: int, end: str = "") -> Iterator[str]:
    """A large file in pieces, so that the test itself stays small."""
    yield start
    for _ in range(count // 1000):
        yield part * 1000
    yield end


def many(count: int) -> str:
    return "".join(f' a{number}="1"' for number in range(count))


HOSTILE: dict[str, Iterable[str]] = {
    "billion laughs": '<!DOCTYPE tmx [<!ENTITY a "ha">' + "".join(f'<!ENTITY a{n} "{"&a;" * 10}">' for n in range(20)) + "]>" + HEAD + TAIL,
    "external entity": '<!DOCTYPE tmx [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + HEAD + "<tu><tuv xml:lang='en'><seg>&x;</seg></tuv></tu>" + TAIL,
    "parameter entity": '<!DOCTYPE tmx [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]>' + HEAD + TAIL,
    "depth in a unit": HEAD + "<tu><tuv xml:lang='en'><seg>" + "<hi>" * 300_000,
    "depth outside": HEAD + "<a>" * 300_000,
    "attributes": HEAD + f"<tu{many(50_000)}>" + TAIL,
    "attributes inline": HEAD + f"<tu><tuv xml:lang='en'><seg><ph{many(50_000)}/></seg></tuv></tu>" + TAIL,
    "attributes of a property": HEAD + f"<tu><prop{many(50_000)}/></tu>" + TAIL,
    "one tag": flood(HEAD + "<tu a='", "x", 4_000_000),
    "one comment": flood(HEAD + "<!--", "x", 4_000_000),
    "one name": flood("<", "x", 4_000_000),
    "one segment": flood(HEAD + "<tu><tuv xml:lang='en'><seg>", "x", 4_000_000),
    "blanks": flood(HEAD, " ", 4_000_000, TAIL),
    "line ends": flood(HEAD, "\n", 4_000_000, TAIL),
    "properties": flood(HEAD + "<tu>", '<prop type="a">b</prop>', 200_000),
    "variants": flood(HEAD + "<tu>", '<tuv xml:lang="en"><seg/></tuv>', 200_000),
    "codes": flood(HEAD + "<tu><tuv xml:lang='en'><seg>", "<ph/>", 100_000),
    "marks": flood(HEAD + "<tu><tuv xml:lang='en'><seg>", "<hi/>", 100_000),
    "notes in the header": flood(HEAD.replace("/><body>", ">"), "<note>a</note>", 200_000),
    "declarations": "<!DOCTYPE tmx [" + "".join(f'<!ATTLIST tu a{n} CDATA "{"x" * 50}">' for n in range(100_000)) + "]>" + HEAD + TAIL,
    "content model": "<!DOCTYPE tmx [<!ELEMENT tmx " + "(" * 200_000,
}  # fmt: skip
PROBE = """
import sys, time
from pathlib import Path
from align.errors import InputError
from align.tmx import open_tmx
from align.tmx.check import check

def refuses(path):
    try:
        for _ in open_tmx(path).units:
            pass
    except InputError:
        return True
    return False

def cost(action, path):
    start = time.process_time()
    assert action(path), path.name
    return time.process_time() - start

check_refuses = lambda path: any(problem.rule == "xml" for problem in check(path).problems)
for name in sys.argv[1:]:
    for action in (refuses, check_refuses):
        # The best of four: other programs may hold up the machine.
        seconds = cost(action, Path(name))
        print(min(seconds, *(cost(action, Path(name)) for _ in range(3))) if seconds > 0.5 else seconds, Path(name).name)
peak = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(int(peak[0]) / 1024, "MB")
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_hostile_files_are_refused_within_a_second_and_100_megabytes(tmp_path: Path) -> None:
    names = []
    for name, pieces in HOSTILE.items():
        names.append(str(tmp_path / name))
        with Path(names[-1]).open("w", encoding="utf-8") as file:
            file.writelines(pieces)
    result = subprocess.run([sys.executable, "-c", PROBE, *names], capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    *costs, peak = result.stdout.splitlines()
    assert len(costs) == 2 * len(HOSTILE)
    slow = [line for line in costs if float(line.split()[0]) >= 1]
    assert not slow and float(peak.split()[0]) < 100, (slow, peak)


@pytest.mark.parametrize("name", ["entity declarations", "depth", "one tag", "comment that never ends"])
def test_hostile_files_cost_the_lenient_reader_little(tmp_path: Path, name: str) -> None:
    content = {
        "entity declarations": str(HOSTILE["billion laughs"]).replace(TAIL, UNIT + TAIL),
        "depth": HEAD + UNIT + "<tu><tuv xml:lang='en'><seg>" + "<hi>" * 300_000 + "</seg></tuv></tu>" + UNIT + TAIL,
        "one tag": HEAD + UNIT + "<tu a='" + "x" * 10_000_000 + "'/>" + UNIT + TAIL,
        "comment that never ends": HEAD + UNIT + "<!--" + UNIT + TAIL,
    }[name]
    path = put(tmp_path, content)
    start = time.process_time()
    found = list(read_tmx(path, lenient=True))
    assert time.process_time() - start < 5
    assert EXPECTED in found
    assert all(len(variant.text) < 100 for unit in found for variant in unit.variants)


def test_a_packed_bomb_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, gzip.compress(HEAD.encode() + b"<tu/>" * 2_000_000, 9))
    start = time.process_time()
    with pytest.raises(InputError, match="times its size"):
        list(read_tmx(path))
    assert time.process_time() - start < 1


def test_a_zip_whose_directory_points_before_its_start(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.tmx", HEAD + TAIL)
    content = bytearray(buffer.getvalue())
    end = content.rindex(b"PK\x05\x06")
    content[end + 16 : end + 20] = (10_000).to_bytes(4, "little")
    with pytest.raises(InputError, match="zip"):
        list(read_tmx(put(tmp_path, bytes(content))))


def test_encodings_of_ones_own_that_are_none_are_left_out(tmp_path: Path) -> None:
    header = '<header srclang="en"><ude nome="a"><map unicode="#x1"/></ude><ude name="b"/><ude name="c" x="1"><map unicode="#x2" y="2"/></ude></header>'
    memory = open_tmx(put(tmp_path, f"<tmx>{header}<body>{UNIT}{TAIL}"))
    assert memory.header.encodings == '<ude name="c"><map unicode="#x2"/></ude>' and list(memory.units) == [EXPECTED]


def test_memory_stays_flat(tmp_path: Path) -> None:
    path = tmp_path / "big.tmx"
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        for number in range(20_000):
            file.write(UNIT.replace("Süß", f"Süß {number}"))
        file.write(TAIL)
    assert sum(1 for _ in read_tmx(path)) == 20_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in read_tmx(path)) == 20_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2_000


DAMAGED = [
    ("a & b", "a & b", "stray &"),
    ("a&nbsp;b&eacute;", "a\u00a0bé", "entity of HTML"),
    ("a &unknown; b", "a &unknown; b", "unknown entity"),
    ("a &amp; b &#65;", "a & b A", ""),
    ("a \x02 b", "a   b", "forbids"),
    ("a &#0; &#xD800; b", "a     b", "reference to a character"),
    ("1 < 2", "1 < 2", "stray <"),
    ("a <br> b", "a <br> b", "stray <"),
    ("a <bpt i='1'>x</seg", "a x", "inline codes"),
]


@pytest.mark.parametrize("inner, text, loss", DAMAGED)
def test_lenient_reading_mends_and_says_so(tmp_path: Path, inner: str, text: str, loss: str) -> None:
    closed = inner if inner.endswith("</seg") else f"{inner}</seg"
    body = f'{UNIT}\n<tu tuid="2"><prop type="p">v</prop><tuv xml:lang="en"><seg>{closed}></tuv><tuv xml:lang="de"><seg>ok</seg></tuv></tu>\n{UNIT}'
    memory = open_tmx(put(tmp_path, HEAD + body + TAIL), lenient=True)
    first, found, last = memory.units
    assert first == last == EXPECTED
    assert found.id == "2" and found.properties == (("p", "v"),) and [variant.text for variant in found.variants] == [text, "ok"]
    assert all(entry.line == 2 for entry in memory.losses)
    assert any(loss in entry.what for entry in memory.losses) if loss else not memory.losses


@pytest.mark.parametrize(
    "content, texts, loss",
    [
        (HEAD + UNIT + "<tu><tuv xml:lang='en'><seg>cut", ["Süß", "cut"], "not closed"),
        (HEAD + "<tu><tuv xml:lang='en'><seg>a</seg></tuv>" + UNIT + TAIL, ["a", "Süß"], "not closed"),
        (HEAD + "</tu>" + UNIT + TAIL, ["Süß"], "never started"),
        (HEAD + "<tu><tuv>no</tuv><seg>x</tu>" + UNIT + TAIL, ["Süß"], "unit that cannot be read"),
        (HEAD.replace("/>", " x=&y />") + UNIT + TAIL, ["Süß"], "header"),
        ("<tmx><body>" + UNIT + TAIL, ["Süß"], "no header"),
        (HEAD + UNIT + TAIL + "junk\x00" + "</tmx>", ["Süß"], ""),
        (HEAD + "<!-- " + UNIT + " -->" + UNIT + TAIL, ["Süß"], ""),
        (HEAD + UNIT.replace("Süß", "<![CDATA[</tu><tu>]]>") + TAIL, ["</tu><tu>"], ""),
    ],
)
def test_lenient_reading_survives_broken_structure(tmp_path: Path, content: str, texts: list[str], loss: str) -> None:
    memory = open_tmx(put(tmp_path, content), lenient=True)
    assert [unit.variants[0].text for unit in memory.units] == texts
    assert any(loss in what for what in memory.lost) if loss else not memory.lost


def test_lenient_reading_takes_what_a_torn_packed_file_has(tmp_path: Path) -> None:
    whole = gzip.compress((HEAD + "".join(UNIT.replace("Süß", f"Süß {number}") for number in range(5000)) + TAIL).encode())
    memory = open_tmx(put(tmp_path, whole[: len(whole) // 2]), lenient=True)
    assert len(list(memory.units)) > 1000
    assert any("gzip" in what for what in memory.lost)


def test_lenient_reading_still_wants_a_memory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no TMX"):
        open_tmx(put(tmp_path, "just some text"), lenient=True)
