"""`align batch`: what goes in, what comes out, and that it depends on nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from archives import COLUMNS, ENGLISH, GERMAN, batch, events, make_archive, results, table, write_manifest

import align
from align.batch import Settings, run, status
from align.batch.manifest import Item, read_manifest
from align.errors import AlignError, InputError, MissingPluginError, UsageError

HASH = Settings(mode="bitext", encoder="hash")
parquet = pytest.importorskip("pyarrow.parquet")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("archive")).parent


@pytest.fixture(scope="module")
def done(archive: Path) -> Path:
    out = archive / "out"
    run(archive / "manifest.tsv", out, workers=2, settings=HASH, part_pairs=5)
    return out


def test_a_manifest_is_a_table_lines_of_json_or_parquet(archive: Path, tmp_path: Path) -> None:
    import pyarrow

    whole = read_manifest(archive / "manifest.tsv")
    rows = [{name: getattr(item, name) for name in COLUMNS} | {"note": 1} for item in whole.items]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "m.parquet")
    assert read_manifest(tmp_path / "m.jsonl").items == whole.items == read_manifest(tmp_path / "m.parquet").items
    assert whole.items[1] == Item("001", "001.en.txt", "001.de.txt", "en", "de")


def test_everything_wrong_with_a_manifest_is_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "m.tsv"
    path.write_text("\t".join(COLUMNS) + "\na\tx\ty\ten\tde\na\tx\ty\ten\tde\n\tx\ty\tenglish please\tde\nb\tx\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_manifest(path)
    message = str(caught.value)
    assert "3 problems" in message
    assert "line 3: the id 'a' stands in line 2 already" in message
    assert "line 4: id is missing; source_language: 'english please' is no language tag" in message
    assert "line 5: 2 fields where the header has 5" in message
    path.write_text("id\tsource\nx\ty\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 1: there is no column target, source_language, target_language"):
        read_manifest(path)
    (tmp_path / "m.jsonl").write_text("[1]\n{]\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 1: not an object(.|\n)*line 2: not JSON"):
        read_manifest(tmp_path / "m.jsonl")
    (tmp_path / "m.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        read_manifest(tmp_path / "m.parquet")


def test_a_folder_is_paired_by_its_pattern(tmp_path: Path) -> None:
    for name in ("b.en.txt", "b.de.txt", "a.en.txt", "a.de.txt", "alone.en.txt", "notes.md"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    found = read_manifest(tmp_path, pattern="{id}.{language}.txt", source_language="en")
    assert found.items == (Item("a", "a.en.txt", "a.de.txt", "en", "de"), Item("b", "b.en.txt", "b.de.txt", "en", "de"))
    assert found.notes == ("1 files have no partner and are left out: alone.en.txt",)
    (tmp_path / "a.fr.txt").write_text("x", encoding="utf-8")
    three = read_manifest(tmp_path, pattern="{id}.{language}.txt", source_language="en")
    assert [item.id for item in three.items] == ["a.de", "a.fr", "b.de"]
    with pytest.raises(UsageError, match="from which language"):
        read_manifest(tmp_path, pattern="{id}.{language}.txt")
    with pytest.raises(UsageError, match="how are its files named"):
        read_manifest(tmp_path)
    with pytest.raises(UsageError, match=r"needs \{id\} and \{language\}"):
        read_manifest(tmp_path, pattern="{id}.txt")
    with pytest.raises(InputError, match="no file fits"):
        read_manifest(tmp_path, pattern="{language}/{id}.html")


def test_what_is_written(done: Path) -> None:
    assert sorted(path.name for path in (done / "beads").iterdir()) == ["part-00000.parquet", "part-00001.parquet", "part-00002.parquet"]
    beads, rows = table(done, "beads"), table(done, "divergence")
    assert [row["pair"] for row in beads] == sorted(row["pair"] for row in beads)
    assert {row["pair"] for row in beads} == {f"{number:03d}" for number in range(12)}
    assert beads[0]["members"][0]["document"] == "000.en.txt"
    assert len(rows) == sum(len(bead["members"]) == 2 for bead in beads)
    summary = json.loads((done / "summary.json").read_text(encoding="utf-8"))
    assert (summary["pairs"], summary["done"], summary["failed"], summary["rows"]) == (12, 12, 0, len(rows))
    # Sentences come again in other documents: once each in the memory.
    memory = summary["memories"][0]
    assert memory["file"] == "tmx/en_de.tmx" and memory["units"] + memory["duplicates"] == summary["units"] and memory["duplicates"] > 20
    assert "<svg" in (done / "report.html").read_text(encoding="utf-8")
    assert status(done).state == "finished" and status(done).done == 12


def test_the_columns_are_those_of_a_run(archive: Path, done: Path, tmp_path: Path) -> None:
    """A field that `align run` writes is a column here, with the same values."""
    (tmp_path / "align.toml").write_text(
        f"""[corpus]\nmode = "bitext"\n[embed]\nencoder = "hash"\n[backtranslate]\nengine = "none"
