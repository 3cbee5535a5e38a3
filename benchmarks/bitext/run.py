"""Accuracy, cost, ablations and calibration of bitext alignment on the dev sets, and peers beside it.

Usage: python benchmarks/bitext/run.py [--ablations] [--peers] [--scaling] [--sets NAME ...] [--svg FILE]

Prints one table a part. CPU seconds count the search alone: vectors come from the cache or are encoded before the clock
starts. `--peers` installs galechurch and sentweave from the package index into an environment of their own (build/peers). `--scaling` aligns a
made text of growing length in an own process each and prints CPU seconds and peak memory.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parent))
import data
import numpy as np

bitext = importlib.import_module("align.aligner")
beadfeatures = importlib.import_module("align.aligner.beadfeatures")
corridor = importlib.import_module("align.aligner.corridor")

HERE = Path(__file__).parent
PEERS = data.ROOT / "build" / "peers"
SIZES = {"ours": (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000), "galechurch": (500, 1_000, 2_000, 4_000), "sentweave": (1_000, 2_000, 5_000, 10_000)}
PACKAGES = ("galechurch==0.1.0", "sentweave==0.3.3")
Aligner = Callable[[data.Text], list[Any]]


def ours(text: data.Text) -> list[Any]:
    return bitext.align(text.source, text.target, data.encoder(text.encoder), languages=text.languages)


def without_encoder(text: data.Text) -> list[Any]:
    return bitext.align(text.source, text.target, None)


def measure(aligner: Aligner, names: list[str], warm: bool = True) -> tuple[dict[str, tuple[float, float, float]], list[tuple[str, float, bool]]]:
    """Strict F1, lax F1 and CPU seconds by set; and of every bead its set, its confidence and whether the gold has it."""
    from score_bitext import score

    table, beads = {}, []
    for name in names:
        pairs, seconds = [], 0.0
        for text in data.texts(name):
            if warm:
                aligner(text)
            start = time.process_time()
            found = aligner(text)
            seconds += time.process_time() - start
            pairs.append((text.gold, [(pairing.source, pairing.target) for pairing in found]))
            gold = set(text.gold)
            beads += [(name, pairing.confidence, (pairing.source, pairing.target) in gold) for pairing in found]
        figures = score(pairs)
        table[name] = figures["strict_f1"], figures["lax_f1"], seconds
    return table, beads


def weights_without(*prefixes: str) -> Any:
    """The learnt weights, those of some features set to zero (nothing is learnt anew)."""
    loaded = bitext.load_weights()
    kept = {
        part: {name: 0.0 if name.startswith(prefixes) else value for name, value in values.items()}
        for part, values in loaded.items()
        if isinstance(values, dict)
    }
    return patch.object(bitext, "load_weights", lambda: kept)


@contextmanager
def plain_sums() -> Iterator[None]:
    """Sums of the vectors of segments in place of the true vectors of spans."""
    rescoring = importlib.import_module("align.aligner.rescoring")
    real = rescoring.span_vectors
    with patch.object(rescoring, "span_vectors", lambda spans, wanted, contested, encode: real(spans, wanted, np.zeros_like(contested), encode)):
        yield


ABLATIONS: dict[str, Callable[[], Any]] = {
    "all of it": lambda: patch.object(bitext, "PAD", bitext.PAD),
    "no centring": lambda: patch.object(bitext, "document_mean", lambda vectors: np.zeros(vectors.shape[1], dtype=np.float32)),
    "no second pass": lambda: patch.object(bitext, "second_pass", lambda section, encode, weights: (section.first, section.band)),
    "sums, not true vectors of spans": plain_sums,
    "no numbers, names, cognates": lambda: weights_without("lex"),
    "the same trust in them everywhere": lambda: patch.object(bitext, "surface_trust", lambda left, right: 1.0),
    "no lengths": lambda: weights_without("ratio", "spread", "merge_ratio"),
    "no punctuation": lambda: weights_without("ends", "starts"),
    "no brackets, no unfinished ones": lambda: weights_without("torn", "cut"),
    "no floor under similarity": lambda: patch.object(beadfeatures, "NOISE", -9.0),
    "no guess of the share of gaps": lambda: weights_without("open_share", "turn_share"),
    "no price for gaps on both sides": lambda: weights_without("turn"),
    "no price for opening a gap": lambda: weights_without("open"),
    "no moved blocks": lambda: patch.object(corridor, "JUMP", 1e6),
    "no joints": lambda: patch.object(corridor, "RUN", 10**6),
}


def error(beads: list[tuple[str, float, bool]], bins: int = 10) -> float:
    """Expected calibration error: the mean distance of confidence and share of right beads, by bins of confidence."""
    confidence, right = np.array([bead[1] for bead in beads]), np.array([bead[2] for bead in beads], dtype=float)
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return float(sum(abs(confidence[place == k].mean() - right[place == k].mean()) * (place == k).mean() for k in np.unique(place)))


def reliability(beads: list[tuple[str, float, bool]]) -> list[tuple[float, float, int]]:
    """Mean confidence, share of right beads, number of beads, by tenth."""
    confidence, right = np.array([bead[1] for bead in beads]), np.array([bead[2] for bead in beads], dtype=float)
    place = np.minimum((confidence * 10).astype(int), 9)
    return [(float(confidence[place == k].mean()), float(right[place == k].mean()), int((place == k).sum())) for k in np.unique(place)]


def diagram(points: list[tuple[float, float, int]]) -> str:
    """The reliability diagram as SVG: the diagonal is perfect."""
    marks = "".join(
        f'<circle cx="{40 + 300 * x:.1f}" cy="{320 - 300 * y:.1f}" r="{3 + np.log10(count):.1f}"><title>{count} beads: {x:.2f}, {y:.2f}</title></circle>'
        for x, y, count in points
    )
    ticks = "".join(f'<text x="{40 + 300 * t:.0f}" y="338">{t:g}</text><text x="10" y="{324 - 300 * t:.0f}">{t:g}</text>' for t in (0, 0.25, 0.5, 0.75, 1))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 360" font-family="sans-serif" font-size="11"><rect width="360" height="360" fill="white"/>'
        f'<path d="M40 20V320H340M40 320L340 20" fill="none" stroke="#888"/>{ticks}<text x="130" y="355">confidence</text>'
        f'<text x="45" y="32">share of right beads</text><g fill="#2060a0">{marks}</g></svg>\n'
    )


def show(title: str, table: dict[str, tuple[float, float, float]]) -> None:
    print(f"\n{title}\n{'set':26s}{'strict':>8s}{'lax':>8s}{'CPU s':>8s}")
    for name, (strict, lax, seconds) in table.items():
        print(f"{name:26s}{strict:8.4f}{lax:8.4f}{seconds:8.1f}", flush=True)


def peer_python() -> str:
    """The interpreter of the peers' own environment, made at the first call."""
    if not (PEERS / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(PEERS)], check=True)
        subprocess.run([str(PEERS / "bin" / "pip"), "install", "-q", *PACKAGES], check=True)
    return str(PEERS / "bin" / "python")


