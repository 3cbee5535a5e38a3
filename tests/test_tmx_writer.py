"""Every rule that a client is known to stumble on, one test each."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

import pytest

from align.errors import OutputError
from align.tmx import Header, Unit, Variant, write_tmx
from align.tmx.languages import canonical, outlet_words, private_tags, well_formed

LANG = "{http://www.w3.org/XML/1998/namespace}lang"
PAIR = Unit("u1", (Variant("en", "Hello."), Variant("de", "Hallo.")))


def written(tmp_path: Path, *units: Unit, source: str = "en", tally: Counter[str] | None = None, **options: object) -> ElementTree.Element:
    path = tmp_path / "out.tmx"
    write_tmx(path, units, source, tally=tally, **options)  # type: ignore[arg-type]
    return ElementTree.parse(path).getroot()


def segments(root: ElementTree.Element) -> list[list[tuple[str | None, str]]]:
    return [[(tuv.get(LANG), "".join(tuv.find("seg").itertext())) for tuv in tu.findall("tuv")] for tu in root.iter("tu")]  # type: ignore[union-attr]


def test_header_has_all_seven_attributes(tmp_path: Path) -> None:
    root = written(tmp_path, PAIR)
    header = root.find("header")
    assert root.get("version") == "1.4" and header is not None
    assert set(header.attrib) >= {"creationtool", "creationtoolversion", "segtype", "o-tmf", "adminlang", "srclang", "datatype"}
    assert header.get("creationtool") == "align" and header.get("segtype") == "sentence"


@pytest.mark.parametrize("source, side", [("en", "en"), ("pt_br", "PT-BR"), ("zh-hant", "zh_Hant"), ("EN-us", "en-US"), ("fra", "fr")])
def test_source_language_equals_that_of_its_variant_to_the_letter(tmp_path: Path, source: str, side: str) -> None:
    root = written(tmp_path, Unit("", (Variant(side, "a"), Variant("ru", "b"))), source=source)
    assert root.find("header").get("srclang") == next(root.iter("tuv")).get(LANG)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "tag, expected",
    [
        ("en_US", "en-US"), ("PT-br", "pt-BR"), ("zh-hant", "zh-Hant"), ("ZH-HANT-tw", "zh-Hant-TW"), ("fra", "fr"), ("deu-CH-1996", "de-CH-1996"),
        ("es-419", "es-419"), ("en-X-Moscow-Times", "en-x-moscow-times"), ("iw", "he"), ("French", "French"), ("gsw", "gsw"), ("sl-IT-NEDIS", "sl-IT-nedis"),
        ("de-a-BB-u-CO-phonebk", "de-a-bb-u-co-phonebk"), ("sr_cyrl_rs", "sr-Cyrl-RS"),
    ],
)  # fmt: skip
def test_language_tags_take_their_canonical_form(tag: str, expected: str) -> None:
    assert canonical(tag) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    "tag, fine", [("en", True), ("en-x-moscow-times", True), ("en_US", False), ("e", False), ("en-", False), ("x-any", True), ("en-x", False)]
)
def test_well_formed(tag: str, fine: bool) -> None:
    assert well_formed(tag) is fine


def test_variants_of_one_language_in_two_regions_stay_apart(tmp_path: Path) -> None:
    sides = (Variant("en", "bus"), Variant("pt-BR", "ônibus"), Variant("pt-PT", "autocarro"), Variant("zh-Hant", "巴士"), Variant("zh-Hans", "公交"))
    assert [language for language, _ in segments(written(tmp_path, Unit("", sides)))[0]] == ["en", "pt-BR", "pt-PT", "zh-Hant", "zh-Hans"]


def test_one_variant_a_language_the_first(tmp_path: Path) -> None:
    tally: Counter[str] = Counter()
    unit = Unit("", (Variant("en", "a"), Variant("de", "b"), Variant("DE", "c")))
    assert segments(written(tmp_path, unit, tally=tally)) == [[("en", "a"), ("de", "b")]]
    assert tally["second variant in a language"] == 1


@pytest.mark.parametrize("text", [" a ", "\ta\n", "\u00a0a\u3000", "\r\na\r", "\x07a\x1f"])
def test_no_blank_at_either_end_of_a_segment(tmp_path: Path, text: str) -> None:
    assert segments(written(tmp_path, Unit("", (Variant("en", text), Variant("de", text))))) == [[("en", "a"), ("de", "a")]]


def test_no_blank_at_the_ends_of_a_segment_with_codes(tmp_path: Path) -> None:
    codes = Variant("en", " a b ", ' a <ph x="1"> &lt;br&gt; </ph>b ')
    root = written(tmp_path, Unit("", (codes, Variant("de", "c"))))
    seg = next(root.iter("seg"))
    assert seg.text == "a " and seg[0].text == " <br> " and seg[0].tail == "b"


@pytest.mark.parametrize("empty", ["", " ", "\n\t", "\u00a0", "\x00", "\ufffe\ud800"])
def test_a_gap_is_no_unit(tmp_path: Path, empty: str) -> None:
    tally: Counter[str] = Counter()
    root = written(tmp_path, Unit("", (Variant("en", "a"), Variant("de", empty))), Unit("", (Variant("en", "b"),)), PAIR, tally=tally)
    assert segments(root) == [[("en", "Hello."), ("de", "Hallo.")]]
    assert tally["unit without two sides"] == 2 and tally["empty side"] >= 1


@pytest.mark.parametrize("bad", ["\x00", "\x0b", "\x1b", "\ud800", "\udfff", "\ufffe", "\uffff"])
def test_what_xml_forbids_becomes_a_space_and_is_counted(tmp_path: Path, bad: str) -> None:
    tally: Counter[str] = Counter()
    unit = Unit(f"i{bad}d", (Variant("en", f"a{bad}b"), Variant("de", f"c{bad}{bad}d", "", (("x-p", f"v{bad}"),))), (("x-q", f"{bad}w"),), (f"n{bad}",))
    assert segments(written(tmp_path, unit, tally=tally)) == [[("en", "a b"), ("de", "c  d")]]
    assert tally["forbidden character"] == 7


def test_markup_characters_are_escaped(tmp_path: Path) -> None:
    text = """<b>&amp; "x" 'y' ]]> &#1;</b>"""
    unit = Unit("a\"<&'", (Variant("en", text), Variant("de", text)), (('x-"<&', text),), (text,))
    root = written(tmp_path, unit)
    assert segments(root) == [[("en", text), ("de", text)]]
    tu = next(root.iter("tu"))
    assert tu.findtext("prop") == text and tu.findtext("note") == text and tu.get("tuid") == "a\"<&'"


