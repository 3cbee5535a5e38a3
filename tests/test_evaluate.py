"""Figures for beads and units; where the shared scoring scripts are at hand, ours must equal theirs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from align.errors import InputError
from align.evaluate import evaluate, read_beads, score_beads

ROOT = Path(__file__).resolve().parent.parent
GOLD = [((0,), (0,)), ((1, 2), (1,)), ((3,), ()), ((4,), (2, 3))]


@pytest.mark.parametrize(
    ("predicted", "strict", "lax"),
    [
        (GOLD, 1.0, 1.0),
        ([((0,), (0,)), ((1,), (1,)), ((2,), ()), ((3,), ()), ((4,), (2, 3))], 0.6316, 0.8889),
        ([((0,), ()), ((1,), ())], 0.0, 0.0),
        ([], 0.0, 0.0),
    ],
)
def test_beads(predicted: list, strict: float, lax: float) -> None:
    result = score_beads([(GOLD, predicted)])
    assert (result["strict_f1"], result["lax_f1"]) == (strict, lax)


def test_a_line_that_is_no_bead_is_named(tmp_path: Path) -> None:
    path = tmp_path / "beads.txt"
    path.write_text("[0]:[0]:0.9\n\n[1]:oops\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_beads(path)
    assert caught.value.place == f"{path}:3"


def script(shared: Path, name: str, *arguments: str) -> dict:
    done = subprocess.run([sys.executable, str(shared / "tools" / name), *arguments], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_beads_as_the_shared_script_counts_them(shared: Path, tmp_path: Path) -> None:
    gold = shared / "data" / "bitext" / "textberg-dev" / "dev.gold"
    beads = read_beads(gold)
    changed = [beads[0], *[((*bead[0], 9_000), bead[1]) if number % 7 == 0 else bead for number, bead in enumerate(beads[1:])]]
    path = tmp_path / "predicted.txt"
    path.write_text("".join(f"{list(source)}:{list(target)}:0.5\n" for source, target in changed), encoding="utf-8")
    theirs, ours = script(shared, "score_bitext.py", str(gold), str(path)), evaluate(gold, path)
    assert ours == theirs
    assert 0.5 < ours["strict_f1"] < 1


def units(folder: Path) -> list[dict]:
    """Units made of the gold's own sure links, a wrong one and a repeat: enough to tell precision from recall."""
    rows = (folder / "segments.tsv").read_text(encoding="utf-8").splitlines()[1:]
    spans = {(cells[0], cells[2]): (int(cells[3]), int(cells[4])) for cells in (row.split("\t") for row in rows)}
    made = []
    for line in (folder / "links.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        a, sent_a, b, sent_b, _, _ = line.split("\t")
        made.append([(f"{a}_x", *spans[a, sent_a]), (f"{b}_y", *spans[b, sent_b])])
    made[0] = [("000_x", *spans["000", "1"]), ("004_y", *spans["004", "0"])]
    return [{"members": [{"document": d, "start": s, "end": e} for d, s, e in unit]} for unit in made[: len(made) // 2]]


def test_units_on_the_gold_of_the_shipped_corpus(tmp_path: Path) -> None:
    gold = ROOT / "corpora" / "lavrov-2017-05-10" / "gold"
    path = tmp_path / "beads.jsonl"
    path.write_text("".join(json.dumps(unit) + "\n" for unit in units(gold)), encoding="utf-8")
    result = evaluate(gold, path)
    assert result["predicted_links"] - result["right"] == 1
    assert result["precision"] > 0.9 > result["recall"] > 0


def test_units_as_the_shared_script_counts_them(shared: Path, tmp_path: Path) -> None:
    gold = shared / "gold" / "lavrov"
    path = tmp_path / "beads.jsonl"
    path.write_text("".join(json.dumps(unit) + "\n" for unit in units(gold)), encoding="utf-8")
    ignore = gold / "held_back.tsv"
    assert evaluate(gold, path) == script(shared, "score_renditions.py", str(gold), str(path))
    assert evaluate(gold, path, ignore) == script(shared, "score_renditions.py", str(gold), str(path), "--ignore", str(ignore))
