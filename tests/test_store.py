"""Files whole or not at all; a cache that never costs a result."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from align.errors import InputError, OutputError
from align.store import Cache, digest, read_lines, replacing, write_lines


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(ValueError, match="half way"), replacing(path) as file:
        file.write("new, but")
        raise ValueError("half way")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    path = tmp_path / "out.txt"
    with pytest.raises(OutputError) as caught, replacing(path) as file:
        with full.open("w") as device:
            device.write("x" * 100_000)
        file.write("never")
    assert "No space left" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot write"), replacing(tmp_path / "out" / "x.txt") as file:
        file.write("never")


def test_digest_keeps_parts_apart() -> None:
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("ab") == digest(b"ab")


def test_lines_there_and_back(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{"text": "Комі — “bacchanalia”\u2028next"}, {"text": ""}]
    write_lines(path, rows)
    assert read_lines(path) == rows
    path.write_text('{"a": 1}\n{oops\n', encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_lines(path)
    assert caught.value.place == f"{path}:2"


def test_cache_keeps_counts_trims_and_clears(tmp_path: Path) -> None:
    cache = Cache("vectors", tmp_path, limit_bytes=50)
    cache.put({f"k{number}": b"0123456789" for number in range(10)})
    assert cache.get(["k3", "missing"]) == {"k3": b"0123456789"}
    assert Cache("vectors", tmp_path).size() == (10, 100)
    assert cache.trim() == 5
    assert cache.size() == (5, 50)
    assert cache.clear() == 5
    assert cache.get(["k9"]) == {}


def test_a_damaged_cache_costs_time_not_a_result(tmp_path: Path) -> None:
    (tmp_path / "cache.sqlite").write_bytes(b"this is no database" * 100)
    cache = Cache("vectors", tmp_path)
    cache.put({"k": b"v"})
    assert cache.get(["k"]) == {}
    assert "cache.sqlite" in cache.problem


def test_a_cache_that_fails_midway_is_given_up(tmp_path: Path) -> None:
    cache = Cache("vectors", tmp_path)
    cache.put({"k": b"v"})
    with sqlite3.connect(tmp_path / "cache.sqlite") as other:
        other.execute("DROP TABLE vectors")
    assert cache.get(["k"]) == {}
    cache.put({"k": b"v"})
    assert cache.problem


def test_many_open_a_new_cache_at_once(tmp_path: Path) -> None:
    for number in range(20):
        together = threading.Barrier(6)

        def opened(name: int, folder: Path = tmp_path / str(number), together: threading.Barrier = together) -> str:
            together.wait()
            cache = Cache("vectors", folder)
            cache.put({str(name): b"x"})
            problem = cache.problem
            cache.close()
            return problem

        with ThreadPoolExecutor(6) as pool:
            assert set(pool.map(opened, range(6))) == {""}
        assert len(Cache("vectors", tmp_path / str(number)).get([str(name) for name in range(6)])) == 6
