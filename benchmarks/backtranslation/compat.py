"""Back-translation with either build of Argos Translate, each in an environment of its own: same texts, same round trips.

    make compat                          # or: make compat TORCH=torch==2.13.0, to say which PyTorch is installed first
    python benchmarks/backtranslation/compat.py [--lines 40] [--first torch==2.13.0] [--keep FOLDER]

Makes two environments in a temporary folder: one with `argos-translate-lt`, the dependency of this project, and one with
upstream `argostranslate` in its place (which brings PyTorch: about 1.5 GB, from the package index that pip is set up with).
In each, our round trips and Argos's own calls run over the first English sentences of the shipped news. Fails unless all
four give the same translations, word for word. The environments are deleted at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

from compare import measure

ROOT = Path(__file__).resolve().parents[2]
BUILDS = ("argos-translate-lt", "argostranslate")
NEWS = ROOT / "seeds" / "ntrex-news"


def environment(folder: Path, build: str, first: str) -> Path:
    """A new environment with this project and one build of Argos Translate; gives its interpreter."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    others = [line for line in project["dependencies"] if not line.startswith(BUILDS[0])]
    pinned = [line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line.startswith(("ctranslate2=", "sentencepiece="))]
    if build == "argostranslate" and first:
        subprocess.run([*pip, first], check=True)
    subprocess.run([*pip, *others, *pinned, build], check=True)
    subprocess.run([*pip, "--no-deps", str(ROOT)], check=True)
    return python


def installed(python: Path) -> dict[str, str]:
    listed = subprocess.run([str(python), "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"], check=True, capture_output=True, text=True)
    return {entry["name"]: entry["version"] for entry in json.loads(listed.stdout)}


def megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=40)
    parser.add_argument("--first", default="", help="what is installed before upstream argostranslate, such as a certain PyTorch")
    parser.add_argument("--keep", type=Path, help="make the environments here, and leave them")
    arguments = parser.parse_args()
    lines = [line for file in sorted(NEWS.glob("*.en.txt")) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()][: arguments.lines]
    results: dict[str, list[list[str]]] = {}
    with tempfile.TemporaryDirectory(prefix="align-compat-") as temporary:
        os.environ["PYTHONNOUSERSITE"] = "1"
        for build in BUILDS:
            folder = (arguments.keep or Path(temporary)) / build
            print(f"{build}: making an environment", file=sys.stderr, flush=True)
            python = environment(folder, build, arguments.first)
            packages = installed(python)
            assert build in packages and BUILDS[build == BUILDS[0]] not in packages, packages
            torch = f"PyTorch {packages['torch']}" if "torch" in packages else "no PyTorch"
            for side in ("ours", "argos"):
                found = measure(side, lines, 4, str(python))
                results[f"{build}, {side}"] = found["results"]
                used = f"{found['cpu']:6.1f} s CPU {found['megabytes']:5.0f} MB"
                print(f"{build} {packages[build]} ({torch}, {megabytes(folder):.0f} MB on disk), {side:<5} {used}", flush=True)
    base = next(iter(results.values()))
    bad = False
    for name, found in results.items():
        same = sum(a == b for a, b in zip(found, base, strict=True))
        bad |= same < len(lines)
        print(f"{name}: {same} of {len(lines)} round trips identical")
        for line, a, b in zip(lines, found, base, strict=True):
            if a != b:
                print(f"  {line}\n    {a}\n    {b}")
    sys.exit(int(bad))


if __name__ == "__main__":
    main()
