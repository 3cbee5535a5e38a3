"""Two small corpora for the tests of a review: a bitext of three versions, and three articles that render the same statements."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from math import isclose
from pathlib import Path
from typing import Any

import pytest

from align.decide import target_of, text_hash
from align.decide.grammar import span_record
from align.review.session import Session

ENGLISH = [
    "The ministers met in Washington on Wednesday.",
    "Sanctions were not on the agenda at all, the minister said.",
    "Both sides spoke about de-escalation zones in Syria.",
    "The presidents will meet in Hamburg in July.",
    "He said that 35 diplomats had been expelled.",
    "Nobody has presented a single fact so far.",
    "The talks on Ukraine will go on in Minsk.",
]
BRITISH = [
    "On Wednesday the ministers met in Washington.",
    "The minister said sanctions had not been discussed at all.",
    "The two sides talked about de-escalation zones in Syria.",
    "In July the presidents will meet in Hamburg.",
    "According to him 53 diplomats were expelled.",
    "So far nobody has presented one single fact.",
    "Talks about Ukraine are to go on in Minsk.",
]
PORTUGUESE = [
    "Os ministros se reuniram em Washington na quarta-feira.",
    "As sanções não estavam na agenda, disse o ministro.",
    "Os dois lados falaram sobre zonas de desescalada na Síria.",
    "Os presidentes vão se encontrar em Hamburgo em julho.",
    "Ele disse que 53 diplomatas foram expulsos.",
    "Ninguém apresentou um único fato até agora.",
    "As negociações sobre a Ucrânia continuarão em Minsk.",
]
ARTICLES = {
    "first": [
        "Lavrov Speaks In Washington",
        "“We did not discuss sanctions at all,” Sergey Lavrov said.",
        "“Both sides spoke about de-escalation zones in Syria,” Lavrov said.",
        "“The presidents will meet in Hamburg in July,” the minister added.",
        "“Nobody has presented a single fact about Russian interference,” he said.",
        "“Trade between our countries has grown by a third this year,” Lavrov said.",
    ],
    "second": [
        "The Foreign Minister told reporters that sanctions had not been discussed.",
        "According to Lavrov, the presidents of the two countries will meet in July in Hamburg.",
        "The weather in the capital was warm.",
        "He said that no one had presented a single fact about Russian interference.",
    ],
    "third": [
        "“We spoke about zones of de-escalation in Syria,” Sergey Lavrov told the press.",
        "“Not a single fact about Russian interference has been presented by anybody,” he went on.",
        "“Sanctions were not discussed,” Lavrov stressed.",
    ],
}


def write_bitext(folder: Path, engine: str = "none", encoder: str = "use") -> Path:
    folder.mkdir(parents=True)
    for name, lines in (("news.en", ENGLISH), ("news.gb", BRITISH), ("news.pt", PORTUGUESE)):
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    documents = "".join(
        f'[[documents]]\npath = "news.{name}.txt"\nlanguage = "{language}"\noutlet = "{outlet}"\n'
        for name, language, outlet in (("en", "en", "English"), ("gb", "en-GB", "British"), ("pt", "pt", "Portuguese"))
    )
    head = f'[corpus]\nname = "news"\nmode = "bitext"\n[embed]\nencoder = "{encoder}"\n[backtranslate]\nengine = "{engine}"\n[export]\nbase = "English"\n'
    (folder / "align.toml").write_text(head + documents, encoding="utf-8")
    return folder


def write_renditions(folder: Path, engine: str = "none") -> Path:
    folder.mkdir(parents=True)
    for name, lines in ARTICLES.items():
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    documents = "".join(f'[[documents]]\npath = "{name}.txt"\nlanguage = "en"\noutlet = "{name.title()}"\n' for name in ARTICLES)
    head = f'[corpus]\nname = "talk"\nmode = "renditions"\n[embed]\nencoder = "use"\n[backtranslate]\nengine = "{engine}"\n[export]\nbase = "First"\n'
    (folder / "align.toml").write_text(head + documents, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def both_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Both corpora, run once; named by relative paths, so that a copy is up to date."""
    folder = tmp_path_factory.mktemp("ran")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALIGN_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        patch.chdir(folder)
        opened(write_bitext(Path("bitext")), "nobody")
        opened(write_renditions(Path("renditions")), "nobody")
        yield folder


@pytest.fixture
def place(both_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a copy of both, where the test stands."""
    shutil.copytree(both_run, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def opened(corpus: Path | str = "bitext", reviewer: str = "anna") -> Session:
    return Session.open(Path(corpus), reviewer)


def row_target(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The target of a decision about a flat row."""
    return [
        {"document": row[f"document_id_{side}"], "start": row[f"start_{side}"], "end": row[f"end_{side}"], "text_hash": text_hash(row[f"text_{side}"])}
        for side in "ab"
    ]


def bead_target(*beads: Any) -> list[dict[str, Any]]:
    """The target of a decision about whole beads."""
    return [span_record(span) for span in target_of(member for bead in beads for member in bead.members)]


def decision(action: str, target: list[dict[str, Any]], **payload: Any) -> dict[str, Any]:
    return {"action": action, "target": target, "payload": payload}


def alike(one: Any, other: Any) -> bool:
    """The same data, numbers up to what they are rounded to: the last bits of vectors depend on what is encoded together."""
    if isinstance(one, float) or isinstance(other, float):
        return isinstance(one, (int, float)) and isinstance(other, (int, float)) and isclose(one, other, rel_tol=1e-4, abs_tol=1.01e-4)
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(alike(value, other[name]) for name, value in one.items())
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other)