def peer(script: str, task: Any) -> Any:
    done = subprocess.run([peer_python(), str(HERE / script)], input=json.dumps(task), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def gale_church(texts: list[data.Text]) -> Any:
    """Lengths alone."""
    return peer("peer_galechurch.py", [[text.source, text.target] for text in texts])


def sentweave(texts: list[data.Text]) -> Any:
    """The search of Vecalign, with our encoder: it wants vectors of all spans of up to seven segments."""
    answers = []
    with tempfile.TemporaryDirectory() as folder:
        for text in texts:
            task = {"pairs": [[text.source, text.target]], "vectors": "", "texts": []}
            wanted = peer("peer_sentweave.py", task)
            file = Path(folder) / "vectors.npz"
            np.savez(file, vectors=data.encoder(text.encoder)(wanted))
            answers.append(peer("peer_sentweave.py", task | {"vectors": str(file), "texts": wanted}))
    return {"beads": [answer["beads"][0] for answer in answers], "seconds": sum(answer["seconds"] for answer in answers)}


def measure_peer(align: Callable[[list[data.Text]], Any], names: list[str]) -> dict[str, tuple[float, float, float]]:
    """The same sets through a peer, in an environment of its own."""
    from score_bitext import score

    table = {}
    for name in names:
        texts = data.texts(name)
        answer = align(texts)
        figures = score([(text.gold, [(tuple(a), tuple(b)) for a, b in beads]) for text, beads in zip(texts, answer["beads"], strict=True)])
        table[name] = figures["strict_f1"], figures["lax_f1"], answer["seconds"]
    return table


def scaling() -> dict[str, list[tuple[int, float, float]]]:
    """By aligner: segments of both sides together, CPU seconds, peak MB; each measured in a process of its own."""
    found: dict[str, list[tuple[int, float, float]]] = {}
    for name, sizes in SIZES.items():
        python = sys.executable if name == "ours" else peer_python()
        for size in sizes:
            done = subprocess.run([python, str(HERE / "scaling.py"), str(size), name], capture_output=True, text=True, check=True)
            print(done.stdout.strip(), flush=True)
            _, source, target, seconds, peak, _ = done.stdout.split()
            found.setdefault(name, []).append((int(source) + int(target), float(seconds), float(peak)))
    return found


def curves(found: dict[str, list[tuple[int, float, float]]]) -> str:
    """CPU seconds and memory over segments as SVG, both axes logarithmic: a line that rises as the grid's diagonal is linear."""
    panels = []
    for panel, (title, column, low, high) in enumerate((("CPU seconds of the search", 1, -1, 2), ("peak MB", 2, 1, 4))):
        left = 50 + 370 * panel

        def place(x: float, y: float, left: int = left, low: int = low, high: int = high) -> str:
            return f"{left + 150 * (np.log10(x) - 3):.1f} {320 - 280 * (np.log10(y) - low) / (high - low):.1f}"

        grid = "".join(f'<path d="M{place(10**k, 10**low)}L{place(10**k, 10**high)}"/>' for k in (3, 4, 5))
        grid += "".join(f'<path d="M{place(10**3, 10**k)}L{place(10**5.2, 10**k)}"/>' for k in range(low, high + 1))
        words = "".join(f'<text x="{left + 150 * (k - 3) - 10}" y="338">10^{k}</text>' for k in (3, 4, 5))
        words += "".join(f'<text x="{left - 38}" y="{324 - 280 * (k - low) / (high - low):.0f}">{10.0**k:g}</text>' for k in range(low, high + 1))
        lines = ""
        for (name, points), colour in zip(found.items(), ("#2060a0", "#a04020", "#508030"), strict=False):
            spots = [place(point[0], max(point[column], 10**low)) for point in points]
            x, y = spots[-1].split()
            lines += f'<path d="M{"L".join(spots)}" stroke="{colour}" fill="none"/><text x="{x}" y="{float(y) - 6:.1f}" fill="{colour}">{name}</text>'
        panels.append(f'<g stroke="#ccc">{grid}</g>{words}<text x="{left}" y="24">{title}</text>{lines}')
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 360" font-family="sans-serif" font-size="11"><rect width="800" height="360" fill="white"/>'
        f'{"".join(panels)}<text x="300" y="355">segments of both texts</text></svg>\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for flag in ("--ablations", "--peers", "--scaling"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--sets", nargs="*", default=list(data.SETS))
    parser.add_argument("--svg", type=Path, default=HERE / "reliability.svg")
    parser.add_argument("--scaling-svg", type=Path, default=HERE / "scaling.svg")
    options = parser.parse_args()
    table, beads = measure(ours, options.sets)
    show("bitext, each language pair with the encoder that knows it", table)
    fine = [bead for bead in beads if not bead[0].startswith("bible")]  # its gold is coarse
    if fine:
        print(
            f"\nexpected calibration error {error(fine):.4f}; by set: "
            + ", ".join(f"{name} {error([b for b in fine if b[0] == name]):.3f}" for name in dict.fromkeys(b[0] for b in fine))
        )
        points = reliability(fine)
        for confidence, right, count in points:
            print(f"{confidence:5.2f} {right:5.2f} {count:6d} {'#' * round(40 * right)}")
        options.svg.write_text(diagram(points), encoding="utf-8")
    show("without any encoder", measure(without_encoder, options.sets, warm=False)[0])
    if options.peers:
        show("galechurch: lengths alone", measure_peer(gale_church, options.sets))
        few = [name for name in options.sets if name.startswith(("textberg", "bible"))]  # vectors of all spans of the others would take hours
        show("sentweave: the search of Vecalign, with our encoders", measure_peer(sentweave, few))
    if options.ablations:
        print("\nstrict F1 without one idea (weights not learnt anew)\n" + " " * 34 + " ".join(f"{name[-12:]:>12s}" for name in options.sets))
        for name, change in ABLATIONS.items():
            with change():
                row = measure(ours, options.sets, warm=False)[0]
            print(f"{name:34s}" + " ".join(f"{row[one][0]:12.4f}" for one in options.sets), flush=True)
    if options.scaling:
        print("\nscaling, made text\naligner, source and target segments, CPU seconds of the search, peak MB, beads")
        options.scaling_svg.write_text(curves(scaling()), encoding="utf-8")


if __name__ == "__main__":
    main()
