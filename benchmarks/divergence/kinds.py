"""Of the kinds that a verdict claims, how many are right, and how often one is claimed of pairs that human translators call the same.

    ALIGN_SHARED=../shared OMP_NUM_THREADS=1 python benchmarks/divergence/kinds.py [--examples KIND] [--languages ru,de]

Right: at least one of the annotators of the Lavrov pairs names the kind. "Hint" counts pairs where a channel found something of that kind,
claimed or not. The good pairs: two Russian references of one text, their English source beside either, NTREX-128 news.
`--examples KIND` lists every claim of a kind with its words instead.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import data

from align.corpus import KINDS, Verdict
from align.diverge import diverge
from align.embed import Vectors
from align.encoders import UniversalSentenceEncoder
from align.scorers import score


@dataclass(frozen=True, slots=True)
class Count:
    """Pairs where a kind was claimed, of them right, where a channel found anything of it, of them right, and where annotators name it."""

    claimed: int
    right: int
    found: int
    found_right: int
    named: int


def named() -> list[frozenset[str]]:
    """The kinds that either annotator names, in the order of `data.lavrov`."""
    rows = data.table(data.SHARED / "gold" / "lavrov" / "divergence.tsv")
    return [frozenset(filter(None, f"{row['types_1']}|{row['types_2']}".split("|"))) for row in rows]


def judged(rows: Sequence[data.Row], encode: Vectors) -> list[Verdict]:
    pairs = [row.pair for row in rows]
    return diverge(pairs, score(pairs, encode, edit_rate=False), encode)


def count(kind: str, verdicts: Sequence[Verdict], gold: Sequence[frozenset[str]]) -> Count:
    claims = [kind in verdict.kinds for verdict in verdicts]
    found = [any(item.kind == kind for item in verdict.evidence) for verdict in verdicts]
    truth = [kind in names for names in gold]
    both = (sum(map(all, zip(claims, truth, strict=True))), sum(map(all, zip(found, truth, strict=True))))
    return Count(sum(claims), both[0], sum(found), both[1], sum(truth))


def share(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "-"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--examples", metavar="KIND", help="list the claims of one kind instead")
    arguments.add_argument("--languages", default="ru", help="NTREX-128: into which languages (default ru)")
    options = arguments.parse_args()
    encoder = UniversalSentenceEncoder()
    encode = Vectors(lambda: encoder, encoder.signature)
    good = {"two references, ru": data.two_references(), "their source, en-ru": data.two_sources()}
    good |= {f"news, en-{language}": data.news("en", language) + data.news("en", language, part=1) for language in options.languages.split(",")}
    graded, gold = data.lavrov(), named()
    verdicts = {"Lavrov": judged(graded, encode)} | {name: judged(rows, encode) for name, rows in good.items()}
    if options.examples:
        for name, rows in {"Lavrov": graded, **good}.items():
            for index, (row, verdict) in enumerate(zip(rows, verdicts[name], strict=True)):
                if options.examples in verdict.kinds:
                    words = ", ".join(f"{item.channel} {item.value_a} | {item.value_b}" for item in verdict.evidence if item.kind == options.examples)
                    mark = ("right" if options.examples in gold[index] else "wrong") if name == "Lavrov" else "alarm"
                    print(f"{name}\t{mark}\t{words}\t{row.pair.member_a.text}\t{row.pair.member_b.text}")
        return
    print("| kind | named | claimed | right | precision | recall | hint | hint right | " + " | ".join(good) + " |")
    print("|---" * (8 + len(good)) + "|")
    for kind in KINDS:
        found = count(kind, verdicts["Lavrov"], gold)
        figures = [share(found.right, found.claimed), share(found.right, found.named), str(found.found), share(found.found_right, found.found)]
        rates = [f"{sum(kind in verdict.kinds for verdict in verdicts[name]) / len(rows):.3f}" for name, rows in good.items()]
        print(f"| {kind} | {found.named} | {found.claimed} | {found.right} | " + " | ".join([*figures, *rates]) + " |")


if __name__ == "__main__":
    main()
