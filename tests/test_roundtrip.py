"""Round trips under trouble: a killed run, two at once on one cache, a disk that fills, text in another language."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from sacrebleu.metrics import CHRF
from typer.testing import CliRunner

from align.backtranslate import Settings, backtranslate, round_trips
from align.backtranslate.guard import UNDECLARED, doubt
from align.backtranslate.roundtrip import noise_in_words
from align.cli import backtranslate as command
from align.corpus import Member, Pair
from align.errors import InputError, UsageError
from align.store import Cache

NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
SENTENCES = [f"The {thing} had {number} windows." for thing in ("house", "school", "church", "hotel") for number in NUMBERS]
RUN = """
import sys
from align.backtranslate import Settings, round_trips
from align.store import Cache
def said(done, total):
    print(done, flush=True)
texts = sys.argv[2:]
results, route = round_trips(texts, "en", Settings(threads=1, batch_size=int(sys.argv[1]), beam_size=1), Cache("translations"), said)
print("\\n".join(result.text for result in results), flush=True)
"""


def start(cache: Path, batch_size: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "ALIGN_CACHE": str(cache)}
    arguments = [sys.executable, "-c", RUN, str(batch_size), *SENTENCES]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def pair(a: str, b: str, language: str = "en") -> Pair:
    return Pair("b1", Member("d", 0, len(a), a, (0,)), Member("d", 0, len(b), b, (0,)), language, language)


def test_a_killed_run_keeps_every_finished_sentence(tmp_path: Path) -> None:
    process = start(tmp_path, 1)
    assert process.stdout
    finished = 0
    while finished < 12:
        finished = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = Cache("translations", tmp_path).size()[0]
    assert kept >= finished >= 12
    _, row = round_trips(SENTENCES, "en", Settings(threads=1, beam_size=1), Cache("translations", tmp_path))
    assert sum(leg["cached"] for leg in row["legs"]) == kept


def test_two_runs_at_once_on_one_cache_agree(tmp_path: Path) -> None:
    both = [start(tmp_path, size) for size in (2, 3)]
    said = [process.communicate() for process in both]
    assert [(process.returncode, errors) for process, (_, errors) in zip(both, said, strict=True)] == [(0, ""), (0, "")]
    one, other = (out.splitlines()[-len(SENTENCES) :] for out, _ in said)
    assert one == other == [result.text for result in round_trips(SENTENCES, "en", Settings(threads=1, beam_size=1))[0]]
    cache = Cache("translations", tmp_path)
    assert not cache.problem and round_trips(SENTENCES, "en", Settings(threads=1, beam_size=1), cache)[1]["legs"][0]["cached"] == len(SENTENCES)


def test_a_cache_on_a_full_disk_costs_a_warning_and_no_result(tmp_path: Path) -> None:
    pairs = [pair(a, b) for a, b in zip(SENTENCES[:20], SENTENCES[20:], strict=True)]
    cache = Cache("translations", tmp_path)
    cache.put({f"k{number}": b"x" for number in range(10)})
    assert cache._connection
    pages = cache._connection.execute("PRAGMA page_count").fetchone()[0]
    cache._connection.execute(f"PRAGMA max_page_count = {pages}")  # from here on SQLite says that the disk is full
    made = backtranslate(pairs, "", Settings(threads=1, beam_size=1, batch_size=4), cache)
    assert made.pairs == backtranslate(pairs, "", Settings(threads=1, beam_size=1)).pairs
    assert any("translations are not kept" in warning and "full" in warning for warning in made.warnings)
    with sqlite3.connect(tmp_path / "cache.sqlite") as other:
        assert other.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_the_cache_stays_within_its_bound(tmp_path: Path) -> None:
    cache = Cache("translations", tmp_path, limit_bytes=600)
    settings = Settings(threads=1, beam_size=1)
    want = round_trips(SENTENCES, "en", settings)[0]
    assert round_trips(SENTENCES, "en", settings, cache)[0] == want
    assert 0 < cache.size()[1] <= 600
    assert round_trips(SENTENCES, "en", settings, cache)[0] == want


def test_a_text_in_another_script_is_marked_and_never_scored() -> None:
    assert doubt("Министр сказал, что нет.", "(em inglês).", "en", "pt") == UNDECLARED
    assert doubt("王毅", "Wang Yi", "en", "pt") != UNDECLARED
    assert doubt("The WHO (ВОЗ) agreed.", "A OMS (ВОЗ) concordou.", "en", "pt") == ""
    texts = ["Министр сказал, что переговоры продолжатся.", "Это был хороший день для всех нас.", "Мы готовы работать."]
    made = backtranslate([pair(text, "He said no.") for text in texts], "", Settings(threads=1, beam_size=1))
    assert all(made.backtranslation_a and UNDECLARED in made.backtranslation_a.doubt for made in made.pairs)
    assert any("3 of 4 sentences do not read like en" in warning and "declared right" in warning for warning in made.warnings)


def test_the_noise_is_said_in_words() -> None:
    made = backtranslate([pair("The minister spoke for two hours about the old agreement.", SENTENCES[1])], "", Settings(threads=1))
    (route,) = made.summary["routes"]
    (only,) = made.pairs
    sides = [(only.member_a, only.backtranslation_a), (only.member_b, only.backtranslation_b)]
    counted = [CHRF().sentence_score(back.text, [member.text]).score for member, back in sides if back]
    assert route["noise"]["chrf_mean"] == pytest.approx(sum(counted) / 2, abs=0.005) and route["noise"]["chrf_tenth"] == round(min(counted), 2)
    assert made.summary["noise"] == noise_in_words(route)
    mean, tenth = route["noise"]["chrf_mean"], route["noise"]["chrf_tenth"]
    assert made.summary["noise"] == f"en to pt and back by argos: chrF {mean:.1f} of 100 to the text itself, {tenth:.1f} in the worst tenth (2 texts)"


def test_the_command_says_what_to_type_next(tmp_path: Path) -> None:
    app = typer.Typer()
    command.add_to(app)
    file = tmp_path / "s.txt"
    file.write_text("Ele disse que a reunião foi muito útil para todos os que participaram. " * 5 + "\n", encoding="utf-8")
    ran = CliRunner().invoke(app, [str(file), "--language", "en"])
    assert ran.exit_code == 0 and "reads like pt" in ran.stderr.replace("\n", " ")
    began = time.perf_counter()
    wrong = CliRunner().invoke(app, [str(file), "--language", "en", "--out", str(tmp_path / "x.foo")])
    assert isinstance(wrong.exception, UsageError) and ".xlsx" in wrong.exception.hint and time.perf_counter() - began < 1
    with_pivot = CliRunner().invoke(app, [str(file), "--language", "en", "--pivot", "ru", "--engine", "argos"])
    assert "`align models install en ru` and `align models install ru en`" in getattr(with_pivot.exception, "hint", "")
    other = CliRunner().invoke(app, [str(file), "--language", "en", "--engine", "bergamot", "--pivot", "pt-BR"])
    assert "align models install --engine bergamot en pt-BR" in getattr(other.exception, "hint", "")


def test_a_model_that_does_not_fit_in_memory(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    if not Path("/proc/self/statm").is_file():
        pytest.skip("needs /proc to know how much memory is in use")
    code = """
import resource, ctranslate2, sentencepiece, argostranslate.tokenizer
from align.backtranslate.argos import open_route
from align.errors import AlignError
route = open_route("en", "pt", threads=1)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 30_000_000, -1))
try:
    route.translate(["He said no."])
except AlignError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "HOME": str(tmp_path)})
    assert "does not fit in memory" in ran.stdout and 'compute_type = "int8"' in ran.stdout


def test_a_missing_file_is_named() -> None:
    with pytest.raises(InputError, match="No such file"):
        command.read_segments(Path("/nowhere/at/all.txt"))
