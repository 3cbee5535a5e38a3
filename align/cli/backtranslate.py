"""`align backtranslate`: one segment a line in; each with its way through the pivot and back out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ..errors import InputError, UsageError
from .console import Bars, JsonOption, print_json, warn


def bar(bars: Bars, name: str) -> Callable[[int, int], None]:
    """A progress bar that hears how much is done of how much."""
    from ..steps import so_far

    bars.start(name)
    return so_far(bars)


def read_segments(path: Path) -> list[str]:
    """The lines of a file, or of standard input for `-`. Raises InputError when it is no UTF-8 text."""
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 text (byte {error.start})", place=str(path), hint="save it as UTF-8") from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", place=str(path), hint="one segment a line, UTF-8; - reads standard input") from error
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return lines[:-1] if lines[-1] == "" else lines


def check_suffix(out: Path) -> None:
    """Raises UsageError for a format that no writer knows: before the work, not after it."""
    from ..registry import available

    known = [f".{name}" for name in available("writers")]
    if out.suffix.lower() not in known:
        raise UsageError(f"no table format has the suffix {out.suffix or '(none)'!r}", place=str(out), hint=f"known: {', '.join(known)}")


def add_to(app: typer.Typer) -> None:
    @app.command(epilog="Example: align backtranslate sentences.txt --language en --out there-and-back.tsv")
    def backtranslate(
        segments: Annotated[Path, typer.Argument(help="One segment a line; - reads standard input.")],
        language: Annotated[str, typer.Option(help="Language tag of the segments, such as en.", metavar="TAG")],
        pivot: Annotated[str, typer.Option(help="Language to go through; default: what is installed.", metavar="TAG")] = "",
        engine: Annotated[str, typer.Option(help="auto, argos, bergamot or another plug-in.", metavar="NAME")] = "auto",
        out: Annotated[Path | None, typer.Option(help="Write here instead of to the terminal; the suffix decides the format.", metavar="FILE")] = None,
        json: JsonOption = False,
    ) -> None:
        """Send each segment through a pivot language and back, offline."""
        from ..backtranslate import Settings, round_trips
        from ..backtranslate.roundtrip import noise_in_words
        from ..config import LANGUAGE
        from ..read.languages import doubt as language_doubt
        from ..store import Cache
        from ..tables import write_table

        for option, tag in (("--language", language), ("--pivot", pivot or language)):
            if not LANGUAGE.fullmatch(tag):
                raise UsageError(f"{option}: {tag!r} is not a language tag", hint="write a BCP 47 tag such as de, pt-BR or zh-Hant")
        if engine == "none":
            raise UsageError("--engine none translates nothing", hint="leave it away")
        if out is not None:
            check_suffix(out)
        texts = read_segments(segments)
        warn([f"{segments}: {doubt}" for doubt in (language_doubt(" ".join(texts), language),) if doubt])
        bars = Bars(quiet=json)
        try:
            results, route = round_trips(texts, language, Settings(engine=engine, pivot=pivot), Cache("translations"), bar(bars, "backtranslate"))
        finally:
            bars.close()
        rows = [
            {"text": text, "pivot_text": result.pivot_text, "backtranslation": result.text, "engine": result.engine}
            for text, result in zip(texts, results, strict=True)
        ]
        notes = [f"{route['engine']} through {route['pivot']} ({route['reason']})"]
        if told := noise_in_words(route):
            notes.append(f"the round trip alone changes the text: {told}")
        notes += [f"line {number}: not to be trusted: {result.doubt}" for number, result in enumerate(results, 1) if result.doubt]
        warn(notes)
        if json:
            print_json({"route": route, "rows": [{**row, "doubt": result.doubt} for row, result in zip(rows, results, strict=True)]})
        elif out is not None:
            write_table(out, rows)
        else:
            _print_tsv(rows)


def _print_tsv(rows: list[dict[str, str]]) -> None:
    escapes = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
    lines = ["text\tpivot_text\tbacktranslation\tengine", *("\t".join(value.translate(escapes) for value in row.values()) for row in rows)]
    sys.stdout.buffer.write(("\n".join(lines) + "\n").encode("utf-8", "replace"))
