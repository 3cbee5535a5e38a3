"""Properties that hold for any text of Unicode: what is written reads back, is well-formed, and the same each time."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from align.tmx import Header, Unit, Variant, open_tmx, write_tmx
from align.tmx.check import check
from align.tmx.convert import convert
from align.tmx.escaping import attribute, escape, replace_forbidden
from align.tmx.jsonl import from_record, to_record
from align.tmx.languages import canonical, private_tags, well_formed
from align.tmx.markup import clean_markup

SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ANYTHING = st.text(alphabet=st.characters(exclude_categories=()), max_size=30)
ALLOWED = ANYTHING.map(lambda text: replace_forbidden(text)[0])
LANGUAGES = st.sampled_from(["en", "de", "pt-BR", "zh-Hant", "en-x-moscow-times", "sr-Cyrl-RS", "es-419"])
PAIRS = st.lists(st.tuples(ALLOWED.map(lambda name: f"x-{name}"), ALLOWED), max_size=3).map(tuple)


@st.composite
def markups(draw: st.DrawFn, depth: int = 2) -> str:
    parts = [escape(draw(ALLOWED))]
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(["ph", "it", "hi", "bpt", "sub"]))
        value = attribute(draw(ALLOWED))
        if kind == "hi" and depth:
            parts.append(f'<hi type="{value}">{draw(markups(depth - 1))}</hi>')
        elif kind == "sub" and depth:
            parts.append(f"<ph>{escape(draw(ALLOWED))}<sub>{draw(markups(depth - 1))}</sub></ph>")
        elif kind == "it":
            parts.append(f'<it pos="begin" x="{value}">{escape(draw(ALLOWED))}</it>')
        elif kind == "bpt":
            parts.append(f'<bpt i="{value}">{escape(draw(ALLOWED))}</bpt><ept i="{value}"/>')
        else:
            parts.append(f'<ph type="{value}"/>')
        parts.append(escape(draw(ALLOWED)))
    return "".join(parts)


@st.composite
def variants(draw: st.DrawFn) -> Variant:
    found = clean_markup(draw(markups()))
    assert found is not None
    markup = found.markup if "<" in found.markup else ""
    return Variant(draw(LANGUAGES), found.text, markup, draw(PAIRS), tuple(draw(st.lists(ALLOWED, max_size=2))), (("creationid", draw(ALLOWED) or "a"),))


UNITS = st.builds(Unit, ALLOWED, st.lists(variants(), min_size=1, max_size=3).map(tuple), PAIRS, st.lists(ALLOWED, max_size=2).map(tuple))


@SETTINGS
@given(st.lists(UNITS, max_size=4), PAIRS)
def test_a_memory_passed_on_reads_back_unit_by_unit(units: list[Unit], properties: tuple[tuple[str, str], ...]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.tmx"
        assert write_tmx(path, units, "en", header=Header("en", properties=properties), faithful=True) == len(units)
        memory = open_tmx(path)
        assert list(memory.units) == units
        assert memory.header.properties == properties and not memory.lost
        assert list(open_tmx(path, lenient=True).units) == units


@SETTINGS
@given(st.lists(st.tuples(ANYTHING, ANYTHING, ANYTHING, ANYTHING), max_size=5))
def test_whatever_the_texts_our_memories_are_sound(rows: list[tuple[str, str, str, str]]) -> None:
    units = [Unit(name, (Variant("en", source), Variant("de", target)), (("x-p", value),)) for name, source, target, value in rows]
    tally: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.tmx"
        count = write_tmx(path, units, "en", tally=tally)
        root = etree.parse(str(path)).getroot()
        found = [[seg.text for seg in tu.iter("seg")] for tu in root.iter("tu")]
        expected = [[replace_forbidden(text)[0].strip() for text in (source, target)] for _, source, target, _ in rows]
        assert found == [pair for pair in expected if all(pair)]
        assert count == len(found) and count + tally["unit without two sides"] == len(rows)
        assert not {"error", "warning"} & {problem.severity for problem in check(path).problems}


@SETTINGS
@given(UNITS)
def test_json_holds_a_unit(unit: Unit) -> None:
    again = from_record(to_record(unit))
    assert again.variants[0].markup == unit.variants[0].markup and Counter(again.properties) == Counter(unit.properties)


CELLS = ALLOWED.map(lambda text: text.replace("\r", " "))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5))
def test_tables_hold_any_text(rows: list[tuple[str, str, str]]) -> None:
    units = [Unit(f"u{number}", (Variant("en", source), Variant("id", target)), (("x-p", value),)) for number, (source, target, value) in enumerate(rows)]
    expected = [[text for text in (source, target) if text] for source, target, _ in rows]
    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder) / "a.tmx"
        write_tmx(first, units, "en", faithful=True)
        for suffix in ("tsv", "csv", "xlsx"):
            convert(first, Path(folder) / f"a.{suffix}")
            convert(Path(folder) / f"a.{suffix}", Path(folder) / "b.jsonl")
            convert(Path(folder) / "b.jsonl", Path(folder) / "b.tmx")
            found = {unit.id: [side.text for side in unit.variants] for unit in open_tmx(Path(folder) / "b.tmx").units}
            assert found == {f"u{number}": texts for number, texts in enumerate(expected) if texts}, suffix


@given(st.text(alphabet="abcXYZ019-_", max_size=24))
def test_the_canonical_form_is_settled_after_once(tag: str) -> None:
    once = canonical(tag)
    assert canonical(once) == once
    assert well_formed(once) or not well_formed(tag)


@given(st.lists(ANYTHING, max_size=8))
def test_tags_of_outlets_are_well_formed_and_differ(outlets: list[str]) -> None:
    tags = private_tags("en", outlets, ["en"])
    assert len(set(tags.values())) == len(set(outlets)) and all(well_formed(tag) for tag in tags.values())
