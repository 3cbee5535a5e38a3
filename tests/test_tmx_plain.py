"""The fast way through plain units gives what expat alone gives, to the letter: units, losses, complaints and their places."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from align.errors import InputError
from align.tmx import Header, Memory, plain, source
from align.tmx.builder import Builder
from align.tmx.reader import open_tmx
from align.tmx.safe import Guard

HEAD = '<tmx version="1.4"><header srclang="en"/><body>\n'
PLAIN = '<tu tuid="{n}">\n<tuv xml:lang="en"><seg>One {n}.</seg></tuv>\n<tuv xml:lang="de"><seg>Eins &amp; {n}.</seg></tuv>\n</tu>\n'


def outcome(path: Path, fast: bool) -> tuple[Any, ...]:
    """Everything that can be seen of a reading."""
    try:
        if fast:
            memory = open_tmx(path)
            units = list(memory.units)
        else:
            guard = Guard(source.open_source(path))
            memory = Memory(path, Header(""), iter(()))
            builder = Builder(guard, memory)
            for _ in guard.drive():
                pass
            units = builder.found
    except InputError as error:
        return ("refused", error.message, error.place, error.hint)
    return ("read", memory.header, units, memory.losses, memory.lost)


PARTS = (
    [
        PLAIN.replace("{n}", "1"),
        PLAIN.replace("{n}", "2") * 3,
        PLAIN.replace("\n", "\r\n").replace("{n}", "3"),
        PLAIN.replace("\n", "\r").replace("{n}", "4"),
        PLAIN.replace("{n}", "5").replace("</seg>", "]]</seg>", 1),
        PLAIN.replace("{n}", "6").replace("</seg>", "]]></seg>", 1),
        PLAIN.replace("{n}", "7").replace("<seg>", '<prop type="x-a">&lt;b&gt; &quot;c&apos;</prop><seg>'),
        PLAIN.replace("{n}", "8").replace("<tuv", '<prop type="x-a">1</prop>\n<prop type="x-a">2</prop><tuv', 1),
        PLAIN.replace("{n}", "9").replace("<tuv", '<prop type="x-a" xml:lang="en">1</prop><note o-encoding="u">n</note><tuv', 1),
        PLAIN.replace("{n}", "10").replace("<tuv ", '<tuv creationdate="20200101T000000Z" creationid="me &amp; you" ', 1),
        PLAIN.replace("{n}", "11").replace("<tuv ", '<tuv lang="x" changeid="&lt;" '),
        PLAIN.replace("{n}", "12").replace("<tu ", '<tu srclang="de" usagecount="3" '),
        PLAIN.replace("{n}", "13").replace("<tu ", '<tu tuid="twice" '),
        PLAIN.replace("{n}", "14").replace(' tuid="14"', ""),
        PLAIN.replace("{n}", "15").replace("xml:lang", "xmlns:a"),
        PLAIN.replace("{n}", "16").replace("One", "<ph>x</ph>"),
        PLAIN.replace("{n}", "17").replace("One", "&#65; &nbsp;"),
        PLAIN.replace("{n}", "18").replace("One", "\x07"),
        PLAIN.replace("{n}", "19").replace("One", "\ufffe"),
        PLAIN.replace("{n}", "20").replace("One", "日本 🙂 \x85 \u2028 > '\"\n line\ttab"),
        PLAIN.replace("{n}", "21").replace("<seg>One", "<seg> <![CDATA[<seg>]]>One"),
        PLAIN.replace("{n}", "22").replace("<tu ", "<t:tu ").replace("</tu>", "</t:tu>"),
        PLAIN.replace("{n}", "23").replace('"', "'"),
        PLAIN.replace("{n}", "24").replace("</tu>", '<tuv xml:lang="fr"><seg/></tuv></tu>'),
        "<!-- ", " -->", "<!-- a -->", "<![CDATA[", "]]>", "<?a ", "?>", "text", "é\n\n  ", "&amp;", "&b;", "<", "<odd>", "</odd>", "</tu>", "<tu>", "<tuv>",
        "</body>", "<body>", "</tmx>", "<tu a='", "'>", "<note>n</note>", " " * 300, "\n" * 40, "\r", "\ufeff",
    ]
)  # fmt: skip


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from(PARTS), max_size=9),
    st.sampled_from(["", "", "", "<!DOCTYPE tmx SYSTEM 'x'>\n", "<!DOCTYPE tmx [<!ATTLIST tuv a CDATA 'b'>]>", "\ufeff", "<?xml version='1.0'?>\n"]),
    st.booleans(),
    st.sampled_from(["utf-8", "utf-8", "utf-16"]),
    st.sampled_from([7, 100, 1 << 16]),
    st.sampled_from([10, 300, 1 << 14]),
)
def test_expat_alone_says_the_same(parts: list[str], start: str, closed: bool, encoding: str, chunk: int, held: int) -> None:
    # The first piece of a file has a kilobyte in any case: the rest comes in pieces of the size that is tried.
    text = start + HEAD + " " * (900 if chunk < 1000 else 0) + "".join(parts) + ("</body></tmx>" if closed else "")
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / "in.tmx"
        path.write_bytes(text.encode(encoding))
        patch.setattr(source, "CHUNK_BYTES", chunk)
        patch.setattr(plain, "HELD_CHARS", held)
        assert outcome(path, True) == outcome(path, False)


@pytest.mark.parametrize("damage", [b"\xff", b"\xe9", b"\xed\xa0\x80", b"\xf0\x9f", b"\x00"])
@pytest.mark.parametrize("place", [500, 70_000, 150_000])
def test_bytes_that_are_no_utf_8_are_found_where_they_are(tmp_path: Path, damage: bytes, place: int) -> None:
    content = (HEAD + "".join(PLAIN.replace("{n}", f"{number} ü") for number in range(2000)) + "</body></tmx>").encode()
    path = tmp_path / "in.tmx"
    path.write_bytes(content[:place] + damage + content[place:])
    assert outcome(path, True) == outcome(path, False)
    assert outcome(path, True)[0] == "refused"


@pytest.mark.parametrize("text", [PLAIN.replace("{n}", "1"), "<odd>", "a & b"])
def test_what_stands_before_damage_is_judged_first(tmp_path: Path, text: str) -> None:
    path = tmp_path / "in.tmx"
    path.write_bytes((HEAD + " " * 900 + text).encode("utf-16") + b"\x00\xd8\x00\x00")
    assert outcome(path, True) == outcome(path, False)


def test_plain_units_do_go_the_fast_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "in.tmx"
    path.write_text(HEAD + "".join(PLAIN.replace("{n}", str(number)) for number in range(3000)) + PLAIN.replace("One", "<ph/>") + "</body></tmx>")
    seen = []
    original = plain.skim

    def counted(*arguments: Any) -> Any:
        for piece in original(*arguments):
            seen.append(len(piece))
            yield piece

    monkeypatch.setattr("align.tmx.reader.skim", counted)
    assert len(list(open_tmx(path).units)) == 3001
    assert sum(seen) < path.stat().st_size / 100


@pytest.mark.parametrize(
    "opening, closing", [("<![CDATA[", "]]>"), ("<!-- ", " -->"), ("<?a ", "?>"), ("<odd>", "</odd>"), ("<tu>", "</tu>"), ("</body>", "<body>")]
)
def test_units_inside_something_else_are_none(tmp_path: Path, opening: str, closing: str) -> None:
    path = tmp_path / "in.tmx"
    unit = PLAIN.replace("{n}", "1")
    for inside in (unit * 40, unit * 1000):
        path.write_text(HEAD + unit + opening + inside + closing + unit * 40 + "</body></tmx>")
        assert outcome(path, True) == outcome(path, False)


@pytest.mark.parametrize("part", PARTS)
def test_each_part_alone_and_the_place_of_what_comes_after(tmp_path: Path, part: str) -> None:
    path = tmp_path / "in.tmx"
    for rest in ("</body></tmx>", PLAIN.replace("{n}", "3") * 2 + "<odd/>&none;"):
        path.write_bytes((HEAD + PLAIN.replace("{n}", "1") * 5 + part + part + rest).encode("utf-8", "surrogatepass"))
        assert outcome(path, True) == outcome(path, False)
