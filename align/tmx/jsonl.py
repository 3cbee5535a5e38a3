"""Units as JSON objects, one a line, and back: nothing that the data model holds is lost.

`{"id", "properties", "notes", "variants": [{"language", "text", "markup", "properties"}]}`. `properties` is an
object; a property that stands more than once has a list of its values. `attributes` (dates, creationid ...) and a
variant's `notes` are there where there are any. `convert` and `merge` use this.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..store import replacing
from .escaping import has_forbidden
from .lines import bounded_lines
from .model import Pairs, Unit, Variant

SCHEMA = 1


def to_record(unit: Unit) -> dict[str, Any]:
    """A unit as an object that JSON can hold."""
    variants = []
    for variant in unit.variants:
        record: dict[str, Any] = {"language": variant.language, "text": variant.text, "markup": variant.markup, "properties": _object(variant.properties)}
        if variant.notes:
            record["notes"] = list(variant.notes)
        if variant.attributes:
            record["attributes"] = _object(variant.attributes)
        variants.append(record)
    whole: dict[str, Any] = {"id": unit.id, "properties": _object(unit.properties), "notes": list(unit.notes), "variants": variants}
    if unit.attributes:
        whole["attributes"] = _object(unit.attributes)
    whole["schema"] = SCHEMA
    return whole


def from_record(record: dict[str, Any]) -> Unit:
    """The unit again. Raises KeyError, TypeError or ValueError for what is none."""
    variants = tuple(
        Variant(
            str(side["language"]), str(side["text"]), str(side.get("markup", "")), _pairs(side.get("properties", {})),
            tuple(map(str, side.get("notes", ()))), _pairs(side.get("attributes", {})),
        )
        for side in record["variants"]
    )  # fmt: skip
    notes = tuple(map(str, record.get("notes", ())))
    return Unit(str(record.get("id", "")), variants, _pairs(record.get("properties", {})), notes, _pairs(record.get("attributes", {})))


def read_jsonl(path: Path) -> Iterator[Unit]:
    """The units of a file, in order. Raises InputError with file and line."""
    try:
        with path.open(encoding="utf-8-sig", errors="surrogatepass") as file:
            for number, line in enumerate(bounded_lines(file, path), 1):
                if line.strip():
                    try:
                        yield from_record(json.loads(line))
                    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                        raise InputError(
                            f"not a unit ({error!r})", place=f"{path}:{number}", hint='a line is {"id", "properties", "notes", "variants"}'
                        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read ({error})", place=str(path), hint="a JSON Lines file in UTF-8 is expected") from error


def write_jsonl(path: Path, units: Iterable[Unit]) -> int:
    """Write the units, one a line, and give their number."""
    count = 0
    with replacing(path) as file:
        for unit in units:
            count += 1
            line = json.dumps(to_record(unit), ensure_ascii=False)
            if has_forbidden(line):
                line = json.dumps(to_record(unit))
            file.write(line + "\n")
    return count


def _object(pairs: Pairs) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def _pairs(values: dict[str, Any]) -> Pairs:
    return tuple((name, str(value)) for name, held in values.items() for value in (held if isinstance(held, list) else [held]))
