"""The checker: each rule on a memory that breaks it and on one that does not, and never another opinion than the DTD."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from lxml import etree

from align.tmx.check import check
from align.tmx.rules import RULES

HEADER = '<header creationtool="x" creationtoolversion="1" segtype="sentence" o-tmf="x" adminlang="en" srclang="en" datatype="plaintext"/>'
UNIT = '<tu tuid="1"><tuv xml:lang="en"><seg>One.</seg></tuv><tuv xml:lang="de"><seg>Eins.</seg></tuv></tu>'
GOOD = f'<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4">\n{HEADER}\n<body>\n{UNIT}\n</body>\n</tmx>\n'


def put(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "in.tmx"
    path.write_text(text, encoding="utf-8")
    return path


def test_nothing_is_wrong_with_a_good_memory(tmp_path: Path) -> None:
    report = check(put(tmp_path, GOOD))
    assert report.problems == [] and report.units == 1


BROKEN = {
    "xml": (GOOD.replace("One.", "One & two."), 5),
    "dtd-element": (GOOD.replace("<seg>One.</seg>", "<seg>One.</seg><x/>"), 5),
    "dtd-missing": (GOOD.replace("<seg>One.</seg>", ""), 5),
    "dtd-twice": (GOOD.replace("<seg>One.</seg>", "<seg>One.</seg><seg>One.</seg>"), 5),
    "dtd-order": (GOOD.replace("<seg>One.</seg>", '<seg>One.</seg><prop type="x-a">1</prop>'), 5),
    "dtd-attribute": (GOOD.replace('tuid="1"', 'tuid="1" colour="red"'), 5),
    "dtd-required": (GOOD.replace('o-tmf="x" ', ""), 3),
    "dtd-value": (GOOD.replace('"sentence"', '"word"'), 3),
    "dtd-text": (GOOD.replace("<seg>One.</seg>", "One.<seg>One.</seg>"), 5),
    "version": (GOOD.replace('"1.4"', '"2.0"'), 2),
    "old-version": (GOOD.replace('"1.4"', '"1.1"'), 2),
    "old-language": (GOOD.replace("xml:lang", "lang"), 5),
    "encoding": (GOOD.replace("UTF-8", "UTF-16"), 1),
    "language": (GOOD.replace('"de"', '"German"'), 5),
    "language-form": (GOOD.replace('"de"', '"de_at"'), 5),
    "source-language": (GOOD.replace('srclang="en" ', ""), 3),
    "private-source": (GOOD.replace('"en"', '"en-x-a"').replace('adminlang="en-x-a"', 'adminlang="en"'), 3),
    "long": (GOOD.replace("One.", "x" * 2001), 5),
    "source-missing": (GOOD.replace('srclang="en"', 'srclang="en-US"'), 5),
    "all-languages": (GOOD.replace('srclang="en"', 'srclang="*all*"'), 3),
    "one-side": (GOOD.replace('<tuv xml:lang="de"><seg>Eins.</seg></tuv>', ""), 5),
    "same-language": (GOOD.replace('"de"', '"en"'), 5),
    "many-languages": (GOOD.replace("</tu>", '<tuv xml:lang="fr"><seg>Un.</seg></tuv></tu>'), 5),
    "blank-edge": (GOOD.replace("One.", "One. "), 5),
    "empty": (GOOD.replace("Eins.", " "), 5),
    "date": (GOOD.replace('tuid="1"', 'tuid="1" creationdate="2017-05-14"'), 5),
    "codes": (GOOD.replace("One.", '<bpt i="1"/>One.').replace("Eins.", '<bpt i="1"/>Eins.'), 5),
    "codes-differ": (GOOD.replace("One.", "<ph/>One."), 5),
    "property-name": (GOOD.replace('tuid="1">', 'tuid="1"><prop type="score">1</prop>'), 5),
    "property-client": (GOOD.replace('tuid="1">', 'tuid="1"><prop type="file">a.txt</prop>'), 5),
    "notes": (GOOD.replace('tuid="1">', 'tuid="1"><note>a</note><note>b</note>'), 5),
    "identifier": (GOOD.replace('tuid="1"', 'tuid="1 2"'), 5),
    "tool": (GOOD.replace('creationtool="x"', 'creationtool="OmegaT"'), 3),
    "same-source": (GOOD.replace(UNIT, UNIT + "\n" + UNIT.replace("Eins.", "Ein.")), 6),
    "duplicate": (GOOD.replace(UNIT, UNIT + "\n" + UNIT), 6),
}  # fmt: skip


def test_every_rule_is_tried() -> None:
    assert set(BROKEN) == set(RULES)


@pytest.mark.parametrize("rule", BROKEN)
def test_each_rule_with_its_line_and_what_to_do(tmp_path: Path, rule: str) -> None:
    text, line = BROKEN[rule]
    report = check(put(tmp_path, text))
    found = [problem for problem in report.problems if problem.rule == rule]
    assert found and report.counts[rule] == len(found), report.problems
    assert found[0].line == line and found[0].column >= 1 and found[0].message and found[0].hint
    assert {problem.rule for problem in report.problems} <= {rule, "dtd-missing", "language", "one-side", "source-missing", "codes-differ"}


def test_no_more_than_asked_is_shown_and_all_is_counted(tmp_path: Path) -> None:
    report = check(put(tmp_path, GOOD.replace(UNIT, UNIT.replace("One.", " One. ") * 30)), shown=3)
    assert sum(problem.rule == "blank-edge" for problem in report.problems) == 3
    record = json.loads(json.dumps(report.as_record()))
    assert record["rules"]["blank-edge"] == 30 and record["units"] == 30 and record["errors"] == 0


def test_many_notes_cost_no_more_than_their_number(tmp_path: Path) -> None:
    report = check(put(tmp_path, GOOD.replace('tuid="1">', 'tuid="1">' + "<note/>" * 40_000)))
    assert report.counts["notes"] == 1


def mutations(text: str, count: int) -> list[str]:
    """Small changes to a memory that leave it well-formed: names, attributes and elements moved, doubled, lost."""
    random.seed(7)
    tags = ["tu", "tuv", "seg", "prop", "note", "bpt", "ept", "ph", "it", "hi", "sub", "ut", "header", "body", "ude", "map", "x"]
    changed = []
    while len(changed) < count:
        root = etree.fromstring(text.encode())
        for _ in range(random.randint(1, 3)):
            element = random.choice(list(root.iter()))
            action = random.randrange(6)
            if action == 0 and element is not root:
                element.tag = random.choice(tags)
            elif action == 1 and element.attrib:
                del element.attrib[random.choice(sorted(element.attrib))]
            elif action == 2:
                element.set(random.choice(["type", "i", "x", "pos", "lang", "segtype", "srclang", "tuid", "datatype"]), random.choice(["1", "begin", "block"]))
            elif action == 3 and element.getparent() is not None:
                element.getparent().remove(element)
            elif action == 4:
                etree.SubElement(element, random.choice(tags))
            else:
                element.text = random.choice(["text", " ", "", None])
        changed.append(etree.tostring(root, encoding="unicode"))
    return changed


def test_the_checker_and_the_document_type_never_differ(tmp_path: Path, shared: Path) -> None:
    definition = shared / "data" / "tmx" / "tmx14.dtd"
    if not definition.exists():
        pytest.skip(f"no document type definition at {definition}")
    with definition.open("rb") as file:
        dtd = etree.DTD(file)
    inline = '<bpt i="1" type="b">x<sub>y</sub></bpt>a<ept i="1"/><ph/><it pos="begin"/><hi>z</hi>'
    rich = (
        GOOD.replace("One.", inline)
        .replace('tuid="1">', 'tuid="1"><note>n</note><prop type="x-a">1</prop>')
        .replace('<?xml version="1.0" encoding="UTF-8"?>\n', "")
    )
    rich = re.sub(r"(<header[^>]*)/>", r'\1><ude name="a"><map unicode="#x1"/></ude></header>', rich)
    rules = {rule for rule in RULES if rule.startswith("dtd-")} | {"xml", "source-language", "old-language"}
    verdicts = []
    for text in [rich, *mutations(rich, 250)]:
        valid = dtd.validate(etree.fromstring(text.encode()))
        report = check(put(tmp_path, text))
        assert valid == (not rules & set(report.counts)), (text, report.problems, list(dtd.error_log)[:3])
        verdicts.append(valid)
    assert 10 < sum(verdicts) < 240, "both verdicts occur"
