"""What an archive costs: `align batch run` on 1 and 2 workers, on processes and on Ray; prints the tables of the README.

    python benchmarks/archives/run.py speed            # segments a second, efficiency of a second worker, both engines
    python benchmarks/archives/run.py small            # what the engine adds to documents of three sentences
    python benchmarks/archives/run.py memory           # 10,000 pairs: does memory grow?
    python benchmarks/archives/run.py long             # one document of 20,000 sentences, cut at safe anchors
    python benchmarks/archives/run.py share            # share of each stage, as a picture (share.svg)

A machine that others use too makes wall time say little. So CPU seconds are counted, of all processes of a run, found by a mark in
their environment; runs of 1 and 2 workers take turns; and `busy` is the share of the workers' time in which they had a pair in hand,
which does not depend on who else runs. Ray makes its workers nice (15), which on a busy machine starves them; here they are not
(RAY_worker_niceness=0), as processes are not. Efficiency of a second worker: CPU seconds a segment on one over those on two, times `busy`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median

from inputs import make

MARK = "ALIGN_BENCHMARK_MARK"
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
STAGES = ("read", "segment", "encode", "link", "backtranslate", "score", "diverge", "write")
NAMES = {"read": "reading", "segment": "reading", "encode": "encoding", "link": "search", "score": "scoring", "diverge": "scoring", "write": "writing"}


@dataclass
class Sample:
    """What was seen of a run: CPU seconds by process, resident megabytes by process and moment."""

    cpu: dict[int, float] = field(default_factory=dict)
    memory: list[tuple[float, dict[int, float]]] = field(default_factory=list)


class Watch(threading.Thread):
    """Looks at the processes that bear the mark, again and again."""

    def __init__(self, mark: str, every: float = 0.25) -> None:
        super().__init__(daemon=True)
        self.mark, self.every, self.sample = f"{MARK}={mark}".encode(), every, Sample()
        self._known: dict[int, bool] = {}
        self._end = threading.Event()
        self._began = time.monotonic()

    def run(self) -> None:
        while not self._end.wait(self.every):
            sizes: dict[int, float] = {}
            for process in self._ours():
                try:
                    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
                    self.sample.cpu[process] = (int(fields[11]) + int(fields[12])) / TICK
                    sizes[process] = int(fields[21]) * PAGE / 2**20
                except OSError:
                    continue
            self.sample.memory.append((time.monotonic() - self._began, sizes))

    def _ours(self) -> Iterator[int]:
        for path in Path("/proc").iterdir():
            if path.name.isdecimal():
                process = int(path.name)
                if process not in self._known:
                    try:
                        self._known[process] = self.mark in (path / "environ").read_bytes()
                    except OSError:
                        self._known[process] = False
                if self._known[process]:
                    yield process

    def finish(self) -> Sample:
        self._end.set()
        self.join()
        return self.sample


@dataclass
class Run:
    """One run: wall and CPU seconds, the workers' share of time with a pair in hand, segments, CPU seconds by stage, and what was seen."""

    wall: float
    cpu: float
    busy: float
    segments: int
    pairs: int
    stages: Counter[str]
    sample: Sample


