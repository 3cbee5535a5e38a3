"""Our round trips against argostranslate's own call on the same packages: same text, what time, what memory.

    python benchmarks/backtranslation/compare.py SENTENCES.txt [--lines 150] [--beam 4]

SENTENCES holds one English sentence a line. Each side runs in a process of its own, start-up included, with the bundled
packages en-pt and pt-en and compute type float32. Argos's sentence splitter, which it fetches from the network, is
replaced by ours on its side; everything else of its call is as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any


def ours(lines: list[str]) -> list[list[str]]:
    from align.backtranslate import round_trips

    results, _ = round_trips(lines, "en")
    return [[result.pivot_text, result.text] for result in results]


def argos(lines: list[str]) -> list[list[str]]:
    from argostranslate import sbd, translate

    from align.segment import split_sentences

    class Splitter:
        def __init__(self, package: object) -> None:
            pass

        def split_sentences(self, text: str) -> list[str]:
            return [text[start:end] for start, end in split_sentences(text, "en")]

    translate.MiniSBDSentencizer = sbd.MiniSBDSentencizer = Splitter
    out, back = translate.get_translation_from_codes("en", "pt"), translate.get_translation_from_codes("pt", "en")
    results = []
    for line in lines:
        there = out.translate(line)
        results.append([there, back.translate(there)])
    return results


def measure(side: str, lines: list[str], beam: int, python: str = sys.executable) -> dict[str, Any]:
    """What a side makes of the lines, in a process of its own, and what that takes."""
    from align.backtranslate.argos_packages import bundled_folder

    with tempfile.TemporaryDirectory() as home:
        packages = Path(home) / "packages"
        for archive in bundled_folder().glob("*.argosmodel"):
            with zipfile.ZipFile(archive) as opened:
                opened.extractall(packages)
        data = Path(home) / "lines.json"
        data.write_text(json.dumps(lines))
        environment = {**os.environ, "HOME": home, "ARGOS_COMPUTE_TYPE": "float32", "ARGOS_BEAM_SIZE": str(beam)}
        if side == "argos":
            environment["ARGOS_PACKAGES_DIR"] = str(packages)
        began = time.perf_counter()
        process = subprocess.Popen([python, __file__, "--side", side, str(data)], stdout=subprocess.PIPE, env=environment)
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0, f"{side} failed"
        wall = time.perf_counter() - began
    return {"results": json.loads(output), "wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "megabytes": usage.ru_maxrss / 1024}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("sentences", type=Path)
    parser.add_argument("--lines", type=int, default=150)
    parser.add_argument("--beam", type=int, default=4)
    parser.add_argument("--side", choices=["ours", "argos"])
    arguments = parser.parse_args()
    if arguments.side:
        lines = json.loads(arguments.sentences.read_text())
        print(json.dumps({"ours": ours, "argos": argos}[arguments.side](lines)))
        return
    lines = [line for line in arguments.sentences.read_text(encoding="utf-8").splitlines() if line.strip()][: arguments.lines]
    sides = {side: measure(side, lines, arguments.beam) for side in ("argos", "ours")}
    for side, found in sides.items():
        print(f"{side:<6} {found['wall']:7.1f} s wall {found['cpu']:7.1f} s CPU {found['megabytes']:6.0f} MB")
    mine, theirs = sides["ours"]["results"], sides["argos"]["results"]
    same = sum(a == b for a, b in zip(mine, theirs, strict=True))
    wall, cpu = (sides["argos"][name] / sides["ours"][name] for name in ("wall", "cpu"))
    print(f"identical: {same} of {len(lines)} round trips; argos takes {wall:.1f} times the wall time and {cpu:.1f} times the CPU time")
    for line, a, b in zip(lines, mine, theirs, strict=True):
        if a != b:
            print(f"\n{line}\n  ours  {a}\n  argos {b}")


if __name__ == "__main__":
    main()
