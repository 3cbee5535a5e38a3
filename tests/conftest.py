"""Fixtures that every test may use; shared data is found through ALIGN_SHARED and is never required."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from review_corpora import both_run, place
from serving import server

__all__ = ["both_run", "own_cache", "place", "server", "shared"]
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or fills the cache of the person who runs it; one cache serves the whole session."""
    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with gold and human-judged data."""
    folder = Path(os.environ.get("ALIGN_SHARED", ROOT / ".." / "shared")).resolve()
    if not folder.is_dir():
        pytest.skip(f"measured data not found at {folder}: set ALIGN_SHARED")
    return folder