@pytest.mark.parametrize(
    "name, expected",
    [("x-score", "x-score"), ("score", "x-score"), ("file", "x-file"), ("id", "x-id"), ("prev", "x-prev"), ("next", "x-next"), ("path", "x-path"),
     ("origin", "x-origin"), ("x-ice", "x-align-ice"), ("x-100pc", "x-align-100pc"), ("x-auto", "x-align-auto"), ("a b", "x-a-b"), ("", "x-unnamed")],
)  # fmt: skip
def test_properties_start_with_x_and_are_none_that_a_client_takes_for_its_own(tmp_path: Path, name: str, expected: str) -> None:
    root = written(tmp_path, Unit("", PAIR.variants, ((name, "1"),)))
    assert [prop.get("type") for prop in root.iter("prop")] == [expected]
    assert next(root.iter("tu")).find("prop") is not None, "properties sit on the tu"


def test_at_most_one_note(tmp_path: Path) -> None:
    root = written(tmp_path, Unit("", PAIR.variants, (), ("one", "two")))
    assert [note.text for note in root.iter("note")] == ["one\ntwo"]


def test_identifiers_have_no_blanks(tmp_path: Path) -> None:
    assert next(written(tmp_path, Unit(" a b\tc ", PAIR.variants)).iter("tu")).get("tuid") == "a-b-c"


def test_identifier_comes_from_the_content(tmp_path: Path) -> None:
    first, same, other = (Unit("", (Variant("en", "a"), Variant("de", text))) for text in ("b", " b ", "c"))
    ids = [tu.get("tuid") for tu in written(tmp_path, first, same, other).iter("tu")]
    assert ids[0] == ids[1] != ids[2] and all(name and len(name) == 16 for name in ids)


