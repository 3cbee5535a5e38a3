"""Precision against recall of each channel on DEMETR (translations beside their references), as an SVG file without any library.

A channel's recall is asked of the kind of error that it is for; its precision counts alarms on unspoilt pairs, at one spoilt pair to one good.
"""

from __future__ import annotations

from pathlib import Path

from sets import Table

MEANT_FOR = {"numbers": "number", "negation": "negation", "names": "name", "antonyms": "antonym", "antonyms:alike": "antonym", "stance:question": "question"}
MEANT_FOR |= {
    "voice:gender": "gender",
    "voice:tense": "tense",
    "voice:auxiliary": "tense",
    "voice:future": "tense",
    "voice:times": "tense",
    "antonyms:meaning": "antonym",
    "order": "shuffled",
}
MEANT_FOR |= {"alone": "name", "names:missing": "name removed", "omission:word": "noun removed", "addition:word": "addition", "stance:missing": "tense"}
SIDE, EDGE = 480, 60


def points(table: Table) -> dict[str, tuple[float, float]]:
    """Channel to (recall, precision)."""
    found = {}
    for channel, kind in MEANT_FOR.items():
        rates = {}
        for part in ("good", kind):
            rows = [fired for row, fired in zip(table.rows, table.fired, strict=True) if row.part == part]
            rates[part] = sum(any(name.split("@")[0] == channel for name in fired) for fired in rows) / max(1, len(rows))
        if rates[kind]:
            found[channel] = (rates[kind], rates[kind] / (rates[kind] + rates["good"]))
    return found


def write(path: str, table: Table) -> None:
    """Draw the points; each carries its channel's name."""
    marks = []
    for channel, (recall, precision) in sorted(points(table).items()):
        x, y = EDGE + recall * SIDE, EDGE + (1 - precision) * SIDE
        marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#0b5394"/><text x="{x + 7:.1f}" y="{y + 4:.1f}">{channel}</text>')
    ticks = []
    for step in range(0, 11, 2):
        place = step / 10
        ticks.append(f'<text x="{EDGE + place * SIDE:.0f}" y="{EDGE + SIDE + 20}" text-anchor="middle">{place:.1f}</text>')
        ticks.append(f'<text x="{EDGE - 10}" y="{EDGE + (1 - place) * SIDE + 4:.0f}" text-anchor="end">{place:.1f}</text>')
    size = SIDE + 3 * EDGE
    body = "\n".join([*ticks, *marks])
    frame = f'<rect x="{EDGE}" y="{EDGE}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#444"/>'
    titles = f'<text x="{EDGE + SIDE / 2:.0f}" y="{EDGE + SIDE + 42}" text-anchor="middle">recall</text><text x="{EDGE}" y="{EDGE - 16}">precision</text>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size - EDGE}" font-family="sans-serif" font-size="12" role="img">'
    title = "<title>Precision against recall of each channel on DEMETR</title>"
    Path(path).write_text("\n".join([head, title, '<rect width="100%" height="100%" fill="white"/>', frame, titles, body, "</svg>", ""]), encoding="utf-8")
