"""Feed the readers of `align tmx convert` (XLIFF, JSON Lines, TSV, CSV, XLSX, Moses) with damaged files.

    python benchmarks/tmx/fuzz_formats.py [--seconds 120] [--seed 1]

Each round takes a sound file, damages it (bytes changed, cut, doubled, moved; words of the formats put in; parts of
an XLSX inside its zip), and converts it to TMX. What must hold: nothing but InputError comes out, in bounded time, and
what was written is a sound memory. Findings are printed with the file that shows them; the exit code says whether there were any.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from pathlib import Path

from align.errors import InputError, UsageError
from align.tmx import Header, Unit, Variant, write_tmx
from align.tmx.check import check
from align.tmx.convert import convert

CODED = 'A <bpt i="1" type="b">&lt;b&gt;</bpt>b<ept i="1">&lt;/b&gt;</ept><ph x="1"/> <hi type="t">c</hi> &amp; d'
UNITS = [
    Unit("a", (Variant("en", "A b c & d", CODED), Variant("de", "Eins\tzwei\n\\drei")), (("x-score", "0.5"), ("x-a", "1"), ("x-a", "2")), ("note",)),
    Unit("b", (Variant("en", "日本 🙂 =1+1"), Variant("de", '"q", ;'), Variant("fr", "trois"))),
]
WORDS = [
    b"<", b">", b"&", b"]]>", b"<!--", b"<![CDATA[", b"&#0;", b"&x;", b"\x00", b"\xff", b"\xed\xa0\x80", b"\r", b"\n", b"\t", b'"', b"'", b"\\",
    b"{", b"[", b"]", b"}", b"null", b"1e999", b"-1", b"NaN", b"\\ud800", b"\\u0000", b"99999999999999999999999999", b"true", b"<g id='1'>", b"</g>",
    b"<source>", b"<target/>", b"<mrk>", b"<sub>", b"<segment>", b'xml:lang=""', b"<!DOCTYPE a [<!ENTITY x 'y'>]>", b'<c r="XFD9"/>', b' r="A0"',
    b' t="s"', b' t="b"', b"<v>-5</v>", b"<v>1e400</v>", b' t="d"', b' t="e"', b"\xef\xbb\xbf", b"en", b"lang:", b"prop:", b"id", b"x-",
]  # fmt: skip
SLOW_SECONDS = 5.0


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The bytes with one to six changes."""
    result = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(result) + 1)
        end = min(len(result), place + chance.choice([1, 1, 4, 30, 300]))
        action = chance.randrange(6)
        if action == 0:
            del result[place:end]
        elif action == 1:
            result[place:place] = chance.choice(WORDS)
        elif action == 2 and place < len(result):
            result[place] = chance.randrange(256)
        elif action == 3:
            result[place:place] = result[place:end] * chance.choice([1, 2, 50])
        elif action == 4:
            other = chance.randrange(len(result) + 1)
            result[other:other] = result[place:end]
        else:
            result[place:end] = chance.choice(WORDS)
    return bytes(result)


def damaged_zip(data: bytes, chance: random.Random) -> bytes:
    """The same for one member of a zip file, or for the zip file itself."""
    if chance.random() < 0.2:
        return damaged(data, chance)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        names = source.namelist()
        chosen = chance.choice([name for name in names if "sheet1" in name or "sharedStrings" in name] if chance.random() < 0.6 else names)
        for name in names:
            content = source.read(name)
            if name != chosen or chance.random() < 0.98:
                target.writestr(name, damaged(content, chance) if name == chosen else content)
    return out.getvalue()


def main() -> int:
    """Run for so many seconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    outcomes: Counter[str] = Counter()
    found: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tmx(folder / "seed.tmx", UNITS, "en", header=Header("en"), faithful=True)
        seeds = {}
        for suffix in ("jsonl", "tsv", "csv", "xlsx", "xlf", "xliff"):
            convert(folder / "seed.tmx", folder / f"seed.{suffix}")
            seeds[suffix] = (folder / f"seed.{suffix}").read_bytes()
        convert(folder / "seed.tmx", folder / "in.moses")
        seeds["en-de.de"] = (folder / "in.en-de.de").read_bytes()
        end = time.monotonic() + options.seconds
        while time.monotonic() < end:
            suffix = chance.choice(list(seeds))
            content = (damaged_zip if suffix == "xlsx" else damaged)(seeds[suffix], chance)
            path, out = folder / f"in.{suffix}", folder / "out.tmx"
            path.write_bytes(content)
            out.unlink(missing_ok=True)
            started = time.process_time()
            try:
                done = convert(path, out)
                bad = [
                    problem for problem in check(out).problems if problem.severity == "error" and problem.rule not in ("language", "codes", "source-language")
                ]
                outcome = "converted" if not bad else f"{suffix}: the memory is not sound: {bad[0].message}"
                if check(out).units != done.units:
                    outcome = f"{suffix}: {check(out).units} units instead of {done.units}"
            except (InputError, UsageError):
                outcome = "refused"
            except Exception as error:
                place = traceback.extract_tb(error.__traceback__)
                ours = [entry for entry in place if "align" in entry.filename][-1]
                outcome = f"{suffix}: {type(error).__name__} at {Path(ours.filename).name}:{ours.lineno} ({str(error)[:120]})"
            if time.process_time() - started > SLOW_SECONDS:
                outcome = f"{suffix}: took more than {SLOW_SECONDS} s"
            kind = outcome.split(" (")[0]
            outcomes[kind if kind in ("converted", "refused") else "FOUND"] += 1
            if kind not in ("converted", "refused") and kind not in found:
                found[kind] = len(found)
                kept = Path(tempfile.gettempdir()) / f"fuzz-{found[kind]}.{suffix}"
                kept.write_bytes(content)
                print(f"{outcome}\n  {kept}", flush=True)
    print(dict(outcomes))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
