"""Reading and writing translation memories, side by side: align, translate-toolkit, lxml, bare expat.

    python benchmarks/tmx/run.py [--units 200000] [--large 2000000] [--properties 0] [--json]

Makes a memory of that many units, then starts each program anew for each measurement: CPU seconds (the best of
three) and the peak of its memory. translate-toolkit is installed once into an environment of its own beside this
file's cache folder, so that nothing of it comes into yours. `--large 0` leaves the large memory out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "align-benchmarks" / "tmx"
TOOLKIT = "translate-toolkit==3.20.4"
MEASURE = """
import sys, time
def measured(action):
    start = time.process_time()
    count = action()
    seconds = time.process_time() - start
    try:
        peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024
    except OSError:
        import resource
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(count, seconds, peak)
PROPERTIES = tuple(f"x-property-{number}" for number in range(int(sys.argv[3])))
def texts(number):
    return (f"The minister said on day {number} that the talks & visits would continue as agreed.",
            f"Der Minister sagte am Tag {number}, die Gespr\\u00e4che & Besuche w\\u00fcrden wie vereinbart fortgesetzt.")
"""
PROGRAMS = {
    ("read", "expat, text only"): """
from xml.parsers import expat
def action():
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parts, units, inside = [], 0, False
    def start(name, attributes):
        nonlocal inside
        inside = name == "seg"
    def end(name):
        nonlocal units, inside
        if name == "seg":
            "".join(parts)
            parts.clear()
            inside = False
        elif name == "tu":
            units += 1
    def data(text):
        if inside:
            parts.append(text)
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, data
    with open(sys.argv[1], "rb") as file:
        parser.ParseFile(file)
    return units
""",
    ("read", "lxml iterparse"): """
from lxml import etree
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
def action():
    units = 0
    for _, element in etree.iterparse(sys.argv[1], tag="tu"):
        [(tuv.get(LANG), tuv.findtext("seg")) for tuv in element.iterchildren("tuv")]
        [(prop.get("type"), prop.text) for prop in element.iterchildren("prop")]
        units += 1
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
    return units
""",
    ("read", "translate-toolkit"): """
from translate.storage.tmx import tmxfile
def action():
    store = tmxfile.parsefile(sys.argv[1])
    return sum(1 for unit in store.units if (unit.source, unit.target))
""",
    ("read", "align"): """
from pathlib import Path
from align.tmx import read_tmx
def action():
    return sum(1 for _ in read_tmx(Path(sys.argv[1])))
""",
    ("write", "lxml xmlfile"): """
from lxml import etree
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
def action():
    count = int(sys.argv[2])
    with etree.xmlfile(sys.argv[1], encoding="UTF-8") as file, file.element("tmx", version="1.4"), file.element("body"):
        for number in range(count):
            unit = etree.Element("tu", tuid=str(number))
            for name in PROPERTIES:
                etree.SubElement(unit, "prop", type=name).text = str(number)
            for language, text in zip(("en", "de"), texts(number)):
                etree.SubElement(etree.SubElement(unit, "tuv", {LANG: language}), "seg").text = text
            file.write(unit)
    return count
""",
    ("write", "translate-toolkit"): """
from translate.storage.tmx import tmxfile
def action():
    count = int(sys.argv[2])
    store = tmxfile()
    for number in range(count):
        source, target = texts(number)
        store.addtranslation(source, "en", target, "de")
    with open(sys.argv[1], "wb") as file:
        store.serialize(file)
    return count
""",
    ("write", "align"): """
from pathlib import Path
from align.tmx import Unit, Variant, write_tmx
def units(count):
    for number in range(count):
        source, target = texts(number)
        value = str(number)
        yield Unit(value, (Variant("en", source), Variant("de", target)), tuple((name, value) for name in PROPERTIES))
def action():
    return write_tmx(Path(sys.argv[1]), units(int(sys.argv[2])), "en")
""",
}


def toolkit_python() -> Path:
    """The interpreter of translate-toolkit's own environment, made when it is not there."""
    folder = FOLDER / "translate-toolkit"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", TOOLKIT], check=True)
    return python


def measure(kind: str, name: str, path: Path, count: int, properties: int, repeat: int = 3) -> tuple[int, float, float]:
    """(units, CPU seconds, peak MB) of one program, the best of `repeat`."""
    python = toolkit_python() if name == "translate-toolkit" else Path(sys.executable)
    target = path.with_name("written.tmx") if kind == "write" else path
    results = []
    for _ in range(repeat):
        code = MEASURE + PROGRAMS[kind, name] + "measured(action)\n"
        result = subprocess.run([python, "-c", code, str(target), str(count), str(properties)], check=True, capture_output=True, text=True)
        units, seconds, peak = result.stdout.split()
        results.append((int(units), float(seconds), float(peak)))
    if kind == "write":
        target.unlink()
    return min(results, key=lambda entry: entry[1])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=200_000)
    parser.add_argument("--large", type=int, default=2_000_000)
    parser.add_argument("--properties", type=int, default=0, help="on each unit; translate-toolkit reads past them and writes none")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        sizes = [("10k", 10_000), ("all", options.units), *([("large", options.large)] if options.large else [])]
        for label, count in sizes:
            path = Path(folder) / f"{label}.tmx"
            code = MEASURE + PROGRAMS["write", "align"] + "measured(action)\n"
            subprocess.run([sys.executable, "-c", code, str(path), str(count), str(options.properties)], check=True, stdout=subprocess.DEVNULL)
            programs = PROGRAMS if label == "all" else [("read", "align"), ("write", "align")]
            for kind, name in programs:
                units, seconds, peak = measure(kind, name, path, count, options.properties, 3 if label == "all" else 1)
                assert units == count, (kind, name, units)
                rows.append({"program": name, "does": kind, "units": units, "cpu_seconds": round(seconds, 2), "peak_mb": round(peak, 1)})
            path.unlink()
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{'does':<7}{'program':<22}{'units':>10}{'CPU s':>9}{'peak MB':>10}")
    for row in rows:
        print(f"{row['does']:<7}{row['program']:<22}{row['units']:>10}{row['cpu_seconds']:>9}{row['peak_mb']:>10}")
    cost = {(row["does"], row["program"]): row["cpu_seconds"] for row in rows if row["units"] == options.units}
    print(f"\nreading: {cost['read', 'translate-toolkit'] / cost['read', 'align']:.1f} times as fast as translate-toolkit, ", end="")
    print(f"{cost['read', 'align'] / cost['read', 'expat, text only']:.2f} times the time of bare expat")
    print(f"writing: {cost['write', 'translate-toolkit'] / cost['write', 'align']:.1f} times as fast as translate-toolkit")


if __name__ == "__main__":
    main()