[[documents]]\npath = "{archive}/003.en.txt"\nlanguage = "en"\n[[documents]]\npath = "{archive}/003.de.txt"\nlanguage = "de"\n""",
        encoding="utf-8",
    )
    out = align.run(tmp_path).out
    named = {"document", "document_id", "outlet"}
    rows = [json.loads(line) for line in (out / "divergence.jsonl").read_text(encoding="utf-8").splitlines()]
    ours = [row for row in table(done, "divergence") if row["pair"] == "003"]
    own = {f"{name}_{side}" for name in named for side in "ab"}
    assert set(rows[0]) <= set(ours[0])
    assert [{name: value for name, value in row.items() if name not in own} for row in rows] == [
        {name: row[name] for name in rows[0] if name not in own} for row in ours
    ]
    beads = [json.loads(line) for line in (out / "beads.jsonl").read_text(encoding="utf-8").splitlines()]
    mine = [bead for bead in table(done, "beads") if bead["pair"] == "003"]
    assert set(beads[0]["members"][0]) == set(mine[0]["members"][0]) and set(beads[0]) | {"pair"} == set(mine[0])
    assert [(bead["id"], bead["score"]) for bead in beads] == [(bead["id"], bead["score"]) for bead in mine]


def test_a_pair_is_aligned_as_bitext_does_it(archive: Path, tmp_path: Path) -> None:
    """With the real encoder, whose vectors depend in their last bits on what is encoded together."""
    write_manifest(archive / "two.tsv", [(f"{number:03d}", f"{number:03d}.en.txt", f"{number:03d}.de.txt", "en", "de") for number in (2, 7)])
    run(archive / "two.tsv", tmp_path / "out", workers=1)
    beads = table(tmp_path / "out", "beads")
    for number in ("002", "007"):
        alone = align.bitext(archive / f"{number}.en.txt", archive / f"{number}.de.txt", "en", "de")
        mine = [bead for bead in beads if bead["pair"] == number]
        assert [(bead.id, round(bead.score, 4), [list(member.segments) for member in bead.members]) for bead in alone.beads] == [
            (bead["id"], bead["score"], [member["segments"] for member in bead["members"]]) for bead in mine
        ]
        assert [[member.text for member in bead.members] for bead in alone.beads] == [[member["text"] for member in bead["members"]] for bead in mine]


def test_the_same_bytes_whatever_the_number_of_workers(archive: Path, done: Path, tmp_path: Path) -> None:
    for workers in (1, 3):
        run(archive / "manifest.tsv", tmp_path / str(workers), workers=workers, settings=HASH, part_pairs=5)
        assert results(tmp_path / str(workers)) == results(done)


def test_bad_documents_are_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = make_archive(tmp_path, 4)
    (tmp_path / "000.de.txt").unlink()
    (tmp_path / "001.en.txt").write_bytes(b"%PDF-1.4 not text")
    (tmp_path / "002.en.txt").write_bytes(b"")
    found = batch("run", str(path), "--out", str(tmp_path / "out"), "--encoder", "hash", "--workers", "1")
    assert found.returncode == 1 and "3 pairs failed" in found.stderr, found.stderr
    failed = [json.loads(line) for line in (tmp_path / "out" / "failed.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(line["id"], line["file"], line["reason"].split(";")[0]) for line in failed] == [
        ("000", "000.de.txt", "no such file"),
        ("001", "001.en.txt", "is a PDF, not text"),
        ("002", "002.en.txt", "is empty"),
    ]
    assert {row["pair"] for row in table(tmp_path / "out", "beads")} == {"003"}
    # Mended, it is worked; the others are not tried for nothing.
    (tmp_path / "002.en.txt").write_text("\n".join(ENGLISH), encoding="utf-8")
    again = batch("run", str(path), "--out", str(tmp_path / "out"), "--encoder", "hash", "--workers", "1", "--json")
    assert again.returncode == 1
    assert json.loads(again.stdout)["done"] == 2
    assert [event["id"] for event in events(tmp_path / "out", "pair")] == ["002"]
    assert events(tmp_path / "out", "failed") == []


def test_a_second_run_does_nothing_again_and_changes_redo_what_they_touch(tmp_path: Path) -> None:
    path, out = make_archive(tmp_path, 9), tmp_path / "out"

    def work(where: Path = out, settings: Settings = HASH) -> list[str]:
        run(path, where, workers=1, settings=settings, part_pairs=4)
        return [event["id"] for event in events(where, "pair")]

    assert len(work()) == 9
    before = results(out)
    assert work() == [] and results(out) == before
    # A changed document: its pair alone.
    (tmp_path / "005.de.txt").write_text("\n".join(GERMAN[:5]), encoding="utf-8")
    assert work() == ["005"]
    # A new pair in front moves all others to other parts; one is dropped at the end.
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    make_archive(tmp_path / "new", 1)
    write_manifest(path, [("new", "new/000.en.txt", "new/000.de.txt", "en", "de"), *(tuple(row) for row in rows[:-1])])
    assert work() == ["new"]
    assert len(work(tmp_path / "fresh")) == 9
    assert results(out) == results(tmp_path / "fresh")
    # A part that was damaged, and another setting.
    (out / "beads" / "part-00001.parquet").write_bytes(b"gone")
    assert len(work()) == 4 and results(out) == results(tmp_path / "fresh")
    assert len(work(settings=Settings(encoder="hash"))) == 9


def test_texts_of_one_language_make_a_memory_too(tmp_path: Path) -> None:
    path = make_archive(tmp_path, 2)
    run(path, tmp_path / "out", workers=1, settings=HASH)
    assert (tmp_path / "out" / "tmx" / "en_de.tmx").exists()
    text = path.read_text(encoding="utf-8").replace(".de.txt\ten\tde", ".en.txt\ten\ten")
    path.write_text(text, encoding="utf-8")
    summary = run(path, tmp_path / "out", workers=1, settings=HASH).summary
    assert [memory["file"] for memory in summary["memories"]] == ["tmx/en_en-x-target.tmx"]
    assert {row["outlet_a"] for row in table(tmp_path / "out", "divergence")} == {"source"}
    assert [path.name for path in (tmp_path / "out" / "tmx").iterdir()] == ["en_en-x-target.tmx"]  # that of the languages before is gone


def test_the_memory_follows_the_rules_of_the_export(done: Path) -> None:
    """Against the same rules in memory: the best duplicate in the place of the first, of one source the best last."""
    from align.tmx.jsonl import from_record
    from align.tmx.reader import open_tmx
    from align.tmx.split import best_last, keep_best

    lines = [line for path in sorted((done / ".work" / "units" / "en_de").iterdir()) for line in path.read_text(encoding="utf-8").splitlines()]
    units = [from_record(json.loads(line)[1]) for line in lines]
    wanted = best_last(keep_best(units))
    found = list(open_tmx(done / "tmx" / "en_de.tmx").units)
    assert len(wanted) < len(units)
    assert [(unit.id, unit.property("x-score"), unit.property("x-source-document")) for unit in found] == [
        (unit.id, unit.property("x-score"), unit.property("x-source-document")) for unit in wanted
    ]


def long_pair(folder: Path, copies: int) -> Path:
    """Documents of `copies` times ten sentences, each with its own number; two sentences of the target are missing."""
    sides = ([], [])  # type: tuple[list[str], list[str]]
    for number in range(copies):
        for place, (source, target) in enumerate(zip(ENGLISH, GERMAN, strict=True)):
            sides[0].append(f"{source[:-1]} ({number * 10 + place}).")
            if (number, place) not in ((3, 4), (copies - 2, 7)):
                sides[1].append(f"{target[:-1]} ({number * 10 + place}).")
    for language, lines in zip(("en", "de"), sides, strict=True):
        (folder / f"long.{language}.txt").write_text("\n".join(lines), encoding="utf-8")
    return write_manifest(folder / "long.tsv", [("long", "long.en.txt", "long.de.txt", "en", "de")])


def test_a_long_document_is_cut_and_nothing_of_it_is_lost(tmp_path: Path) -> None:
    path = long_pair(tmp_path, 36)
    run(path, tmp_path / "out", workers=1, settings=Settings(max_segments=100))
    run(path, tmp_path / "whole", workers=1, settings=Settings(mode="bitext"))
    cut, whole = table(tmp_path / "out", "beads"), table(tmp_path / "whole", "beads")
    for side, lines in (("en", 360), ("de", 358)):
        text = (tmp_path / f"long.{side}.txt").read_text(encoding="utf-8")
        members = [member for bead in cut for member in bead["members"] if member["language"] == side]
        assert sorted(index for member in members for index in member["segments"]) == list(range(lines))
        assert all(member["text"] == text[member["start"] : member["end"]] for member in members)
    assert len({bead["id"] for bead in cut}) == len(cut)

    def links(beads: list[dict[str, object]]) -> set[str]:
        return {str([member["segments"] for member in bead["members"]]) for bead in beads}  # type: ignore[attr-defined]

    assert len(links(cut) & links(whole)) >= 0.99 * len(whole)
    (warning,) = [json.loads(line)["warning"] for line in (tmp_path / "out" / "warnings.jsonl").read_text(encoding="utf-8").splitlines()]
    assert "more than 100 segments, aligned as bitext in stretches" in warning
    assert len({bead["id"].partition(".")[0] for bead in cut}) >= 4


def test_texts_without_a_safe_place_are_cut_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n".join(f"{ENGLISH[number % 10]}" for number in range(250)), encoding="utf-8")
    (tmp_path / "b.txt").write_text("\n".join("..." for _ in range(20)), encoding="utf-8")
    path = write_manifest(tmp_path / "m.tsv", [("x", "a.txt", "b.txt", "en", "de")])
    run(path, tmp_path / "out", workers=1, settings=Settings(encoder="hash", max_segments=100))
    members = [member for bead in table(tmp_path / "out", "beads") for member in bead["members"]]
    assert sorted(index for member in members if member["language"] == "en" for index in member["segments"]) == list(range(250))
    assert sorted(index for member in members if member["language"] == "de" for index in member["segments"]) == list(range(20))


def test_backtranslation_where_asked(archive: Path, tmp_path: Path) -> None:
    """English to Portuguese is what the package brings; translated with it, whatever the encoder."""
    (archive / "pt.txt").write_text("A balsa para a ilha sai às sete da manhã.\nNinguém no cais esperava que o vento mudasse tão depressa.\n", encoding="utf-8")
    (archive / "en.txt").write_text("\n".join(ENGLISH[:2]), encoding="utf-8")
    path = write_manifest(archive / "pt.tsv", [("one", "en.txt", "pt.txt", "en", "pt"), ("two", "en.txt", "pt.txt", "en", "pt")])
    found = batch("run", str(path), "--out", str(tmp_path / "out"), "--encoder", "hash", "--backtranslate", "--workers", "1")
    assert found.returncode == 0, found.stderr
    rows = table(tmp_path / "out", "divergence")
    assert len(rows) >= 2 and all(row["backtranslation_b"] and row["engine"].startswith("argos:") and row["chrf"] is not None for row in rows)


def test_commands_for_machines(done: Path, archive: Path) -> None:
    found = batch("status", str(done), "--json")
    assert json.loads(found.stdout)["state"] == "finished" and found.returncode == 0
    assert "12 of 12" in batch("status", str(done)).stdout
    nothing = batch("status", str(archive))
    assert nothing.returncode == 1 and "no run has been here" in nothing.stderr
    assert batch("run", str(archive / "manifest.tsv"), "--out", str(done), "--engine", "spark").returncode == 2
    assert batch("run", str(archive), "--out", str(done)).returncode == 2
    assert "align batch run" in batch("run", "--help").stdout


def test_two_runs_do_not_work_in_one_folder(archive: Path, tmp_path: Path) -> None:
    from align.batch.driver import Alone
    from align.batch.parts import Places

    with Alone(Places(tmp_path)):
        found = batch("run", str(archive / "manifest.tsv"), "--out", str(tmp_path), "--encoder", "hash")
    assert found.returncode == 2 and "another run works in" in found.stderr


@pytest.mark.parametrize(("package", "extra", "engine"), [("pyarrow", "batch", "local"), ("ray", "cluster", "ray")])
def test_a_missing_extra_is_named_with_the_line_that_installs_it(
    package: str, extra: str, engine: str, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPluginError) as caught:
        run(archive / "manifest.tsv", tmp_path, engine=engine, settings=HASH)
    assert caught.value.hint == f'pip install "align-renditions[{extra}]"'


def test_an_encoder_that_is_not_there_stops_the_run_at_once(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(AlignError, match="no encoder named"):
        run(archive / "manifest.tsv", tmp_path, workers=1, settings=Settings(encoder="none-such"))


def test_a_machine_with_another_program_or_other_folders_is_refused(archive: Path, tmp_path: Path) -> None:
    from align.batch.tasks import Check, Job, fingerprint
    from align.batch.worker import Worker

    languages = (("en", "de"),)
    for folder, program, wanted in ((archive, "another", "another version of align"), (tmp_path / "no", fingerprint(HASH, languages), "is not there on")):
        fatal = Worker(Job(folder, tmp_path, HASH, languages, program)).perform(Check(0, ())).fatal
        assert fatal is not None and wanted in fatal[0]


def test_plain_lines_where_there_is_no_terminal(archive: Path, tmp_path: Path) -> None:
    found = batch("run", str(archive / "manifest.tsv"), "--out", str(tmp_path), "--encoder", "hash", "--workers", "1", NO_COLOR="1")
    assert found.returncode == 0
    assert "12 of 12 pairs, 0 failed" in found.stderr and "\x1b" not in found.stderr and "12 of 12 pairs" in found.stdout
    assert [path.name for path in (tmp_path / ".work" / "parts").iterdir()] == ["part-00000.json"]


def test_the_commands_of_the_documentation_are_those_of_the_program(tmp_path: Path) -> None:
    text = (Path(__file__).parent.parent / "docs" / "archives.md").read_text(encoding="utf-8")
    known = {word.strip(",") for command in ("run", "status") for word in batch(command, "--help").stdout.split() if word.startswith("--")}
    named = {word for line in text.splitlines() if line.startswith("align batch") for word in line.split() if word.startswith("--")}
    assert len(named) >= 5 and named <= known
    # The folder command, as it stands there.
    make_archive(tmp_path / "texts", 3)
    line = next(line for line in text.splitlines() if line.startswith("align batch run texts"))
    words = [word.strip("'") for word in line.split()[2:]]
    done = subprocess.run([sys.executable, "-m", "align", "batch", *words, "--encoder", "hash"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    written = text.split("## What is written")[1].split("## After a failure")[0]
    assert all(f"`{path.name}" in written or path.is_dir() for path in (tmp_path / "archive").iterdir())
    assert all(f"`{path.name}" in written for path in (tmp_path / "archive").iterdir() if path.is_dir())