def run(manifest: Path, out: Path, *, engine: str, workers: int, options: tuple[str, ...] = ()) -> Run:
    mark = f"{os.getpid()}-{time.monotonic_ns()}"
    command = [sys.executable, "-m", "align", "batch", "run", str(manifest), "--out", str(out), "--engine", engine, "--workers", str(workers), *options]
    watch = Watch(mark)
    watch.start()
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {MARK: mark, "RAY_worker_niceness": "0"}, check=False)
    wall, sample = time.monotonic() - began, watch.finish()
    if done.returncode:
        sys.exit(done.stderr)
    events = [json.loads(line) for line in (out / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    pairs = [event for event in events if event["event"] == "pair"]
    # From the first result on: starting processes and loading models is a cost of the run, not of its pace.
    moments = [datetime.fromisoformat(event["time"]).timestamp() for event in pairs]
    span = max(moments) - min(moments) or 1.0
    in_hand = sum(event["seconds"] for event in pairs[workers:])
    stages: Counter[str] = Counter()
    for event in pairs:
        stages.update(event["stages"])
    return Run(wall, sum(sample.cpu.values()), min(1.0, in_hand / (span * workers)), sum(event["segments"] for event in pairs), len(pairs), stages, sample)


def speed(pairs: int, sentences: int, times: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = make(folder / "in", pairs, sentences)
        found: dict[tuple[str, int], list[Run]] = {}
        for turn in range(times):
            for engine in ("local", "ray"):
                for workers in (1, 2):
                    found.setdefault((engine, workers), []).append(run(manifest, folder / f"{engine}{workers}.{turn}", engine=engine, workers=workers))
                    last = found[engine, workers][-1]
                    print(
                        f"  {engine} {workers}: {last.wall:.0f} s, {last.cpu:.1f} s CPU, stages {sum(last.stages.values()):.1f}, busy {last.busy:.3f}",
                        file=sys.stderr, flush=True,
                    )  # fmt: skip
        print(f"{pairs} pairs of {sentences} + {sentences} sentences, medians of {times} runs\n")
        print("| Engine | workers | CPU s | stages' CPU s | busy | segments a CPU second | wall s | efficiency |\n|---|---|---|---|---|---|---|---|")
        for (engine, workers), runs in found.items():
            cpu, inner, busy, wall = (median(values) for values in zip(*((one.cpu, sum(one.stages.values()), one.busy, one.wall) for one in runs), strict=True))
            single = median(sum(one.stages.values()) for one in found[engine, 1])
            efficiency = f"{single / inner * busy:.2f}" if workers > 1 else ""
            pace = runs[0].segments / inner
            print(f"| {engine} | {workers} | {cpu:.1f} | {inner:.1f} | {busy:.3f} | {pace:.0f} | {wall:.0f} | {efficiency} |")


def small(pairs: int, times: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = make(folder / "in", pairs, 3)
        print(f"{pairs} pairs of 3 + 3 sentences and a number, 1 worker, medians of {times} runs\n")
        print("| Engine | CPU ms a pair, stages | CPU ms a pair beyond | busy | CPU s to start |\n|---|---|---|---|---|")
        none = make(folder / "none", 1, 3)
        for engine in ("local", "ray"):
            runs = [run(manifest, folder / f"{engine}.{turn}", engine=engine, workers=1) for turn in range(times)]
            start = median(run(none, folder / f"{engine}.none.{turn}", engine=engine, workers=1).cpu for turn in range(times))
            inner = median(sum(one.stages.values()) for one in runs)
            beyond = max(0.0, median(one.cpu for one in runs) - inner - start)
            busy = median(one.busy for one in runs)
            print(f"| {engine} | {inner / pairs * 1000:.1f} | {beyond / pairs * 1000:.1f} | {busy:.3f} | {start:.1f} |", flush=True)


def memory(pairs: int, sentences: int, encoder: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = make(folder / "in", pairs, sentences)
        done = run(manifest, folder / "out", engine="local", workers=2, options=("--encoder", encoder, "--mode", "bitext"))
        size = sum(path.stat().st_size for path in (folder / "out").rglob("*") if path.is_file()) / 2**20
        print(f"{pairs} pairs of {sentences} + {sentences} sentences, encoder {encoder}, 2 workers: {done.wall:.0f} s wall, {done.cpu:.0f} s CPU")
        print(f"{size:.0f} MB written\n")
        print("| Share of the run | driver MB | larger worker MB |\n|---|---|---|")
        whole = [(moment, sorted(sizes.items())) for moment, sizes in done.sample.memory if sizes]
        for tenth in range(1, 11):
            low, high = (tenth - 1) / 10 * whole[-1][0], tenth / 10 * whole[-1][0]
            here = [dict(sizes) for moment, sizes in whole if low <= moment <= high]
            driver = min(process for process, _ in whole[0][1])
            top = max(max((size for process, size in sizes.items() if process != driver), default=0) for sizes in here)
            print(f"| {tenth * 10} % | {max(sizes.get(driver, 0) for sizes in here):.0f} | {top:.0f} |")


def long(sentences: int, encoder: str, limit: int = 2_000) -> None:
    """A document of one stretch, and one of ten."""
    print("| Sentences a side | --max-segments | CPU s | peak MB of the worker |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size in (limit, sentences):
            manifest = make(folder / f"in{size}", 1, size)
            done = run(
                manifest, folder / f"out{size}", engine="local", workers=1, options=("--encoder", encoder, "--mode", "bitext", "--max-segments", str(limit))
            )
            peak = max(max(sizes.values(), default=0) for _, sizes in done.sample.memory)
            print(f"| {size} | {limit} | {done.cpu:.0f} | {peak:.0f} |", flush=True)


def share(pairs: int, sentences: int) -> None:
    """One worker, one thread: shares of CPU time, and the picture."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        done = run(make(folder / "in", pairs, sentences), folder / "out", engine="local", workers=1)
    sums: Counter[str] = Counter()
    for stage, seconds in done.stages.items():
        if stage in NAMES:
            sums[NAMES[stage]] += seconds
    sums["parts, memories, driver"] = max(0.0, done.cpu - sum(done.stages.values()))
    total = sum(sums.values())
    print(f"{pairs} pairs of {sentences} + {sentences} sentences, 1 worker, {done.cpu:.1f} s CPU\n\n| Stage | CPU s | share |\n|---|---|---|")
    for stage, seconds in sums.items():
        print(f"| {stage} | {seconds:.1f} | {seconds / total:.1%} |")
    Path(__file__).with_name("share.svg").write_text(picture(sums), encoding="utf-8")


def picture(sums: Counter[str]) -> str:
    """Bars, the share of each stage beside its name."""
    total, wide, high = sum(sums.values()), 420, 26
    bars = []
    for number, (stage, seconds) in enumerate(sums.items()):
        y, part = 30 + number * high, seconds / total
        bars.append(f'<text x="170" y="{y + 15}" text-anchor="end">{stage}</text>')
        bars.append(f'<rect x="180" y="{y}" width="{part * wide:.1f}" height="{high - 6}" fill="#0b5394"/>')
        bars.append(f'<text x="{186 + part * wide:.1f}" y="{y + 15}">{part:.1%}</text>')
    size = 50 + len(sums) * high
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 {size}" width="680" font-family="sans-serif" font-size="13" role="img">'
    title = "<title>Share of CPU time in each stage of an archive</title>"
    return "\n".join([head, title, '<rect width="100%" height="100%" fill="white"/>', *bars, "</svg>", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("speed", "small", "memory", "long", "share"))
    parser.add_argument("--pairs", type=int)
    parser.add_argument("--sentences", type=int)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--encoder", default="hash", help="for memory and long")
    given = parser.parse_args()
    if given.what == "speed":
        speed(given.pairs or 200, given.sentences or 30, given.times)
    elif given.what == "small":
        small(given.pairs or 500, given.times)
    elif given.what == "memory":
        memory(given.pairs or 10_000, given.sentences or 10, given.encoder)
    elif given.what == "long":
        long(given.sentences or 20_000, given.encoder)
    else:
        share(given.pairs or 200, given.sentences or 30)


if __name__ == "__main__":
    main()
