"""What the tests of `align batch` share: small archives, an encoder that obeys, and what a run wrote, as bytes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from align.batch.progress import read_events

ENGLISH = [
    "The ferry to the island leaves at seven in the morning.",
    "Nobody on the quay had expected the wind to turn so quickly.",
    "The captain waited for half an hour and then cast off.",
    "Two of the passengers had left their luggage in the hall.",
    "On the far side the village was already awake.",
    "A woman sold bread and coffee from the window of her kitchen.",
    "The school had closed in 1987 and was now a small museum.",
    "Its only room showed nets, lamps and a boat with a broken mast.",
    "In the afternoon the rain came back and did not stop.",
    "The last boat of the day did not go before nine o'clock.",
]
GERMAN = [
    "Die Fähre zur Insel fährt um sieben Uhr morgens ab.",
    "Niemand am Kai hatte erwartet, dass der Wind so schnell drehen würde.",
    "Der Kapitän wartete eine halbe Stunde und legte dann ab.",
    "Zwei der Fahrgäste hatten ihr Gepäck in der Halle gelassen.",
    "Auf der anderen Seite war das Dorf schon wach.",
    "Eine Frau verkaufte Brot und Kaffee aus dem Fenster ihrer Küche.",
    "Die Schule war 1987 geschlossen worden und war nun ein kleines Museum.",
    "Ihr einziger Raum zeigte Netze, Lampen und ein Boot mit gebrochenem Mast.",
    "Am Nachmittag kam der Regen zurück und hörte nicht auf.",
    "Das letzte Boot des Tages fuhr nicht vor neun Uhr.",
]
COLUMNS = ("id", "source", "target", "source_language", "target_language")

# An encoder that comes in by the public door and does what files in a folder say: dies once, dies always, or waits.
OBEDIENT = """
import os, signal, time
from pathlib import Path
from align.encoders import HashEncoder

class Obedient(HashEncoder):
    signature = "obedient:1"

    def encode(self, texts):
        orders = Path(os.environ["ORDERS"])
        for text in texts:
            if "DIE ALWAYS" in text:
                os.kill(os.getpid(), signal.SIGKILL)
            if "DIE ONCE" in text and not (orders / "died").exists():
                (orders / "died").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            if "WAIT HERE" in text and not (orders / "go").exists():
                (orders / "waiting").touch()
                while not (orders / "go").exists():
                    time.sleep(0.02)
        return super().encode(texts)
"""


def make_archive(folder: Path, pairs: int = 12, extra: dict[int, str] | None = None) -> Path:
    """Pairs of documents, each with its own lines, and a manifest; `extra` puts a sentence at the end of a pair's documents."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(pairs):
        first = number % 4
        for language, lines in (("en", ENGLISH), ("de", GERMAN)):
            own = [*lines[first : first + 6], f"{number} {'boats' if language == 'en' else 'Boote'}.", *([extra[number]] if extra and number in extra else [])]
            (folder / f"{number:03d}.{language}.txt").write_text("\n".join(own) + "\n", encoding="utf-8")
        rows.append((f"{number:03d}", f"{number:03d}.en.txt", f"{number:03d}.de.txt", "en", "de"))
    return write_manifest(folder / "manifest.tsv", rows)


def write_manifest(path: Path, rows: list[tuple[str, ...]]) -> Path:
    path.write_text("".join("\t".join(row) + "\n" for row in [COLUMNS, *rows]), encoding="utf-8")
    return path


def plugin(folder: Path) -> dict[str, str]:
    """Install the obedient encoder for processes that are given this environment."""
    orders, site = folder / "orders", folder / "site"
    orders.mkdir(parents=True, exist_ok=True)
    information = site / "obedient-1.dist-info"
    information.mkdir(parents=True, exist_ok=True)
    (site / "obedient.py").write_text(OBEDIENT, encoding="utf-8")
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: obedient\nVersion: 1\n", encoding="utf-8")
    (information / "entry_points.txt").write_text("[align.encoders]\nobedient = obedient:Obedient\n", encoding="utf-8")
    return {"ORDERS": str(orders), "PYTHONPATH": os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")]))}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "align", "batch", *arguments]


def batch(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, env=os.environ | environment, check=False)


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """The same, in the background."""
    return subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | environment)


def results(out: Path) -> dict[str, bytes]:
    """Everything that depends on the inputs alone."""
    files = [path for folder in ("beads", "divergence", "tmx") for path in sorted((out / folder).rglob("*"))]
    files += [out / name for name in ("failed.jsonl", "warnings.jsonl", "summary.json")]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


def events(out: Path, kind: str) -> list[dict[str, Any]]:
    """The events of a kind in the last run."""
    found: list[dict[str, Any]] = []
    for event in read_events(out / "events.jsonl"):
        found = [] if event["event"] == "started" else found
        found += [event] if event["event"] == kind else []
    return found


def table(out: Path, name: str) -> list[dict[str, Any]]:
    """The rows of all parts."""
    import pyarrow.parquet as parquet

    return [row for path in sorted((out / name).glob("*.parquet")) for row in parquet.read_table(path).to_pylist()]


def wait_for(found: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def children(process: int) -> Iterator[int]:
    """The processes that a process has started (Linux)."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == process:
            yield int(path.parent.name)