@pytest.mark.parametrize(
    "date, expected",
    [("20170514T102030Z", "20170514T102030Z"), ("2017-05-14", "20170514T000000Z"), ("2017-05-14T12:20:30+02:00", "20170514T102030Z"), ("May", None)],
)
def test_dates_have_the_form_of_the_specification(tmp_path: Path, date: str, expected: str | None) -> None:
    tally: Counter[str] = Counter()
    root = written(tmp_path, Unit("", PAIR.variants, attributes=(("creationdate", date),)), tally=tally)
    assert next(root.iter("tu")).get("creationdate") == expected
    assert tally["creationdate that is no date"] == (expected is None)


def test_no_clock_but_source_date_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert written(tmp_path, PAIR).find("header").get("creationdate") is None  # type: ignore[union-attr]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1494720000")
    assert written(tmp_path, PAIR).find("header").get("creationdate") == "20170514T000000Z"  # type: ignore[union-attr]


def test_creation_tool_is_ours_even_for_a_memory_of_omegat(tmp_path: Path) -> None:
    header = Header("en", attributes=(("creationtool", "OmegaT"), ("o-tmf", "OmegaT TMX"), ("segtype", "nonsense")))
    found = written(tmp_path, PAIR, header=header, faithful=True).find("header")
    assert found is not None and found.get("creationtool") == "align" and found.get("o-tmf") == "OmegaT TMX" and found.get("segtype") == "sentence"


def test_all_languages_never_comes_from_us_and_passes_in_what_is_passed_on(tmp_path: Path) -> None:
    root = written(tmp_path, Unit("", PAIR.variants, attributes=(("srclang", "*all*"),)), faithful=True)
    assert next(root.iter("tu")).get("srclang") == "*all*"


def test_the_same_units_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "1.tmx", tmp_path / "2.tmx"
    for path in (one, other):
        assert write_tmx(path, iter([PAIR] * 3), "en") == 3
    assert one.read_bytes() == other.read_bytes()


def test_a_failure_midway_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.tmx"
    path.write_text("old")

    def units() -> object:
        yield PAIR
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        write_tmx(path, units(), "en")  # type: ignore[arg-type]
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"):
        write_tmx(tmp_path / "file" / "a.tmx", [PAIR], "en")


def test_inline_codes_are_given_back_and_strangers_fall_to_their_text(tmp_path: Path) -> None:
    tally: Counter[str] = Counter()
    sides = (
        Variant("en", "a bold c", '<bpt i="1" x="1">&lt;b&gt;</bpt>a bold<ept i="1">&lt;/b&gt;</ept> c'),
        Variant("de", "x y", "<g id='1'>x</g> <ph/>y"),
        Variant("fr", "edited since", "<ph>old</ph> text"),
        Variant("it", "broken", "<ph>broken"),
    )
    path = tmp_path / "a.tmx"
    write_tmx(path, [Unit("", sides)], "en", tally=tally)
    text = path.read_text()
    assert '<seg><bpt i="1" x="1">&lt;b&gt;</bpt>a bold<ept i="1">&lt;/b&gt;</ept> c</seg>' in text
    assert "<seg>x <ph/>y</seg>" in text and "<seg>edited since</seg>" in text and "<seg>broken</seg>" in text
    assert tally["inline element that TMX does not know: g"] == 1 and tally["inline codes that no longer fit the text"] == 2


@pytest.mark.parametrize(
    "outlet, words",
    [
        ("Moscow Times", "moscow-times"),
        ("MEMRI", "memri"),
        ("Kremlin.ru", "kremlin-ru"),
        ("Süddeutsche Zeitung", "suddeuts-zeitung"),
        ("L'Équipe", "lequipe"),
        ("A1", "a1"),
    ],
)
def test_outlets_become_subtags_of_at_most_eight(outlet: str, words: str) -> None:
    assert outlet_words(outlet) == words
    assert well_formed(f"en-x-{words}")


def test_outlets_never_collide() -> None:
    names = ["Independent", "Independence", "independent", "Коммерсантъ", "Известия", "!", ""]
    tags = private_tags("en-GB", names)
    assert len(set(tags.values())) == len(names) and all(well_formed(tag) for tag in tags.values())
    assert tags["Independent"] == "en-GB-x-independ" and tags["Independence"] == "en-GB-x-independ-2"
