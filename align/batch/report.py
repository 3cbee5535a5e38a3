"""The report of a run: one page that loads nothing, with the speed over time, where the time went, and what failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from ..store import write_text
from .parts import Places
from .progress import State, read_events

BARS = 60
SHOWN = 200  # failures on the page
WIDTH, HEIGHT, EDGE = 720, 220, 50
STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}th,td{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}th{border-bottom:1px solid #999}svg{max-width:100%;height:auto}"""


def write_report(places: Places, summary: dict[str, Any], state: State) -> None:
    """Write `report.html` from the log of the last run and the summary."""
    speeds, seconds, failures = _last_run(places)
    total = summary["source_segments"] + summary["target_segments"]
    facts = [
        ("pairs", f"{summary['done']:,} done, {summary['failed']:,} failed"),
        ("segments", f"{total:,} ({summary['source_segments']:,} and {summary['target_segments']:,})"),
        ("beads", f"{summary['beads']:,}, {summary['gaps']:,} gaps, {summary['rows']:,} rows compared"),
        (
            "this run",
            f"{state.segments:,} segments in {state.seconds:,.0f} s on {state.workers} workers ({state.engine}); {state.kept:,} pairs kept from before",
        ),
        ("workers lost", f"{state.lost_workers}"),
    ]
    body = [
        "<h1>Archive</h1>",
        _table((), facts),
        "<h2>Segments a second</h2>",
        plot(speeds) if speeds else "<p>Nothing had to be worked in this run.</p>",
        "<h2>CPU seconds by stage</h2>",
        _table(("stage", "seconds", "share"), shares(seconds)),
        "<h2>Languages</h2>",
        _table(
            ("pair", "done", "failed", "segments", "beads", "gaps", "grade 2 or 3"),
            [
                (name, *(f"{value:,}" for value in _numbers(found)))
                for name, found in summary["languages"].items()
            ],
        ),
        "<h2>Memories</h2>",
        _table(("file", "units", "duplicates left out"), [(one["file"], f"{one['units']:,}", f"{one['duplicates']:,}") for one in summary["memories"]]),
    ]  # fmt: skip
    if failures:
        body += ["<h2>Failed in this run</h2>", "<p>All of them stand in <code>failed.jsonl</code>.</p>", _table(("pair", "reason"), failures)]
    head = f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Archive: report</title><style>{STYLE}</style></head><body>'
    write_text(places.out / "report.html", "\n".join([head, *body, "</body></html>", ""]))


def _numbers(found: dict[str, Any]) -> tuple[int, ...]:
    segments = found["source_segments"] + found["target_segments"]
    return found["done"], found["failed"], segments, found["beads"], found["gaps"], found["grades"]["2"] + found["grades"]["3"]


def _last_run(places: Places) -> tuple[list[tuple[float, float]], dict[str, float], list[tuple[str, str]]]:
    """(seconds since the start, segments a second) of the last run, CPU seconds by stage, failures."""
    done: Counter[int] = Counter()  # second of the run -> segments
    seconds: Counter[str] = Counter()
    failures: list[tuple[str, str]] = []
    began = 0.0
    for event in read_events(places.out / "events.jsonl"):
        moment = datetime.fromisoformat(event["time"]).timestamp()
        if event["event"] == "started":
            done, seconds, failures, began = Counter(), Counter(), [], moment
        elif event["event"] == "pair":
            done[int(moment - began)] += event["segments"]
            seconds.update(event["stages"])
        elif event["event"] == "failed" and len(failures) < SHOWN:
            failures.append((event["id"], event["reason"]))
    return throughput(done), dict(seconds), failures


def throughput(done: Mapping[int, int]) -> list[tuple[float, float]]:
    """Segments by second in; (end of a stretch in seconds, segments a second in it) out, at most BARS equal stretches."""
    if not done:
        return []
    step = -(-(max(done) + 1) // BARS)
    sums: Counter[int] = Counter()
    for second, segments in done.items():
        sums[second // step] += segments
    return [((number + 1) * step, sums[number] / step) for number in range(max(sums) + 1)]


def shares(seconds: dict[str, float]) -> list[tuple[str, str, str]]:
    total = sum(seconds.values()) or 1.0
    return [(stage, f"{value:,.1f}", f"{value / total:.1%}") for stage, value in seconds.items()]


def plot(speeds: Sequence[tuple[float, float]]) -> str:
    """Bars: segments a second over the time of the run."""
    top = max(speed for _, speed in speeds) or 1.0
    wide, high = (WIDTH - 2 * EDGE) / len(speeds), HEIGHT - 2 * EDGE
    bars = [
        f'<rect x="{EDGE + number * wide:.1f}" y="{EDGE + high * (1 - speed / top):.1f}" width="{wide * 0.9:.1f}" height="{high * speed / top:.1f}"/>'
        for number, (_, speed) in enumerate(speeds)
    ]
    ground = EDGE + high
    marks = [
        f'<text x="{EDGE - 6}" y="{EDGE + 4}" text-anchor="end">{top:,.0f}</text>',
        f'<text x="{EDGE - 6}" y="{ground + 4}" text-anchor="end">0</text>',
        f'<text x="{EDGE}" y="{ground + 18}">0 s</text>',
        f'<text x="{WIDTH - EDGE}" y="{ground + 18}" text-anchor="end">{speeds[-1][0]:,.0f} s</text>',
        f'<line x1="{EDGE}" y1="{ground}" x2="{WIDTH - EDGE}" y2="{ground}" stroke="#444"/>',
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" font-family="sans-serif" font-size="12" role="img">'
    return "\n".join([head, "<title>Segments a second over the time of the run</title>", '<g fill="#0b5394">', *bars, "</g>", *marks, "</svg>"])


def _table(header: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    names = "".join(f"<th>{escape(name)}</th>" for name in header)
    lines = ["".join(f"<td>{escape(str(cell))}</td>" for cell in row) for row in rows]
    return "<table>" + (f"<tr>{names}</tr>" if names else "") + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"
