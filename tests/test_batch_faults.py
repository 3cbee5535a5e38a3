"""`align batch run` when things go wrong: nothing lost, nothing doubled, the same bytes as an undisturbed run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from archives import batch, children, events, make_archive, plugin, results, start, table, wait_for

from align.batch import status

pytest.importorskip("pyarrow")
OPTIONS = ("--encoder", "obedient", "--mode", "bitext", "--part-pairs", "4", "--workers", "2")


@pytest.fixture
def obedient(tmp_path: Path) -> dict[str, str]:
    return plugin(tmp_path / "plugin")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """An archive in which one document gives orders, and what a run makes of it when it gives none."""
    folder = tmp_path_factory.mktemp("calm")
    environment = plugin(folder / "plugin")
    path = make_archive(folder / "archive", 10, {5: "DIE ONCE and WAIT HERE."})
    for name in ("died", "go"):
        (Path(environment["ORDERS"]) / name).touch()
    found = batch("run", str(path), "--out", str(folder / "out"), *OPTIONS, **environment)
    assert found.returncode == 0, found.stderr
    return path, results(folder / "out")


def test_a_worker_that_is_killed_is_replaced(tmp_path: Path, obedient: dict[str, str], undisturbed: tuple[Path, dict[str, bytes]]) -> None:
    path, wanted = undisturbed
    (Path(obedient["ORDERS"]) / "go").touch()
    found = batch("run", str(path), "--out", str(tmp_path / "out"), *OPTIONS, **obedient)
    assert found.returncode == 0, found.stderr
    assert results(tmp_path / "out") == wanted
    assert [event["id"] for event in events(tmp_path / "out", "lost")] == ["005"]
    assert len(events(tmp_path / "out", "pair")) == 10
    assert status(tmp_path / "out").lost_workers == 1


def test_a_pair_that_kills_its_worker_twice_is_reported(tmp_path: Path, obedient: dict[str, str]) -> None:
    path = make_archive(tmp_path / "archive", 6, {2: "DIE ALWAYS."})
    out = tmp_path / "out"
    found = batch("run", str(path), "--out", str(out), *OPTIONS, **obedient)
    assert found.returncode == 1, found.stderr
    (failed,) = [json.loads(line) for line in (out / "failed.jsonl").read_text(encoding="utf-8").splitlines()]
    assert failed["id"] == "002" and "died twice" in failed["reason"]
    assert {row["pair"] for row in table(out, "beads")} == {"000", "001", "003", "004", "005"}
    # What killed it may be over: it is tried again by the next run, and nothing else is.
    assert batch("run", str(path), "--out", str(out), *OPTIONS, **obedient).returncode == 1
    assert [event["id"] for event in events(out, "lost")] == ["002", "002"] and events(out, "pair") == []


def test_a_driver_that_is_killed_leaves_no_worker_and_is_taken_up(tmp_path: Path, obedient: dict[str, str], undisturbed: tuple[Path, dict[str, bytes]]) -> None:
    path, wanted = undisturbed
    out, orders = tmp_path / "out", Path(obedient["ORDERS"])
    (orders / "died").touch()
    driver = start("run", str(path), "--out", str(out), *OPTIONS, **obedient)
    wait_for(lambda: (orders / "waiting").exists() and len(list((out / ".work" / "parts").glob("*.json"))) == 2)
    workers = list(children(driver.pid))
    assert status(out).state == "running"
    assert batch("status", str(out)).stdout.startswith("state     running")
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    assert status(out).state == "gone"
    wait_for(lambda: not any(Path(f"/proc/{worker}/cmdline").exists() for worker in workers))
    # Parts 0 and 2 are whole, part 1 is absent with its tables; a torn event and half a file are left, as a kill leaves them.
    assert sorted(path.name for path in (out / "beads").glob("*.parquet")) == ["part-00000.parquet", "part-00002.parquet"]
    with (out / "events.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"time": "20')
    (out / "beads" / ".part-00001.parquet.x.part").write_bytes(b"half")
    (orders / "go").touch()
    found = batch("run", str(path), "--out", str(out), *OPTIONS, **obedient)
    assert found.returncode == 0, found.stderr
    assert results(out) == wanted
    # Of the open part all but the one that was under way had been finished.
    assert [event["id"] for event in events(out, "pair")] == ["005"]


def test_ctrl_c_keeps_what_was_finished(tmp_path: Path, obedient: dict[str, str], undisturbed: tuple[Path, dict[str, bytes]]) -> None:
    path, wanted = undisturbed
    out, orders = tmp_path / "out", Path(obedient["ORDERS"])
    (orders / "died").touch()
    driver = start("run", str(path), "--out", str(out), *OPTIONS, **obedient)
    wait_for((orders / "waiting").exists)
    driver.send_signal(signal.SIGINT)
    _, said = driver.communicate(timeout=120)
    assert driver.returncode == 130 and "interrupted" in said and "Traceback" not in said
    assert status(out).state == "interrupted"
    (orders / "go").touch()
    assert batch("run", str(path), "--out", str(out), *OPTIONS, **obedient).returncode == 0
    assert results(out) == wanted


@pytest.mark.parametrize("limit", [3_000, 12_000])
def test_a_full_disk_stops_the_run_and_loses_nothing(limit: int, tmp_path: Path, obedient: dict[str, str], undisturbed: tuple[Path, dict[str, bytes]]) -> None:
    """Files may not grow beyond a limit, which the operating system enforces as it would a full disk: in a pair's result, or in a part."""
    path, wanted = undisturbed
    out, orders = tmp_path / "out", Path(obedient["ORDERS"])
    for name in ("died", "go"):
        (orders / name).touch()
    code = f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit})); from align.cli import main; sys.argv[0] = 'align'; main()"
    command = [sys.executable, "-c", code, "batch", "run", str(path), "--out", str(out), *OPTIONS]
    found = subprocess.run(command, capture_output=True, text=True, env=os.environ | obedient, check=False)
    assert found.returncode == 1 and "cannot write" in found.stderr and "Traceback" not in found.stderr, found.stderr
    assert status(out).state == "stopped" and "cannot write" in status(out).message
    whole = {f"{name.name[:-5]}.parquet" for name in (out / ".work" / "parts").glob("*.json")}
    assert whole <= {found.name for found in (out / "beads").glob("*.parquet")}
    again = batch("run", str(path), "--out", str(out), *OPTIONS, **obedient)
    assert again.returncode == 0, again.stderr
    assert results(out) == wanted
    assert not list(out.rglob("*.part"))


def test_workers_that_die_one_after_the_other_stop_the_run(tmp_path: Path, obedient: dict[str, str]) -> None:
    path = make_archive(tmp_path / "archive", 12, dict.fromkeys(range(12), "DIE ALWAYS."))
    found = batch("run", str(path), "--out", str(tmp_path / "out"), *OPTIONS, **obedient)
    assert found.returncode == 1 and "workers died one after the other" in found.stderr, found.stderr
